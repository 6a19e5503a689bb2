"""The README's first request gives the answer that the README shows."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from django.core.management import get_commands

README = (Path(__file__).resolve().parents[1] / "README.md").read_text()


def test_the_first_request_answers_as_shown(client):
    path = re.search(r"curl -s http://127\.0\.0\.1:8000(\S+)", README).group(1)
    body = re.search(r"-d '(.*)'", README).group(1)
    shown = json.loads("{" + re.search(r'"life_path": \{.*?\]\}\n', README, re.DOTALL).group(0) + "}")
    answer = client.post(path, body, content_type="application/json")
    assert answer.status_code == 200
    assert answer.json()["data"]["core"]["life_path"] == shown["life_path"]


def test_every_command_exists():
    named = set(re.findall(r"manage\.py (\w+)", README))
    assert len(named) >= 4
    assert named <= set(get_commands())


def test_every_page_for_development_exists():
    named = re.findall(r"http://127\.0\.0\.1:8000/(dev/\w+)", README)
    addresses = (Path(__file__).resolve().parents[1] / "numerai" / "urls.py").read_text()
    assert len(named) == 2
    assert [name for name in named if f'path("{name}", ' not in addresses] == []


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\((?!http)([^)#]+)", README))))
def test_links_lead_somewhere(link):
    assert (Path(__file__).resolve().parents[1] / link).exists()
