"""Who is calling, as far as an address can tell."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

Address = IPv4Address | IPv6Address


def client_ip(request: HttpRequest) -> Address | None:
    """Return the caller's address; None if it is unknown, as on a Unix socket.

    The connection's own address, unless TRUSTED_PROXIES = n proxies stand in front: each appends the address it saw
    to X-Forwarded-For, so the n-th from the right was written by the outermost one we trust, and whatever stands
    left of it may be invented.
    """
    seen = str(request.META.get("REMOTE_ADDR", ""))
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
    if settings.TRUSTED_PROXIES > 0 and forwarded:
        hops = forwarded.split(",")
        return _parse(hops[-min(settings.TRUSTED_PROXIES, len(hops))]) or _parse(seen)
    return _parse(seen)


def network_of(address: Address | None) -> str:
    """Return what one caller holds: the address itself, or for IPv6 the /64 out of which one machine can take any."""
    if isinstance(address, IPv6Address):
        return str(ip_network((address, 64), strict=False))
    return str(address) if address else "unknown"


def _parse(text: str) -> Address | None:
    """Return the address of `1.2.3.4`, `1.2.3.4:80`, `2001:db8::1`, `[2001:db8::1]:80`; None for anything else."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
