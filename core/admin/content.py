from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.fields import TextField
from django.db.models.functions import Cast
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from import_export.tmp_storages import CacheStorage

from authentication.callers import caller_of
from authentication.models import User
from authentication.services import audit
from core.admin import editor
from core.admin.tables import FORMATS, UnreadableTable, read_table, write_table
from core.content.catalogue import KINDS
from core.exceptions import DraftChanged
from core.models import ContentEntry, ContentVersion
from core.selectors.content import coverage, get_library
from core.services.content_exchange import COLUMNS, Outcome, apply_import, export_rows, plan_import
from numerai.staff import StaffModelAdmin


class WorkFilter(admin.SimpleListFilter):
    """What is still to be done with a text."""

    title = "work"
    parameter_name = "work"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("draft", "has a draft"), ("scheduled", "is scheduled"), ("staff", "edited by staff")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ContentEntry]) -> QuerySet[ContentEntry]:
        versions = ContentVersion.objects.filter(entry=OuterRef("pk"))
        if self.value() == "draft":
            return queryset.filter(Exists(versions.filter(release=None)))
        if self.value() == "scheduled":
            return queryset.filter(Exists(versions.filter(release=None, publish_at__isnull=False)))
        if self.value() == "staff":
            return queryset.filter(Exists(versions.filter(source="staff")))
        return queryset


@admin.register(ContentEntry)
class ContentEntryAdmin(StaffModelAdmin):
    """Texts: where each stands, what is served of it, and its draft. Written by services alone."""

    change_list_template = "core/admin/texts.html"
    list_display = ["__str__", "kind", "language", "words", "served", "next_words"]
    list_filter = ["kind", "section", "language", WorkFilter]
    ordering = ["kind", "edition", "section", "number", "place", "language"]
    search_fields = ["section"]
    search_help_text = "A slot or position, or words of a text."

    def get_queryset(self, request: HttpRequest) -> QuerySet[ContentEntry]:
        versions = ContentVersion.objects.filter(entry=OuterRef("pk"))
        newest = versions.filter(release__isnull=False).order_by("-release")
        draft = versions.filter(release=None)
        entries: QuerySet[ContentEntry] = super().get_queryset(request)
        return entries.annotate(
            served_parts=Subquery(newest.values("parts")[:1]),
            served_release=Subquery(newest.values("release")[:1]),
            draft_revision=Subquery(draft.values("revision")[:1]),
            draft_publish_at=Subquery(draft.values("publish_at")[:1]),
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[ContentEntry], search_term: str
    ) -> tuple[QuerySet[ContentEntry], bool]:
        if not search_term.strip():
            return queryset, False
        texts = ContentVersion.objects.annotate(words=Cast("parts", TextField()))
        holding = texts.filter(entry=OuterRef("pk"), words__icontains=search_term.strip())
        return queryset.filter(Q(section__iexact=search_term.strip()) | Exists(holding)), False

    @admin.display(description="Words")
    def words(self, entry: Any) -> str:
        parts = entry.served_parts or {}
        text = parts.get("title") or parts.get("text") or ""
        return text if len(text) <= 80 else f"{text[:79]}…"

    @admin.display(description="Served since", ordering="served_release")
    def served(self, entry: Any) -> str:
        return f"release {entry.served_release}" if entry.served_release else "not yet"

    @admin.display(description="Draft", ordering="draft_revision")
    def next_words(self, entry: Any) -> str:
        if entry.draft_publish_at:
            return f"for {entry.draft_publish_at:%-d %b %Y %H:%M} UTC"
        return f"revision {entry.draft_revision}" if entry.draft_revision else "—"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        rooms = {"coverage": self.coverage_view, "export": self.export_view, "import": self.import_view}
        wrapped = [
            path(f"{name}/", self.admin_site.admin_view(view), name=f"core_contententry_{name}")
            for name, view in rooms.items()
        ]
        return [*wrapped, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        entry = self.get_object(request, object_id)
        if entry is None:
            return cast(HttpResponse, self._get_obj_does_not_exist_redirect(request, self.opts, object_id))
        if not self.has_view_permission(request, entry):
            raise PermissionDenied
        context = self._context(request, str(entry))
        return editor.edit(request, entry, may_change=self.has_change_permission(request, entry), context=context)

    def _context(self, request: HttpRequest, title: str) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "title": title, "opts": self.opts, "formats": list(FORMATS)}

    def coverage_view(self, request: HttpRequest) -> HttpResponse:
        """Show which texts each language has."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        library = get_library()
        tables = []
        for kind in KINDS:
            columns = {language: coverage(library, language, kind) for language in library.languages}
            rows = [
                {"name": cells[0][0], "total": cells[0][2], "held": [held for _, held, _ in cells]}
                for cells in zip(*columns.values(), strict=True)
            ]
            tables.append({"kind": kind, "rows": rows})
        context = {**self._context(request, "Coverage"), "languages": library.languages, "tables": tables}
        return TemplateResponse(request, "core/admin/coverage.html", {**context, "version": library.version})

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """Send every served text as a table."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        kind = request.GET.get("format", "csv")
        if kind not in FORMATS:
            return HttpResponseRedirect(reverse("admin:core_contententry_changelist"))
        audit.record("content_exported", actor_id=_staff_id(request), caller=caller_of(request))
        return write_table(kind, COLUMNS, export_rows(), name="numerai-texts")

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """Show what an uploaded table would change; keep it as drafts once that was looked at."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        context = self._context(request, "Import")
        upload = request.FILES.get("table")
        held = CacheStorage(name=request.POST.get("held") or None)
        if request.method != "POST":
            return TemplateResponse(request, "core/admin/import.html", context)
        try:
            if upload is not None:
                name, content = upload.name or "", upload.read()
            elif (kept := held.read()) is not None:
                name, content = kept
            else:
                raise UnreadableTable("Choose a file first.")
            changes = plan_import(read_table(name, content))
        except UnreadableTable as error:
            messages.error(request, str(error))
            return TemplateResponse(request, "core/admin/import.html", context)
        if upload is None:
            held.remove()
            return self._keep(request, changes)
        held.save((name, content))
        shown = [change for change in changes if change.outcome != Outcome.SAME]
        context |= {"changes": shown[:200], "more": max(0, len(shown) - 200), "held": held.name, "file": name}
        counts = {outcome.value: sum(change.outcome == outcome for change in changes) for outcome in Outcome}
        return TemplateResponse(request, "core/admin/import.html", context | {"counts": counts})

    def _keep(self, request: HttpRequest, changes: Any) -> HttpResponse:
        try:
            count = apply_import(changes, user_id=_staff_id(request), now=timezone.now())
        except DraftChanged as refusal:
            messages.error(request, refusal.message)
            return HttpResponseRedirect(request.path)
        audit.record("content_imported", actor_id=_staff_id(request), caller=caller_of(request))
        messages.success(request, f"{count} drafts saved. Readers see them when they are published.")
        return HttpResponseRedirect(f"{reverse('admin:core_contententry_changelist')}?work=draft")


def _staff_id(request: HttpRequest) -> UUID:
    return cast(User, request.user).pk
