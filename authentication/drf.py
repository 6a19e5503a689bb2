"""Signs in requests to the API by their access token."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.request import Request

from authentication import members
from authentication.exceptions import InvalidToken
from authentication.members import Member
from authentication.tokens import Claims, read_access

SCHEME = b"bearer"


class JWTAuthentication(BaseAuthentication):
    """`Authorization: Bearer <access token>`: no query while the member record is warm, one when it is cold.

    No header, or another scheme, is nobody; a bad token is an error even where strangers are welcome, so that a client
    notices that it must refresh.
    """

    def authenticate(self, request: Request) -> tuple[Member, Claims] | None:
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != SCHEME:
            return None
        if len(parts) != 2:
            raise InvalidToken
        claims = read_access(parts[1].decode("latin-1"))
        session_id = claims.session_id.hex
        record = members.get_record(claims.user_id, token_version=claims.token_version, session_id=session_id)
        if record is None:
            raise InvalidToken
        member = Member(
            id=claims.user_id,
            session_id=claims.session_id,
            tier=record.tier,
            data_version=record.data_version,
            is_staff=record.is_staff,
        )
        return member, claims

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class JWTScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = JWTAuthentication
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "The access_token of a sign-in; good for an hour.",
        }
