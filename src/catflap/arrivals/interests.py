"""What somebody reads and likes, chosen by pictures on the way in and changed in the settings.

Nobody has to choose; the feed takes it as a hint for the first days and learns better by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from catflap.arrivals.model import Interest
from catflap.arrivals.tables import interests
from catflap.ground.database import Reads, Tx
from catflap.ground.statements import Statement
from catflap.people.model import PersonId

TAGS: Mapping[Interest, tuple[str, ...]] = {
    Interest.CATS: ("cattax", "cats"),
    Interest.DOGS: ("dogtax", "dogs"),
    Interest.FOOD: ("dinnertax", "cooking", "food", "美食"),
    Interest.PLANTS: ("planttax", "gardening", "plants", "植物"),
    Interest.TRAVEL: ("travel", "旅行"),
    Interest.PRICES: ("reckoning", "rent", "groceries"),
    Interest.HOMEWORK: ("homework", "homeworkhelp"),
    Interest.MUSIC: ("music", "音乐"),
    Interest.FISHING: ("fishing",),
    Interest.CRAFTS: ("knitting", "crafts", "手工"),
    Interest.SPORT: ("running", "sport", "运动"),
    Interest.STORIES: ("books", "stories", "故事"),
}
"""Tags that an interest means; whoever asks takes their families too, for other languages.

Where no family comes with Catflap, both languages stand here."""

_i64 = sa.BigInteger
_OF = Statement(
    sa.select(interests.c.interest)
    .where(interests.c.person_id == sa.bindparam("person", type_=_i64))
    .order_by(interests.c.interest),
    str,
)
_NONE = Statement(
    interests.delete().where(interests.c.person_id == sa.bindparam("person", type_=_i64))
)
_PUT = Statement(
    interests.insert().values(person_id=sa.bindparam("person"), interest=sa.bindparam("chosen"))
)


async def of(reads: Reads, person: PersonId) -> tuple[Interest, ...]:
    """What a person chose, () for nothing. One query."""
    return tuple(
        Interest(text) for text in await reads.all(_OF, person=person) if text in set(Interest)
    )


async def choose(tx: Tx, person: PersonId, chosen: Iterable[str]) -> None:
    """Choose anew; what is no interest is passed over."""
    await tx.run(_NONE, person=person)
    kept = sorted({text for text in chosen if text in set(Interest)})
    await tx.run_many(_PUT, [{"person": person, "chosen": text} for text in kept])
