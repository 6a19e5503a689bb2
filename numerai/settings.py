"""The only settings. Every value an operator may change comes from the environment; .env.example lists them all.

A value that cannot be read does not stop the import: it is noted in SETTINGS_PROBLEMS, the default is used,
and the system check in numerai/checks.py refuses the start with the mend.
"""

import zoneinfo
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONCE

# One table of time zones on every machine: the tzdata package, not what the system has.
zoneinfo.reset_tzpath([])

BASE_DIR = Path(__file__).resolve().parent.parent
SETTINGS_PROBLEMS: list[tuple[str, str]] = []

env = environ.Env()

# First wins: the real environment, the developer's .env, then what script/up generated and started.
if env.bool("NUMERAI_READ_ENV_FILES", default=True):
    for _env_file in (".env", "var/secrets.env", "var/services.env"):
        if (BASE_DIR / _env_file).is_file():
            env.read_env(BASE_DIR / _env_file)


def _read(kind: str, name: str, default: Any, expected: str) -> Any:
    """Return the environment's value of `name`, or the default and a noted problem if it cannot be read."""
    try:
        return getattr(env, kind)(name, default=default)
    except (ValueError, environ.ImproperlyConfigured):
        SETTINGS_PROBLEMS.append((name, expected))
        return default


def _switch(name: str, *, default: bool) -> bool:
    raw = env.str(name, default="").strip().lower()
    if raw in ("", "on", "true", "yes", "1", "off", "false", "no", "0"):
        return raw in ("on", "true", "yes", "1") if raw else default
    SETTINGS_PROBLEMS.append((name, "on or off"))
    return default


# What this process is
ENVIRONMENT = env.str("ENVIRONMENT", default="production")
IS_PRODUCTION = ENVIRONMENT == "production"
NUMERAI_ROLE = env.str("NUMERAI_ROLE", default="all")
# Set by manage.py serve: this process is a server or worker, not a command.
IS_SERVING = env.bool("NUMERAI_SERVING", default=False)
DEBUG = _switch("DEBUG", default=False)
PORT = _read("int", "PORT", 8000, "a port number such as 8000")
# Django would refuse to run any command without a key; the check names it instead, so that commands
# which need none (manage.py chart) work from a fresh clone.
SECRET_KEY = env.str("SECRET_KEY", default="")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"] if DEBUG else [])
JWT_SECRET_KEY = env.str("JWT_SECRET_KEY", default="")
TRUSTED_PROXIES = _read("int", "TRUSTED_PROXIES", 0, "how many proxies stand in front of the server, such as 1")
MINIMUM_APP_VERSION = env.str("MINIMUM_APP_VERSION", default="")
FIELD_ENCRYPTION_KEYS = env.list("FIELD_ENCRYPTION_KEYS", default=[])
BLIND_INDEX_KEY = env.str("BLIND_INDEX_KEY", default="")
VAPID_PUBLIC_KEY = env.str("VAPID_PUBLIC_KEY", default="")
VAPID_PRIVATE_KEY = env.str("VAPID_PRIVATE_KEY", default="")

INSTALLED_APPS = [
    "ops",
    "core",
    "payments",
    "authentication",
    "notifications",
    "numerai.api",
    "unfold.apps.BasicAppConfig",
    "authentication.admin_app.StaffAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "corsheaders",
    "csp",
]

MIDDLEWARE = [
    "numerai.api.request_id.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "numerai.pages.PolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "numerai.api.errors.ApiErrorMiddleware",
    "numerai.api.app_version.MinimumAppVersionMiddleware",
    "numerai.api.body.BodySizeLimitMiddleware",
    "django.middleware.common.CommonMiddleware",
    "numerai.pages.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "numerai.pages.AuthenticationMiddleware",
    "numerai.pages.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "numerai.urls"
WSGI_APPLICATION = "numerai.wsgi.application"
ASGI_APPLICATION = "numerai.asgi.application"
APPEND_SLASH = False
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "numerai" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# Database
DATABASE_URL = env.str("DATABASE_URL", default="")
_database = _read("db_url", "DATABASE_URL", "postgresql:///numerai", "postgresql://user:password@host:5432/name")
_options = _database.setdefault("OPTIONS", {})
# A Unix socket is written postgresql://user:password@/name?host=/folder; dbshell looks for it in HOST.
_database["HOST"] = _options.pop("host", _database.get("HOST") or "")
_options.setdefault("connect_timeout", 10)
_options.setdefault("tcp_user_timeout", 10_000)  # milliseconds; a silent host must not hold a connection for hours
_database["CONN_HEALTH_CHECKS"] = True
# Under ASGI a thread per request would open a connection each, so those roles share a pool; the pool and
# CONN_MAX_AGE exclude each other (docs/decisions/0004-process-roles.md).
if NUMERAI_ROLE in ("all", "stream") and IS_SERVING:
    _options["pool"] = {"min_size": 1, "max_size": _read("int", "DATABASE_POOL_SIZE", 10, "a number such as 10")}
else:
    _database["CONN_MAX_AGE"] = None
if _template := env.str("TEST_DATABASE_TEMPLATE", default=""):
    _database["TEST"] = {"TEMPLATE": _template}
DATABASES = {"default": _database}
# Off behind a pooler that gives each transaction another connection and does not know prepared statements.
DATABASE_PREPARED_STATEMENTS = _switch("DATABASE_PREPARED_STATEMENTS", default=True)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Cache, broker
REDIS_URL = env.str("REDIS_URL", default="")
CACHES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL or "redis://127.0.0.1:6379/0",
        "KEY_PREFIX": "numerai",
        "OPTIONS": {
            "pool_class": "numerai.valkey_url.Pool",
            "socket_connect_timeout": 1,
            "socket_timeout": 2,
        },
    }
}
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default=REDIS_URL)
CELERY_RESULT_BACKEND = env.str("CELERY_RESULT_BACKEND", default="") or None
CELERY_BEAT_SCHEDULE_FILE = env.str("CELERY_BEAT_SCHEDULE_FILE", default=str(BASE_DIR / "var" / "beat-schedule"))

# People
AUTH_USER_MODEL = "authentication.User"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.BCryptSHA256PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["email", "full_name"]},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "authentication.validators.MaximumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
# simplejwt only signs and verifies; lifetimes and the rest are in authentication/tokens.py.
SIMPLE_JWT = {"ALGORITHM": "HS256", "SIGNING_KEY": JWT_SECRET_KEY}

# Where members find the product: links in mails begin with it.
_STAND_INS = DEBUG or ENVIRONMENT in ("development", "test")
SITE_URL = (env.str("SITE_URL", default="") or (f"http://localhost:{PORT}" if _STAND_INS else "")).rstrip("/")

GOOGLE_CLIENT_IDS = env.list("GOOGLE_CLIENT_IDS", default=[])
GOOGLE_BASE_URL = env.str("GOOGLE_BASE_URL", default="https://www.googleapis.com")
APPLE_CLIENT_IDS = env.list("APPLE_CLIENT_IDS", default=[])
APPLE_BASE_URL = env.str("APPLE_BASE_URL", default="https://appleid.apple.com")
IDENTITY_PROVIDER_TIMEOUT = _read("int", "IDENTITY_PROVIDER_TIMEOUT", 4, "a number of seconds such as 4")

# Tells near where a sign-in came from; empty: nobody is told a place.
LOCATION_DATABASE = env.str("LOCATION_DATABASE", default="")

# What remembers, outside the database and its backups, who was erased.
TOMBSTONE_FOLDER = env.str("TOMBSTONE_FOLDER", default="") or (
    str(BASE_DIR / "var" / "tombstones") if _STAND_INS else ""
)

# Deliveries
OUTBOX_FOLDER = Path(env.str("OUTBOX_FOLDER", default="") or BASE_DIR / "var" / "outbox")
_email_backend = env.str("EMAIL_BACKEND", default="") or ("files" if _STAND_INS else "smtp")
EMAIL_BACKEND = {
    "files": "notifications.channels.files.EmailBackend",
    "smtp": "django.core.mail.backends.smtp.EmailBackend",
}.get(_email_backend, _email_backend)
EMAIL_HOST = env.str("EMAIL_HOST", default="")
EMAIL_PORT = _read("int", "EMAIL_PORT", 587, "a port number such as 587")
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", default="")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", default="")
EMAIL_USE_TLS = _switch("EMAIL_USE_TLS", default=True)
EMAIL_USE_SSL = _switch("EMAIL_USE_SSL", default=False)
EMAIL_TIMEOUT = _read("int", "EMAIL_TIMEOUT", 10, "a number of seconds such as 10")
EMAIL_CONNECTIONS = _read("int", "EMAIL_CONNECTIONS", 4, "a number of connections such as 4")
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("EMAIL_FROM", default="") or "NumerAI <no-reply@localhost>"
EMAIL_SUPPORT = env.str("EMAIL_SUPPORT", default="")
ANYMAIL = _read("json", "ANYMAIL", {}, 'JSON such as {"POSTMARK_SERVER_TOKEN": "..."}')
SMS_BACKEND = env.str("SMS_BACKEND", default="") or ("files" if _STAND_INS else "twilio")
SMS_COUNTRIES = env.list("SMS_COUNTRIES", default=["*"] if SMS_BACKEND == "files" else [])
SMS_DAILY_LIMIT = _read("int", "SMS_DAILY_LIMIT", 500, "a number of messages such as 500")
TWILIO_ACCOUNT_SID = env.str("TWILIO_ACCOUNT_SID", default="")
TWILIO_AUTH_TOKEN = env.str("TWILIO_AUTH_TOKEN", default="")
TWILIO_FROM = env.str("TWILIO_FROM", default="")
TWILIO_BASE_URL = env.str("TWILIO_BASE_URL", default="https://api.twilio.com")
TWILIO_TIMEOUT = _read("int", "TWILIO_TIMEOUT", 10, "a number of seconds such as 10")
_NOBODY = "mailto:nobody@localhost"
FIREBASE_PROJECT_ID = env.str("FIREBASE_PROJECT_ID", default="")
FIREBASE_CREDENTIALS_PATH = env.str("FIREBASE_CREDENTIALS_PATH", default="")
FCM_BASE_URL = env.str("FCM_BASE_URL", default="https://fcm.googleapis.com").rstrip("/")
FCM_MESSAGES_PER_SECOND = _read("int", "FCM_MESSAGES_PER_SECOND", 10_000, "a number of messages such as 10000")
BROADCAST_SECOND_PERSON_ABOVE = _read("int", "BROADCAST_SECOND_PERSON_ABOVE", 1_000, "a number of members such as 1000")
PUSH_CONNECTIONS = _read("int", "PUSH_CONNECTIONS", 500, "a number of connections such as 500")
PUSH_CHUNK = _read("int", "PUSH_CHUNK", 2_000, "a number of messages such as 2000")
PUSH_TIMEOUT = _read("int", "PUSH_TIMEOUT", 10, "a number of seconds such as 10")
VAPID_SUBJECT = env.str("VAPID_SUBJECT", default="") or (
    f"mailto:{EMAIL_SUPPORT}" if EMAIL_SUPPORT else SITE_URL if SITE_URL.startswith("https://") else _NOBODY
)
WEBPUSH_HOSTS = env.list(
    "WEBPUSH_HOSTS",
    default=["fcm.googleapis.com", "*.push.services.mozilla.com", "*.notify.windows.com", "*.push.apple.com"],
)
# For manage.py receive_push. Strangers could have requests sent to this machine, so nowhere else.
WEBPUSH_ALLOW_LOOPBACK = _switch("WEBPUSH_ALLOW_LOOPBACK", default=DEBUG and ENVIRONMENT == "development")

# Metrics: who may ask for them, by address without a proxy in between, or by a bearer token from anywhere.
METRICS_NETWORKS = env.list("METRICS_NETWORKS", default=["127.0.0.0/8", "::1/128"])
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

# API
API_MAX_BODY_BYTES = _read("int", "API_MAX_BODY_BYTES", 1_048_576, "a number of bytes such as 1048576")
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "authentication.drf.JWTAuthentication",
        "authentication.drf.ApiKeyAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"],
    "DEFAULT_RENDERER_CLASSES": ["numerai.api.envelope.EnvelopeRenderer"],
    "DEFAULT_PARSER_CLASSES": ["numerai.api.parsers.StrictJsonParser"],
    "DEFAULT_THROTTLE_CLASSES": ["numerai.api.limits.CategoryThrottle"],
    "DEFAULT_SCHEMA_CLASS": "numerai.api.schema.EnvelopeAutoSchema",
    "EXCEPTION_HANDLER": "numerai.api.errors.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "URL_FORMAT_OVERRIDE": None,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "NumerAI",
    "DESCRIPTION": "Numbers from a name and a birth date, exact and with the working shown.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "LICENSE": {"name": "MIT"},
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "/favicon.ico",
    "REDOC_DIST": "SIDECAR",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "POSTPROCESSING_HOOKS": ["numerai.api.schema.copy_schema", "drf_spectacular.hooks.postprocess_schema_enums"],
    "ENUM_NAME_OVERRIDES": {
        "AlwaysOnEnum": ["on"],
        "ComparedAsEnum": ["romance", "family", "friendship", "work"],
        "DeviceKindEnum": ["fcm", "webpush"],
        "NumberKindEnum": ["house", "business", "vehicle", "phone"],
        "OnOffEnum": ["on", "off"],
        "OnOffWithoutDeviceEnum": ["on", "off", "without_device"],
        "RelationEnum": "core.models.profiles.Relation.values",
    },
}
CORS_ALLOWED_ORIGINS = env.list("CORS_ALLOWED_ORIGINS", default=[])
CORS_ALLOWED_ORIGIN_REGEXES = [r"^http://(localhost|127\.0\.0\.1)(:\d+)?$"] if DEBUG else []
CORS_URLS_REGEX = r"^/api/.*$"
CORS_ALLOW_CREDENTIALS = True
CORS_ALLOW_METHODS = ["DELETE", "GET", "OPTIONS", "PATCH", "POST", "PUT"]
CORS_ALLOW_HEADERS = ["authorization", "content-type", "idempotency-key", "if-none-match", "x-request-id"]
CORS_EXPOSE_HEADERS = [
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
    "Retry-After",
    "ETag",
    "X-Request-ID",
    "Deprecation",
    "Sunset",
]

# Security headers
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'", NONCE],
        "style-src": ["'self'", NONCE],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_PRODUCTION
SESSION_COOKIE_HTTPONLY = True
SECURE_SSL_REDIRECT = False  # the proxy does this; /health must answer plain HTTP inside the cluster
SECURE_HSTS_SECONDS = 31_536_000 if IS_PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = IS_PRODUCTION
if TRUSTED_PROXIES > 0:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# The admin's look; its colours and type are in authentication/static/authentication/staff.css.
UNFOLD = {
    "SITE_TITLE": "NumerAI",
    "SITE_HEADER": "NumerAI",
    "SITE_SUBHEADER": "The desk",
    "SITE_URL": None,
    "SITE_SYMBOL": "tag",
    "BORDER_RADIUS": "4px",
    "SHOW_VIEW_ON_SITE": False,
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": "ops.staff_menu.icon"}],
    "STYLES": ["ops.staff_menu.faces", "ops.staff_menu.stylesheet"],
    "SIDEBAR": {"navigation": "ops.staff_menu.navigation"},
    "DASHBOARD_CALLBACK": "ops.staff_menu.dashboard",
}

# Language, time, files
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "var" / "static"
STATICFILES_DIRS = [BASE_DIR / "numerai" / "static"]
# What browsers and machines ask for at the top, by names that are not ours to choose.
WHITENOISE_ROOT = BASE_DIR / "numerai" / "root"
WHITENOISE_USE_FINDERS = not IS_PRODUCTION
WHITENOISE_AUTOREFRESH = DEBUG
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if IS_PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# Logs
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO").upper()
# Staging may hold the data of people: the text form shows the messages of exceptions, which may quote them.
LOG_FORMAT = "json" if ENVIRONMENT in ("staging", "production") else "text"
LOGGING_CONFIG = "numerai.logs.configure"
LOGGING = {"level": LOG_LEVEL, "format": LOG_FORMAT}
