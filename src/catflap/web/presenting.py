"""From notes to pages: texts, media and people fetched at once, each thing rendered once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

from catflap.ground import clock
from catflap.ground.database import Reads
from catflap.media import queries as media
from catflap.media.model import Kind, Media
from catflap.notes import queries as notes
from catflap.notes.model import Note, NoteId, Stamp
from catflap.people import queries as people
from catflap.people.model import Person
from catflap.translation import actions as translation_actions
from catflap.translation import queries as translation
from catflap.translation.model import Kept, TextKey
from catflap.web.entities import shown
from catflap.web.entities.said import Said, said
from catflap.web.entities.shown import Card, Shown
from catflap.web.rendering import Piece, Pieces, fragment
from catflap.web.visit import Visit


class Presenting:
    """What the web door keeps between requests: rendered pieces, and wants on their way."""

    def __init__(self) -> None:
        self.pieces = Pieces()
        self._wanting: set[asyncio.Task[None]] = set()

    async def texts(
        self, reads: Reads, visit: Visit, keys: Iterable[TextKey], *, with_aid: bool = True
    ) -> dict[str, Said]:
        """Texts as this reader sees them; those still to be translated are wanted now."""
        kept = await translation.kept(reads, keys, target=visit.reading.target)
        made: dict[str, Said] = {
            key: self.said(visit, item, with_aid=with_aid) for key, item in kept.items()
        }
        self.want(visit, [item.key for item in kept.values() if made[item.key].state == "pending"])
        return made

    def said(self, visit: Visit, item: Kept, *, with_aid: bool = True) -> Said:
        """One text for this reader."""
        return said(
            item, reading=visit.reading, words=visit.words, lexicon=visit.house.lexicon,
            has_engine=bool(visit.house.engines), with_aid=with_aid,
        )

    def want(self, visit: Visit, keys: Sequence[TextKey]) -> None:
        """Have texts translated, after the page was answered: a page never waits for it."""
        if not keys:
            return

        async def later() -> None:
            async with visit.house.database.tx() as tx:
                await translation_actions.want(tx, keys, target=visit.reading.target)

        task = asyncio.get_running_loop().create_task(later())
        self._wanting.add(task)
        task.add_done_callback(self._wanting.discard)

    def _key(self, visit: Visit, form: str, id_: int, revision: int) -> tuple[Any, ...]:
        return (form, id_, revision, visit.locale, visit.reading)

    async def cards(self, reads: Reads, visit: Visit, stamps: Sequence[Stamp]) -> list[str]:
        """Cards in order. Two queries where all are kept, six where none is."""
        missing = [
            stamp.id
            for stamp in stamps
            if self.pieces.found(self._key(visit, "card", stamp.id, stamp.revision)) is None
        ]
        fresh = await self._render_cards(reads, visit, missing)
        liked = await notes.liked_among(reads, visit.viewer, [stamp.id for stamp in stamps])
        done = []
        for stamp in stamps:
            key = self._key(visit, "card", stamp.id, stamp.revision)
            piece = fresh.get(stamp.id) or self.pieces.found(key)
            if piece is not None:
                done.append(piece.filled(self._slots(visit, stamp.id, stamp.likes_count, liked)))
        return done

    def _slots(self, visit: Visit, id_: int, likes: int, liked: set[int]) -> dict[str, str]:
        return {
            "likes": visit.number(likes) if likes else "",
            "liked": "true" if id_ in liked else "false",
            "act": "unlike" if id_ in liked else "like",
        }

    async def _render_cards(
        self, reads: Reads, visit: Visit, ids: Sequence[int]
    ) -> dict[int, Piece]:
        if not ids:
            return {}
        found = await notes.by_ids(reads, ids)
        items = await media.of_notes(reads, ids)
        authors = await people.by_ids(reads, [note.author_id for note in found.values()])
        keys = [key for note in found.values() for key in note.keys()]
        keys += [row[0].alt_key for row in items.values() if row]
        texts = await self.texts(reads, visit, keys, with_aid=False)
        made: dict[int, Piece] = {}
        for note in found.values():
            author = authors.get(note.author_id)
            if author is None:
                continue
            card = _card(note, author, items.get(note.id, []), texts)
            settled = all(
                texts[key].state != "pending" for key in note.keys() if key in texts
            )
            made[note.id] = self.pieces.keep(
                self._key(visit, "card", note.id, note.revision),
                fragment(visit, "card.html", card=card),
                settled=settled,
            )
        return made

    async def shown(self, reads: Reads, visit: Visit, found: Sequence[Note]) -> list[Shown]:
        """Notes or comments in full, in order. Three queries."""
        items = await media.of_notes(reads, [note.id for note in found])
        authors = await people.by_ids(reads, [note.author_id for note in found])
        keys = [key for note in found for key in note.keys()]
        keys += [item.alt_key for row in items.values() for item in row]
        texts = await self.texts(reads, visit, keys)
        return [
            _shown(note, authors[note.author_id], items.get(note.id, []), texts, visit)
            for note in found
            if note.author_id in authors
        ]

    async def comments(
        self, reads: Reads, visit: Visit, found: Sequence[Note], *, root: Note
    ) -> str:
        """A thread's HTML. Two queries where every comment is kept."""
        form = f"comment{root.author_id}"
        missing = [
            note
            for note in found
            if self.pieces.found(self._key(visit, form, note.id, note.revision)) is None
        ]
        fresh: dict[int, Piece] = {}
        for item in await self.shown(reads, visit, missing) if missing else []:
            note = next(note for note in missing if note.id == item.id)
            html = fragment(
                visit, "comment.html", comment=item, by_author=note.author_id == root.author_id,
                root=root,
            )
            settled = item.body is None or item.body.state != "pending"
            key = self._key(visit, form, note.id, note.revision)
            fresh[item.id] = self.pieces.keep(key, html, settled=settled)
        ids = [note.id for note in found]
        liked = await notes.liked_among(reads, visit.viewer, ids)
        parts = []
        for note in found:
            key = self._key(visit, form, note.id, note.revision)
            piece = fresh.get(note.id) or self.pieces.found(key)
            if piece is not None:
                slots = self._slots(visit, note.id, note.likes_count, liked)
                slots["own"] = "own" if note.author_id == visit.viewer else ""
                parts.append(piece.filled(slots))
        return "".join(parts)


def _alt(item: Media, texts: dict[str, Said]) -> Said | None:
    return texts.get(item.alt_key)


def _card(note: Note, author: Person, items: Sequence[Media], texts: dict[str, Said]) -> Card:
    cover = shown.cover(items[0], alt=_alt(items[0], texts)) if items else None
    title = shown.title_of(note, texts.get(note.title_key), texts.get(note.body_key))
    return Card(
        id=note.id, href=shown.href(note.id, author.handle), cover=cover,
        has_video=bool(items) and items[0].kind is Kind.VIDEO, photos_count=len(items),
        span=shown.card_span(cover), tint=note.id // 8192 % 6, title=title,
        author=shown.person_link(author, now=clock.now()),
        warning=texts.get(note.warning_key), format=shown.format_name(note),
    )


def _shown(
    note: Note, author: Person, items: Sequence[Media], texts: dict[str, Said], visit: Visit
) -> Shown:
    photos = [
        shown.photo(item.photo, item.folder, alt=_alt(item, texts))
        for item in items
        if item.kind is Kind.PHOTO and item.photo
    ]
    videos = [shown.video(item) for item in items if item.kind is Kind.VIDEO]
    return Shown(
        id=NoteId(note.id), href=shown.href(note.id, author.handle),
        author=shown.person_link(author, now=clock.now()), title=texts.get(note.title_key),
        body=texts.get(note.body_key), warning=texts.get(note.warning_key),
        place=texts.get(note.place_key), photos=photos, video=videos[0] if videos else None,
        tags=note.tags, visibility=note.visibility, format=shown.format_name(note),
        at=note.made_at, edited_at=note.edited_at, own=note.author_id == visit.viewer,
        withdrawn=note.withdrawn, reply=note.branch_id is not None,
        parent_id=note.parent_id or 0,
    )
