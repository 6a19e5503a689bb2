"""A member and a staff user to look around with, on a development machine."""

from __future__ import annotations

import secrets
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from authentication.models import User
from core.services.profiles import create_profile

MEMBER = "member@numerai.test"
STAFF = "staff@numerai.test"
ADA = {"birth_name": "Ada Lovelace", "birth_date": "1815-12-10", "label": "Ada", "relation": "self"}


class Command(BaseCommand):
    help = "Create a demo member and a staff user and print their passwords; nothing if there is any account."

    def handle(self, **_: Any) -> None:
        if settings.IS_PRODUCTION:
            raise CommandError("Demo accounts are for development: ENVIRONMENT is production.")
        if User.objects.exists():
            return
        member, staff = secrets.token_urlsafe(12), secrets.token_urlsafe(12)
        account = User.objects.create_user(MEMBER, member, full_name="Demo member")
        create_profile(user_id=account.pk, inputs=ADA, now=timezone.now())
        User.objects.create_superuser(STAFF, staff, full_name="Demo staff")
        self.stdout.write("Two accounts to look around with; the passwords are shown this once:")
        self.stdout.write(f"  member  {MEMBER}  {member}")
        self.stdout.write(f"  staff   {STAFF}  {staff}  (sign in at /admin/)")
