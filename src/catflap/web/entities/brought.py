"""What somebody brought from elsewhere, as its page takes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from catflap.arrivals.model import (
    BroughtPost,
    Found,
    HandleKind,
    Import,
    Network,
    PostState,
    Report,
    State,
    Unread,
)
from catflap.words.catalogue import Words
from catflap.words.sentences import size

SHOWN_CHARS = 160
NETWORKS = {
    Network.TIKTOK: "TikTok", Network.INSTAGRAM: "Instagram",
    Network.FEDIVERSE: "Mastodon · Pixelfed", Network.CATFLAP: "Catflap",
}


class Archive(msgspec.Struct, frozen=True, kw_only=True):
    """An archive in few words. ``progress_percent`` is 0 to 100."""

    id: str
    name: str
    size: str
    network: str
    state: str
    is_read: bool
    is_working: bool
    progress_percent: int
    refusal: str


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of thing: how many there were, how many stand here."""

    label: str
    found: int
    kept: int | None


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """What was and was not understood."""

    lines: Sequence[Line]
    unread: Sequence[str]
    unknown: Sequence[str]
    damaged: int
    ignored_files: int
    languages: Sequence[str]
    interests: Sequence[str]


class Handles(msgspec.Struct, frozen=True, kw_only=True):
    """Handles of one kind, some of them."""

    label: str
    hint: str
    count: int
    shown: Sequence[str]


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """A post that may be chosen; ``draft`` is its draft's number, "" where there is none."""

    place: int
    text: str
    link: str
    date: str
    files: int
    state: str
    draft: str


def archive(item: Import, *, refusal: str) -> Archive:
    """An archive as a list of them shows it."""
    return Archive(
        id=str(item.id), name=item.file_name,
        size=size(item.size_bytes),
        network=NETWORKS[item.report.network] if item.report else "", state=item.state.value,
        is_read=item.state is State.READY,
        is_working=item.state in (State.WAITING, State.READING),
        progress_percent=round(100 * item.progress_ratio), refusal=refusal,
    )


def account(report: Report, words: Words) -> Account:
    """A report in the reader's words."""
    _ = words.gettext
    kinds = {
        Found.POSTS: _("your posts"), Found.FOLLOWED: _("people you follow"),
        Found.FOLLOWERS: _("people who follow you"), Found.BLOCKED: _("blocked people"),
        Found.MUTED: _("muted people"), Found.FILES: _("photos and videos"),
        Found.TAGS: _("tags you used"), Found.LISTS: _("entries of lists"),
        Found.LIKES: _("things you liked"), Found.COLLECTED: _("saved things"),
        Found.COMMENTS: _("your comments"), Found.WATCHED: _("videos you watched"),
        Found.SEARCHES: _("searches"), Found.SHARED: _("things you passed on"),
    }
    unread = {
        Unread.MESSAGES: _("messages"), Unread.LOGINS: _("sign-ins and devices"),
        Unread.PLACES: _("places you were at"), Unread.MONEY: _("purchases and live gifts"),
        Unread.PROFILE: _("e-mail address, phone number and birthday"),
        Unread.ADVERTISING: _("what advertisers know"),
    }
    kept = {Found.POSTS, Found.FOLLOWED, Found.FOLLOWERS, Found.BLOCKED, Found.MUTED, Found.FILES}
    return Account(
        lines=[
            Line(
                label=label, found=report.found[kind],
                kept=report.kept.get(kind, 0) if kind in kept else None,
            )
            for kind, label in kinds.items() if report.found.get(kind)
        ],
        unread=[unread[what] for what in report.unread], unknown=report.unknown,
        damaged=report.damaged, ignored_files=report.ignored_files,
        languages=report.hints.languages, interests=report.hints.interests,
    )


def handles(
    counts: Mapping[HandleKind, int], shown: Mapping[HandleKind, Sequence[str]], words: Words
) -> list[Handles]:
    """Everybody who was brought, by kind."""
    _ = words.gettext
    wait = _("When somebody with one of these handles is found here, you decide.")
    about = {
        HandleKind.FOLLOWED: (_("People you followed"), wait),
        HandleKind.FOLLOWER: (_("People who followed you"), wait),
        HandleKind.BLOCKED: (
            _("People you blocked"),
            _("Nobody is blocked by this. Should one of them be found here, we propose it to you."),
        ),
        HandleKind.MUTED: (
            _("People you muted"),
            _("Nobody is muted by this. Should one of them be found here, we propose it to you."),
        ),
    }
    return [
        Handles(label=label, hint=hint, count=counts[kind], shown=shown.get(kind, ()))
        for kind, (label, hint) in about.items() if counts.get(kind)
    ]


def choice(post: BroughtPost) -> Choice:
    """A post as the list to choose from shows it."""
    is_long = len(post.body) > SHOWN_CHARS
    return Choice(
        place=post.place, text=post.body[:SHOWN_CHARS] + "…" * is_long, link=post.link,
        date=post.at.strftime("%Y-%m-%d") if post.at else "", files=len(post.files),
        state=post.state.value,
        draft=str(post.draft_id) if post.state is PostState.DRAFTED else "",
    )
