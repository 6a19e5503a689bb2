from collections.abc import Iterator

import pytest
import redis
from django.conf import settings
from django.test import Client

from numerai.api import valkey


@pytest.fixture(autouse=True)
def _whole_fuse() -> Iterator[None]:
    valkey.fuse.mend()
    yield
    valkey.fuse.mend()


@pytest.fixture
def fresh_limits() -> None:
    """Forget every request counted so far."""
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        for key in client.scan_iter("numerai:limit:*"):
            client.delete(key)


@pytest.fixture
def api() -> Client:
    """A client that gets the 500 answer instead of the exception."""
    return Client(raise_request_exception=False)
