from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest
import redis
from django.conf import settings

from authentication.models import User
from authentication.tests.factories import ApiClient, make_user, sign_in_as
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
