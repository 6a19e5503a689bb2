"""The admin's door: password, second factor, a count of wrong guesses, and a line in the audit log for each entry."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from functools import update_wrapper, wraps
from typing import Any, cast

from csp.constants import UNSAFE_EVAL
from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.utils import lookup_field
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from unfold.forms import AuthenticationForm
from unfold.sites import UnfoldAdminSite
from unfold.widgets import UnfoldAdminTextInputWidget

from authentication.addresses import normalize_email
from authentication.callers import caller_of
from authentication.exceptions import InvalidCode
from authentication.models import Act, EndReason, SecondFactor, User
from authentication.services import attempts, audit, notices, second_factor, sessions
from notifications.kinds import Kind
from numerai.api.exceptions import RateLimited

# In Django's session of a staff user who gave a code: the id of the second factor.
MARK = "second_factor"

_NEEDED = "Staff sign in with a second factor. Set one up for your account first: /api/v1/auth/second-factor/setup."


class StaffSignInForm(AuthenticationForm):  # type: ignore[misc]  # unfold has no types
    """Password and, for accounts that have one, a code of the second factor; in production every account must."""

    code = forms.CharField(
        required=False,
        max_length=20,
        label="Code of your second factor",
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )

    def clean(self) -> Any:
        """Judge the password, then the code; count every guess before it is judged."""
        if not (self.cleaned_data.get("username") and self.cleaned_data.get("password")):
            return self.cleaned_data  # The fields say so themselves.
        now, caller = timezone.now(), caller_of(self.request)
        email = normalize_email(self.cleaned_data["username"])
        try:
            attempts.limit_network(self.request)
            attempt = attempts.begin_sign_in(email=email, caller=caller, now=now)
            cleaned = super().clean()
            user = self.get_user()
            assert isinstance(user, User)  # noqa: S101 - or super() has raised
            setattr(self.request, MARK, self._check_code(user))
        except RateLimited:
            raise ValidationError("Too many attempts. Wait a few minutes, then try again.", code="slowed") from None
        except ValidationError:
            self.user_cache = None
            known = User.objects.filter(email=email).values_list("pk", flat=True).first()
            audit.record(Act.STAFF_SIGN_IN_FAILED, actor_id=None, subject_id=known, caller=caller)
            raise
        attempt.was_right(now=now)
        audit.record(Act.STAFF_SIGNED_IN, actor_id=user.pk, caller=caller)
        return cleaned

    def _check_code(self, user: User) -> str:
        factor = SecondFactor.objects.filter(user=user, confirmed_at__isnull=False).first()
        if factor is None:
            if settings.IS_PRODUCTION:
                raise ValidationError(_NEEDED, code="second_factor_needed")
            return ""
        now, caller = timezone.now(), caller_of(self.request)
        second_factor.take_guess(user=user, now=now)
        try:
            with transaction.atomic():
                second_factor.spend_code(user=user, code=self.cleaned_data.get("code") or "", caller=caller, now=now)
        except InvalidCode:
            raise ValidationError("Enter the six digits of your authenticator, or a recovery code.") from None
        return str(factor.pk)


class SecondFactorMixin:
    """For an AdminSite: lets in, in production, only staff who gave a code when they signed in."""

    login_form = StaffSignInForm
    login_template = "authentication/staff_sign_in.html"

    def has_permission(self, request: HttpRequest) -> bool:
        allowed: bool = super().has_permission(request)  # type: ignore[misc]
        return allowed and (not settings.IS_PRODUCTION or bool(request.session.get(MARK)))

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Sign in, and remember in the new session that a code was given."""
        answer: HttpResponse = super().login(request, extra_context)  # type: ignore[misc]
        if given := getattr(request, MARK, ""):
            request.session[MARK] = given
        return answer

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Let staff change their own password; their sessions in the API end."""
        answer: HttpResponse = super().password_change(request, extra_context)  # type: ignore[misc]
        if request.method == "POST" and answer.status_code == 302:
            now, user = timezone.now(), User.objects.get_by_natural_key(request.user.get_username())
            caller = caller_of(request)
            sessions.end_all(user=user, reason=EndReason.PASSWORD_CHANGED, now=now)
            audit.record(Act.PASSWORD_CHANGED, actor_id=user.pk, caller=caller)
            notices.queue_notice(Kind.PASSWORD_CHANGED, user=user, now=now, caller=caller)
        return answer


def _allow_eval(view: Any) -> Any:
    """Let a page of unfold run: Alpine makes functions of the text of its attributes.

    What else a view adds to the policy is kept, and one with a policy of its own keeps it.
    """

    @wraps(view)
    def allowed(*args: Any, **kwargs: Any) -> Any:
        answer = view(*args, **kwargs)
        if not hasattr(answer, "_csp_replace"):
            answer._csp_update = {**getattr(answer, "_csp_update", {}), "script-src": [UNSAFE_EVAL]}
        return answer

    return allowed


def _without_nul(view: Any) -> Any:
    """Refuse what no text of the database may hold, before a filter or a field of a page meets it."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        sent = (value for query in (request.GET, request.POST) for _, values in query.lists() for value in values)
        if any("\0" in value for value in sent):
            raise BadRequest
        return view(request, *args, **kwargs)

    return checked


@admin.action(description="Export as CSV", permissions=["export"])
def export_as_csv(page: Any, request: HttpRequest, queryset: QuerySet[Any]) -> StreamingHttpResponse:
    """Send the columns of a list, for the rows that were chosen, as they are read from the database."""
    audit.record(Act.STAFF_EXPORTED_LIST, actor_id=cast(User, request.user).pk, caller=caller_of(request))
    columns = [name for name in page.get_list_display(request) if name != "action_checkbox"]
    return StreamingHttpResponse(
        _csv_lines(page, columns, queryset),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{page.opts.model_name}.csv"'},
    )


class _Line:
    """What csv.writer writes to: hands each line on instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def _csv_lines(page: Any, columns: Sequence[str], queryset: QuerySet[Any]) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield writer.writerow(columns)
    for row in queryset.iterator(chunk_size=1000):
        values = (lookup_field(name, row, page)[2] for name in columns)
        yield writer.writerow([_as_text(value) for value in values])


def _as_text(value: object) -> str:
    text = "" if value is None else str(value)
    # A spreadsheet would take it for a formula, and members choose what some columns hold.
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


class StaffSite(SecondFactorMixin, UnfoldAdminSite):  # type: ignore[misc]  # unfold has no types
    """The product's admin."""

    index_title = "Dashboard"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.add_action(export_as_csv, "export_as_csv")
        self._pages: list[URLPattern] = []

    def add_page(self, route: str, view: Callable[..., HttpResponse], *, name: str, permission: str) -> None:
        """Add a page that is no model's, open to who has `permission`; its address is admin:`name`."""

        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.has_perm(permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        self._pages.append(path(route, self.admin_view(update_wrapper(guarded, view)), name=name))

    def extra_urls(self) -> list[URLPattern]:
        """Return the pages that were added; unfold asks for them when the addresses are read."""
        return self._pages

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        return _allow_eval(super().admin_view(_without_nul(view), cacheable))

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return _allow_eval(super().login)(request, extra_context)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Leave unfold's colours out: it writes them into the page, which the policy forbids. staff.css has ours."""
        return {**super().each_context(request), "colors": None}
