"""script/up's program, from its first start to kill -9, in a clone of its own."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable
from urllib.request import urlopen

import pytest
from django.http.request import validate_host

from ops.embedded.up import allowed_hosts, shown_host
from ops.tests.embedded.conftest import Clone, processes_of, wait_for

# name -> what only that process has in its command line
CHILDREN = {
    "web": r"-m uvicorn",
    "worker": r"-m celery .*worker .*--queues celery,urgent",
    "worker-urgent": r"-m celery .*worker .*--queues urgent",
    "beat": r"-m celery .*-A numerai beat",
    "postgres": r"bin/postgres -D",
    "valkey": r"valkey-server",
}


@pytest.fixture(scope="module")
def shared_clone(make_clone: Callable[[], Clone]) -> Clone:
    """A clone that has been brought up once. Which of its tests another process runs is nobody's to know, so each says
    in which state it needs it."""
    clone = make_clone()
    clone.start()
    clone.wait_up()
    return clone


@pytest.fixture
def clone(shared_clone: Clone) -> Clone:
    """The clone, running."""
    if not shared_clone.is_running:
        shared_clone.start()
        shared_clone.wait_up()
    return shared_clone


@pytest.fixture
def stopped_clone(shared_clone: Clone) -> Clone:
    """The clone, brought up once and stopped."""
    if shared_clone.is_running:
        assert shared_clone.stop() == 0
    return shared_clone


def children(clone: Clone, name: str) -> list[int]:
    return clone.children(CHILDREN[name])


@pytest.mark.parametrize(
    ("host", "shown", "allowed"),
    [
        ("127.0.0.1", "127.0.0.1", "127.0.0.1"),
        ("192.0.2.7", "192.0.2.7", "192.0.2.7"),
        ("2001:db8::7", "[2001:db8::7]", "[2001:db8::7]"),
        ("0.0.0.0", "127.0.0.1", "numerai.local"),  # noqa: S104 - as script/up --help offers it
        ("::", "[::1]", "192.0.2.7"),
    ],
)
def test_the_product_answers_by_the_address_that_it_listens_on(host, shown, allowed):
    assert shown_host(host) == shown
    assert validate_host(allowed, allowed_hosts(host).split(","))


def test_by_other_names_the_product_answers_where_it_listens_on_every_address_only():
    assert not validate_host("numerai.local", allowed_hosts("192.0.2.7").split(","))


def test_first_start_serves_and_every_part_gets_well(clone):
    wait_for(lambda: clone.status("/health") == 200)
    assert clone.status("/health/ready") == 200


def test_first_start_prints_the_demo_accounts(clone):
    assert clone.output.count("member@numerai.test") == 1
    assert clone.output.count("staff@numerai.test") == 1


def test_files_are_private(clone):
    assert (clone.root / "var").stat().st_mode & 0o777 == 0o700
    assert (clone.root / "var" / "secrets.env").stat().st_mode & 0o777 == 0o600


def test_manage_commands_find_the_running_database(clone):
    done = clone.run("manage.py", "shell", "-c", "from authentication.models import User; print(User.objects.count())")
    assert done.stdout.strip().splitlines()[-1] == "2", done.stderr


def test_a_command_that_checks_every_setting_runs_as_development(clone):
    done = clone.run("manage.py", "check")
    assert done.returncode == 0, done.stderr
    done = clone.run("manage.py", "send_reading_now", "member@numerai.test")
    assert done.returncode == 0, done.stderr


def test_dbshell_finds_psql_and_the_database(clone):
    done = clone.run("manage.py", "dbshell", "--", "--tuples-only", "--command", "SHOW server_version_num")
    assert done.stdout.strip().startswith("18"), done.stderr


def test_a_second_copy_is_refused_with_one_sentence(clone):
    done = clone.run("-m", "ops.embedded.up", PORT="1")
    assert done.returncode == 1
    assert done.stderr == (
        f"script/up: NumerAI already runs from this folder (process {clone.process.pid}): stop that one first.\n"
    )


@pytest.mark.parametrize("name", CHILDREN)
def test_a_killed_child_comes_back(clone, name):
    (before, *_) = children(clone, name)
    os.kill(before, signal.SIGKILL)
    wait_for(lambda: before not in processes_of(clone.root) and children(clone, name))
    wait_for(lambda: clone.status("/health/ready") == 200)


def test_health_recovers_after_every_child_was_killed(clone):
    wait_for(lambda: clone.run("manage.py", "shell", "-c", "pass").returncode == 0)
    wait_for(lambda: b'"healthy"' in read(f"{clone.url}/health"))


def read(url: str) -> bytes:
    with urlopen(url, timeout=5) as answer:
        return answer.read()


def test_ctrl_c_stops_everything_databases_last_and_leaves_nothing(clone):
    assert clone.stop() == 0
    assert clone.output.index("stopping beat, web") < clone.output.index("stopping worker")
    assert clone.output.index("stopping worker") < clone.output.index("stopping postgres, valkey")
    assert processes_of(clone.root) == {}
    assert not (clone.root / "var" / "services.env").exists()


def test_second_start_keeps_data_and_secrets_and_prints_no_password(stopped_clone):
    secrets = (stopped_clone.root / "var" / "secrets.env").read_text()
    stopped_clone.start()
    stopped_clone.wait_up()
    assert "member@numerai.test" not in stopped_clone.output
    assert (stopped_clone.root / "var" / "secrets.env").read_text() == secrets
    done = stopped_clone.run(
        "manage.py", "shell", "-c", "from authentication.models import User; print(User.objects.count())"
    )
    assert done.stdout.strip().splitlines()[-1] == "2"


def test_kill_9_of_the_supervisor_leaves_no_orphan_and_the_next_start_works(clone):
    clone.process.kill()
    clone.process.wait()
    wait_for(lambda: not processes_of(clone.root))
    clone.start()
    clone.wait_up()
    assert clone.stop() == 0


def test_a_lock_file_naming_a_strangers_process_is_not_believed(stopped_clone):
    (stopped_clone.root / "var" / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n/elsewhere\n")
    stopped_clone.start()
    stopped_clone.wait_up()
    assert stopped_clone.stop() == 0


def test_start_right_after_kill_9_waits_for_what_the_killed_one_leaves(stopped_clone):
    stopped_clone.start()
    stopped_clone.wait_up()
    stopped_clone.process.kill()
    stopped_clone.process.wait()
    stopped_clone.start()
    stopped_clone.wait_up()
    assert stopped_clone.stop() == 0


def test_a_taken_port_is_one_sentence(stopped_clone):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = stopped_clone.run("-m", "ops.embedded.up", PORT=str(port))
    assert done.returncode == 1
    assert done.stderr == (
        f"script/up: Port {port} is taken by another program: choose another one, such as PORT={port + 1} script/up.\n"
    )


@pytest.mark.parametrize("port", ["zero", "0", "70000", "-1", "8000 "])
def test_a_port_that_is_none_is_one_sentence(stopped_clone, port):
    done = stopped_clone.run("-m", "ops.embedded.up", PORT=port)
    assert done.returncode == 1
    assert done.stderr == "script/up: PORT must be a number from 1 to 65535, such as PORT=8000.\n"


def test_an_external_database_that_does_not_answer_is_one_sentence(stopped_clone):
    done = stopped_clone.run(
        "-m", "ops.embedded.up", PORT=str(stopped_clone.port), DATABASE_URL="postgresql://u:topsecret@127.0.0.1:1/x",
        REDIS_URL="redis://127.0.0.1:1/0",
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == (
        "script/up: The database at DATABASE_URL does not answer: check the address, or unset it to use the embedded "
        "one.\n"
    )
    assert processes_of(stopped_clone.root) == {}


def test_two_clones_run_at_once_as_an_ordinary_user(make_clone, ordinary_user):
    first, second = make_clone(), make_clone()
    first.start(identity=ordinary_user)
    second.start(identity=ordinary_user)
    first.wait_up()
    second.wait_up()
    assert (first.status("/health/ready"), second.status("/health/ready")) == (200, 200)
    assert (first.stop(), second.stop()) == (0, 0)
    assert {**processes_of(first.root), **processes_of(second.root)} == {}
