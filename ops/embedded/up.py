"""script/up: the whole product on one machine, with one command."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO
from urllib.error import URLError
from urllib.request import urlopen

import psycopg
import redis
from environ import Env

from numerai import valkey_url
from ops.embedded import EmbeddedError
from ops.embedded.layout import make_private, require_space
from ops.embedded.postgres import EmbeddedPostgres, packaged_postgres
from ops.embedded.secrets import ensure_secrets, write_pairs
from ops.embedded.supervisor import Program, StopRequested, Supervisor
from ops.embedded.valkey import EmbeddedValkey

ROOT = Path(__file__).resolve().parents[2]
NEEDED_MEGABYTES = 300
# A command run by hand beside the product is development too, and writes the same addresses into letters.
SHARED_WITH_COMMANDS = ("ENVIRONMENT", "DEBUG", "ALLOWED_HOSTS", "PORT")
# Celery's advice to root, which is right in production and only alarming on a machine for development.
CELERY_ADVICE = ("SecurityWarning", "absolutely not recommended", "--uid option", "User information:", "_warn_or_raise")
USAGE = """\
Usage: script/up

Runs NumerAI on this machine until Ctrl-C: web, worker, beat, and, unless DATABASE_URL and REDIS_URL are set,
an embedded PostgreSQL and Valkey that keep their data in var/.

  PORT=8001 script/up              another port than 8000
  HOST=0.0.0.0 script/up           reachable from other machines
  DATABASE_URL=... script/up       your own PostgreSQL 18
  REDIS_URL=... script/up          your own Valkey or Redis
"""


def take_lock(home: Path) -> IO[str]:
    """Return the held lock of this clone, or raise EmbeddedError if another copy holds it. The kernel frees it."""
    lock = (home / "up.lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        holder = lock.read().strip() or "a process that is just starting"
        raise EmbeddedError(f"NumerAI already runs from this folder ({holder}): stop that one first.") from None
    return lock


def require_free_port(host: str, port: int, *, patience: float = 3.0) -> None:
    """Raise EmbeddedError if the port is taken. Waits a little: a copy that was killed may still be letting go."""
    deadline = time.monotonic() + patience
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    while True:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
                return
            except OSError as error:
                if error.errno == errno.EACCES:
                    raise EmbeddedError(f"Port {port} needs root: choose one above 1023, such as PORT=8000.") from None
                if error.errno != errno.EADDRINUSE:
                    raise EmbeddedError(f"HOST={host} is not an address of this machine.") from None
        if time.monotonic() > deadline:
            raise EmbeddedError(
                f"Port {port} is taken by another program: choose another one, such as PORT={port + 1} script/up."
            )
        time.sleep(0.2)


def require_answer(env: Mapping[str, str]) -> None:
    """Raise EmbeddedError if an address that the environment names does not answer. Never shows the address itself,
    which may hold a password."""
    if url := env.get("DATABASE_URL"):
        try:
            psycopg.connect(url, connect_timeout=5).close()
        except psycopg.Error:
            raise EmbeddedError(
                "The database at DATABASE_URL does not answer: check the address, or unset it to use the embedded one."
            ) from None
    url = env.get("REDIS_URL", "")
    if url.startswith(("redis://", "rediss://", "unix://", "sentinel://")):
        try:
            with valkey_url.client(url, socket_connect_timeout=5, socket_timeout=5) as client:
                client.ping()
        except (redis.RedisError, ValueError):
            raise EmbeddedError(
                "The server at REDIS_URL does not answer: check the address, or unset it to use the embedded one."
            ) from None


def read_port(text: str) -> int:
    """Return the port number in `text`. Raises EmbeddedError if it is none."""
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise EmbeddedError("PORT must be a number from 1 to 65535, such as PORT=8000.")
    return int(text)


def start_servers(supervisor: Supervisor, home: Path, env: dict[str, str], secrets: dict[str, str]) -> dict[str, str]:
    """Start the embedded servers that `env` does not replace; return the addresses of those started."""
    addresses: dict[str, str] = {}
    database: EmbeddedPostgres | None = None
    if not env.get("DATABASE_URL"):
        database = EmbeddedPostgres(home, password=secrets["DATABASE_PASSWORD"])
        supervisor.say("starting PostgreSQL" + ("" if database.data.exists() else " (its first start makes the files)"))
        supervisor.start(_program(database, "postgres"))
        addresses["DATABASE_URL"] = database.url()
        addresses["POSTGRES_BIN"] = str(packaged_postgres() / "bin")
    if not env.get("REDIS_URL"):
        valkey = EmbeddedValkey(home)
        supervisor.say("starting Valkey")
        supervisor.start(_program(valkey, "valkey"))
        addresses["REDIS_URL"] = valkey.url()
        addresses["CELERY_BROKER_URL"] = env.get("CELERY_BROKER_URL") or valkey.broker_url()
        supervisor.wait_until(valkey.is_ready, seconds=30, what="Valkey")
    if database:
        supervisor.wait_until(database.is_ready, seconds=60, what="PostgreSQL")
        database.create_database()
    return addresses


def _program(server: EmbeddedPostgres | EmbeddedValkey, name: str) -> Program:
    server.prepare()
    return Program(
        name,
        server.command,
        tier=0,
        identity=server.identity,
        stop_signal=server.stop_signal,
        stop_patience=30,
        prepare=server.prepare,
        hushed=server.hushed,
    )


def shown_host(host: str) -> str:
    """Return how a browser on this machine names the address that the product listens on."""
    local = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    return f"[{local}]" if ":" in local else local


def allowed_hosts(host: str) -> str:
    """Return by which names the product may be asked: by any where it listens on every address."""
    is_every_address = host in ("0.0.0.0", "::")  # noqa: S104
    return "*" if is_every_address else f"localhost,127.0.0.1,[::1],{shown_host(host)}"


def answers(url: str) -> bool:
    """Say whether a GET of `url` succeeds."""
    with suppress(URLError, OSError), urlopen(url, timeout=2) as answer:  # noqa: S310 - our own address
        return bool(answer.status == 200)
    return False


def run(supervisor: Supervisor, home: Path) -> None:
    """Bring everything up, say where it is, and keep it running until somebody asks for the end."""
    env = dict(os.environ)
    host, port = env.get("HOST", "127.0.0.1"), read_port(env.get("PORT", "8000"))
    require_free_port(host, port)
    require_space(home, NEEDED_MEGABYTES, "the product")
    require_answer(env)
    (home / "static").mkdir(exist_ok=True)
    secrets = ensure_secrets(home / "secrets.env")
    for name, value in secrets.items():
        env.setdefault(name, value)
    env = {
        "DEBUG": "on", "ENVIRONMENT": "development", "ALLOWED_HOSTS": allowed_hosts(host), "PYTHONUNBUFFERED": "1",
        **env,
        "HOST": host, "PORT": str(port), "DJANGO_SETTINGS_MODULE": "numerai.settings",
    }  # fmt: skip
    services = home / "services.env"
    services.unlink(missing_ok=True)
    addresses = start_servers(supervisor, home, env, secrets)
    shared = {name: env[name] for name in SHARED_WITH_COMMANDS}
    write_pairs(services, shared | addresses, "# What commands share with the product while script/up runs.\n")
    env |= addresses

    manage = [sys.executable, str(ROOT / "manage.py")]
    supervisor.run_to_end("set-up", [*manage, "set_up"], env)
    for role, tier in (("worker", 1), ("worker-urgent", 1), ("beat", 2), ("web", 2)):
        command = [*manage, "serve", "--role", "all" if role == "web" else role]
        if role == "worker-urgent":
            command += ["--processes", "1"]
        supervisor.start(Program(role, command, tier=tier, env=env, hushed=CELERY_ADVICE))
    url = f"http://{shown_host(host)}:{port}"
    supervisor.wait_until(lambda: answers(f"{url}/health/ready"), seconds=60, what="The web server")
    supervisor.say(f"NumerAI is up: {url}  (API documentation {url}/api/docs/, admin {url}/admin/). Ctrl-C stops it.")
    try:
        supervisor.run()
    finally:
        services.unlink(missing_ok=True)


def main() -> int:
    """Run script/up; return its exit code."""
    if len(sys.argv) > 1:
        print(USAGE, end="")
        return 0 if sys.argv[1:] in (["--help"], ["-h"]) else 1
    home = ROOT / "var"
    try:
        make_private(home)
        with take_lock(home) as lock:
            lock.truncate(0)
            lock.write(f"process {os.getpid()}")
            lock.flush()
            # A .env of the developer's own counts like the environment itself.
            if (ROOT / ".env").is_file():
                Env().read_env(ROOT / ".env")
            with Supervisor() as supervisor:
                run(supervisor, home)
    except StopRequested:
        return 0
    except EmbeddedError as error:
        print(f"script/up: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        if error.errno == errno.ENOSPC:
            print(f"script/up: The disk under {home} is full: free some space, then start again.", file=sys.stderr)
            return 1
        raise
    return 0


if __name__ == "__main__":
    sys.exit(main())
