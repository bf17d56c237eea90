"""What is pushed to an app that sleeps, as Mastodon pushes it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from catflap.ground.database import Reads
from catflap.ground.settings import Settings
from catflap.mastodon.entities.account import avatar_url
from catflap.mastodon.notifying import OUTWARD
from catflap.mastodon.presenting import as_rendered, as_written
from catflap.notes import queries as notes
from catflap.notices.model import Kind, Notice
from catflap.people import queries as people
from catflap.people.model import PersonId
from catflap.translation import queries as translation
from catflap.translation.model import Reading

BODY_CHARS = 140
LOCALES = {"zh-Hans": "zh-CN"}


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A push, before it is sealed. Apps find the person by ``access_token``."""

    access_token: str
    preferred_locale: str
    notification_id: int
    notification_type: str
    icon: str
    title: str
    body: str


class Letters:
    """Writes pushes; ``deed`` says in a locale what somebody did."""

    def __init__(self, settings: Settings, *, deed: Callable[[str, Kind], str]) -> None:
        self._base = settings.address()
        self._deed = deed

    def name_of(self, kind: Kind) -> str | None:
        """What apps call a kind of notice, None where they have no word for it."""
        return OUTWARD.get(kind)

    async def letter(
        self, reads: Reads, notice: Notice, *, to: PersonId, token: str
    ) -> bytes | None:
        """What is told of a notice; None where its person cannot see it any more."""
        reader = await people.reader(reads, to)
        actor = (await people.by_ids(reads, [notice.actor_id])).get(notice.actor_id)
        name = OUTWARD.get(notice.kind)
        if reader is None or actor is None or name is None:
            return None
        body = ""
        if notice.note_id is not None:
            shown = await notes.shown(reads, [notice.note_id], viewer=to)
            if not shown:
                return None
            key = shown[0].warning_key or shown[0].body_key or shown[0].title_key
            reading = Reading.of(reader)
            kept = (await translation.kept(reads, [key], target=reading.target)).get(key)
            body = as_rendered(reading, kept)[0] or as_written(reading, kept)
        made = Letter(
            access_token=token, preferred_locale=LOCALES.get(reader.locale, reader.locale),
            notification_id=notice.id, notification_type=name,
            icon=avatar_url(actor, base=self._base),
            title=f"{actor.name} {self._deed(reader.locale, notice.kind)}".strip(),
            body=body if len(body) <= BODY_CHARS else body[: BODY_CHARS - 1] + "…",
        )
        return msgspec.json.encode(made)
