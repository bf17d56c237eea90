"""What this server is, what it can do, and its limits."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import msgspec
from starlette.responses import PlainTextResponse, Response

from catflap import __version__
from catflap.arrivals.valve import Way
from catflap.ground.settings import Settings
from catflap.mastodon import moderating
from catflap.mastodon.call import Call
from catflap.mastodon.door import Door
from catflap.mastodon.endpoint import Needs, Nothing, endpoint
from catflap.mastodon.entities.community import Rule
from catflap.mastodon.entities.instance import (
    Access,
    Configuration,
    Contact,
    Icon,
    Instance,
    Language,
    Limits,
    OfAccounts,
    OfMedia,
    OfPolls,
    OfStatuses,
    OldInstance,
    OldUrls,
    Registrations,
    Sizes,
    Stats,
    Thumbnail,
    Timelines,
    Translating,
    Urls,
    Usage,
    Users,
    Vapid,
)
from catflap.media import limits
from catflap.moderation import charter, rules
from catflap.moderation.model import Page
from catflap.notes.model import (
    BODY_MAX_CHARS,
    PINS_MAX,
    POLL_MAX_S,
    POLL_MIN_S,
    POLL_OPTION_MAX_CHARS,
    POLL_OPTIONS_MAX,
)
from catflap.translation.codes import CHINESE, NAMES

MATCHED = "4.4.0"
"""The version of Mastodon whose API this door speaks: apps decide by it what to ask for."""
API_VERSION = 7
"""``api_versions.mastodon``; raised only with what it promises: quotes are its seventh."""
PHOTO_TYPES = (
    "image/jpeg", "image/png", "image/gif", "image/webp", "image/avif", "image/heic", "image/heif",
)
VIDEO_TYPES = ("video/mp4", "video/quicktime", "video/webm")
LINK_CHARS = 23


def version() -> str:
    """What apps read first: Mastodon's version, then ours."""
    return f"{MATCHED} (compatible; Catflap {__version__})"


def streaming_url(settings: Settings) -> str:
    """Where streams are: the public address with a socket's scheme."""
    address = settings.address()
    return address.replace("https://", "wss://", 1).replace("http://", "ws://", 1)


def takes_in(way: Way) -> bool:
    """Whether an app can sign somebody up: it knows no invitations, and a queue is no refusal."""
    return way in (Way.OPEN, Way.VALVED, Way.APPROVAL)


def _limits() -> Limits:
    return Limits(
        accounts=OfAccounts(max_featured_tags=10, max_pinned_statuses=PINS_MAX),
        statuses=OfStatuses(
            max_characters=BODY_MAX_CHARS, max_media_attachments=limits.PHOTOS_PER_NOTE,
            characters_reserved_per_url=LINK_CHARS,
        ),
        media_attachments=OfMedia(
            supported_mime_types=(*PHOTO_TYPES, *VIDEO_TYPES),
            description_limit=limits.ALT_MAX_CHARS, image_size_limit=limits.PHOTO_MAX_BYTES,
            image_matrix_limit=limits.PHOTO_MAX_PIXELS,
            video_size_limit=limits.VIDEO_MAX_BYTES, video_frame_rate_limit=240,
            video_matrix_limit=limits.VIDEO_MAX_PIXELS,
        ),
        polls=OfPolls(
            max_options=POLL_OPTIONS_MAX, max_characters_per_option=POLL_OPTION_MAX_CHARS,
            min_expiration=POLL_MIN_S, max_expiration=POLL_MAX_S,
        ),
    )


LIMITS = _limits()


def _feeds(settings: Settings) -> Timelines:
    """Who may read which timelines: anybody, as `routes.timelines` asks for no token.

    What is from elsewhere is a list as open, and empty.
    """
    links = "public" if settings.link_previews else "disabled"
    return Timelines(
        live_feeds=Access(local="public", remote="public"),
        hashtag_feeds=Access(local="public", remote="public"),
        trending_link_feeds=Access(local=links, remote=links),
    )


def _description(settings: Settings) -> str:
    return settings.community_tagline or settings.community_name


async def _own(door: Door) -> tuple[list[Rule], bool]:
    """The community's rules, and whether it has terms."""
    async with door.house.database.reads() as reads:
        found = await moderating.norms(reads, await rules.standing(reads))
        return found, await charter.current(reads, Page.TERMS) is not None


async def _configuration(door: Door, call: Call, *, has_terms: bool) -> Configuration:
    settings = door.house.settings
    return Configuration(
        urls=Urls(
            streaming=streaming_url(settings), status=None, about=f"{call.base}/about",
            privacy_policy=f"{call.base}/privacy",
            terms_of_service=f"{call.base}/terms" if has_terms else None,
        ),
        vapid=Vapid(public_key=await door.server_key()), accounts=LIMITS.accounts,
        statuses=LIMITS.statuses, media_attachments=LIMITS.media_attachments, polls=LIMITS.polls,
        translation=Translating(enabled=True), timelines_access=_feeds(settings),
        limited_federation=True,
    )


@endpoint("GET", "/api/v2/instance", gives=Instance, needs=Needs.NOBODY)
async def instance(door: Door, call: Call, asked: Nothing) -> Instance:
    """This server, as Mastodon 4 tells of it."""
    settings = door.house.settings
    counted = await door.figures.current(door.house.database)
    way = Way(settings.registrations)
    norms, has_terms = await _own(door)
    icon = f"{call.base}/static/icon-512.png"
    return Instance(
        domain=urlsplit(call.base).netloc, title=settings.community_name, version=version(),
        source_url=settings.source_url, description=_description(settings),
        usage=Usage(users=Users(active_month=counted.active_month)),
        thumbnail=Thumbnail(url=icon, versions=Sizes(plain=icon, dense=icon)),
        icon=(
            Icon(src=f"{call.base}/static/icon-192.png", size="192x192"),
            Icon(src=icon, size="512x512"),
        ),
        languages=settings.languages,
        configuration=await _configuration(door, call, has_terms=has_terms),
        registrations=Registrations(
            enabled=takes_in(way), approval_required=way is Way.APPROVAL, reason_required=False,
            message=None, min_age=None, url=f"{call.base}/join",
        ),
        api_versions={"mastodon": API_VERSION, "catflap": 1},
        contact=Contact(email=settings.mail_from, account=None), rules=norms,
    )


class Activity(msgspec.Struct, frozen=True, kw_only=True):
    """A week of this server. All are numbers in strings; ``week`` is its Monday as a Unix time."""

    week: str
    statuses: str
    logins: str
    registrations: str


@endpoint("GET", "/api/v1/instance/activity", gives=list[Activity], needs=Needs.NOBODY)
async def activity(door: Door, call: Call, asked: Nothing) -> list[Activity]:
    """Twelve weeks of this server, the present one first, counted from what is still stored."""
    return [
        Activity(
            week=str(int(week.at.timestamp())), statuses=str(week.notes),
            logins=str(week.sign_ins), registrations=str(week.joined),
        )
        for week in await door.figures.weeks(door.house.database)
    ]


@endpoint("GET", "/api/v1/instance/peers", gives=list[str], needs=Needs.NOBODY)
async def peers(door: Door, call: Call, asked: Nothing) -> list[str]:
    """The servers that this one knows of: none, since nothing comes from elsewhere yet."""
    return []


@endpoint("GET", "/api/v1/instance/domain_blocks", gives=list[str], needs=Needs.NOBODY)
async def domain_blocks(door: Door, call: Call, asked: Nothing) -> list[str]:
    """The servers that this one blocks: none, since none could write here."""
    return []


@endpoint("GET", "/api/v1/instance", gives=OldInstance, needs=Needs.NOBODY)
async def instance_v1(door: Door, call: Call, asked: Nothing) -> OldInstance:
    """This server, as older apps ask."""
    settings = door.house.settings
    counted = await door.figures.current(door.house.database)
    norms, _ = await _own(door)
    return OldInstance(
        uri=urlsplit(call.base).netloc, title=settings.community_name,
        short_description=_description(settings), description=_description(settings),
        email=settings.mail_from, version=version(),
        urls=OldUrls(streaming_api=streaming_url(settings)),
        stats=Stats(
            user_count=counted.people, status_count=counted.notes + counted.comments,
            domain_count=1,
        ),
        thumbnail=f"{call.base}/static/icon-512.png", languages=settings.languages,
        registrations=takes_in(Way(settings.registrations)),
        approval_required=Way(settings.registrations) is Way.APPROVAL, invites_enabled=True,
        configuration=LIMITS, contact_account=None, rules=norms,
    )


@endpoint("GET", "/api/v1/instance/languages", gives=list[Language], needs=Needs.NOBODY)
async def languages(door: Door, call: Call, asked: Nothing) -> list[Language]:
    """The languages that one can read and write in here, under their own names."""
    return [Language(code=code, name=name) for code, name in NAMES.items()]


@endpoint("GET", "/health", gives=str, needs=Needs.NOBODY, kind="text/plain")
async def health(door: Door, call: Call, asked: Nothing) -> Response:
    """This server answers, as apps and monitors ask Mastodon."""
    return PlainTextResponse("OK")


@endpoint("GET", "/api/v1/custom_emojis", gives=list[Any], needs=Needs.NOBODY)
async def custom_emojis(door: Door, call: Call, asked: Nothing) -> list[Any]:
    """Pictures of this server's own among words; there are none."""
    return []


@endpoint(
    "GET", "/api/v1/instance/translation_languages", gives=dict[str, list[str]],
    needs=Needs.NOBODY,
)
async def translation_languages(
    door: Door, call: Call, asked: Nothing
) -> dict[str, list[str]]:
    """Which languages are translated into which, Chinese under all its names."""
    targets = [code for code in NAMES if code in {*door.house.settings.languages}]
    targets = targets or list(door.house.settings.languages)
    told: dict[str, list[str]] = {}
    for source in ("und", *NAMES):
        others = [code for code in targets if code != source]
        told[source] = others
    for name in ("zh-CN", "zh-TW", "zh-HK"):
        told[name] = told[CHINESE]
    return told
