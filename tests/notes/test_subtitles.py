"""Subtitles of a note's video: whose they are, how they are translated, who may have them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catflap.ground.errors import NotAllowed, NotFound, TooMany
from catflap.media import actions as media_actions
from catflap.media import subtitles as media_subtitles
from catflap.media.errors import SubtitlesInvalid
from catflap.media.model import PhotoMade, VideoMade
from catflap.media.subtitling import CUES_MAX, FILE_MAX_BYTES, Cue, cues, webvtt
from catflap.notes import actions, subtitles, translating
from catflap.notes.model import Visibility, Written
from catflap.people import actions as people
from catflap.translation import queries as texts
from catflap.translation.codes import Lang
from catflap.translation.errors import SuggestionRefused
from catflap.translation.model import key_of, normalised
from tests.conftest import house_at, run
from tests.notes.test_storage import Place, at
from tests.translation.scripted_endpoints import Endpoint, asked, chat

POSTER = PhotoMade(width=1, height=1, sizes=(), blur="", blurhash="", animated=False)
MADE = VideoMade(
    file="video.mp4", width=16, height=9, duration_s=9.0, has_sound=True, poster=POSTER
)
EN = b"1\n00:00:01,000 --> 00:00:02,500\nIs the kettle on?\n\n2\n00:00:03,000 --> 00:00:04,250\nIt <i>sings</i>.\n"
ZH = "WEBVTT\n\n00:01.000 --> 00:02.500\n水开了吗？\n\n00:03.000 --> 00:04.250\n它在唱歌。\n".encode()
EN_TEXT = "Is the kettle on?\nIt sings."
TIMES = ((1000, 2500), (3000, 4250))


async def film(p: Place, *, folder: str = "film", **written):
    """Juniper's note with a video."""
    async with p.db.tx() as tx:
        video = await media_actions.add_made_video(
            tx, owner=p.juniper, folder=folder, made=MADE
        )
        return await actions.post(
            tx, by=p.juniper, written=Written(title="Tea", **written), media_ids=[video]
        )


async def puts(p: Place, note, raw: bytes = EN, *, lang: str = "en", by=None):
    async with p.db.tx() as tx:
        return await subtitles.put(tx, note, raw, lang=lang, by=by or p.juniper)


async def drops(p: Place, note, *, lang: str, by=None) -> None:
    async with p.db.tx() as tx:
        await subtitles.drop(tx, note, lang=lang, by=by or p.juniper)


async def tracks(p: Place, note, *, viewer=None) -> dict[str, str]:
    """Each language's text."""
    async with p.db.reads() as reads:
        found = await subtitles.tracks(reads, note, viewer=viewer)
        return {track.lang: await texts.text(reads, track.text_key) for track in found}


async def is_public(p: Place, text: str) -> bool | None:
    async with p.db.reads() as reads:
        found = await texts.kept(reads, [key_of(text)], target=Lang("und"))
    return found[key_of(text)].public if found else None


def test_each_file_is_a_track_of_its_language_until_it_is_replaced_or_taken_away(
    database_url, tmp_path
):
    async def story(p: Place) -> None:
        note = await film(p)
        track = await puts(p, note, lang="en-GB")
        assert (track.lang, track.times_ms) == ("en", TIMES)
        assert (await puts(p, note, ZH, lang="zh-TW")).lang == "zh"
        assert await tracks(p, note) == {"en": EN_TEXT, "zh": "水开了吗？\n它在唱歌。"}
        await puts(p, note, EN.replace(b"kettle", b"pot"))
        assert (await tracks(p, note))["en"] == "Is the pot on?\nIt sings."
        assert await is_public(p, EN_TEXT) is None
        await drops(p, note, lang="en")
        await drops(p, note, lang="en")
        assert list(await tracks(p, note)) == ["zh"]
        async with p.db.tx() as tx:
            await actions.withdraw(tx, note, by=p.juniper)
        assert await is_public(p, "水开了吗？\n它在唱歌。") is None

    at(database_url, tmp_path, story)


def test_only_the_author_gives_and_takes_and_a_refusal_changes_nothing(database_url, tmp_path):
    async def story(p: Place) -> None:
        note = await film(p)
        await puts(p, note)
        for deed in (puts(p, note, ZH, lang="zh", by=p.aju), drops(p, note, lang="en", by=p.aju)):
            with pytest.raises(NotAllowed):
                await deed
        words = await p.posts(p.juniper, "No film here")
        many = b"".join(
            b"00:%02d:%02d,000 --> 00:%02d:%02d,500\nx\n\n" % (n // 60, n % 60, n // 60, n % 60)
            for n in range(CUES_MAX + 1)
        )
        for wrong, lang, refusal in (
            (b"no subtitles", "en", SubtitlesInvalid), (b"\x89PNG\r\n\0", "en", SubtitlesInvalid),
            (b"x" * (FILE_MAX_BYTES + 1), "en", SubtitlesInvalid), (many, "en", SubtitlesInvalid),
            (EN, "", NotFound), (EN, "no such language", NotFound),
        ):
            with pytest.raises(refusal):
                await puts(p, note, wrong, lang=lang)
        with pytest.raises(NotFound):
            await puts(p, words)
        codes = ("fr", "de", "es", "it", "pt", "ja", "ko", "ru", "tr", "vi", "id")
        for code in codes:
            await puts(p, note, lang=code)
        with pytest.raises(TooMany):
            await puts(p, note, lang="th")
        assert set(await tracks(p, note)) == {"en", *codes}
        assert set((await tracks(p, note)).values()) == {EN_TEXT}

    at(database_url, tmp_path, story)


def test_who_may_not_see_the_note_has_no_subtitles_from_the_moment_it_is_hidden(
    database_url, tmp_path
):
    async def story(p: Place) -> None:
        note = await film(p)
        await puts(p, note)
        assert await tracks(p, note, viewer=p.aju)

        async def sees(viewer, visibility: Visibility) -> bool:
            async with p.db.tx() as tx:
                video = (await subtitles.video_of(tx, (await actions.queries.by_ids(tx, [note]))[note])).id
                await actions.edit(
                    tx, note, by=p.juniper, written=Written(title="Tea", visibility=visibility),
                    media_ids=[video],
                )
            try:
                return bool(await tracks(p, note, viewer=viewer))
            except NotFound:
                return False

        assert not await sees(p.aju, Visibility.FOLLOWERS)
        async with p.db.tx() as tx:
            await people.follow(tx, by=p.aju, person=p.juniper)
        assert await sees(p.aju, Visibility.FOLLOWERS)
        assert not await sees(None, Visibility.FOLLOWERS)
        assert not await sees(p.aju, Visibility.ONLY_ME)
        assert await sees(p.juniper, Visibility.ONLY_ME)
        assert await sees(None, Visibility.PUBLIC)
        async with p.db.tx() as tx:
            await people.block(tx, by=p.juniper, person=p.aju)
        assert not await sees(p.aju, Visibility.PUBLIC)

    at(database_url, tmp_path, story)


def test_words_leave_the_house_only_while_everybody_may_read_them(database_url, tmp_path):
    async def story(p: Place) -> None:
        note = await film(p, body="Just for me", visibility=Visibility.ONLY_ME, warning="Hot")
        await puts(p, note)
        every = ("Tea", "Just for me", "Hot", EN_TEXT, "A kettle")

        async def turns(visibility: Visibility) -> set[bool | None]:
            async with p.db.tx() as tx:
                found = (await actions.queries.by_ids(tx, [note]))[note]
                video = (await subtitles.video_of(tx, found)).id
                await actions.edit(
                    tx, note, by=p.juniper, media_ids=[video], alts={video: "A kettle"},
                    written=Written(
                        title="Tea", body="Just for me", warning="Hot", visibility=visibility
                    ),
                )
            return {await is_public(p, text) for text in every}

        assert {await is_public(p, text) for text in every[:4]} == {False}
        async with p.db.tx() as tx:  # an engine outside was not asked, and this was remembered
            await translating.suggesting.actions.render(
                tx, key_of(EN_TEXT), target=Lang("zh"), text="", engine="private", failed=True,
                origin=translating.suggesting.Origin.ENGINE,
            )
        assert await turns(Visibility.PUBLIC) == {True}
        async with p.db.reads() as reads:
            found = await texts.kept(reads, [key_of(EN_TEXT)], target=Lang("zh"))
        assert found[key_of(EN_TEXT)].rendition is None
        assert await turns(Visibility.FOLLOWERS) == {False}
        assert await turns(Visibility.ONLY_ME) == {False}
        assert await turns(Visibility.PUBLIC) == {True}
        await p.posts(p.aju, "Just for me")  # anybody may read this elsewhere
        await turns(Visibility.ONLY_ME)
        assert [await is_public(p, text) for text in every] == [False, True, False, False, False]

    at(database_url, tmp_path, story)


def test_the_words_of_a_narrowed_thread_stay_in_the_house_with_its_note(database_url, tmp_path):
    async def story(p: Place) -> None:
        note = await p.posts(p.juniper, "Come over on Sunday")
        first = await p.says(p.aju, note, "We will bring the cat")
        await p.says(p.juniper, first, "And the cake please")
        await p.says(p.aju, note, "Everybody says this")
        await p.posts(p.aju, "Everybody says this")
        every = ("Come over on Sunday", "We will bring the cat", "And the cake please")

        async def turns(visibility: Visibility) -> list[bool | None]:
            async with p.db.tx() as tx:
                await actions.edit(
                    tx, note, by=p.juniper,
                    written=Written(body="Come over on Sunday", visibility=visibility),
                )
            return [await is_public(p, text) for text in every]

        assert [await is_public(p, text) for text in every] == [True] * 3
        async with p.db.tx() as tx:
            await people.follow(tx, by=p.aju, person=p.juniper)
        assert await turns(Visibility.FOLLOWERS) == [False] * 3
        assert await is_public(p, "Everybody says this")  # anybody reads it elsewhere
        # What is said there from now on stays too, under a comment that was for everybody as well.
        await p.says(p.aju, first, "At three then")
        async with p.db.tx() as tx:
            await actions.edit(tx, first, by=p.aju, written=Written(body="We bring two cats"))
        assert not await is_public(p, "At three then")
        assert not await is_public(p, "We bring two cats")
        assert await turns(Visibility.PUBLIC) == [True] * 3
        assert await is_public(p, "At three then")
        assert await is_public(p, "We bring two cats")

    at(database_url, tmp_path, story)


def test_a_missing_language_is_translated_cue_by_cue_at_the_same_times(database_url, tmp_path):
    known = {"Is the kettle on?": "水开了吗？", "It sings.": "它在唱歌。"}
    engine = Endpoint(lambda body: chat([known[text] for text in asked(body)]))

    async def play() -> None:
        house = house_at(
            database_url, tmp_path, engines=("openai",), openai_url=f"{engine.url}/v1",
            openai_model="scripted", languages=("zh",),
        )
        place = Place(house)
        try:
            await place.settle()
            note = await film(place)
            track = await puts(place, note)
            await place.works()
            async with place.db.reads() as reads:
                kept = (await texts.kept(reads, [track.text_key], target=Lang("zh")))[track.text_key]
            assert cues(media_subtitles.shown(track, kept.rendition.text).encode()) == (
                Cue(start_ms=1000, end_ms=2500, text="水开了吗？"),
                Cue(start_ms=3000, end_ms=4250, text="它在唱歌。"),
            )
        finally:
            await house.close()

    try:
        run(play())
    finally:
        engine.stop()
    assert {text for body in engine.bodies for text in asked(body)} == set(known)


def test_a_better_translation_of_subtitles_keeps_its_lines(database_url, tmp_path):
    async def story(p: Place) -> None:
        note = await film(p)
        track = await puts(p, note)
        async with p.db.tx() as tx:
            await people.read_in(
                tx, p.juniper, locale="en", reads=("en", "zh"), translate=True,
                never_translate=(),
            )

        async def suggests(text: str) -> None:
            async with p.db.tx() as tx:
                await translating.suggest(
                    tx, note, track.text_key, target=Lang("zh"), text=text, by=p.juniper
                )

        for torn in ("水开了吗？它唱起来了。", "水开了吗？\n它\n唱起来了。", "水开了吗？\n\n它唱起来了。"):
            with pytest.raises(SuggestionRefused, match="lines"):
                await suggests(torn)
        await suggests("水开了吗？\r\n它唱起来了。\n")
        async with p.db.reads() as reads:
            kept = (await texts.kept(reads, [track.text_key], target=Lang("zh")))[track.text_key]
        assert [cue.text for cue in cues(media_subtitles.shown(track, kept.rendition.text).encode())] == [
            "水开了吗？", "它唱起来了。",
        ]

    at(database_url, tmp_path, story)


WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(st.lists(WORDS, min_size=1, max_size=5))
def test_whatever_a_cue_says_it_is_one_line_of_the_text_that_is_kept(said):
    """Lines and times are matched by their number, so no cue may vanish between file and text."""
    raw = "WEBVTT\n" + "".join(
        f"\n00:0{n}.000 --> 00:0{n}.500\n{text}\n" for n, text in enumerate(said)
    )
    try:
        found = cues(raw.encode())
    except SubtitlesInvalid:
        return
    assert len(normalised("\n".join(cue.text for cue in found)).split("\n")) == len(found)


@given(WORDS)
def test_no_cue_can_be_markup_or_another_cue(text):
    made = webvtt([Cue(start_ms=0, end_ms=1, text=f"<script>{text}</script>\n\n--> {text}")])
    _, _, body = made.partition("\n\n")
    times, words = body.rstrip("\n").split("\n")
    assert times == "00:00:00.000 --> 00:00:00.001"
    assert "<" not in words
    assert "-->" not in words
