"""A status that is put together from kept bytes is the status that its struct says."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from catflap.mastodon.entities import status as entity
from catflap.mastodon.entities.poll import Poll
from catflap.mastodon.entities.status import Marks, Texts
from catflap.mastodon.rendered import Piece, Rendered, Renderings, encoded
from catflap.notes.model import Boost, Format, Note, Visibility
from catflap.people.model import Person

BASE = "https://cats.example"
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def person(id_, name="Juniper"):
    return Person(
        id=id_, handle=f"p{id_}", name=name, bio="", bio_key="", bio_lang="", home="", home_key="", avatar="",
        reads=("en",), joined_at=NOW, notes_count=1, comments_count=2, followers_count=3,
        following_count=4, likes_count=5, revision=0, header="", fields=(), locked=False,
        automated=False, discoverable=True, indexable=True, hides_circles=False, wrote_at=None,
    )


def a_note(counts):
    return Note(
        id=7, author_id=1, parent_id=None, root_id=None, branch_id=None, format=Format.TEXT,
        title_key="", body_key="k", warning_key="", place_key="", visibility=Visibility.PUBLIC,
        tags=("cattax",), likes_count=counts[0], collects_count=counts[1],
        comments_count=counts[2], boosts_count=counts[3], made_at=NOW, edited_at=None,
        withdrawn=False, revision=0,
    )


marks = st.builds(Marks, **dict.fromkeys(Marks.__struct_fields__, st.booleans()))
poll = Poll(
    id="1", expires_at="", expired=False, multiple=False, votes_count=0, voters_count=0,
    voted=False, own_votes=(), options=(), emojis=(),
)


@given(
    st.text(max_size=40), st.tuples(*[st.integers(0, 10**9)] * 4), marks, st.booleans(),
    st.booleans(),
)
def test_the_json_of_a_status_is_its_structs(body, counts, did, has_poll, is_boost):
    kept, note = Renderings(), a_note(counts)
    by = kept.told(person(1), base=BASE)
    base = entity.status(
        note, author=by.account, handle="p1", written=(texts := Texts(title="", body=body, warning="", place="")),
        shown=texts, language=None, translated_from=None, items=(), mentions=(),
        parent_author=None, base=BASE,
    )
    made = Rendered(Piece(base), note, author=by, marks=did, poll=poll if has_poll else None)
    if is_boost:
        booster = kept.told(person(2, "阿橘"), base=BASE)
        outer = entity.boosted(
            base, boost=Boost(id=9, note_id=7, person_id=2, made_at=NOW), by=booster.account
        )
        made = made.around(Piece(outer), by=booster)
    whole = msgspec.json.decode(msgspec.json.encode(made.whole()))
    assert msgspec.json.decode(encoded([made])) == [whole]
    assert set(whole) == set(base.__struct_fields__)


def test_renderings_are_bounded_and_the_least_used_go_first():
    kept = Renderings(limit_bytes=3000)
    by = kept.told(person(1), base=BASE)
    texts = Texts(title="", body="cat", warning="", place="")
    pieces = [
        Piece(
            entity.status(
                a_note((0, 0, 0, 0)), author=by.account, handle="p1", written=texts, shown=texts,
                language=None, translated_from=None, items=(), mentions=(), parent_author=None,
                base=BASE,
            )
        )
        for _ in range(6)
    ]
    for at, piece in enumerate(pieces):
        kept.keep(at, piece)
        assert kept.piece(0) is not None
    assert kept.piece(1) is None
    assert kept.piece(5) is not None


def test_an_account_is_told_anew_once_anything_of_it_changed():
    kept = Renderings()
    first = kept.told(person(1), base=BASE)
    assert kept.told(person(1), base=BASE) is first
    assert kept.told(person(1, "June"), base=BASE).account.display_name == "June"
