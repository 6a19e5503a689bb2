"""Plans given by staff."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from authentication.models import AuditEvent, User
from authentication.tests.factories import make_staff, make_user, sign_in_as
from notifications.segments import Segment
from notifications.sources import members_in
from numerai import hooks
from numerai.api.exceptions import InvalidInput
from payments.entitlements import ENTITLEMENTS, Entitlement, Plan
from payments.models import PlanGrant
from payments.selectors import get_allowance
from payments.services import end_grant, grant_plan

pytestmark = pytest.mark.django_db

PROFILES = Entitlement.NUMEROLOGY_PROFILES


@pytest.fixture
def user():
    return make_user(password=None)


@pytest.fixture
def staff():
    return make_staff(password=None)


def grant(user, staff, *, days=30, now=None, **fields):
    now = now or timezone.now()
    values = {"plan": "premium", "reason": "A prize", "ends_at": now + timedelta(days=days), **fields}
    return grant_plan(user_id=user.pk, granted_by=staff.pk, now=now, **values)


def read_tier_with_account(user):
    return User.objects.annotate(tier=hooks.tier_expression()).get(pk=user.pk).tier


@pytest.mark.parametrize(("plan", "found"), [("premium", [True, False]), ("free", [False, True]), ("", [True, True])])
def test_a_broadcast_finds_members_by_their_plan(user, staff, plan, found):
    grant(user, staff)
    query, values = members_in(Segment(plan=plan, only=(user.pk, staff.pk)), now=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        members = {row[0] for row in cursor.fetchall()}
    assert [user.pk in members, staff.pk in members] == found


def test_the_table_has_every_plan_for_every_entitlement():
    assert {entitlement: set(plans) for entitlement, plans in ENTITLEMENTS.items()} == {
        entitlement: set(Plan) for entitlement in Entitlement
    }


def test_everybody_is_free_without_a_grant(user):
    assert (hooks.tier_of(user.pk), read_tier_with_account(user)) == ("free", "free")
    assert get_allowance(user_id=user.pk, entitlement=PROFILES) == 3


def test_a_grant_makes_premium_and_nobody_else(user, staff):
    grant(user, staff)
    assert (hooks.tier_of(user.pk), read_tier_with_account(user), user.is_premium) == ("premium", "premium", True)
    assert get_allowance(user_id=user.pk, entitlement=PROFILES) == 50
    assert hooks.tier_of(make_user(password=None).pk) == "free"


def test_a_grant_ends_by_itself(user, staff):
    grant(user, staff, now=timezone.now() - timedelta(days=2), days=1)
    assert (hooks.tier_of(user.pk), read_tier_with_account(user)) == ("free", "free")


def test_an_ended_grant_gives_nothing_and_is_ended_once(user, staff):
    made = grant(user, staff)
    now = timezone.now()
    assert [end_grant(grant_id=made.pk, ended_by=staff.pk, now=now) for _ in range(2)] == [True, False]
    assert hooks.tier_of(user.pk) == "free"


def test_of_two_grants_the_later_end_counts(user, staff):
    first, _ = grant(user, staff), grant(user, staff, days=60)
    end_grant(grant_id=first.pk, ended_by=staff.pk, now=timezone.now())
    assert hooks.tier_of(user.pk) == "premium"


@pytest.mark.parametrize(
    ("fields", "at_fault"), [({"reason": " "}, "reason"), ({"plan": "free"}, "plan"), ({"days": 0}, "ends_at")]
)
def test_a_grant_needs_a_paid_plan_a_reason_and_an_end(user, staff, fields, at_fault):
    with pytest.raises(InvalidInput) as refused:
        grant(user, staff, **fields)
    assert list(refused.value.details["fields"]) == [at_fault]


def test_grants_are_in_the_audit_log(user, staff):
    end_grant(grant_id=grant(user, staff).pk, ended_by=staff.pk, now=timezone.now())
    lines = AuditEvent.objects.filter(subject_id=user.pk, actor_id=staff.pk).order_by("pk")
    assert [line.act for line in lines] == ["plan_granted", "plan_grant_ended"]


def test_a_signed_in_member_is_premium_at_the_next_request(client, user, staff, django_capture_on_commit_callbacks):
    headers = {"Authorization": f"Bearer {sign_in_as(user).access_token}"}
    before = client.get("/api/v1/users/profile", headers=headers).headers["X-RateLimit-Limit"]
    with django_capture_on_commit_callbacks(execute=True):
        grant(user, staff)
    after = client.get("/api/v1/users/profile", headers=headers).headers["X-RateLimit-Limit"]
    assert (before, after) == ("30", "60")


def test_the_export_names_the_plan_and_erasure_forgets_it(user, staff):
    grant(user, staff)
    registered = {data.app: data for data in hooks.list_personal_data()}["payments"]
    assert [row["plan"] for row in registered.export(user.pk)["plan_grants"]] == ["premium"]
    registered.erase(user.pk)
    assert not PlanGrant.objects.exists()


@pytest.fixture
def desk(staff):
    client = Client()
    client.force_login(staff)
    return client


def form(user, **fields):
    return {"user": user.pk, "plan": "premium", "reason": "A prize", "ends_at_0": "2999-01-01", "ends_at_1": "12:00",
            **fields}  # fmt: skip


def test_staff_grant_and_end_in_the_admin(desk, staff, user):
    assert desk.post("/admin/payments/plangrant/add/", form(user)).status_code == 302
    made = PlanGrant.objects.get(user=user)
    assert (made.granted_by, hooks.tier_of(user.pk)) == (staff, "premium")
    desk.post("/admin/payments/plangrant/", {"action": "end_grants", "_selected_action": made.pk})
    assert hooks.tier_of(user.pk) == "free"


@pytest.mark.parametrize("fields", [{"ends_at_0": "2020-01-01"}, {"reason": ""}, {"plan": "free"}])
def test_the_admin_refuses_a_grant_that_is_none(desk, user, fields):
    assert desk.post("/admin/payments/plangrant/add/", form(user, **fields)).status_code == 200
    assert not PlanGrant.objects.exists()


def test_a_grant_is_neither_rewritten_nor_deleted(desk, staff, user):
    made = grant(user, staff)
    page = f"/admin/payments/plangrant/{made.pk}"
    assert desk.post(f"{page}/change/", form(user, reason="Another")).status_code == 403
    assert desk.post(f"{page}/delete/", {"post": "yes"}).status_code == 403
