"""Keeping the index: a note is indexed by its words, its tags, and its renditions."""

from __future__ import annotations

from typing import Protocol

import msgspec
import sqlalchemy as sa

from catflap.ground.database import Database
from catflap.ground.jobs import Job
from catflap.ground.statements import Statement
from catflap.notes import queries as notes
from catflap.search import terms as cutting
from catflap.search.tables import terms
from catflap.translation import queries as translation
from catflap.translation.codes import CHINESE, ENGLISH

INDEX = "search.index"

_FORGET = Statement(
    terms.delete().where(terms.c.note_id == sa.bindparam("note", type_=sa.BigInteger))
)
_ADD = Statement(terms.insert().values(term=sa.bindparam("term"), note_id=sa.bindparam("note")))


class Touched(msgspec.Struct, frozen=True, kw_only=True):
    """A note that reads differently now."""

    note: int


class Context(Protocol):
    """What this job is given."""

    @property
    def database(self) -> Database:
        """The database."""


async def index(context: Context, payload: Touched) -> None:
    """Index a note as it is now; comments are not searched."""
    async with context.database.tx() as tx:
        await tx.run(_FORGET, note=payload.note)
        found = (await notes.by_ids(tx, [payload.note])).get(payload.note)
        if found is None or found.root_id is not None:
            return
        words = list(found.tags)
        for target in (ENGLISH, CHINESE):
            for kept in (await translation.kept(tx, found.keys(), target=target)).values():
                words.append(kept.text)
                if kept.rendition is not None:
                    words.append(kept.rendition.text)
        found_terms = cutting.of_text("\n".join(words))
        await tx.run_many(_ADD, [{"term": term, "note": found.id} for term in found_terms])


JOBS = (Job(INDEX, Touched, index),)
SUBSCRIPTIONS = {"NotePosted": INDEX, "NoteEdited": INDEX}
