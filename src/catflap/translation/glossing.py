"""Changing the glossary: what hosts write, and the seed that it begins with."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa

from catflap.ground import clock, ids
from catflap.ground.characters import writable
from catflap.ground.database import Tx
from catflap.ground.errors import NotFound, TextMissing, TextTooLong, TooMany
from catflap.ground.statements import Instant, Json, Statement, insert_unless_there
from catflap.people import queries as people
from catflap.people.model import PersonId
from catflap.translation import term_history
from catflap.translation.codes import UNKNOWN, Lang, canonical
from catflap.translation.errors import HostsOnly, TermTaken
from catflap.translation.glossary import (
    NOTE_MAX_CHARS,
    RENDERING_MAX_CHARS,
    TERM_MAX_CHARS,
    VARIANTS_MAX,
    entries,
    folded,
)
from catflap.translation.model import Meaning
from catflap.translation.tables import glossary_renderings, glossary_terms

SEED = Path(__file__).parent / "seeds" / "glossary.toml"
_OTHER = {"zh": Lang("en"), "en": Lang("zh")}

_ADD = Statement(
    insert_unless_there(glossary_terms).values(
        id=sa.bindparam("id"), lang=sa.bindparam("lang"), term=sa.bindparam("term"),
        variants=sa.bindparam("variants", type_=Json(tuple[str, ...])),
        note=sa.bindparam("note"), by_id=sa.bindparam("by", type_=sa.BigInteger),
        changed_at=sa.bindparam("at", type_=Instant), removed=False,
    )
)
_CHANGE = Statement(
    glossary_terms.update()
    .where(glossary_terms.c.id == sa.bindparam("the_id", type_=sa.BigInteger))
    .values(
        variants=sa.bindparam("new_variants", type_=Json(tuple[str, ...])),
        note=sa.bindparam("new_note"), by_id=sa.bindparam("by", type_=sa.BigInteger),
        changed_at=sa.bindparam("at", type_=Instant),
        removed=sa.bindparam("is_removed", type_=sa.Boolean),
    )
)
_ID_OF = Statement(
    sa.select(glossary_terms.c.id, glossary_terms.c.removed).where(
        glossary_terms.c.lang == sa.bindparam("lang"), glossary_terms.c.term == sa.bindparam("term")
    )
)
_IS_THERE = Statement(
    sa.select(glossary_terms.c.id).where(
        glossary_terms.c.id == sa.bindparam("id", type_=sa.BigInteger)
    ),
    int,
)
_REMOVE = Statement(
    glossary_terms.update()
    .where(glossary_terms.c.id == sa.bindparam("the_id", type_=sa.BigInteger))
    .values(
        removed=True, by_id=sa.bindparam("by", type_=sa.BigInteger),
        changed_at=sa.bindparam("at", type_=Instant),
    )
)
_NO_MEANINGS = Statement(
    glossary_renderings.delete().where(
        glossary_renderings.c.term_id == sa.bindparam("the_id", type_=sa.BigInteger)
    )
)
_ADD_MEANING = Statement(
    insert_unless_there(glossary_renderings).values(
        term_id=sa.bindparam("term_id"), target=sa.bindparam("target"),
        rendering=sa.bindparam("rendering"), note=sa.bindparam("note"),
    )
)


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """A term as somebody writes it down."""

    lang: str
    term: str
    variants: Sequence[str] = ()
    note: str = ""
    meanings: Sequence[Meaning] = ()


async def _must_be_host(tx: Tx, person: PersonId) -> None:
    if not await people.is_host(tx, person, now=clock.now()):
        raise HostsOnly


def _within(field: str, text: str, limit: int) -> str:
    words = " ".join(writable(text).split())
    if len(words) > limit:
        raise TextTooLong(field, length_chars=len(words), limit_chars=limit)
    return words


def _checked(written: Written) -> Written:
    """The term in the form it is kept in.

    Raises:
        TextMissing: it has no words, or no meaning.
        TextTooLong, TooMany
    """
    lang = canonical(written.lang)
    term = _within("term", written.term, TERM_MAX_CHARS)
    if lang == UNKNOWN or len(term) < 2:
        raise TextMissing("term")
    found = dict.fromkeys(
        form for v in written.variants if (form := _within("term", v, TERM_MAX_CHARS))
    )
    variants = [form for form in found if len(form) > 1 and form != term]
    if len(variants) > VARIANTS_MAX:
        raise TooMany("variants", count=len(variants), limit=VARIANTS_MAX)
    meanings = [
        Meaning(
            target=canonical(meaning.target),
            rendering=_within("rendering", meaning.rendering, RENDERING_MAX_CHARS),
            note=_within("note", meaning.note, NOTE_MAX_CHARS),
        )
        for meaning in written.meanings
        if (meaning.rendering.strip() or meaning.note.strip())
        and canonical(meaning.target) not in (lang, UNKNOWN)
    ]
    if not meanings:
        raise TextMissing("meaning")
    return Written(
        lang=lang, term=term, variants=tuple(variants),
        note=_within("note", written.note, NOTE_MAX_CHARS), meanings=meanings,
    )


async def _must_be_free(tx: Tx, checked: Written, *, id_: int | None = None) -> None:
    """Refuse a term or spelling that another term has: only one could be found in texts."""
    every = await entries(tx)
    own = next((entry.forms() for entry in every if entry.id == id_), frozenset())
    wanted = {folded(form) for form in (checked.term, *checked.variants)} - own
    for entry in every:
        if entry.id != id_ and entry.lang == checked.lang and entry.forms() & wanted:
            raise TermTaken(entry.term)


async def add(tx: Tx, written: Written, *, by: PersonId) -> int:
    """Write a term down. The answer is its number.

    Raises:
        HostsOnly: ``by`` is a newcomer.
        TermTaken: it is there already.
        TextMissing, TextTooLong, TooMany
    """
    await _must_be_host(tx, by)
    checked = _checked(written)
    await _must_be_free(tx, checked)
    row = await tx.one(_ID_OF, lang=checked.lang, term=checked.term)
    if row is not None:
        id_, is_removed = row
        if not is_removed:
            raise TermTaken(checked.term)
        await _change(tx, id_, checked, by=by)
        return int(id_)
    id_ = ids.new(shard=ids.shard_of(by))
    if not await _insert(tx, id_, checked, by=by):
        raise TermTaken(checked.term)
    await term_history.keep(tx, id_)
    return id_


async def _insert(tx: Tx, id_: int, checked: Written, *, by: PersonId | None) -> bool:
    """Write a new term down; false where somebody just did."""
    added = await tx.run(
        _ADD, id=id_, lang=checked.lang, term=checked.term, variants=tuple(checked.variants),
        note=checked.note, by=by, at=clock.now(),
    )
    if added:
        await _mean(tx, id_, checked)
    return bool(added)


async def _mean(tx: Tx, id_: int, checked: Written) -> None:
    await tx.run_many(
        _ADD_MEANING,
        [{"term_id": id_, **msgspec.structs.asdict(meaning)} for meaning in checked.meanings],
    )


async def change(tx: Tx, id_: int, written: Written, *, by: PersonId) -> None:
    """Write a term's meanings anew; the term itself stays.

    Raises:
        NotFound: there is none of this number.
        and what `add` raises.
    """
    await _must_be_host(tx, by)
    if await tx.one(_IS_THERE, id=id_) is None:
        raise NotFound("term")
    checked = _checked(written)
    await _must_be_free(tx, checked, id_=id_)
    await _change(tx, id_, checked, by=by)


async def _change(tx: Tx, id_: int, checked: Written, *, by: PersonId) -> None:
    await term_history.keep(tx, id_)
    await tx.run(
        _CHANGE, the_id=id_, new_variants=tuple(checked.variants), new_note=checked.note, by=by,
        at=clock.now(), is_removed=False,
    )
    await tx.run(_NO_MEANINGS, the_id=id_)
    await _mean(tx, id_, checked)
    await term_history.keep(tx, id_)


async def restore(tx: Tx, id_: int, version: int, *, by: PersonId) -> None:
    """Go back to what a term was after an earlier change; itself a change.

    Raises:
        HostsOnly: ``by`` is a newcomer.
        NotFound: there is no such term, or it has no such version.
        TermTaken: another term has one of its spellings by now.
    """
    await _must_be_host(tx, by)
    before = await term_history.version(tx, version, of=id_)
    if before.removed:
        await remove(tx, id_, by=by)
        return
    now = await term_history.standing(tx, id_)
    written = Written(
        lang=now.lang, term=now.term, variants=before.variants, note=before.note,
        meanings=before.meanings,
    )
    await change(tx, id_, written, by=by)


async def remove(tx: Tx, id_: int, *, by: PersonId) -> None:
    """Take a term out; the seed does not bring it back.

    Raises:
        HostsOnly: ``by`` is a newcomer.
        NotFound: there is none of this number.
    """
    await _must_be_host(tx, by)
    await term_history.keep(tx, id_)
    await tx.run(_REMOVE, the_id=id_, by=by, at=clock.now())
    await term_history.keep(tx, id_)


def seeds() -> list[Written]:
    """The terms that every Catflap begins with."""
    rows: list[dict[str, Any]] = tomllib.loads(SEED.read_text(encoding="utf-8"))["entry"]
    return [
        Written(
            lang=row["lang"], term=row["term"], variants=row["variants"], note=row["note"],
            meanings=[
                Meaning(
                    target=_OTHER[row["lang"]], rendering=row["rendering"], note=row["note_tr"]
                )
            ],
        )
        for row in rows
    ]


async def plant(tx: Tx) -> None:
    """Write down the seeds that are not there; what hosts changed or took out stays so."""
    # A host may have written a seed's word down before it was one, perhaps as another's spelling.
    theirs = {
        (entry.lang, form)
        for entry in await entries(tx) if entry.by_id is not None for form in entry.forms()
    }
    for seed in seeds():
        if (seed.lang, folded(seed.term)) in theirs:
            continue
        if await tx.one(_ID_OF, lang=seed.lang, term=seed.term) is None:
            await _insert(tx, ids.new(shard=0), _checked(seed), by=None)
