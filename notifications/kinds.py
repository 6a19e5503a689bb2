"""What can be delivered: one table of kinds, with how urgent each is, by which channels it may go and what it needs."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models


class Channel(models.TextChoices):
    EMAIL = "email"
    SMS = "sms"
    FCM = "fcm"
    WEBPUSH = "webpush"


# By these a delivery goes to one device (models.Device), whose id is its target.
PUSH = frozenset({Channel.FCM, Channel.WEBPUSH})


class Priority(models.IntegerChoices):
    """The order in which deliveries are claimed. URGENT has a queue and a worker of its own."""

    URGENT = 0, "codes and security"
    TRANSACTIONAL = 1, "transactional"
    READING = 2, "readings"
    BROADCAST = 3, "broadcasts"


class Kind(models.TextChoices):
    ONE_TIME_CODE = "one_time_code"
    ACCOUNT_EXISTS = "account_exists"
    SECURITY_NOTICE = "security_notice"
    EMAIL_CHANGED = "email_changed"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a kind of notice
    NEW_SIGN_IN = "new_sign_in"
    SESSION_FAMILY_ENDED = "session_family_ended"
    ACCOUNT_DELETION_SCHEDULED = "account_deletion_scheduled"
    ACCOUNT_DELETION_CANCELLED = "account_deletion_cancelled"
    ACCOUNT_ERASED = "account_erased"
    WELCOME = "welcome"
    EXPORT_READY = "export_ready"
    DAILY_READING = "daily_reading"
    CYCLE_CHANGE = "cycle_change"
    BROADCAST = "broadcast"
    BROADCAST_TEST = "broadcast_test"


class CodePurpose(models.TextChoices):
    """What a one-time code is for: `purpose` in the payload of ONE_TIME_CODE."""

    VERIFY_EMAIL = "verify_email"
    CHANGE_EMAIL = "change_email"
    RESET_PASSWORD = "reset_password"  # noqa: S105 - a purpose
    VERIFY_PHONE = "verify_phone"
    SIGN_IN = "sign_in"
    CONFIRM_IDENTITY = "confirm_identity"


class SecurityEvent(models.TextChoices):
    """What happened: `event` in the payload of SECURITY_NOTICE."""

    SECOND_FACTOR_ENABLED = "second_factor_enabled"
    SECOND_FACTOR_DISABLED = "second_factor_disabled"
    RECOVERY_CODE_USED = "recovery_code_used"
    PHONE_CHANGED = "phone_changed"
    SIGN_IN_METHOD_ADDED = "sign_in_method_added"
    SIGN_IN_METHOD_REMOVED = "sign_in_method_removed"
    API_KEY_CREATED = "api_key_created"
    SIGN_IN_SLOWED = "sign_in_slowed"


class Told(models.TextChoices):
    """Which of the two addresses an EMAIL_CHANGED goes to: `told` in its payload."""

    OLD_ADDRESS = "old_address"
    NEW_ADDRESS = "new_address"


class Topic(models.TextChoices):
    """What a member may switch: each kind that a member may do without belongs to one."""

    DAILY_READING = "daily_reading"
    CYCLE_CHANGES = "cycle_changes"
    SECURITY = "security"
    ACCOUNT = "account"
    NEWS = "news"


class Outlet(models.TextChoices):
    """By which way a member is told of a topic."""

    PUSH = "push"
    EMAIL = "email"


class Choice(models.TextChoices):
    ON = "on"
    OFF = "off"
    # E-mail only: where the member has no device at all.
    WITHOUT_DEVICE = "without_device"


@dataclass(frozen=True, slots=True)
class ChoiceRule:
    """What holds while a member has said nothing, and what they may say."""

    default: Choice
    accepted: frozenset[Choice] = frozenset({Choice.ON, Choice.OFF})


_ANY = frozenset(Choice)
# Mail about the safety of an account, and mail that somebody asked for, cannot be switched off. News is opt-in.
CHOICES: dict[tuple[Topic, Outlet], ChoiceRule] = {
    (Topic.DAILY_READING, Outlet.PUSH): ChoiceRule(Choice.ON),
    (Topic.DAILY_READING, Outlet.EMAIL): ChoiceRule(Choice.WITHOUT_DEVICE, _ANY),
    (Topic.CYCLE_CHANGES, Outlet.PUSH): ChoiceRule(Choice.ON),
    (Topic.CYCLE_CHANGES, Outlet.EMAIL): ChoiceRule(Choice.WITHOUT_DEVICE, _ANY),
    (Topic.SECURITY, Outlet.PUSH): ChoiceRule(Choice.ON),
    (Topic.SECURITY, Outlet.EMAIL): ChoiceRule(Choice.ON, frozenset({Choice.ON})),
    (Topic.ACCOUNT, Outlet.PUSH): ChoiceRule(Choice.ON),
    (Topic.ACCOUNT, Outlet.EMAIL): ChoiceRule(Choice.ON, frozenset({Choice.ON})),
    (Topic.NEWS, Outlet.PUSH): ChoiceRule(Choice.OFF),
    (Topic.NEWS, Outlet.EMAIL): ChoiceRule(Choice.OFF, _ANY),
}


def outlet_of(channel: Channel) -> Outlet | None:
    """Return the member's word for a channel; None for one that no member switches."""
    if channel in PUSH:
        return Outlet.PUSH
    return Outlet.EMAIL if channel == Channel.EMAIL else None


@dataclass(frozen=True, slots=True)
class KindRule:
    """How one kind is treated.

    `needs` and `may_have` are the payload's names; values are strings, numbers or ISO 8601 text. A name that ends in
    `_at` is an instant, one that ends in `_on` a day; `time_zone` (an IANA name) says in which zone instants are told.
    `choices` limits a value to one set of words. With `goes_stale` an expiry must be given: late is worse than never.
    `topic` is what a member switches it by; without one it always goes. With `replaces_earlier` a device shows the
    newest one only; otherwise each is shown, once. With `chooses_its_hour` quiet hours do not hold it back.
    """

    priority: Priority
    channels: frozenset[Channel] = frozenset({Channel.EMAIL})
    needs: frozenset[str] = frozenset()
    may_have: frozenset[str] = frozenset()
    choices: tuple[tuple[str, type[models.TextChoices]], ...] = ()
    goes_stale: bool = False
    topic: Topic | None = None
    replaces_earlier: bool = False
    chooses_its_hour: bool = False


_TO_ALL = frozenset({Channel.EMAIL}) | PUSH
_WHEN = frozenset({"happened_at"})
_WHERE = frozenset({"time_zone", "device", "place"})
_TURNING = frozenset({"period", "pinnacle", "challenge", "year"})
_NEWS = frozenset({"title", "line"})
_MORE_NEWS = frozenset({"body_markdown", "button", "url", "language"})

RULES: dict[Kind, KindRule] = {
    Kind.ONE_TIME_CODE: KindRule(
        Priority.URGENT,
        channels=frozenset({Channel.EMAIL, Channel.SMS}),
        needs=frozenset({"code", "purpose", "minutes"}),
        choices=(("purpose", CodePurpose),),
        goes_stale=True,
    ),
    Kind.ACCOUNT_EXISTS: KindRule(Priority.URGENT),
    Kind.SECURITY_NOTICE: KindRule(
        Priority.URGENT,
        channels=_TO_ALL,
        needs=_WHEN | {"event"},
        may_have=_WHERE,
        choices=(("event", SecurityEvent),),
        topic=Topic.SECURITY,
    ),
    Kind.EMAIL_CHANGED: KindRule(
        Priority.URGENT,
        channels=_TO_ALL,
        needs=_WHEN | {"told", "new_address"},
        may_have=_WHERE,
        choices=(("told", Told),),
        topic=Topic.SECURITY,
    ),
    Kind.PASSWORD_CHANGED: KindRule(
        Priority.URGENT, channels=_TO_ALL, needs=_WHEN, may_have=_WHERE, topic=Topic.SECURITY
    ),
    Kind.NEW_SIGN_IN: KindRule(Priority.URGENT, channels=_TO_ALL, needs=_WHEN, may_have=_WHERE, topic=Topic.SECURITY),
    Kind.SESSION_FAMILY_ENDED: KindRule(
        Priority.URGENT, channels=_TO_ALL, needs=_WHEN, may_have=_WHERE, topic=Topic.SECURITY
    ),
    Kind.ACCOUNT_DELETION_SCHEDULED: KindRule(
        Priority.URGENT, channels=_TO_ALL, needs=frozenset({"erased_on"}), topic=Topic.SECURITY
    ),
    Kind.ACCOUNT_DELETION_CANCELLED: KindRule(Priority.URGENT, channels=_TO_ALL, topic=Topic.SECURITY),
    Kind.ACCOUNT_ERASED: KindRule(Priority.TRANSACTIONAL),
    Kind.WELCOME: KindRule(Priority.TRANSACTIONAL, may_have=frozenset({"name"}), topic=Topic.ACCOUNT),
    Kind.EXPORT_READY: KindRule(
        Priority.TRANSACTIONAL,
        channels=_TO_ALL,
        needs=frozenset({"url", "ends_at"}),
        may_have=frozenset({"time_zone"}),
        goes_stale=True,
        topic=Topic.ACCOUNT,
    ),
    # What it says is asked of core when it is sent (sources.py).
    Kind.DAILY_READING: KindRule(
        Priority.READING,
        channels=_TO_ALL,
        needs=frozenset({"title", "body", "headline", "to_try"}),
        may_have=frozenset(
            {"message", "backdrop", "lens", "to_watch", "affirmation", "question", "master_day", "reading_on"}
            | {"personal_day", "month_adds", "date_adds", "day_chain", "lucky_number", "lucky_colour", "lucky_weekday"}
        ),
        goes_stale=True,
        topic=Topic.DAILY_READING,
        replaces_earlier=True,
        chooses_its_hour=True,
    ),
    # As above. What begins on `turns_on` is named; what stays is left out. `_root` is the digit behind a master.
    Kind.CYCLE_CHANGE: KindRule(
        Priority.READING,
        channels=_TO_ALL,
        needs=frozenset({"turns_on", "in_days"}),
        may_have=_TURNING | {f"{name}_root" for name in _TURNING},
        goes_stale=True,
        topic=Topic.CYCLE_CHANGES,
    ),
    # Like readings: made by the set, in words only when it is sent (broadcast_texts.py).
    Kind.BROADCAST: KindRule(
        Priority.BROADCAST,
        channels=_TO_ALL,
        needs=_NEWS,
        may_have=_MORE_NEWS,
        goes_stale=True,
        topic=Topic.NEWS,
    ),
    # To the member of staff who asks for it, whatever they chose about news.
    Kind.BROADCAST_TEST: KindRule(
        Priority.TRANSACTIONAL, channels=_TO_ALL, needs=_NEWS, may_have=_MORE_NEWS, goes_stale=True
    ),
}
