"""What streams ask about lists of people."""

from __future__ import annotations

from collections.abc import Collection

from catflap.ground.database import Reads
from catflap.ground.errors import NotFound
from catflap.people import lists
from catflap.people.model import PersonId


async def owns(reads: Reads, viewer: PersonId, list_id: int) -> bool:
    """Whether a list is the viewer's."""
    try:
        await lists.one(reads, list_id, viewer=viewer)
    except NotFound:
        return False
    return True


async def holding(reads: Reads, author: PersonId, list_ids: Collection[int]) -> set[int]:
    """Which of these lists an author stands on. One query."""
    return await lists.stands_on(reads, author, among=list_ids)
