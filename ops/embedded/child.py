"""Become a command that cannot outlive its parent.

Usage: child.py PARENT_PID DEATH_SIGNAL IDENTITY COMMAND...

1. a session of its own, so that Ctrl-C in the terminal reaches the supervisor alone;
2. the identity: "self", "namespace:UID" (a user namespace in which root is that uid; files stay root's), or "UID:GID";
3. only then PR_SET_PDEATHSIG, because the kernel clears it whenever the uid changes;
4. a look at the parent, which may have died before step 3;
5. exec.

Runs with `python -I -S`, so it imports the standard library only and starts in milliseconds.
"""

import ctypes
import os
import signal
import sys
from pathlib import Path

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1


def enter_namespace(uid: int) -> None:
    """Make this process uid `uid` inside a new user namespace; to the file system it stays who it was."""
    libc = ctypes.CDLL(None, use_errno=True)
    outside_uid, outside_gid = os.geteuid(), os.getegid()
    if libc.unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "user namespaces are refused here")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} {outside_uid} 1")
    Path("/proc/self/gid_map").write_text(f"{uid} {outside_gid} 1")


def become(identity: str) -> None:
    if identity.startswith("namespace:"):
        enter_namespace(int(identity.partition(":")[2]))
    elif identity != "self":
        uid, _, gid = identity.partition(":")
        os.setgroups([])
        os.setgid(int(gid))
        os.setuid(int(uid))


def main(arguments: list[str]) -> None:
    parent, death_signal, identity, *command = arguments
    os.setsid()
    become(identity)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(death_signal))
    if os.getppid() != int(parent):
        sys.exit(1)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
