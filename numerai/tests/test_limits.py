import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
import redis
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.db import connection
from django.http import HttpRequest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from numerai import hooks
from numerai.api import limits, valkey
from numerai.api.client_ip import client_ip, network_of
from numerai.api.limits import CATEGORIES, UNLIMITED, CategoryThrottle, address_key, hit
from numerai.api.models import RateLimitCounter
from numerai.api.tasks import purge_expired

User: Any = get_user_model()

TABLE = [
    ("authentication", "anonymous", 10, 60),
    ("authentication", "free", 10, 60),
    ("authentication", "premium", 20, 60),
    ("user_profile", "free", 30, 60),
    ("user_profile", "premium", 60, 60),
    ("numerology", "anonymous", 10, 60),
    ("numerology", "free", 20, 60),
    ("numerology", "premium", 100, 60),
    ("ai_chat", "free", 20, 3600),
    ("ai_chat", "premium", 300, 86400),
    ("daily_reading", "free", 10, 60),
    ("daily_reading", "premium", 30, 60),
    ("other", "anonymous", 10, 60),
    ("other", "free", 100, 60),
    ("other", "premium", 100, 60),
]


@pytest.mark.parametrize(("category", "tier", "limit", "window"), TABLE)
def test_the_published_table(category: str, tier: str, limit: int, window: int) -> None:
    rule = CATEGORIES[category].rule_for(tier)
    assert (rule.limit, rule.window) == (limit, window)


def test_fair_use_of_the_chat_has_a_code_of_its_own() -> None:
    assert CATEGORIES["ai_chat"].premium.error.code == "AI_FAIR_USE_REACHED"


def test_the_eleventh_of_ten_is_refused() -> None:
    key = f"user:{uuid4()}"
    verdicts = [hit("numerology", key, "anonymous") for _ in range(11)]
    assert [verdict.allowed for verdict in verdicts] == [True] * 10 + [False]
    assert [verdict.remaining for verdict in verdicts] == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0]
    assert 0 < verdicts[-1].retry_after <= 60


def test_of_fifty_at_once_exactly_ten_pass() -> None:
    key = f"user:{uuid4()}"
    start = threading.Barrier(50)

    def one(_: int) -> bool:
        start.wait()
        return hit("numerology", key, "anonymous").allowed

    with ThreadPoolExecutor(50) as pool:
        assert sum(pool.map(one, range(50))) == 10


def test_callers_and_categories_are_counted_apart() -> None:
    key = f"user:{uuid4()}"
    for _ in range(10):
        hit("numerology", key, "anonymous")
    assert hit("other", key, "anonymous").remaining == 9
    assert hit("numerology", f"user:{uuid4()}", "anonymous").remaining == 9


def test_the_window_slides() -> None:
    """A request counts for exactly the window: one that is older leaves, one that is younger stays."""
    name = f"numerai:limit:test:{uuid4()}"
    with redis.Redis.from_url(django_settings.REDIS_URL) as client:
        seconds, micro = client.time()
        now = seconds * 1_000_000 + micro
        client.zadd(name, {"old": now - 60_500_000, "young": now - 30_000_000})
        allowed, remaining, wait = valkey.run(limits.SLIDING_WINDOW, keys=[name], args=[2, 60_000_000])
    assert (allowed, remaining) == (1, 0)
    assert 29_000_000 < wait <= 30_000_000


def test_the_key_of_a_caller_goes_away_by_itself() -> None:
    key = f"user:{uuid4()}"
    hit("numerology", key, "free")
    with redis.Redis.from_url(django_settings.REDIS_URL) as client:
        assert 0 < client.pttl(f"numerai:limit:numerology:{key}") <= 60_000


# Over HTTP


@pytest.mark.urls("numerai.tests.addresses")
@pytest.mark.django_db
def test_every_limited_answer_tells_the_limit(api: Client, fresh_limits: None) -> None:
    before = time.time()
    answer = api.get("/api/test/limited")
    assert (answer["X-RateLimit-Limit"], answer["X-RateLimit-Remaining"]) == ("10", "9")
    assert before + 59 <= int(answer["X-RateLimit-Reset"]) <= time.time() + 62
    failed = api.post("/api/test/limited")
    assert (failed.status_code, failed["X-RateLimit-Remaining"]) == (500, "8")


@pytest.mark.urls("numerai.tests.addresses")
@pytest.mark.django_db
def test_too_many_requests_are_told_when_to_come_back(api: Client, fresh_limits: None) -> None:
    answers = [api.get("/api/test/limited") for _ in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    refused = answers[-1]
    assert refused.json()["error"]["code"] == "RATE_LIMITED"
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert refused["X-RateLimit-Remaining"] == "0"


@pytest.mark.urls("numerai.tests.addresses")
@pytest.mark.django_db
def test_a_member_is_counted_by_account_and_tier(
    api: Client, fresh_limits: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, bob = User.objects.create_user("ada@example.com"), User.objects.create_user("bob@example.com")
    ada.refresh_from_db()
    bob.refresh_from_db()
    monkeypatch.setattr(hooks, "_tier_source", lambda user_id: "premium" if user_id == bob.pk else "free")
    assert api.get("/api/test/limited", headers={"Authorization": str(ada.pk)})["X-RateLimit-Limit"] == "20"
    answer = api.get("/api/test/limited", headers={"Authorization": str(bob.pk)})
    assert (answer["X-RateLimit-Limit"], answer["X-RateLimit-Remaining"]) == ("100", "99")


def test_a_member_who_brings_a_tier_is_not_asked_about(monkeypatch: pytest.MonkeyPatch, fresh_limits: None) -> None:
    monkeypatch.setattr(hooks, "_tier_source", lambda user_id: pytest.fail("asked for a tier that was known"))
    member = SimpleNamespace(pk=uuid4(), is_authenticated=True, tier="premium")
    view = SimpleNamespace(rate_limit_category="numerology", headers={})
    request: Any = SimpleNamespace(user=member)
    assert CategoryThrottle().allow_request(request, view)
    assert view.headers["X-RateLimit-Limit"] == "100"


@pytest.mark.urls("numerai.tests.addresses")
def test_keys_in_valkey_hold_no_address(api: Client, fresh_limits: None) -> None:
    api.get("/api/test/limited", REMOTE_ADDR="203.0.113.77")
    with redis.Redis.from_url(django_settings.REDIS_URL) as client:
        keys = [key.decode() for key in client.scan_iter("numerai:limit:numerology:ip:*")]
    assert len(keys) == 1
    assert "203.0" not in keys[0]


def _views(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _views(entry, route)
        elif isinstance(entry, URLPattern):
            yield route, entry.callback


def test_every_address_of_the_api_has_a_known_category() -> None:
    known = {*CATEGORIES, UNLIMITED}
    views = {route: view for route, view in _views(get_resolver()) if route.startswith("api/")}
    categories = {
        route: getattr(getattr(view, "cls", None), "rate_limit_category", None) for route, view in views.items()
    }
    assert {route: category for route, category in categories.items() if category not in known} == {}
    assert categories["api/v1/numerology/calculate"] == "numerology"


def test_nothing_below_v1_is_unlimited() -> None:
    unlimited = [
        route
        for route, view in _views(get_resolver())
        if route.startswith("api/v1/") and view.cls.rate_limit_category == UNLIMITED
    ]
    assert unlimited == []


# Whose address


def _request(remote: str, forwarded: str = "") -> HttpRequest:
    request = HttpRequest()
    request.META["REMOTE_ADDR"] = remote
    request.META |= {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}
    return request


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "198.51.100.1", "10.0.0.1"),
        (1, "", "10.0.0.1"),
        (1, "198.51.100.1", "198.51.100.1"),
        (1, "6.6.6.6, 198.51.100.1", "198.51.100.1"),
        (2, "6.6.6.6, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        (3, "198.51.100.1, 10.0.0.2", "198.51.100.1"),
        (1, "198.51.100.1:4711", "198.51.100.1"),
        (1, "[2001:db8::1]:443", "2001:db8::1"),
        (1, "::ffff:198.51.100.1", "198.51.100.1"),
        (1, "nonsense", "10.0.0.1"),
    ],
)
def test_forwarded_addresses_are_believed_as_far_as_our_proxies_wrote_them(
    settings: Any, proxies: int, forwarded: str, expected: str
) -> None:
    settings.TRUSTED_PROXIES = proxies
    assert str(client_ip(_request("10.0.0.1", forwarded))) == expected


def test_an_ipv6_caller_is_the_network_it_holds() -> None:
    assert network_of(client_ip(_request("2001:db8:1:2:3::4"))) == "2001:db8:1:2::/64"
    assert address_key(_request("2001:db8:1:2:3::4")) == address_key(_request("2001:db8:1:2::9"))
    assert address_key(_request("2001:db8:1:2:3::4")) != address_key(_request("2001:db8:1:3::4"))


def test_an_unknown_address_is_one_caller() -> None:
    assert network_of(client_ip(_request(""))) == "unknown"


# Without Valkey


@pytest.fixture
def valkey_down(settings: Any) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        settings.REDIS_URL = f"redis://127.0.0.1:{free.getsockname()[1]}/0"


@pytest.fixture
def valkey_hanging(settings: Any) -> Iterator[None]:
    """A server that takes connections and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        settings.REDIS_URL = f"redis://127.0.0.1:{listener.getsockname()[1]}/0"
        yield


def test_without_valkey_requests_pass_with_one_warning(valkey_down: None, caplog: pytest.LogCaptureFixture) -> None:
    key = f"user:{uuid4()}"
    verdicts = [hit("numerology", key, "anonymous") for _ in range(30)]
    assert all(verdict.allowed for verdict in verdicts)
    assert [(record.levelname, record.name) for record in caplog.records] == [("WARNING", "numerai.valkey")]


def test_a_hanging_valkey_costs_one_timeout(valkey_hanging: None) -> None:
    key = f"user:{uuid4()}"
    hit("numerology", key, "anonymous")
    assert valkey.fuse.is_blown()
    with pytest.raises(valkey.ValkeyPaused):
        valkey.run(limits.SLIDING_WINDOW, keys=["x"], args=[1, 1])


@pytest.mark.django_db
@pytest.mark.parametrize("category", ["authentication", "ai_chat"])
def test_without_valkey_a_strict_category_is_counted_in_the_database(valkey_down: None, category: str) -> None:
    key = f"user:{uuid4()}"
    limit = CATEGORIES[category].free.limit
    verdicts = [hit(category, key, "free") for _ in range(limit + 2)]
    assert sum(verdict.allowed for verdict in verdicts) == limit
    assert 0 < verdicts[-1].retry_after <= CATEGORIES[category].free.window
    assert RateLimitCounter.objects.get().hits == limit + 2


@pytest.mark.django_db(transaction=True)
def test_of_fifty_at_once_exactly_ten_pass_in_the_database(valkey_down: None) -> None:
    key = f"user:{uuid4()}"
    start = threading.Barrier(50)

    def one(_: int) -> bool:
        start.wait()
        try:
            return hit("authentication", key, "free").allowed
        finally:
            connection.close()

    with ThreadPoolExecutor(50) as pool:
        assert sum(pool.map(one, range(50))) == 10


@pytest.mark.django_db
def test_a_new_window_starts_from_one(valkey_down: None) -> None:
    hit("authentication", "user:x", "free")
    RateLimitCounter.objects.update(hits=99, window_start="2020-01-01T00:00:00Z")
    assert hit("authentication", "user:x", "free").remaining == 9


@pytest.mark.django_db
def test_old_counters_are_purged() -> None:
    RateLimitCounter.objects.create(key="x", window_start="2020-01-01T00:00:00Z", hits=1)
    purge_expired()
    assert not RateLimitCounter.objects.exists()
