"""The first look around: the README's tour, without a browser."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command

from core.tests.content.factories import load_edition
from notifications.models import Delivery
from ops.management.commands.create_demo_accounts import MEMBER

pytestmark = pytest.mark.django_db


def test_the_demo_member_gets_a_reading_at_once():
    load_edition()
    call_command("create_demo_accounts", stdout=StringIO())
    call_command("send_reading_now", MEMBER, stdout=StringIO())
    assert Delivery.objects.get().kind == "daily_reading"
