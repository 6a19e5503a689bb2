import json
import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from numerai.api.codes import ERROR_CODES
from numerai.api.envelope import encode, encode_plain

pytestmark = [pytest.mark.urls("numerai.tests.addresses"), pytest.mark.django_db]


def post(client: Client, body: Any, content_type: str = "application/json", **headers: Any) -> Any:
    raw = body if isinstance(body, (bytes, str)) else json.dumps(body)
    return client.post("/api/test/validating", raw, content_type=content_type, **headers)


def test_success_has_data_and_meta(api: Client) -> None:
    answer = api.get("/api/test/plain", headers={"X-Request-ID": "abc.1"})
    body = answer.json()
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    assert list(body) == ["success", "data", "meta"]
    assert (body["success"], body["data"], body["meta"]["request_id"]) == (True, {"a": 1}, "abc.1")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", body["meta"]["timestamp"])


def test_plain_data_is_the_same_bytes_written_the_quick_way() -> None:
    plain = {
        "name": 'Zoë \u2028 Ωmega "x" \x07',
        "numbers": [0, -7, 2**53, 10**18],
        "none": None,
        "is": [True, False, {}],
    }
    assert encode_plain(plain) == encode(plain)


@pytest.mark.parametrize(
    "value", [date(2026, 1, 2), Decimal(1), {1: 2}, {"a"}, b"a", object()], ids=lambda value: type(value).__name__
)
def test_what_is_not_plain_is_not_written_the_quick_way(value: Any) -> None:
    with pytest.raises(TypeError):
        encode_plain({"a": value})


def test_an_answer_without_content_stays_empty(api: Client) -> None:
    answer = api.delete("/api/test/plain")
    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [
        ("not-found", 404, "NOT_FOUND"),
        ("denied", 403, "PERMISSION_DENIED"),
        ("suspicious", 500, "INTERNAL_ERROR"),
        ("conflict", 409, "CONFLICT"),
        ("limited", 429, "RATE_LIMITED"),
        ("unavailable", 503, "SERVICE_UNAVAILABLE"),
        ("unexpected", 500, "INTERNAL_ERROR"),
    ],
)
@pytest.mark.parametrize("debug", [True, False])
def test_every_failure_has_its_code_in_the_envelope(
    api: Client, settings: Any, failure: str, status: int, code: str, debug: bool
) -> None:
    settings.DEBUG = debug
    answer = api.get(f"/api/test/failing/{failure}")
    body = answer.json()
    assert (answer.status_code, body["success"], body["error"]["code"]) == (status, False, code)
    assert body["meta"]["request_id"] == answer["X-Request-ID"]
    assert "Lovelace" not in answer.content.decode()


def test_details_of_a_failure_are_told(api: Client) -> None:
    assert api.get("/api/test/failing/conflict").json()["error"]["details"] == {"reason": "taken"}


def test_a_wait_is_rounded_up_in_retry_after(api: Client) -> None:
    assert api.get("/api/test/failing/limited")["Retry-After"] == "2"


def test_several_fields_are_named_at_once(api: Client) -> None:
    answer = post(api, {"items": [1, "x"], "inner": {"day": "tomorrow"}})
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "VALIDATION_ERROR"
    assert set(answer.json()["error"]["details"]["fields"]) == {"name", "colour", "items.1", "inner.day"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"colour": "Lovelace"},
        {"many": ["Lovelace"]},
        {"many": "Lovelace"},
        {"id": "Lovelace"},
        {"user": "Lovelace"},
        {"user": "01890000-0000-7000-8000-00000000dead"},
        {"address": "Lovelace"},
        {"items": "Lovelace"},
        {"items": ["Lovelace"]},
        {"table": {"Lovelace, Ada": "x"}},
        {"table": "Lovelace"},
        {"inner": "Lovelace"},
        {"inner": {"day": "Lovelace"}},
    ],
)
def test_no_value_sent_is_repeated(api: Client, wrong: dict[str, Any]) -> None:
    answer = post(api, {"name": "x", "colour": "red"} | wrong)
    assert answer.status_code == 400
    assert "Lovelace" not in answer.content.decode()
    assert "dead" not in answer.content.decode()


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff\xfe",
        b'{"name": NaN}',
        b'{"name": Infinity}',
        b'{"name": 1e999}',
        b'{"name": "a", "name": "b"}',
        b'{"name": ' + b"9" * 5000 + b"}",
        b"[" * 100_000,
        b"[" * 500 + b"]" * 500,
        b'{"a":' * 40 + b"1" + b"}" * 40,
        b'{"name": "a\x00b"}',
    ],
)
def test_ambiguous_or_broken_json_is_malformed(api: Client, body: bytes) -> None:
    answer = post(api, body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "MALFORMED_JSON")


@pytest.mark.parametrize("text", [r"a\u0000b", r"\ud800", r"x\udfffy"])
def test_characters_that_cannot_be_stored_are_refused_by_field(api: Client, text: str) -> None:
    answer = post(api, '{"colour": "red", "inner": {"day": "%s"}}' % text)  # noqa: UP031
    assert answer.status_code == 400
    assert list(answer.json()["error"]["details"]["fields"]) == ["inner.day"]


def test_a_forbidden_character_in_a_key_is_refused_without_repeating_it(api: Client) -> None:
    answer = post(api, r'{"Lovelace\u0000": 1}')
    assert answer.status_code == 400
    assert "Lovelace" not in answer.content.decode()


@pytest.mark.parametrize("body", [[], [1], '"text"', 5, None, True])
def test_a_body_that_is_no_object_is_refused(api: Client, body: Any) -> None:
    answer = post(api, body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "VALIDATION_ERROR")


def test_a_huge_number_is_no_server_error(api: Client) -> None:
    assert post(api, b'{"name": "x", "colour": "red", "items": [' + b"9" * 4000 + b"]}").status_code == 400


def test_an_emoji_is_plain_text(api: Client) -> None:
    assert post(api, r'{"name": "\ud83d\ude00", "colour": "red"}').json()["data"] == {"name": "😀"}


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "multipart/form-data; boundary=x"])
def test_another_content_type_is_unsupported(api: Client, content_type: str) -> None:
    answer = post(api, "{}", content_type)
    assert (answer.status_code, answer.json()["error"]["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


def test_another_charset_is_unsupported(api: Client) -> None:
    answer = post(api, '{"name": "é"}', "application/json; charset=latin-1")
    assert (answer.status_code, answer.json()["error"]["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


def test_a_wrong_method_is_told_the_right_ones(api: Client) -> None:
    answer = api.put("/api/test/plain")
    assert (answer.status_code, answer.json()["error"]["code"]) == (405, "METHOD_NOT_ALLOWED")
    assert answer["Allow"] == "GET, DELETE, HEAD, OPTIONS"


def test_an_accept_header_without_json_gets_its_refusal_in_json(api: Client) -> None:
    answer = api.get("/api/test/plain", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (406, "NOT_ACCEPTABLE")


@pytest.mark.parametrize("accept", ["*/*", "application/*", "nonsense, */*;q=0.1", "text/html,*/*;q=0.8"])
def test_an_accept_header_that_allows_json_gets_it(api: Client, accept: str) -> None:
    assert api.get("/api/test/plain", headers={"Accept": accept}).status_code == 200


def test_without_a_token_the_scheme_is_named(api: Client) -> None:
    answer = api.get("/api/test/private")
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "NOT_AUTHENTICATED")
    assert answer["WWW-Authenticate"] == "Bearer"


def test_head_is_get_without_a_body(api: Client) -> None:
    answer = api.head("/api/test/plain")
    assert (answer.status_code, answer.content) == (200, b"")


def test_options_tells_the_methods(api: Client) -> None:
    answer = api.options("/api/test/plain")
    assert (answer.status_code, answer.json()["success"]) == (200, True)
    assert answer["Allow"] == "GET, DELETE, HEAD, OPTIONS"


@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/nowhere", 404, "NOT_FOUND"),
        ("/health/nowhere", 404, "NOT_FOUND"),
        ("/api/test/html-error", 403, "PERMISSION_DENIED"),
        ("/api/test/crash", 500, "INTERNAL_ERROR"),
    ],
)
def test_no_error_page_under_the_api(
    api: Client, settings: Any, path: str, status: int, code: str, debug: bool
) -> None:
    settings.DEBUG = debug
    answer = api.get(path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert "Lovelace" not in answer.content.decode()


def test_errors_elsewhere_are_plain_text(api: Client) -> None:
    answer = api.get("/pages/crash")
    assert (answer.status_code, answer["Content-Type"]) == (500, "text/plain; charset=utf-8")


@pytest.mark.parametrize("debug", [True, False])
def test_an_unknown_host_is_refused_in_the_envelope(api: Client, settings: Any, debug: bool) -> None:
    settings.DEBUG = debug
    answer = api.get("/api/test/plain", headers={"Host": "evil.example"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BAD_REQUEST")


def test_a_csrf_failure_is_told_in_the_envelope(settings: Any) -> None:
    answer = Client(enforce_csrf_checks=True).post("/api/test/form", {"a": "b"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "PERMISSION_DENIED")


@pytest.mark.parametrize("debug", [True, False])
def test_a_body_over_djangos_own_limit_is_too_large(api: Client, settings: Any, debug: bool) -> None:
    settings.DEBUG = debug
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    answer = api.post("/api/test/body", "x" * 50, content_type="text/plain")
    assert answer.status_code in (400, 413)
    assert answer.json()["success"] is False


def test_every_code_is_upper_snake_with_a_message() -> None:
    wrong = [code for code, (_, text) in ERROR_CODES.items() if not re.fullmatch("[A-Z][A-Z_]+", code) or not text]
    assert wrong == []
    assert 422 not in {status for status, _ in ERROR_CODES.values()}
