"""The dashboard: what is measured, where each figure leads, and that looking costs one query."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from authentication.models import Session, User
from authentication.tests.factories import make_staff, make_user, sign_in_as
from notifications.models import Delivery
from notifications.queues import URGENT
from numerai.celery import app
from ops.cards import codes, deliveries, life, members, waiting
from ops.dashboard import Card, Line, Measured, _cards, measure_all, register_card
from ops.models import Figures
from ops.tasks import roll_up_dashboard

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("roles_of_staff")]


@pytest.fixture
def inside() -> Client:
    client = Client()
    client.force_login(make_staff())
    return client


def figures(measured: Measured) -> dict[str, int | str]:
    return {line.label: line.value for line in measured.lines}


def joined(days_ago: int, **fields: object) -> User:
    user = make_user(password=None, **fields)
    User.objects.filter(pk=user.pk).update(created_at=timezone.now() - timedelta(days=days_ago))
    return user


def test_members_are_counted_by_when_they_joined_and_were_seen():
    make_staff(password=None)
    joined(0), joined(3, is_verified=False), joined(20), joined(100)
    seen = joined(100)
    for days_ago in (2, 10):
        pair = sign_in_as(seen)
        Session.objects.filter(pk=pair.session_id).update(last_seen_at=timezone.now() - timedelta(days=days_ago))
    measured = members(timezone.now())
    assert figures(measured) == {
        "members": 5,
        "verified": 4,
        "joined in a day": 1,
        "joined in 7 days": 2,
        "joined in 30 days": 3,
        "active in a day": 0,
        "active in 7 days": 1,
        "active in 30 days": 1,
    }
    assert (len(measured.bars), measured.bars[-1][1], sum(count for _, count in measured.bars)) == (30, 1, 3)


def test_deliveries_are_counted_by_channel_and_end():
    user = make_user()
    sign_in_as(user), sign_in_as(user), sign_in_as(user)
    ended = {"state": "failed", "ended_at": timezone.now(), "address": None, "payload": None}
    Delivery.objects.filter(pk=Delivery.objects.first().pk).update(**ended)
    assert figures(deliveries(timezone.now())) == {"made in 24 hours": 2, "E-mail, failed": 1, "E-mail, queued": 1}
    assert figures(codes(timezone.now()))["failed"] == 1


def test_what_waits_too_long_is_marked():
    user = make_user()
    sign_in_as(user), sign_in_as(user)
    later = timezone.now() + timedelta(minutes=8)
    total, urgent = waiting(later).lines
    assert (total.value, urgent.value, urgent.is_bad) == (1, 1, True)
    assert not waiting(timezone.now()).lines[1].is_bad


def test_parts_without_a_sign_of_life_are_marked():
    cache.clear()
    assert {line.label: line.is_bad for line in life(timezone.now()).lines}["timetable"]


def test_tasks_that_wait_are_counted():
    with app.connection_for_write() as connection:
        connection.default_channel.queue_purge(URGENT)
        app.send_task("nobody.takes_it", queue=URGENT, connection=connection)
        counted = {line.label: line.value for line in life(timezone.now()).lines}
        connection.default_channel.queue_purge(URGENT)
    assert counted["tasks in the queue urgent"] == 1


def test_the_page_shows_what_was_measured(inside):
    joined(0)
    page = inside.get("/admin/").content.decode()
    assert ("Joined a day" in page, "Not measured yet" in page) == (False, True)
    roll_up_dashboard()
    page = inside.get("/admin/").content.decode()
    assert "Not measured yet" not in page
    assert "Joined a day" in page
    assert "<rect" in page


def test_measuring_again_replaces_what_was_measured():
    now = timezone.now()
    assert measure_all(now=now) == measure_all(now=now + timedelta(minutes=5)) == Figures.objects.count()
    assert {row.measured_at for row in Figures.objects.all()} == {now + timedelta(minutes=5)}


def links() -> list[str]:
    measured = (members(timezone.now()), deliveries(timezone.now()), codes(timezone.now()), waiting(timezone.now()))
    return sorted({line.link for one in measured for line in one.lines if line.link})


def test_every_figure_leads_to_a_list(inside):
    sign_in_as(make_user()), sign_in_as(User.objects.first())
    answers = {link: inside.get(link).status_code for link in links()}
    # An answer to a filter that is none would lead back to the list, marked with "e".
    assert len(answers) >= 8
    assert set(answers.values()) == {200}


def code(number: int, *, hours: float = 0, **fields: Any) -> None:
    """A code that was queued so many hours ago."""
    now = timezone.now()
    sent = {"due_on": now.date(), "kind": "one_time_code", "channel": "email", "priority": 0, "target": "an address"}
    made = Delivery.objects.create(subject=str(number), **sent, **{"send_at": now, **fields})
    Delivery.objects.filter(pk=made.pk).update(created_at=now - timedelta(hours=hours))


def test_a_figure_leads_to_as_many_deliveries_as_it_counts(inside):
    user, now = make_user(), timezone.now()
    sign_in_as(user), sign_in_as(user), sign_in_as(user)
    code(1), code(2, hours=0.5), code(3, send_at=now + timedelta(hours=1))
    code(4, state="failed", ended_at=now), code(5, state="failed", ended_at=now, hours=30)
    lines = [line for card in (deliveries, codes, waiting) for line in card(timezone.now()).lines]
    listed = [(line.label, line.value, line.link) for line in lines if "/delivery/" in line.link]
    answers = {label: inside.get(link).context["cl"].result_count for label, _, link in listed}
    assert answers == {label: count for label, count, _ in listed}
    of_a_day = {"made in 24 hours": 6, "codes in 24 hours": 4, "notices of safety": 2, "failed": 1}
    assert of_a_day.items() <= answers.items()


def test_looking_costs_one_query_however_many_cards_there_are(inside, django_assert_num_queries):
    roll_up_dashboard()
    # The Django session, the staff user, the figures, the switches, the timetable.
    with django_assert_num_queries(5):
        inside.get("/admin/")


def test_a_role_sees_its_cards_only():
    roll_up_dashboard()
    editor = make_user(is_staff=True)
    editor.groups.set(Group.objects.filter(name="Content editor"))
    client = Client()
    client.force_login(editor)
    assert client.get("/admin/").context["cards"] == []
    editor.groups.set(Group.objects.filter(name="Operator"))
    titles = [card["title"] for card in client.get("/admin/").context["cards"]]
    assert titles == ["Today's readings", "Waiting", "Codes and safety", "Deliveries", "Signs of life"]


def test_an_app_adds_a_card_in_one_place_and_an_empty_one_stays_away(inside, monkeypatch):
    monkeypatch.setattr("ops.dashboard._cards", dict(_cards))
    register_card(Card("new", "Something new", "auth.view_group", lambda now: Measured([Line("made", 12)])))
    register_card(Card("none", "Nothing yet", "auth.view_group", lambda now: None))
    roll_up_dashboard()
    page = inside.get("/admin/").content.decode()
    assert "Something new" in page
    assert "Nothing yet" not in page
