"""The page of a member: what support sees, what it may do, and what is written down of it."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from authentication.models import AccountDeletion, AuditEvent, DataExport, OneTimeCode, Session, User
from authentication.tests.factories import last_code_to, make_staff, make_user, sign_in_as
from core.tests.factories import make_profile
from notifications.models import Delivery
from payments.models import PlanGrant

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("roles_of_staff")]


@pytest.fixture
def staff() -> User:
    return make_staff()


@pytest.fixture
def inside(staff: User) -> Client:
    client = Client()
    client.force_login(staff)
    return client


@pytest.fixture
def member() -> User:
    return make_user()


def page_of(member: User) -> str:
    return f"/admin/authentication/user/{member.pk}/change/"


def act(client: Client, member: User, do: str, **sent: Any) -> str:
    answer = client.post(f"/admin/authentication/user/{member.pk}/act/", {"do": do, **sent}, follow=True)
    return answer.content.decode()


def acts_about(member: User, staff: User) -> list[str]:
    lines = AuditEvent.objects.filter(subject_id=member.pk, actor_id=staff.pk).order_by("at")
    return [act for act in lines.values_list("act", flat=True) if act != "staff_viewed_account"]


@pytest.mark.parametrize("term", ["pk", "email"])
def test_a_member_is_found_by_id_and_by_how_the_address_begins(inside, term):
    member = make_user(email="needle@example.com")
    make_user(email="hay.needle@example.com")
    sought = str(member.pk) if term == "pk" else "  NEEDLE@exa "
    page = inside.get("/admin/authentication/user/", {"q": sought})
    assert [row.pk for row in page.context["cl"].result_list] == [member.pk]


def test_the_page_shows_state_plan_sessions_and_deliveries(inside, member):
    sign_in_as(member, device="Firefox on Linux")
    sign_in_as(member, device="Pixel 9")
    page = inside.get(page_of(member)).content.decode()
    assert "Pixel 9" in page
    assert "<td>new_sign_in</td>" in page
    assert '<p class="numeral">Free</p>' in page


def test_the_page_costs_the_same_however_much_a_member_has(inside, member, django_assert_num_queries):
    for _ in range(3):
        sign_in_as(member)
    make_profile(member)
    # The Django session, the staff user, the member twice (panels, form); tier, grants, second factor and recovery
    # codes, sessions, devices, deliveries, profiles, erasure, export; the roles to choose from, those of the member;
    # the audit line.
    with django_assert_num_queries(17):
        inside.get(page_of(member))


def test_no_code_token_or_birth_data_is_on_the_page(inside):
    member = make_user(is_verified=False)
    act(inside, member, "resend")
    make_profile(member)
    pair = sign_in_as(member)
    page = inside.get(page_of(member)).content.decode()
    assert last_code_to(member.email) not in page
    assert OneTimeCode.objects.get().digest not in page
    assert Session.objects.get().current not in page
    assert pair.refresh_token not in page
    assert "Mapother" not in page
    assert "1962" not in page


def test_birth_data_is_shown_for_a_purpose_that_is_written_down(inside, staff, member):
    make_profile(member)
    url = f"/admin/authentication/user/{member.pk}/birth-data/"
    assert inside.get(url).status_code == 405
    assert "Mapother" not in inside.post(url, {"purpose": "curiosity"}, follow=True).content.decode()
    assert acts_about(member, staff) == []
    page = inside.post(url, {"purpose": "fault"})
    assert "Mapother" in page.content.decode()
    assert "no-store" in page.headers["Cache-Control"]
    assert acts_about(member, staff) == ["birth_data_seen_fault"]


def test_another_code_is_sent(inside, staff):
    member = make_user(is_verified=False)
    assert "on its way" in act(inside, member, "resend")
    assert acts_about(member, staff) == ["staff_resent_code"]
    # Asked again at once: refused, and nothing is said to have been done.
    assert "on its way" not in act(inside, member, "resend")
    assert acts_about(member, staff) == ["staff_resent_code"]


def test_sessions_are_ended(inside, staff, member):
    sign_in_as(member)
    assert "1 sessions ended" in act(inside, member, "end_sessions")
    assert Session.objects.get().end_reason == "by_staff"
    assert acts_about(member, staff) == ["staff_ended_sessions"]


def test_an_account_is_closed_and_opened(inside, staff, member):
    sign_in_as(member)
    act(inside, member, "close")
    member.refresh_from_db()
    assert (member.is_active, Session.objects.get().end_reason) == (False, "by_staff")
    act(inside, member, "open")
    member.refresh_from_db()
    assert member.is_active
    assert acts_about(member, staff) == ["staff_closed_account", "staff_opened_account"]


def test_a_copy_and_an_erasure_are_started_for_a_member(inside, staff, member):
    act(inside, member, "export")
    act(inside, member, "erase")
    assert DataExport.objects.get().user_id == member.pk
    assert AccountDeletion.objects.get().user_id == member.pk
    assert acts_about(member, staff) == ["export_asked", "deletion_asked"]
    assert Delivery.objects.filter(user_id=member.pk, kind="account_deletion_scheduled").exists()


def test_a_plan_is_given_with_a_reason_and_an_end(inside, staff, member):
    act(inside, member, "grant", days="30", reason=" ")
    act(inside, member, "grant", days="0", reason="For patience")
    assert not PlanGrant.objects.exists()
    assert "Premium until" in act(inside, member, "grant", days="30", reason="For patience")
    grant = PlanGrant.objects.get()
    assert (grant.reason, grant.granted_by_id, (grant.ends_at - timezone.now()).days) == ("For patience", staff.pk, 29)


def test_what_is_no_act_does_not_exist(inside, member):
    assert inside.post(f"/admin/authentication/user/{member.pk}/act/", {"do": "delete"}).status_code == 404
    assert inside.get(f"/admin/authentication/user/{member.pk}/act/").status_code == 405


def test_a_staff_account_is_helped_by_superusers_only(member):
    other = make_user(is_staff=True)
    client = in_role("Administrator")
    assert client.post(f"/admin/authentication/user/{other.pk}/act/", {"do": "end_sessions"}).status_code == 403
    assert client.post(f"/admin/authentication/user/{member.pk}/act/", {"do": "end_sessions"}).status_code == 302


def in_role(*roles: str) -> Client:
    user = make_user(is_staff=True)
    user.groups.set(Group.objects.filter(name__in=roles))
    client = Client()
    client.force_login(user)
    return client
