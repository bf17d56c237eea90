"""One reader's feed: composed a page at a time, kept for a few minutes, never queried per page.

A reader's list grows by a page where they read on and is composed anew when it is old or they ask.
What they saw stands in a filter of their own, read from the log when a process meets them first.
Who is keen to answer first notes is known for as long as the process lives, and nowhere else.
"""

from __future__ import annotations

import io
import math
import time
from collections import OrderedDict
from collections.abc import Collection, Sequence

import msgspec
import numpy as np

from catflap.arrivals import interests, places
from catflap.arrivals.model import Place
from catflap.feed import (
    composing,
    dealing,
    flooring,
    owing,
    scoring,
    seeing,
    showing,
    topics,
    versions,
)
from catflap.feed import wishes as wishing
from catflap.feed.arrays import NONE, Ints
from catflap.feed.holding import Holding
from catflap.feed.learning import Model, model_of, places_of
from catflap.feed.model import ShownSlot, Why
from catflap.feed.owing import Card
from catflap.feed.seeing import Seen
from catflap.feed.sourcing import Readers, Shelf, Source, from_places, shelved
from catflap.ground import clock
from catflap.ground.database import Reads
from catflap.media.store import Store
from catflap.notes import queries as notes
from catflap.people import queries as people
from catflap.people.model import Hidden, Reader

KEPT_S = 180.0
READERS_KEPT = 2000
SEEN_BYTES = 2048
"""Of what somebody saw in a week: after 2,000 notes one new one in twenty is taken for seen."""
LIST_MAX = 400
"""Slots of one list: whoever reads on reads what is warm."""
TOPICS_MOST = 16
"""Topics of one page: of more picks chance chooses, as each is given a share of the candidates."""
LIKED_TOPICS = 2
"""Topics that a reader is given beside their picks, by what they like."""
PLACES_NAMED = 24
WHY = {
    Source.FOLLOWED: Why.FOLLOWED, Source.CO_LIKED: Why.CO_LIKED, Source.FRESH: Why.FRESH,
    Source.BRIDGING: Why.BRIDGING, Source.FLOOR: Why.FLOOR, Source.RANDOM: Why.RANDOM,
    Source.NEW: Why.NEW,
}


class Composed(msgspec.Struct, frozen=True, kw_only=True):
    """A slot as it was composed, and what the log will say of it once it is shown."""

    why: Why
    topic: str
    place: Place | None
    political: bool
    shown: ShownSlot


class Own(msgspec.Struct, kw_only=True):
    """What is kept for one reader; ``logged`` slots of the list were shown, and the ``tail``."""

    seen: Seen
    impressions: int
    slots: list[Composed] = msgspec.field(default_factory=list)
    made_at_s: float = -math.inf
    logged: int = 0
    tail: set[int] = msgspec.field(default_factory=set)
    is_over: bool = False
    politics_most: int = 0
    """Of a page, whichever slots of the list stand on it."""


class Wished(msgspec.Struct, frozen=True, kw_only=True):
    """Whom one page is for: what is asked of the database once a composition."""

    reader: Reader
    picks: Sequence[str]
    followed: Sequence[int]
    liked: Sequence[int]
    refused_notes: Collection[int]
    refused_authors: Collection[int]
    fewer: Sequence[str]
    places: Sequence[Place]
    fewer_places: Collection[str]
    politics_ratio: float
    comments_count: int


async def wished(reads: Reads, reader: Reader, *, hidden: Hidden) -> Wished:
    """What a reader's page is made for. Seven queries."""
    refusals = await wishing.refused_by(reads, reader.id)
    since = clock.now() - wishing.REFUSED_FOR
    fresh = [one for one in refusals if one.at > since]
    person = (await people.by_ids(reads, [reader.id])).get(reader.id)
    return Wished(
        reader=reader, picks=[one.value for one in await interests.of(reads, reader.id)],
        followed=await people.followed_by(reads, reader.id),
        liked=(await notes.liked_by(reads, reader.id, after=None)).items,
        refused_notes={one.note_id for one in refusals},
        refused_authors=hidden.blocked | hidden.muted | wishing.authors_of(refusals),
        fewer=sorted({one.topic for one in fresh if one.topic}),
        places=await places.of(reads, reader.id),
        fewer_places={key for one in fresh for key in one.places},
        politics_ratio=await wishing.politics_ratio(reads, reader.id),
        comments_count=person.comments_count if person else 0,
    )


class Composer:
    """Composes pages out of what this process holds."""

    def __init__(self, *, seed: int | None = None) -> None:
        self.holding = Holding()
        self._shelf: Shelf | None = None
        self._named: list[str] | None = None
        self._heads = scoring.guessed()
        self._model: Model | None = None
        self._model_number = 0
        self._cards: dict[int, Card] = {}
        self._own: OrderedDict[int, Own] = OrderedDict()
        self._rates: OrderedDict[int, float] = OrderedDict()
        self._answers: dict[int, int] = {}
        self._chance = np.random.default_rng(seed)

    def shelve(self) -> None:
        """Lay out the live notes anew; 0.1 s for 200,000 of them."""
        self.holding.fold_in()
        self._named = None
        now_h = clock.now().timestamp() / 3600
        self._shelf = shelved(
            self.holding.live(), now_h=now_h, languages=len(self.holding.languages),
            topics=len(topics.TOPICS), authors=max(1, len(self.holding.people)),
            places=self.holding.live_places(),
        ) if len(self.holding) else None

    def named_places(self, count: int) -> list[str]:
        """Well-known places that live notes are from; counted once for each laying out."""
        if self._named is None:
            self._named = self.holding.named_places(PLACES_NAMED)
        return self._named[:count]

    async def take_model(self, reads: Reads, store: Store) -> None:
        """Rank by the version in force, or by what was guessed where there is none."""
        found = await versions.in_force(reads)
        number = found.number if found else 0
        if number == self._model_number:
            return
        model: Model | None = None
        if found is not None:
            size = await store.size(found.file)
            if size is not None:
                raw = await store.read(found.file, start=0, end=size)
                model = model_of(io.BytesIO(raw))
        self._model, self._model_number = model, number
        self.holding.take_in(model)
        self._heads = model.heads if model is not None else scoring.guessed()

    def fresh_holding(self) -> Holding:
        """An empty one, to be filled while pages are still composed from what is held."""
        return Holding()

    def hold(self, fresh: Holding) -> None:
        """Compose from another holding: at once, as places in it are not those of the last."""
        fresh.take_in(self._model)
        self.holding = fresh
        self.shelve()

    async def take_cards(self, reads: Reads) -> None:
        """What the floor has left to show."""
        self._cards = {card.note_id: card for card in await owing.cards(reads)}

    def forget(self, reader: int) -> None:
        """What was composed for a reader is no longer right; what they saw stays."""
        own = self._own.get(reader)
        if own is not None:
            own.made_at_s = -math.inf

    def less(self, reader: int, note: int) -> None:
        """Take a note and its author's others out of a reader's list, the rest staying as it is."""
        own, about = self._own.get(reader), self.holding.about(note)
        if own is None:
            return
        left = [self._stays(slot.shown.note, note, about) for slot in own.slots]
        own.logged = sum(left[: own.logged])
        own.slots = [slot for slot, stays in zip(own.slots, left, strict=True) if stays]

    def _stays(self, listed: int, refused: int, about: tuple[int, int] | None) -> bool:
        other = self.holding.about(listed)
        return listed != refused and (other is None or about is None or other[1] != about[1])

    def answered(self, by: int, note: int) -> None:
        """Somebody commented on a note; if it is a first one, they are keen."""
        card = self._cards.get(note)
        if card is not None:
            self._answers[by] = self._answers.get(by, 0) + 1
            self._cards[note] = msgspec.structs.replace(card, answered=True)

    async def own(self, reads: Reads, reader: Reader, *, anew: bool) -> Own:
        """What is kept for a reader, begun anew where it is old; two queries where unknown."""
        own = self._own.get(reader.id)
        if own is None:
            own = await self._begun(reads, reader)
            self._own[reader.id] = own
            if len(self._own) > READERS_KEPT:
                self._own.popitem(last=False)
        self._own.move_to_end(reader.id)
        if anew and time.monotonic() - own.made_at_s > KEPT_S:
            own.slots, own.logged, own.tail, own.is_over = [], 0, set(), False
            own.made_at_s = time.monotonic()
        return own

    async def _begun(self, reads: Reads, reader: Reader) -> Own:
        shown = await showing.seen_by(reads, reader.id)
        own = Own(seen=seeing.blank(1, size_bytes=SEEN_BYTES), impressions=len(shown))
        _saw(own, shown)
        return own

    async def extend(self, reads: Reads, own: Own, reader: Reader, *, hidden: Hidden) -> None:
        """Compose one more page at the end of a reader's list. Seven queries."""
        shelf = self._shelf
        if shelf is None:
            own.is_over = True
            return
        asked = await wished(reads, reader, hidden=hidden)
        here = self._places(asked, shelf)
        picks, about = self._topics(asked, here)
        who = self._readers(own, asked, picks, here, shelf)
        assert who.fewer is not None
        shelf = from_places(
            shelf, np.array(list(here), dtype=np.int64), topics=np.array(picks),
            fewer=who.fewer[0],
        )
        seen = self._looked(own, asked)
        found = composing.pages(
            shelf, who, heads=self._heads, seen=seen,
            floor=self._dealt(who, seen, shelf), chance=self._chance,
        )
        made = [
            self._composed(shelf, found, int(at), about, here)
            for at in np.flatnonzero(found.note[0] != NONE)
        ]
        own.slots += made
        own.politics_most = int(composing.SLOTS * asked.politics_ratio + 1e-6)
        own.is_over = len(made) < composing.SLOTS // 2 or len(own.slots) >= LIST_MAX

    def _looked(self, own: Own, asked: Wished) -> Seen:
        """What the page must not repeat: what was seen, what stands above, what was refused."""
        bits = own.seen.bits.copy()
        seen = Seen(bits=bits, young=list(own.seen.young))
        above = [slot.shown.note for slot in own.slots] + list(asked.refused_notes)
        seeing.saw(seen, np.zeros(1, dtype=np.int64), np.array([above], dtype=np.int64))
        # One row, seen from wherever the reader's place is.
        place = self.holding.people.place(asked.reader.id)
        rows = max(place + 1, 1)
        return Seen(bits=np.broadcast_to(bits, (2, rows, SEEN_BYTES)), young=seen.young)

    def _places(self, asked: Wished, shelf: Shelf) -> dict[int, Place]:
        """The reader's places as topics, those that any live note is from."""
        found = {shelf.topics + self.holding.places.place(one.place): one for one in asked.places}
        there = shelf.topics + len(shelf.by_key) - shelf.languages * shelf.topics
        return {at: one for at, one in found.items() if at < there}

    def _topics(
        self, asked: Wished, here: Collection[int]
    ) -> tuple[list[int], set[str]]:
        """Topics to draw from, and those of them that a reason may name."""
        liked: dict[int, int] = {}
        for note in asked.liked:
            about = self.holding.about(note)
            if about is not None and about[0]:
                liked[about[0]] = liked.get(about[0], 0) + 1
        picks = [topics.PLACE[pick] for pick in asked.picks if pick in topics.PLACE]
        more = sorted(set(liked) - set(picks), key=lambda topic: -liked[topic])[:LIKED_TOPICS]
        named = {topics.TOPICS[topic] for topic in (*picks, *more)}
        found = [*here, *picks, *more]
        if len(found) > TOPICS_MOST:
            found = [int(one) for one in self._chance.choice(found, TOPICS_MOST, replace=False)]
        if not found:
            found = [at for at, topic in enumerate(topics.TOPICS) if topic != topics.POLITICS]
        return (found if len(found) > 1 else found * 2), named

    def _readers(
        self, own: Own, asked: Wished, picks: Sequence[int], here: dict[int, Place], shelf: Shelf
    ) -> Readers:
        authors = len(shelf.by_author)
        holding = self.holding
        known = [place for one in asked.followed if (place := holding.people.place(one)) < authors]
        langs = [
            place for lang in dict.fromkeys(code.split("-")[0] for code in asked.reader.reads)
            if (place := holding.languages.place(lang)) < shelf.languages
        ]
        language = int(self._chance.choice(langs)) if langs else 0
        refused = [holding.people.place(one) for one in asked.refused_authors]
        fewer = [topics.PLACE[topic] for topic in asked.fewer if topic in topics.PLACE]
        fewer += [at for at, one in here.items() if one.place in asked.fewer_places]
        return Readers(
            place=np.array([holding.people.place(asked.reader.id)]),
            language=np.array([language]), topics=np.array([picks]),
            followed=np.array([[*known, NONE]]),
            vectors=holding.vector_of(asked.reader.id, asked.liked),
            politics_ratio=np.array([asked.politics_ratio]),
            refused=np.array([[*refused, NONE]]), fewer=np.array([[*fewer, NONE]]),
            keen=np.array([self._is_keen(own, asked)]),
        )

    def _dealt(self, who: Readers, seen: Seen, shelf: Shelf) -> Ints:
        """First notes with cards left, as `dealing` chooses them for one reader."""
        left = np.array(
            [note for note, card in self._cards.items() if card.cards > 0], dtype=np.int64
        )
        at = places_of(shelf.live.number, left)
        held = [self._cards[int(note)] for note in left[at != NONE]]
        cards = dealing.Cards(
            at=at[at != NONE], left=np.array([card.cards for card in held], dtype=np.int64),
            answered=np.array([card.answered for card in held], dtype=bool),
        )
        return dealing.dealt(
            shelf, who, cards, heads=self._heads, seen=seen, chance=self._chance
        )

    def _is_keen(self, own: Own, asked: Wished) -> bool:
        """Whether a reader is among those who answer most, of all whom this process knows."""
        rate = float(flooring.answering(
            np.array([float(self._answers.get(asked.reader.id, 0))]), np.zeros(1),
            comments=np.array([float(asked.comments_count)]),
            impressions=np.array([float(max(own.impressions, asked.comments_count))]),
        )[0])
        self._rates[asked.reader.id] = rate
        if len(self._rates) > READERS_KEPT:
            self._rates.popitem(last=False)
        known = np.array(list(self._rates.values()))
        return bool(flooring.keen(np.array([rate]), among=known)[0])

    def _composed(
        self, shelf: Shelf, found: composing.Pages, at: int, named: Collection[str],
        here: dict[int, Place],
    ) -> Composed:
        place = int(found.note[0, at])
        source = Source(int(found.source[0, at]))
        about = int(shelf.live.topic[place])
        topic = topics.TOPICS[about] if about < len(topics.TOPICS) else ""
        chance = float(found.propensity[0, at])
        is_here = source is Source.FRESH and about in here
        return Composed(
            why=Why.PLACE if is_here else WHY[source],
            topic=topic if source is Source.FRESH and topic in named else "",
            place=here[about] if is_here else None,
            political=bool(shelf.live.political[place]),
            shown=ShownSlot(
                int(shelf.live.number[place]), int(source),
                None if np.isnan(chance) else chance,
                tuple(round(float(term), 4) for term in found.terms[0, at]),
            ),
        )

    def saw(self, own: Own, shown: Sequence[ShownSlot]) -> None:
        """A reader was shown these slots now: they will not come again, and cards are spent."""
        _saw(own, [slot.note for slot in shown])
        own.impressions += len(shown)
        for slot in shown:
            self.holding.shown(slot.note)
            card = self._cards.get(slot.note)
            if card is not None and slot.source == Source.FLOOR:
                self._cards[slot.note] = msgspec.structs.replace(card, cards=card.cards - 1)


def _saw(own: Own, shown: Sequence[int]) -> None:
    if shown:
        seeing.saw(own.seen, np.zeros(1, dtype=np.int64), np.array([shown], dtype=np.int64))
