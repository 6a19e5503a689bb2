"""A copy of everything: asked for, made by a task, fetched by a link."""

from __future__ import annotations

import io
import json
import zipfile
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.core import signing
from django.db import connection
from django.utils import timezone

from authentication.models import Act, AuditEvent, DataExport, ExportState
from authentication.services import exports, passwords
from authentication.services.cleaning import purge_expired
from authentication.tasks import make_export, make_overdue_exports
from authentication.tests.factories import PASSWORD, ApiClient, deliveries_to, make_user, sign_in_as
from authentication.tests.test_concurrency import HERE, at_once
from numerai import hooks
from numerai.api.exceptions import NotFound

pytestmark = pytest.mark.django_db

EXPORT = "users/export"
NOON = "2026-03-02T12:00:00Z"


def ask(user) -> DataExport:
    return exports.ask_for_export(user_id=user.pk, caller=HERE, now=timezone.now())


def make(user) -> DataExport:
    export = ask(user)
    make_export(str(export.pk))
    export.refresh_from_db()
    return export


def path_of(export: DataExport) -> str:
    return exports.link_to(export).partition("/api/v1/")[2]


def unpack(content: bytes) -> dict[str, Any]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


@pytest.fixture
def sent_tasks(monkeypatch, django_capture_on_commit_callbacks):
    """What is handed to Celery's client, at its door."""
    sent: list[tuple[str, Any]] = []
    monkeypatch.setattr("numerai.background.current_app.send_task", lambda name, args: sent.append((name, args)))
    return sent


def test_asking_queues_the_making_and_says_so(member, user, sent_tasks, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        answer = member.send("post", EXPORT)
    assert answer.status_code == 202
    data = answer.json()["data"]
    assert (data["state"], data["url"], data["made_at"], data["size"]) == ("asked", None, None, None)
    assert sent_tasks == [("authentication.tasks.make_export", (str(DataExport.objects.get().pk),))]
    assert AuditEvent.objects.filter(act=Act.EXPORT_ASKED, actor_id=user.pk).count() == 1


def test_asking_again_meanwhile_is_the_same_export(member, sent_tasks, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        answers = [member.send("post", EXPORT).json()["data"] for _ in range(2)]
    assert answers[0] == answers[1]
    assert len(sent_tasks) == DataExport.objects.count() == 1


def test_an_idempotency_key_gives_the_first_answer_again(member):
    sent = {"headers": {"Idempotency-Key": "k1"}, "content_type": "application/json"}
    first = member.post(f"/api/v1/{EXPORT}", **sent)
    make_export(str(DataExport.objects.get().pk))
    again = member.post(f"/api/v1/{EXPORT}", **sent)
    assert (again.status_code, again.json()["data"]) == (202, first.json()["data"])
    assert again["Idempotency-Replayed"] == "true"


def test_the_member_is_told_by_mail_with_a_link_that_opens_it(user):
    export = make(user)
    [(kind, payload)] = [one for one in deliveries_to(user.email) if one[0] == "export_ready"]
    assert kind == "export_ready"
    assert payload["url"].startswith("http://localhost:8000/api/v1/users/export/files/")
    assert payload["ends_at"] == export.expires_at.isoformat()
    answer = ApiClient().get(payload["url"].removeprefix("http://localhost:8000"))
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/zip"
    assert answer["Content-Disposition"] == 'attachment; filename="numerai-export.zip"'
    assert answer["Cache-Control"] == "no-store"
    assert len(answer.content) == export.size


def test_the_archive_holds_every_section_of_every_app(user):
    files = unpack(ApiClient().send("get", path_of(make(user))).content)
    promised = {
        f"{data.app}/{section}.json"
        for data in hooks.list_personal_data()
        for section in data.holds.values()
        if section != hooks.NOT_EXPORTED
    }
    assert set(files) == {"README.txt"} | promised
    account = json.loads(files["authentication/account.json"])
    assert (account["email"], account["full_name"]) == (user.email, "Ada Byron")
    assert all(name in files["README.txt"] for name in promised)


def test_a_ready_export_is_shown_to_its_member_with_a_link(member, user):
    export = make(user)
    data = member.send("get", EXPORT).json()["data"]
    assert (data["state"], data["size"]) == ("ready", export.size)
    assert ApiClient().get(data["url"].removeprefix("http://localhost:8000")).status_code == 200


def test_no_other_member_sees_it(user):
    make(user)
    answer = ApiClient(sign_in_as(make_user())).send("get", EXPORT)
    assert answer.status_code == 404


@pytest.mark.parametrize("accept", ["application/zip", "text/html", "image/png"])
def test_the_file_is_given_whatever_the_client_would_like(user, accept):
    answer = ApiClient().get(f"/api/v1/{path_of(make(user))}", headers={"Accept": accept})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "forge",
    [
        lambda token, export: token[:-1] + ("A" if token[-1] != "A" else "B"),
        lambda token, export: token.partition(":")[0],
        lambda token, export: export.pk.hex,
        lambda token, export: signing.dumps([export.pk.hex, 1], salt="another"),
        lambda token, export: signing.dumps([uuid4().hex, 1], salt=exports._SALT),
        lambda token, export: "x" * 4000,
    ],
)
def test_a_stranger_cannot_forge_a_link(user, forge):
    export = make(user)
    token = path_of(export).rpartition("/")[2]
    assert ApiClient().send("get", f"users/export/files/{forge(token, export)}").status_code == 404


@pytest.mark.parametrize(("days", "status"), [(6.99, 200), (7, 404)])
def test_a_link_ends_after_a_week(user, days, status):
    with time_machine.travel(NOON, tick=False) as clock:
        path = path_of(make(user))
        clock.shift(timedelta(days=days))
        assert ApiClient().send("get", path).status_code == status


def test_a_link_made_later_ends_with_the_export(user):
    with time_machine.travel(NOON, tick=False) as clock:
        export = make(user)
        clock.shift(timedelta(days=6))
        path = path_of(export)
        clock.shift(timedelta(days=1))
        assert ApiClient().send("get", path).status_code == 404


def test_a_new_password_ends_the_link(user):
    path = path_of(make(user))
    pair = sign_in_as(user)
    passwords.change_password(
        user_id=user.pk,
        session_id=pair.session_id,
        current_password=PASSWORD,
        new_password="a new horse, to be sure",
        caller=HERE,
        now=timezone.now(),
    )
    assert ApiClient().send("get", path).status_code == 404


def test_the_link_of_a_closed_account_opens_nothing(user):
    path = path_of(make(user))
    user.is_active = False
    user.save()
    assert ApiClient().send("get", path).status_code == 404


def test_fetching_is_in_the_audit_log(user):
    ApiClient().send("get", path_of(make(user)))
    acts = AuditEvent.objects.filter(subject_id=user.pk, act__startswith="export").order_by("pk")
    assert list(acts.values_list("act", "actor_id")) == [
        ("export_asked", user.pk), ("export_made", None), ("export_fetched", None),
    ]  # fmt: skip


def test_one_export_a_day(member, user):
    with time_machine.travel(NOON, tick=False) as clock:
        member.pair = sign_in_as(user)
        make(user)
        clock.shift(23 * 3600)
        member.pair = sign_in_as(user)
        answer = member.send("post", EXPORT)
        assert (answer.status_code, answer.json()["error"]["code"]) == (429, "EXPORT_MADE_RECENTLY")
        assert answer["Retry-After"] == "3600"
        clock.shift(3600)
        member.pair = sign_in_as(user)
        assert member.send("post", EXPORT).status_code == 202


def test_a_new_export_replaces_the_old_one(user):
    with time_machine.travel(NOON, tick=False) as clock:
        old = path_of(make(user))
        clock.shift(timedelta(days=1))
        new = path_of(make(user))
        assert [ApiClient().send("get", path).status_code for path in (old, new)] == [404, 200]
        assert DataExport.objects.count() == 1


def test_expired_exports_are_purged_and_not_shown(member, user):
    export = make(user)
    with pytest.raises(NotFound):
        exports.get_newest(user_id=user.pk, now=export.expires_at)
    purge_expired(now=export.expires_at - timedelta(seconds=1))
    assert DataExport.objects.exists()
    purge_expired(now=export.expires_at)
    assert not DataExport.objects.exists()


def test_nothing_of_the_archive_is_readable_in_the_database(user):
    make(user)
    with connection.cursor() as cursor:
        cursor.execute("SELECT e::text FROM authentication_dataexport AS e")
        row = cursor.fetchone()[0]
    assert "UEsDB" not in row  # what the base64 of a ZIP begins with
    assert user.email not in row


def test_making_twice_makes_once(user):
    export = make(user)
    make_export(str(export.pk))
    assert Counter(kind for kind, _ in deliveries_to(user.email))["export_ready"] == 1
    export.refresh_from_db()
    assert export.tries == 1


@pytest.fixture
def broken(monkeypatch):
    """An app whose export dies half-way: everything after it was not yet reached."""

    def die(user_id: Any) -> Any:
        raise OSError("killed")

    registered = dict(hooks._personal_data)
    monkeypatch.setattr(hooks, "_personal_data", registered)

    def set_broken(is_broken: bool) -> None:
        if is_broken:
            registered["zzz"] = hooks.PersonalData("zzz", {}, die, die)
        else:
            registered.pop("zzz", None)

    return set_broken


def test_a_making_that_dies_leaves_nothing_and_is_begun_again_by_the_timetable(user, broken, monkeypatch):
    export = ask(user)
    broken(True)
    with pytest.raises(OSError, match="killed"):
        make_export(str(export.pk))
    export.refresh_from_db()
    assert (export.state, export.archive, export.tries) == (ExportState.ASKED, None, 1)
    assert not deliveries_to(user.email)
    broken(False)
    queued: list[str] = []
    monkeypatch.setattr(make_export, "delay", queued.append)
    make_overdue_exports()
    assert queued == []
    with time_machine.travel(timezone.now() + timedelta(minutes=5)):
        make_overdue_exports()
        assert queued == [str(export.pk)]
        make_export(queued[0])
    export.refresh_from_db()
    assert export.state == ExportState.READY


def test_an_export_that_always_fails_is_given_up_and_may_be_asked_for_again(member, user, broken):
    export = ask(user)
    broken(True)
    for _ in range(exports.MAX_TRIES):
        with pytest.raises(OSError, match="killed"):
            make_export(str(export.pk))
    make_export(str(export.pk))
    assert member.send("get", EXPORT).json()["data"]["state"] == "failed"
    broken(False)
    assert make(user).state == ExportState.READY


@pytest.mark.django_db(transaction=True)
def test_asking_at_once_asks_once():
    user = make_user()
    results = at_once(5, lambda number: ask(user))
    assert len({export.pk for export in results}) == 1
    assert AuditEvent.objects.filter(act=Act.EXPORT_ASKED).count() == 1


@pytest.mark.django_db(transaction=True)
def test_making_at_once_makes_once():
    user = make_user()
    export = ask(user)
    at_once(4, lambda number: make_export(str(export.pk)))
    assert AuditEvent.objects.filter(act=Act.EXPORT_MADE).count() == 1
    assert [kind for kind, _ in deliveries_to(user.email)] == ["export_ready"]
