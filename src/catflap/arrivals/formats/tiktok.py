"""TikTok's "Download your data" as JSON: of 2026, of before 2025, and whatever mixes the two.

One file of three levels, section / part / list. The same list has stood under different sections
and parts over the years, and mixes occur, so a list is known by its part and its own name; the
section only says what is passed over whole. Keys are compared without case. What is empty may be
``null``, ``[]``, ``{}``, ``""``, ``"N/A"`` or ``"None"``.

Followed people have no number here, only a handle. Own posts are links; a caption is there since
2025 only.

Source: descriptions of exports with their values taken out, in the documentation of PanoptiCool
and of the port of d3i-infra, and RLEAPP's reader; facts only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from catflap.arrivals.dates import instant
from catflap.arrivals.errors import ArchiveUnknown, TextExport
from catflap.arrivals.gathering import COUNTED_AS, Gathering
from catflap.arrivals.model import Found, HandleKind, Network, Unread
from catflap.arrivals.opening import Read
from catflap.arrivals.skimming import Skimmer

NETWORK = Network.TIKTOK

NAMES = frozenset({"user_data_tiktok.json", "user_data.json"})
SECTIONS = frozenset(
    {
        "comment", "direct message", "direct messages", "income+ wallet", "likes and favorites",
        "location review", "post", "profile and settings", "tiktok live", "tiktok shop",
        "your activity", "activity", "ads and data", "app settings", "profile", "tiktok shopping",
        "video",
    }
)
PASSED_SECTIONS: Mapping[str, Unread] = {
    "direct message": Unread.MESSAGES,
    "direct messages": Unread.MESSAGES,
    "income+ wallet": Unread.MONEY,
    "location review": Unread.PLACES,
    "tiktok live": Unread.MONEY,
    "tiktok shop": Unread.MONEY,
    "tiktok shopping": Unread.MONEY,
    "ads and data": Unread.ADVERTISING,
}
PASSED_PARTS: Mapping[str, Unread] = {
    "login history": Unread.LOGINS,
    "status": Unread.LOGINS,
    "direct messages": Unread.MESSAGES,
    "chat history": Unread.MESSAGES,
    "group chat": Unread.MESSAGES,
    "most recent location data": Unread.PLACES,
    "location reviews": Unread.PLACES,
    "purchase history": Unread.MONEY,
    "purchases": Unread.MONEY,
    "off tiktok activity": Unread.ADVERTISING,
    "ads based on data received from partners": Unread.ADVERTISING,
    "instant form ads responses": Unread.ADVERTISING,
    "ad interests": Unread.ADVERTISING,
    "watch live history": Unread.ADVERTISING,
}
HANDLES: Mapping[tuple[str, str], HandleKind] = {
    ("following", "following"): HandleKind.FOLLOWED,
    ("following list", "following"): HandleKind.FOLLOWED,
    ("follower", "fanslist"): HandleKind.FOLLOWER,
    ("follower list", "fanslist"): HandleKind.FOLLOWER,
    ("block list", "blocklist"): HandleKind.BLOCKED,
    ("block", "blocklist"): HandleKind.BLOCKED,
}
POSTS = frozenset({("posts", "videolist"), ("videos", "videolist")})
TAGS = frozenset({("hashtag", "hashtaglist")})
COUNTED: Mapping[tuple[str, str], Found] = {
    ("like list", "itemfavoritelist"): Found.LIKES,
    ("favorite videos", "favoritevideolist"): Found.COLLECTED,
    ("comments", "commentslist"): Found.COMMENTS,
    ("watch history", "videolist"): Found.WATCHED,
    ("video browsing history", "videolist"): Found.WATCHED,
    ("searches", "searchlist"): Found.SEARCHES,
    ("search history", "searchlist"): Found.SEARCHES,
    ("share history", "sharehistorylist"): Found.SHARED,
    ("reposts", "repostlist"): Found.SHARED,
}
COUNTED_ANYWHERE: Mapping[str, Found] = {
    "favoritehashtaglist": Found.COLLECTED,
    "favoritesoundlist": Found.COLLECTED,
    "favoriteeffectslist": Found.COLLECTED,
    "favoritecollectionlist": Found.COLLECTED,
}
"""Lists whose own name is enough."""
PROFILE_PARTS = frozenset({"profile info", "profile information"})
POST_KEYS = frozenset(
    {
        "date", "link", "likes", "whocanview", "allowcomments", "allowstitches", "allowduets",
        "allowstickers", "allowsharingtostory", "contentdisclosure", "aigeneratedcontent", "sound",
        "location", "title", "addyourstext", "coverimage", "description", "caption",
    }
)
HANDLE_KEYS = frozenset({"date", "username"})
_READABLE = re.compile(r"\.(?:txt|html?)$", re.IGNORECASE)
_PICTURES = re.compile(
    r"\.(?:jpe?g|png|gif|webp|heic|avif|svg|mp4|mov|webm|mp3|m4a|css|js)$", re.IGNORECASE
)
"""What lies beside readable pages: they are shown with it."""


def wanted(names: Sequence[str]) -> list[str]:
    """The one file of its name, wherever it lies, or the only JSON file there is.

    Raises:
        TextExport: there is no JSON, and what is there was made to be read by eye.
    """
    for name in names:
        if name.replace("\\", "/").rpartition("/")[2].lower() in NAMES:
            return [name]
    documents = [name for name in names if name.lower().endswith(".json")]
    if len(documents) == 1:
        return documents
    pages = [name for name in names if _READABLE.search(name)]
    others = (name for name in names if not _READABLE.search(name))
    if pages and all(_PICTURES.search(name) for name in others):
        raise TextExport
    return []


def read(name: str, read: Read, into: Gathering) -> None:
    """Read the whole archive's one file."""
    del name
    document = Skimmer(read)
    if document.kind() != "{":
        raise ArchiveUnknown
    is_known = False
    for section in document.members():
        folded = _folded(section)
        if folded not in SECTIONS:
            # Its parts may still be known, as when a section was given a new name.
            is_container = document.kind() in "{["
            if _section(document, section, into, is_section_known=False):
                is_known = True
            elif is_container:
                into.unknown(section)
            continue
        is_known = True
        if folded in PASSED_SECTIONS:
            into.passed(PASSED_SECTIONS[folded])
            document.skip()
        else:
            _section(document, section, into, is_section_known=True)
    document.end()
    if not is_known:
        raise ArchiveUnknown


@lru_cache(maxsize=1024)
def _folded(key: str) -> str:
    return key.strip().rstrip(":").casefold()


def _section(
    document: Skimmer, section: str, into: Gathering, *, is_section_known: bool
) -> bool:
    """Whether a part of it was known."""
    is_known = False
    for part in document.members():
        folded = _folded(part)
        if folded in PASSED_PARTS:
            into.passed(PASSED_PARTS[folded])
            document.skip()
        elif folded in PROFILE_PARTS:
            _profile(document, into)
        elif folded == "settings":
            _settings(document, into)
        elif not _part(document, section, part, into, is_section_known=is_section_known):
            continue
        is_known = True
    return is_known


def _part(
    document: Skimmer, section: str, part: str, into: Gathering, *, is_section_known: bool
) -> bool:
    """Whether a list of it was known; siblings of lists (counts, flags) say nothing."""
    if document.kind() != "{":
        if document.kind() == "[" and is_section_known:
            into.unknown(section, part)
        return False
    is_known = False
    for leaf in document.members():
        place = (_folded(part), _folded(leaf))
        if place in HANDLES:
            _handles(document, HANDLES[place], into, path=(section, part, leaf))
        elif place in POSTS:
            _posts(document, into, path=(section, part, leaf))
        elif place in TAGS:
            _tags(document, into)
        elif place in COUNTED:
            into.count(COUNTED[place], document.count())
        elif place[1] in COUNTED_ANYWHERE:
            into.count(COUNTED_ANYWHERE[place[1]], document.count())
        else:
            if document.kind() in "[{" and is_section_known:
                into.unknown(section, part, leaf)
            continue
        is_known = True
    return is_known


def _items(document: Skimmer, kind: Found, into: Gathering) -> Any:
    """The objects of a list, their keys without case; what is no object is None.

    Once there is no room for more of a kind, the rest is counted and passed over.
    """
    for _ in document.elements():
        if into.is_full(kind):
            into.count(kind)
            continue
        item = document.value()
        yield {_folded(key): value for key, value in item.items()} if isinstance(
            item, dict
        ) else None


def _handles(
    document: Skimmer, kind: HandleKind, into: Gathering, *, path: tuple[str, ...]
) -> None:
    for item in _items(document, COUNTED_AS[kind], into):
        if item is None:
            into.damaged()
            continue
        for key in item.keys() - HANDLE_KEYS:
            into.unknown(*path, key)
        into.handle(kind, item.get("username"))


def _posts(document: Skimmer, into: Gathering, *, path: tuple[str, ...]) -> None:
    for item in _items(document, Found.POSTS, into):
        link = item.get("link") if item else None
        if not isinstance(link, str) or not link:
            into.damaged()
            continue
        for key in item.keys() - POST_KEYS:
            into.unknown(*path, key)
        title = item.get("title")
        body = title if isinstance(title, str) and title not in ("N/A", "None") else ""
        into.post(body=body, link=link, at=instant(item.get("date")))


def _tags(document: Skimmer, into: Gathering) -> None:
    for item in _items(document, Found.TAGS, into):
        into.count(Found.TAGS)
        if item is not None:
            into.interest(item.get("hashtagname"))


def _profile(document: Skimmer, into: Gathering) -> None:
    """One's own handle, by which others find one again; the rest is passed over."""
    into.passed(Unread.PROFILE)
    for leaf in document.members():
        if _folded(leaf) != "profilemap":
            continue
        for key in document.members():
            if _folded(key) == "username":
                written = document.value()
                if written not in (None, "", "N/A", "None"):
                    into.handle(HandleKind.OWN, written)


def _settings(document: Skimmer, into: Gathering) -> None:
    for leaf in document.members():
        if _folded(leaf) != "settingsmap":
            continue
        for key in document.members():
            folded = _folded(key)
            if folded == "app language":
                into.language(document.value())
            elif folded == "interests":
                for interest in _listed(document.value()):
                    into.interest(interest)
            elif folded == "content preferences":
                _preferences(document, into)


def _preferences(document: Skimmer, into: Gathering) -> None:
    for key in document.members():
        if _folded(key) == "video languages preferences":
            for language in _listed(document.value()):
                into.language(language)


def _listed(value: Any) -> list[Any]:
    """A list that may be written as one text with commas, or with bars."""
    if isinstance(value, str):
        return [part.strip() for part in re.split(r"[,|;]", value)]
    return value if isinstance(value, list) else []
