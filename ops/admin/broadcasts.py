"""The desk of broadcasts: written, looked at, tried out, counted, scheduled, stopped; each act is in the audit log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast
from uuid import UUID

from csp.constants import SELF
from csp.decorators import csp_update
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator

from authentication.models import User
from notifications import services
from notifications.broadcast_texts import missing_of
from notifications.letter_pages import shows_letter
from notifications.models import Broadcast, BroadcastState
from numerai.api.exceptions import AppError, InvalidInput
from numerai.staff import StaffModelAdmin
from ops.admin.broadcast_forms import DraftForm, PlanForm
from ops.admin.pages import write_down
from ops.broadcast_pages import DARK, LIGHT, figures_of, history_of, look_at, mail_page

ADD, CHANGE = "notifications.add_broadcast", "notifications.change_broadcast"
SEE, SEND = "notifications.view_broadcast", "notifications.send_broadcast"
TEMPLATE = "ops/admin/broadcast.html"
_frames: Any = csp_update({"frame-src": [SELF]})


class BadForm(Exception):
    """What was typed cannot be read; the form says where."""


@admin.register(Broadcast)
class BroadcastAdmin(StaffModelAdmin):
    """Broadcasts, each with a page of its own. Written by services alone."""

    list_display = ["name", "standing", "goes", "told", "changed_at"]
    list_filter = ["state"]
    ordering = ["-changed_at"]
    search_fields = ["name"]

    @admin.display(description="State", ordering="state")
    def standing(self, broadcast: Broadcast) -> str:
        return standing_of(broadcast)

    @admin.display(description="Goes")
    def goes(self, broadcast: Broadcast) -> str:
        if broadcast.local_on and broadcast.local_time:
            return f"{broadcast.local_on:%-d %b %Y} {broadcast.local_time:%H:%M}, local"
        return f"{broadcast.send_at:%-d %b %Y %H:%M} UTC" if broadcast.send_at else "—"

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        shown = path("<uuid:broadcast_id>/mail/", self.admin_site.admin_view(self.mail_view), name="broadcast_mail")
        return [shown, *super().get_urls()]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Show an empty form; keep what was written as a new draft."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = DraftForm(request.POST if request.method == "POST" else None)
        if request.method == "POST":
            try:
                _require_whole(form)
                with transaction.atomic():
                    made = services.create_broadcast(
                        draft=form.draft(), staff_id=_staff(request).pk, now=timezone.now()
                    )
                    write_down(request, "broadcast_written", subject_id=made.pk)
                messages.success(request, "Kept as a draft. Nobody gets it before it is scheduled.")
                return _page_of(made.pk)
            except (AppError, BadForm) as refusal:
                _tell(request, refusal, form)
        context = {"form": form, "may": {"change": True}}
        return TemplateResponse(request, TEMPLATE, {**self._context(request, "New broadcast"), **context})

    @_frames  # type: ignore[untyped-decorator]  # typed for functions without self only
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show a broadcast, or do what a button asks for and lead back to it."""
        broadcast = self.get_object(request, object_id)
        if broadcast is None:
            return cast(HttpResponse, self._get_obj_does_not_exist_redirect(request, self.opts, object_id))
        if not self.has_view_permission(request, broadcast):
            raise PermissionDenied
        is_draft = broadcast.state == BroadcastState.DRAFT
        may = {name: request.user.has_perm(permission) for name, permission in _MAY.items()}
        may["change"] &= is_draft
        form = DraftForm(broadcast=broadcast, may_change=may["change"])
        plan = PlanForm(initial={"revision": broadcast.revision})
        counted = None
        if request.method == "POST" and request.POST.get("do") == "count":
            counted = services.count_audience(broadcast, now=timezone.now()) or {"too_many": True}
        elif request.method == "POST":
            permission, do = _ACTS.get(request.POST.get("do", ""), ("", None))
            if do is None:
                raise Http404
            if not request.user.has_perm(permission):
                raise PermissionDenied
            form = DraftForm(request.POST, broadcast=broadcast) if do is _save else form
            plan = PlanForm(request.POST) if do is _schedule else plan
            try:
                with transaction.atomic():
                    return do(request, broadcast, plan if do is _schedule else form)
            except (AppError, BadForm) as refusal:
                _tell(request, refusal, plan if do is _schedule else form)
        context = {
            "broadcast": broadcast,
            "standing": standing_of(broadcast),
            "form": form,
            "plan": plan,
            "may": may,
            "counted": counted or (None if is_draft else broadcast.counted),
            "missing": missing_of(broadcast) if is_draft else [],
            "looks": [
                look for tag in broadcast.texts if (look := look_at(broadcast, tag, staff_id=_staff(request).pk))
            ],
            "schemes": (LIGHT, DARK),
            "figures": figures_of(broadcast),
            "history": history_of(broadcast),
        }
        return TemplateResponse(request, TEMPLATE, {**self._context(request, broadcast.name), **context})

    def _context(self, request: HttpRequest, title: str) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "title": title, "opts": self.opts}

    @method_decorator(shows_letter)  # type: ignore[arg-type]  # typed for any response
    def mail_view(self, request: HttpRequest, broadcast_id: UUID) -> HttpResponse:
        """Show the mail of a broadcast in one language, by day or by night."""
        broadcast = Broadcast.objects.filter(pk=broadcast_id).first()
        if not self.has_view_permission(request):
            raise PermissionDenied
        look = broadcast and look_at(broadcast, request.GET.get("language", ""), staff_id=_staff(request).pk)
        if not look:
            raise Http404
        return HttpResponse(mail_page(look, request.GET.get("shown", LIGHT)))


_MAY = {"change": CHANGE, "copy": ADD, "send": SEND}


def standing_of(broadcast: Broadcast) -> str:
    """Return where a broadcast is, in a word for staff."""
    if broadcast.state == BroadcastState.RUNNING:
        return "on its way" if broadcast.begun_at else "scheduled"
    return broadcast.get_state_display().lower()


def _staff(request: HttpRequest) -> User:
    return cast(User, request.user)


def _page_of(broadcast_id: UUID) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:notifications_broadcast_change", args=[broadcast_id]))


def _require_whole(form: Any) -> None:
    if not form.is_valid():
        raise BadForm


def _tell(request: HttpRequest, refusal: AppError | BadForm, form: Any) -> None:
    """Say what was wrong, by the names that the page uses."""
    if isinstance(refusal, InvalidInput):
        for name, lines in refusal.details["fields"].items():
            field = name.removeprefix("texts.").replace(".", " ")
            messages.error(request, f"{field.replace('_', ' ').capitalize()}: {' '.join(lines)}")
    elif isinstance(refusal, AppError):
        messages.error(request, refusal.message)
    else:
        for name, lines in form.errors.items():
            label = form.fields[name].label if name in form.fields else ""
            messages.error(request, f"{label or name}: {' '.join(lines)}")


def _save(request: HttpRequest, broadcast: Broadcast, form: Any) -> HttpResponse:
    _require_whole(form)
    services.change_broadcast(
        broadcast_id=broadcast.pk,
        revision=form.cleaned_data["revision"],
        draft=form.draft(),
        staff_id=_staff(request).pk,
        now=timezone.now(),
    )
    return _done(request, broadcast, "changed", "Saved.")


def _copy(request: HttpRequest, broadcast: Broadcast, form: Any) -> HttpResponse:
    made = services.copy_broadcast(broadcast_id=broadcast.pk, staff_id=_staff(request).pk, now=timezone.now())
    return _done(request, made, "written", "This is the copy. Change what should be otherwise.")


def _discard(request: HttpRequest, broadcast: Broadcast, form: Any) -> HttpResponse:
    services.discard_broadcast(broadcast_id=broadcast.pk, revision=_revision(request))
    _done(request, broadcast, "discarded", "The draft is gone.")
    return HttpResponseRedirect(reverse("admin:notifications_broadcast_changelist"))


def _revision(request: HttpRequest) -> int:
    sent = request.POST.get("revision", "")
    return int(sent) if sent.isdecimal() else 0


def _test(request: HttpRequest, broadcast: Broadcast, form: Any) -> HttpResponse:
    staff = _staff(request)
    sent = services.send_test(
        broadcast_id=broadcast.pk,
        language=request.POST.get("language", ""),
        staff_id=staff.pk,
        address=staff.email,
        now=timezone.now(),
    )
    return _done(request, broadcast, "tested", f"On its way to you: {sent} by push or mail.")


def _schedule(request: HttpRequest, broadcast: Broadcast, form: Any) -> HttpResponse:
    _require_whole(form)
    services.schedule_broadcast(
        broadcast_id=broadcast.pk,
        revision=form.cleaned_data["revision"],
        plan=form.plan(),
        staff_id=_staff(request).pk,
        now=timezone.now(),
    )
    return _done(request, broadcast, "scheduled", "Scheduled. It can be taken back until it begins, and stopped then.")


def _take_back(request: HttpRequest, broadcast: Broadcast, form: Any) -> HttpResponse:
    services.take_back_broadcast(broadcast_id=broadcast.pk)
    return _done(request, broadcast, "taken_back", "A draft again. Nobody got it.")


def _stop(request: HttpRequest, broadcast: Broadcast, form: Any) -> HttpResponse:
    services.stop_broadcast(broadcast_id=broadcast.pk, now=timezone.now())
    return _done(request, broadcast, "stopped", "Stopped. What providers had already been handed still arrives.")


def _resume(request: HttpRequest, broadcast: Broadcast, form: Any) -> HttpResponse:
    services.resume_broadcast(broadcast_id=broadcast.pk, now=timezone.now())
    return _done(request, broadcast, "resumed", "It goes on where it was stopped.")


def _done(request: HttpRequest, broadcast: Broadcast, act: str, words: str) -> HttpResponse:
    write_down(request, f"broadcast_{act}", subject_id=broadcast.pk)
    messages.success(request, words)
    return _page_of(broadcast.pk)


# By the name of the button: which permission it takes, and what it does. All in one transaction with the audit line.
_ACTS: dict[str, tuple[str, Callable[[HttpRequest, Broadcast, Any], HttpResponse]]] = {
    "save": (CHANGE, _save),
    "copy": (ADD, _copy),
    "discard": (CHANGE, _discard),
    "test": (SEE, _test),
    "schedule": (SEND, _schedule),
    "take_back": (SEND, _take_back),
    "stop": (SEND, _stop),
    "resume": (SEND, _resume),
}
