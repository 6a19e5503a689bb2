"""The JSON that the API reads: JSON that means one thing only."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

from rest_framework.parsers import JSONParser

from numerai.api.exceptions import InvalidInput, MalformedJson, UnsupportedMediaType
from numerai.api.validation import NO_FIELD, safe_field_name

MAX_DEPTH = 32


class StrictJsonParser(JSONParser):
    """JSON in UTF-8 without duplicate keys, NaN, numbers beyond 64 bits, NUL, lone surrogates or deep nesting.

    Each of these is read differently by different programs, or fails later, inside PostgreSQL or while answering.
    """

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        request = (parser_context or {}).get("request")
        charset = getattr(request, "content_params", {}).get("charset", "utf-8")
        if charset.lower().replace("_", "-") not in ("utf-8", "utf8", "us-ascii"):
            raise UnsupportedMediaType
        return parse_json(stream.read())


def parse_json(raw: bytes) -> Any:
    """Return the value, or raise MalformedJson, or InvalidInput naming the field that holds forbidden characters."""
    try:
        value = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_constant=_no_constant,
            parse_float=_finite,
            parse_int=_64_bits,
        )
    except (ValueError, RecursionError):
        # No chained cause: its text quotes the body.
        raise MalformedJson from None
    fields: dict[str, list[str]] = {}
    for path, depth, text in _strings(value):
        if depth > MAX_DEPTH:
            raise MalformedJson(f"The body is nested more than {MAX_DEPTH} levels deep.")
        if any(character == "\x00" or "\ud800" <= character <= "\udfff" for character in text):
            fields[path or NO_FIELD] = ["NUL and unpaired surrogate characters are not allowed."]
    if fields:
        raise InvalidInput(fields)
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("duplicate key")
    return value


def _no_constant(name: str) -> float:
    raise ValueError("not a JSON number")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("not a finite number")
    return number


def _64_bits(digits: str) -> int:
    number = int(digits)
    if not -(1 << 63) <= number < 1 << 63:
        raise ValueError("beyond 64 bits")
    return number


def _strings(value: Any) -> Iterator[tuple[str, int, str]]:
    """Yield (path, depth, text) of every string and key, and (path, depth, "") of every container."""
    waiting: list[tuple[str, int, Any]] = [("", 0, value)]
    while waiting:
        path, depth, item = waiting.pop()
        if isinstance(item, str):
            yield path, depth, item
        elif isinstance(item, dict):
            yield path, depth + 1, ""
            for key, inner in item.items():
                step = safe_field_name(key)
                yield path, depth, key
                waiting.append((f"{path}.{step}" if path else step, depth + 1, inner))
        elif isinstance(item, list):
            yield path, depth + 1, ""
            waiting.extend(
                (f"{path}.{index}" if path else str(index), depth + 1, inner) for index, inner in enumerate(item)
            )
