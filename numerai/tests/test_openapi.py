import json
import re
import secrets
from collections.abc import Iterator
from io import StringIO
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import schemathesis
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, settings
from schemathesis.config import SchemathesisConfig

from numerai.api.codes import ERROR_CODES
from numerai.api.testing import check_response, openapi
from numerai.wsgi import application

ROOT = Path(__file__).resolve().parents[2]
CALCULATE = "/api/v1/numerology/calculate"

api_schema = schemathesis.openapi.from_wsgi(
    "/api/schema", application, config=SchemathesisConfig.from_path(ROOT / "script" / "schemathesis.toml")
)


@pytest.mark.django_db
@pytest.mark.usefixtures("one_proxy", "providers")
@api_schema.parametrize()
@settings(
    max_examples=60,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_no_request_gets_a_server_error_or_an_answer_that_is_not_described(case: Any) -> None:
    address = IPv4Address(secrets.randbits(32))  # hypothesis would make random repeat itself
    answer = case.call_and_validate(headers={"X-Forwarded-For": str(address)})
    # Requests that name an account are counted by that as well, wherever they come from.
    assert answer.status_code != 429 or case.path.startswith("/api/v1/auth/")


@pytest.fixture
def one_proxy(settings: Any) -> Iterator[None]:
    settings.TRUSTED_PROXIES = 1
    # As Django's own test client does: the server would close the connection that holds the test's transaction.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def providers(settings: Any) -> None:
    """Switch on what answers 503 without its keys."""
    settings.GOOGLE_CLIENT_IDS = settings.APPLE_CLIENT_IDS = ["fuzz"]
    settings.GOOGLE_BASE_URL = settings.APPLE_BASE_URL = "http://127.0.0.1:1"


def test_the_description_is_valid_and_complete() -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=StringIO())


def test_the_description_is_the_same_whenever_it_is_asked_for() -> None:
    first, second = (SchemaGenerator().get_schema(request=None, public=True) for _ in range(2))
    assert first == second


def test_every_success_is_described_in_its_envelope() -> None:
    answer = openapi()["paths"][CALCULATE]["post"]["responses"]["200"]
    schema = answer["content"]["application/json"]["schema"]
    assert schema["required"] == ["success", "data", "meta"]
    assert schema["properties"]["data"] == {"$ref": "#/components/schemas/BirthChart"}
    assert {"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"} <= set(answer["headers"])


def test_every_error_is_described_by_one_component() -> None:
    responses = openapi()["paths"][CALCULATE]["post"]["responses"]
    errors = {status: response for status, response in responses.items() if status != "200"}
    assert set(errors) == {"400", "401", "403", "404", "405", "406", "411", "413", "415", "426", "429", "500"}
    shapes = {json.dumps(error["content"]["application/json"]["schema"]) for error in errors.values()}
    assert shapes == {'{"$ref": "#/components/schemas/ErrorEnvelope"}'}


class _Answer:
    """An answer of the real address, changed so that it breaks the promise."""

    def __init__(self, answer: Any, **changes: Any) -> None:
        self.resolver_match = answer.resolver_match
        self.headers = changes.get("headers", answer.headers)
        self.status_code = changes.get("status_code", answer.status_code)
        self.content = answer.content
        self._body = changes.get("body", answer.json())

    def json(self) -> Any:
        return self._body


@pytest.fixture
def answer(fresh_limits: None) -> Any:
    body = json.dumps({"name": "Ada Lovelace", "birth_date": "1815-12-10"})
    return Client().post(CALCULATE, body, content_type="application/json")


@pytest.mark.parametrize(
    "path",
    [["success"], ["data", "core"], ["data", "core", "life_path", "value"], ["meta", "request_id"], ["meta"]],
)
def test_the_comparison_notices_a_missing_part(answer: Any, path: list[str]) -> None:
    check_response("POST", answer)
    body = answer.json()
    where = body
    for step in path[:-1]:
        where = where[step]
    del where[path[-1]]
    with pytest.raises(jsonschema.ValidationError):
        check_response("POST", _Answer(answer, body=body))


def test_the_comparison_notices_an_unknown_part_a_status_and_a_header(answer: Any) -> None:
    body = answer.json()
    body["data"]["surprise"] = 1
    with pytest.raises(jsonschema.ValidationError):
        check_response("POST", _Answer(answer, body=body))
    with pytest.raises(AssertionError, match="does not promise 418"):
        check_response("POST", _Answer(answer, status_code=418))
    with pytest.raises(AssertionError, match="promises the headers"):
        check_response("POST", _Answer(answer, headers={}))


def test_the_documentation_lists_exactly_the_codes_that_exist() -> None:
    text = (ROOT / "docs" / "api.md").read_text()
    listed = {
        code: int(status) for code, status in re.findall(r"^\| `([A-Z_]+)` \| (\d{3}) \|", text, flags=re.MULTILINE)
    }
    assert listed == {code: status for code, (status, _) in ERROR_CODES.items()}


def test_the_documented_example_is_what_is_served(fresh_limits: None) -> None:
    text = (ROOT / "docs" / "api.md").read_text()
    sent = re.search(r"-d '(\{[^']*\})'", text)
    answered = re.search(r"```json\n(\{.*\})\n```", text)
    assert sent is not None
    assert answered is not None
    answer = Client().post(CALCULATE, sent.group(1), content_type="application/json")
    assert answer.json()["data"]["core"]["life_path"] == json.loads(answered.group(1))
