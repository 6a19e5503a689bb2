"""Two real processes that serve while texts change: one version, one ETag, one text, whoever answers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from authentication.tests.factories import make_staff
from core.models import ContentEntry
from core.services.content import publish_draft, save_draft
from core.tests.content.factories import NOW, interpretation, load, parts

ROOT = Path(__file__).resolve().parents[3]
# Serves until its input ends, and prints what it gave out: of the API the release, ETag and words; of memory the
# versions, present and past, with the words of all numbers.
SERVE = """
import json, select, sys
import django
django.setup()
from django.test import Client
from core.selectors.content import forget_libraries, get_library
def words(library):
    return [library.interpretation("life_path", number).parts["essence"] for number in (7, 8)]
client, address = Client(), 0
while not select.select([sys.stdin], [], [], 0)[0]:
    address += 1
    answer = client.get("/api/v1/numerology/interpretations/life_path/7", REMOTE_ADDR=f"{sys.argv[1]}.{address % 250}")
    data = answer.json()["data"]
    library = get_library()
    # As a request that was told a version just before the next was published, in a process that has yet to read it.
    forget_libraries()
    before = get_library(str(max(1, library.version - 1)))
    read = [[one.version, words(one)] for one in (before, library)]
    print(json.dumps([data["release"], answer["ETag"], data["essence"], read]), flush=True)
"""
RELEASES = 12


@pytest.mark.django_db(transaction=True)
def test_no_version_and_no_etag_has_two_texts() -> None:
    load(interpretation(7, "Words 0."), interpretation(8, "Words 0."))
    staff, entries = make_staff(), list(ContentEntry.objects.order_by("number"))
    processes = [_start(f"10.{number}.0") for number in (1, 2)]
    try:
        for process in processes:
            assert process.stdout is not None
            process.stdout.readline()
        for release in range(1, RELEASES + 1):
            entry = entries[release % 2]
            save_draft(entry_id=entry.pk, parts=parts(f"Words {release}."), user_id=staff.pk, now=NOW)
            publish_draft(entry_id=entry.pk, revision=1, user_id=staff.pk, now=NOW, despite_problems=True)
            # Long enough for either to serve it, short enough to publish under both.
            time.sleep(0.05)
    finally:
        served = [_stop(process) for process in processes]

    versions, releases, etags = defaultdict(set), defaultdict(set), defaultdict(set)
    for release, etag, essence, read in (line for lines in served for line in lines):
        for version, words in read:
            versions[version].add(tuple(words))
        releases[release].add((etag, essence))
        etags[etag].add(essence)
    told = {"versions": versions, "releases": releases, "etags": etags}
    assert {name: [key for key, texts in seen.items() if len(texts) > 1] for name, seen in told.items()} == {
        "versions": [],
        "releases": [],
        "etags": [],
    }
    # Both served, met several versions while they changed, and never went back.
    orders = [[line[3][1][0] for line in lines] for lines in served]
    assert [order == sorted(order) for order in orders] == [True, True]
    assert [len(set(order)) > 2 for order in orders] == [True, True]
    assert [order[-1] for order in orders] == [RELEASES + 1] * 2


def _start(network: str) -> subprocess.Popen[str]:
    url = os.environ["DATABASE_URL"].replace("/numerai_template?", f"/{connection.settings_dict['NAME']}?")
    return subprocess.Popen(
        [sys.executable, "-c", SERVE, network],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _stop(process: subprocess.Popen[str]) -> list[Any]:
    """Let it serve what is there now, then end its input; return what it gave out."""
    time.sleep(0.3)
    out, _ = process.communicate("", timeout=60)
    return [json.loads(line) for line in out.splitlines() if line.startswith("[")]
