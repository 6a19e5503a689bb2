"""Near where a request comes from: region and country, enough for a member to know a sign-in as their own or not.

Only where LOCATION_DATABASE names a file in MaxMind's format (GeoLite2 City, DB-IP City Lite and others). The address
is looked up on this machine and kept nowhere; a city is never told, since for many addresses it is a guess.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import maxminddb
import structlog
from django.conf import settings

from numerai.api.client_ip import Address

PLACE_MAX_LENGTH = 80
LANGUAGE = "en"
log = structlog.get_logger(__name__)


def coarse_place(address: Address | None) -> str:
    """Return a place such as "Bavaria, Germany" or "Malta"; "" if it is not known or no database is configured."""
    if address is None or not settings.LOCATION_DATABASE:
        return ""
    reader = _open(settings.LOCATION_DATABASE)
    if reader is None:
        return ""
    try:
        found = reader.get(address)
    except (maxminddb.InvalidDatabaseError, ValueError):  # ValueError: IPv6 asked of a database of IPv4
        return ""
    return _name(found)[:PLACE_MAX_LENGTH] if isinstance(found, dict) else ""


@cache
def _open(path: str) -> maxminddb.Reader | None:
    """Return the open database, for as long as the process lives; a newer file is taken up at the next start."""
    try:
        return maxminddb.open_database(path)
    except (OSError, maxminddb.InvalidDatabaseError):
        log.warning("location_database_unreadable")
        return None


def _name(found: dict[str, Any]) -> str:
    regions = found.get("subdivisions") or [{}]
    names = [part.get("names", {}).get(LANGUAGE, "") for part in (regions[0], found.get("country") or {})]
    return ", ".join(dict.fromkeys(filter(None, names)))
