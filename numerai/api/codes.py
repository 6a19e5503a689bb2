"""Every error code of the shared part of the API, with its status and what it means. docs/api.md lists the same."""

from __future__ import annotations

ERROR_CODES: dict[str, tuple[int, str]] = {
    "BAD_REQUEST": (400, "The request cannot be understood."),
    "MALFORMED_JSON": (400, "The body is not valid JSON."),
    "VALIDATION_ERROR": (400, "Some of what was sent is not acceptable; details.fields says what."),
    "INVALID_IDEMPOTENCY_KEY": (400, "Idempotency-Key takes 1 to 255 visible ASCII characters."),
    "INVALID_CODE": (400, "This code is wrong, used or too old. Ask for a new one."),
    "INVALID_CREDENTIALS": (401, "The address or the password is wrong."),
    "INVALID_TOKEN": (401, "This token is no longer good. Refresh it, or sign in again."),
    "INVALID_IDENTITY_TOKEN": (
        401,
        "This token of Google or Apple is wrong, too old or used. Get a new one.",
    ),
    "INVALID_API_KEY": (401, "This API key is not known, was revoked, or was replaced."),
    "NOT_AUTHENTICATED": (401, "Sign in first."),
    "API_KEY_NOT_ACCEPTED": (403, "This address is not for API keys. Sign in as a member."),
    "NOT_VERIFIED": (403, "Prove your address first, by the code that we sent to it."),
    "PERMISSION_DENIED": (403, "You may not do this."),
    "PLAN_LIMIT_REACHED": (403, "Your plan gives no more of these; details says how many it gives."),
    "SCOPE_MISSING": (403, "This API key was not given the scope that details.scope names."),
    "SIGN_IN_AGAIN": (403, "Your account has no password to confirm this with. Sign in again, then repeat it."),
    "WRONG_PASSWORD": (403, "This is not your password."),
    "NOT_FOUND": (404, "There is nothing here."),
    "NO_PRIMARY_PROFILE": (404, "There is no profile yet. Make one first, with a birth name and a birth date."),
    "METHOD_NOT_ALLOWED": (405, "This address does not take this method; the Allow header lists those it takes."),
    "NOT_ACCEPTABLE": (406, "The answer is application/json, which the Accept header rules out."),
    "CONFLICT": (409, "This contradicts what is stored."),
    "ADDRESS_TAKEN": (409, "This address or number belongs to another account by now."),
    "CONSENT_NEEDED": (409, "An account cannot be without this. To take it back, erase the account."),
    "IDENTITY_TAKEN": (409, "This Google or Apple account is connected to another account."),
    "IDENTITY_WITHOUT_EMAIL": (
        409,
        "They vouch for no e-mail address of yours. Register by e-mail, then connect it.",
    ),
    "FEEDBACK_FINAL": (409, "This answer was given on another day, and stays as it is."),
    "IDEMPOTENCY_IN_PROGRESS": (409, "The first request with this Idempotency-Key is still running. Try again later."),
    "IDEMPOTENCY_KEY_REUSED": (409, "This Idempotency-Key was used for another request."),
    "PRIMARY_PROFILE": (409, "This is the primary profile. Make another one primary first."),
    "LAST_WAY_IN": (409, "This is the only way into your account. Set a password or connect another one first."),
    "SECOND_FACTOR_ENABLED": (409, "The second factor is on already."),
    "SECOND_FACTOR_NOT_ENABLED": (409, "The second factor is not on."),
    "SIGN_IN_TO_LINK": (
        409,
        "An account has this address. Sign in to it, or prove it by its code, then connect it.",
    ),
    "TOO_MANY_API_KEYS": (409, "You have as many API keys as there may be. Revoke one first."),
    "TOO_MANY_CALENDAR_FEEDS": (409, "You have as many calendar feeds as there may be. Revoke one first."),
    "STAFF_ACCOUNT": (409, "This is an account of staff. Another member of staff must make it an ordinary one first."),
    "LENGTH_REQUIRED": (411, "Send the body with a Content-Length, not in chunks."),
    "PAYLOAD_TOO_LARGE": (413, "The body is too large."),
    "UNSUPPORTED_MEDIA_TYPE": (415, "Send the body as application/json in UTF-8."),
    "UPGRADE_REQUIRED": (426, "This version of the app is too old. Please update it."),
    "RATE_LIMITED": (429, "Too many requests. Try again after the time in the Retry-After header."),
    "CODE_SENT_RECENTLY": (429, "A code was sent a moment ago. Look for it, or ask again after Retry-After."),
    "EXPORT_MADE_RECENTLY": (
        429,
        "A copy of your data was made within the last day. Fetch that one, or ask again later.",
    ),
    "TOO_MANY_ATTEMPTS": (429, "Too many wrong guesses. Try again after the time in the Retry-After header."),
    "AI_FAIR_USE_REACHED": (429, "You have reached today's fair use of the chat."),
    "INTERNAL_ERROR": (500, "Something went wrong on our side. The request id helps us find it."),
    "PROVIDER_UNAVAILABLE": (
        503,
        "Google or Apple cannot be reached. Try again, or sign in another way.",
    ),
    "SOCIAL_SIGN_IN_NOT_CONFIGURED": (503, "Signing in this way is not offered here."),
    "SERVICE_UNAVAILABLE": (503, "This is not available at the moment. Try again later."),
    "TEXT_MESSAGES_NOT_CONFIGURED": (503, "No text messages are sent here, so no phone number can be proven."),
    "WEB_PUSH_NOT_CONFIGURED": (503, "Pushes to browsers are not set up on this server."),
}

CODE_OF_STATUS = {
    400: "BAD_REQUEST",
    401: "NOT_AUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    406: "NOT_ACCEPTABLE",
    409: "CONFLICT",
    411: "LENGTH_REQUIRED",
    413: "PAYLOAD_TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
    426: "UPGRADE_REQUIRED",
    429: "RATE_LIMITED",
    503: "SERVICE_UNAVAILABLE",
}


def code_of_status(status: int) -> str:
    """Return the code that stands for a status when nothing more exact is known."""
    return CODE_OF_STATUS.get(status, "INTERNAL_ERROR" if status >= 500 else "BAD_REQUEST")
