from __future__ import annotations

import os
import subprocess
import sys

from django.conf import settings


def test_the_engines_own_tests_take_every_branch_of_it(tmp_path) -> None:
    """100 % of the lines and branches, by core/tests/numerology alone: the report names what is missing."""
    command = [
        sys.executable, "-m", "pytest", "core/tests/numerology", "--quiet", "-p", "no:cacheprovider", "-p", "no:xdist",
        "--override-ini=addopts=", "--cov=core.numerology", "--cov-branch", "--cov-fail-under=100",
        "--cov-report=term-missing:skip-covered",
    ]  # fmt: skip
    environment = {"COVERAGE_FILE": str(tmp_path / "coverage")}
    done = subprocess.run(
        command, cwd=settings.BASE_DIR, env=_without_worker() | environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]


def _without_worker() -> dict[str, str]:
    """Return the environment without what marks a parallel worker of the run around this one."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_CORE"))}
