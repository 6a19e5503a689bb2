from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from authentication.models import AttemptCounter, AuditEvent, CodePurpose, OneTimeCode, Session, User
from authentication.services import attempts, codes
from authentication.services.cleaning import purge_expired
from authentication.tasks import purge_expired as task
from authentication.tests.factories import make_user, sign_in_as

pytestmark = pytest.mark.django_db


def fill() -> None:
    sign_in_as(make_user())
    unproven = make_user(is_verified=False)
    codes.issue(whom=unproven.email, purpose=CodePurpose.VERIFY_EMAIL, user=unproven, now=timezone.now())
    attempts.take("k", rule=attempts.PAIR, now=timezone.now())


@pytest.mark.parametrize(
    ("days", "left"),
    [(1, (2, 1, 1, 1)), (3, (2, 0, 1, 1)), (8, (1, 0, 1, 1)), (32, (1, 0, 0, 1)), (121, (1, 0, 0, 0))],
)
def test_what_is_old_is_forgotten(days, left):
    fill()
    purge_expired(now=timezone.now() + timedelta(days=days))
    tables = (User, OneTimeCode, AttemptCounter, Session)
    assert tuple(table.objects.count() for table in tables) == left
    assert AuditEvent.objects.exists()


def test_the_task_may_run_twice():
    fill()
    task()
    task()
    assert User.objects.count() == 2
