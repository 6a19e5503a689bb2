import io
import logging
from collections.abc import Iterator

import pytest
import redis
from django.conf import settings as django_settings
from django.test import Client

from numerai.logs import configure


@pytest.fixture
def fresh_limits() -> None:
    with redis.Redis.from_url(django_settings.REDIS_URL) as client:
        for key in client.scan_iter("numerai:limit:*"):
            client.delete(key)


@pytest.fixture
def api() -> Client:
    return Client(raise_request_exception=False)


@pytest.fixture
def log_lines() -> Iterator[io.StringIO]:
    """Everything that production would log, at the level DEBUG."""
    configure({"level": "DEBUG", "format": "json"})
    handler = next(one for one in logging.getLogger().handlers if type(one) is logging.StreamHandler)
    written = io.StringIO()
    handler.setStream(written)
    yield written
    configure(django_settings.LOGGING)
