"""The demo: a living community, the same from the same seed."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys

import pytest
from PIL import ImageFont
from pysqlite3 import dbapi2

from catflap.demo import films, pictures, scripts, seeding
from catflap.media import judging
from catflap.translation import detection

LIMITS = {"title": 100, "body": 5000, "text": 1000}


def fingerprint(image) -> str:
    return hashlib.sha256(image.tobytes()).hexdigest()


def test_there_is_a_community_to_look_at():
    people, notes = scripts.people(), scripts.notes()
    assert len(people) >= 40
    assert len(notes) >= 250
    assert sum(len(note.comments) for note in notes) >= 1200
    assert max(len(note.comments) for note in notes) >= 40


def test_every_text_has_its_translation_and_every_writer_exists():
    handles = {person.handle for person in scripts.people()}
    keys = [note.key for note in scripts.notes()]
    assert len(keys) == len(set(keys))
    for note in scripts.notes():
        assert note.by in handles
        assert bool(note.title) == bool(note.title_tr)
        assert bool(note.body.strip()) == bool(note.body_tr.strip())
        assert bool(note.alt) == bool(note.alt_tr)
        assert len(note.title) <= LIMITS["title"]
        assert len(note.title_tr) <= LIMITS["body"]
        for place, line in enumerate(note.comments):
            assert line.by in handles
            assert line.text
            assert line.tr
            assert line.to is None or line.to < place


def test_the_language_of_every_text_is_found_but_for_three_that_quote_another():
    reads = {person.handle: person.reads for person in scripts.people()}
    missed = []
    for note in scripts.notes():
        texts = [(note.by, note.lang, note.title), (note.by, note.lang, note.body)]
        for by, lang, text in (*texts, *((x.by, x.lang, x.text) for x in note.comments)):
            if text.strip() and lang not in detection.detect(text, prior=reads[by]).langs:
                missed.append(text)
    assert len(missed) <= 3, missed


def test_the_same_scene_and_seed_draw_the_same_picture():
    for scene in ("cat:orange:loaf:box", "dish:noodles", "landscape:sea:dusk"):
        one, two = (pictures.draw(scene, seed=7) for _ in range(2))
        assert fingerprint(one) == fingerprint(two)
        assert fingerprint(one) != fingerprint(pictures.draw(scene, seed=8))


def test_a_scene_nobody_knows_is_refused():
    for scene in ("dragon", "cat:plaid", "landscape:sea:noon"):
        with pytest.raises(pictures.UnknownScene):
            pictures.draw(scene, seed=1)
    with pytest.raises(pictures.UnknownScene):
        next(films.pictures("opera"))


def test_every_receipt_shows_its_money_and_not_the_box_of_a_missing_letter():
    font = ImageFont.load_default(size=40)
    missing = bytes(font.getmask("\uffff"))
    for sign in pictures.SIGNS.values():
        letters = pictures.STRUCK[sign][0] if sign in pictures.STRUCK else sign
        assert all(bytes(font.getmask(letter)) != missing for letter in letters), sign


def test_every_scene_of_the_texts_is_known_without_drawing_it_large():
    for note in scripts.notes():
        for picture in note.scenes():
            pictures.draw(picture.scene, seed=1, lines=picture.lines, size_px=(60, 80))
        assert not note.film or note.film in films.FILMS
    for person in scripts.people():
        pictures.avatar(person.avatar, seed=1)


def test_a_film_meets_itself_and_is_a_video(tmp_path):
    first, *_, last = films.pictures("window")
    assert fingerprint(first) != fingerprint(last)
    films.shoot("train", tmp_path / "film.mp4")
    assert judging.judged_file(tmp_path / "film.mp4") is judging.Content.MP4


def test_the_command_seeds_once_and_leaves_a_community_alone(demo_folder):
    told = json.loads((demo_folder / "told.json").read_text())
    assert told["was_empty"]
    assert told["people"] >= 40
    assert told["notes"] >= 250
    assert told["comments"] >= 1200
    command = [sys.executable, "-m", "catflap", "demo", "--data", str(demo_folder / "data"), "--json"]
    again = subprocess.run(command, capture_output=True, check=True)
    assert json.loads(again.stdout.splitlines()[-1])["was_empty"] is False
    assert json.loads(again.stdout.splitlines()[-1])["is_demo"] is True


def test_nobody_wrote_before_they_came_and_the_newcomer_is_one(demo_folder):
    with dbapi2.connect(str(demo_folder / "data" / "catflap.db")) as connection:
        early = connection.execute(
            "SELECT count(*) FROM notes JOIN people ON people.id = author_id"
            " WHERE made_at < joined_at"
        ).fetchone()[0]
        written, = connection.execute(
            "SELECT notes_count + comments_count FROM people WHERE handle = ?", (seeding.NEWCOMER,)
        ).fetchone()
        waiting = connection.execute(
            "SELECT tag, other, count(person_id) FROM family_proposals JOIN family_votes"
            " ON proposal_id = id WHERE state = 'open'"
        ).fetchall()
        alone = connection.execute(
            "SELECT handle FROM first_notes JOIN people ON people.id = person_id"
            " WHERE answered_at IS NULL ORDER BY handle"
        ).fetchall()
    assert [handle for handle, in alone] == ["captain_bea", "dot_of_leeds", "huaihua_xiaotang"]
    assert waiting == [("weekslater", "还在吗", 1)]
    assert early == 0
    assert written == 0


def test_hosts_seal_keep_house_and_judge(demo_folder):
    with dbapi2.connect(str(demo_folder / "data" / "catflap.db")) as connection:
        def rows(sql: str) -> list[tuple]:
            return connection.execute(sql).fetchall()

        assert 6 <= rows("SELECT count(*) FROM rules")[0][0] <= 8
        assert rows("SELECT page FROM charter") == [("about",)]
        assert rows("SELECT starts_at IS NULL FROM announcements ORDER BY id") == [(1,), (0,)]
        assert rows("SELECT count(*) FROM cat_taxes WHERE welcomed_at IS NOT NULL") == [(2,)]
        assert rows("SELECT uses_count > 0 FROM invitations") == [(1,), (1,)]
        assert rows("SELECT state FROM cases ORDER BY id") == [("resolved",), ("open",)]
        versions = rows("SELECT made_at FROM glossary_versions ORDER BY id")
        assert len(versions) == 3
        assert versions == sorted(versions)
        unchosen = "SELECT count(*) FROM people WHERE id NOT IN (SELECT person_id FROM interests)"
        assert rows(unchosen) == [(0,)]
        assert rows("SELECT kind FROM jobs WHERE dead") == []


def test_everything_that_is_said_has_its_human_translation_in_memory(demo_folder):
    with dbapi2.connect(str(demo_folder / "data" / "catflap.db")) as connection:
        alone = connection.execute(
            "SELECT DISTINCT text FROM texts JOIN"
            " (SELECT text_key AS used FROM rules UNION SELECT hint_key FROM rules"
            "  UNION SELECT text_key FROM charter UNION SELECT text_key FROM announcements"
            "  UNION SELECT words_key FROM stamps UNION SELECT message_key FROM reports"
            "  UNION SELECT remark_key FROM case_steps UNION SELECT body_key FROM notes"
            "  UNION SELECT title_key FROM notes UNION SELECT title_key FROM boards"
            "  UNION SELECT alt_key FROM media UNION SELECT bio_key FROM people)"
            " ON used = key WHERE key NOT IN (SELECT text_key FROM renditions)"
        ).fetchall()
    assert alone == []
