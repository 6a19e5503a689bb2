"""What script/up and script/test say before there is anything to run: the mend, in one sentence."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ops.embedded.processes import SELF, Identity, child_command
from ops.tests.embedded.conftest import ROOT, clean_environment

REAL_PYTHON = Path(sys.executable).resolve()


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with the scripts and the locks, not set up."""
    root = tmp_path / "a fresh clone"
    shutil.copytree(ROOT / "script", root / "script", ignore=shutil.ignore_patterns("__pycache__"))
    for lock in ROOT.glob("requirements*.txt"):
        shutil.copy(lock, root)
    return root


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A PATH with the few commands a bare machine has; the test adds its Pythons."""
    commands = tmp_path / "bin"
    commands.mkdir()
    for name in ("bash", "env", "dirname", "basename"):
        (commands / name).symlink_to(shutil.which(name))
    return commands


def install_python(machine: Path, script: str) -> None:
    python = machine / "python3"
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)


def run(
    clone: Path, machine: Path, script: str = "up", identity: Identity = SELF, **env: str
) -> subprocess.CompletedProcess[str]:
    command = child_command([str(clone / "script" / script)], identity=identity, death_signal=signal.SIGTERM)
    return subprocess.run(
        command, env=clean_environment(PATH=str(machine), **env), capture_output=True, text=True,
        check=False, timeout=60,
    )  # fmt: skip


@pytest.mark.parametrize("script", ["up", "test", "lint", "lock"])
def test_a_python_too_old_is_one_sentence(clone, machine, script):
    install_python(machine, 'if [ "$1" = --version ]; then echo "Python 3.9.2"; exit 0; fi; exit 1')
    done = run(clone, machine, script)
    assert done.returncode == 1
    assert done.stderr == (
        f"script/{script}: Python 3.11 or newer is needed and was not found (Python 3.9.2): install it, or name it "
        "with PYTHON=/path/to/python3.11.\n"
    )


def test_no_python_at_all_is_one_sentence(clone, machine):
    done = run(clone, machine)
    assert done.returncode == 1
    assert done.stderr.startswith("script/up: Python 3.11 or newer is needed and was not found (no python3)")


def test_a_python_without_venv_is_one_sentence(clone, machine, tmp_path):
    missing = tmp_path / "site"
    missing.mkdir()
    (missing / "sitecustomize.py").write_text("import sys; sys.modules['ensurepip'] = None\n")
    install_python(machine, f'PYTHONPATH="{missing}" exec "{REAL_PYTHON}" "$@"')
    done = run(clone, machine)
    assert done.returncode == 1
    assert "has no venv module: install it (on Debian and Ubuntu: apt install python3." in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (clone / ".venv").exists()


def test_a_full_disk_is_one_sentence(clone, machine, tmp_path):
    full = tmp_path / "site"
    full.mkdir()
    (full / "sitecustomize.py").write_text(
        "import shutil, collections\n"
        "shutil.disk_usage = lambda path: collections.namedtuple('usage', 'total used free')(1, 1, 1_000_000)\n"
    )
    install_python(machine, f'PYTHONPATH="{full}" exec "{REAL_PYTHON}" "$@"')
    done = run(clone, machine)
    assert done.returncode == 1
    assert done.stderr == (
        f"script/up: The disk under {clone} is full: 1 MB are free and the packages need 500 MB. Free some space, "
        "then start again.\n"
    )


def test_packages_that_cannot_be_had_are_named_and_tried_again_next_time(clone, machine):
    (clone / "requirements.txt").write_text("no-such-package==1.0 --hash=sha256:" + "0" * 64 + "\n")
    install_python(machine, f'exec "{REAL_PYTHON}" "$@"')
    done = run(clone, machine, PIP_NO_INDEX="1")
    assert done.returncode == 1
    assert "no-such-package" in done.stderr
    assert done.stderr.endswith(
        "script/up: The packages could not be installed; pip's last lines are above. Start again to try again.\n"
    )
    assert not list((clone / ".venv").glob(".installed-*"))


def test_a_folder_that_cannot_be_written_is_one_sentence(clone, machine, ordinary_user):
    clone.chmod(0o500)
    install_python(machine, f'exec "{REAL_PYTHON}" "$@"')
    done = run(clone, machine, identity=ordinary_user)
    clone.chmod(0o700)
    assert done.returncode == 1
    assert done.stderr == (
        f"script/up: {clone} cannot be written (Permission denied): free space or mend its rights.\n"
    )
