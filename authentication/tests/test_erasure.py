"""Erasing an account: in steps that may die, until a search of every table finds nothing."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.models import CharField, JSONField, TextField, UUIDField
from django.utils import timezone
from psycopg import sql

from authentication import remains, tombstones
from authentication.models import AccountDeletion, Act, AuditEvent, DeletionState, ErasureReport, Session, User
from authentication.services import erasure
from authentication.tasks import erase_account, erase_due_accounts
from authentication.tests.factories import PASSWORD, ApiClient, deliveries_to, make_user, sign_in_as
from authentication.tests.test_concurrency import at_once
from authentication.tests.test_personal_data import fill
from notifications.kinds import Channel, Kind
from notifications.models import Delivery, State, SuppressedAddress
from notifications.services import queue_delivery
from numerai import hooks

pytestmark = pytest.mark.django_db

APPS = [data.app for data in erasure._erasers()]


@pytest.fixture(autouse=True)
def _own_tombstones(settings: Any, tmp_path: Path) -> None:
    settings.TOMBSTONE_FOLDER = str(tmp_path / "tombstones")


@pytest.fixture
def ada() -> User:
    user = make_user(email="ada@example.com", full_name="Ada Byron")
    fill(user)
    return user


def schedule(user: User, **ago: float) -> AccountDeletion:
    now = timezone.now() - timedelta(**ago)
    return AccountDeletion.objects.create(user_id=user.pk, asked_at=now - timedelta(days=30), erase_at=now)


def send_mails() -> None:
    """End every delivery, as the sender does."""
    Delivery.objects.all().update(state=State.SENT, address=None, payload=None, ended_at=timezone.now())


def erase(row: AccountDeletion, *, days: float = 0) -> None:
    erasure.erase_account(deletion_id=row.pk, now=timezone.now() + timedelta(days=days))


def dump() -> str:
    """Every row of every table but the audit log, which keeps ids, as text."""
    with connection.cursor() as cursor:
        texts = []
        for table in connection.introspection.table_names(cursor):
            cursor.execute(sql.SQL("SELECT t::text FROM {} AS t").format(sql.Identifier(table)).as_string(None))
            texts += [f"{table} {row}" for (row,) in cursor.fetchall()]
    return "\n".join(text for text in texts if not text.startswith("authentication_auditevent"))


def test_an_erasure_leaves_nothing_and_says_where_it_looked(ada):
    row = schedule(ada)
    assert ada.pk.hex in dump().replace("-", "")
    erase(row)
    assert deliveries_to("ada@example.com") == [("account_erased", {})]
    send_mails()
    erase(row)
    text = dump().lower()
    assert [word for word in (str(ada.pk), ada.pk.hex, "ada@example.com", "byron") if word in text] == []
    report = ErasureReport.objects.get()
    assert (report.mark, report.asked_at) == (tombstones.mark_of(ada.pk), row.asked_at)
    assert report.tables > 15
    assert report.columns > 100
    assert AuditEvent.objects.filter(act=Act.ACCOUNT_ERASED, subject_id=ada.pk, actor_id=None).count() == 1


def test_nobody_else_is_touched(ada):
    other = make_user(email="other@example.com")
    fill(other)
    sign_in_as(other)
    before = {table: text.count(str(other.pk)) for table, text in [("all", dump())]}
    row = schedule(ada)
    erase(row)
    send_mails()
    erase(row)
    assert {"all": dump().count(str(other.pk))} == before
    assert ApiClient(sign_in_as(other)).send("get", "users/profile").status_code == 200


def test_before_its_day_nothing_happens(ada):
    row = schedule(ada, days=-1)
    erase(row)
    row.refresh_from_db()
    assert (row.state, User.objects.filter(pk=ada.pk, is_active=True).exists()) == (DeletionState.SCHEDULED, True)
    assert not tombstones.is_placed(ada.pk)


def test_the_timetable_takes_what_is_due_and_what_is_unfinished(ada, monkeypatch):
    queued: list[str] = []
    monkeypatch.setattr(erase_account, "delay", queued.append)
    due, later = schedule(ada), schedule(make_user(), days=-1)
    erase_due_accounts()
    erase_account(queued[0])
    erase_due_accounts()
    assert queued == [str(due.pk)] * 2
    assert later.pk


def test_the_last_trace_waits_for_the_last_mail(ada):
    row = schedule(ada)
    erase(row)
    erase(row, days=2.9)
    assert AccountDeletion.objects.get().state == DeletionState.ERASED
    # A mail server that is down for three days does not keep a member's address for ever.
    erase(row, days=3.1)
    assert not AccountDeletion.objects.exists()
    assert not Delivery.objects.exists()


def test_an_address_that_was_stopped_is_forgotten_after_the_last_mail(ada):
    row = schedule(ada)
    assert SuppressedAddress.objects.exists()
    erase(row)
    send_mails()
    erase(row)
    assert not SuppressedAddress.objects.exists()


def test_who_takes_the_address_meanwhile_keeps_it(ada):
    row = schedule(ada)
    erase(row)
    successor = make_user(email="ada@example.com")
    queue_delivery(
        kind=Kind.WELCOME, channel=Channel.EMAIL, user_id=successor.pk, address=successor.email, subject="1",
        due_on=timezone.now().date(), payload={},
    )  # fmt: skip
    send_mails()
    erase(row)
    assert ErasureReport.objects.count() == 1
    assert [delivery.user_id for delivery in Delivery.objects.all()] == [successor.pk]


def test_an_address_that_ends_like_the_members_is_no_trace(ada):
    make_user(email="the.ada@example.com")
    make_user(email="ada@example.com.au")
    row = schedule(ada)
    erase(row)
    send_mails()
    erase(row)
    assert ErasureReport.objects.count() == 1


def test_what_a_request_wrote_meanwhile_is_erased_too(ada):
    row = schedule(ada)
    erase(row)
    send_mails()
    queue_delivery(
        kind=Kind.WELCOME, channel=Channel.EMAIL, user_id=ada.pk, address="elsewhere@example.com", subject="late",
        due_on=timezone.now().date(), payload={},
    )  # fmt: skip
    erase(row)
    assert str(ada.pk) not in dump()


@pytest.mark.parametrize("died_in", range(len(APPS)), ids=APPS)
def test_an_erasure_that_dies_in_any_app_goes_on_where_it_was(ada, monkeypatch, died_in):
    row = schedule(ada)
    registered = dict(hooks._personal_data)
    monkeypatch.setattr(hooks, "_personal_data", registered)
    whole = registered[APPS[died_in]]

    def die(user_id: Any) -> None:
        raise OSError("killed")

    registered[APPS[died_in]] = hooks.PersonalData(whole.app, whole.holds, whole.export, die)
    with pytest.raises(OSError, match="killed"):
        erase(row)
    row.refresh_from_db()
    assert row.state == DeletionState.ERASING
    assert not User.objects.filter(pk=ada.pk, is_active=True).exists()
    registered[APPS[died_in]] = whole
    erase(row)
    send_mails()
    erase(row)
    assert ErasureReport.objects.count() == 1


def test_without_a_tombstone_nothing_is_erased(ada, settings, tmp_path):
    (tmp_path / "in the way").write_text("a file where the folder should be")
    settings.TOMBSTONE_FOLDER = str(tmp_path / "in the way")
    row = schedule(ada)
    with pytest.raises(OSError, match=r"exists|directory"):
        erase(row)
    assert User.objects.filter(pk=ada.pk, email="ada@example.com").exists()


def test_from_the_claim_on_nobody_signs_in(ada):
    row = schedule(ada)
    pair = sign_in_as(make_user())
    erasure._claim(row.pk, now=timezone.now())
    sent = {"email": ada.email, "password": PASSWORD}
    assert ApiClient().send("post", "auth/login", sent).json()["error"]["code"] == "INVALID_CREDENTIALS"
    assert not Session.objects.filter(user=ada, ended_at=None).exists()
    assert ApiClient(pair).send("get", "users/profile").status_code == 200


@pytest.fixture
def forgetful_table(transactional_db: None) -> Any:
    """A table with a member's data that no app knows."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE forgotten (owner uuid, words text, list text[], more jsonb, raw bytea, plain int)")
    yield "forgotten"
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE forgotten")


@pytest.mark.parametrize("column", ["owner", "words", "list", "more", "raw"])
def test_a_row_that_is_left_is_found_wherever_it_is_and_undoes_the_last_step(forgetful_table, column):
    user = make_user(email="ada@example.com")
    value = {
        "owner": user.pk,
        "words": "Mail Ada@Example.com.",
        "list": ["a", user.pk.hex],
        "more": json.dumps({"to": ["ada@example.com"]}),
        "raw": str(user.pk).encode(),
    }[column]
    with connection.cursor() as cursor:
        statement = sql.SQL("INSERT INTO forgotten ({}) VALUES (%s)").format(sql.Identifier(column))
        cursor.execute(statement.as_string(None), [value])
    row = schedule(user)
    erase(row)
    send_mails()
    with pytest.raises(erasure.SomethingIsLeft) as found:
        erase(row)
    assert found.value.args == ({f"forgotten.{column}": 1},)
    assert not ErasureReport.objects.exists()
    assert AccountDeletion.objects.get().state == DeletionState.ERASED
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM forgotten")
    erase(row)
    assert ErasureReport.objects.count() == 1


def test_every_column_that_could_hold_a_trace_is_searched():
    searched = {(table, column) for table, kinds in remains.list_columns().items() for column in kinds}
    declared = {
        (model._meta.db_table, field.column)
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.concrete_fields
        if isinstance(field, (UUIDField, CharField, TextField, JSONField))
        or isinstance(getattr(field, "target_field", None), UUIDField)
    }
    assert declared - searched == remains.KEPT


def test_a_tombstone_is_a_file_that_names_nobody(ada, settings):
    tombstones.place(ada.pk)
    tombstones.place(ada.pk)
    [file] = Path(settings.TOMBSTONE_FOLDER).iterdir()
    assert (len(file.name), file.read_bytes(), file.stat().st_mode & 0o777) == (64, b"", 0o600)
    assert ada.pk.hex not in file.name
    assert Path(settings.TOMBSTONE_FOLDER).stat().st_mode & 0o777 == 0o700


def back_up() -> dict[str, bytes]:
    """Every row of every table, as a dump has it."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
    return {table: b"".join(_copy("COPY (SELECT * FROM {}) TO STDOUT", table)) for table in tables}


def _copy(statement: str, table: str) -> list[bytes]:
    with connection.cursor() as cursor, cursor.copy(sql.SQL(statement).format(sql.Identifier(table))) as copy:
        return [bytes(block) for block in copy]


def restore(backup: dict[str, bytes]) -> None:
    """Bring back every row that is missing; foreign keys are looked at when all are there."""
    with connection.cursor() as cursor:
        for table, rows in backup.items():
            names = {"table": sql.Identifier(table), "copied": sql.Identifier(f"copied_{table}")}
            cursor.execute(sql.SQL("CREATE TEMP TABLE {copied} (LIKE {table})").format(**names).as_string(None))
            with cursor.copy(sql.SQL("COPY {copied} FROM STDIN").format(**names)) as copy:
                copy.write(rows)
            cursor.execute(
                sql.SQL("INSERT INTO {table} SELECT * FROM {copied} ON CONFLICT DO NOTHING")
                .format(**names)
                .as_string(None)
            )
            cursor.execute(sql.SQL("DROP TABLE {copied}").format(**names).as_string(None))


def test_a_restored_backup_is_erased_again(ada, capsys):
    other = make_user(email="other@example.com")
    backup = back_up()
    row = schedule(ada)
    erase(row)
    send_mails()
    erase(row)
    restore(backup)
    assert str(ada.pk) in dump()
    assert User.objects.filter(pk=ada.pk, is_active=True).exists()
    call_command("erase_restored")
    assert "Erased again: 1." in capsys.readouterr().out
    assert str(ada.pk) not in dump()
    assert User.objects.filter(pk=other.pk).exists()
    assert ErasureReport.objects.filter(mark=tombstones.mark_of(ada.pk)).count() == 2
    # The member was told the first time.
    assert not Delivery.objects.filter(kind=Kind.ACCOUNT_ERASED).exists()
    call_command("erase_restored")
    assert "Erased again: 0." in capsys.readouterr().out


def test_a_backup_from_the_days_of_grace_is_erased_again_too(ada):
    row = schedule(ada, days=-10)
    tombstones.place(ada.pk)
    call_command("erase_restored")
    assert not AccountDeletion.objects.filter(pk=row.pk).exists()
    assert str(ada.pk) not in dump()


def test_rows_without_their_account_are_found_by_a_restore(ada):
    queue_delivery(
        kind=Kind.WELCOME, channel=Channel.EMAIL, user_id=ada.pk, address=ada.email, subject="1",
        due_on=timezone.now().date(), payload={},
    )  # fmt: skip
    tombstones.place(ada.pk)
    User.objects.filter(pk=ada.pk).delete()
    assert erasure.list_brought_back() == [ada.pk]


@pytest.mark.django_db(transaction=True)
def test_two_erasers_at_once_erase_once():
    user = make_user(email="ada@example.com")
    row = schedule(user)
    at_once(3, lambda number: erase(row))
    assert deliveries_to("ada@example.com") == [("account_erased", {})]
    send_mails()
    at_once(3, lambda number: erase(row))
    assert ErasureReport.objects.count() == 1
    assert AuditEvent.objects.filter(act=Act.ACCOUNT_ERASED).count() == 1


def test_staff_find_the_report_by_the_id_of_the_account(ada, admin_client):
    row = schedule(ada)
    erase(row)
    send_mails()
    erase(row)
    page = "/admin/authentication/erasurereport/"
    listed = [admin_client.get(page, {"q": str(user_id)}).context["cl"].result_count for user_id in (ada.pk, row.pk)]
    assert listed == [1, 0]
