from __future__ import annotations

import pytest
from django.db import InternalError, ProgrammingError, connection, transaction

from authentication.callers import caller_of
from authentication.models import Act, AuditEvent
from authentication.services import audit
from authentication.tests.factories import PASSWORD, ApiClient

pytestmark = pytest.mark.django_db


@pytest.fixture
def event(user) -> AuditEvent:
    audit.record(Act.SIGNED_IN, actor_id=user.pk)
    return AuditEvent.objects.get()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE authentication_auditevent SET act = 'nothing'",
        "DELETE FROM authentication_auditevent",
        "INSERT INTO authentication_auditevent (id, act, network, request_id) "
        "SELECT id, act, network, request_id FROM authentication_auditevent "
        "ON CONFLICT (id) DO UPDATE SET act = 'nothing'",
    ],
)
def test_the_database_refuses_to_change_the_log(event, statement):
    with pytest.raises((ProgrammingError, InternalError), match="append-only"), transaction.atomic():
        connection.cursor().execute(statement)
    assert AuditEvent.objects.get().act == "signed_in"


def test_the_log_outlives_the_account(event, user):
    user.delete()
    assert AuditEvent.objects.get().subject_id is not None


def test_a_line_names_the_request_and_a_hashed_network_and_no_person(user):
    client = ApiClient(REMOTE_ADDR="203.0.113.7")
    sent = {"email": user.email, "password": PASSWORD}
    client.post("/api/v1/auth/login", sent, content_type="application/json", headers={"X-Request-ID": "abc-1"})
    line = AuditEvent.objects.values().get()
    assert (line["act"], line["actor_id"], line["subject_id"]) == ("signed_in", user.pk, user.pk)
    assert line["request_id"] == "abc-1"
    assert len(line["network"]) == 32
    assert not any(part in str(line) for part in (user.email, "203.0.113.7", user.full_name))


def test_a_failed_sign_in_names_the_account_and_no_actor(user):
    ApiClient().send("post", "auth/login", {"email": user.email, "password": "not this one"})
    line = AuditEvent.objects.get()
    assert (line.act, line.actor_id, line.subject_id) == ("sign_in_failed", None, user.pk)


def test_one_network_has_one_hash(rf):
    one, same, other = (
        caller_of(rf.get("/", REMOTE_ADDR=address)).network
        for address in ("2001:db8::1", "2001:db8::ffff", "2001:db8:1::1")
    )
    assert one == same
    assert one != other


@pytest.mark.parametrize(
    ("user_agent", "label"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 15_0) Version/19.0 Safari/605.1.15", "Safari on macOS"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0", "Firefox on Linux"),
        ("NumerAI/3.1 (iPhone; iOS 19.0)", "NumerAI app on iPhone"),
        ("<script>alert(1)</script>", "Unknown device"),
        ("", "Unknown device"),
    ],
)
def test_a_device_is_called_what_its_owner_would_call_it(rf, user_agent, label):
    assert caller_of(rf.get("/", HTTP_USER_AGENT=user_agent)).device == label
