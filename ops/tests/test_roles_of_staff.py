"""Who of the staff may do what: one table of rooms and acts by role."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.test import Client

from authentication.models import User
from authentication.tests.factories import make_user
from core.models import ContentEntry
from core.tests.content.factories import interpretation, load
from core.tests.factories import make_profile
from notifications.models import Broadcast
from notifications.tests.audience import make_broadcast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("roles_of_staff")]

ROLES = ("none", "Content editor", "Support", "Operator", "Administrator")
NO, YES = 403, 200

# What opening a room answers, in the order of ROLES.
ROOMS = {
    "core/contententry/": (NO, YES, NO, NO, YES),
    "core/contententry/coverage/": (NO, YES, NO, NO, YES),
    "core/contententry/import/": (NO, YES, NO, NO, YES),
    "core/contententry/export/": (NO, YES, NO, NO, YES),
    "core/contententry/{entry}/change/": (NO, YES, NO, NO, YES),
    "authentication/user/": (NO, NO, YES, NO, YES),
    "authentication/user/add/": (NO, NO, NO, NO, YES),
    "authentication/user/{member}/change/": (NO, NO, YES, NO, YES),
    "authentication/user/{member}/password/": (NO, NO, NO, NO, YES),
    "authentication/session/": (NO, NO, YES, NO, YES),
    "authentication/identity/": (NO, NO, YES, NO, YES),
    "authentication/apikey/": (NO, NO, NO, NO, YES),
    "authentication/auditevent/": (NO, NO, NO, NO, YES),
    "authentication/erasurereport/": (NO, NO, NO, NO, YES),
    "payments/plangrant/": (NO, NO, YES, NO, YES),
    "payments/plangrant/add/": (NO, NO, YES, NO, YES),
    "notifications/delivery/": (NO, NO, YES, YES, YES),
    "operations/readings/": (NO, NO, YES, YES, YES),
    "operations/outbox/": (NO, NO, YES, YES, YES),
    "operations/system/": (NO, NO, NO, YES, YES),
    "notifications/broadcast/": (NO, YES, YES, YES, YES),
    "notifications/broadcast/add/": (NO, YES, NO, NO, YES),
    "notifications/broadcast/{broadcast}/change/": (NO, YES, YES, YES, YES),
    "notifications/broadcast/{broadcast}/mail/?language=en": (NO, YES, YES, YES, YES),
    "operations/channels/": (NO, NO, NO, YES, YES),
    "operations/timetable/": (NO, NO, NO, YES, YES),
    "notifications/suppressedaddress/": (NO, NO, YES, YES, YES),
    "auth/group/": (NO, NO, NO, NO, YES),
    "auth/group/add/": (NO, NO, NO, NO, NO),
}
# What pressing a button of a member's page answers; 302 leads back to it.
DONE = 302
ACTS = {
    "resend": (NO, NO, DONE, NO, DONE),
    "end_sessions": (NO, NO, DONE, NO, DONE),
    "close": (NO, NO, DONE, NO, DONE),
    "export": (NO, NO, DONE, NO, DONE),
    "grant": (NO, NO, DONE, NO, DONE),
    "erase": (NO, NO, NO, NO, DONE),
}

# What a button of the operations' pages answers.
OPERATIONS = {
    "readings": ({"do": "retry_all", "reason": "no_numbers"}, (NO, NO, NO, DONE, DONE)),
    "outbox": ({"do": "retry", "channel": "email", "kind": "welcome", "outcome": "smtp_550"}, (NO, NO, NO, DONE, DONE)),
    "channels": ({"do": "off", "channel": "sms", "reason": "A test of roles"}, (NO, NO, NO, DONE, DONE)),
}


@pytest.fixture
def desks() -> list[Client]:
    """A signed-in client of each role."""
    clients = []
    for role in ROLES:
        user = make_user(is_staff=True, password=None)
        user.groups.set(Group.objects.filter(name=role))
        clients.append(Client())
        clients[-1].force_login(user)
    return clients


@pytest.fixture
def member() -> User:
    return make_user(password=None, is_verified=False)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_is_open_to_its_roles(desks, member, room):
    load(interpretation(7))
    ids = {"member": member.pk, "entry": ContentEntry.objects.get().pk, "broadcast": make_broadcast().pk}
    path = f"/admin/{room.format(**ids)}"
    assert tuple(client.get(path).status_code for client in desks) == ROOMS[room]


@pytest.mark.parametrize("act", ACTS)
def test_an_act_is_for_its_roles(desks, member, act):
    sent = {"do": act, "days": "3", "reason": "A test of roles"}
    answers = [client.post(f"/admin/authentication/user/{member.pk}/act/", sent) for client in desks]
    assert tuple(answer.status_code for answer in answers) == ACTS[act]


@pytest.mark.parametrize("page", OPERATIONS)
def test_an_operation_is_for_its_roles(desks, page):
    sent, expected = OPERATIONS[page]
    assert tuple(client.post(f"/admin/operations/{page}/", sent).status_code for client in desks) == expected


# The same for a broadcast: 200 is the page again, saying what was wrong, to who might do it.
BROADCAST_ACTS = {
    "save": (NO, YES, NO, NO, YES),
    "copy": (NO, DONE, NO, NO, DONE),
    "test": (NO, DONE, DONE, DONE, DONE),
    "count": (NO, YES, YES, YES, YES),
    "schedule": (NO, NO, NO, YES, YES),
    "take_back": (NO, NO, NO, YES, YES),
    "stop": (NO, NO, NO, YES, YES),
    "resume": (NO, NO, NO, YES, YES),
    "discard": (NO, DONE, NO, NO, DONE),
}


@pytest.mark.parametrize("act", BROADCAST_ACTS)
def test_an_act_on_a_broadcast_is_for_its_roles(desks, act):
    broadcast = make_broadcast()
    path = f"/admin/notifications/broadcast/{broadcast.pk}/change/"
    sent = {"do": act, "revision": "1", "language": "en"}
    answers = []
    for client in desks:
        answers.append(client.post(path, sent).status_code)
        Broadcast.objects.filter(pk=broadcast.pk).exists() or broadcast.save(force_insert=True)
    assert tuple(answers) == BROADCAST_ACTS[act]


def test_birth_data_is_for_support_and_administrators(desks, member):
    make_profile(member)
    path = f"/admin/authentication/user/{member.pk}/birth-data/"
    answers = [client.post(path, {"purpose": "fault"}).status_code for client in desks]
    assert answers == [NO, NO, YES, NO, YES]


@pytest.mark.parametrize(("role", "may"), [(role, role == "Administrator") for role in ROLES])
def test_whole_lists_are_taken_away_by_administrators_only(desks, member, role, may):
    client = desks[ROLES.index(role)]
    sent = {"action": "export_as_csv", "_selected_action": [str(member.pk)]}
    answer = client.post("/admin/authentication/user/", sent)
    assert (answer.headers["Content-Type"] == "text/csv; charset=utf-8") is may


def test_support_neither_changes_an_address_nor_sets_a_password(desks, member):
    support = desks[ROLES.index("Support")]
    assert support.post(f"/admin/authentication/user/{member.pk}/change/", {"email": "mine@x.io"}).status_code == 403
    member.refresh_from_db()
    assert member.email != "mine@x.io"


def test_the_roles_can_be_made_again_and_dropped():
    migration = import_module("ops.migrations.0001_staff_roles")
    before = {group.name: group.permissions.count() for group in Group.objects.all()}
    migration.make_roles(apps, None)
    assert {group.name: group.permissions.count() for group in Group.objects.all()} == before
    migration.drop_roles(apps, None)
    assert not Group.objects.exists()
