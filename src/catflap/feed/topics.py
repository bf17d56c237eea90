"""What a note is about: an interest, politics, or nothing known.

Tags say it first, because their author put them there. Where they say nothing, its words are read
(`words`), so that whoever knows no tags is shown to those whom it concerns all the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from catflap.arrivals.interests import TAGS
from catflap.arrivals.model import Interest
from catflap.feed import words
from catflap.ground.database import Reads
from catflap.notes import families, placing
from catflap.notes.model import Note
from catflap.translation.model import Kept, TextKey
from catflap.translation.spans import words_only

POLITICS = "politics"
POLITICAL_TAGS = frozenset({
    "politics", "election", "elections", "government", "parliament", "congress", "senate",
    "president", "geopolitics", "tariffs", "protest", "vote",
    "政治", "时政", "選舉", "选举", "政府", "国际关系", "國際關係", "关税", "抗议",
})
TOPICS: Sequence[str] = ("", *(one.value for one in Interest), POLITICS)
"""Every topic by its number; the first is "nothing known"."""
PLACE: Mapping[str, int] = MappingProxyType({topic: at for at, topic in enumerate(TOPICS)})
_OF_TAG = {tag: interest.value for interest, tags in TAGS.items() for tag in tags}


class About:
    """What was found of one note."""

    __slots__ = ("lang", "places", "political", "topic")

    def __init__(
        self, *, lang: str, topic: str, political: bool, places: tuple[str, ...]
    ) -> None:
        self.lang = lang
        self.topic = topic
        self.political = political
        self.places = places


async def about(reads: Reads, note: Note, kept: Mapping[TextKey, Kept]) -> About:
    """A note's topic by its tags and their families or its words, its language and its places.

    The first tag that means an interest wins: authors put first what matters most. Politics is
    a budget and a topic of its own only where no interest is named. ``kept`` are its texts. One
    query where it has tags.
    """
    said = next((kept[key] for key in (note.body_key, note.title_key) if key in kept), None)
    lang = said.langs[0].split("-")[0] if said and said.langs else ""
    alike = await families.expanded(reads, note.tags) if note.tags else {}
    tags = [tag for own in note.tags for tag in alike.get(own, (own,))]
    political = not POLITICAL_TAGS.isdisjoint(tags)
    topic = next((_OF_TAG[tag] for tag in tags if tag in _OF_TAG), POLITICS if political else "")
    if not topic:
        title, body = (
            words_only(kept[key].text) if key in kept else ""
            for key in (note.title_key, note.body_key)
        )
        topic = words.topic_of(title, body, note.tags)
        political = topic == POLITICS
    where = placing.levels(kept[note.place_key].text) if note.place_key in kept else ()
    return About(lang=lang, topic=topic, political=political, places=where)
