"""System checks that turn a bad setting into a start-up error that says how to mend it, and never shows the value.

`manage.py` runs them before most commands; `refuse_bad_settings` runs them where no management command does: WSGI,
ASGI, Celery's worker and beat.
"""

from __future__ import annotations

import base64
import logging
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import maxminddb
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.utils.module_loading import import_string

from numerai.api.app_version import parse_version
from numerai.crypto import KeysMisconfigured, parse_key, parse_keys
from numerai.valkey_url import is_sentinel, read_sentinel

ENVIRONMENTS = ("development", "test", "staging", "production")
ROLES = ("all", "api", "api-slow", "stream", "worker", "worker-urgent", "beat")
POSTGRESQL_MINIMUM = 18
SETTINGS_TAG = "numerai"
_SECRET_KEY_LENGTH = 50
_METRICS_TOKEN_LENGTH = 32
_KEY_COMMAND = "python -c 'import base64, secrets; print(base64.b64encode(secrets.token_bytes(32)).decode())'"
_SECRET_COMMAND = "python -c 'import secrets; print(secrets.token_urlsafe(64))'"  # noqa: S105

Found = Iterator[checks.CheckMessage]


def _error(number: int, message: str, hint: str) -> checks.Error:
    return checks.Error(message, hint=hint, id=f"numerai.E{number:03d}")


def _check_readable() -> Found:
    for name, expected in settings.SETTINGS_PROBLEMS:
        yield _error(1, f"{name} cannot be read.", f"Set {name} to {expected}, or leave it out.")


def _check_process() -> Found:
    for name, accepted in (("ENVIRONMENT", ENVIRONMENTS), ("NUMERAI_ROLE", ROLES)):
        if getattr(settings, name) not in accepted:
            yield _error(2, f"{name} is not one that exists.", f"Set {name} to one of: {', '.join(accepted)}.")
    if settings.LOG_LEVEL not in logging.getLevelNamesMapping():
        yield _error(3, "LOG_LEVEL is unknown.", "Set LOG_LEVEL to one of: DEBUG, INFO, WARNING, ERROR, CRITICAL.")
    if settings.DEBUG and settings.ENVIRONMENT == "production":
        yield _error(4, "DEBUG is on in production.", "Set DEBUG=off, or ENVIRONMENT=development on your own machine.")


def _check_secret_key() -> Found:
    try:
        key = settings.SECRET_KEY
    except ImproperlyConfigured:
        key = ""
    hint = f"Set SECRET_KEY to at least {_SECRET_KEY_LENGTH} random characters: {_SECRET_COMMAND}"
    if not key:
        yield _error(5, "SECRET_KEY is missing.", hint)
    elif len(key) < _SECRET_KEY_LENGTH or key.startswith("django-insecure"):
        yield _error(5, "SECRET_KEY is too easy to guess.", hint)


def _check_jwt_secret_key() -> Found:
    hint = f"Set JWT_SECRET_KEY to at least {_SECRET_KEY_LENGTH} random characters: {_SECRET_COMMAND}"
    if not settings.JWT_SECRET_KEY:
        yield _error(16, "JWT_SECRET_KEY is missing.", hint)
    elif len(settings.JWT_SECRET_KEY) < _SECRET_KEY_LENGTH:
        yield _error(16, "JWT_SECRET_KEY is too easy to guess.", hint)


def _check_network() -> Found:
    if not settings.ALLOWED_HOSTS and not settings.DEBUG:
        yield _error(
            6, "ALLOWED_HOSTS is empty.", "Set ALLOWED_HOSTS to the host names of this server, comma-separated."
        )
    if not _is_origin(settings.SITE_URL):
        yield _error(
            50, "SITE_URL is missing, or no origin.", "Set SITE_URL to where members find it: https://app.example.com."
        )
    if settings.TRUSTED_PROXIES < 0:
        yield _error(7, "TRUSTED_PROXIES is negative.", "Set TRUSTED_PROXIES to the number of proxies in front, or 0.")
    if settings.API_MAX_BODY_BYTES < 1:
        yield _error(
            8, "API_MAX_BODY_BYTES leaves no body.", "Set API_MAX_BODY_BYTES to a number of bytes, or leave it."
        )
    if not all(map(_is_origin, settings.CORS_ALLOWED_ORIGINS)):
        yield _error(
            9,
            "CORS_ALLOWED_ORIGINS holds something that is no origin.",
            "Write each as https://app.example.com: a scheme and a host, no path, no trailing slash, no *.",
        )


def _is_origin(text: str) -> bool:
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 - raises for a bad one
    except ValueError:
        return False
    whole = f"{parts.scheme}://{parts.netloc}" == text
    return whole and parts.scheme in ("http", "https") and bool(re.fullmatch(r"[A-Za-z0-9.:\[\]-]+", parts.netloc))


def _check_erasure() -> Found:
    folder = settings.TOMBSTONE_FOLDER
    if not folder or not Path(folder).is_absolute():
        yield _error(
            51,
            "TOMBSTONE_FOLDER is missing, or no absolute path.",
            "Set TOMBSTONE_FOLDER to a folder that outlives the container and is in no backup of the database.",
        )


def _check_app_version() -> Found:
    if settings.MINIMUM_APP_VERSION and parse_version(settings.MINIMUM_APP_VERSION) is None:
        yield _error(53, "MINIMUM_APP_VERSION is no version.", "Set MINIMUM_APP_VERSION to one such as 2.3.1.")


def _check_location_database() -> Found:
    if not settings.LOCATION_DATABASE:
        return
    try:
        maxminddb.open_database(settings.LOCATION_DATABASE).close()
    except (OSError, maxminddb.InvalidDatabaseError):
        yield _error(
            52,
            "LOCATION_DATABASE cannot be read.",
            "Set LOCATION_DATABASE to the path of a file in MaxMind's format (.mmdb), or leave it out.",
        )


def _check_services() -> Found:
    if not settings.DATABASE_URL:
        yield _error(
            10,
            "DATABASE_URL is missing.",
            "Set DATABASE_URL=postgresql://user:password@host:5432/name, or run script/up, which starts its own.",
        )
    elif settings.DATABASES["default"].get("ENGINE") != "django.db.backends.postgresql":
        yield _error(
            10,
            "DATABASE_URL is not a PostgreSQL address.",
            "Set DATABASE_URL=postgresql://user:password@host:5432/name.",
        )
    scheme = urlsplit(settings.REDIS_URL).scheme if settings.REDIS_URL else ""
    if not settings.REDIS_URL:
        yield _error(11, "REDIS_URL is missing.", "Set REDIS_URL=redis://host:6379/0, or run script/up.")
    elif "cluster" in scheme:
        yield _error(
            12,
            "REDIS_URL names a cluster, which is not supported.",
            "Celery has no transport for a cluster. Use a single Valkey or Redis, redis://host:6379/0, or Sentinel.",
        )
    elif scheme not in ("redis", "rediss", "unix", "sentinel"):
        yield _error(12, "REDIS_URL has an unknown scheme.", "Use redis://, rediss:// (TLS), unix:// or sentinel://.")
    for name in ("REDIS_URL", "CELERY_BROKER_URL"):
        url = getattr(settings, name)
        if is_sentinel(url) and not _names_sentinels(url):
            yield _error(
                17,
                f"{name} is not an address of Sentinels.",
                f"Set {name}=sentinel://host:26379,host:26379/0?master=name, with user:password@ before the hosts.",
            )


def _names_sentinels(url: str) -> bool:
    try:
        read_sentinel(url)
    except ValueError:
        return False
    return True


def _check_encryption_keys() -> Found:
    try:
        parse_keys(tuple(settings.FIELD_ENCRYPTION_KEYS))
    except KeysMisconfigured as problem:
        yield _error(
            13,
            f"FIELD_ENCRYPTION_KEYS is missing or malformed: {problem}.",
            f"Write id:key, comma-separated, the current key first, such as k1:$({_KEY_COMMAND})",
        )
    try:
        parse_key(settings.BLIND_INDEX_KEY, "the key")
    except KeysMisconfigured as problem:
        yield _error(
            14,
            f"BLIND_INDEX_KEY is missing or malformed: {problem}.",
            f"Set BLIND_INDEX_KEY to 32 bytes: {_KEY_COMMAND}",
        )


def _check_email() -> Found:
    backend, is_served = settings.EMAIL_BACKEND, settings.ENVIRONMENT in ("staging", "production")
    if is_served and not settings.DEBUG and backend.startswith(("notifications.", "django.core.mail.backends.file")):
        yield _error(
            30, "EMAIL_BACKEND writes e-mail to files.", "Set EMAIL_BACKEND=smtp, or the path of an anymail backend."
        )
    elif is_served and backend == "django.core.mail.backends.smtp.EmailBackend" and not settings.EMAIL_HOST:
        yield _error(
            31, "EMAIL_HOST is missing.", "Set EMAIL_HOST, _PORT, _HOST_USER and _HOST_PASSWORD: codes go by e-mail."
        )
    elif is_served and "@localhost" in settings.DEFAULT_FROM_EMAIL and "locmem" not in backend:
        yield _error(
            32, "EMAIL_FROM is missing.", "Set EMAIL_FROM to the sender, such as NumerAI <no-reply@example.com>."
        )
    try:
        # WSGI checks before the apps are loaded, which our own backend needs; that one exists.
        if not backend.startswith("notifications."):
            import_string(backend)
    except ImportError:
        yield _error(33, "EMAIL_BACKEND is unknown.", "Set EMAIL_BACKEND to files, smtp or the path of a backend.")
    if settings.EMAIL_USE_TLS and settings.EMAIL_USE_SSL:
        yield _error(
            34,
            "EMAIL_USE_TLS and EMAIL_USE_SSL are both on.",
            "Keep EMAIL_USE_TLS for port 587, or set EMAIL_USE_TLS=off and keep EMAIL_USE_SSL for port 465.",
        )


def _check_sms() -> Found:
    if settings.SMS_BACKEND not in ("files", "twilio"):
        yield _error(35, "SMS_BACKEND is unknown.", "Set SMS_BACKEND to twilio or files, or leave it out.")
    if settings.SMS_BACKEND == "files" and not settings.DEBUG and settings.ENVIRONMENT in ("staging", "production"):
        yield _error(36, "SMS_BACKEND writes text messages to files.", "Set SMS_BACKEND=twilio.")
    given = [name for name in ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM") if getattr(settings, name)]
    if given and len(given) < 3:
        yield _error(
            37,
            "Some of Twilio's settings are missing.",
            "Set TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and TWILIO_FROM, or none of them: text messages are off then.",
        )
    if settings.SMS_BACKEND == "twilio" and len(given) == 3 and not settings.SMS_COUNTRIES:
        yield _error(38, "SMS_COUNTRIES is empty.", "Set SMS_COUNTRIES to the countries that may be sent to: GB,IE,US.")
    if not all(re.fullmatch(r"[A-Z]{2}|\*", country) for country in settings.SMS_COUNTRIES):
        yield _error(39, "SMS_COUNTRIES holds no country code.", "Write two capital letters each: GB,IE,US.")
    if not settings.TWILIO_BASE_URL.startswith(("https://", "http://")):
        yield _error(40, "TWILIO_BASE_URL is no address.", "Leave TWILIO_BASE_URL out, or set it to https://...")


def _check_identity_providers() -> Found:
    is_served = settings.ENVIRONMENT in ("staging", "production")
    for name in ("GOOGLE_BASE_URL", "APPLE_BASE_URL"):
        address = urlsplit(getattr(settings, name))
        if not address.netloc or address.scheme not in (("https",) if is_served else ("https", "http")):
            yield _error(41, f"{name} is no https address.", f"Leave {name} out: whoever serves the keys can sign in.")
    if settings.IDENTITY_PROVIDER_TIMEOUT < 1:
        yield _error(42, "IDENTITY_PROVIDER_TIMEOUT leaves no time.", "Set it to a number of seconds such as 4.")


def _check_push() -> Found:
    given = [name for name in ("FIREBASE_PROJECT_ID", "FIREBASE_CREDENTIALS_PATH") if getattr(settings, name)]
    if len(given) == 1:
        yield _error(
            60,
            f"Of Firebase's settings only {given[0]} is there.",
            "Set FIREBASE_PROJECT_ID and FIREBASE_CREDENTIALS_PATH, or neither: pushes to apps are off then.",
        )
    elif given and not Path(settings.FIREBASE_CREDENTIALS_PATH).is_file():
        yield _error(
            61, "FIREBASE_CREDENTIALS_PATH names no file.", "Set it to the JSON file of the service account's key."
        )
    keys = (settings.VAPID_PUBLIC_KEY, settings.VAPID_PRIVATE_KEY)
    if any(keys) and not _is_vapid_pair(*keys):
        yield _error(
            62,
            "VAPID_PUBLIC_KEY and VAPID_PRIVATE_KEY are no pair.",
            "Make a pair with `vapid --gen`, or leave both out: pushes to browsers are off then.",
        )
    is_address = re.fullmatch(r"mailto:[^@\s]+@[\w.-]+|https://[\w.-]+", settings.VAPID_SUBJECT)
    if not is_address:
        yield _error(63, "VAPID_SUBJECT is no address.", "Set VAPID_SUBJECT to mailto:somebody@example.com.")
    for name in ("FCM_MESSAGES_PER_SECOND", "PUSH_CONNECTIONS", "PUSH_CHUNK", "PUSH_TIMEOUT"):
        if getattr(settings, name) < 1:
            yield _error(64, f"{name} is below 1.", f"Set {name} to a number above 0, or leave it out.")
    if settings.BROADCAST_SECOND_PERSON_ABOVE < 0:
        yield _error(
            66, "BROADCAST_SECOND_PERSON_ABOVE is negative.", "Set BROADCAST_SECOND_PERSON_ABOVE to 0 or more."
        )
    if settings.WEBPUSH_ALLOW_LOOPBACK and settings.ENVIRONMENT in ("staging", "production"):
        yield _error(
            65,
            "WEBPUSH_ALLOW_LOOPBACK lets strangers have requests sent to this machine.",
            "Set WEBPUSH_ALLOW_LOOPBACK=off.",
        )


def _is_vapid_pair(public: str, private: str) -> bool:
    try:
        number = int.from_bytes(base64.urlsafe_b64decode(private + "=" * (-len(private) % 4)), "big")
        point = base64.urlsafe_b64decode(public + "=" * (-len(public) % 4))
        mine = ec.derive_private_key(number, ec.SECP256R1()).public_key()
    except ValueError:
        return False
    return mine.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint) == point


def _check_metrics() -> Found:
    if 0 < len(settings.METRICS_TOKEN) < _METRICS_TOKEN_LENGTH:
        yield _error(
            18,
            "METRICS_TOKEN is too easy to guess.",
            f"Set METRICS_TOKEN to at least {_METRICS_TOKEN_LENGTH} random characters: {_SECRET_COMMAND}",
        )
    if not all(map(_is_network, settings.METRICS_NETWORKS)):
        yield _error(19, "METRICS_NETWORKS holds no network.", "Write each as 10.0.0.0/8 or 10.1.2.3, comma-separated.")


def _is_network(text: str) -> bool:
    try:
        ip_network(text)
    except ValueError:
        return False
    return True


_CHECKS: tuple[Callable[[], Found], ...] = (
    _check_readable,
    _check_process,
    _check_secret_key,
    _check_jwt_secret_key,
    _check_network,
    _check_erasure,
    _check_app_version,
    _check_location_database,
    _check_services,
    _check_encryption_keys,
    _check_email,
    _check_sms,
    _check_identity_providers,
    _check_push,
    _check_metrics,
)


def check_settings(app_configs: Any = None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Return every setting that is wrong, not only the first."""
    return [message for check in _CHECKS for message in check()]


def check_database_version(
    app_configs: Any = None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[checks.CheckMessage]:
    """Return an error for a server older than PostgreSQL 18, which has no uuidv7() and no skip scan."""
    found: list[checks.CheckMessage] = []
    for alias in databases or ():
        connection = connections[alias]
        if connection.vendor != "postgresql":
            continue  # _check_services has said so
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('server_version_num')::int / 10000")
            version = cursor.fetchone()[0]
        if version < POSTGRESQL_MINIMUM:
            found.append(
                _error(
                    15,
                    f"The server is PostgreSQL {version}.",
                    f"Point DATABASE_URL to PostgreSQL {POSTGRESQL_MINIMUM} or newer.",
                )
            )
    return found


def register_all() -> None:
    """Register the checks with Django. Called once, when the apps are ready."""
    checks.register(check_settings, SETTINGS_TAG)
    checks.register(check_database_version, checks.Tags.database)


def describe(problems: Sequence[checks.CheckMessage]) -> str:
    """Return one text that lists the problems with their mends."""
    lines = [f"  {problem.msg}\n    {problem.hint}" for problem in problems]
    return "\n".join(["NumerAI does not start: its settings need mending.", *lines])


def refuse_bad_settings() -> None:
    """End this process with one clear message if a setting is wrong. Costs no connection."""
    problems = check_settings()
    if problems:
        sys.exit(describe(problems))
