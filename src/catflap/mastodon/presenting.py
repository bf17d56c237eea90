"""From notes to statuses: texts, media, people and marks fetched at once, for however many."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from catflap.ground import clock
from catflap.ground.database import Reads
from catflap.mastodon import filtering
from catflap.mastodon.call import Call
from catflap.mastodon.entities import poll as poll_entity
from catflap.mastodon.entities import status as entity
from catflap.mastodon.entities.account import Account, account
from catflap.mastodon.entities.status import Attachment, Marks, Status, Texts, Translated
from catflap.media import queries as media
from catflap.media.model import Media
from catflap.notes import boosting, pinning, polls
from catflap.notes import queries as notes
from catflap.notes.filters import Place
from catflap.notes.model import Note, Poll
from catflap.notes.timelines import Entry
from catflap.people import queries as people
from catflap.people.model import Person
from catflap.translation import actions as translation_actions
from catflap.translation import queries as translation
from catflap.translation.codes import CHINESE, Lang
from catflap.translation.composing import composed
from catflap.translation.model import Kept, Reading, TextKey
from catflap.translation.scripts import in_script


class Presenting:
    """What this door keeps between calls: wants of translations on their way."""

    def __init__(self) -> None:
        self._wanting: set[asyncio.Task[None]] = set()

    async def statuses(
        self, reads: Reads, call: Call, found: Sequence[Note], *, where: Place | None = None
    ) -> list[Status]:
        """Notes as statuses, in order. Some fifteen queries, whatever their number.

        Hiding is the caller's: every note here may be seen by whoever calls. The caller's filters
        that hold ``where`` they are shown are told in each, all of them where that is nowhere.
        """
        if not found:
            return []
        made = await self._statuses(reads, call, found)
        return await filtering.filtered(reads, call, made, where=where)

    async def _statuses(self, reads: Reads, call: Call, found: Sequence[Note]) -> list[Status]:
        ids = [note.id for note in found]
        items = await media.of_notes(reads, ids)
        mentioned = await notes.mentioned_among(reads, ids)
        parents = await notes.by_ids(
            reads, [note.parent_id for note in found if note.parent_id is not None]
        )
        known: set[int] = {note.author_id for note in found}
        known.update(person for row in mentioned.values() for person in row)
        authors = await people.by_ids(reads, list(known))
        asked = await polls.of_notes(reads, ids)
        votes = await polls.own_votes(reads, call.viewer, [one.id for one in asked.values()])
        texts = await self._texts(reads, call, found, items, asked)
        marks = await _marks(reads, call, found)
        accounts = {id_: account(person, base=call.base) for id_, person in authors.items()}
        return [
            self._status(
                call, note, authors=authors, accounts=accounts, texts=texts,
                items=items.get(note.id, []), mentioned=mentioned.get(note.id, []),
                parent=parents.get(note.parent_id or 0), marks=marks[note.id],
                poll=_poll(call, note, asked.get(note.id), texts, votes),
            )
            for note in found
            if note.author_id in accounts
        ]

    async def entries(
        self, reads: Reads, call: Call, listed: Sequence[Entry], *, where: Place | None = None
    ) -> list[Status]:
        """Notes and boosts of a timeline as statuses, in order; ``where`` as for `statuses`."""
        whole = {
            status.id: status
            for status in await self.statuses(
                reads, call, [entry.note for entry in listed], where=where
            )
        }
        boosters = await people.by_ids(
            reads, list({entry.boost.person_id for entry in listed if entry.boost})
        )
        made: list[Status] = []
        for entry in listed:
            status = whole.get(str(entry.note.id))
            if status is None:
                continue
            if entry.boost is None:
                made.append(status)
            elif entry.boost.person_id in boosters:
                by = account(boosters[entry.boost.person_id], base=call.base)
                made.append(entity.boosted(status, boost=entry.boost, by=by))
        return made

    async def _texts(
        self, reads: Reads, call: Call, found: Sequence[Note],
        items: Mapping[int, Sequence[Media]], asked: Mapping[int, Poll],
    ) -> dict[str, Kept]:
        keys = [key for note in found for key in note.keys()]
        keys += [item.alt_key for row in items.values() for item in row if item.alt_key]
        keys += [key for poll in asked.values() for key in polls.keys(poll)]
        kept = await translation.kept(reads, keys, target=call.reading.target)
        if call.translates:
            foreign = [
                key for key, text in kept.items()
                if text.rendition is None and call.reading.is_foreign(text.langs)
            ]
            self.want(call, [TextKey(key) for key in foreign], target=call.reading.target)
        return {str(key): text for key, text in kept.items()}

    def want(self, call: Call, keys: Sequence[TextKey], *, target: Lang) -> None:
        """Have texts translated, after the answer: no call waits for an engine."""
        if not keys:
            return

        async def later() -> None:
            async with call.house.database.tx() as tx:
                await translation_actions.want(tx, keys, target=target)

        task = asyncio.get_running_loop().create_task(later())
        self._wanting.add(task)
        task.add_done_callback(self._wanting.discard)

    def _status(
        self, call: Call, note: Note, *, authors: Mapping[int, Person],
        accounts: Mapping[int, Account], texts: Mapping[str, Kept], items: Sequence[Media],
        mentioned: Sequence[int], parent: Note | None, marks: Marks,
        poll: poll_entity.Poll | None,
    ) -> Status:
        written = Texts(
            title=as_written(call.reading, texts.get(note.title_key)),
            body=as_written(call.reading, texts.get(note.body_key)),
            warning=as_written(call.reading, texts.get(note.warning_key)),
            place=as_written(call.reading, texts.get(note.place_key)),
        )
        main = texts.get(note.body_key) or texts.get(note.title_key)
        language = entity.language_of(main)
        shown, before = self._shown(call, note, texts, written, language)
        return entity.status(
            note, author=accounts[note.author_id], handle=authors[note.author_id].handle,
            shown=shown, written=written, translated_from=before,
            language=call.reading.target if before is not None else language,
            items=tuple(_attachment(call, item, texts) for item in items),
            mentions=tuple(
                entity.mention(authors[id_], base=call.base) for id_ in mentioned if id_ in authors
            ),
            parent_author=parent.author_id if parent is not None else None, marks=marks,
            poll=poll, base=call.base,
        )

    def _shown(
        self, call: Call, note: Note, texts: Mapping[str, Kept], written: Texts,
        language: str | None,
    ) -> tuple[Texts, Translated | None]:
        """A note's texts for an app that asked for translations, and what stood there before."""
        if not call.translates or note.author_id == call.viewer:
            return written, None
        found = {
            name: as_rendered(call.reading, texts.get(key))
            for name, key in (
                ("title", note.title_key), ("body", note.body_key),
                ("warning", note.warning_key), ("place", note.place_key),
            )
        }
        engines = [by for text, by in found.values() if text]
        if not engines:
            return written, None
        shown = Texts(
            title=found["title"][0] or written.title, body=found["body"][0] or written.body,
            warning=found["warning"][0] or written.warning,
            place=found["place"][0] or written.place,
        )
        before = Translated(
            content=entity.content(written, note.tags, base=call.base),
            spoiler_text=written.warning, language=language, by=engines[0],
        )
        return shown, before


async def _marks(reads: Reads, call: Call, found: Sequence[Note]) -> dict[int, Marks]:
    """What the caller did with each note. Five queries."""
    ids = [note.id for note in found]
    liked = await notes.liked_among(reads, call.viewer, ids)
    collected = await notes.collected_among(reads, call.viewer, ids)
    boosted = await boosting.boosted_among(reads, call.viewer, ids)
    pinned = await pinning.pinned_among(reads, call.viewer, ids)
    roots = list({pinning.root_of(note) for note in found})
    hushed = await pinning.hushed_among(reads, call.viewer, roots)
    return {
        note.id: Marks(
            liked=note.id in liked, collected=note.id in collected, boosted=note.id in boosted,
            pinned=note.id in pinned, hushed=pinning.root_of(note) in hushed,
        )
        for note in found
    }


def _poll(
    call: Call, note: Note, asked: Poll | None, texts: Mapping[str, Kept],
    votes: Mapping[int, Sequence[int]],
) -> poll_entity.Poll | None:
    if asked is None:
        return None
    shown = {
        str(key): (as_rendered(call.reading, texts.get(key))[0] if call.translates else "")
        or as_written(call.reading, texts.get(key))
        for key in polls.keys(asked)
    }
    return poll_entity.poll(
        asked, texts=shown, own=votes.get(asked.id, ()), is_own=note.author_id == call.viewer,
        now=clock.now(),
    )


def as_written(reading: Reading, kept: Kept | None) -> str:
    """A text as its author wrote it, in the reader's Chinese script; "" for no text."""
    if kept is None:
        return ""
    return in_script(kept.text, reading.script) if kept.lang == CHINESE else kept.text


def as_rendered(reading: Reading, kept: Kept | None) -> tuple[str, str]:
    """A text's translation for this reader and what made it; empty where it needs or has none."""
    if kept is None or not reading.is_foreign(kept.langs):
        return "", ""
    rendition = kept.rendition
    if rendition is None or rendition.failed:
        return "", ""
    text = composed(kept, rendition, reading=reading)
    return text, rendition.engine or rendition.origin


def _attachment(call: Call, item: Media, texts: Mapping[str, Kept]) -> Attachment:
    alt = texts.get(item.alt_key)
    rendered, _ = as_rendered(call.reading, alt) if call.translates else ("", "")
    return entity.attachment(item, alt=rendered or as_written(call.reading, alt), base=call.base)
