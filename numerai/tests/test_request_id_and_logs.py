import asyncio
import io
import json
import logging
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from celery import shared_task
from celery.app.trace import build_tracer
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client
from kombu.exceptions import OperationalError
from structlog.contextvars import bound_contextvars, get_contextvars

from numerai.api import task_context
from numerai.api.request_id import RequestIdMiddleware, choose_request_id
from numerai.celery import app
from numerai.logs import configure

User: Any = get_user_model()

pytestmark = [pytest.mark.urls("numerai.tests.addresses")]


@pytest.fixture
def log_lines() -> Iterator[io.StringIO]:
    """Everything that production would log, at the level DEBUG."""
    configure({"level": "DEBUG", "format": "json"})
    handler = next(one for one in logging.getLogger().handlers if type(one) is logging.StreamHandler)
    written = io.StringIO()
    handler.setStream(written)
    yield written
    configure(django_settings.LOGGING)


def lines(written: io.StringIO, event: str) -> list[dict[str, Any]]:
    everything = [json.loads(line) for line in written.getvalue().splitlines()]
    return [line for line in everything if line["event"] == event]


@pytest.mark.parametrize("sent", ["a", "A-z_0.9", "x" * 64])
def test_a_sane_id_is_taken_and_returned(api: Client, sent: str) -> None:
    assert api.get("/api/test/plain", headers={"X-Request-ID": sent})["X-Request-ID"] == sent


@pytest.mark.parametrize("sent", ["", "x" * 65, "a b", "a\tb", "ä", "<script>", "a/b", "a\n"])
def test_any_other_id_is_replaced(sent: str) -> None:
    assert choose_request_id(sent) != sent
    assert len(choose_request_id(sent)) == 32


def test_two_requests_have_different_ids(api: Client) -> None:
    assert api.get("/api/test/plain")["X-Request-ID"] != api.get("/api/test/plain")["X-Request-ID"]


def test_one_line_a_request_with_the_route_and_nothing_personal(api: Client, log_lines: io.StringIO) -> None:
    api.get("/api/test/failing/conflict?name=Lovelace", headers={"X-Request-ID": "abc"})
    (line,) = lines(log_lines, "request")
    assert (line["method"], line["route"], line["status"]) == ("GET", "api/test/failing/<failure>", 409)
    assert (line["request_id"], line["logger"]) == ("abc", "numerai.request")
    assert line["milliseconds"] >= 0
    assert "user_id" not in line
    assert "Lovelace" not in log_lines.getvalue()
    assert "127.0.0.1" not in log_lines.getvalue()


@pytest.mark.parametrize(
    ("route", "status", "level"),
    [
        ("health", 200, "debug"),
        ("health/ready", 200, "debug"),
        ("metrics", 200, "debug"),
        ("health/ready", 503, "info"),
        ("api/x", 200, "info"),
    ],
)
def test_a_probe_that_is_answered_well_is_a_line_for_debugging_only(
    log_lines: io.StringIO, route: str, status: int, level: str
) -> None:
    request = HttpRequest()
    request.resolver_match = SimpleNamespace(route=route, view_name="a:name")  # type: ignore[assignment]
    RequestIdMiddleware(lambda request: HttpResponse(status=status))(request)
    (line,) = lines(log_lines, "request")
    assert line["level"] == level


@pytest.mark.django_db
def test_the_line_names_the_account_that_signed_in(api: Client, log_lines: io.StringIO) -> None:
    user = User.objects.create_user("ada@example.com")
    api.get("/api/test/private", headers={"Authorization": str(user.pk)})
    (line,) = lines(log_lines, "request")
    assert line["user_id"] == str(user.pk)
    assert "ada@example.com" not in log_lines.getvalue()


@pytest.mark.parametrize("path", ["/api/test/failing/unexpected", "/api/test/crash", "/pages/crash"])
def test_an_unexpected_error_is_logged_with_its_place_but_no_data(
    api: Client, log_lines: io.StringIO, path: str
) -> None:
    answer = api.get(f"{path}?born=1815-12-10", headers={"X-Request-ID": "abc"})
    assert answer.status_code == 500
    told = [line for line in map(json.loads, log_lines.getvalue().splitlines()) if "exception" in line]
    assert [line["request_id"] for line in told] == ["abc"]
    assert told[0]["exception"][0]["type"] == "builtins.ValueError"
    assert "addresses.py" in told[0]["exception"][0]["frames"][-1]
    assert "Lovelace" not in log_lines.getvalue()
    # A moment has any four digits in it now and then.
    assert "1815" not in re.sub(r'"timestamp": "20[0-9T:.-]+Z"', "", log_lines.getvalue())


def test_the_id_does_not_outlive_its_request(api: Client) -> None:
    api.get("/api/test/plain")
    assert "request_id" not in get_contextvars()


def test_an_async_server_is_served_without_a_thread(settings: Any) -> None:
    async def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(get_contextvars()["request_id"])

    middleware = RequestIdMiddleware(view)
    request = HttpRequest()
    request.META["HTTP_X_REQUEST_ID"] = "abc"
    response: Any = asyncio.run(middleware(request))  # type: ignore[arg-type]
    assert (response.content, response["X-Request-ID"]) == (b"abc", "abc")


@pytest.mark.django_db
def test_the_whole_stack_answers_under_asgi() -> None:
    answer = asyncio.run(AsyncClient().get("/api/test/plain", headers={"X-Request-ID": "abc"}))
    assert (answer.status_code, answer["X-Request-ID"]) == (200, "abc")


@shared_task
def tell_context() -> None:
    structlog.get_logger("numerai.tests").info("task ran")


def test_a_task_carries_the_id_of_the_request_that_queued_it() -> None:
    with bound_contextvars(request_id="abc"), app.connection_for_write() as connection:
        tell_context.apply_async(queue="test-request-id", connection=connection)
        message = connection.SimpleQueue("test-request-id").get(timeout=5)
        message.ack()
    assert message.headers[task_context.HEADER] == "abc"


def test_a_broker_that_hangs_lets_the_request_go() -> None:
    with ThreadPoolExecutor(1) as thread, socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        with app.connection_for_write(url) as connection:
            queueing = thread.submit(tell_context.apply_async, queue="test-hanging", connection=connection)
            # Without limits of its own this would wait for as long as the server is silent.
            with pytest.raises(OperationalError):
                queueing.result(timeout=20)


def test_the_log_lines_of_a_task_have_that_id(log_lines: io.StringIO) -> None:
    task = tell_context
    task.push_request(id="task-1", **{task_context.HEADER: "abc"})
    try:
        task_context.bind_request_id(task_id="task-1", task=task)
        task()
        task_context.unbind_request_id(task=task)
    finally:
        task.pop_request()
    (line,) = lines(log_lines, "task ran")
    assert (line["request_id"], line["task_id"]) == ("abc", "task-1")
    assert get_contextvars() == {}


@shared_task(name="numerai.tests.use_up")
def use_up(name: str, *, fails: bool) -> None:
    if fails:
        raise ValueError(f"cannot use {name}")


@pytest.mark.parametrize("fails", [False, True])
def test_the_line_of_a_task_shows_neither_its_arguments_nor_what_an_exception_quotes(
    log_lines: io.StringIO, fails: bool
) -> None:
    trace = build_tracer(use_up.name, use_up, app=app)
    request = {"id": "task-1", "task": use_up.name, "args": ["Ada Lovelace"], "kwargs": {"fails": fails}}
    trace("task-1", ["Ada Lovelace"], {"fails": fails}, request)
    written = log_lines.getvalue()
    assert "numerai.tests.use_up" in written
    assert "Lovelace" not in written


def test_a_task_of_the_timetable_gets_an_id_of_its_own() -> None:
    tell_context.push_request(id="task-1")
    try:
        task_context.bind_request_id(task_id="task-1", task=tell_context)
        assert len(get_contextvars()["request_id"]) == 32
    finally:
        task_context.unbind_request_id(task=tell_context)
        tell_context.pop_request()


@pytest.mark.parametrize(
    ("environment", "form"), [("production", "json"), ("staging", "json"), ("development", "text")]
)
def test_where_people_are_served_no_message_of_an_exception_is_logged(environment: str, form: str) -> None:
    code = "from numerai.settings import LOGGING; print(LOGGING['format'])"
    env = {**os.environ, "ENVIRONMENT": environment}
    said = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == form
