"""The two kinds of token as simplejwt signs and verifies them.

Imported by the functions that need it, not by modules: simplejwt reads SECRET_KEY when it is imported, and a missing
key is to be told by the system check, not by a traceback.
"""

from __future__ import annotations

from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import Token

from authentication.tokens import ACCESS_LIFETIME, REFRESH_LIFETIME

__all__ = ["AccessToken", "RefreshToken", "TokenError"]


class AccessToken(Token):
    token_type = "access"  # noqa: S105 - the name of the kind
    lifetime = ACCESS_LIFETIME


class RefreshToken(Token):
    token_type = "refresh"  # noqa: S105 - the name of the kind
    lifetime = REFRESH_LIFETIME
