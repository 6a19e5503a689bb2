"""A clone of this tree that script/up's program can run in, and the means to watch it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from ops.embedded.processes import SELF, Identity, spawn

ROOT = Path(__file__).resolve().parents[3]
PARTS = [*(package.parent.name for package in ROOT.glob("*/__init__.py")), "manage.py"]
# What the test run itself put into the environment must not reach the product under test.
OWN_VARIABLES = ("DATABASE_URL", "REDIS_URL", "CELERY_", "NUMERAI_", "SECRET_KEY", "ENVIRONMENT", "ALLOWED_HOSTS",
                 "FIELD_", "BLIND_", "TEST_DATABASE", "PYTEST", "DJANGO_", "DEBUG", "PORT", "HOST")  # fmt: skip


def clean_environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OWN_VARIABLES)}
    return {**kept, "COLUMNS": "200", **more}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(is_true: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait for a state of another process, which nothing but looking can tell."""
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def processes_of(folder: Path) -> dict[int, str]:
    """Return the processes (id -> command line) that name `folder` in their command line or work in it."""
    found = {}
    for process in Path("/proc").iterdir():
        if not process.name.isdecimal() or int(process.name) == os.getpid():
            continue
        try:
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            where = str((process / "cwd").readlink())
        except OSError:
            continue
        if str(folder) in command or where.startswith(str(folder)):
            found[int(process.name)] = command
    return found


def parent_of(pid: int) -> int | None:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return None


class Clone:
    """A copy of the working tree in which the product is started and stopped."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for part in PARTS:
            source = ROOT / part
            if source.is_dir():
                shutil.copytree(source, root / part, ignore=shutil.ignore_patterns("__pycache__", "tests"))
            else:
                shutil.copy(source, root / part)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None
        self.output = ""

    def start(self, *, identity: Identity = SELF, **env: str) -> None:
        """Start the program of script/up and collect what it prints."""
        self.output = ""
        self.process = spawn(
            ["sh", "-c", 'cd "$0" && exec "$1" -m ops.embedded.up', str(self.root), sys.executable],
            identity=identity,
            stdout=subprocess.PIPE,
            env=clean_environment(PORT=str(self.port), **env),
        )
        threading.Thread(target=self._read, args=(self.process,), daemon=True).start()

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        for line in process.stdout:
            self.output += line.decode(errors="replace")

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def says(self, text: str) -> bool:
        return text in self.output

    def wait_up(self, times: int = 1) -> None:
        wait_for(lambda: self.output.count("NumerAI is up") >= times or self.process.poll() is not None)
        assert self.process.poll() is None, self.output

    def wait_end(self) -> int:
        return self.process.wait(timeout=60)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.wait_end()

    def run(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the clone as a person would: nothing set."""
        return subprocess.run(
            [sys.executable, *arguments], cwd=self.root, env=clean_environment(**env), capture_output=True, text=True,
            timeout=60, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def status(self, path: str) -> int | None:
        try:
            with urlopen(f"{self.url}{path}", timeout=5) as answer:
                return answer.status
        except HTTPError as error:
            return error.code
        except OSError:
            return None

    def children(self, pattern: str) -> list[int]:
        """Return the supervisor's own children whose command line matches `pattern` (workers fork their like)."""
        return [
            pid
            for pid, command in processes_of(self.root).items()
            if re.search(pattern, command) and parent_of(pid) == self.process.pid
        ]


@pytest.fixture(scope="session")
def ordinary_user() -> Identity:
    """An identity that is not root: our own, or root's in a user namespace."""
    if os.geteuid() != 0:
        return SELF
    identity = Identity("namespace:1000")
    if spawn(["true"], identity=identity).wait() != 0:
        pytest.skip("root cannot become an ordinary user here: user namespaces are refused")
    return identity


@pytest.fixture(scope="module")
def make_clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Clone]]:
    """Return a maker of clones below a closed folder whose name has spaces; what they started is ended at the end."""
    clones = []

    def make() -> Clone:
        closed = tmp_path_factory.mktemp("closed")
        closed.chmod(0o700)
        root = closed / "a clone with spaces"
        root.mkdir()
        clones.append(Clone(root))
        return clones[-1]

    yield make
    for clone in clones:
        if clone.process and clone.process.poll() is None:
            clone.process.kill()
            clone.process.wait()
        wait_for(lambda clone=clone: not processes_of(clone.root))
