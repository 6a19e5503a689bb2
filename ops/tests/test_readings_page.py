"""The page of a day's readings: what each role sees, and what its buttons do and leave behind."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from authentication.models import AuditEvent, User
from authentication.tests.factories import make_staff, make_user
from core.models import DailyReading
from core.services.prepare import prepare_due_readings
from core.tests.content.factories import publish_short_edition
from core.tests.readings.factories import SEVEN, make_member, schedule_of, spoil
from notifications.models import Delivery
from ops.readings_card import readings
from ops.tasks import roll_up_dashboard

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("roles_of_staff")]

PAGE = "/admin/operations/readings/"
LATER = SEVEN + timedelta(minutes=10)


@pytest.fixture(autouse=True)
def _texts(time_machine: Any) -> None:
    time_machine.move_to(LATER, tick=False)
    publish_short_edition()


def desk(role: str) -> Client:
    user = make_user(is_staff=True, password=None)
    user.groups.set(Group.objects.filter(name=role))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def operator() -> Client:
    return desk("Operator")


def text(client: Client, **query: str) -> str:
    return client.get(PAGE, query).content.decode()


def act(client: Client, do: str, member: User | None = None, **sent: str) -> str:
    about = {"member": str(member.pk)} if member else {}
    return client.post(PAGE, {"do": do, **about, **sent}, follow=True).content.decode()


def acts() -> list[str]:
    return list(AuditEvent.objects.filter(act__startswith="reading").order_by("at").values_list("act", flat=True))


def set_aside() -> User:
    member = make_member()
    spoil(member, option_set="calendar-x")
    prepare_due_readings(now=SEVEN)
    spoil(member, option_set="calendar")
    return member


def served() -> User:
    member = make_member()
    prepare_due_readings(now=SEVEN)
    return member


def undelivered(**fields: Any) -> User:
    member = served()
    Delivery.objects.update(state="failed", outcome="smtp_550", ended_at=LATER, **fields)
    return member


def test_those_who_want_a_look_come_first_with_the_reason(operator):
    fine, aside, waiting = served(), set_aside(), make_member()
    page = text(operator)
    assert [str(member.pk) in page for member in (fine, aside, waiting)] == [False, True, True]
    assert "Set aside: their data could not be read" in page
    assert "no_numbers" in page
    assert "Due, and not made yet" in page


@pytest.mark.parametrize(("shown", "found"), [("with", "served"), ("without", "waiting"), ("undelivered", "failed")])
def test_the_day_is_listed_by_how_it_went(operator, shown, found):
    members = {"failed": undelivered(), "served": served(), "waiting": make_member()}
    page = text(operator, show=shown)
    listed = {name for name, member in members.items() if str(member.pk) in page}
    assert listed == ({"failed", "served"} if shown == "with" else {found})


def test_a_list_goes_on_after_fifty(operator):
    members = sorted((make_member() for _ in range(51)), key=lambda member: member.pk)
    page = operator.get(PAGE)
    assert len(page.context["rows"]) == 50
    following = operator.get(f"{PAGE}?{page.context['next']}")
    assert [row["seen"].user_id for row in following.context["rows"]] == [members[50].pk]
    assert following.context["next"] == ""


def test_a_role_without_accounts_sees_ids_and_no_address_and_nobody_sees_birth_data(operator):
    member = make_member()
    pages = text(operator), text(desk("Support"))
    assert [member.email in page for page in pages] == [False, True]
    assert str(member.pk) in pages[0]
    assert [word in page for page in pages for word in ("Mapother", "1962")] == [False] * 4
    assert str(member.pk) not in text(operator, member=member.email)
    assert member.email in text(desk("Support"), member=member.email.upper())
    assert str(member.pk) in text(operator, member=str(member.pk))


def test_support_looks_and_does_not_act():
    member, support = set_aside(), desk("Support")
    assert "Try again" not in text(support)
    assert support.post(PAGE, {"do": "retry", "member": str(member.pk)}).status_code == 403
    assert schedule_of(member.pk).set_aside_for == "no_numbers"


def test_a_member_who_was_set_aside_is_tried_again(operator):
    member = set_aside()
    assert "tried again within a minute" in act(operator, "retry", member)
    assert prepare_due_readings(now=LATER).readings == 1
    assert acts() == ["reading_retried"]
    assert AuditEvent.objects.get(act="reading_retried").subject_id == member.pk
    assert "not set aside any more" in act(operator, "retry", member)
    assert acts() == ["reading_retried"]


def test_all_who_were_set_aside_for_one_reason_are_tried_again(operator):
    members = [set_aside(), set_aside()]
    assert "Members tried again within a minute: 2." in act(operator, "retry_all", reason="no_numbers")
    assert "Nobody is set aside" in act(operator, "retry_all", reason="no_numbers")
    assert {schedule_of(member.pk).set_aside_for for member in members} == {""}
    assert acts() == ["readings_retried"]


def test_a_reading_that_waits_is_sent_now(operator):
    member = make_member()
    assert "Readings made: 1. Deliveries queued: 1." in act(operator, "send", member)
    assert DailyReading.objects.get().user_id == member.pk
    assert acts() == ["reading_sent_by_staff"]


def test_who_gets_no_readings_is_not_sent_one(operator):
    assert "gets no readings" in act(operator, "send", make_user())
    assert acts() == []


def test_a_failed_delivery_goes_out_again(operator):
    member = undelivered()
    assert "Deliveries queued again: 1." in act(operator, "deliver", member)
    assert Delivery.objects.get().state == "queued"
    assert acts() == ["reading_delivered_again"]


@pytest.mark.parametrize(
    ("fields", "is_offered"),
    [
        ({}, True),
        ({"outcome": "address_refused"}, False),
        ({"expires_at": LATER}, False),
        ({"state": "expired"}, False),
        ({"state": "sent"}, False),
    ],
)
def test_another_delivery_is_offered_where_it_may_arrive(operator, fields, is_offered):
    member = undelivered()
    Delivery.objects.update(**fields)
    assert ("Deliver again" in text(operator, member=str(member.pk))) is is_offered


def test_a_delivery_whose_time_is_over_stays_failed(operator):
    member = undelivered(expires_at=LATER - timedelta(minutes=1))
    assert "Nothing of it can be sent again" in act(operator, "deliver", member)
    assert acts() == []


@pytest.mark.parametrize(("do", "member"), [("erase", "x"), ("retry", "not an id"), ("", "")])
def test_what_is_no_act_does_nothing(operator, do, member):
    assert "Choose a member" in operator.post(PAGE, {"do": do, "member": member}, follow=True).content.decode()
    assert acts() == []


def test_a_day_that_is_none_is_today(operator):
    assert "Thursday, 7 May 2026" in text(operator, day="soon", after="nobody", show="everything")
    assert "Wednesday, 6 May 2026" in text(operator, day="2026-05-06")


def test_the_card_tells_the_day_by_the_hour_and_what_is_overdue():
    served(), make_member(), set_aside()
    # The database's clock wrote them, and stands elsewhere.
    DailyReading.objects.update(made_at=LATER)
    measured = readings(LATER)
    figures = {line.label: line.value for line in measured.lines}
    assert figures == {
        "readings made today": 2,
        "due today": 3,
        "delivered": 0,
        "failed or expired": 0,
        "overdue now": 0,
        "oldest overdue": "no one",
        "set aside": 1,
    }
    make_member()
    assert {line.label: line.value for line in readings(LATER).lines}["oldest overdue"] == "10 min"
    assert (measured.series[0].name, measured.series[0].values[7]) == ("Due", 3)


def test_every_figure_of_the_card_leads_to_its_list():
    client = Client()
    client.force_login(make_staff(password=None))
    links = {line.link for line in readings(LATER).lines}
    assert {link: client.get(link).status_code for link in links} == dict.fromkeys(links, 200)
    assert len(links) == 5


def test_the_page_shows_the_hours_of_today_as_they_were_measured(operator):
    served()
    assert "As of" not in text(operator)
    roll_up_dashboard()
    assert "As of" in text(operator)
    assert "As of" not in text(operator, day="2026-05-06")


@pytest.mark.parametrize("shown", ["trouble", "without"])
@pytest.mark.parametrize("members", [1, 5])
@pytest.mark.parametrize("role", ["Support", "Operator"])
def test_a_page_costs_the_same_for_one_member_and_for_five(role, shown, members, django_assert_num_queries):
    [make_member() for _ in range(members)]
    client = desk(role)
    # The Django session, the staff user, its own permissions and those of its role; the members, their readings, their
    # deliveries; who is due, who was set aside; the addresses, or whose delivery may be tried again; the figures.
    with django_assert_num_queries(11):
        client.get(PAGE, {"show": shown})
