"""Makes .venv and installs the locked, hashed packages into it; once, and again only when a lock changes.

Standard library only. Called by script/_setup.sh with the calling script's name and "runtime" or "test".
"""

import errno
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
SETS = {
    "runtime": ["requirements.txt", "requirements-embedded.txt"],
    "test": ["requirements.txt", "requirements-embedded.txt", "requirements-dev.txt"],
}
NEEDED_MEGABYTES = {"runtime": 500, "test": 1000}


class SetUpError(Exception):
    """One sentence for the person at the keyboard, with the mend."""


def fingerprint(files):
    """Return what the installed packages depend on: the locks, the interpreter, the place."""
    digest = hashlib.sha256(f"{sys.version_info[:2]} {VENV}".encode())
    for file in files:
        digest.update((ROOT / file).read_bytes())
    return digest.hexdigest()


def is_installed(kind):
    """Say whether .venv holds this set already. The test set holds the runtime set."""
    if not (VENV / "bin" / "python").exists():
        return False
    for installed in (kind, "test"):
        stamp = VENV / f".installed-{installed}"
        if stamp.exists() and stamp.read_text() == fingerprint(SETS[installed]):
            return True
    return False


def require_space(kind):
    needed, free = NEEDED_MEGABYTES[kind], shutil.disk_usage(ROOT).free // 1_000_000
    if free < needed:
        raise SetUpError(
            f"The disk under {ROOT} is full: {free} MB are free and the packages need {needed} MB. "
            "Free some space, then start again."
        )


def make_venv():
    """Create .venv, or create it anew where its interpreter is gone or of another version."""
    python = VENV / "bin" / "python"
    version = f"import sys; sys.exit(sys.version_info[:2] != {sys.version_info[:2]!r})"
    if python.exists() and subprocess.run([python, "-c", version], capture_output=True).returncode == 0:
        return
    try:
        import ensurepip
        import venv
    except ImportError:
        raise SetUpError(
            f"{sys.executable} has no venv module: install it (on Debian and Ubuntu: "
            f"apt install python3.{sys.version_info[1]}-venv), or name another Python with PYTHON=..."
        ) from None
    del ensurepip
    print("Making .venv", flush=True)
    shutil.rmtree(VENV, ignore_errors=True)
    try:
        venv.create(VENV, with_pip=True, symlinks=True)
    except subprocess.CalledProcessError:
        raise SetUpError(f"{sys.executable} could not make a virtual environment in {VENV}.") from None


def install(kind):
    """Install a set with pip, which checks every hash."""
    files = SETS[kind]
    print(f"Installing the {kind} packages ({', '.join(files)}); this takes a minute, once", flush=True)
    started = time.monotonic()
    command = [VENV / "bin" / "python", "-m", "pip", "install", "--disable-pip-version-check", "--require-hashes"]
    command += [part for file in files for part in ("-r", file)]
    count, last = 0, []
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pip:
        for line in pip.stdout:
            last = [*last[-14:], line.rstrip()]
            if line.startswith("Collecting "):
                count += 1
                if count % 10 == 0:
                    print(f"  {count} packages found", flush=True)
            elif line.startswith("Installing collected packages"):
                print(f"  installing {line.count(',') + 1} packages", flush=True)
    if pip.returncode != 0:
        print("\n".join(last), file=sys.stderr)
        if any("No space left" in line for line in last):
            raise SetUpError(f"The disk under {ROOT} is full: free some space, then start again.")
        raise SetUpError("The packages could not be installed; pip's last lines are above. Start again to try again.")
    (VENV / f".installed-{kind}").write_text(fingerprint(files))
    print(f"  done in {time.monotonic() - started:.0f} s", flush=True)


def set_up(kind):
    with (ROOT / ".setup.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Waiting for another script that is installing packages here", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_installed(kind):
            require_space(kind)
            make_venv()
            install(kind)


def main():
    name, kind = sys.argv[1:]
    # PYTHONPATH and the like of the caller's shell must not reach into .venv.
    os.environ.pop("PYTHONPATH", None)
    os.environ.pop("PYTHONHOME", None)
    try:
        set_up(kind)
    except SetUpError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EACCES, errno.EROFS):
            raise
        print(f"{name}: {ROOT} cannot be written ({error.strerror}): free space or mend its rights.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
