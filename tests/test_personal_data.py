"""No table with personal data is forgotten: every model is exported and erased, or is listed here as holding none."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from django.apps import apps
from django.db.models import ForeignKey, UUIDField

from authentication.models import User
from authentication.tests.factories import make_user
from numerai import hooks

# Tables that hold nothing about a person. What has a column for a member cannot be here.
IMPERSONAL = {
    "auth.Group",
    "auth.Permission",
    "authentication.ErasureReport",
    "authentication.SpentNonce",
    "contenttypes.ContentType",
    "core.ContentEdition",
    "core.ContentEntry",
    "core.ContentState",
    "notifications.ChannelSwitch",
    "notifications.SmsDay",
    "ops.Figures",
    "ops.ScheduledTask",
}
MODELS = {model._meta.label: model for model in apps.get_models()}
DECLARED = [label for data in hooks.list_personal_data() for label in data.holds]


def names_a_member(label: str) -> bool:
    fields = MODELS[label]._meta.get_fields()
    return any(
        (isinstance(field, ForeignKey) and field.related_model is User)
        or (isinstance(field, UUIDField) and field.name in ("user_id", "member_id", "owner_id", "actor_id"))
        for field in fields
    )


def test_every_table_is_declared_once_or_holds_nothing_about_a_person() -> None:
    """A new model? Name it in its app's `holds` (numerai.hooks.register_personal_data), or in IMPERSONAL above."""
    assert [label for label, times in Counter(DECLARED).items() if times > 1] == []
    assert set(DECLARED) | IMPERSONAL == set(MODELS)
    assert set(DECLARED) & IMPERSONAL == set()


@pytest.mark.parametrize("label", sorted(IMPERSONAL))
def test_a_table_without_personal_data_names_no_member(label: str) -> None:
    assert not names_a_member(label)


@pytest.mark.django_db
@pytest.mark.parametrize("data", hooks.list_personal_data(), ids=lambda data: data.app)
def test_the_export_has_the_section_of_every_table_that_it_shows(data: hooks.PersonalData) -> None:
    promised = {section for section in data.holds.values() if section != hooks.NOT_EXPORTED}
    given = data.export(make_user().pk)
    assert set(given) == promised
    assert json.dumps(given)


@pytest.mark.django_db
@pytest.mark.parametrize("data", hooks.list_personal_data(), ids=lambda data: data.app)
def test_erasing_what_is_not_there_is_no_error(data: hooks.PersonalData) -> None:
    user = make_user()
    for _ in range(2):
        data.erase(user.pk)
