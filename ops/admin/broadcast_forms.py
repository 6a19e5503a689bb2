"""What the page of a broadcast sends: its words and whom they are for, and when they go."""

from __future__ import annotations

import re
from datetime import UTC
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError

from notifications.broadcast_texts import NAME_MAX_LENGTH, PARTS
from notifications.letters import FALLBACK
from notifications.models import Broadcast, Platform
from notifications.segments import Segment
from notifications.services import Draft, Plan
from payments.entitlements import Plan as MemberPlan

# The block of words in a language that is still to be named.
NEW = "new"
_LABELS = {
    "title": "Title",
    "line": "Line, as on a lock screen and in the inbox",
    "body": "Mail. Paragraphs, **strong**, *stress*, lists and [links](/calendar)",
    "button": "Words on the mail's button",
}

_PLATFORMS = {Platform.ANDROID.value: "Android", Platform.IOS.value: "iOS", Platform.WEB.value: "Web"}


def _split(text: str) -> tuple[str, ...]:
    return tuple(part for part in re.split(r"[\s,]+", text) if part)


class DraftForm(forms.Form):
    """One broadcast; `tags` are its languages, and NEW for another."""

    revision = forms.IntegerField(min_value=0, initial=0, widget=forms.HiddenInput)
    # The languages that the page showed.
    known = forms.CharField(required=False, widget=forms.HiddenInput)
    name = forms.CharField(max_length=NAME_MAX_LENGTH, label="Name, for staff only")
    fallback = forms.CharField(max_length=16, initial="en", label="Language for everybody else")
    link = forms.CharField(required=False, max_length=200, label="Page it leads to, from its first slash on: /calendar")
    by_push = forms.BooleanField(required=False, initial=True, label="Push")
    by_email = forms.BooleanField(required=False, initial=True, label="Mail")
    in_inbox = forms.BooleanField(required=False, initial=True, label="Inbox")
    languages = forms.CharField(required=False, label="Languages, such as en de pt-BR; empty for all")
    plan = forms.ChoiceField(required=False, choices=[("", "Any plan"), *MemberPlan.choices], label="Plan")
    joined_from = forms.DateField(required=False, label="Joined from", widget=forms.DateInput({"type": "date"}))
    joined_until = forms.DateField(required=False, label="Joined before", widget=forms.DateInput({"type": "date"}))
    active_days = forms.IntegerField(required=False, label="Seen within so many days")
    time_zones = forms.CharField(required=False, label="Time zones, such as Europe/Berlin; empty for all")
    platforms = forms.MultipleChoiceField(
        required=False, choices=list(_PLATFORMS.items()), label="Devices", widget=forms.CheckboxSelectMultiple
    )
    only = forms.CharField(
        required=False, label="Only these accounts, by id", widget=forms.Textarea({"rows": 2, "spellcheck": "false"})
    )

    def __init__(self, data: Any = None, *, broadcast: Broadcast | None = None, may_change: bool = True) -> None:
        known = _split(data.get("known", "")) if data is not None else tuple(broadcast.texts) if broadcast else ()
        texts = broadcast.texts if broadcast else {}
        super().__init__(data, label_suffix="", initial=_initial(broadcast) | {"known": " ".join(known)})
        self.fields["new_language"] = forms.CharField(
            required=False, max_length=16, label="Language", initial="" if known else FALLBACK
        )
        self.tags = (*(tag for tag in known if re.fullmatch(r"[A-Za-z0-9-]{2,16}", tag)), NEW)
        for tag in self.tags:
            for part, most in PARTS.items():
                rows = 10 if part == "body" else 2 if part == "line" else 0
                self.fields[f"{part}_{tag}"] = forms.CharField(
                    required=False,
                    # The service says how long each may be, and how long these are.
                    max_length=4 * most,
                    initial=texts.get(tag, {}).get(part, ""),
                    label=f"{_LABELS[part]} (at most {most})",
                    widget=forms.Textarea({"rows": rows}) if rows else forms.TextInput(),
                )
        for field in self.fields.values():
            field.disabled = not may_change

    def blocks(self) -> list[dict[str, Any]]:
        """Return the fields of each language, the new one last."""
        return [
            {"language": "" if tag == NEW else tag, "fields": [self[f"{part}_{tag}"] for part in PARTS]}
            for tag in self.tags
        ]

    def ways(self) -> list[Any]:
        """Return the switches of the ways by which it goes."""
        return [self[name] for name in ("by_push", "by_email", "in_inbox")]

    def asked(self) -> list[Any]:
        """Return what is asked of members, but for their devices and ids."""
        names = ("languages", "time_zones", "plan", "active_days", "joined_from", "joined_until")
        return [self[name] for name in names]

    def clean_only(self) -> tuple[UUID, ...] | None:
        parts = _split(self.cleaned_data["only"])
        try:
            return tuple(map(UUID, parts)) or None
        except ValueError:
            raise ValidationError("Takes ids of accounts, with spaces between.") from None

    def draft(self) -> Draft:
        """Return what was written. Words in a language without a name are refused by the service."""
        sent = self.cleaned_data
        texts = {tag: {part: sent[f"{part}_{tag}"] for part in PARTS} for tag in self.tags}
        added = texts.pop(NEW)
        if any(added.values()):
            texts[sent["new_language"].strip()] = added
        segment = Segment(
            languages=_split(sent["languages"]),
            plan=sent["plan"],
            joined_from=sent["joined_from"],
            joined_until=sent["joined_until"],
            active_days=sent["active_days"],
            time_zones=_split(sent["time_zones"]),
            platforms=tuple(sent["platforms"]),
            only=sent["only"],
        )
        ways = {way: sent[way] for way in ("by_push", "by_email", "in_inbox")}
        return Draft(sent["name"], texts, sent["fallback"], sent["link"], **ways, segment=segment)


def _initial(broadcast: Broadcast | None) -> dict[str, Any]:
    if broadcast is None:
        return {}
    segment = Segment.from_dict(broadcast.segment, only=broadcast.only_ids)
    names = ("revision", "name", "fallback", "link", "by_push", "by_email", "in_inbox")
    return {name: getattr(broadcast, name) for name in names} | {
        "languages": " ".join(segment.languages),
        "plan": segment.plan,
        "joined_from": segment.joined_from,
        "joined_until": segment.joined_until,
        "active_days": segment.active_days,
        "time_zones": " ".join(segment.time_zones),
        "platforms": list(segment.platforms),
        "only": " ".join(map(str, segment.only or ())),
    }


class PlanForm(forms.Form):
    """When it goes, and how fast."""

    NOW, AT, LOCAL = "now", "at", "local"

    revision = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    when = forms.ChoiceField(
        choices=[(NOW, "Now"), (AT, "At one moment for everybody"), (LOCAL, "When each member's clock shows an hour")],
        initial=NOW,
        widget=forms.RadioSelect,
        label="When",
    )
    send_at = forms.DateTimeField(
        required=False, label="Moment (UTC)", widget=forms.DateTimeInput({"type": "datetime-local"})
    )
    local_on = forms.DateField(required=False, label="Day", widget=forms.DateInput({"type": "date"}))
    local_time = forms.TimeField(required=False, label="Hour", widget=forms.TimeInput({"type": "time"}))
    rate = forms.IntegerField(initial=6_000, label="Members a minute")
    good_for_hours = forms.IntegerField(initial=24, label="Good for so many hours")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})

    def clean(self) -> dict[str, Any]:
        sent = dict(super().clean() or {})
        needed = {self.AT: ("send_at",), self.LOCAL: ("local_on", "local_time")}.get(sent.get("when", ""), ())
        for name in needed:
            if sent.get(name) is None and name not in self.errors:
                self.add_error(name, "Say when.")
        return sent

    def details(self) -> list[Any]:
        """Return the fields beside the choice."""
        return [self[name] for name in ("send_at", "local_on", "local_time", "rate", "good_for_hours")]

    def plan(self) -> Plan:
        """Return what was chosen; what belongs to another way of choosing is left out."""
        sent = self.cleaned_data
        pace = {"rate": sent["rate"], "good_for_hours": sent["good_for_hours"]}
        if sent["when"] == self.AT:
            return Plan(send_at=sent["send_at"].astimezone(UTC), **pace)
        if sent["when"] == self.LOCAL:
            return Plan(local_on=sent["local_on"], local_time=sent["local_time"], **pace)
        return Plan(**pace)
