"""What is wrong with settings whose types are right: addresses that are none, folders in the way.

`catflap doctor` tells all of it; a server and a worker refuse to begin with the first. Nobody
outside this machine is asked, but for the name in ``host`` where it is one.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator, Sequence
from email.utils import parseaddr
from pathlib import Path
from tempfile import TemporaryFile
from urllib.parse import SplitResult, urlsplit

from catflap.ground.database_url import sqlite_file
from catflap.ground.settings import Settings, SettingsInvalid

_MAILBOX = re.compile(r"[^@\s<>]+@[\w-]+(\.[\w-]+)*")
_NUMBERS = re.compile(r"[\d.]+")


def must_be_sound(settings: Settings) -> None:
    """Refuse settings with which nothing can run.

    Raises:
        SettingsInvalid: the first of `faults`.
    """
    for fault in faults(settings):
        raise fault


def faults(settings: Settings) -> Iterator[SettingsInvalid]:
    """Everything that is wrong, each with what would be right. Makes folders that are missing."""
    wrong = {
        "host": _host(settings.host),
        "public_url": _url(settings.public_url, ("http", "https"), "https://cats.example"),
        "smtp_url": _url(
            settings.smtp_url, ("smtp", "smtps", "smtp+tls"), "smtp://user:password@host:587"
        ),
        "mail_from": _mailbox(settings.mail_from),
        "database_url": _database(settings.database_url),
        "data": _folder(settings.data),
    }
    if settings.lexicon_dir and not _has_dictionary(settings.lexicon_folder()):
        wrong["lexicon_dir"] = _folder(settings.lexicon_folder())
    for name, reason in wrong.items():
        if reason:
            yield SettingsInvalid(name, reason)


def shares_one_address(settings: Settings) -> bool:
    """Whether everybody seems to come from the proxy's address, and limits hit all at once.

    TLS means a proxy, as Catflap speaks none.
    """
    return settings.is_secure() and not settings.behind_proxy


def _host(host: str) -> str:
    would = "; `127.0.0.1` would be, or `0.0.0.0` for all there are"
    if _NUMBERS.fullmatch(host) and not _is_ipv4(host):
        return f"{host!r} is no address{would}"
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(
            host, 0, type=socket.SOCK_STREAM
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.bind(where)
    except (OSError, UnicodeError) as error:
        return f"{host!r} is no address of this machine ({error}){would}"
    return ""


def _is_ipv4(text: str) -> bool:
    try:
        socket.inet_pton(socket.AF_INET, text)
    except OSError:
        return False
    return True


def _url(url: str, schemes: Sequence[str], right: str) -> str:
    parts = _split(url)
    if not url or (parts is not None and parts.scheme in schemes and parts.hostname):
        return ""
    return f"{url!r} is no such address; `{right}` would be"


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port  # read only now, and wrong from 65536 on
    except ValueError:
        return None
    return parts


def _mailbox(written: str) -> str:
    is_one = written.isprintable() and _MAILBOX.fullmatch(parseaddr(written)[1])
    if not written or is_one:
        return ""
    return f"{written!r} is no sender; `door@cats.example` would be"


def _database(url: str) -> str:
    file = sqlite_file(url)
    if file is not None:
        return _folder(file.parent)
    return _url(url, ("postgresql",), "postgresql://user:password@host/name")


def _has_dictionary(folder: Path) -> bool:
    """Whether several share a folder that was filled once: it need not be written any more."""
    return any(folder.glob("cedict-*.db"))


def _folder(folder: Path) -> str:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            return ""
    except OSError as error:
        return f"cannot be written: {error}; name a folder that may be, or change whose it is"
