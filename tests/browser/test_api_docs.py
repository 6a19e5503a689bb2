"""The API's own pages in a real browser: they must work offline and under their content security policy."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine"),
]


@pytest.fixture
def open_page(live_server, tmp_path):
    """Return a function that gives a page's document after its scripts ran, and what the browser complained about."""

    def open_(path: str) -> tuple[str, str]:
        done = subprocess.run(
            [
                CHROMIUM, "--headless", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--enable-logging=stderr", f"--user-data-dir={tmp_path}", "--virtual-time-budget=60000", "--dump-dom",
                *(["--no-sandbox"] if os.geteuid() == 0 else []),
                f"{live_server.url}{path}",
            ],
            capture_output=True, text=True, timeout=90, check=False,
        )  # fmt: skip
        complaints = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
        return done.stdout, "\n".join(complaints)

    return open_


@pytest.mark.parametrize("path", ["/api/docs/", "/api/redoc/"])
def test_the_documentation_shows_the_endpoints_with_scripts_and_styles_allowed(open_page, path):
    document, complaints = open_page(path)
    assert "Calculate a birth chart" in document
    # ReDoc asks its maker's site for a logo, which img-src rightly refuses.
    assert "script-src" not in complaints
    assert "style-src" not in complaints
    assert "connect-src" not in complaints
