"""From notes to statuses: texts, media, people and marks fetched at once, for however many."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Iterable, Mapping, Sequence
from urllib.parse import urlsplit

from catflap.ground import clock
from catflap.ground.database import Reads
from catflap.mastodon import filtering
from catflap.mastodon.call import Call
from catflap.mastodon.entities import card as card_entity
from catflap.mastodon.entities import poll as poll_entity
from catflap.mastodon.entities import status as entity
from catflap.mastodon.entities.account import Account, account, translated
from catflap.mastodon.entities.card import Card
from catflap.mastodon.entities.status import Attachment, Marks, Status, Texts, Translated
from catflap.mastodon.rendered import Inside, Piece, Rendered, Renderings
from catflap.media import queries as media
from catflap.media.model import Media, State
from catflap.notes import boosting, linking, pinning, placing, polls, quoting
from catflap.notes import queries as notes
from catflap.notes.filters import Place
from catflap.notes.model import Note, NoteId, Poll, QuoteState
from catflap.notes.quoting import Sight
from catflap.notes.timelines import Entry
from catflap.people import queries as people
from catflap.people.model import Person
from catflap.previews.model import Preview
from catflap.translation import actions as translation_actions
from catflap.translation import refusals
from catflap.translation.codes import CHINESE, Lang
from catflap.translation.composing import composed
from catflap.translation.model import Kept, Reading, TextKey
from catflap.translation.scripts import in_script

QUOTES = {
    Sight.SHOWN: "accepted", Sight.MUTED: "muted_account", Sight.HIDDEN: "unauthorized",
    Sight.REVOKED: "revoked", Sight.GONE: "deleted",
}
"""What becomes of a quote, in Mastodon's words. Whom one blocked one does not see, quoted or not:
such a quote is as one that is not for the caller."""


class Presenting:
    """What this door keeps between calls: rendered statuses, wants of translations on their way."""

    def __init__(self) -> None:
        self.renderings = Renderings()
        self._wanting: set[asyncio.Task[None]] = set()

    async def statuses(
        self, reads: Reads, call: Call, found: Sequence[Note], *, where: Place | None = None
    ) -> list[Rendered]:
        """Notes as statuses, in order. Nine queries where all are kept, some fifteen where none.

        Hiding is the caller's: every note here may be seen by whoever calls. The caller's filters
        that hold ``where`` they are shown are told in each, all of them where that is nowhere.
        """
        if not found:
            return []
        made = await self._statuses(reads, call, found)
        return await filtering.filtered(reads, call, made, where=where)

    async def _statuses(
        self, reads: Reads, call: Call, found: Sequence[Note], *, is_inner: bool = False
    ) -> list[Rendered]:
        pieces = {note.id: self.renderings.piece(_key(call, note)) for note in found}
        missing = [note for note in found if pieces[note.id] is None]
        authors = await people.by_ids(reads, list({note.author_id for note in found}))
        if missing:
            pieces |= await self._pieces(reads, call, missing, authors=authors)
        asked = await self._polls(reads, call, found)
        marks = await _marks(reads, call, found)
        quotes = await self._quotes(reads, call, found, is_inner=is_inner)
        made = []
        for note in found:
            piece, author = pieces[note.id], authors.get(note.author_id)
            if piece is not None and author is not None:
                told = self.renderings.told(author, base=call.base)
                made.append(
                    Rendered(
                        piece, note, author=told, marks=marks[note.id], poll=asked.get(note.id),
                        quote=quotes.get(note.id),
                    )
                )
        return made

    async def _quotes(
        self, reads: Reads, call: Call, found: Sequence[Note], *, is_inner: bool
    ) -> dict[NoteId, Inside]:
        """What notes quote; no query where none does. Inside what is quoted, ids alone."""
        quoted = await quoting.of_notes(reads, found, viewer=call.viewer)
        about = {one.note.id: one.note for one in quoted.values() if one.note is not None}
        statuses: dict[str, Rendered] = {}
        if about and not is_inner:
            made = await self._statuses(reads, call, list(about.values()), is_inner=True)
            statuses = {status.id: status for status in made}
        return {
            id_: Inside(
                QUOTES[one.sight], id_=one.note.id if one.note is not None else None,
                status=statuses.get(str(one.note.id)) if one.note is not None else None,
                is_shallow=is_inner,
            )
            for id_, one in quoted.items()
        }

    async def _pieces(
        self, reads: Reads, call: Call, found: Sequence[Note], *, authors: Mapping[int, Person]
    ) -> dict[NoteId, Piece | None]:
        """What lasts of notes, made now, and kept unless some of it is still to come."""
        ids = [note.id for note in found]
        items = await media.of_notes(reads, ids)
        mentioned = await notes.mentioned_among(reads, ids)
        named = {id_ for note in found for id_ in (note.parent_id, note.quoted_id) if id_}
        about = await notes.by_ids(reads, list(named))
        links = await self.links(reads, call, ids)
        others = {person for row in mentioned.values() for person in row}
        others |= {about[note.quoted_id].author_id for note in found if note.quoted_id in about}
        others -= set(authors)
        known = {**authors, **(await people.by_ids(reads, list(others)) if others else {})}
        keys = [key for note in found for key in note.keys()]
        keys += [item.alt_key for row in items.values() for item in row if item.alt_key]
        texts = await self._texts(
            reads, call, [*keys, *linking.keys(links)], places=[note.place_key for note in found]
        )
        creators = await self._creators(reads, call, links.values())
        made: dict[NoteId, Piece | None] = {}
        for note in found:
            if note.author_id not in known:
                continue
            own = items.get(note.id, [])
            piece = made[note.id] = Piece(
                self._status(
                    call, note, known=known, texts=texts, items=own,
                    mentioned=mentioned.get(note.id, []), about=about, link=links.get(note.id),
                    creators=creators,
                )
            )
            if _is_settled(call, note, own, links.get(note.id), texts):
                self.renderings.keep(_key(call, note), piece)
        return made

    async def entries(
        self, reads: Reads, call: Call, listed: Sequence[Entry], *, where: Place | None = None
    ) -> list[Rendered]:
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
        made: list[Rendered] = []
        for entry in listed:
            status = whole.get(str(entry.note.id))
            if status is None:
                continue
            if entry.boost is None:
                made.append(status)
            elif entry.boost.person_id in boosters:
                by = self.renderings.told(boosters[entry.boost.person_id], base=call.base)
                outer = entity.boosted(status.lasting, boost=entry.boost, by=by.account)
                made.append(status.around(Piece(outer), by=by))
        return made

    async def links(
        self, reads: Reads, call: Call, ids: Sequence[int]
    ) -> dict[int, Preview]:
        """What the pages say that notes link to, unless previews are switched off. Two queries."""
        if not call.house.settings.link_previews:
            return {}
        return await linking.of_notes(reads, ids)

    async def cards(self, reads: Reads, call: Call, found: Sequence[Preview]) -> list[Card]:
        """Pages as cards, in order. One query."""
        texts = await self._texts(reads, call, [key for one in found for key in one.keys()])
        authors = await self._creators(reads, call, found)
        return [card(call, one, texts, authors) for one in found]

    async def _creators(
        self, reads: Reads, call: Call, found: Iterable[Preview]
    ) -> dict[str, Account]:
        """People here who wrote pages, by the page's site. Two queries where pages name some."""
        named = {}
        for one in found:
            name, _, host = one.creator.partition("@")
            if name and host.lower() == call.host.lower():
                named[urlsplit(one.url).hostname or ""] = name
        wrote = await people.credited(reads, named)
        known = await people.by_ids(reads, list(set(wrote.values()))) if wrote else {}
        return {
            site: self.renderings.told(known[id_], base=call.base).account
            for site, id_ in wrote.items() if id_ in known
        }

    async def _polls(
        self, reads: Reads, call: Call, found: Sequence[Note]
    ) -> dict[int, poll_entity.Poll]:
        """The polls of notes, as they stand; most have none, which is one query."""
        asked = await polls.of_notes(reads, [note.id for note in found])
        if not asked:
            return {}
        votes = await polls.own_votes(reads, call.viewer, [one.id for one in asked.values()])
        keys = [key for poll in asked.values() for key in polls.keys(poll)]
        texts = await self._texts(reads, call, keys)
        made = {note.id: _poll(call, note, asked.get(note.id), texts, votes) for note in found}
        return {id_: poll for id_, poll in made.items() if poll is not None}

    async def _texts(
        self, reads: Reads, call: Call, keys: Sequence[TextKey], *,
        places: Sequence[TextKey] = (),
    ) -> dict[str, Kept]:
        found = await placing.kept(reads, keys, places, target=call.reading.target)
        kept = refusals.all_current(found, routes=call.house.routes)
        if call.translates:
            foreign = [
                key for key, text in kept.items()
                if text.rendition is None and call.reading.is_foreign(text.langs)
            ]
            self.want(call, [TextKey(key) for key in foreign], target=call.reading.target)
        return {str(key): text for key, text in kept.items()}

    async def profile(self, reads: Reads, call: Call, person: Person) -> Account:
        """Somebody's account, translated for an app that asked for that. One query for it."""
        if not call.translates or person.id == call.viewer:
            return account(person, base=call.base)
        keys = [TextKey(key) for key in person.keys()]
        kept = await self._texts(reads, call, keys, places=[TextKey(person.home_key)])
        found = {key: as_rendered(call.reading, kept.get(key)) for key in keys}
        said = {str(key): text for key, (text, _) in found.items() if text}
        by = next((by for text, by in found.values() if text), "")
        if not said:
            return account(person, base=call.base)
        return translated(person, said=said, by=by, base=call.base)

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
        self, call: Call, note: Note, *, known: Mapping[int, Person], texts: Mapping[str, Kept],
        items: Sequence[Media], mentioned: Sequence[int], about: Mapping[int, Note],
        link: Preview | None, creators: Mapping[str, Account],
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
        author = known[note.author_id]
        parent, quoted = about.get(note.parent_id or 0), about.get(note.quoted_id or 0)
        quoted_url = ""
        if (
            note.quote_state is QuoteState.ACCEPTED and quoted is not None
            and quoted.author_id in known
        ):
            quoted_url = f"{call.base}/@{known[quoted.author_id].handle}/{quoted.id}"
        return entity.status(
            note, author=self.renderings.told(author, base=call.base).account,
            handle=author.handle, shown=shown, written=written, translated_from=before,
            language=call.reading.target if before is not None else language,
            items=tuple(_attachment(call, item, texts) for item in items),
            mentions=tuple(
                entity.mention(known[id_], base=call.base) for id_ in mentioned if id_ in known
            ),
            parent_author=parent.author_id if parent is not None else None,
            base=call.base,
            card=card(call, link, texts, creators) if link is not None else None,
            quoted_url=quoted_url,
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


def _key(call: Call, note: Note) -> Hashable:
    """What a rendering of a note depends on, besides whoever asks."""
    if call.translates and note.author_id != call.viewer:
        return (note.id, note.revision, call.reading)
    return (note.id, note.revision, call.reading.script)


def _is_settled(
    call: Call, note: Note, items: Sequence[Media], link: Preview | None,
    texts: Mapping[str, Kept],
) -> bool:
    """Whether a rendering reads the same tomorrow: no film is made yet, no engine works on it."""
    if any(item.state is State.WORKING for item in items):
        return False
    if not call.translates:
        return True
    keys = [*note.keys(), *(item.alt_key for item in items if item.alt_key)]
    keys += link.keys() if link is not None else ()
    kept = [texts[key] for key in keys if key in texts]
    return all(
        text.rendition is not None and not text.rendition.failed
        for text in kept if call.reading.is_foreign(text.langs)
    )


async def _marks(reads: Reads, call: Call, found: Sequence[Note]) -> dict[int, Marks]:
    """What the caller did with each note. Five queries, six at most; two where they are new."""
    liked = await notes.liked_among(
        reads, call.viewer, [note.id for note in found if note.likes_count]
    )
    collected = await notes.collected_among(
        reads, call.viewer, [note.id for note in found if note.collects_count]
    )
    boosted = await boosting.boosted_among(
        reads, call.viewer, [note.id for note in found if note.boosts_count]
    )
    pinned = await pinning.pinned_among(
        reads, call.viewer, [note.id for note in found if note.author_id == call.viewer]
    )
    roots = list({pinning.root_of(note) for note in found})
    hushed = await pinning.hushed_among(reads, call.viewer, roots)
    quotable = await quoting.quotable_among(reads, call.viewer, found)
    return {
        note.id: Marks(
            liked=note.id in liked, collected=note.id in collected, boosted=note.id in boosted,
            pinned=note.id in pinned, hushed=pinning.root_of(note) in hushed,
            quotable=note.id in quotable,
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


def card(
    call: Call, found: Preview, texts: Mapping[str, Kept], creators: Mapping[str, Account]
) -> Card:
    """A page as a card, in the reader's language where their app asked for that."""
    title, description = (
        (as_rendered(call.reading, texts.get(key))[0] if call.translates else "")
        or as_written(call.reading, texts.get(key))
        for key in (found.title_key, found.description_key)
    )
    return card_entity.card(
        found, title=title, description=description, base=call.base,
        author=creators.get(urlsplit(found.url).hostname or ""),
    )


def _attachment(call: Call, item: Media, texts: Mapping[str, Kept]) -> Attachment:
    alt = texts.get(item.alt_key)
    rendered, _ = as_rendered(call.reading, alt) if call.translates else ("", "")
    return entity.attachment(item, alt=rendered or as_written(call.reading, alt), base=call.base)
