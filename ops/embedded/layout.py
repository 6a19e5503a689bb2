"""Where the embedded servers keep data, sockets and locks."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from pathlib import Path

from ops.embedded import EmbeddedError
from ops.embedded.processes import Identity

# Socket addresses hold about 107 bytes, and some clients do not unquote what a URL must quote.
PLAIN_PATH = re.compile(r"[A-Za-z0-9/._-]{1,80}")


def folder_key(folder: Path) -> str:
    """Return a short name that belongs to this folder alone, so that two clones never meet."""
    return hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]


def make_private(folder: Path) -> Path:
    """Create `folder` for this user only, or make sure that an existing one is. Parents are left as they are."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    state = folder.lstat()
    if folder.is_symlink() or state.st_uid != os.geteuid():
        raise EmbeddedError(f"{folder} belongs to somebody else: remove it, or start from another folder.")
    if state.st_mode & 0o077:
        folder.chmod(0o700)
    return folder


def socket_folder(home: Path) -> Path:
    """Return a private folder for sockets: home/run, or one under the system's temporary folder if that path cannot
    stand in a socket address or URL (too long, spaces)."""
    beside = home / "run"
    if PLAIN_PATH.fullmatch(str(beside.resolve())):
        return make_private(beside)
    return make_private(Path(tempfile.gettempdir()) / f"numerai-{os.geteuid()}-{folder_key(home)}")


def database_home(home: Path, identity: Identity) -> Path:
    """Return where PostgreSQL's files go: `home`, or /var/lib/numerai-<key> where it runs as another user, who could
    not enter ours."""
    if not identity.changes_user:
        return home
    elsewhere = Path("/var/lib") / f"numerai-{folder_key(home)}"
    elsewhere.mkdir(mode=0o700, exist_ok=True)
    if elsewhere.is_symlink() or elsewhere.stat().st_uid not in (0, identity.uid):
        raise EmbeddedError(f"{elsewhere} belongs to somebody else: remove it, then start again.")
    os.chown(elsewhere, identity.uid or 0, identity.gid or 0)
    return elsewhere


def require_space(folder: Path, megabytes: int, purpose: str) -> None:
    """Raise EmbeddedError if the disk under `folder` has less than `megabytes` left."""
    free = shutil.disk_usage(folder).free // 1_000_000
    if free < megabytes:
        raise EmbeddedError(
            f"The disk under {folder} is full: {free} MB are free and {purpose} needs {megabytes} MB. "
            "Free some space, then start again."
        )
