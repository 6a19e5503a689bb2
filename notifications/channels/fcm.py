"""Pushes to Android and iOS by Firebase Cloud Messaging: its HTTP v1 interface, without Google's SDK, which costs ten
times the processor and breaks on a second event loop (docs/decisions/0012-push.md).
"""

from __future__ import annotations

import asyncio
import calendar
import json
import threading
import time
from functools import lru_cache
from typing import Any

import structlog
from django.conf import settings

from notifications.channels.base import DeliveryError, Message
from notifications.channels.email import seconds_of
from notifications.channels.http import Answer, HttpClient, NetworkError, origin_of
from notifications.channels.loop import LoopChannel
from notifications.kinds import Priority
from notifications.pace import Pace

log = structlog.get_logger(__name__)

_SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
# A token is renewed when it has less than this to live.
_RENEW_BEFORE = 300.0
# FCM keeps a message for four weeks; a notice is not worth showing that late.
_LONGEST_TTL = 24 * 3_600
# Without Retry-After, Google asks for a minute after a quota was exceeded.
_QUOTA_PAUSE = 60.0


class FcmCredentials:
    """The service account's OAuth token, fetched once for its hour by all threads of a process."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._credentials: Any = None

    def token(self, *, refused: str = "") -> str:
        """Return a token that is good for some minutes, and is not the one that was `refused`. Raises DeliveryError.

        May wait for Google: not for the event loop.
        """
        from google.auth import exceptions

        with self._lock:
            try:
                if self._credentials is None:
                    self._credentials = self._load()
                if self._credentials.token in (None, refused) or self._is_ending():
                    self._credentials.refresh(_request)
            except exceptions.TransportError:
                raise DeliveryError("connection_failed", is_channel_down=True) from None
            except Exception as error:  # noqa: BLE001 - a TypeError, for one, where Google's answer is no JSON
                log.error("firebase_refuses_us", error=type(error).__name__)
                raise DeliveryError("credentials_refused", is_channel_down=True) from None
            return str(self._credentials.token)

    def held(self) -> str:
        """Return the token that was fetched last, at no cost."""
        return str(self._credentials.token)

    def _load(self) -> Any:
        from google.oauth2.service_account import Credentials

        return Credentials.from_service_account_file(self._path, scopes=[_SCOPE])  # type: ignore[no-untyped-call]

    def _is_ending(self) -> bool:
        # google-auth holds a naive UTC moment.
        expiry = self._credentials.expiry
        return expiry is None or calendar.timegm(expiry.timetuple()) - time.time() < _RENEW_BEFORE


def _request(*args: Any, **options: Any) -> Any:
    from google.auth.transport.requests import Request

    return Request()(*args, **{**options, "timeout": settings.PUSH_TIMEOUT})


@lru_cache(maxsize=4)
def _credentials_at(path: str) -> FcmCredentials:
    return FcmCredentials(path)


@lru_cache(maxsize=1)
def _pace_of(loop: asyncio.AbstractEventLoop) -> Pace:
    return Pace("fcm")


class FcmChannel(LoopChannel):
    def is_configured(self) -> bool:
        return bool(settings.FIREBASE_PROJECT_ID and settings.FIREBASE_CREDENTIALS_PATH)

    def _begin(self) -> None:
        _credentials_at(settings.FIREBASE_CREDENTIALS_PATH).token()

    async def _wait_for_turn(self) -> None:
        await _pace_of(asyncio.get_running_loop()).turn(settings.FCM_MESSAGES_PER_SECOND)

    def _give_turn_back(self) -> None:
        _pace_of(asyncio.get_running_loop()).give_back()

    async def _send(self, http: HttpClient, message: Message, seconds_left: int | None) -> str:
        credentials = _credentials_at(settings.FIREBASE_CREDENTIALS_PATH)
        body = compose(message, seconds_left)
        answer = await self._post(http, credentials.held(), body)
        if answer.status == 401 and _code_of(_object(answer.body)) == "":
            # Revoked before its hour was over: once more with a new one.
            token = await asyncio.to_thread(credentials.token, refused=credentials.held())
            answer = await self._post(http, token, body)
        said = _object(answer.body)
        if answer.status == 200 and isinstance(said.get("name"), str):
            return str(said["name"]).rpartition("/")[2]
        raise error_of(answer.status, said, seconds_of(answer.headers.get("retry-after")))

    async def _post(self, http: HttpClient, token: str, body: bytes) -> Answer:
        origin, base_path = origin_of(settings.FCM_BASE_URL)
        try:
            return await http.post(
                origin,
                f"{base_path}/v1/projects/{settings.FIREBASE_PROJECT_ID}/messages:send",
                headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
                body=body,
                seconds=settings.PUSH_TIMEOUT,
            )
        except NetworkError as error:
            # All messages go to this one server.
            raise DeliveryError(error.code, is_channel_down=error.code == "connection_failed") from None


def compose(message: Message, seconds_left: int | None) -> bytes:
    """Return the request's body. A message that cannot be shown within its time is dropped by FCM and APNs."""
    ttl = min(_LONGEST_TTL, _LONGEST_TTL if seconds_left is None else seconds_left)
    is_urgent = message.priority in (Priority.URGENT, Priority.READING)
    return json.dumps(
        {
            "message": {
                "token": message.address,
                "notification": {"title": message.letter.subject, "body": message.letter.text},
                "data": {
                    "kind": message.kind,
                    "on": message.due_on.isoformat(),
                    "tag": message.collapse_key,
                    # A page of ours. A whole address may be a signed one, which is nothing for others to read.
                    **({"url": message.letter.url} if message.letter.url.startswith("/") else {}),
                },
                "android": {
                    "collapse_key": message.collapse_key,
                    "ttl": f"{ttl}s",
                    "priority": "HIGH" if is_urgent else "NORMAL",
                    "notification": {"tag": message.collapse_key},
                },
                "apns": {
                    "headers": {
                        "apns-collapse-id": message.collapse_key,
                        "apns-expiration": str(int(time.time()) + ttl),
                        "apns-priority": "10" if is_urgent else "5",
                    },
                    "payload": {"aps": {"thread-id": message.kind}},
                },
            }
        },
        ensure_ascii=False,
        separators=(",", ":"),
    ).encode()


def _object(raw: bytes) -> dict[str, Any]:
    try:
        found = json.loads(raw)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _details(answer: dict[str, Any]) -> list[dict[str, Any]]:
    error = answer.get("error")
    details = error.get("details") if isinstance(error, dict) else None
    return [part for part in details if isinstance(part, dict)] if isinstance(details, list) else []


def _code_of(answer: dict[str, Any]) -> str:
    """Return FCM's own error code, "" if the answer holds none."""
    return next((str(part["errorCode"]) for part in _details(answer) if "errorCode" in part), "")


def _is_about_token(answer: dict[str, Any]) -> bool:
    """Say whether an INVALID_ARGUMENT is the token's fault rather than our message's."""
    violations = [violation for part in _details(answer) for violation in part.get("fieldViolations", ())]
    if any(isinstance(violation, dict) and violation.get("field") == "message.token" for violation in violations):
        return True
    # Google's words for a malformed token, which it says without naming the field.
    return "registration token" in str(answer.get("error", {}).get("message", ""))


def error_of(status: int, answer: dict[str, Any], retry_after: float | None) -> DeliveryError:
    """Return what an answer other than 200 means (Firebase: REST reference, ErrorCode)."""
    code = _code_of(answer)
    if code in ("UNREGISTERED", "SENDER_ID_MISMATCH"):
        return DeliveryError(code.lower(), retire=True)
    if code == "INVALID_ARGUMENT" or status == 400:
        is_gone = _is_about_token(answer)
        return DeliveryError("invalid_token" if is_gone else "invalid_message", permanent=True, retire=is_gone)
    if code == "THIRD_PARTY_AUTH_ERROR":
        # Apple refuses the certificate that Firebase holds for us: Android goes on.
        return DeliveryError("apple_refused_certificate")
    if code == "QUOTA_EXCEEDED" or status == 429:
        return DeliveryError("quota_exceeded", retry_after=retry_after or _QUOTA_PAUSE)
    if status >= 500:
        named = {500: "internal", 503: "unavailable"}.get(status, f"http_{status}")
        return DeliveryError(named, retry_after=retry_after)
    if status in (401, 403, 404):
        # Not about this device: our account may not, or the project does not exist.
        return DeliveryError("credentials_refused", is_channel_down=True)
    return DeliveryError(f"http_{status}")
