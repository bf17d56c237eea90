"""What a format's reader hands on: counted, bounded, and said in batches as it comes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from catflap.arrivals import limits
from catflap.arrivals.handles import canonical_handle
from catflap.arrivals.model import (
    Found,
    Handle,
    HandleKind,
    Hints,
    Network,
    Post,
    Report,
    Unread,
)
from catflap.arrivals.texts import plain
from catflap.ground.characters import on_one_line

COUNTED_AS = {
    HandleKind.FOLLOWED: Found.FOLLOWED,
    HandleKind.FOLLOWER: Found.FOLLOWERS,
    HandleKind.BLOCKED: Found.BLOCKED,
    HandleKind.MUTED: Found.MUTED,
}

_OF_HANDLES = frozenset(COUNTED_AS.values())


class Batch(msgspec.Struct, frozen=True, kw_only=True, tag="batch"):
    """Things to keep; ``number`` counts from 0 and is the same whenever the archive is read."""

    number: int
    progress_ratio: float
    posts: Sequence[Post]
    handles: Sequence[Handle]


class Gathering:
    """Takes what readers understood; whatever they hand on, its size is bounded here."""

    def __init__(
        self, network: Network, *, say: Callable[[Batch], None], progress: Callable[[], float]
    ) -> None:
        self.network = network
        self._say = say
        self._progress = progress
        self._found: Counter[Found] = Counter()
        self._kept: Counter[Found] = Counter()
        self._damaged = 0
        self._unknown: dict[str, None] = {}
        self._unread: dict[Unread, None] = {}
        self._languages: dict[str, None] = {}
        self._interests: dict[str, None] = {}
        self._posts: list[Post] = []
        self._handles: list[Handle] = []
        self._known: set[int] = set()
        self._batch_bytes = 0
        self._batches = 0
        self._places = 0
        self.files: dict[str, int] = {}
        """Files of the archive that posts want, and their numbers."""

    def post(
        self, *, body: str, link: object = "", at: datetime | None, files: Sequence[str] = ()
    ) -> None:
        """A post of the archive's owner; ``body`` is plain text."""
        self.count(Found.POSTS)
        if self.is_full(Found.POSTS):
            return
        self._kept[Found.POSTS] += 1
        self._places += 1
        self._posts.append(
            Post(
                place=self._places, body=plain(body), link=_link(link), at=at,
                files=tuple(
                    number for name in files[: limits.MEDIA_PER_POST]
                    if (number := self._number(name)) is not None
                ),
            )
        )
        self._grew(len(body) + 500)

    def _number(self, name: str) -> int | None:
        if name not in self.files and len(self.files) >= limits.MEDIA_FILES_MAX:
            return None
        return self.files.setdefault(name, len(self.files) + 1)

    def handle(self, kind: HandleKind, written: object, *, network: Network | None = None) -> None:
        """A handle as the archive writes it; one that is none counts as damaged."""
        of = network or self.network
        found = canonical_handle(of, written)
        if found is None:
            self._damaged += 1
            return
        if kind is not HandleKind.OWN:
            self.count(COUNTED_AS[kind])
        # Two places of an archive may say the same. A hash is enough to know it by: where two
        # meet, one handle of billions is lost.
        mark = hash((kind, of, found))
        if mark in self._known or len(self._known) >= limits.HANDLES_KEPT_MAX:
            return
        self._known.add(mark)
        if kind is not HandleKind.OWN:
            self._kept[COUNTED_AS[kind]] += 1
        self._handles.append(Handle(kind=kind, network=of, handle=found))
        self._grew(len(found) + 60)

    def _grew(self, by_bytes: int) -> None:
        self._batch_bytes += by_bytes
        count = len(self._posts) + len(self._handles)
        if count >= limits.BATCH_ITEMS or self._batch_bytes >= limits.BATCH_MAX_BYTES:
            self.flush()

    def flush(self) -> None:
        """Say what has been gathered since the last batch, even where it is nothing."""
        self._say(
            Batch(
                number=self._batches, progress_ratio=self._progress(), posts=self._posts,
                handles=self._handles,
            )
        )
        self._batches += 1
        self._posts, self._handles, self._batch_bytes = [], [], 0

    def is_full(self, kind: Found) -> bool:
        """Whether no more of a kind can be kept, so that it need not be decoded."""
        if kind is Found.POSTS:
            return self._kept[kind] >= limits.POSTS_KEPT_MAX
        return kind in _OF_HANDLES and len(self._known) >= limits.HANDLES_KEPT_MAX

    def count(self, kind: Found, count: int = 1) -> None:
        """So many of a kind were there."""
        self._found[kind] += count

    def kept(self, kind: Found, count: int) -> None:
        """So many of a kind are kept."""
        self._kept[kind] += count

    def damaged(self) -> None:
        """An item of a known place made no sense."""
        self._damaged += 1

    def passed(self, what: Unread) -> None:
        """Something was passed over that is never read."""
        self._unread[what] = None

    def unknown(self, *keys: str) -> None:
        """A path of keys that nobody knows here; whatever may be a name in it is left out."""
        if len(self._unknown) < limits.UNKNOWN_PATHS_MAX:
            path = " / ".join(_nameless(key) for key in keys)
            self._unknown[path[: limits.UNKNOWN_PATH_MAX_CHARS]] = None

    def language(self, written: object) -> None:
        """A language that the platform knew its owner by."""
        _hint(self._languages, written)

    def interest(self, written: object) -> None:
        """Something that the platform thought its owner liked."""
        _hint(self._interests, written)

    def report(self, *, ignored_files: int) -> Report:
        """The whole, once everything was read."""
        return Report(
            network=self.network, found=dict(self._found), kept=+self._kept,
            unread=tuple(self._unread), damaged=self._damaged, unknown=tuple(self._unknown),
            ignored_files=ignored_files,
            hints=Hints(languages=tuple(self._languages), interests=tuple(self._interests)),
        )


def _hint(into: dict[str, None], written: object) -> None:
    if isinstance(written, str) and len(into) < limits.HINTS_MAX:
        text = on_one_line(written)
        if 0 < len(text) <= limits.HINT_MAX_CHARS and text not in ("N/A", "None"):
            into[text] = None


def _link(written: object) -> str:
    if not isinstance(written, str):
        return ""
    text = on_one_line(written)
    return text if text.startswith(("https://", "http://")) and len(text) <= 1000 else ""


def _nameless(key: str) -> str:
    """A key without what may be somebody's: numbers, addresses, whatever follows "with"."""
    text = on_one_line(key)
    if any(letter.isdigit() or letter in "@:/" for letter in text.rstrip(": ")) or len(text) > 60:
        return "…"
    head, _, rest = text.partition(" with ")
    return f"{head} with …" if rest else text
