"""What comes home to somebody: notes of those they follow, and of tags they follow.

People on exclusive lists are read apart; of somebody followed in some languages only those come;
comments come into a list as its owner chose.
"""

from __future__ import annotations

from collections.abc import Sequence

from catflap.ground.database import Reads
from catflap.ground.paging import Page, cursor, position
from catflap.notes import families, queries, tagging, timelines
from catflap.notes.model import Note
from catflap.notes.timelines import Span
from catflap.people import circles, lists
from catflap.people import queries as people
from catflap.people.model import Answers, PeopleList, PersonId
from catflap.translation import queries as translation
from catflap.translation.codes import NO_WORDS, UNKNOWN, same_language

_LAST = 2**63 - 1


async def home(
    reads: Reads, viewer: PersonId, span: Span, *, with_answers: bool = False
) -> list[int]:
    """Ids of what comes home to the viewer, newest first.

    Five queries and one for two dozen tags, with those that mean the same; one more for answers.
    """
    apart = await lists.apart(reads, viewer)
    wishes = await circles.followings(reads, viewer)
    ids = await timelines.home(
        reads, viewer, span, without=apart,
        without_boosts={id_ for id_, wish in wishes.items() if not wish.with_boosts},
        with_answers=with_answers,
    )
    tags = await tagging.followed(reads, viewer)
    if not tags:
        return ids
    known = await families.expanded(reads, tags)
    every = list(dict.fromkeys(tag for tag in tags for tag in known[tag]))
    found = {*ids, *await timelines.tagged_any(reads, every, span)}
    kept = sorted(found, reverse=not span.upward)[: span.count]
    return sorted(kept, reverse=True)


async def following(reads: Reads, viewer: PersonId, *, after: str | None) -> Page[int]:
    """`home` as the web pages through it: notes, with what answers them on their own pages."""
    place = position(after, size=1)
    below = int(place[0]) if place else _LAST
    ids = await home(
        reads, viewer, Span(above=0, below=below, count=queries.PAGE + 1)
    )
    more = cursor(ids[queries.PAGE - 1]) if len(ids) > queries.PAGE else None
    return Page(items=ids[: queries.PAGE], next_cursor=more)


async def in_wanted_languages(
    reads: Reads, viewer: PersonId, found: Sequence[Note]
) -> list[Note]:
    """Notes without those in languages that the viewer does not want of their author.

    What has no words, or is in a language that nobody could tell, stays. One query; two where a
    follow names languages.
    """
    wishes = await circles.followings(reads, viewer)
    narrow = {id_: wish.langs for id_, wish in wishes.items() if wish.langs}
    asked = [note for note in found if note.author_id in narrow]
    if not asked:
        return list(found)
    keys = {note.id: note.body_key or note.title_key for note in asked}
    texts = await translation.kept(
        reads, [key for key in keys.values() if key], target=UNKNOWN
    )
    unwanted = {
        note.id for note in asked
        if (kept := texts.get(keys[note.id])) is not None
        and kept.lang not in (UNKNOWN, NO_WORDS)
        and not any(same_language(kept.lang, lang) for lang in narrow[note.author_id])
    }
    return [note for note in found if note.id not in unwanted]


async def of_list(reads: Reads, found: PeopleList, span: Span) -> list[int]:
    """Ids of what the people on a list wrote; `answering` leaves out comments. Two queries."""
    members = await lists.members(reads, found.id)
    if not members:
        return []
    if found.answers is Answers.NONE:
        return await timelines.by_authors(reads, members, span)
    return await timelines.all_by_authors(reads, members, span)


async def answering(reads: Reads, found: PeopleList, shown: Sequence[Note]) -> list[Note]:
    """Notes without comments on those whom a list is not about. At most three queries."""
    parents = await queries.by_ids(
        reads, [note.parent_id for note in shown if note.parent_id is not None]
    )
    if not parents:
        return [note for note in shown if note.parent_id is None]
    near = {found.owner_id, *await lists.members(reads, found.id)}
    if found.answers is Answers.FOLLOWED:
        near |= await people.followed_among(
            reads, found.owner_id, [parent.author_id for parent in parents.values()]
        )
    return [
        note for note in shown
        if note.parent_id is None
        or (note.parent_id in parents and parents[note.parent_id].author_id in near)
    ]
