"""The community's own words and its operators', in the language of whoever asks.

Apps have no button for these: they are given in the reader's language where a rendition stands,
and as they were written until it does.
"""

from __future__ import annotations

from collections.abc import Sequence

from catflap.ground.database import Reads
from catflap.mastodon.call import Call
from catflap.mastodon.entities.community import Announcement, Reaction
from catflap.mastodon.entities.written import html, instant
from catflap.mastodon.presenting import Presenting, as_rendered, as_written
from catflap.moderation import announcements
from catflap.moderation.model import Announcement as Announced
from catflap.people.model import PersonId
from catflap.translation import queries as translation
from catflap.translation import refusals
from catflap.translation.model import Kept, TextKey


async def kept(
    presenting: Presenting, reads: Reads, call: Call, keys: Sequence[TextKey]
) -> dict[str, Kept]:
    """Texts by key; those still to be translated for the caller are wanted now. One query."""
    target = call.reading.target
    found = refusals.all_current(
        await translation.kept(reads, keys, target=target), routes=call.house.routes
    )
    presenting.want(
        call,
        [
            key for key, text in found.items()
            if text.rendition is None and call.reading.is_foreign(text.langs)
        ],
        target=target,
    )
    return {str(key): text for key, text in found.items()}


def spoken(call: Call, text: Kept | None) -> str:
    """A text as the caller reads it."""
    return as_rendered(call.reading, text)[0] or as_written(call.reading, text)


async def announced(
    presenting: Presenting, reads: Reads, call: Call, found: Sequence[Announced], *,
    viewer: PersonId | None,
) -> list[Announcement]:
    """Announcements with their reactions, in order. Three queries, whatever their number."""
    texts = await kept(presenting, reads, call, [one.text_key for one in found])
    ids = [one.id for one in found]
    given = await announcements.reactions_of(reads, ids, viewer=viewer)
    gone = await announcements.dismissed(reads, viewer, ids)
    return [
        Announcement(
            id=str(one.id), content=html(spoken(call, texts.get(one.text_key)), base=call.base),
            starts_at=instant(one.starts_at) if one.starts_at else None,
            ends_at=instant(one.ends_at) if one.ends_at else None, all_day=one.all_day,
            published=True, published_at=instant(one.made_at),
            updated_at=instant(one.changed_at), read=one.id in gone, mentions=(), statuses=(),
            tags=(), emojis=(),
            reactions=[
                Reaction(name=row.name, count=row.count, me=row.mine)
                for row in given.get(one.id, ())
            ],
        )
        for one in found
    ]
