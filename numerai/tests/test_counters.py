"""Counting over several processes, and what is counted of requests."""

from __future__ import annotations

import os
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from numerai import counters
from numerai.api import valkey
from numerai.counters import Counter, Histogram, read, sums

pytestmark = pytest.mark.usefixtures("fresh_counts")

EATEN = Counter("test_eaten_total", "Things eaten.", ("what",))
CHEWED = Histogram("test_chewed_seconds", "How long it took.", ("what",), (0.1, 1, 10))


def test_counts_add_up_by_their_labels():
    EATEN.add(2, "figs")
    EATEN.add(3, "figs")
    EATEN.add(1, "plums")
    assert read()["test_eaten_total"] == {("figs",): 5, ("plums",): 1}


@pytest.mark.parametrize(
    ("seconds", "bucket"), [(0.0, "0.1"), (0.1, "0.1"), (0.11, "1.0"), (10, "10.0"), (10.5, "+Inf")]
)
def test_an_observation_lands_in_the_bucket_that_ends_at_or_after_it(seconds: float, bucket: str):
    CHEWED.observe(seconds, "figs")
    assert read()["test_chewed_seconds"] == {("figs", bucket): 1, ("figs", "sum"): seconds * 1_000_000}


def test_a_child_counts_for_itself_and_not_what_its_parent_has_counted():
    EATEN.add(1, "by the parent")
    child = os.fork()
    if child == 0:
        EATEN.add(1, "by the child")
        sums.hand_over()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert read()["test_eaten_total"] == {("by the parent",): 1, ("by the child",): 1}


@pytest.mark.filterwarnings("ignore:Overriding setting")
def test_what_valkey_could_not_take_is_handed_over_later(settings: Any):
    url = settings.REDIS_URL
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    EATEN.add(4, "figs")
    sums.hand_over()
    settings.REDIS_URL = url
    valkey.fuse.mend()
    EATEN.add(1, "figs")
    assert read()["test_eaten_total"] == {("figs",): 5}


def test_a_thread_hands_over_what_nobody_asks_for(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(counters, "EVERY", 0.01)
    from numerai.tests.waiting import wait_until

    own = counters._Sums()
    own.add({("test_eaten_total", "dates"): 7})
    wait_until(lambda: ("dates",) in read().get("test_eaten_total", {}))
    assert read()["test_eaten_total"][("dates",)] == 7


def test_two_things_cannot_be_counted_under_one_name():
    with pytest.raises(ValueError, match="test_eaten_total"):
        Counter("test_eaten_total", "Something else.")


@pytest.mark.django_db
def test_a_request_is_counted_under_its_route_and_never_its_path(client: Client):
    stranger = uuid4()
    client.get(f"/api/v1/numerology/profiles/{stranger}")
    client.get(f"/{stranger}")
    counted = read()
    assert counted["numerai_http_requests_total"] == {
        ("core:profile-by-id", "GET", "401"): 1,
        ("none", "GET", "404"): 1,
    }
    assert sum(count for (route, part), count in counted["numerai_http_request_seconds"].items() if part != "sum") == 2
    assert str(stranger) not in str(counted)


def test_an_invented_method_is_another(client: Client):
    client.generic("BREW", "/health/live")
    assert read()["numerai_http_requests_total"] == {("ops:live", "other", "405"): 1}
