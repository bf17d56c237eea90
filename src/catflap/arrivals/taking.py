"""Where every table stands in what somebody takes with them, and why the others do not.

A house test walks all tables and fails where one is in neither list. What is taken is read page by
page, texts in the place of their keys, and other people by their handles; secrets (hashes of
passwords and tokens) are left out column by column.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from functools import cache
from typing import Any

import msgspec
import sqlalchemy as sa

from catflap.ground.database import Database, Reads, metadata
from catflap.ground.sealing import Seal
from catflap.ground.statements import Statement
from catflap.people import queries as people
from catflap.people.model import PersonId
from catflap.translation import queries as translation
from catflap.translation.codes import Lang
from catflap.translation.model import TextKey

PAGE_ROWS = 500
"""Rows that are held in memory at a time."""


class Taken(msgspec.Struct, frozen=True):
    """By which column a table's rows are a person's; ``through`` other tables, nearest first."""

    by: str
    through: tuple[tuple[str, str], ...] = ()
    without: tuple[str, ...] = ()


_OF_NOTE = (("note_id", "notes"),)
_OF_FILTER = (("filter_id", "filters"),)
_OF_IMPORT = (("import_id", "imports"),)

TAKEN: Mapping[str, Taken] = {
    "people": Taken("id", without=("handle_skeleton", "handle_folded", "home_key")),
    "credentials": Taken("person_id", without=("password_hash", "email_folded")),
    "sessions": Taken("person_id", without=("token_hash",)),
    "tokens": Taken("person_id", without=("token_hash",)),
    "feed_pages": Taken("reader_id"),
    "feed_budgets": Taken("reader_id"),
    "less_like_this": Taken("reader_id"),
    "notes": Taken("author_id"),
    "revisions": Taken("author_id", _OF_NOTE),
    "polls": Taken("author_id", _OF_NOTE),
    "poll_options": Taken("author_id", (("poll_id", "polls"), *_OF_NOTE)),
    "mentions": Taken("author_id", _OF_NOTE),
    "media": Taken("owner_id"),
    "subtitles": Taken("owner_id", (("media_id", "media"),)),
    "ballots": Taken("person_id"),
    "boards": Taken("owner_id"),
    "collected": Taken("owner_id", (("board_id", "boards"),)),
    "drafts": Taken("owner_id"),
    "planned": Taken("person_id"),
    "likes": Taken("person_id"),
    "boosts": Taken("person_id"),
    "pins": Taken("person_id"),
    "hushed": Taken("person_id"),
    "follows": Taken("follower_id"),
    "follow_requests": Taken("asker_id"),
    "blocks": Taken("blocker_id"),
    "mutes": Taken("muter_id"),
    "endorsements": Taken("endorser_id"),
    "passed_over": Taken("viewer_id"),
    "remarks": Taken("author_id"),
    "lists": Taken("owner_id"),
    "list_members": Taken("owner_id", (("list_id", "lists"),)),
    "markers": Taken("person_id"),
    "blocked_domains": Taken("person_id"),
    "interests": Taken("person_id"),
    "places": Taken("person_id"),
    "filters": Taken("person_id"),
    "filter_words": Taken("person_id", _OF_FILTER),
    "filter_notes": Taken("person_id", _OF_FILTER),
    "tag_follows": Taken("person_id"),
    "featured_tags": Taken("person_id"),
    "notices": Taken("person_id"),
    "notice_policies": Taken("person_id"),
    "notice_passes": Taken("person_id"),
    "announcement_reactions": Taken("person_id"),
    "announcement_dismissals": Taken("person_id"),
    "imports": Taken("owner_id"),
    "brought_posts": Taken("owner_id", _OF_IMPORT),
    "brought_handles": Taken("owner_id", _OF_IMPORT, ("handle_hash",)),
    "claims": Taken("person_id", without=("handle_hash",)),
    "seekers": Taken("person_id"),
    "invitations": Taken("by_id"),
    "invited": Taken("person_id"),
    "entrances": Taken("person_id"),
    "first_notes": Taken("person_id"),
    "cat_taxes": Taken("person_id"),
    "stamps": Taken("by_id"),
    "suggestions": Taken("by_id"),
    "suggestion_votes": Taken("person_id"),
    "renditions": Taken("by_id"),
    "doubts": Taken("person_id"),
    "language_claims": Taken("person_id"),
    "family_proposals": Taken("by_id"),
    "family_votes": Taken("person_id"),
    "glossary_versions": Taken("by_id"),
    "reports": Taken("by_id", without=("case_id",)),
}

_MADE_AGAIN = "made of what is taken, and made anew wherever that is brought"
_SECRET = "a secret that opens something here for some minutes, or on one device"  # noqa: S105
_NOBODYS = "no person's: what the community or the software keeps for itself"
_JUDGING = "what those who judge write; whoever is reported does not learn by whom"

LEFT: Mapping[str, str] = {
    "resets": _SECRET,
    "grants": _SECRET,
    "push_subscriptions": _SECRET,
    "push_keys": _SECRET,
    "note_tags": _MADE_AGAIN + ": the notes have their tags",
    "note_links": _MADE_AGAIN + ": the notes have their links",
    "previews": "what pages elsewhere say of themselves, read anew wherever a note links there",
    "talks": _MADE_AGAIN + ": the notes of a conversation",
    "feed_entries": _MADE_AGAIN,
    "feed_sayings": _MADE_AGAIN,
    "looks": _MADE_AGAIN + ": how photos look, which stands with them",
    "search_documents": _MADE_AGAIN,
    "search_names": _MADE_AGAIN,
    "segments": _MADE_AGAIN + ": pieces of texts",
    "texts": "taken in the place of their keys, wherever one of the person's rows has one",
    "notice_requests": "how many notices of somebody wait; the notices are taken",
    "repeats": "which request of an app was answered already, for an hour",
    "meetings": "who else is here, which is theirs to tell",
    "closings": "whoever takes something with them has not left",
    "exports": "this",
    "cases": _JUDGING,
    "case_steps": _JUDGING,
    "reported_notes": _JUDGING,
    "glossary_terms": "the community's glossary; what one wrote in it is among its versions",
    "glossary_renderings": "the community's glossary; what one wrote in it is among its versions",
    "family_tags": _NOBODYS,
    "announcements": _NOBODYS,
    "charter": _NOBODYS,
    "rules": _NOBODYS,
    "apps": _NOBODYS,
    "asking": _NOBODYS,
    "events": _NOBODYS + ": what happened, for some days",
    "process_numbers": _NOBODYS + ": which process makes which ids",
    "feed_given": "how often one's first notes were shown, for some days",
    "feed_models": _NOBODYS + ": what a night learned of everybody",
    "feed_owed": _NOBODYS + ": how far first notes are seen",
    "feed_pacings": _NOBODYS,
    "feed_tallies": _NOBODYS + ": sums by note",
    "gate": _NOBODYS,
    "left_handles": _NOBODYS + ": of people who are here no more",
    "letters": _NOBODYS + ": how many went out",
    "jobs": _NOBODYS + ": work that waits",
    "spent_proofs": _NOBODYS,
    "translation_figures": _NOBODYS,
}


@cache
def statement_of(name: str) -> Statement[Any]:
    """A page of a table's rows that are a person's, in the order of its key."""
    taken, table = TAKEN[name], metadata.tables[name]
    columns = [column for column in table.c if column.name not in taken.without]
    row = msgspec.defstruct(name, [(str(column.name), Any) for column in columns], frozen=True)
    found: Statement[Any] = Statement(
        sa.select(*columns)
        .where(_is_theirs(table, taken.through, taken.by))
        .order_by(*table.primary_key.columns)
        .limit(sa.bindparam("count", type_=sa.Integer))
        .offset(sa.bindparam("skipped", type_=sa.Integer)),
        row,
    )
    return found


def _is_theirs(
    table: sa.Table, through: Sequence[tuple[str, str]], by: str
) -> sa.ColumnElement[bool]:
    if not through:
        return table.c[by] == sa.bindparam("person", type_=sa.BigInteger)
    (column, parent), *rest = through
    above = metadata.tables[parent]
    return table.c[column].in_(sa.select(above.c.id).where(_is_theirs(above, rest, by)))


async def pages(
    database: Database, name: str, person: PersonId, *, place: str, seal: Seal
) -> AsyncIterator[list[dict[str, Any]]]:
    """A table's rows of a person, as they are taken, `PAGE_ROWS` at a time.

    ``place`` is this server's name, behind handles. Three queries a page.
    """
    skipped = 0
    while True:
        async with database.reads() as reads:
            rows = await reads.all(
                statement_of(name), person=person, count=PAGE_ROWS, skipped=skipped
            )
            yield await _readable(reads, name, rows, place=place, seal=seal)
        if len(rows) < PAGE_ROWS:
            return
        skipped += PAGE_ROWS


async def _readable(
    reads: Reads, name: str, rows: Sequence[Any], *, place: str, seal: Seal
) -> list[dict[str, Any]]:
    table = metadata.tables[name]
    made: list[dict[str, Any]] = [msgspec.to_builtins(row, enc_hook=str) for row in rows]
    keys = [
        column for column in table.c.keys()
        if column.endswith("_key") and column not in TAKEN[name].without
    ]
    persons = [
        column.name for column in table.c
        if any(key.target_fullname == "people.id" for key in column.foreign_keys)
        and column.name != TAKEN[name].by
    ]
    wanted = [TextKey(row[key]) for row in made for key in keys if row.get(key)]
    texts = await translation.kept(reads, wanted, target=Lang("und"))
    known = await people.by_ids(reads, [row[key] for row in made for key in persons if row[key]])
    for row in made:
        for key in keys:
            if (text := row.pop(key)) is not None:
                row[key.removesuffix("_key")] = texts[text].text if text in texts else ""
        if name == "people":
            row["fields"] = [{of: line[of] for of in ("name", "value")} for line in row["fields"]]
        for key in persons:
            if row[key] in known:
                row[key.removesuffix("_id")] = f"{known[row[key]].handle}@{place}"
        if "sealed" in row:
            row["handle"] = seal.open(row.pop("sealed"))
    return made
