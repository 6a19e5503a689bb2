from __future__ import annotations

import asyncio
from typing import Any

import pytest
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpResponse
from django.test import AsyncClient, Client, RequestFactory

from numerai.api.app_version import MinimumAppVersionMiddleware, parse_version

ADDRESS = "/api/v1/numerology/systems"


@pytest.fixture
def minimum(settings: Any) -> None:
    settings.MINIMUM_APP_VERSION = "2.3.1"


@pytest.mark.parametrize("version", ["2.3.0", "2.3", "1.99.99", "0.0.1", "2.2.10"])
def test_an_app_below_the_minimum_is_told_to_be_updated(minimum: None, api: Client, version: str) -> None:
    answer = api.get(ADDRESS, headers={"User-Agent": f"NumerAI/{version} (iPhone; iOS 19.0)"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (426, "UPGRADE_REQUIRED")
    assert answer.json()["meta"]["request_id"] == answer["X-Request-ID"]


@pytest.mark.parametrize(
    "user_agent",
    [
        "NumerAI/2.3.1 (iPhone; iOS 19.0)",
        "NumerAI/2.4",
        "NumerAI/10.0.0",
        "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0",
        "Another NumerAI/1.0.0",
        "NumerAI/1.0.0.0.0",
        "NumerAI/one.two",
        "",
    ],
)
def test_newer_apps_and_all_other_callers_pass(minimum: None, api: Client, user_agent: str) -> None:
    assert api.get(ADDRESS, headers={"User-Agent": user_agent}).status_code == 200


def test_pages_are_for_every_version(minimum: None, api: Client) -> None:
    assert api.get("/account/deletion", headers={"User-Agent": "NumerAI/1.0.0"}).status_code == 200


def test_the_same_under_asgi(minimum: None) -> None:
    answer = asyncio.run(AsyncClient().get(ADDRESS, headers={"User-Agent": "NumerAI/1.0.0"}))
    assert answer.status_code == 426


def test_without_a_minimum_no_request_passes_through_it(settings: Any) -> None:
    settings.MINIMUM_APP_VERSION = ""
    with pytest.raises(MiddlewareNotUsed):
        MinimumAppVersionMiddleware(lambda request: HttpResponse())


def test_a_body_of_an_old_app_is_not_read(settings: Any) -> None:
    settings.MINIMUM_APP_VERSION = "2.0"

    def passed_on(request: Any) -> HttpResponse:
        raise AssertionError

    request = RequestFactory(headers={"User-Agent": "NumerAI/1.0"}).post("/api/v1/auth/login", b"{", "application/json")
    assert MinimumAppVersionMiddleware(passed_on)(request).status_code == 426  # type: ignore[union-attr]


def test_a_version_has_two_or_three_numbers() -> None:
    assert [parse_version(text) for text in ("2.3.1", "2.3", "2", "2.3.1.4", "v2.3", "")] == [
        (2, 3, 1), (2, 3, 0), None, None, None, None,
    ]  # fmt: skip
