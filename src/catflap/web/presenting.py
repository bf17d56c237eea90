"""From notes to pages: texts, media and people fetched at once, each thing rendered once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from catflap.ground import clock
from catflap.ground.database import Reads
from catflap.media import queries as media
from catflap.media.model import Kind, Media, Track
from catflap.moderation.model import Announcement
from catflap.notes import linking, placing, polls, quoting
from catflap.notes import queries as notes
from catflap.notes.model import Note, NoteId, Poll, Stamp
from catflap.notes.quoting import Quoted
from catflap.people import queries as people
from catflap.people.model import Person
from catflap.search.marking import Marker
from catflap.translation import actions as translation_actions
from catflap.translation import refusals
from catflap.translation.figures import Spot
from catflap.translation.model import Kept, TextKey
from catflap.web.coverage import Coverage, views_of
from catflap.web.entities import finds, shown
from catflap.web.entities.said import Eyes, Said, said
from catflap.web.entities.shown import Card, LinkShown, PollShown, QuoteShown, Shown
from catflap.web.rendering import Joined, Piece, Pieces, Shelf, fragment
from catflap.web.visit import Visit

_LIKED = {"liked": b"true", "act": b"unlike"}
_NOT_LIKED = {"liked": b"false", "act": b"like"}


class Aside(msgspec.Struct, frozen=True, kw_only=True):
    """What decides how one reader sees a comment's poll and what it quotes."""

    poll: Poll | None
    has_ended: bool
    votes: tuple[int, ...]
    quoted: Quoted | None


class Presenting:
    """What the web door keeps between requests: rendered pieces, and wants on their way."""

    def __init__(self) -> None:
        self.pieces = Pieces()
        self.coverage = Coverage()
        self._wanting: set[asyncio.Task[None]] = set()

    async def texts(
        self, reads: Reads, visit: Visit, keys: Iterable[TextKey], *, with_aid: bool = True,
        as_written: bool = False, counted: bool = True, places: Iterable[TextKey] = (),
    ) -> dict[str, Said]:
        """Texts as this reader sees them; those still to be translated are wanted now.

        Those that are ``places`` are called as the list of places calls them. They are ``counted``
        as seen, unless they go into a piece, which counts at each showing.
        """
        kept = await placing.kept(reads, keys, places, target=visit.reading.target)
        await visit.house.glossaries.current(visit.house.database)
        names = await self.correctors(reads, kept.values())
        made: dict[str, Said] = {
            key: self.said(visit, item, with_aid=with_aid, as_written=as_written, names=names)
            for key, item in kept.items()
        }
        if counted:
            self.coverage.add(views_of(made.values()))
        self.want(visit, [item.key for item in kept.values() if made[item.key].state == "pending"])
        return made

    async def correctors(self, reads: Reads, items: Iterable[Kept]) -> dict[int, str]:
        """The names of those whose translations stand. One query where there are any."""
        ids = [
            item.rendition.by_id for item in items if item.rendition and item.rendition.by_id
        ]
        found = await people.by_ids(reads, ids) if ids else {}
        return {id_: person.name for id_, person in found.items()}

    def said(
        self, visit: Visit, item: Kept, *, with_aid: bool = True, as_written: bool = False,
        names: Mapping[int, str] | None = None,
    ) -> Said:
        """One text for this reader; nobody needs their own words translated."""
        reading = visit.reading
        if as_written:
            reading = msgspec.structs.replace(reading, translate=False)
        source = next((lang for lang in item.langs if lang not in reading.reads), item.lang)
        eyes = Eyes(
            reading=reading, words=visit.words, lexicon=visit.house.lexicon,
            glossary=visit.house.glossaries.known, names=names or {},
            has_engine=visit.house.routes.has(source, reading.target),
        )
        item = refusals.current(item, routes=visit.house.routes)
        return said(item, eyes=eyes, with_aid=with_aid)

    def is_settled(self, visit: Visit, texts: Iterable[Said | None]) -> bool:
        """Whether these will read the same tomorrow: none waits for an engine or the lexicon.

        Nor was any refused, as no refusal stands for ever; and one whose languages no engine knows
        waits for a model, which is there without a restart.
        """
        found = [text for text in texts if text is not None]
        if any(text.refused for text in found):
            return False
        if visit.house.engines and any(text.unrouted for text in found):
            return False
        states = {text.state for text in found}
        return "pending" not in states and (
            "aid" not in states or visit.house.lexicon.is_ready()
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

    def _shelf(self, visit: Visit, form: str) -> Shelf:
        version = visit.house.glossaries.known.version
        return self.pieces.shelf(f"{form}.{version}", visit.locale, visit.reading)

    async def cards(
        self, reads: Reads, visit: Visit, stamps: Sequence[Stamp], *, why: Sequence[bytes]
    ) -> bytes:
        """Cards in order, each with its reason. One query where all are kept, six where none is."""
        liked = await notes.liked_among(reads, visit.viewer, [stamp.id for stamp in stamps])
        name = ("cards", visit.house.glossaries.known.version, visit.locale, visit.reading)
        given = (stamps, why, liked)
        if (joined := self.pieces.joined(name, given)) is not None:
            self.coverage.add(joined.views)
            return joined.html
        shelf = self._shelf(visit, "card")
        pieces = [shelf.get((stamp.id, stamp.revision)) for stamp in stamps]
        missing = [s.id for s, piece in zip(stamps, pieces, strict=True) if piece is None]
        fresh = await self._render_cards(reads, visit, missing, shelf=shelf) if missing else {}
        done = []
        views: Counter[Spot] = Counter()
        for stamp, kept, reason in zip(stamps, pieces, why, strict=True):
            piece = kept or fresh.get(stamp.id)
            if piece is not None:
                slots = self._slots(visit, stamp.id, stamp.likes_count, liked)
                slots["why"] = reason
                done.append(piece.filled(slots))
                views.update(piece.views)
        whole = Joined(b"".join(done), views)
        self.coverage.add(views)
        if not missing:
            self.pieces.keep_joined(name, given, whole)
        return whole.html

    def _slots(self, visit: Visit, id_: int, likes: int, liked: set[int]) -> dict[str, bytes]:
        slots = dict(_LIKED if id_ in liked else _NOT_LIKED)
        if likes:
            slots["likes"] = visit.number(likes).encode()
        return slots

    async def _cards_of(
        self, reads: Reads, visit: Visit, found: Sequence[Note]
    ) -> list[tuple[Note, Card, dict[str, Said]]]:
        """Each note's card, and the texts they are made of. Three queries and those of texts."""
        items = await media.of_notes(reads, [note.id for note in found])
        authors = await people.by_ids(reads, [note.author_id for note in found])
        keys = [key for note in found for key in note.keys()]
        keys += [item.alt_key for row in items.values() for item in row[:1]]
        texts = await self.texts(
            reads, visit, keys, with_aid=False, counted=False,
            places=[note.place_key for note in found],
        )
        return [
            (note, _card(note, authors[note.author_id], items.get(note.id, []), texts), texts)
            for note in found
            if note.author_id in authors
        ]

    async def found_cards(
        self, reads: Reads, visit: Visit, found: Sequence[Note], *, marker: Marker
    ) -> bytes:
        """Cards in order, with what was looked for marked; every query marks other words."""
        stamps = await notes.stamps(reads, [note.id for note in found])
        liked = await notes.liked_among(reads, visit.viewer, [note.id for note in found])
        done = []
        for note, card, texts in await self._cards_of(reads, visit, found):
            html = fragment(
                visit, "card.html", card=card, found=finds.found(note, card, texts, marker=marker)
            )
            likes = stamps[note.id].likes_count if note.id in stamps else 0
            done.append(Piece(html).filled(self._slots(visit, note.id, likes, liked)))
            self.coverage.add(views_of(t for t in (card.title, card.warning) if t is not None))
        return b"".join(done)

    async def _render_cards(
        self, reads: Reads, visit: Visit, ids: Sequence[int], *, shelf: Shelf
    ) -> dict[int, Piece]:
        found = await notes.by_ids(reads, ids)
        made: dict[int, Piece] = {}
        for note, card, _ in await self._cards_of(reads, visit, list(found.values())):
            made[note.id] = self.pieces.keep(
                shelf, (note.id, note.revision), fragment(visit, "card.html", card=card),
                settled=not card.waits,
                views=views_of(t for t in (card.title, card.warning) if t is not None),
            )
        return made

    async def shown(
        self, reads: Reads, visit: Visit, found: Sequence[Note], *, as_written: bool = False
    ) -> list[Shown]:
        """Notes or comments in full, in order; ``as_written`` for their author. Three queries."""
        items = await media.of_notes(reads, [note.id for note in found])
        authors = await people.by_ids(reads, [note.author_id for note in found])
        keys = [key for note in found for key in note.keys()]
        keys += [item.alt_key for row in items.values() for item in row]
        films = [item.id for row in items.values() for item in row if item.kind is Kind.VIDEO]
        tracks = await media.subtitles_of(reads, films)
        # Each film's first is what its others are translated from.
        keys += list({track.media_id: track.text_key for track in reversed(tracks)}.values())
        texts = await self.texts(
            reads, visit, keys, as_written=as_written, counted=False,
            places=[note.place_key for note in found],
        )
        links = await self.links(reads, visit, found)
        return [
            msgspec.structs.replace(
                _shown(
                    note, authors[note.author_id], items.get(note.id, []), texts, visit, tracks
                ),
                link=links.get(note.id),
            )
            for note in found
            if note.author_id in authors
        ]

    async def links(
        self, reads: Reads, visit: Visit, found: Sequence[Note]
    ) -> dict[int, LinkShown]:
        """The pages that notes link to, by note; none where previews are switched off.

        One query where none links; else two, and those of texts. Nobody wrote these words here, so
        everybody has them translated.
        """
        if not visit.house.settings.link_previews:
            return {}
        pages = await linking.of_notes(reads, [note.id for note in found])
        if not pages:
            return {}
        texts = await self.texts(
            reads, visit, linking.keys(pages), with_aid=False, counted=False
        )
        made = {id_: shown.link(page, texts=texts) for id_, page in pages.items()}
        return {id_: link for id_, link in made.items() if link is not None}

    async def quote(self, reads: Reads, visit: Visit, note: Note) -> QuoteShown | None:
        """What a note quotes as this reader sees it, None where it quotes nothing."""
        found = await quoting.of_notes(reads, [note], viewer=visit.viewer)
        return (await self.quotes(reads, visit, found)).get(note.id)

    async def quotes(
        self, reads: Reads, visit: Visit, found: Mapping[NoteId, Quoted]
    ) -> dict[NoteId, QuoteShown]:
        """What notes quote as this reader sees it, by the quoting note.

        Two queries and those of texts, whatever their number; none where nothing is seen.
        """
        about = {quoted.note.id: quoted.note for quoted in found.values() if quoted.note}
        cards = await self._cards_of(reads, visit, list(about.values())) if about else []
        shows = {note.id: _quoted(note, card) for note, card, _ in cards}
        made = {}
        for id_, quoted in found.items():
            if quoted.note is None:
                made[id_] = QuoteShown(
                    sight=quoted.sight, id=0, href="", author=None, words=None, cover=None,
                    may_revoke=False,
                )
            elif quoted.note.id in shows:
                made[id_] = msgspec.structs.replace(
                    shows[quoted.note.id], sight=quoted.sight.value,
                    may_revoke=quoted.note.author_id == visit.viewer,
                )
        return made

    async def quoted(self, reads: Reads, visit: Visit, about: Note) -> QuoteShown | None:
        """A note in few words, for standing in another; its reader may see it."""
        cards = await self._cards_of(reads, visit, [about])
        return _quoted(about, cards[0][1]) if cards else None

    async def poll(
        self, reads: Reads, visit: Visit, found: Poll, *, own_votes: Sequence[int], is_own: bool
    ) -> PollShown:
        """A poll as one reader sees it; its options are translated like any text. One query."""
        texts = await self.texts(
            reads, visit, polls.keys(found), with_aid=False, as_written=is_own, counted=False
        )
        return shown.poll(
            found, texts=texts, own_votes=own_votes, now=clock.now(),
            may_vote=visit.viewer is not None and not is_own,
        )

    async def asides(
        self, reads: Reads, visit: Visit, found: Sequence[Note]
    ) -> dict[NoteId, Aside]:
        """What readers see differently of comments: their polls, and what they quote.

        One query where there is neither; three and those of `quoting.of_notes` at most.
        """
        there = [note for note in found if not note.withdrawn]
        asked = await polls.of_notes(reads, [note.id for note in there])
        votes = await polls.own_votes(reads, visit.viewer, [one.id for one in asked.values()])
        quoted = await quoting.of_notes(reads, there, viewer=visit.viewer)
        now = clock.now()
        made = {}
        for note in there:
            poll, quote = asked.get(note.id), quoted.get(note.id)
            if poll is not None or quote is not None:
                made[note.id] = Aside(
                    poll=poll, has_ended=poll is not None and poll.has_ended(now), quoted=quote,
                    votes=tuple(votes.get(poll.id, ())) if poll is not None else (),
                )
        return made

    async def _beside(
        self, reads: Reads, visit: Visit, found: Sequence[Note], asides: Mapping[NoteId, Aside]
    ) -> tuple[dict[NoteId, dict[str, bytes]], list[Said]]:
        """The slots of comments with polls or quotes, and the texts in them."""
        slots: dict[NoteId, dict[str, bytes]] = {id_: {} for id_ in asides}
        said: list[Said] = []
        quoting_ones = {id_: one.quoted for id_, one in asides.items() if one.quoted}
        for id_, quote in (await self.quotes(reads, visit, quoting_ones)).items():
            html = fragment(visit, "beside.html", note_id=id_, link=None, quote=quote)
            slots[id_]["quote"] = html.encode()
            said += [quote.words] if quote.words is not None else []
        for note in found:
            aside = asides.get(note.id)
            if aside is None or aside.poll is None:
                continue
            poll = await self.poll(
                reads, visit, aside.poll, own_votes=aside.votes,
                is_own=note.author_id == visit.viewer,
            )
            html = fragment(visit, "poll.html", note_id=note.id, poll=poll, is_comment=True)
            slots[note.id]["poll"] = html.encode()
            said += [choice.text for choice in poll.choices]
        return slots, said

    async def announced(
        self, reads: Reads, visit: Visit, found: Sequence[Announcement]
    ) -> bytes:
        """Announcements in order. No query where they are kept, two where not."""
        shelf = self._shelf(visit, "announced")
        key = (visit.viewer is None, *found)
        piece = shelf.get(key)
        if piece is None:
            keys = [one.text_key for one in found]
            texts = await self.texts(reads, visit, keys, counted=False)
            rows = [(one, texts[one.text_key]) for one in found if one.text_key in texts]
            piece = self.pieces.keep(
                shelf, key, fragment(visit, "announced.html", rows=rows),
                settled=self.is_settled(visit, texts.values()), views=views_of(texts.values()),
            )
        self.coverage.add(piece.views)
        return piece.filled({})

    async def comments(
        self, reads: Reads, visit: Visit, found: Sequence[Note], *, root: Note,
        asides: Mapping[NoteId, Aside] | None = None,
    ) -> bytes:
        """A thread's HTML. Two queries where every comment is kept, and those of `asides`.

        ``asides`` are these comments' own where they are known.
        """
        liked = await notes.liked_among(reads, visit.viewer, [note.id for note in found])
        viewer = visit.viewer
        own = [note.id for note in found if note.author_id == viewer]
        version = visit.house.glossaries.known.version
        name = ("thread", root.id, version, visit.locale, visit.reading)
        if asides is None:
            asides = await self.asides(reads, visit, found)
        given = (found, liked, own, asides)
        if (joined := self.pieces.joined(name, given)) is not None:
            self.coverage.add(joined.views)
            return joined.html
        beside, said = await self._beside(reads, visit, found, asides)
        shelf = self._shelf(visit, "comment")
        pieces = [shelf.get((note.id, note.revision)) for note in found]
        missing = [note for note, piece in zip(found, pieces, strict=True) if piece is None]
        fresh: dict[int, Piece] = {}
        for item in await self.shown(reads, visit, missing) if missing else []:
            note = next(note for note in missing if note.id == item.id)
            html = fragment(
                visit, "comment.html", comment=item, by_author=note.author_id == root.author_id,
                root=root,
            )
            link = item.link
            about = [link.title, link.description] if link is not None else []
            settled = self.is_settled(visit, [item.body, item.warning, *about])
            fresh[item.id] = self.pieces.keep(
                shelf, (note.id, note.revision), html, settled=settled,
                views=views_of([item.body] if item.body else []),
            )
        parts = []
        views: Counter[Spot] = Counter(views_of(said))
        for note, kept in zip(found, pieces, strict=True):
            piece = kept or fresh.get(note.id)
            if piece is not None:
                slots = self._slots(visit, note.id, note.likes_count, liked)
                slots |= beside.get(note.id, {})
                if note.author_id == viewer:
                    slots["own"] = b"own"
                parts.append(piece.filled(slots))
                views.update(piece.views)
        whole = Joined(b"".join(parts), views)
        self.coverage.add(views)
        if not missing and self.is_settled(visit, said):
            self.pieces.keep_joined(name, given, whole)
        return whole.html


def _quoted(note: Note, card: Card) -> QuoteShown:
    """A note's card in the few words that a quote has room for."""
    hides = card.warning is not None
    return QuoteShown(
        sight=quoting.Sight.SHOWN, id=note.id, href=card.href, author=card.author,
        words=card.warning or card.words, cover=None if hides else card.cover, may_revoke=False,
    )


def _alt(item: Media, texts: dict[str, Said]) -> Said | None:
    return texts.get(item.alt_key)


def _card(note: Note, author: Person, items: Sequence[Media], texts: dict[str, Said]) -> Card:
    cover = shown.cover(items[0], alt=_alt(items[0], texts)) if items else None
    title = shown.title_of(note, texts.get(note.title_key), texts.get(note.body_key))
    keys = [*note.keys(), *(item.alt_key for item in items[:1])]
    waits = " ".join(k for k in keys if k in texts and texts[k].state == "pending")
    return Card(
        id=note.id, href=shown.href(note.id, author.handle), cover=cover,
        has_video=bool(items) and items[0].kind is Kind.VIDEO, photos_count=len(items),
        span=shown.card_span(cover), tint=note.id // 8192 % 6, title=title,
        words=texts.get(note.body_key) or title,
        author=shown.person_link(author, now=clock.now()),
        warning=texts.get(note.warning_key), format=shown.format_name(note), waits=waits,
    )


def _shown(
    note: Note, author: Person, items: Sequence[Media], texts: dict[str, Said], visit: Visit,
    tracks: Sequence[Track],
) -> Shown:
    photos = [
        shown.photo(item.photo, item.folder, alt=_alt(item, texts), focus=item.focus)
        for item in items
        if item.kind is Kind.PHOTO and item.photo
    ]
    videos = [
        shown.video(
            item, alt=_alt(item, texts),
            subtitles=shown.subtitles(
                note.id, [one for one in tracks if one.media_id == item.id], texts=texts,
                reading=visit.reading,
            ),
        )
        for item in items
        if item.kind is Kind.VIDEO
    ]
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
