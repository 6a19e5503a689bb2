"""OpenAPI that says what is served: every answer in its envelope, every error an operation can give."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import OpenApiParameter

from numerai.api.codes import ERROR_CODES
from numerai.api.envelope import JSON
from numerai.api.limits import UNLIMITED

META = {
    "type": "object",
    "required": ["timestamp", "request_id"],
    "properties": {
        "timestamp": {"type": "string", "format": "date-time"},
        "request_id": {"type": "string", "maxLength": 64},
    },
}
ERROR_ENVELOPE = {
    "type": "object",
    "required": ["success", "error", "meta"],
    "properties": {
        "success": {"type": "boolean", "const": False},
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {
                "code": {
                    "type": "string",
                    "description": "Stable. All codes are listed in the documentation of the API.",
                    "pattern": "^[A-Z][A-Z0-9_]+$",
                },
                "message": {"type": "string", "description": "For people; may be reworded."},
                "details": {
                    "type": "object",
                    "properties": {
                        "fields": {
                            "type": "object",
                            "description": "For each field at fault, what would be accepted.",
                            "additionalProperties": {"type": "array", "items": {"type": "string"}},
                        }
                    },
                },
            },
        },
        "meta": {"$ref": "#/components/schemas/Meta"},
    },
}
_RATE_LIMIT_HEADERS = {
    "X-RateLimit-Limit": "How many requests the window takes.",
    "X-RateLimit-Remaining": "How many are left.",
    "X-RateLimit-Reset": "When the next place becomes free, in epoch seconds.",
}
_WITH_BODY = ("POST", "PUT", "PATCH")


def _headers(names: dict[str, str]) -> dict[str, Any]:
    return {name: {"schema": {"type": "integer"}, "description": text} for name, text in names.items()}


def copy_schema(result: Any, **_: Any) -> Any:
    """Give the hooks after this one a copy: they write into the schemas that views hand in, once for all requests."""
    return deepcopy(result)


class EnvelopeAutoSchema(AutoSchema):
    """Describes what a view returns, wrapped as EnvelopeRenderer wraps it, and the errors that the layers add."""

    def _takes_body(self) -> bool:
        return self.method in _WITH_BODY or self.method in getattr(self.view, "methods_with_body", ())

    def _get_request_body(self, direction: Any = "request") -> Any:
        """Describe the body of a DELETE too, where the view says that it takes one."""
        method = self.method
        if self._takes_body():
            self.method = "POST"
        try:
            return super()._get_request_body(direction)  # type: ignore[no-untyped-call]
        finally:
            self.method = method

    def _get_response_bodies(self, direction: Any = "response") -> Any:
        self._register("Meta", META)
        self._register("ErrorEnvelope", ERROR_ENVELOPE)
        for name, schema in getattr(self.view, "schema_components", {}).items():
            self._register(name, schema)
        responses = super()._get_response_bodies(direction)
        limited = getattr(self.view, "rate_limit_category", UNLIMITED) != UNLIMITED
        for code, response in responses.items():
            if code.startswith("2"):
                self._wrap(response)
                if limited:
                    response.setdefault("headers", {}).update(_headers(_RATE_LIMIT_HEADERS))
        for status in self._error_statuses(limited):
            responses.setdefault(str(status), self._error(status, limited))
        return dict(sorted(responses.items()))

    def _wrap(self, response: dict[str, Any]) -> None:
        for media_type, media in response.get("content", {}).items():
            if media_type != JSON:
                continue  # A file is served as it is.
            data, pagination = media["schema"], None
            if self._is_list_view() and self._get_paginator():  # type: ignore[no-untyped-call]
                component = self._resolved(data)
                data, pagination = component["properties"]["items"], component["properties"]["pagination"]
            properties = {"success": {"type": "boolean", "const": True}, "data": data}
            if pagination:
                properties["pagination"] = pagination
            properties["meta"] = {"$ref": "#/components/schemas/Meta"}
            media["schema"] = {"type": "object", "required": list(properties), "properties": properties}
            for example in media.get("examples", {}).values():
                if "success" not in example.get("value", {}):
                    example["value"] = {
                        "success": True,
                        "data": example["value"],
                        "meta": {"timestamp": "2026-01-31T07:00:00.000Z", "request_id": "0f8c6c1b5f6b4d0e9d6d"},
                    }

    def _resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return what a reference to a list component stands for."""
        if "$ref" not in schema:
            return schema
        name = schema["$ref"].rsplit("/", 1)[-1]
        component: dict[str, Any] = self.registry[(name, ResolvedComponent.SCHEMA)].schema
        return component

    def _error_statuses(self, limited: bool) -> list[int]:
        statuses = [400, 404, 405, 406, 426, 500]
        if self._takes_body():
            statuses += [411, 413, 415]
        if self.get_auth() and self.view.authentication_classes:
            statuses += [401, 403]
        if getattr(getattr(self.view, self.method.lower(), None), "takes_idempotency_key", False):
            statuses.append(409)
        if limited:
            statuses.append(429)
        return statuses + list(getattr(self.view, "extra_error_statuses", ()))

    def _error(self, status: int, limited: bool) -> dict[str, Any]:
        codes = [code for code, (of, _) in ERROR_CODES.items() if of == status]
        # The size of a body and the address are judged before anything is counted.
        headers = _headers(_RATE_LIMIT_HEADERS) if limited and status == 429 else {}
        if status in (429, 503):
            headers |= _headers({"Retry-After": "Seconds to wait."})
        described = {"description": ", ".join(codes)} | ({"headers": headers} if headers else {})
        return described | {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorEnvelope"}}}}

    def get_override_parameters(self) -> list[Any]:
        if not getattr(getattr(self.view, self.method.lower(), None), "takes_idempotency_key", False):
            return []
        return [
            OpenApiParameter(
                "Idempotency-Key",
                {"type": "string", "minLength": 1, "maxLength": 255},
                OpenApiParameter.HEADER,
                description="Any text of your own, new for each new request; sent again, the answer is the same.",
            )
        ]

    def _register(self, name: str, schema: dict[str, Any]) -> None:
        component = ResolvedComponent(  # type: ignore[no-untyped-call]
            name=name, type=ResolvedComponent.SCHEMA, schema=schema, object=name
        )
        self.registry.register_on_missing(component)
