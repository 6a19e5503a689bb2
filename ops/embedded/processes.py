"""Starting a process that cannot outlive its parent, and recognising one's own."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO

from ops.embedded import EmbeddedError

CHILD = Path(__file__).with_name("child.py")
NOBODY = 65534


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom a program runs as: `text` is what child.py understands; `uid`, `gid` own its files where it changes."""

    text: str
    uid: int | None = None
    gid: int | None = None

    @property
    def changes_user(self) -> bool:
        return self.uid is not None


SELF = Identity("self")


def child_command(command: Sequence[str], *, identity: Identity, death_signal: int) -> list[str]:
    """Return the command line that runs `command` through child.py as a child of this process."""
    return [
        sys.executable, "-I", "-S", str(CHILD), str(os.getpid()), str(int(death_signal)), identity.text, *command,
    ]  # fmt: skip


def spawn(
    command: Sequence[str],
    *,
    identity: Identity = SELF,
    death_signal: int = signal.SIGTERM,
    stdout: int | IO[bytes] | None = None,
    env: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start `command`; it gets `death_signal` when this process ends, however it ends. Call from the main thread."""
    return subprocess.Popen(
        child_command(command, identity=identity, death_signal=death_signal),
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.STDOUT if stdout is not None else None,
        env=None if env is None else dict(env),
    )


@cache
def find_database_identity() -> Identity:
    """Return whom PostgreSQL, which refuses root, can run as: ourselves, root in a user namespace, or nobody.

    Raises EmbeddedError where root has neither.
    """
    if os.geteuid() != 0:
        return SELF
    in_namespace = Identity(f"namespace:{NOBODY}")
    probe = spawn([sys.executable, "-I", "-S", "-c", ""], identity=in_namespace, stdout=subprocess.DEVNULL)
    if probe.wait() == 0:
        return in_namespace
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise EmbeddedError(
            "PostgreSQL refuses to run as root, and this machine has neither user namespaces nor a user called "
            "nobody: run this as an ordinary user, or set DATABASE_URL."
        ) from None
    return Identity(f"{nobody.pw_uid}:{nobody.pw_gid}", nobody.pw_uid, nobody.pw_gid)


def is_running_in(pid: int, folder: Path, program: str) -> bool:
    """Say whether process `pid` is a `program` whose working directory is `folder`: ours, and not a stranger's."""
    process = Path(f"/proc/{pid}")
    with suppress(OSError):
        return (process / "comm").read_text().strip() == program and (process / "cwd").resolve() == folder.resolve()
    return False


def read_pid(file: Path) -> int | None:
    """Return the process id on the first line of `file`, or None if there is none."""
    with suppress(OSError, ValueError, IndexError):
        return int(file.read_text().splitlines()[0])
    return None


def stop_leftover(pid: int, folder: Path, program: str, *, signals: Sequence[int], patience: float = 20.0) -> None:
    """End a server that an earlier run left behind, gently first. Raises EmbeddedError if it will not go."""
    for number in signals:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
        deadline = time.monotonic() + patience / len(signals)
        while time.monotonic() < deadline:
            if not is_running_in(pid, folder, program):
                return
            time.sleep(0.05)
    raise EmbeddedError(f"{program} of an earlier run (process {pid}) does not stop: end it, then start again.")
