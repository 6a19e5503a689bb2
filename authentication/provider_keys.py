"""The public keys by which Google and Apple sign: fetched over HTTP, kept in each process.

A stalled provider must not hold requests: one thread fetches, the others use what is known or wait for it once; after a
failure nobody asks again for a few seconds, and keys that are known stay good for a day. A token that names a key we do
not know makes us look once a minute at most, however many such tokens come.
"""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import structlog
from django.conf import settings

from authentication.exceptions import ProviderUnavailable

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

logger = structlog.get_logger("numerai.provider_keys")

FRESH = timedelta(hours=1)
USABLE = timedelta(days=1)
PAUSE = timedelta(minutes=1)
PAUSE_AFTER_FAILURE = timedelta(seconds=10)
MAX_BYTES = 100_000
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class _Unreadable(Exception):
    """The answer holds no keys. The text says what was wrong."""


class KeySet:
    """The keys at one address."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = threading.Lock()
        self._keys: dict[str, RSAPublicKey] = {}
        self._fetched_at = self._next_at = _LONG_AGO
        self._has_failed = False

    def find(self, key_id: str, *, now: datetime) -> RSAPublicKey | None:
        """Return the key of this id, None if the provider has no such key. Raises ProviderUnavailable."""
        if key_id not in self._keys or now - self._fetched_at >= FRESH:
            self._refresh(key_id, now=now)
        is_usable = now - self._fetched_at < USABLE
        key = self._keys.get(key_id) if is_usable else None
        if key is None and (self._has_failed or not is_usable):
            # It may be a new key, which we could not fetch.
            raise ProviderUnavailable(retry_after=PAUSE_AFTER_FAILURE.total_seconds())
        return key

    def _refresh(self, key_id: str, *, now: datetime) -> None:
        can_do_without = key_id in self._keys and now - self._fetched_at < USABLE
        if not self._lock.acquire(blocking=not can_do_without):
            return
        try:
            # Whoever had to wait finds it done.
            if now >= self._next_at:
                self._fetch(now=now)
        finally:
            self._lock.release()

    def _fetch(self, *, now: datetime) -> None:
        import requests

        try:
            self._keys = _parse(_download(self._url))
        except (requests.RequestException, _Unreadable) as error:
            logger.warning("provider's keys cannot be fetched", url=self._url, error=type(error).__name__)
            self._has_failed, self._next_at = True, now + PAUSE_AFTER_FAILURE
        else:
            self._has_failed, self._fetched_at, self._next_at = False, now, now + PAUSE


@lru_cache(maxsize=16)
def key_set(url: str) -> KeySet:
    """Return this process's keys of an address."""
    return KeySet(url)


def _download(url: str) -> bytes:
    import requests

    body = b""
    timeout = settings.IDENTITY_PROVIDER_TIMEOUT
    with requests.get(url, timeout=timeout, allow_redirects=False, stream=True) as answer:
        if answer.status_code != 200:
            raise _Unreadable(f"status {answer.status_code}")
        for chunk in answer.iter_content(16_384):
            body += chunk
            if len(body) > MAX_BYTES:
                raise _Unreadable("too long")
    return body


def _parse(body: bytes) -> dict[str, Any]:
    from jwt import PyJWK
    from jwt.exceptions import PyJWTError

    try:
        listed = json.loads(body)["keys"]
        entries = [entry for entry in listed if entry["kty"] == "RSA" and entry.get("use", "sig") == "sig"]
        keys = {str(entry["kid"]): PyJWK.from_dict(entry, algorithm="RS256").key for entry in entries}
    except (ValueError, KeyError, TypeError, AttributeError, PyJWTError):
        raise _Unreadable("no JSON Web Key Set") from None
    if not keys:
        raise _Unreadable("no key")
    return keys
