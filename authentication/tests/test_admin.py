from __future__ import annotations

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.test import Client

from authentication.models import Act, AuditEvent, Session, User
from authentication.services import audit
from authentication.tests.factories import (
    PASSWORD,
    ApiClient,
    authenticator_code,
    deliveries_to,
    last_code_to,
    make_second_factor,
    make_staff,
    make_user,
    sign_in_as,
)
from notifications.kinds import Kind
from numerai import hooks

pytestmark = pytest.mark.django_db

LOGIN = "/admin/login/"


@pytest.fixture
def production(settings):
    settings.IS_PRODUCTION = True


@pytest.fixture
def staff() -> User:
    return make_staff()


def enter(user: User, password: str = PASSWORD, code: str = "") -> tuple[int, Client]:
    """Sign in at the admin's door; return what its first page then answers."""
    client = Client()
    client.post(LOGIN, {"username": user.email, "password": password, "code": code, "next": "/admin/"})
    return client.get("/admin/").status_code, client


def test_staff_enter_by_password_outside_production(staff):
    assert enter(staff)[0] == 200
    assert AuditEvent.objects.get().act == Act.STAFF_SIGNED_IN


def test_staff_without_a_second_factor_do_not_enter_in_production(staff, production):
    assert enter(staff)[0] == 302
    assert AuditEvent.objects.get().act == Act.STAFF_SIGN_IN_FAILED


def test_staff_with_a_second_factor_enter_in_production_with_its_code_only(staff, production):
    with time_machine.travel("2026-03-02T12:00:00Z", tick=False):
        factor = make_second_factor(staff)
        assert enter(staff)[0] == 302
        assert enter(staff, code="000000")[0] == 302
        assert enter(staff, code=authenticator_code(factor))[0] == 200


def test_a_second_factor_is_asked_for_outside_production_too(staff):
    with time_machine.travel("2026-03-02T12:00:00Z", tick=False):
        factor = make_second_factor(staff)
        assert enter(staff)[0] == 302
        assert enter(staff, code=authenticator_code(factor))[0] == 200


def test_a_session_made_elsewhere_opens_nothing_in_production(staff, production):
    client = Client()
    client.force_login(staff)
    assert client.get("/admin/").status_code == 302


def test_a_member_is_no_staff(user):
    assert enter(user)[0] == 302


def test_guesses_at_the_door_are_slowed(staff):
    for number in range(6):
        enter(staff, password=f"guess {number}")
    assert enter(staff)[0] == 302


def test_an_empty_form_is_no_guess(db):
    assert Client().post(LOGIN, {"code": "1"}).status_code == 200
    assert not AuditEvent.objects.exists()


def test_the_door_says_nothing_about_accounts(staff):
    client = Client()
    pages = [
        client.post(LOGIN, {"username": email, "password": "wrong"}).content.decode().replace(email, "")
        for email in (staff.email, "nobody@example.com")
    ]
    assert pages[0].count("errornote") == pages[1].count("errornote") == 1


@pytest.fixture
def inside(staff) -> Client:
    client = Client()
    client.force_login(staff)
    return client


@pytest.mark.parametrize("page", ["user", "session", "auditevent"])
@pytest.mark.parametrize("count", [1, 5])
def test_the_lists_cost_the_same_for_one_row_and_for_five(inside, page, count, django_assert_num_queries):
    for _ in range(count):
        sign_in_as(make_user())
    # The Django session, the staff user, and for the list: the count, the page.
    with django_assert_num_queries(4):
        assert inside.get(f"/admin/authentication/{page}/").status_code == 200


@pytest.mark.parametrize("page", ["session", "auditevent"])
def test_sessions_and_the_log_are_only_looked_at(inside, page):
    pair = sign_in_as(make_user())
    row = {"session": pair.session_id, "auditevent": AuditEvent.objects.get().pk}[page]
    assert inside.get(f"/admin/authentication/{page}/{row}/change/").status_code == 200
    assert inside.get(f"/admin/authentication/{page}/add/").status_code == 403
    assert inside.post(f"/admin/authentication/{page}/{row}/delete/", {"post": "yes"}).status_code == 403


def test_no_hash_or_token_is_shown(inside):
    pair = sign_in_as(make_user())
    session = Session.objects.get()
    page = inside.get(f"/admin/authentication/session/{pair.session_id}/change/").content.decode()
    assert session.current not in page
    assert pair.refresh_token not in page


def test_lists_are_searched_by_the_accounts_id(inside):
    user = make_user()
    sign_in_as(user)
    sign_in_as(make_user())
    found = inside.get(f"/admin/authentication/session/?q={user.pk}").content.decode()
    assert found.count('class="field-user_id') == 1
    assert inside.get("/admin/authentication/auditevent/?q=not-an-id").status_code == 200


def change(client: Client, user: User, **changes: object):
    form = {
        "email": user.email, "full_name": user.full_name, "language": user.language, "time_zone": user.time_zone,
        "is_verified": "on", "is_active": "on", **changes,
    }  # fmt: skip
    sent = {name: value for name, value in form.items() if value}
    return client.post(f"/admin/authentication/user/{user.pk}/change/", sent)


def test_closing_an_account_ends_its_sessions(inside):
    user = make_user()
    sign_in_as(user)
    assert change(inside, user, is_active="").status_code == 302
    user.refresh_from_db()
    assert (user.is_active, user.token_version) == (False, 2)
    assert Session.objects.get().end_reason == "by_staff"
    assert AuditEvent.objects.filter(act=Act.STAFF_CHANGED_ACCOUNT, subject_id=user.pk).exists()


def test_the_other_apps_are_told_what_staff_changed(inside, monkeypatch):
    user, told = make_user(), []
    monkeypatch.setattr(hooks, "_member_changed", [lambda *what: told.append(what)])
    change(inside, user, time_zone="Asia/Kathmandu", is_active="")
    assert told == [(user.pk, frozenset({"time_zone", "is_active"}))]


def test_looking_at_an_account_is_remembered(inside, staff):
    user = make_user()
    inside.get(f"/admin/authentication/user/{user.pk}/change/")
    assert AuditEvent.objects.filter(act=Act.STAFF_VIEWED_ACCOUNT, actor_id=staff.pk, subject_id=user.pk).exists()


def test_an_address_is_normalized_here_too(inside):
    user = make_user()
    change(inside, user, email="  New@Example.COM ")
    user.refresh_from_db()
    assert user.email == "new@example.com"


def test_an_address_changed_by_staff_is_told_to_both(inside):
    user = make_user()
    old = user.email
    change(inside, user, email="new@example.com")
    [(kind, payload)] = deliveries_to(old)
    assert (kind, payload["told"], payload["new_address"]) == (Kind.EMAIL_CHANGED, "old_address", "new@example.com")
    [(kind, payload)] = deliveries_to("new@example.com")
    assert (kind, payload["told"]) == (Kind.EMAIL_CHANGED, "new_address")
    assert "device" not in payload

    change(inside, user, email="new@example.com", full_name="Another")
    assert len(deliveries_to("new@example.com")) == 1


def test_a_code_sent_to_the_old_address_opens_nothing_after_staff_changed_it(inside):
    user = make_user()
    ApiClient().send("post", "auth/forgot-password", {"email": user.email})
    digits = last_code_to(user.email)
    change(inside, user, email="new@example.com")
    sent = {"email": "new@example.com", "code": digits, "new_password": "taken over with 77"}
    answer = ApiClient().send("post", "auth/reset-password", sent)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "INVALID_CODE")


@pytest.mark.parametrize("password", ["password", "12345678901", "short", "member-of-staff", "x" * 129])
def test_passwords_are_judged_here_too(inside, password):
    user = make_user(email="member-of-staff@example.com")
    sent = {"usable_password": "true", "password1": password, "password2": password}
    inside.post(f"/admin/authentication/user/{user.pk}/password/", sent)
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    added = {"email": "member-of-staff2@x.io", **sent}
    assert inside.post("/admin/authentication/user/add/", added).status_code == 200
    assert not User.objects.filter(email="member-of-staff2@x.io").exists()


def test_a_password_set_by_staff_ends_every_session(inside):
    user = make_user()
    sign_in_as(user)
    sent = {"usable_password": "true", "password1": "given by staff 77", "password2": "given by staff 77"}
    assert inside.post(f"/admin/authentication/user/{user.pk}/password/", sent).status_code == 302
    user.refresh_from_db()
    assert user.check_password("given by staff 77")
    assert Session.objects.get().end_reason == "by_staff"
    assert [kind for kind, _ in deliveries_to(user.email)] == [Kind.PASSWORD_CHANGED]


def test_staff_who_change_their_own_password_lose_their_other_sessions(inside, staff):
    sign_in_as(staff)
    sent = {"old_password": PASSWORD, "new_password1": "chosen by staff 77", "new_password2": "chosen by staff 77"}
    assert inside.post("/admin/password_change/", sent).status_code == 302
    assert Session.objects.get().end_reason == "password_changed"
    assert [kind for kind, _ in deliveries_to(staff.email)] == [Kind.PASSWORD_CHANGED]
    assert inside.get("/admin/").status_code == 200


def test_accounts_are_not_deleted_here(inside):
    user = make_user()
    assert inside.post(f"/admin/authentication/user/{user.pk}/delete/", {"post": "yes"}).status_code == 403


@pytest.fixture
def clerk() -> Client:
    """Staff who may change accounts, and is no superuser."""
    user = make_user(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["change_user", "view_user"]))
    client = Client()
    client.force_login(user)
    return client


def test_a_clerk_gives_nobody_rights(clerk):
    user = make_user()
    assert change(clerk, user, is_superuser="on", is_staff="on", full_name="Changed").status_code == 302
    user.refresh_from_db()
    assert (user.full_name, user.is_superuser, user.is_staff) == ("Changed", False, False)


def test_a_clerk_changes_no_staff_account(clerk, staff):
    assert change(clerk, staff, email="mine@example.com").status_code == 403
    sent = {"usable_password": "true", "password1": "given by staff 77", "password2": "given by staff 77"}
    assert clerk.post(f"/admin/authentication/user/{staff.pk}/password/", sent).status_code == 403


def test_audit_acts_of_other_apps_are_shown(inside, user):
    audit.record("export_made", actor_id=user.pk)
    assert "export_made" in inside.get("/admin/authentication/auditevent/").content.decode()


def policy(answer) -> str:
    return answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/admin/login/", "/admin/", "/admin/authentication/user/"])
def test_only_the_admin_may_make_functions_of_text(inside, path):
    assert "'unsafe-eval'" in policy(inside.get(path, follow=True))
    assert "'unsafe-eval'" not in policy(Client().get("/account/deletion"))
    assert "unsafe-inline" not in policy(inside.get(path))


@pytest.mark.parametrize("path", ["/admin/login/", "/admin/", "/admin/authentication/user/"])
def test_the_pages_write_no_style_into_themselves(inside, path):
    page = Client().get(path) if path == "/admin/login/" else inside.get(path)
    assert b"<style" not in page.content
    assert b"authentication/staff.css" in page.content


def test_the_sidebar_has_what_one_may_enter(inside, clerk):
    assert "/admin/authentication/auditevent/" in inside.get("/admin/").content.decode()
    page = clerk.get("/admin/").content.decode()
    assert "/admin/authentication/user/" in page
    assert "/admin/authentication/auditevent/" not in page


def test_a_list_is_counted_no_further_than_its_limit(inside, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr("numerai.staff.COUNTED_ROWS", 3)
    for _ in range(5):
        make_user()
    with django_assert_num_queries(4) as done:
        inside.get("/admin/authentication/user/")
    assert any("COUNT(*)" in one["sql"] and "LIMIT 3" in one["sql"] for one in done)
