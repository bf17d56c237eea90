"""Archives as platforms give them, made by code in every documented shape; nobody's real data."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

SECRET = "never-to-be-read"
"""Stands in everything that is passed over; nothing that comes out may hold it."""

FOLLOWING_PATHS = [
    ("Profile And Settings", "Following", "Following"),
    *((a, b, "Following") for a in ("Your Activity", "Activity") for b in ("Following", "Following List")),
]
FOLLOWER_PATHS = [
    ("Profile And Settings", "Follower", "FansList"),
    *((a, b, "FansList") for a in ("Activity", "Your Activity") for b in ("Follower", "Follower List")),
]
BLOCK_PATHS = [
    ("Profile And Settings", "Block List", "BlockList"),
    *(("App Settings", b, "BlockList") for b in ("Block List", "Block")),
]
POST_PATHS = [("Post", "Posts", "VideoList"), ("Video", "Videos", "VideoList")]
COUNTED_PATHS = [
    (("Likes and Favorites", "Like List", "ItemFavoriteList"), "likes"),
    (("Activity", "Like List", "ItemFavoriteList"), "likes"),
    (("Your Activity", "Like List", "ItemFavoriteList"), "likes"),
    (("Likes and Favorites", "Favorite Videos", "FavoriteVideoList"), "collected"),
    (("Activity", "Favorite Videos", "FavoriteVideoList"), "collected"),
    (("Likes and Favorites", "Favorite Hashtags", "FavoriteHashtagList"), "collected"),
    (("Activity", "Favorite Sounds", "FavoriteSoundList"), "collected"),
    (("Your Activity", "Favorite Effects", "FavoriteEffectsList"), "collected"),
    (("Likes and Favorites", "Favorite Collection", "FavoriteCollectionList"), "collected"),
    (("Comment", "Comments", "CommentsList"), "comments"),
    (("Your Activity", "Watch History", "VideoList"), "watched"),
    (("Activity", "Video Browsing History", "VideoList"), "watched"),
    (("Your Activity", "Searches", "SearchList"), "searches"),
    (("Activity", "Search History", "SearchList"), "searches"),
    (("Your Activity", "Share History", "ShareHistoryList"), "shared"),
    (("Your Activity", "Reposts", "RepostList"), "shared"),
]
PROFILE_PATHS = [
    ("Profile And Settings", "Profile Info", "ProfileMap"), ("Profile", "Profile Info", "ProfileMap"),
    ("Profile", "Profile Information", "ProfileMap"),
]
SETTINGS_PATHS = [
    ("Profile And Settings", "Settings", "SettingsMap"), ("App Settings", "Settings", "SettingsMap"),
]
EMPTY: list[Any] = [None, [], {}, "", "N/A", "None"]
PASSED: dict[str, Any] = {
    "Direct Message": {"Direct Messages": {"ChatHistory": {
        f"Chat History with {SECRET}:": [{"Date": "2025-01-01 00:00:00", "From": SECRET, "Content": SECRET}],
    }}},
    "Direct Messages": {"Chat History": {"ChatHistory": {f"Chat History with {SECRET}:": [{"Content": SECRET}]}}},
    "Location Review": {"Location Reviews": {"ReviewsList": [{"Place": SECRET}]}},
    "Income+ Wallet": {"Transaction History": {"TransactionsList": [{"Sum": SECRET}]}},
}


def put(document: dict[str, Any], path: Sequence[str], value: Any) -> dict[str, Any]:
    """The document with a value at a path."""
    at = document
    for key in path[:-1]:
        at = at.setdefault(key, {})
    at[path[-1]] = value
    return document


def logins(document: dict[str, Any], section: str = "Your Activity") -> dict[str, Any]:
    put(document, (section, "Login History", "LoginHistoryList"), [
        {"Date": "2025-01-01 00:00:00", "IP": SECRET, "DeviceModel": SECRET, "Carrier": SECRET}
    ])
    return put(document, (section, "Status", "Status List"), [{"Resolution": SECRET, "App Version": SECRET}])


def tiktok(*, following: int = 3, followers: int = 2, blocked: int = 1, posts: int = 2) -> dict[str, Any]:
    """A whole export of 2026."""
    document = dict(PASSED)
    put(document, FOLLOWING_PATHS[0], [
        {"Date": "2024-05-06 07:08:09", "UserName": f"Followed.{n}"} for n in range(following)
    ])
    put(document, FOLLOWER_PATHS[0], [
        {"Date": "2024-05-06 07:08:09", "UserName": f"fan_{n}"} for n in range(followers)
    ])
    put(document, BLOCK_PATHS[0], [{"Date": "2024-05-06 07:08:09", "UserName": f"pest{n}"} for n in range(blocked)])
    put(document, PROFILE_PATHS[0], {
        "userName": "poppy.here", "emailAddress": SECRET, "telephoneNumber": SECRET, "birthDate": SECRET,
        "PlatformInfo": [{"Name": SECRET}],
    })
    put(document, SETTINGS_PATHS[0], {
        "App Language": "English", "Interests": "Cats|Baking", "App": 1, "IsFastLane": False,
        "Who can see your following list::": SECRET,
        "Content Preferences": {"Keyword filters": [SECRET], "Video Languages Preferences": ["English", "Español"]},
    })
    put(document, POST_PATHS[0], [
        {"Date": f"2024-0{1 + n % 9}-02 03:04:05", "Link": f"https://www.tiktokv.com/share/video/{n}/",
         "Likes": "5", "WhoCanView": "Public", "Title": f"My cat, part {n} 🐱"}
        for n in range(posts)
    ])
    for path, _ in COUNTED_PATHS[:1]:
        put(document, path, [{"date": "2024-01-01 00:00:00", "link": "https://www.tiktokv.com/x"}] * 4)
    put(document, ("Your Activity", "Hashtag", "HashtagList"), [{"HashtagName": "cattax", "HashtagLink": ""}])
    document["App"] = 1
    return logins(document)


def scrambled(value: Any) -> Any:
    """A value as Instagram writes it: UTF-8 taken for Latin-1, in keys too."""
    if isinstance(value, str):
        return value.encode().decode("latin-1")
    if isinstance(value, list):
        return [scrambled(part) for part in value]
    if isinstance(value, dict):
        return {scrambled(key): scrambled(part) for key, part in value.items()}
    return value


def dumped(value: Any) -> bytes:
    return json.dumps(value).encode()


def person_in(dialect: str, handle: str) -> dict[str, Any]:
    """A followed person in one of Instagram's dialects."""
    page = f"https://www.instagram.com/{handle}"
    return {
        "value": {"title": "", "media_list_data": [], "string_list_data": [
            {"href": page, "value": handle, "timestamp": 1700000000}]},
        "title": {"title": handle, "string_list_data": [{"href": page, "timestamp": 1700000000}]},
        "labels": {"title": "", "label_values": [{"label": "Nom d’utilisateur", "value": handle, "href": page}]},
        "href": {"title": "", "string_list_data": [{"href": page}]},
    }[dialect]


def instagram(photo: bytes = b"") -> dict[str, bytes]:
    """A whole export: files by name."""
    people = [person_in(dialect, f"moot_{dialect}") for dialect in ("value", "title", "labels", "href")]
    root = "your_instagram_activity"
    return {
        "connections/followers_and_following/followers_1.json": dumped(scrambled(people)),
        "connections/followers_and_following/following.json": dumped({"relationships_following": people[:3]}),
        "connections/followers_and_following/blocked_profiles.json": dumped(
            {"relationships_blocked_users": [{"title": "pest", "string_list_data": [{"href": "x"}]}]}),
        f"{root}/media/posts_1.json": dumped(scrambled([
            {"media": [{"uri": "media/posts/202401/1.jpg", "creation_timestamp": 1700000000, "title": "Ma chatte, été 🐈"}]},
            {"title": "Two", "creation_timestamp": 1700000001, "media": [
                {"uri": "media/posts/202401/2.jpg", "creation_timestamp": 1700000001, "title": ""},
                {"uri": "media/posts/202401/gone.jpg", "creation_timestamp": 1700000001, "title": ""}]},
        ])),
        f"{root}/comments/post_comments_1.json": dumped([{"string_map_data": {"Comment": {"value": SECRET}}}] * 5),
        f"{root}/likes/liked_posts.json": dumped({"likes_media_likes": [{"title": "x", "string_list_data": [{}]}] * 6}),
        f"{root}/messages/inbox/somebody/message_1.json": dumped({"messages": [{"content": SECRET}]}),
        "security_and_login_information/login_and_profile_creation/login_activity.json": dumped({"x": SECRET}),
        "media/posts/202401/1.jpg": photo, "media/posts/202401/2.jpg": photo,
    }


def note(content: str, **more: Any) -> dict[str, Any]:
    """One's own post in an outbox."""
    return {"type": "Create", "object": {
        "type": "Note", "content": content, "published": "2023-04-05T06:07:08Z",
        "to": ["https://www.w3.org/ns/activitystreams#Public"], "cc": ["https://old.example/users/poppy/followers"],
        "url": "https://old.example/@poppy/1", "attachment": [], **more,
    }}


def outbox(photo: str = "/media_attachments/files/1/original/a.jpg") -> dict[str, Any]:
    return {
        "@context": "https://www.w3.org/ns/activitystreams", "id": "outbox.json", "type": "OrderedCollection",
        "totalItems": 5, "orderedItems": [
            note("<p>Hello &amp; <a href='x'>#cats</a><br>there</p><p>Two</p>"),
            {"type": "Announce", "object": "https://elsewhere.example/1"},
            note("<p>With a photo</p>", attachment=[{"type": "Document", "mediaType": "image/jpeg", "url": photo}]),
            note(f"<p>{SECRET}</p>", to=["https://old.example/users/friend"], cc=[]),
            note("<p>Behind</p>", summary="Spiders"),
        ],
    }


def mastodon(photo: bytes = b"") -> dict[str, bytes]:
    """A whole archive, in the order that the server writes it."""
    return {
        "media_attachments/files/1/original/a.jpg": photo,
        "outbox.json": dumped(outbox()),
        "likes.json": dumped({"type": "OrderedCollection", "orderedItems": ["https://x.example/1"] * 3}),
        "bookmarks.json": dumped({"type": "OrderedCollection", "orderedItems": ["https://x.example/1"] * 2}),
        "actor.json": dumped({"id": "https://old.example/users/poppy", "type": "Person", "name": SECRET}),
    }


def zipped(path: Path, files: Mapping[str, bytes], *, packed: bool = True) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED) as archive:
        for name, body in files.items():
            archive.writestr(name, body)
    return path


def tarred(path: Path, files: Mapping[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, body in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(body)
            archive.addfile(entry, io.BytesIO(body))
    return path


def bare(path: Path, body: bytes) -> Path:
    path.write_bytes(body)
    return path
