"""For tests: every answer under /api/v1/ must be one that the OpenAPI description promises."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

PREFIX = "/api/v1/"


@lru_cache(maxsize=1)
def openapi() -> dict[str, Any]:
    """Return the description of the API as it is served."""
    schema: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return json.loads(json.dumps(schema, default=str))  # type: ignore[no-any-return]


def check_response(method: str, response: Any) -> None:
    """Fail unless the description of this operation has this status, headers and body.

    Addresses that do not exist are in no description; nor are OPTIONS and methods that an address does not take.
    """
    match = getattr(response, "resolver_match", None)
    if match is None or method in ("OPTIONS", "HEAD"):
        return
    described = openapi()["paths"].get(_path_of(match.route), {}).get(method.lower())
    if described is None:
        # Strangers and API keys are refused before the method is looked at.
        assert response.status_code in (401, 403, 405), f"{method} {match.route} is not described"  # noqa: S101
        return
    promised = described["responses"].get(str(response.status_code))
    assert promised is not None, f"{method} {match.route} does not promise {response.status_code}"  # noqa: S101
    missing = [name for name in promised.get("headers", {}) if name not in response.headers]
    assert not missing, f"{method} {match.route} promises the headers {missing}"  # noqa: S101
    media = promised.get("content", {}).get("application/json")
    if media is None and promised.get("content"):
        assert response.headers["Content-Type"] in promised["content"]  # noqa: S101 - a file
        return
    if media is None:
        assert not response.content  # noqa: S101
        return
    schema = media["schema"] | {"components": openapi()["components"]}
    jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker()).validate(response.json())


def _path_of(route: str) -> str:
    """Return a Django route the way OpenAPI writes it: `items/<uuid:id>` as `/items/{id}`."""
    parts = []
    for part in route.split("/"):
        parts.append("{" + part[1:-1].rpartition(":")[2] + "}" if part.startswith("<") else part)
    return "/" + "/".join(parts)


@pytest.fixture(autouse=True)
def _every_response_is_as_described(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check what Django's and DRF's test clients get from the API, in every test of every app."""
    original = Client.request

    def checked(self: Client, **request: Any) -> Any:
        response = original(self, **request)
        if str(request.get("PATH_INFO", "")).startswith(PREFIX):
            check_response(str(request.get("REQUEST_METHOD", "GET")), response)
        return response

    monkeypatch.setattr(Client, "request", checked)
