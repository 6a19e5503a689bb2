import asyncio
import re
from collections.abc import Iterator
from importlib import reload
from typing import Any

import pytest
from django.test import Client

import numerai.settings
from numerai.api.body import BodySizeLimit

ADDRESSES = pytest.mark.urls("numerai.tests.addresses")


def preflight(api: Client, origin: str, path: str = "/api/v1/numerology/calculate", method: str = "POST") -> Any:
    return api.options(
        path,
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "content-type,idempotency-key",
        },
    )


# Cross-origin requests


def test_a_listed_origin_may_ask(api: Client, settings: Any) -> None:
    settings.CORS_ALLOWED_ORIGINS = ["https://app.example.com"]
    answer = preflight(api, "https://app.example.com")
    assert answer.status_code == 200
    assert answer["Access-Control-Allow-Origin"] == "https://app.example.com"
    assert answer["Access-Control-Allow-Credentials"] == "true"
    assert set(answer["Access-Control-Allow-Methods"].split(", ")) == {
        "DELETE", "GET", "OPTIONS", "PATCH", "POST", "PUT",
    }  # fmt: skip
    assert set(answer["Access-Control-Allow-Headers"].split(", ")) == {
        "authorization", "content-type", "idempotency-key", "if-none-match", "x-request-id",
    }  # fmt: skip
    assert "origin" in answer["Vary"]


def test_a_listed_origin_may_read_our_headers(api: Client, settings: Any) -> None:
    settings.CORS_ALLOWED_ORIGINS = ["https://app.example.com"]
    answer = api.get("/api/nowhere", headers={"Origin": "https://app.example.com"})
    assert set(answer["Access-Control-Expose-Headers"].split(", ")) == {
        "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Retry-After", "ETag", "X-Request-ID",
        "Deprecation", "Sunset",
    }  # fmt: skip


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "https://app.example.com.evil.example",
        "http://app.example.com",
        "https://app.example.com:8443",
        "null",
        "http://localhost:3000",
    ],
)
def test_any_other_origin_may_not(api: Client, settings: Any, origin: str) -> None:
    settings.CORS_ALLOWED_ORIGINS = ["https://app.example.com"]
    answer = preflight(api, origin)
    assert "Access-Control-Allow-Origin" not in answer


def test_pages_are_for_their_own_origin(api: Client, settings: Any) -> None:
    settings.CORS_ALLOWED_ORIGINS = ["https://app.example.com"]
    assert "Access-Control-Allow-Origin" not in preflight(api, "https://app.example.com", "/admin/login/")


@pytest.fixture
def settings_in_debug(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("DEBUG", "on")
    yield reload(numerai.settings)
    monkeypatch.undo()
    reload(numerai.settings)


def test_only_development_lets_localhost_ask(api: Client, settings: Any, settings_in_debug: Any) -> None:
    assert settings.CORS_ALLOWED_ORIGIN_REGEXES == []
    settings.CORS_ALLOWED_ORIGIN_REGEXES = settings_in_debug.CORS_ALLOWED_ORIGIN_REGEXES
    assert preflight(api, "http://localhost:3000")["Access-Control-Allow-Origin"] == "http://localhost:3000"
    assert "Access-Control-Allow-Origin" not in preflight(api, "http://localhost.evil.example")


# Security headers


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/nowhere", "/api/schema", "/api/docs/", "/api/redoc/", "/admin/login/"])
def test_every_answer_carries_the_security_headers(api: Client, path: str) -> None:
    answer = api.get(path)
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "base-uri 'none'" in policy
    # The desk of the staff alone: its pages come with Alpine, which evaluates.
    assert ("unsafe-eval" in policy) == path.startswith("/admin/")
    assert "%(" not in policy
    assert re.search(r"script-src[^;]*unsafe-inline", policy) is None


@pytest.mark.parametrize("path", ["/api/docs/", "/api/redoc/"])
def test_the_pages_that_show_the_api_load_from_this_server_only(api: Client, path: str) -> None:
    answer = api.get(path)
    page = answer.content.decode()
    assert answer["Content-Type"].startswith("text/html")
    assert re.findall(r"<script(?![^>]*src=)", page) == []
    assert re.findall(r"""(?:src|href)=["']https?://""", page) == []
    sources = re.findall(r'src="(/[^"]+)"', page)
    assert len(sources) >= 1


def test_the_script_of_the_swagger_page_is_a_file_of_its_own(api: Client) -> None:
    page = api.get("/api/docs/").content.decode()
    (script,) = re.findall(r'src="(/api/docs/\?[^"]*)"', page)
    answer = api.get(script)
    assert answer["Content-Type"].startswith("application/javascript")
    assert "SwaggerUIBundle" in answer.content.decode()


def test_the_description_is_json_unless_yaml_is_asked_for(api: Client) -> None:
    assert api.get("/api/schema").json()["openapi"].startswith("3.1")
    browser = api.get("/api/schema", headers={"Accept": "text/html,*/*;q=0.8"})
    assert browser.json()["info"]["title"] == "NumerAI"
    assert api.get("/api/schema", headers={"Accept": "application/vnd.oai.openapi"}).content.startswith(b"openapi:")


@pytest.mark.parametrize("path", ["/api/schema", "/api/docs/", "/api/redoc/"])
def test_their_errors_are_in_the_envelope(api: Client, path: str) -> None:
    answer = api.post(path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (405, "METHOD_NOT_ALLOWED")


# The size of bodies


@ADDRESSES
@pytest.mark.parametrize("claimed", ["1048577", "9" * 30, "-1", "abc", "1_0"])
def test_a_length_that_is_too_large_or_none_is_refused_unread(api: Client, claimed: str) -> None:
    answer = api.post("/api/test/validating", "{}", content_type="application/json", CONTENT_LENGTH=claimed)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "PAYLOAD_TOO_LARGE")


@ADDRESSES
def test_the_largest_body_is_taken(api: Client, settings: Any) -> None:
    settings.API_MAX_BODY_BYTES = 100
    start, end = '{"colour": "red", "name": "', '"}'
    body = start + "x" * (100 - len(start) - len(end)) + end
    assert api.post("/api/test/validating", body, content_type="application/json").status_code == 200
    assert api.post("/api/test/validating", body + " ", content_type="application/json").status_code == 413


@ADDRESSES
def test_a_body_in_chunks_needs_a_length(api: Client) -> None:
    answer = api.post(
        "/api/test/validating", "", content_type="application/json", CONTENT_LENGTH="", HTTP_TRANSFER_ENCODING="chunked"
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (411, "LENGTH_REQUIRED")


@ADDRESSES
def test_pages_have_their_own_limit(api: Client, settings: Any) -> None:
    settings.API_MAX_BODY_BYTES = 10
    assert api.post("/pages/body", "x" * 50, content_type="text/plain").content == b"50"


@pytest.mark.parametrize("chunks", [[b"x" * 60, b"x" * 60], [b"x" * 101]])
def test_under_asgi_what_arrives_is_counted_whatever_was_claimed(chunks: list[bytes]) -> None:
    reached: list[str] = []
    sent: list[dict[str, Any]] = []
    waiting = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while (await receive())["more_body"]:
            pass
        reached.append("the end")

    async def receive() -> Any:
        return waiting.pop(0)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {"type": "http", "headers": [(b"content-length", b"1"), (b"x-request-id", b"abc")]}
    asyncio.run(BodySizeLimit(app, limit=100)(scope, receive, send))
    assert reached == []
    assert (sent[0]["status"], dict(sent[0]["headers"])[b"x-request-id"]) == (413, b"abc")
    assert b'"code":"PAYLOAD_TOO_LARGE"' in sent[1]["body"]
