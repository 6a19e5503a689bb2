"""Signs in requests to the API: members by their access token, partners by an API key."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.request import Request

from authentication import members
from authentication.exceptions import ApiKeyNotAccepted, InvalidApiKey, InvalidToken, ScopeMissing
from authentication.members import Member
from authentication.scopes import scope_for
from authentication.services import api_key_usage, api_keys
from authentication.tokens import Claims, read_access

SCHEME = b"bearer"
API_KEY_SCHEME = b"api-key"


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
        return Member.of(claims, record), claims

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Api-Key <key>`, on views that declare a scope (authentication/scopes.py): one query.

    The scope is judged here, not by a permission class, so that a view which forgets about keys is closed to them.
    """

    def authenticate(self, request: Request) -> tuple[api_keys.KeyHolder, None] | None:
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != API_KEY_SCHEME:
            return None
        if len(parts) != 2:
            raise InvalidApiKey
        now = timezone.now()
        holder = api_keys.find_holder(parts[1].decode("latin-1"), now=now)
        api_key_usage.count_request(holder.key_id, now=now)
        scope = scope_for(request.parser_context["view"], str(request.method))
        if scope is None:
            raise ApiKeyNotAccepted
        if scope not in holder.scopes:
            raise ScopeMissing(details={"scope": scope})
        return holder, None


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


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = ApiKeyAuthentication
    name = "api_key"

    def get_security_requirement(self, auto_schema: Any) -> Any:
        scope = scope_for(auto_schema.view, auto_schema.method)
        return None if scope is None else {self.name: [scope]}

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Api-Key <key>`: a key of a partner, with the scope that the operation names.",
        }
