"""What can go wrong with an account. Codes are listed with their meaning in numerai/api/codes.py and docs/api.md."""

from __future__ import annotations

from numerai.api.codes import ERROR_CODES
from numerai.api.exceptions import AppError, Conflict, RateLimited, ServiceUnavailable


class InvalidCredentials(AppError):
    """The address or the password is wrong. Which of them, or whether there is an account, is not told."""

    code = "INVALID_CREDENTIALS"
    status = 401
    message = ERROR_CODES[code][1]


class InvalidToken(AppError):
    code = "INVALID_TOKEN"
    status = 401
    message = ERROR_CODES[code][1]

    def headers(self) -> dict[str, str]:
        return {**super().headers(), "WWW-Authenticate": 'Bearer realm="api", error="invalid_token"'}


class NotVerified(AppError):
    code = "NOT_VERIFIED"
    status = 403
    message = ERROR_CODES[code][1]


class WrongPassword(AppError):
    code = "WRONG_PASSWORD"
    status = 403
    message = ERROR_CODES[code][1]


class InvalidCode(AppError):
    """Wrong, used, replaced, expired or tried too often. One answer, so that none of these can be told apart."""

    code = "INVALID_CODE"
    message = ERROR_CODES[code][1]


class CodeSentRecently(RateLimited):
    code = "CODE_SENT_RECENTLY"
    message = ERROR_CODES[code][1]


class ExportMadeRecently(RateLimited):
    code = "EXPORT_MADE_RECENTLY"
    message = ERROR_CODES[code][1]


class TooManyAttempts(RateLimited):
    code = "TOO_MANY_ATTEMPTS"
    message = ERROR_CODES[code][1]


class AddressTaken(Conflict):
    code = "ADDRESS_TAKEN"
    message = ERROR_CODES[code][1]


class StaffAccount(Conflict):
    """What staff did must stay accountable: their accounts are made ordinary ones first."""

    code = "STAFF_ACCOUNT"
    message = ERROR_CODES[code][1]


class ConsentNeeded(Conflict):
    """What was accepted at registration stands as long as the account."""

    code = "CONSENT_NEEDED"
    message = ERROR_CODES[code][1]


class SecondFactorEnabled(Conflict):
    code = "SECOND_FACTOR_ENABLED"
    message = ERROR_CODES[code][1]


class SecondFactorNotEnabled(Conflict):
    code = "SECOND_FACTOR_NOT_ENABLED"
    message = ERROR_CODES[code][1]


class SignInAgain(AppError):
    """An account without a password confirms by a fresh sign-in, and this one is not fresh."""

    code = "SIGN_IN_AGAIN"
    status = 403
    message = ERROR_CODES[code][1]


class InvalidApiKey(AppError):
    """Unknown, revoked, replaced, or of a closed account. One answer for all of these."""

    code = "INVALID_API_KEY"
    status = 401
    message = ERROR_CODES[code][1]

    def headers(self) -> dict[str, str]:
        return {**super().headers(), "WWW-Authenticate": 'Api-Key realm="api"'}


class ApiKeyNotAccepted(AppError):
    code = "API_KEY_NOT_ACCEPTED"
    status = 403
    message = ERROR_CODES[code][1]


class ScopeMissing(AppError):
    code = "SCOPE_MISSING"
    status = 403
    message = ERROR_CODES[code][1]


class TooManyApiKeys(Conflict):
    code = "TOO_MANY_API_KEYS"
    message = ERROR_CODES[code][1]


class InvalidIdentityToken(AppError):
    """Forged, expired, for somebody else, or used before. One answer, so that none of these can be told apart."""

    code = "INVALID_IDENTITY_TOKEN"
    status = 401
    message = ERROR_CODES[code][1]


class IdentityTaken(Conflict):
    code = "IDENTITY_TAKEN"
    message = ERROR_CODES[code][1]


class IdentityWithoutEmail(Conflict):
    code = "IDENTITY_WITHOUT_EMAIL"
    message = ERROR_CODES[code][1]


class LastWayIn(Conflict):
    code = "LAST_WAY_IN"
    message = ERROR_CODES[code][1]


class SignInToLink(Conflict):
    """The address alone does not prove that both accounts are the same person's."""

    code = "SIGN_IN_TO_LINK"
    message = ERROR_CODES[code][1]


class ProviderUnavailable(ServiceUnavailable):
    code = "PROVIDER_UNAVAILABLE"
    message = ERROR_CODES[code][1]


class SocialSignInNotConfigured(ServiceUnavailable):
    code = "SOCIAL_SIGN_IN_NOT_CONFIGURED"
    message = ERROR_CODES[code][1]


class TextMessagesNotConfigured(ServiceUnavailable):
    """The channel has no settings, or staff have stopped it: a code would never arrive."""

    code = "TEXT_MESSAGES_NOT_CONFIGURED"
    message = ERROR_CODES[code][1]
