from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
import redis
from django.conf import settings

from authentication.models import User
from authentication.provider_keys import key_set
from authentication.tests.factories import ApiClient, make_user, sign_in_as
from authentication.tests.providers import APPLE_ID, GOOGLE_ID, KeyServer, serve_keys
from numerai.api import valkey

_networks = count(1)


@pytest.fixture(autouse=True)
def _whole_valkey() -> Iterator[None]:
    valkey.fuse.mend()
    yield
    valkey.fuse.mend()


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    """Forget every request and member of the tests before."""
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        for pattern in ("numerai:limit:*", "numerai:member:*"):
            for key in client.scan_iter(pattern):
                client.delete(key)


@pytest.fixture
def stranger() -> ApiClient:
    """Somebody who is not signed in."""
    return ApiClient()


@pytest.fixture
def user(db: None) -> User:
    return make_user(full_name="Ada Byron", time_zone="Europe/London")


@pytest.fixture
def member(user: User) -> ApiClient:
    """The user, signed in on one device."""
    return ApiClient(sign_in_as(user))


@pytest.fixture(scope="session")
def key_server() -> Iterator[KeyServer]:
    with serve_keys() as server:
        yield server


@pytest.fixture
def google_and_apple(key_server: KeyServer, settings: Any) -> None:
    """Both providers, switched on, with keys of our own."""
    settings.GOOGLE_CLIENT_IDS = [GOOGLE_ID, "ios.apps.googleusercontent.com"]
    settings.APPLE_CLIENT_IDS = [APPLE_ID]
    settings.GOOGLE_BASE_URL = settings.APPLE_BASE_URL = key_server.url
    # Some tests travel in time, where what was fetched lies in the future.
    key_set.cache_clear()
