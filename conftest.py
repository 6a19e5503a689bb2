"""What holds for every test of every app."""

import pytest
import redis
from django.conf import settings

from numerai import counters
from numerai.api.testing import _every_response_is_as_described as _every_response_is_as_described


@pytest.fixture(autouse=True)
def _texts_are_read_anew() -> None:
    """Each test's database counts content versions from nothing: what the last one served under them is not ours."""
    from core.selectors.content import VERSION_KEY, forget_libraries

    forget_libraries()
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.delete(VERSION_KEY)


@pytest.fixture
def fresh_counts() -> None:
    """Nothing was counted yet (numerai/counters.py)."""
    counters.sums.hand_over()
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.delete(counters.KEY)
