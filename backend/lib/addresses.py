"""Which network addresses Maru may be sent to by what somebody typed. Pure.

An address inside the house (loopback, private, link-local, shared) is refused unless its caller says otherwise: else whoever
may name a URL could read what only this machine can reach (SSRF). IPv6 forms that carry an IPv4 address are judged by both.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052: what an IPv6-only network reaches IPv4 by
_COMPATIBLE = ipaddress.IPv6Network("::/96")  # RFC 4291 2.5.5.1, deprecated
# Documentation, benchmarks and others that `is_global` of some Pythons lets through.
_NEVER = tuple(
    ipaddress.ip_network(net)
    for net in ("192.88.99.0/24", "192.0.0.0/24", "198.18.0.0/15", "240.0.0.0/4", "fec0::/10", "3fff::/20", "5f00::/16")
)


def is_http_address(text: str) -> bool:
    """Whether it is one that may be stored: http(s), with a host, without credentials, fragment, or what cannot be seen."""
    try:
        parts = urlsplit(text)
        is_whole = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False
    return is_whole and parts.username is None and not parts.fragment and text.isprintable()


def is_same_origin(one: str, other: str) -> bool:
    """Whether both addresses, which may be stored, have one scheme, host and port: what is secret for one may go to the other."""
    return _origin(one) == _origin(other)


def _origin(text: str) -> tuple[str, str | None, int]:
    parts = urlsplit(text)
    return parts.scheme, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)


def is_public(text: str) -> bool:
    """Whether everybody's internet has this address. False for what is no address."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return all(_is_public(each) for each in _meant(address))


def _is_public(address: Address) -> bool:
    if address.is_multicast or address.is_unspecified or address.is_reserved or not address.is_global:
        return False
    return not any(address.version == net.version and address in net for net in _NEVER)


def _meant(address: Address) -> list[Address]:
    """The addresses that a packet to this one may end at."""
    if not isinstance(address, ipaddress.IPv6Address):
        return [address]
    low = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address.ipv4_mapped is not None or address in _NAT64:
        return [low]
    tunnelled = [each for each in (address.sixtofour, *(address.teredo or ())) if each is not None]
    return [address, *tunnelled, *([low] if address in _COMPATIBLE else [])]
