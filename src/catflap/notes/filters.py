"""Filters: what somebody does not want to read, by words or by note, where, and until when.

Nothing is taken away here: what a filter finds is told to the app, which warns, hides or blurs.
Words are compared folded (case, width, simplified and traditional characters). A whole word ends
where another letter of its own kind of script does not follow: Han has no spaces between words,
so 猫 is found in 橘猫 and cat in 猫cat猫, but not in category.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from functools import lru_cache

import msgspec
import regex
import sqlalchemy as sa

from catflap.ground import clock, events, ids
from catflap.ground.characters import on_one_line
from catflap.ground.database import Reads, Tx
from catflap.ground.errors import NotFound, TextMissing, TooMany
from catflap.ground.statements import Instant, Json, Statement, among, insert_unless_there
from catflap.notes import queries
from catflap.notes.events import FiltersChanged
from catflap.notes.model import NoteId
from catflap.notes.tables import filter_notes, filter_words, filters
from catflap.people import actions as people
from catflap.people.model import PersonId
from catflap.translation.scripts import in_script

FILTERS_MAX = 200
WORDS_MAX = 200
TITLE_MAX_CHARS = 256
WORD_MAX_CHARS = 512

_i64 = sa.BigInteger
_UNSPACED = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]"
_SPACED = rf"[\p{{L}}\p{{M}}\p{{N}}_--{_UNSPACED}]"
_IS_SPACED = regex.compile(_SPACED, regex.V1)
_HAS_HAN = regex.compile(r"\p{Han}")


class Place(StrEnum):
    """Where a filter holds."""

    HOME = "home"
    NOTICES = "notices"
    PUBLIC = "public"
    THREAD = "thread"
    PROFILE = "profile"


class Deed(StrEnum):
    """What becomes of a note that a filter finds."""

    WARN = "warn"
    HIDE = "hide"
    BLUR = "blur"


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """A word or phrase of a filter; ``whole``: not within a longer word."""

    id: int
    filter_id: int
    word: str
    whole: bool


class FilteredNote(msgspec.Struct, frozen=True, kw_only=True):
    """A note of a filter."""

    id: int
    filter_id: int
    note_id: int


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    person_id: int
    title: str
    places: tuple[str, ...]
    deed: Deed
    until: datetime | None


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody does not want to read."""

    id: int
    title: str
    places: tuple[str, ...]
    deed: Deed
    until: datetime | None
    words: tuple[Word, ...]
    notes: tuple[FilteredNote, ...]


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A filter that holds for a note, by which of its words, or because the note is named."""

    filter: Filter
    words: tuple[str, ...]
    is_named: bool


class WordChange(msgspec.Struct, frozen=True, kw_only=True):
    """A word to be added (``id`` None), changed or dropped; what is None stays."""

    id: int | None = None
    word: str | None = None
    whole: bool | None = None
    drop: bool = False


_ROW = tuple(filters.c[name] for name in _Row.__struct_fields__)
_MINE = Statement(
    sa.select(*_ROW)
    .where(filters.c.person_id == sa.bindparam("person", type_=_i64))
    .order_by(filters.c.id),
    _Row,
)
_OF_EACH = Statement(
    sa.select(*_ROW).where(among(filters.c.person_id, "people")).order_by(filters.c.id), _Row
)
_ONE = Statement(sa.select(*_ROW).where(filters.c.id == sa.bindparam("id", type_=_i64)), _Row)
_WORDS = Statement(
    sa.select(*(filter_words.c[name] for name in Word.__struct_fields__))
    .where(among(filter_words.c.filter_id, "filters"))
    .order_by(filter_words.c.id),
    Word,
)
_NOTES = Statement(
    sa.select(*(filter_notes.c[name] for name in FilteredNote.__struct_fields__))
    .where(among(filter_notes.c.filter_id, "filters"))
    .order_by(filter_notes.c.id),
    FilteredNote,
)
_OWNER_OF_WORD = Statement(
    sa.select(filter_words.c.filter_id)
    .join(filters, filters.c.id == filter_words.c.filter_id)
    .where(
        filter_words.c.id == sa.bindparam("id", type_=_i64),
        filters.c.person_id == sa.bindparam("person", type_=_i64),
    ),
    int,
)
_OWNER_OF_NOTE = Statement(
    sa.select(filter_notes.c.filter_id)
    .join(filters, filters.c.id == filter_notes.c.filter_id)
    .where(
        filter_notes.c.id == sa.bindparam("id", type_=_i64),
        filters.c.person_id == sa.bindparam("person", type_=_i64),
    ),
    int,
)
_ADD = Statement(filters.insert().values({name: sa.bindparam(name) for name in filters.c.keys()}))
_CHANGE = Statement(
    filters.update()
    .where(filters.c.id == sa.bindparam("the_id", type_=_i64))
    .values(
        title=sa.bindparam("new_title"),
        places=sa.bindparam("new_places", type_=Json(tuple[str, ...])),
        deed=sa.bindparam("new_deed"), until=sa.bindparam("new_until", type_=Instant),
    )
)
_DROP = Statement(filters.delete().where(filters.c.id == sa.bindparam("the_id", type_=_i64)))
_ADD_WORD = Statement(
    filter_words.insert().values({name: sa.bindparam(name) for name in filter_words.c.keys()})
)
_CHANGE_WORD = Statement(
    filter_words.update()
    .where(filter_words.c.id == sa.bindparam("the_id", type_=_i64))
    .values(word=sa.bindparam("new_word"), whole=sa.bindparam("is_whole", type_=sa.Boolean))
)
_DROP_WORD = Statement(
    filter_words.delete().where(filter_words.c.id == sa.bindparam("the_id", type_=_i64))
)
_ADD_NOTE = Statement(
    insert_unless_there(filter_notes).values(
        {name: sa.bindparam(name) for name in filter_notes.c.keys()}
    )
)
_DROP_NOTE = Statement(
    filter_notes.delete().where(filter_notes.c.id == sa.bindparam("the_id", type_=_i64))
)


async def mine(reads: Reads, viewer: PersonId) -> list[Filter]:
    """The viewer's filters, oldest first. One query, three where there are any."""
    return await _whole(reads, await reads.all(_MINE, person=viewer))


async def of_each(reads: Reads, viewers: Collection[int]) -> dict[int, list[Filter]]:
    """`mine` for many viewers; who has none has no entry. As many queries as for one."""
    if not viewers:
        return {}
    rows = await reads.all(_OF_EACH, people=sorted(viewers))
    made: dict[int, list[Filter]] = {}
    for row, whole in zip(rows, await _whole(reads, rows), strict=True):
        made.setdefault(row.person_id, []).append(whole)
    return made


async def one(reads: Reads, id_: int, *, viewer: PersonId) -> Filter:
    """One of the viewer's filters.

    Raises:
        NotFound: it is absent, or somebody else's.
    """
    row = await reads.one(_ONE, id=id_)
    if row is None or row.person_id != viewer:
        raise NotFound("filter")
    return (await _whole(reads, [row]))[0]


async def of_word(reads: Reads, id_: int, *, viewer: PersonId) -> tuple[Filter, Word]:
    """The viewer's filter that a word stands in, with the word; raises like `one`."""
    owner = await reads.one(_OWNER_OF_WORD, id=id_, person=viewer)
    if owner is None:
        raise NotFound("filter")
    found = await one(reads, owner, viewer=viewer)
    return found, next(word for word in found.words if word.id == id_)


async def of_note(reads: Reads, id_: int, *, viewer: PersonId) -> tuple[Filter, FilteredNote]:
    """The viewer's filter that a note is named in, with its row; raises like `one`."""
    owner = await reads.one(_OWNER_OF_NOTE, id=id_, person=viewer)
    if owner is None:
        raise NotFound("filter")
    found = await one(reads, owner, viewer=viewer)
    return found, next(row for row in found.notes if row.id == id_)


async def _whole(reads: Reads, rows: Sequence[_Row]) -> list[Filter]:
    if not rows:
        return []
    owners = [row.id for row in rows]
    words = await reads.all(_WORDS, filters=owners)
    named = await reads.all(_NOTES, filters=owners)
    return [
        Filter(
            id=row.id, title=row.title, places=row.places, deed=row.deed, until=row.until,
            words=tuple(word for word in words if word.filter_id == row.id),
            notes=tuple(note for note in named if note.filter_id == row.id),
        )
        for row in rows
    ]


def _title(title: str) -> str:
    found = people.text_within("title", on_one_line(title), TITLE_MAX_CHARS)
    if not found:
        raise TextMissing("title")
    return found


def _places(places: Sequence[Place]) -> tuple[str, ...]:
    if not places:
        raise TextMissing("context")
    return tuple(dict.fromkeys(place.value for place in places))


def _word(word: str) -> str:
    found = people.text_within("keyword", on_one_line(word), WORD_MAX_CHARS)
    if not found:
        raise TextMissing("keyword")
    return found


async def make(
    tx: Tx, *, by: PersonId, title: str, places: Sequence[Place], deed: Deed = Deed.WARN,
    until: datetime | None = None, words: Sequence[WordChange] = (),
) -> int:
    """A new filter; the answer is its number.

    Raises:
        TextMissing, TextTooLong: the title, a word, or nowhere to hold.
        TooMany: more filters or words than one may have.
        NotFound: a word that is there already is named.
    """
    await people.hold(tx, by)
    count = len(await mine(tx, by))
    if count >= FILTERS_MAX:
        raise TooMany("filters", count=count + 1, limit=FILTERS_MAX)
    id_ = ids.new(shard=ids.shard_of(by))
    await tx.run(
        _ADD, id=id_, person_id=by, title=_title(title), places=_places(places),
        deed=deed.value, until=until,
    )
    await _change_words(tx, await one(tx, id_, viewer=by), words)
    await events.emit(tx, FiltersChanged(person=by))
    return id_


async def change(
    tx: Tx, old: Filter, *, by: PersonId, title: str | None = None,
    places: Sequence[Place] | None = None, deed: Deed | None = None,
    until: datetime | None, words: Sequence[WordChange] = (),
) -> None:
    """Change a filter of one's own, as `one` gave it; what is None stays, but for ``until``.

    Raises:
        and what `make` raises.
    """
    await tx.run(
        _CHANGE, the_id=old.id, new_title=old.title if title is None else _title(title),
        new_places=old.places if places is None else _places(places),
        new_deed=(deed or old.deed).value, new_until=until,
    )
    await _change_words(tx, old, words)
    await events.emit(tx, FiltersChanged(person=by))


async def _change_words(tx: Tx, old: Filter, words: Sequence[WordChange]) -> None:
    known = {word.id: word for word in old.words}
    if any(word.id is not None and word.id not in known for word in words):
        raise NotFound("filter")
    added = [word for word in words if word.id is None and not word.drop]
    if len(known) + len(added) > WORDS_MAX:
        raise TooMany("keywords", count=len(known) + len(added), limit=WORDS_MAX)
    for word in words:
        if word.id is None:
            continue
        before = known[word.id]
        if word.drop:
            await tx.run(_DROP_WORD, the_id=word.id)
            continue
        await tx.run(
            _CHANGE_WORD, the_id=word.id,
            new_word=before.word if word.word is None else _word(word.word),
            is_whole=before.whole if word.whole is None else word.whole,
        )
    for word in added:
        await tx.run(
            _ADD_WORD, id=ids.new(shard=ids.shard_of(old.id)), filter_id=old.id,
            word=_word(word.word or ""), whole=True if word.whole is None else word.whole,
        )


async def drop(tx: Tx, old: Filter, *, by: PersonId) -> None:
    """Delete a filter of one's own, as `one` gave it."""
    await tx.run(_DROP, the_id=old.id)
    await events.emit(tx, FiltersChanged(person=by))


async def name_note(tx: Tx, old: Filter, note: NoteId, *, by: PersonId) -> FilteredNote:
    """Have a filter of one's own find a note, whatever it says; once is enough.

    Raises:
        NotFound: the note is absent, or not for this person.
        TooMany: more notes than a filter may have.
    """
    await queries.note(tx, note, viewer=by)
    if len(old.notes) >= WORDS_MAX:
        raise TooMany("notes", count=len(old.notes) + 1, limit=WORDS_MAX)
    await tx.run(
        _ADD_NOTE, id=ids.new(shard=ids.shard_of(old.id)), filter_id=old.id, note_id=note
    )
    await events.emit(tx, FiltersChanged(person=by))
    after = await one(tx, old.id, viewer=by)
    return next(row for row in after.notes if row.note_id == note)


async def unname_note(tx: Tx, row: FilteredNote, *, by: PersonId) -> None:
    """Take that back, for a row that `of_note` gave."""
    await tx.run(_DROP_NOTE, the_id=row.id)
    await events.emit(tx, FiltersChanged(person=by))


def holding(
    found: Sequence[Filter], *, at: datetime | None = None, place: Place | None = None
) -> list[Filter]:
    """Those filters that have not ended, and hold at a place where one is given."""
    now = at or clock.now()
    return [
        one_ for one_ in found
        if (one_.until is None or one_.until > now) and (place is None or place in one_.places)
    ]


def folded(text: str) -> str:
    """A text in the form in which words are sought in it."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return in_script(plain, "Hans") if _HAS_HAN.search(plain) else plain


@lru_cache(maxsize=4096)
def _pattern(word: str, whole: bool) -> regex.Pattern[str]:
    wanted = folded(word)
    before = rf"(?<!{_SPACED})" if whole and _IS_SPACED.match(wanted) else ""
    after = rf"(?!{_SPACED})" if whole and _IS_SPACED.match(wanted[-1:]) else ""
    return regex.compile(before + regex.escape(wanted) + after, regex.V1)


def found_in(active: Sequence[Filter], note: int, text: str) -> list[Found]:
    """Which of these filters find a note with this text (`folded`), and by what."""
    made = []
    for one_ in active:
        words = tuple(
            word.word for word in one_.words if _pattern(word.word, word.whole).search(text)
        )
        is_named = any(row.note_id == note for row in one_.notes)
        if words or is_named:
            made.append(Found(filter=one_, words=words, is_named=is_named))
    return made
