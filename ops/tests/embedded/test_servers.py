"""The embedded servers: their first start, and whatever an earlier run may have left."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
import redis

from ops.embedded import EmbeddedError
from ops.embedded.postgres import EmbeddedPostgres
from ops.embedded.processes import Identity, find_database_identity, is_running_in, spawn
from ops.embedded.valkey import EmbeddedValkey
from ops.tests.embedded.conftest import wait_for

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="changing to another user needs root")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    closed = tmp_path / "closed with spaces"
    closed.mkdir(mode=0o700)
    return closed


class Started:
    """A server started and ended by a test."""

    def __init__(self, server: EmbeddedPostgres | EmbeddedValkey) -> None:
        self.server = server
        server.prepare()
        self.process = spawn(
            server.command, identity=server.identity, death_signal=server.stop_signal, stdout=subprocess.DEVNULL
        )
        wait_for(server.is_ready)

    def __enter__(self) -> Started:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(self.server.stop_signal)
            self.process.wait(timeout=30)


def postgres(home: Path, **options: object) -> EmbeddedPostgres:
    return EmbeddedPostgres(home, password="p@ss word/?", throw_away=True, **options)


def query(server: EmbeddedPostgres, statement: str) -> object:
    with psycopg.connect(server.url()) as connection:
        return connection.execute(statement).fetchone()[0]


def test_postgres_first_start_makes_a_database_of_version_18(home):
    with Started(postgres(home)) as started:
        started.server.create_database()
        started.server.create_database()
        assert query(started.server, "SELECT current_setting('server_version_num')::int / 10000") == 18
        assert query(started.server, "SHOW statement_timeout") == "30s"
        assert query(started.server, "SHOW idle_in_transaction_session_timeout") == "1min"
        assert query(started.server, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False


def test_postgres_keeps_its_data_between_runs(home):
    with Started(postgres(home)) as started:
        started.server.create_database()
        with psycopg.connect(started.server.url()) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    with Started(postgres(home)) as started:
        assert query(started.server, "SELECT number FROM kept") == 7


def test_postgres_refuses_a_wrong_password(home):
    with Started(postgres(home)) as started:
        started.server.create_database()
        started.server.password = "wrong"
        with pytest.raises(psycopg.OperationalError):
            query(started.server, "SELECT 1")


def test_postgres_socket_is_closed_to_others(home):
    with Started(postgres(home)) as started:
        assert started.server.sockets.stat().st_mode & 0o077 == 0


@needs_root
def test_postgres_runs_as_nobody_where_user_namespaces_are_refused(home):
    with Started(postgres(home, identity=Identity("65534:65534", 65534, 65534))) as started:
        started.server.create_database()
        assert query(started.server, "SELECT 1") == 1
        assert Path(f"/proc/{started.process.pid}").stat().st_uid == 65534
        assert started.server.home.parent == Path("/var/lib")
    assert home.stat().st_mode & 0o777 == 0o700
    subprocess.run(["rm", "-rf", started.server.home], check=True)


@needs_root
def test_the_identity_found_for_root_keeps_files_roots(home):
    with Started(postgres(home)) as started:
        assert find_database_identity().changes_user or started.server.data.stat().st_uid == 0


def test_postgres_does_not_believe_a_lock_that_names_a_strangers_process(home):
    with Started(postgres(home)) as started:
        server = started.server
    stranger = subprocess.Popen(["sleep", "600"])
    try:
        (server.data / "postmaster.pid").write_text(f"{stranger.pid}\n{server.data}\n0\n5432\n{server.sockets}\n\n")
        (server.sockets / ".s.PGSQL.5432.lock").write_text(f"{stranger.pid}\n")
        with Started(postgres(home)):
            assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_postgres_stops_its_own_leftover_before_it_starts(home):
    with Started(postgres(home)) as leftover, Started(postgres(home)):
        assert leftover.process.wait(timeout=10) == 0


def test_postgres_starts_again_after_kill_9(home):
    with Started(postgres(home)) as started:
        started.server.create_database()
        started.process.kill()
        started.process.wait()
        with Started(postgres(home)) as again:
            assert query(again.server, "SELECT 1") == 1


def test_postgres_removes_what_an_interrupted_first_start_left(home):
    unfinished = home / "postgres.unfinished"
    unfinished.mkdir()
    (unfinished / "PG_VERSION").write_text("18")
    with Started(postgres(home)) as started:
        assert started.server.is_ready()


def test_postgres_refuses_data_of_another_version_with_the_mend(home):
    (home / "postgres").mkdir()
    (home / "postgres" / "PG_VERSION").write_text("16\n")
    with pytest.raises(EmbeddedError, match=r"is PostgreSQL 16's and the server is 18: move it away"):
        postgres(home).prepare()


def test_a_server_ends_with_the_process_that_started_it(home):
    code = (
        "import sys; from pathlib import Path; from ops.embedded.valkey import EmbeddedValkey;"
        "from ops.embedded.processes import spawn; server = EmbeddedValkey(Path(sys.argv[1]), throw_away=True);"
        "server.prepare(); print(spawn(server.command, stdout=-3).pid, flush=True); import time; time.sleep(600)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code, str(home)], stdout=subprocess.PIPE, text=True)
    server = int(parent.stdout.readline())
    wait_for(EmbeddedValkey(home).is_ready)
    parent.kill()
    parent.wait()
    wait_for(lambda: not is_running_in(server, home / "valkey", "valkey-server"))


def test_valkey_keeps_its_data_after_kill_9(home):
    with Started(EmbeddedValkey(home)) as started:
        with redis.Redis(unix_socket_path=str(started.server.socket)) as client:
            client.set("kept", "7")
        time.sleep(1.2)  # appendfsync everysec
        started.process.kill()
        started.process.wait()
    with Started(EmbeddedValkey(home)) as started, redis.Redis(unix_socket_path=str(started.server.socket)) as client:
        assert client.get("kept") == b"7"


def test_valkey_stops_its_own_leftover_before_it_starts(home):
    with Started(EmbeddedValkey(home)) as leftover, Started(EmbeddedValkey(home)):
        assert leftover.process.wait(timeout=10) == 0


def test_valkey_does_not_believe_a_file_that_names_a_strangers_process(home):
    server = EmbeddedValkey(home)
    server.pid_file.write_text(f"{os.getpid()}\n")
    with Started(server):
        assert server.is_ready()


def test_valkey_opens_no_network_port_and_drops_nothing_when_full(home):
    with Started(EmbeddedValkey(home)) as started, redis.Redis(unix_socket_path=str(started.server.socket)) as client:
        assert client.config_get("port") == {"port": "0"}
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_a_server_has_a_session_of_its_own_so_that_ctrl_c_passes_it_by(home):
    with Started(EmbeddedValkey(home)) as started:
        assert os.getsid(started.process.pid) == started.process.pid
