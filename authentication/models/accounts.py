"""Tables of who people are and how they sign in."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now

from authentication import members
from authentication.addresses import normalize_email
from authentication.places import PLACE_MAX_LENGTH
from authentication.validators import NAME_MAX_LENGTH, validate_full_name, validate_language, validate_time_zone
from numerai import hooks
from numerai.crypto import EncryptedTextField
from numerai.db import UUIDv7, uuid7


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> User:
        """Find an account by its e-mail address, in whatever case it was typed."""
        return self.get(email=normalize_email(username or ""))

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Create an account that may sign in at once: whoever calls this vouches for the address.

        People who register themselves come through services.registration.
        """
        user = self.model(email=normalize_email(email), **{"is_verified": True, **fields})
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Create an account that may do everything in the admin."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person with an account, known by e-mail address."""

    id = models.UUIDField(primary_key=True, default=uuid7, db_default=UUIDv7(), editable=False)
    email = models.EmailField(unique=True, error_messages={"unique": "An account with this address exists."})
    is_verified = models.BooleanField(
        default=False, db_default=False, help_text="The address was proven by a code; without it nobody signs in."
    )
    full_name = models.CharField(max_length=NAME_MAX_LENGTH, blank=True, validators=[validate_full_name])
    # E.164, and always proven by a code: a number on trial lives in its OneTimeCode.
    phone = EncryptedTextField(null=True, blank=True, editable=False)
    phone_index = models.CharField(max_length=64, null=True, editable=False)
    language = models.CharField(max_length=16, default="en", db_default="en", validators=[validate_language])
    time_zone = models.CharField(max_length=64, default="UTC", db_default="UTC", validators=[validate_time_zone])
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    # Every token names the version it was made under; a new password counts it up, and all of them end.
    token_version = models.PositiveIntegerField(default=1, db_default=1, editable=False)
    # Counted up whenever something changes that an answer about this member may have been cached with.
    data_version = models.PositiveIntegerField(default=1, db_default=1, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = []

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(email=Lower("email")), name="user_email_is_lower_case"),
            models.UniqueConstraint(
                fields=["phone_index"], condition=Q(phone_index__isnull=False), name="user_phone_once"
            ),
            models.CheckConstraint(
                condition=Q(phone__isnull=True, phone_index__isnull=True)
                | Q(phone__isnull=False, phone_index__isnull=False),
                name="user_phone_with_index",
            ),
        ]
        indexes = [
            models.Index(fields=["created_at"], name="user_created"),
            models.Index(fields=["created_at"], condition=Q(is_verified=False), name="user_unverified"),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def is_premium(self) -> bool:
        tier = self.__dict__.get("tier") or hooks.tier_of(self.pk)
        return bool(tier == members.PREMIUM_TIER)

    def clean(self) -> None:
        super().clean()
        self.email = normalize_email(self.email)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, and let requests see the change at once (members.py). `update()` must call members.forget itself."""
        super().save(*args, **kwargs)
        members.forget_on_commit(self.pk)


class EndReason(models.TextChoices):
    """Why a session ended."""

    SIGNED_OUT = "signed_out"
    REVOKED = "revoked"
    REUSED = "reused", "an old token was used again"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a reason
    DISPLACED = "displaced", "the account has too many sessions"
    BY_STAFF = "by_staff"
    CLOSING = "closing", "the account is to be erased"


class Session(models.Model):
    """One signed-in device: one family of refresh tokens, of which only the newest is good.

    Written by services/sessions.py only. The tokens themselves are nowhere stored: `current` and `previous` are
    sha256 of their ids, which are random and long, so that a plain hash is enough.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, db_index=False)
    current = models.CharField(max_length=64)
    previous = models.CharField(max_length=64, blank=True)
    rotated_at = models.DateTimeField()
    device = models.CharField(max_length=60)
    # The keyed hash of the network it began from, never the address.
    network = models.CharField(max_length=32)
    # Region and country of the latest sign-in or refresh; empty where no LOCATION_DATABASE is configured.
    place = models.CharField(max_length=PLACE_MAX_LENGTH, blank=True, db_default="")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    last_seen_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=20, choices=EndReason, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, end_reason="")
                | (Q(ended_at__isnull=False) & Q(end_reason__in=EndReason.values)),
                name="session_end_has_reason",
            )
        ]
        indexes = [
            models.Index(fields=["user", "-last_seen_at"], name="session_of_user"),
            models.Index(fields=["user"], condition=Q(ended_at__isnull=True), name="session_live"),
            models.Index(fields=["expires_at"], name="session_expiry"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class CodePurpose(models.TextChoices):
    """What a one-time code may be used for; a code of one purpose is nothing for another."""

    VERIFY_EMAIL = "verify_email"
    RESET_PASSWORD = "reset_password"  # noqa: S105 - a purpose
    CHANGE_EMAIL = "change_email"
    VERIFY_PHONE = "verify_phone"


class OneTimeCode(models.Model):
    """The newest code of one purpose for one address or member. Written by services/codes.py only.

    `subject` is the keyed hash of whom it is for. Addresses without an account get a row too, with no `user`: asking
    for a code costs the same work, and is limited in the same way, whether or not there is somebody to send it to.

    `digest` is an HMAC with a key that is not in the database. A million codes are tried in a second, so neither a
    plain nor a slow hash would hide them from somebody who holds a copy of this table.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    subject = models.CharField(max_length=64)
    purpose = models.CharField(max_length=20, choices=CodePurpose)
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE)
    digest = models.CharField(max_length=64)
    # The address or number on trial, where it is not the account's own.
    target = EncryptedTextField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True)
    # How many were sent since `counted_from`, for the limit a day.
    sends = models.PositiveSmallIntegerField(default=1)
    counted_from = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subject", "purpose"], name="code_newest_only"),
            models.CheckConstraint(condition=Q(purpose__in=CodePurpose.values), name="code_purpose_exists"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class AttemptCounter(models.Model):
    """How often somebody guessed wrong, and until when the next guess waits. Written by services/attempts.py only."""

    key = models.CharField(primary_key=True, max_length=80)
    failures = models.PositiveIntegerField()
    last_at = models.DateTimeField(db_index=True)
    blocked_until = models.DateTimeField()
    # When this pair of account and network was last right; see services/attempts.py.
    right_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.key


class SecondFactor(models.Model):
    """A member's authenticator app (TOTP, RFC 6238). Without `confirmed_at` it is being set up and asks for nothing."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="second_factor")
    secret = EncryptedTextField()
    confirmed_at = models.DateTimeField(null=True)
    # The time step of the last code that was taken: each is good once.
    last_step = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self) -> str:
        return str(self.pk)


class RecoveryCode(models.Model):
    """One of the codes that stand in for a lost authenticator, each good once; kept as an HMAC."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, db_index=False)
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "digest"], name="recovery_code_once")]

    def __str__(self) -> str:
        return str(self.pk)
