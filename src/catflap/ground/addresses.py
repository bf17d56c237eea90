"""Where requests come from, and which addresses that strangers give one may go to.

Nothing here asks anybody.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from urllib.parse import urlsplit

from catflap.ground.errors import CatflapError

_NEVER = tuple(
    ipaddress.ip_network(net)
    # Ways of writing an IPv4 address as an IPv6 one, which may be a private one; 6to4, Teredo.
    for net in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96")
)


ADDRESS_MAX_CHARS = 45
HOME_BITS = 64


class AddressRefused(CatflapError):
    """An address that no request of ours goes to: private, not encrypted, or none at all."""

    def __init__(self, host: str) -> None:
        super().__init__(host)
        self.host = host


class PeerUnreachable(CatflapError):
    """Nobody answered in time at an address."""

    def __init__(self, host: str) -> None:
        super().__init__(host)
        self.host = host


def checked(url: str, *, privately: bool = False, plainly: bool = False) -> str:
    """An address that a request may go to, as far as can be said without resolving it.

    ``plainly``, as ``privately``, also takes addresses without TLS: for what everybody may read.

    Raises:
        AddressRefused: it is none.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise AddressRefused(url[:80]) from error
    schemes = ("https", "http") if privately or plainly else ("https",)
    named = parts.hostname and parts.scheme in schemes and not (parts.username or parts.password)
    if not named or port == 0 or not url.isascii() or not url.isprintable() or " " in url:
        raise AddressRefused((parts.hostname or url)[:80])
    return url


def caller(peer: str, forwarded: Sequence[str]) -> str:
    """Who asks, of whom a trusted proxy tells: the last one named in its ``X-Forwarded-For``.

    ``forwarded`` are all lines of that header. A proxy adds to the line it was given, or adds a
    line (HAProxy does): whatever stands before the last name, whoever asks may have written.
    """
    told = forwarded[-1].rpartition(",")[2].strip() if forwarded else ""
    return told[:ADDRESS_MAX_CHARS] or peer


def household(address: str) -> str:
    """What limits count an address by: itself, or of IPv6 the /64 it is in.

    Whoever has one such address has 2^64 of them, so to count each is to count none.
    """
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv4Address):
        return str(ip)
    if ip.ipv4_mapped is not None:
        return str(ip.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(ip), HOME_BITS), strict=False))


def is_public(address: str) -> bool:
    """Whether an IP address is one that everybody can reach."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        if any(ip in net for net in _NEVER) or ip.scope_id:
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def network(address: str) -> str:
    """The network an address belongs to: /24 of IPv4, /48 of IPv6.

    "" for one that is not on the internet: behind a proxy in a container everybody would share it.
    """
    try:
        at = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if not at.is_global:
        return ""
    bits = 24 if at.version == 4 else 48
    return str(ipaddress.ip_network(f"{at}/{bits}", strict=False))
