"""The service worker as it is served; what it does is shown in a real browser (tests/browser/test_push.py)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client

SCRIPT = "/service-worker.js"


def test_it_is_a_script_that_may_serve_every_page_of_ours(client: Client):
    answer = client.get(SCRIPT)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer["Service-Worker-Allowed"] == "/"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert b'addEventListener("push"' in answer.content


def test_browsers_ask_each_time_whether_it_has_changed(client: Client):
    answer = client.get(SCRIPT)
    assert answer["Cache-Control"] == "no-cache"
    again = client.get(SCRIPT, headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get(SCRIPT, headers={"If-None-Match": '"another"'}).status_code == 200


def test_it_may_ask_our_api_and_nothing_else(client: Client):
    policy = {part.strip() for part in client.get(SCRIPT)["Content-Security-Policy"].split(";")}
    assert policy == {"default-src 'none'", "connect-src 'self'"}


@pytest.mark.parametrize("forbidden", [r"\beval\b", r"\bnew Function\b", r"importScripts", r"https?://"])
def test_it_runs_no_text_and_knows_no_other_server(forbidden: str):
    script = Path(__file__).resolve().parents[1] / "static" / "notifications" / "service-worker.js"
    assert not re.search(forbidden, script.read_text())
