from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from authentication.members import member_of
from core.models import ReadingSchedule
from core.selectors.readings import choices_of, get_schedule
from core.serializers.readings import READING_COMPONENTS, ScheduleInput
from core.services.schedules import set_schedule
from core.views.calculations import component

_SCHEDULE = component("ReadingSchedule")


class ReadingScheduleView(APIView):
    """When a member's readings come."""

    rate_limit_category = "user_profile"
    permission_classes = [IsAuthenticated]
    schema_components = READING_COMPONENTS

    @extend_schema(
        operation_id="get_reading_schedule",
        tags=["readings"],
        summary="Read when your readings come",
        description="Hours are those of your account's time zone. `next_reading_at` is null while nothing is due.",
        responses=_SCHEDULE,
    )
    def get(self, request: Request) -> Response:
        return self._shown(get_schedule(user_id=member_of(request).id))

    @extend_schema(
        operation_id="replace_reading_schedule",
        tags=["readings"],
        summary="Choose when your readings come",
        request=ScheduleInput,
        responses=_SCHEDULE,
    )
    def put(self, request: Request) -> Response:
        return self._set(request)

    @extend_schema(
        operation_id="update_reading_schedule",
        tags=["readings"],
        summary="Change some of when your readings come",
        request=ScheduleInput(partial=True),
        responses=_SCHEDULE,
    )
    def patch(self, request: Request) -> Response:
        return self._set(request, partial=True)

    def _set(self, request: Request, **how: Any) -> Response:
        now = timezone.now()
        sent = ScheduleInput(data=request.data, context={"today": now.date()}, **how)
        sent.is_valid(raise_exception=True)
        return self._shown(set_schedule(user_id=member_of(request).id, changes=sent.changes(), now=now))

    def _shown(self, schedule: ReadingSchedule) -> Response:
        data = {
            "time_zone": schedule.time_zone,
            **choices_of(schedule),
            "next_reading_at": schedule.next_reading_at,
            "next_reading_on": schedule.next_reading_on,
        }
        return Response(data, headers={"Cache-Control": "no-store"})
