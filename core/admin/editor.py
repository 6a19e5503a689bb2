"""One text and its next words: written, looked at where they will stand, kept, published, scheduled, taken back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone

from authentication.callers import caller_of
from authentication.models import User
from authentication.services import audit
from core.content.catalogue import INTERPRETATIONS, PARTS, SLOTS
from core.content.files import SHORT, TEXT
from core.exceptions import ContentRejected
from core.models import ContentEntry, ContentVersion
from core.selectors.content import get_history, get_library, key_of
from core.selectors.previews import preview_text
from core.services import content
from numerai.api.exceptions import Conflict, NotFound

TEMPLATE = "core/admin/editor.html"
_LABELS = {TEXT: "Text", SHORT: "Short form, for lock screens", "try": "One thing to try"}


class DraftForm(forms.Form):
    """What the editor sends: the words part by part, which draft they had before their eyes, and why."""

    revision = forms.IntegerField(min_value=0, initial=0, widget=forms.HiddenInput)
    note = forms.CharField(max_length=200, required=False)
    publish_at = forms.DateTimeField(required=False)
    despite_problems = forms.BooleanField(required=False)

    def __init__(self, *args: Any, entry: ContentEntry, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.part_names = parts_of(entry)
        for name in self.part_names:
            self.fields[f"part_{name}"] = forms.CharField(
                required=False, max_length=content.LONGEST_PART, strip=True, label=_LABELS.get(name, name.capitalize())
            )

    @property
    def words(self) -> dict[str, str]:
        return {name: self.cleaned_data.get(f"part_{name}", "") for name in self.part_names}


def parts_of(entry: ContentEntry) -> tuple[str, ...]:
    """Return the names of the parts that a text has."""
    if entry.kind == INTERPRETATIONS:
        return tuple(PARTS)
    return (TEXT, SHORT) if entry.section == "try" else (TEXT,)


def edit(request: HttpRequest, entry: ContentEntry, *, may_change: bool, context: dict[str, Any]) -> HttpResponse:
    """Answer the editor's page: show it, or do what a button asked for and show it again."""
    now = timezone.now()
    draft = ContentVersion.objects.filter(entry=entry, release=None).first()
    history = list(get_history(entry)[:20])
    words = dict(draft.parts if draft else history[0].parts if history else {})
    form = DraftForm(request.POST or None, entry=entry)
    if request.method == "POST" and form.is_valid():
        words = form.words
        if may_change and request.POST.get("do") in _ACTIONS:
            try:
                _ACTIONS[request.POST["do"]](request, entry, form, now)
                return HttpResponseRedirect(request.path)
            except ContentRejected as refusal:
                for problem in refusal.problems:
                    messages.error(request, f"The text {problem}" if not problem.startswith("The ") else problem)
            except (Conflict, NotFound) as refusal:
                messages.error(request, refusal.message)
    for error in form.errors.values() if form.is_bound else ():
        messages.error(request, " ".join(str(line) for line in error))
    shown = ContentVersion(entry=entry, parts={name: text for name, text in words.items() if text})
    slot = SLOTS.get(entry.section)
    return TemplateResponse(
        request,
        TEMPLATE,
        {
            **context,
            "entry": entry,
            "draft": draft,
            "history": history,
            "may_change": may_change,
            "parts": [
                {
                    "name": name,
                    "label": form.fields[f"part_{name}"].label,
                    "text": words.get(name, ""),
                    "rows": 2 if name in ("title", SHORT, "try") or (slot and slot.words[1] < 25) else 6,
                }
                for name in form.part_names
            ],
            "is_whole": _is_whole(entry, shown.parts),
            "problems": content.problems_of_draft(shown) if _is_whole(entry, shown.parts) else [],
            "preview": _preview(entry, shown.parts, now),
            "form": form,
        },
    )


def _is_whole(entry: ContentEntry, words: dict[str, str]) -> bool:
    return all(words.get(name) for name in parts_of(entry) if name != SHORT)


def _preview(entry: ContentEntry, words: dict[str, str], now: datetime) -> Any:
    if not _is_whole(entry, words):
        return None
    return preview_text(get_library(), key_of(entry), entry.language, words, today=now.date())


def _staff_id(request: HttpRequest) -> UUID:
    return cast(User, request.user).pk


def _record(request: HttpRequest, act: str) -> None:
    audit.record(act, actor_id=_staff_id(request), caller=caller_of(request))


def _save(request: HttpRequest, entry: ContentEntry, form: DraftForm, now: datetime) -> ContentVersion:
    version = content.save_draft(
        entry_id=entry.pk,
        parts=form.words,
        user_id=_staff_id(request),
        now=now,
        revision=form.cleaned_data["revision"],
        note=form.cleaned_data["note"],
    )
    messages.success(request, "Draft saved. Readers still see the words that are served.")
    return version


def _publish(request: HttpRequest, entry: ContentEntry, form: DraftForm, now: datetime) -> None:
    version = content.publish_draft(
        entry_id=entry.pk,
        revision=form.cleaned_data["revision"],
        user_id=_staff_id(request),
        now=now,
        despite_problems=form.cleaned_data["despite_problems"],
    )
    _record(request, "content_published")
    messages.success(request, f"Published as release {version.release}.")


def _schedule(request: HttpRequest, entry: ContentEntry, form: DraftForm, now: datetime) -> None:
    if form.cleaned_data["publish_at"] is None:
        raise ContentRejected(["takes a moment to be published at."])
    version = content.schedule_draft(
        entry_id=entry.pk,
        revision=form.cleaned_data["revision"],
        publish_at=form.cleaned_data["publish_at"],
        user_id=_staff_id(request),
        now=now,
        despite_problems=form.cleaned_data["despite_problems"],
    )
    _record(request, "content_scheduled")
    messages.success(request, f"Will be published on {version.publish_at:%-d %B %Y at %H:%M} UTC.")


def _unschedule(request: HttpRequest, entry: ContentEntry, form: DraftForm, now: datetime) -> None:
    content.schedule_draft(
        entry_id=entry.pk,
        revision=form.cleaned_data["revision"],
        publish_at=None,
        user_id=_staff_id(request),
        now=now,
    )
    messages.success(request, "The draft is no longer scheduled.")


def _discard(request: HttpRequest, entry: ContentEntry, form: DraftForm, now: datetime) -> None:
    content.discard_draft(entry_id=entry.pk, revision=form.cleaned_data["revision"])
    messages.success(request, "Draft discarded.")


def _roll_back(request: HttpRequest, entry: ContentEntry, form: DraftForm, now: datetime) -> None:
    wanted = _uuid(request.POST.get("version", ""))
    if wanted is None or not ContentVersion.objects.filter(entry=entry, pk=wanted).exists():
        raise NotFound
    version = content.roll_back(version_id=wanted, user_id=_staff_id(request), now=now, note=form.cleaned_data["note"])
    _record(request, "content_rolled_back")
    messages.success(request, f"The earlier words are served again, as release {version.release}.")


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


# "preview" is no act: the page shows what was typed, and keeps nothing.
_ACTIONS: dict[str, Callable[[HttpRequest, ContentEntry, DraftForm, datetime], Any]] = {
    "save": _save,
    "publish": _publish,
    "schedule": _schedule,
    "unschedule": _unschedule,
    "discard": _discard,
    "roll_back": _roll_back,
}
