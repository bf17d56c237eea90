"""A status in the language that its reader asks for."""

from __future__ import annotations

from collections.abc import Mapping

from catflap.mastodon import translating
from catflap.mastodon.call import Call
from catflap.mastodon.door import Door
from catflap.mastodon.endpoint import endpoint
from catflap.mastodon.entities import status as entity
from catflap.mastodon.entities.poll import Title
from catflap.mastodon.entities.status import Texts
from catflap.mastodon.entities.translation import Asked, Described, Translation
from catflap.mastodon.problems import NotTranslatable
from catflap.mastodon.routes.statuses import Which, standing
from catflap.media import queries as media
from catflap.notes import polls, wording
from catflap.notes import queries as notes
from catflap.notes.model import Poll
from catflap.translation import queries as translation
from catflap.translation.codes import UNKNOWN


class Wanted(Which, kw_only=True):
    """A status, and the language it is wanted in; the caller's own where none is said."""

    lang: str | None = None


@endpoint("POST", "/api/v1/statuses/{id}/translate", takes=Wanted, gives=Translation,
          scopes=("read:statuses",), also=(503,))
async def translate(door: Door, call: Call, asked: Wanted) -> Translation:
    """A status in another language, from memory or from an engine."""
    async with door.house.database.reads() as reads:
        note = await notes.note(reads, await standing(reads, asked.id), viewer=call.viewer)
        if not await wording.is_for_all(reads, note):
            raise NotTranslatable
        items = (await media.of_notes(reads, [note.id])).get(note.id, [])
        question = (await polls.of_notes(reads, [note.id])).get(note.id)
        main = note.body_key or note.title_key
        source = (await translation.kept(reads, [main], target=UNKNOWN)).get(main)
    wish = translating.wish(call, asked.lang)
    # The body first: whoever translated it is the one who is named.
    keys = [
        note.body_key, *note.keys(), *(polls.keys(question) if question else ()),
        *(item.alt_key for item in items if item.alt_key),
    ]
    said = await translating.spoken(
        call, [key for key in keys if key], wish=wish, place=note.place_key
    )
    texts = Texts(
        title=said.texts.get(note.title_key, ""), body=said.texts.get(note.body_key, ""),
        warning=said.texts.get(note.warning_key, ""), place=said.texts.get(note.place_key, ""),
    )
    return Translation(
        content=entity.content(texts, note.tags, base=call.base), spoiler_text=texts.warning,
        language=wish.code, detected_source_language=entity.language_of(source) or UNKNOWN,
        provider=said.provider, poll=_poll(question, said.texts),
        media_attachments=tuple(
            Described(id=str(item.id), description=said.texts[item.alt_key])
            for item in items
            if said.texts.get(item.alt_key)
        ),
    )


def _poll(found: Poll | None, texts: Mapping[str, str]) -> Asked | None:
    if found is None:
        return None
    options = tuple(Title(title=texts.get(key, "")) for key in polls.keys(found))
    return Asked(id=str(found.id), options=options)
