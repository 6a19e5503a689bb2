"""What a service may know of the request behind it: enough for the member's list of devices, no address."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.utils.crypto import salted_hmac

from authentication.places import coarse_place
from numerai.api.client_ip import client_ip, network_of

UNKNOWN_DEVICE = "Unknown device"
# First match wins: Edge and Opera name Chrome too, Chrome names Safari, and Android names Linux.
_PROGRAMS = (
    (r"NumerAI/", "NumerAI app"),
    (r"Edg(e|A|iOS)?/", "Edge"),
    (r"OPR/|Opera", "Opera"),
    (r"SamsungBrowser/", "Samsung Internet"),
    (r"Firefox/|FxiOS/", "Firefox"),
    (r"Chrome/|CriOS/", "Chrome"),
    (r"Safari/", "Safari"),
    (r"okhttp|Dalvik", "Android app"),
    (r"CFNetwork|Darwin", "iOS app"),
)
_SYSTEMS = (
    (r"iPhone", "iPhone"),
    (r"iPad", "iPad"),
    (r"Android", "Android"),
    (r"Windows", "Windows"),
    (r"Mac OS X|Macintosh", "macOS"),
    (r"CrOS", "ChromeOS"),
    (r"Linux|X11", "Linux"),
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Where a request comes from: `network` is a keyed hash, `device` a label such as "Firefox on Windows", `place` a
    region and country or ""."""

    network: str = ""
    device: str = UNKNOWN_DEVICE
    place: str = ""


def caller_of(request: Any) -> Caller:
    """Return the caller of a Django or DRF request."""
    address = client_ip(request)
    network = network_of(address)
    hashed = salted_hmac("authentication.network", network, algorithm="sha256").hexdigest()[:32]
    device = device_label(request.headers.get("User-Agent", ""))
    return Caller(network=hashed, device=device, place=coarse_place(address))


def device_label(user_agent: str) -> str:
    """Return what a member would call the device. Only words of our own: what was sent is never shown."""
    text = user_agent[:500]
    program = next((label for pattern, label in _PROGRAMS if re.search(pattern, text)), "")
    system = next((label for pattern, label in _SYSTEMS if re.search(pattern, text)), "")
    return " on ".join(filter(None, (program, system))) or UNKNOWN_DEVICE
