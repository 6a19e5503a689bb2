"""What holds for every list of the admin. A model that is registered anew fails here until it has its line in ROWS."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import count

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from authentication.models import AuditEvent, ErasureReport
from authentication.services import audit
from authentication.tests.factories import make_api_key, make_identity, make_staff, make_user, sign_in_as
from core.tests.content.factories import interpretation, load
from notifications.kinds import Channel
from notifications.models import SuppressionReason
from notifications.services import suppress_address
from notifications.tests.audience import make_broadcast
from numerai.staff import BoundedPaginator, StaffModelAdmin
from payments.services import grant_plan

pytestmark = pytest.mark.django_db

_numbers = count(1)


def _erasure() -> None:
    now, mark = timezone.now(), f"mark {next(_numbers)}"
    ErasureReport.objects.create(mark=mark, asked_at=now, erased_at=now, reported_at=now, tables=1, columns=1)


def _grant() -> None:
    now = timezone.now()
    staff, member = make_user(password=None), make_user(password=None)
    ends_at = now + timedelta(days=1)
    grant_plan(user_id=member.pk, plan="premium", reason="Test", ends_at=ends_at, granted_by=staff.pk, now=now)


def _delivery() -> None:
    member = make_user(password=None)
    sign_in_as(member), sign_in_as(member)  # The second one is told of by mail.


def _suppression() -> None:
    address = f"gone{next(_numbers)}@example.com"
    suppress_address(channel=Channel.EMAIL, address=address, reason=SuppressionReason.BOUNCED)


# How one more row of each list comes to be.
ROWS: dict[str, Callable[[], object]] = {
    "auth.group": lambda: Group.objects.create(name=f"Role {next(_numbers)}"),
    "authentication.user": lambda: make_user(password=None),
    "authentication.session": lambda: sign_in_as(make_user(password=None)),
    "authentication.identity": lambda: make_identity(make_user(password=None), str(next(_numbers))),
    "authentication.apikey": lambda: make_api_key(make_user(password=None)),
    "authentication.auditevent": lambda: audit.record("test", actor_id=make_user(password=None).pk),
    "authentication.erasurereport": _erasure,
    "core.contententry": lambda: load(*(interpretation(number) for number in range(1, next(_numbers) % 9 + 1))),
    "notifications.broadcast": lambda: make_broadcast(name=f"News {next(_numbers)}"),
    "notifications.delivery": _delivery,
    "notifications.suppressedaddress": _suppression,
    "payments.plangrant": _grant,
}
# A handful of rows for ever: nothing to search or filter.
HANDFUL = {"auth.group"}


def page_of(label: str) -> StaffModelAdmin:
    return next(page for model, page in site._registry.items() if model._meta.label_lower == label)


def path_of(label: str) -> str:
    return f"/admin/{label.replace('.', '/')}/"


@pytest.fixture
def inside() -> Client:
    client = Client()
    client.force_login(make_staff(password=None))
    return client


def test_every_registered_model_is_in_the_table():
    assert {model._meta.label_lower for model in site._registry} == set(ROWS)


@pytest.mark.parametrize("label", sorted(ROWS))
def test_a_page_of_a_list_stays_fast_however_long_the_list_is(label):
    page = page_of(label)
    assert isinstance(page, StaffModelAdmin)
    assert (page.paginator, page.show_full_result_count, page.list_max_show_all) == (BoundedPaginator, False, 0)
    assert page.list_per_page <= 100


@pytest.mark.parametrize("label", sorted(set(ROWS) - HANDFUL))
def test_a_list_can_be_searched_and_filtered(inside, label):
    page = page_of(label)
    assert page.search_fields
    assert page.list_filter
    for term in ("nothing of the kind", "01980000-0000-7000-8000-000000000000", "'; --", "%", "\u0130"):
        assert inside.get(path_of(label), {"q": term}).status_code == 200


def queries_of_list(client: Client, label: str) -> list[str]:
    with CaptureQueriesContext(
        connection,
    ) as done:
        assert client.get(path_of(label)).status_code == 200
    return [query["sql"] for query in done.captured_queries]


@pytest.mark.parametrize("label", sorted(ROWS))
def test_a_list_costs_the_same_for_one_row_and_for_more_and_counts_to_a_limit(inside, label):
    ROWS[label]()
    queries_of_list(inside, label)  # Content types and the like are remembered from the first time on.
    one = queries_of_list(inside, label)
    [ROWS[label]() for _ in range(5)]
    more = queries_of_list(inside, label)
    assert len(one) == len(more)
    counts = [sql for sql in more if "COUNT(*)" in sql]
    assert [sql for sql in counts if "LIMIT 10000" not in sql] == []
    assert len(counts) == 1


@pytest.mark.parametrize("label", sorted(ROWS))
def test_an_export_streams_and_is_written_down(inside, label):
    ROWS[label]()
    rows = list(page_of(label).model.objects.all()[:50])
    sent = {"action": "export_as_csv", "_selected_action": [str(row.pk) for row in rows]}
    answer = inside.post(path_of(label), sent)
    assert answer.streaming
    lines = b"".join(answer.streaming_content).decode().strip().splitlines()
    assert len(lines) >= len(rows) + 1
    assert AuditEvent.objects.filter(act="staff_exported_list").count() == 1


def test_an_export_gives_a_spreadsheet_no_formula(inside):
    Group.objects.create(name='=HYPERLINK("http://example.com")')
    chosen = Group.objects.get(name__startswith="=")
    answer = inside.post("/admin/auth/group/", {"action": "export_as_csv", "_selected_action": [chosen.pk]})
    assert "\"'=HYPERLINK" in b"".join(answer.streaming_content).decode()


@pytest.mark.parametrize("path", ["operations/outbox/", "operations/channels/", "operations/readings/"])
def test_what_no_text_can_hold_is_refused_and_is_no_error_of_ours(inside, path):
    sent = {"do": "off", "channel": "email", "kind": "a\0b", "outcome": "a\0b", "reason": "a\0b"}
    assert inside.post(f"/admin/{path}", sent).status_code == 400
    assert inside.post(f"/admin/{path}", sent | {"do": "retry_all"}).status_code == 400
    assert inside.get("/admin/notifications/delivery/", {"kind": "a\0b"}).status_code == 400


def test_no_list_shows_what_is_encrypted_or_hashed():
    hidden = {
        "address",
        "payload",
        "digest",
        "current",
        "previous",
        "secret",
        "target",
        "password",
        "archive",
        "traces",
    }
    shown = {
        (model._meta.label_lower, name)
        for model, page in site._registry.items()
        for name in [*page.list_display, *(page.fields or [])]
        if name in hidden
    }
    assert shown == set()
