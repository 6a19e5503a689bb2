"""How the tests of the endpoints ask, and what they read from an answer."""

import json
import re
from typing import Any

from django.test import Client


def post(api: Client, url: str, body: Any, **headers: str) -> Any:
    return api.post(url, json.dumps(body), content_type="application/json", headers=headers)


def fields_at_fault(answer: Any) -> dict[str, list[str]]:
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "VALIDATION_ERROR")
    fields: dict[str, list[str]] = answer.json()["error"]["details"]["fields"]
    return fields


# What is made by us for each request, and has any four digits in it now and then.
_OURS = re.compile(r'"request_id": ?"[0-9a-f]{32}"|"timestamp": ?"20[0-9T:.-]+Z"')


def assert_nothing_personal(written: str) -> None:
    assert '"event": "request"' in written
    written = _OURS.sub("", written)
    assert "Lovelace" not in written
    assert "LOVELACE" not in written
    assert "1815" not in written
