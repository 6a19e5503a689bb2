from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from notifications.inbox_texts import write_items
from notifications.selectors import count_unread, list_inbox
from notifications.serializers import InboxItemOutput, MarkedOutput, UnreadOutput
from notifications.services import delete_item, mark_all_read, mark_read
from notifications.views.base import MemberView, member_id
from numerai.api.pagination import TimeSeriesPagination


class InboxView(MemberView):
    """What a member was told in the last 180 days. Daily readings are not in it: they have a list of their own."""

    pagination_class = TimeSeriesPagination

    @extend_schema(
        operation_id="list_inbox",
        tags=["notifications"],
        summary="Read the inbox, the newest first",
        responses={200: InboxItemOutput(many=True)},
    )
    def get(self, request: Request) -> Response:
        pages = self.pagination_class()
        items = pages.paginate_queryset(list_inbox(user_id=member_id(request)), request, view=self)
        written = write_items(items, user_id=member_id(request))
        return pages.get_paginated_response(InboxItemOutput(written, many=True).data)


class UnreadView(MemberView):
    @extend_schema(
        operation_id="count_unread",
        tags=["notifications"],
        summary="Count what is not read",
        responses={200: UnreadOutput},
    )
    def get(self, request: Request) -> Response:
        return Response({"unread": count_unread(user_id=member_id(request))})


class ReadAllView(MemberView):
    @extend_schema(
        operation_id="read_inbox",
        tags=["notifications"],
        summary="Mark everything as read",
        request=None,
        responses={200: MarkedOutput},
    )
    def post(self, request: Request) -> Response:
        return Response({"marked": mark_all_read(user_id=member_id(request))})


class ItemView(MemberView):
    @extend_schema(
        operation_id="delete_inbox_item",
        tags=["notifications"],
        summary="Delete one item",
        request=None,
        responses={204: None},
    )
    def delete(self, request: Request, item_id: UUID) -> Response:
        delete_item(user_id=member_id(request), item_id=item_id)
        return Response(status=204)


class ReadView(MemberView):
    @extend_schema(
        operation_id="read_inbox_item",
        tags=["notifications"],
        summary="Mark one item as read",
        request=None,
        responses={204: None},
    )
    def post(self, request: Request, item_id: UUID) -> Response:
        mark_read(user_id=member_id(request), item_id=item_id)
        return Response(status=204)
