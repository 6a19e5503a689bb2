"""What members agree to: which document, which version, when and how."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from django.utils import timezone

from authentication import documents
from authentication.models import Act, AuditEvent, Consent, User
from authentication.personal_data import export
from authentication.selectors import has_consented
from authentication.services import consents
from authentication.tests.factories import ACCEPTS, PASSWORD, ApiClient, make_user, sign_in_as
from authentication.tests.test_concurrency import at_once
from numerai.api.exceptions import InvalidInput

pytestmark = pytest.mark.django_db

TODAY, VERSION = date(2026, 11, 21), "2026-01-01"
CONSENTS = "users/consents"
NEXT_TERMS = documents.Document("terms", "2026-12-01", "Terms of use", "registration")


def register(accepts: object, email: str = "ada@example.com"):
    body = {"email": email, "password": PASSWORD}
    return ApiClient().send("post", "auth/register", body if accepts is None else {**body, "accepts": accepts})


def agree(member: ApiClient, **sent: object):
    return member.send("post", CONSENTS, {"document": "other_people", "version": VERSION, **sent})


def states(answer) -> dict[str, bool]:
    return {one["document"]["name"]: one["is_given"] for one in answer.json()["data"]}


@pytest.fixture
def new_terms(monkeypatch):
    """New terms, from the first of December."""
    every = (*documents.list_all(), NEXT_TERMS)
    monkeypatch.setattr(documents, "list_all", lambda: every)


@pytest.mark.parametrize("document", documents.list_all(), ids=lambda one: f"{one.name}-{one.version}")
def test_every_version_has_its_words(document):
    assert date.fromisoformat(document.version)
    assert len(document.text) > 10
    assert "!" not in document.text
    assert document.asked_at in ("registration", "profile", "settings")


def test_every_text_belongs_to_a_version():
    listed = {f"{one.name}.{one.version}.md" for one in documents.list_all()}
    assert {path.name for path in (documents.FOLDER / "en").iterdir()} == listed
    assert len(documents.list_all()) == len(listed)


def test_the_factories_accept_what_is_required():
    assert {one.name: one.version for one in documents.list_current(today=TODAY) if one.is_required} == ACCEPTS


@pytest.mark.parametrize(
    ("today", "version"), [(date(2026, 11, 30), VERSION), (date(2026, 12, 1), "2026-12-01")], ids=str
)
def test_a_version_counts_from_its_day(new_terms, today, version):
    assert documents.get_current("terms", today=today).version == version
    assert [one.name for one in documents.list_current(today=today)] == ["terms", "minimum_age", "other_people"]


def test_strangers_read_what_they_would_agree_to():
    data = ApiClient().send("get", "auth/documents").json()["data"]
    assert [(one["name"], one["version"], one["is_required"]) for one in data] == [
        ("terms", VERSION, True), ("minimum_age", VERSION, True), ("other_people", VERSION, False),
    ]  # fmt: skip
    assert re.search(r"\b16 years\b", data[1]["text"])


@pytest.mark.parametrize(
    ("accepts", "field"),
    [
        (None, "accepts"),
        ({}, "accepts.terms"),
        ({"terms": VERSION}, "accepts.minimum_age"),
        ({**ACCEPTS, "terms": "2025-01-01"}, "accepts.terms"),
        ({**ACCEPTS, "terms": True}, "accepts.terms"),
        ({**ACCEPTS, "other_people": VERSION}, "accepts"),
        ({**ACCEPTS, "invented": VERSION}, "accepts"),
        ("terms", "accepts"),
    ],
)
def test_nobody_registers_without_agreeing_to_what_counts_today(accepts, field):
    answer = register(accepts)
    assert answer.status_code == 400
    assert field in answer.json()["error"]["details"]["fields"]
    assert not User.objects.exists()


def test_registering_keeps_what_was_agreed_to_when_and_how():
    before = timezone.now()
    assert register(ACCEPTS).status_code == 202
    rows = Consent.objects.order_by("document")
    assert [(row.document, row.version, row.way) for row in rows] == [
        ("minimum_age", VERSION, "registration"), ("terms", VERSION, "registration"),
    ]  # fmt: skip
    assert all(before <= row.given_at <= timezone.now() for row in rows)


def test_nothing_about_the_age_is_kept_but_that_it_was_stated():
    register(ACCEPTS)
    assert not [field.name for field in User._meta.fields if "birth" in field.name or field.name == "age"]


def test_a_stranger_cannot_agree_for_an_account_that_exists(user):
    register(ACCEPTS, email=user.email)
    assert not Consent.objects.exists()


def test_registering_twice_agrees_once():
    register(ACCEPTS)
    register(ACCEPTS)
    assert Consent.objects.count() == 2


def test_a_member_agrees_and_takes_it_back(member, user):
    assert states(agree(member)) == {"terms": False, "minimum_age": False, "other_people": True}
    assert has_consented(user_id=user.pk, document="other_people", today=timezone.now().date())
    assert not states(agree(member, is_given=False))["other_people"]
    assert not has_consented(user_id=user.pk, document="other_people", today=timezone.now().date())
    [row] = Consent.objects.all()
    assert (row.way, row.withdrawn_at is not None) == ("settings", True)
    acts = AuditEvent.objects.filter(subject_id=user.pk, act__startswith="consent").order_by("pk")
    assert list(acts.values_list("act", flat=True)) == [Act.CONSENT_GIVEN, Act.CONSENT_WITHDRAWN]


def test_agreeing_again_after_taking_it_back_is_another_consent(member):
    for is_given in (True, False, True):
        agree(member, is_given=is_given)
    assert Consent.objects.count() == 2
    assert states(member.send("get", CONSENTS))["other_people"]


def test_agreeing_twice_is_agreeing_once(member):
    agree(member)
    agree(member)
    assert Consent.objects.count() == 1
    assert AuditEvent.objects.filter(act=Act.CONSENT_GIVEN).count() == 1


@pytest.mark.parametrize("name", ["terms", "minimum_age"])
def test_what_is_required_cannot_be_taken_back(member, name):
    answer = agree(member, document=name, is_given=False)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "CONSENT_NEEDED")


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"document": "invented"}, "document"),
        ({"document": "invented", "is_given": False}, "document"),
        ({"version": "2025-01-01"}, "version"),
        ({"is_given": "yes"}, "is_given"),
    ],
)
def test_what_does_not_exist_cannot_be_agreed_to(member, sent, field):
    answer = agree(member, **sent)
    assert answer.status_code == 400
    assert field in answer.json()["error"]["details"]["fields"]


def test_agreeing_takes_the_version_that_was_read(member):
    answer = member.send("post", CONSENTS, {"document": "terms"})
    assert "version" in answer.json()["error"]["details"]["fields"]


def test_new_terms_are_not_agreed_to_yet(new_terms, user):
    consents.record_first_sign_in(user_id=user.pk, accepts=ACCEPTS, caller=None, now=datetime(2026, 11, 30, tzinfo=UTC))
    assert has_consented(user_id=user.pk, document="terms", today=date(2026, 11, 30))
    assert not has_consented(user_id=user.pk, document="terms", today=date(2026, 12, 1))


def test_members_see_their_own_only(member, user):
    agree(member)
    other = ApiClient(sign_in_as(make_user()))
    assert not states(other.send("get", CONSENTS))["other_people"]
    agree(other, is_given=False)
    assert states(member.send("get", CONSENTS))["other_people"]


def test_another_persons_data_needs_a_statement(user):
    with pytest.raises(InvalidInput) as refusal:
        consents.record_other_person(
            user_id=user.pk, profile_id=uuid4(), has_consent=False, caller=None, now=timezone.now()
        )
    assert "agrees" in refusal.value.details["fields"]["has_consent"][0]
    assert not Consent.objects.exists()


def test_the_statement_is_kept_with_the_profile_and_goes_with_it(user):
    first, second = uuid4(), uuid4()
    for profile_id in (first, second, second):
        consents.record_other_person(
            user_id=user.pk, profile_id=profile_id, has_consent=True, caller=None, now=timezone.now()
        )
    assert {row["about_id"] for row in export(user.pk)["consents"]} == {str(first), str(second)}
    assert AuditEvent.objects.filter(act=Act.CONSENT_GIVEN).count() == 2
    consents.forget_other_person(user_id=make_user().pk, profile_id=first)
    consents.forget_other_person(user_id=user.pk, profile_id=first)
    assert [row.about_id for row in Consent.objects.all()] == [second]
    # A statement about one person is none about people.
    assert not has_consented(user_id=user.pk, document="other_people", today=TODAY)


@pytest.mark.django_db(transaction=True)
def test_agreeing_at_once_is_agreeing_once():
    user = make_user()
    at_once(
        4,
        lambda number: consents.record_first_sign_in(
            user_id=user.pk, accepts={"terms": VERSION}, caller=None, now=timezone.now()
        ),
    )
    assert Consent.objects.count() == AuditEvent.objects.filter(act=Act.CONSENT_GIVEN).count() == 1
