from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now

from notifications.kinds import PUSH, Channel, Choice, Kind, Outlet, Priority
from numerai.crypto import EncryptedJSONField, EncryptedTextField
from numerai.db import uuid7


class State(models.TextChoices):
    """Where a delivery is. QUEUED and SENDING are open; every other state is the end."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    EXPIRED = "expired"
    SUPPRESSED = "suppressed"


OPEN_STATES = (State.QUEUED, State.SENDING)
# Ended, and nobody got it, although somebody should have.
DEAD_STATES = (State.FAILED, State.EXPIRED)


class Delivery(models.Model):
    """One message to one address. Written by services.py (queued) and claims.py (everything after) only.

    The table is made by the migration itself: partitioned by month on `due_on`, primary key (due_on, id), so that old
    months are dropped as a whole. `due_on` belongs to the subject (the day a code was made, the date of a reading) and
    never changes: the unique key makes the same delivery one row, whoever asks for it and however often.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    due_on = models.DateField()
    # No foreign key: this layer knows no accounts. Null for somebody who has none.
    user_id = models.UUIDField(null=True)
    # One of kinds.Kind; not `choices`, or every new kind would be a migration.
    kind = models.CharField(max_length=40)
    channel = models.CharField(max_length=10, choices=Channel)
    priority = models.PositiveSmallIntegerField(choices=Priority)
    # What it is about: the id of a code, a session, an export. Not the subject line.
    subject = models.CharField(max_length=100)
    # Whom it goes to, for comparing: the blind index of the address; for push the id of the device, and MEMBER for
    # whatever address the member has when it is sent.
    target = models.CharField(max_length=64)
    # Empty: the member's own at the time of sending.
    language = models.CharField(max_length=35, blank=True)
    # Both are emptied when the delivery ends: nothing is sent from a row that has ended. An open row without an address
    # takes it from its device or its member, one without a payload asks the app that knows (sources.py).
    address = EncryptedTextField(null=True)
    payload = EncryptedJSONField(null=True)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    send_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    # While SENDING: until when the claim is respected.
    lease_until = models.DateTimeField(null=True)
    # How the last attempt went: a stable code, never a provider's text, which may quote the address.
    outcome = models.CharField(max_length=60, blank=True)
    provider_message_id = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["due_on", "user_id", "kind", "subject", "target"],
                nulls_distinct=False,
                name="delivery_once",
            ),
            models.CheckConstraint(condition=Q(state__in=State.values), name="delivery_state_exists"),
            models.CheckConstraint(condition=Q(channel__in=Channel.values), name="delivery_channel_exists"),
            models.CheckConstraint(condition=Q(priority__in=Priority.values), name="delivery_priority_exists"),
            models.CheckConstraint(
                condition=Q(state=State.SENDING, lease_until__isnull=False)
                | (~Q(state=State.SENDING) & Q(lease_until__isnull=True)),
                name="delivery_lease_while_sending",
            ),
            models.CheckConstraint(
                condition=Q(state__in=OPEN_STATES, ended_at__isnull=True)
                | (~Q(state__in=OPEN_STATES) & Q(ended_at__isnull=False, address__isnull=True, payload__isnull=True)),
                name="delivery_ended_holds_nothing",
            ),
        ]
        indexes = [
            # The claim: one channel's open rows in the order of priority and of the moment they are due again.
            models.Index(
                F("channel"),
                F("priority"),
                Coalesce("lease_until", "send_at"),
                condition=Q(state__in=OPEN_STATES),
                name="delivery_claim",
            ),
            models.Index(
                fields=["expires_at"],
                condition=Q(state__in=OPEN_STATES, expires_at__isnull=False),
                name="delivery_expiry",
            ),
            models.Index(fields=["user_id"], name="delivery_member"),
            # What staff look at and try again: rows that ended unsent, the newest first.
            models.Index(fields=["due_on", "id"], condition=Q(state__in=DEAD_STATES), name="delivery_dead"),
            # What became of one broadcast, and what of it waits.
            models.Index(
                fields=["subject", "state", "outcome", "channel"],
                condition=Q(kind=Kind.BROADCAST),
                name="delivery_of_broadcast",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Platform(models.TextChoices):
    ANDROID = "android"
    IOS = "ios"
    WEB = "web"


class Device(models.Model):
    """One app or browser that takes pushes. Written by services/devices.py only.

    Its id is made from its address by keyed hash, so one device is one row whoever registers it, at whatever the same
    moment, and the same device gets no reading twice by registering again. Retired means that its push service said
    it is gone; it may come back.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # No foreign key: this layer knows no accounts.
    user_id = models.UUIDField()
    channel = models.CharField(max_length=10, choices=[(channel.value, channel.label) for channel in sorted(PUSH)])
    # FCM: the registration token. Web Push: the subscription as JSON. Nothing once retired.
    address = EncryptedTextField(null=True)
    platform = models.CharField(max_length=10, choices=Platform)
    app_version = models.CharField(max_length=32, blank=True)
    locale = models.CharField(max_length=35, blank=True)
    # The sign-in it was registered from: when that ends, the device gets nothing more.
    session_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    refreshed_at = models.DateTimeField(db_default=Now(), editable=False)
    retired_at = models.DateTimeField(null=True)
    # Why, by the code of the last delivery.
    retired_for = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(channel__in=sorted(PUSH)), name="device_channel_exists"),
            models.CheckConstraint(condition=Q(platform__in=Platform.values), name="device_platform_exists"),
            models.CheckConstraint(
                condition=Q(retired_at__isnull=True, address__isnull=False)
                | Q(retired_at__isnull=False, address__isnull=True),
                name="device_retired_holds_nothing",
            ),
        ]
        indexes = [
            models.Index(fields=["user_id"], condition=Q(retired_at__isnull=True), name="device_live_of_member"),
            models.Index(fields=["refreshed_at"], name="device_refreshed"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Preference(models.Model):
    """What a member has chosen for one topic and outlet. No row: the default of kinds.CHOICES."""

    user_id = models.UUIDField()
    # One of kinds.Topic; not `choices`, as above.
    topic = models.CharField(max_length=20)
    outlet = models.CharField(max_length=10, choices=Outlet)
    choice = models.CharField(max_length=20, choices=Choice)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user_id", "topic", "outlet"], name="preference_once"),
            models.CheckConstraint(condition=Q(choice__in=Choice.values), name="preference_choice_exists"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class QuietHours(models.Model):
    """When a member's devices stay silent, in the member's own time. May go past midnight. No row: never."""

    user_id = models.UUIDField(primary_key=True)
    starts_at = models.TimeField()
    ends_at = models.TimeField()

    class Meta:
        verbose_name_plural = "quiet hours"
        constraints = [
            models.CheckConstraint(condition=~Q(starts_at=F("ends_at")), name="quiet_hours_leave_some_of_the_day")
        ]

    def __str__(self) -> str:
        return str(self.pk)


class InboxItem(models.Model):
    """What a member was told, to be read again in the app. Written by services/inbox.py only; kept for 180 days.

    It holds what the texts are made of, not the texts: they are written when it is read, in the language of then.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # No foreign key: this layer knows no accounts.
    user_id = models.UUIDField()
    # One of kinds.Kind; not `choices`, as above.
    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=100)
    # Null for what was put in by the set: the app that knows says it when it is read (sources.py).
    payload = EncryptedJSONField(null=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user_id", "kind", "subject"], name="inbox_item_once")]
        indexes = [
            models.Index(fields=["user_id", "-created_at", "-id"], name="inbox_of_member"),
            models.Index(fields=["user_id"], condition=Q(read_at__isnull=True), name="inbox_unread"),
            models.Index(fields=["created_at"], name="inbox_age"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class ChannelSwitch(models.Model):
    """Whether a channel may send. No row means on. While it is off, deliveries wait."""

    channel = models.CharField(primary_key=True, max_length=10, choices=Channel)
    is_on = models.BooleanField(default=True)
    # Why it is off, in the words of whoever switched it; who that was is in the audit log.
    reason = models.CharField(max_length=200, blank=True, db_default="")
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "channel switches"

    def __str__(self) -> str:
        return self.channel


class SuppressionReason(models.TextChoices):
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    UNSUBSCRIBED = "unsubscribed"
    BY_STAFF = "by_staff"


class SuppressedAddress(models.Model):
    """An address that gets nothing more, known by its blind index only."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    channel = models.CharField(max_length=10, choices=Channel)
    target = models.CharField(max_length=64)
    reason = models.CharField(max_length=20, choices=SuppressionReason)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name_plural = "suppressed addresses"
        constraints = [models.UniqueConstraint(fields=["channel", "target"], name="suppressed_address_once")]

    def __str__(self) -> str:
        return str(self.pk)


class SmsDay(models.Model):
    """How many text messages a day's sending has taken from its limit."""

    day = models.DateField(primary_key=True)
    taken = models.PositiveIntegerField()

    def __str__(self) -> str:
        return self.day.isoformat()


class BroadcastState(models.TextChoices):
    """DRAFT is written, RUNNING is on its way as soon as its hour comes, DONE has been told to everybody it is for."""

    DRAFT = "draft"
    RUNNING = "running"
    STOPPED = "stopped"
    DONE = "done"


class Broadcast(models.Model):
    """News that staff send to many members. Written by services/broadcasts.py and services/broadcast_rounds.py only.

    What is said, to whom, and when are kept apart: the first two are a draft's, the last is given when it is scheduled.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # For staff only.
    name = models.CharField(max_length=80)
    # By language: title, line, body and button (broadcast_texts.py). `fallback` is the one for all other languages.
    texts = models.JSONField(default=dict)
    fallback = models.CharField(max_length=16, default="en")
    # A page of our own; "" for none.
    link = models.CharField(max_length=200, blank=True)
    by_push = models.BooleanField(default=True)
    by_email = models.BooleanField(default=True)
    in_inbox = models.BooleanField(default=True)
    # Whom it is for (segments.py); `only_ids` apart, so that an erased member is taken out of it. Null: no such list.
    segment = models.JSONField(default=dict)
    only_ids = ArrayField(models.UUIDField(), null=True)
    # Counted up with every change, so that nobody sends what they have not read.
    revision = models.PositiveIntegerField(default=1)
    # Staff; null where their account is gone. No foreign keys: this layer knows no accounts.
    changed_by = models.UUIDField(null=True)
    scheduled_by = models.UUIDField(null=True)
    changed_at = models.DateTimeField()

    state = models.CharField(max_length=10, choices=BroadcastState, default=BroadcastState.DRAFT)
    # Either one instant for everybody, or an hour of each member's own clock on a day.
    send_at = models.DateTimeField(null=True)
    local_on = models.DateField(null=True)
    local_time = models.TimeField(null=True)
    rate = models.PositiveIntegerField(default=6_000, help_text="Members a minute.")
    good_for_hours = models.PositiveSmallIntegerField(default=24, help_text="After that it is not sent or shown.")
    # How many it was for when it was scheduled, and why others not.
    counted = models.JSONField(default=dict)

    # How far it is: everybody whose instant had come by `wave_at`, in the order of their ids up to `told_up_to`.
    wave_at = models.DateTimeField(null=True)
    told_up_to = models.UUIDField(null=True)
    # When everything that was queued so far will have gone, at the rate.
    paced_until = models.DateTimeField(null=True)
    told = models.PositiveIntegerField(default=0)
    begun_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    # What became of its deliveries, measured by the timetable.
    figures = models.JSONField(default=dict)
    figures_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=BroadcastState.values), name="broadcast_state_exists"),
            models.CheckConstraint(
                condition=Q(by_push=True) | Q(by_email=True) | Q(in_inbox=True), name="broadcast_goes_somewhere"
            ),
            models.CheckConstraint(
                condition=Q(state=BroadcastState.DRAFT)
                | Q(send_at__isnull=False, local_on__isnull=True, local_time__isnull=True)
                | Q(send_at__isnull=True, local_on__isnull=False, local_time__isnull=False),
                name="broadcast_has_one_hour",
            ),
            models.CheckConstraint(condition=Q(rate__gte=1), name="broadcast_has_a_rate"),
            models.CheckConstraint(
                condition=Q(good_for_hours__range=(1, 168)), name="broadcast_is_good_for_a_week_at_most"
            ),
            models.CheckConstraint(
                condition=~Q(state=BroadcastState.DRAFT) | Q(begun_at__isnull=True),
                name="broadcast_draft_has_not_begun",
            ),
        ]
        indexes = [models.Index(fields=["state"], name="broadcast_in_state")]
        permissions = [("send_broadcast", "Can send broadcast")]

    def __str__(self) -> str:
        return self.name


class BroadcastRecipient(models.Model):
    """That a broadcast was told to a member: the key makes it once, whatever devices come and go meanwhile."""

    pk = models.CompositePrimaryKey("broadcast_id", "user_id")
    broadcast_id = models.UUIDField()
    # No foreign keys: a million rows are made in seconds, and this layer knows no accounts.
    user_id = models.UUIDField()

    class Meta:
        indexes = [models.Index(fields=["user_id"], name="broadcast_recipient_member")]

    def __str__(self) -> str:
        return f"{self.broadcast_id} {self.user_id}"
