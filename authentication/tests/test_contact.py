from __future__ import annotations

import pytest
from django.utils import timezone

from authentication.addresses import phone_index
from authentication.models import Act, AuditEvent, OneTimeCode, User
from authentication.tests.factories import (
    PASSWORD,
    ApiClient,
    deliveries_to,
    last_code_to,
    make_user,
    sign_in_as,
)

pytestmark = pytest.mark.django_db

NEW = "countess@example.com"
NUMBER = "+4930123456"


def ask(client: ApiClient, email: str = NEW, password: str = PASSWORD):
    return client.send("post", "auth/change-email", {"new_email": email, "password": password})


def confirm(client: ApiClient, code: str):
    return client.send("post", "auth/change-email/confirm", {"code": code})


def test_the_new_address_counts_once_its_code_is_back_and_both_are_told(member, user):
    old = user.email
    assert ask(member).status_code == 202
    user.refresh_from_db()
    assert user.email == old
    answer = confirm(member, last_code_to(NEW))
    assert answer.json()["data"]["email"] == NEW
    assert deliveries_to(old)[-1][1]["told"] == "old_address"
    assert deliveries_to(NEW)[-1][1]["told"] == "new_address"
    assert AuditEvent.objects.filter(act=Act.EMAIL_CHANGED, subject_id=user.pk).exists()
    assert member.get("/api/v1/users/profile").json()["data"]["email"] == NEW
    assert OneTimeCode.objects.get(purpose="change_email").target is None


def test_it_takes_the_password(member, user):
    assert ask(member, password="not the password").json()["error"]["code"] == "WRONG_PASSWORD"
    assert deliveries_to(NEW) == []


def test_ones_own_address_is_no_change(member, user):
    assert "new_email" in ask(member, email=user.email.upper()).json()["error"]["details"]["fields"]


def test_an_address_with_an_account_answers_the_same_and_its_owner_is_told(member, user):
    owner = make_user()
    answer = ask(member, email=owner.email)
    assert (answer.status_code, answer.json()["data"]) == (202, {"resend_after": 60})
    assert [kind for kind, _ in deliveries_to(owner.email)] == ["account_exists"]


def test_an_address_that_nobody_proved_can_be_taken_over_by_its_code(member):
    make_user(email=NEW, is_verified=False)
    ask(member)
    assert confirm(member, last_code_to(NEW)).status_code == 200
    assert User.objects.filter(email=NEW).count() == 1


def test_an_account_that_was_used_and_is_no_longer_proven_keeps_its_address(member):
    used = make_user(email=NEW, is_verified=False, last_login=timezone.now())
    ask(member)
    assert confirm(member, last_code_to(NEW)).json()["error"]["code"] == "ADDRESS_TAKEN"
    assert User.objects.get(email=NEW) == used


def test_an_address_taken_meanwhile_is_a_conflict(member, user):
    old = user.email
    ask(member)
    make_user(email=NEW)
    answer = confirm(member, last_code_to(NEW))
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "ADDRESS_TAKEN")
    user.refresh_from_db()
    assert user.email == old


def test_a_code_of_another_member_changes_nothing(member):
    ask(member)
    other = ApiClient(sign_in_as(make_user()))
    assert confirm(other, last_code_to(NEW)).json()["error"]["code"] == "INVALID_CODE"


def test_codes_sent_to_the_old_address_are_worthless_afterwards(stranger, member, user):
    old = user.email
    stranger.send("post", "auth/forgot-password", {"email": old})
    reset = last_code_to(old)
    ask(member)
    confirm(member, last_code_to(NEW))
    answer = stranger.send(
        "post", "auth/reset-password", {"email": old, "code": reset, "new_password": "thief's horse"}
    )
    assert answer.status_code == 400


def phone(client: ApiClient, **sent: str):
    return client.send("post", "users/phone", sent)


def verify_phone(client: ApiClient, code: str):
    return client.send("post", "users/phone/verify", {"code": code})


def test_a_number_counts_once_its_code_is_back(member, user):
    assert phone(member, phone="+49 (30) 123456").status_code == 202
    assert member.get("/api/v1/users/profile").json()["data"]["phone"] is None
    answer = verify_phone(member, last_code_to(NUMBER))
    assert answer.json()["data"]["phone"] == NUMBER
    stored = User.objects.filter(pk=user.pk).values("phone", "phone_index").get()
    assert NUMBER not in str(stored)
    assert stored["phone_index"] == phone_index(NUMBER)
    assert deliveries_to(user.email)[-1][1]["event"] == "phone_changed"


def test_a_national_form_takes_its_region(member):
    assert phone(member, phone="030 123456", region="DE").status_code == 202
    assert last_code_to(NUMBER)


@pytest.mark.parametrize(
    ("sent", "part"),
    [
        ({"phone": "030 123456"}, "country code"),
        ({"phone": "+49 30 123456 ext. 7"}, "extensions"),
        ({"phone": "+1 000 000 0000"}, "No such number"),
        ({"phone": "hello", "region": "DE"}, "not a phone number"),
        ({"phone": "030 123456", "region": "XX"}, "two letters"),
        ({"phone": "+" + "1" * 40}, "40 characters"),
    ],
)
def test_what_is_no_number_is_refused_with_its_mend(member, sent, part):
    assert part in " ".join(phone(member, **sent).json()["error"]["details"]["fields"]["phone"])


def test_where_no_text_messages_are_sent_no_code_is_promised(member, settings):
    settings.SMS_BACKEND = "twilio"
    answer = phone(member, phone=NUMBER)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "TEXT_MESSAGES_NOT_CONFIGURED")
    assert OneTimeCode.objects.count() == 0


def test_a_number_of_a_country_that_gets_no_messages_is_refused(member, settings):
    settings.SMS_COUNTRIES = ["GB"]
    answer = phone(member, phone=NUMBER)
    assert "country" in answer.json()["error"]["details"]["fields"]["phone"][0]
    assert OneTimeCode.objects.count() == 0


def test_a_number_belongs_to_one_account(member):
    other = ApiClient(sign_in_as(make_user()))
    phone(member, phone=NUMBER)
    verify_phone(member, last_code_to(NUMBER))
    assert phone(other, phone=NUMBER).status_code == 202
    answer = verify_phone(other, last_code_to(NUMBER))
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "ADDRESS_TAKEN")


def test_a_number_can_be_removed_and_taken_by_another(member, user):
    phone(member, phone=NUMBER)
    verify_phone(member, last_code_to(NUMBER))
    assert member.send("delete", "users/phone").status_code == 204
    assert member.send("delete", "users/phone").status_code == 204
    assert member.get("/api/v1/users/profile").json()["data"]["phone"] is None
    assert AuditEvent.objects.filter(act=Act.PHONE_CHANGED).count() == 2
