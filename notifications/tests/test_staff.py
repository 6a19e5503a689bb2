"""What staff can do: send to an address again."""

from __future__ import annotations

import io

import pytest
from django.contrib.admin import site
from django.core.management import CommandError, call_command
from django.test import RequestFactory

from notifications.admin import SuppressedAddressAdmin
from notifications.kinds import Channel
from notifications.models import SuppressedAddress, SuppressionReason
from notifications.services import suppress_address
from notifications.tests.factories import ADDRESS

pytestmark = pytest.mark.django_db


def test_the_admin_neither_makes_nor_changes_suppressions():
    page = SuppressedAddressAdmin(SuppressedAddress, site)
    request = RequestFactory().get("/")
    assert (page.has_add_permission(request), page.has_change_permission(request)) == (False, False)


def test_the_command_lifts_a_suppression_and_says_when_there_is_none(monkeypatch: pytest.MonkeyPatch):
    suppress_address(channel=Channel.EMAIL, address=ADDRESS, reason=SuppressionReason.BOUNCED)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{ADDRESS.upper()}\n"))
    call_command("lift_suppression", "email")
    assert not SuppressedAddress.objects.exists()
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{ADDRESS}\n"))
    with pytest.raises(CommandError, match="not suppressed") as refused:
        call_command("lift_suppression", "email")
    assert ADDRESS not in str(refused.value)
