"""What beat asks for, and what services queue by name, exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from numerai.celery import app

ROOT = Path(__file__).resolve().parents[2]
QUEUED = sorted(
    {
        name
        for file in ROOT.glob("*/services/*.py")
        for name in re.findall(r'run_on_commit\(\s*"([^"]+)"', file.read_text())
    }
)


@pytest.fixture(scope="module", autouse=True)
def _tasks_are_known() -> None:
    app.loader.import_default_modules()


@pytest.mark.parametrize("entry", app.conf.beat_schedule)
def test_beat_asks_for_tasks_that_exist(entry: str) -> None:
    assert app.conf.beat_schedule[entry]["task"] in app.tasks


@pytest.mark.parametrize("name", QUEUED)
def test_services_queue_tasks_that_exist(name: str) -> None:
    assert name in app.tasks


def test_there_are_such_services() -> None:
    assert "authentication.tasks.make_export" in QUEUED
