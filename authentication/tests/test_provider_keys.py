"""What becomes of requests when Google or Apple is slow, down, or has new keys."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from authentication.exceptions import ProviderUnavailable
from authentication.provider_keys import KeySet
from authentication.tests.providers import KeyServer, private_key, public_jwk, serve_keys

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def server() -> Iterator[KeyServer]:
    with serve_keys() as served:
        yield served


@pytest.fixture
def keys(server: KeyServer) -> KeySet:
    return KeySet(f"{server.url}/certs")


def test_keys_are_asked_for_once_an_hour(server, keys):
    for minutes in (0, 1, 59):
        found = keys.find("first", now=NOON + minutes * MINUTE)
        assert found.public_numbers() == private_key().public_key().public_numbers()
    assert len(server.asked) == 1
    keys.find("first", now=NOON + 60 * MINUTE)
    assert len(server.asked) == 2


def test_unknown_keys_make_us_look_once_a_minute(server, keys):
    for second in range(0, 60, 5):
        assert keys.find(f"made up {second}", now=NOON + timedelta(seconds=second)) is None
    assert len(server.asked) == 1
    keys.find("made up", now=NOON + MINUTE)
    assert len(server.asked) == 2


def test_a_new_key_is_found_and_an_old_one_forgotten(server, keys):
    keys.find("first", now=NOON)
    server.keys = [public_jwk("second")]
    assert keys.find("second", now=NOON + MINUTE) is not None
    assert keys.find("first", now=NOON + MINUTE) is None


@pytest.mark.parametrize(
    "answer",
    [
        (500, b"no"),
        (302, b""),
        (200, b"not json"),
        (200, b"[]"),
        (200, b"{}"),
        (200, b'{"keys": []}'),
        (200, b'{"keys": 5}'),
        (200, b'{"keys": [{"kty": "RSA"}]}'),
        (200, b'{"keys": [{"kty": "RSA", "kid": "first", "n": "!", "e": "AQAB"}]}'),
        (200, b'{"keys": [{"kty": "EC", "kid": "first"}]}'),
        (200, b" " * 100_001),
    ],
)
def test_what_cannot_be_read_is_an_outage(server, keys, answer):
    server.answer = answer
    with pytest.raises(ProviderUnavailable):
        keys.find("first", now=NOON)


def test_nobody_asks_again_for_ten_seconds_after_a_failure(server, keys):
    server.answer = (500, b"")
    for seconds in (0, 5, 9):
        with pytest.raises(ProviderUnavailable) as refusal:
            keys.find("first", now=NOON + timedelta(seconds=seconds))
        assert refusal.value.headers()["Retry-After"] == "10"
    assert len(server.asked) == 1
    server.answer = None
    assert keys.find("first", now=NOON + timedelta(seconds=10)) is not None


def test_known_keys_outlive_an_outage_of_a_day(server, keys):
    keys.find("first", now=NOON)
    server.answer = (503, b"")
    assert keys.find("first", now=NOON + timedelta(hours=23)) is not None
    # It may be a new key of the provider's, so it is not called wrong.
    with pytest.raises(ProviderUnavailable):
        keys.find("second", now=NOON + timedelta(hours=23))
    with pytest.raises(ProviderUnavailable):
        keys.find("first", now=NOON + timedelta(hours=24))


def test_nothing_listens_there(settings):
    with pytest.raises(ProviderUnavailable):
        KeySet("http://127.0.0.1:1/certs").find("first", now=NOON)


def test_a_stalled_provider_costs_one_time_out(server, keys, settings):
    settings.IDENTITY_PROVIDER_TIMEOUT = 0.2
    server.gate = threading.Event()
    with pytest.raises(ProviderUnavailable):
        keys.find("first", now=NOON)
    with pytest.raises(ProviderUnavailable):
        keys.find("first", now=NOON + timedelta(seconds=1))
    server.gate.set()
    assert len(server.asked) == 1


def at_once(acts: list[Any]) -> list[Any]:
    results: list[Any] = [None] * len(acts)

    def run(number: int) -> None:
        results[number] = acts[number]()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_of_many_who_need_the_first_keys_one_asks(server, keys):
    found = at_once([lambda: keys.find("first", now=NOON)] * 8)
    assert (None in found, len(server.asked)) == (False, 1)


def test_whoever_can_do_without_does_not_wait_for_a_slow_refresh(server, keys):
    keys.find("first", now=NOON)
    server.gate = threading.Event()
    later = NOON + timedelta(hours=2)
    slow = threading.Thread(target=keys.find, args=("first",), kwargs={"now": later})
    slow.start()
    try:
        # The slow one holds the lock until the server answers, which it does only after this.
        while len(server.asked) < 2:
            pass
        assert keys.find("first", now=later) is not None
        assert slow.is_alive()
    finally:
        server.gate.set()
        slow.join()
    assert len(server.asked) == 2
