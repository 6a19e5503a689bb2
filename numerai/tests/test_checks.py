import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError

from numerai import checks

ROOT = Path(__file__).resolve().parents[2]
SECRET = "do-not-show-me"


def problems() -> dict[str, str]:
    return {str(message.id): f"{message.msg} {message.hint}" for message in checks.check_settings()}


def test_good_settings_have_no_problem() -> None:
    assert problems() == {}


@pytest.mark.filterwarnings("ignore:Overriding setting DATABASES")
@pytest.mark.parametrize(
    ("name", "value", "number", "said"),
    [
        ("SETTINGS_PROBLEMS", [("PORT", "a port number such as 8000")], 1, "PORT"),
        ("ENVIRONMENT", SECRET, 2, "development, test, staging, production"),
        ("NUMERAI_ROLE", SECRET, 2, "all, api, api-slow, stream, worker, worker-urgent, beat"),
        ("LOG_LEVEL", SECRET, 3, "DEBUG, INFO, WARNING, ERROR, CRITICAL"),
        ("SECRET_KEY", "", 5, "SECRET_KEY is missing"),
        ("SECRET_KEY", SECRET, 5, "at least 50"),
        ("SECRET_KEY", "django-insecure-" + "x" * 60, 5, "easy to guess"),
        ("JWT_SECRET_KEY", "", 16, "JWT_SECRET_KEY is missing"),
        ("JWT_SECRET_KEY", SECRET, 16, "at least 50"),
        ("ALLOWED_HOSTS", [], 6, "host names"),
        ("SITE_URL", "", 50, "https://app.example.com"),
        ("SITE_URL", f"https://example.com/{SECRET}", 50, "https://app.example.com"),
        ("TOMBSTONE_FOLDER", "", 51, "outlives the container"),
        ("TOMBSTONE_FOLDER", SECRET, 51, "outlives the container"),
        ("LOCATION_DATABASE", f"/nowhere/{SECRET}.mmdb", 52, "MaxMind"),
        ("MINIMUM_APP_VERSION", SECRET, 53, "2.3.1"),
        ("MINIMUM_APP_VERSION", "2", 53, "2.3.1"),
        ("LOCATION_DATABASE", __file__, 52, "MaxMind"),
        ("TRUSTED_PROXIES", -1, 7, "number of proxies"),
        ("API_MAX_BODY_BYTES", 0, 8, "number of bytes"),
        ("CORS_ALLOWED_ORIGINS", ["app.example.com"], 9, "https://app.example.com"),
        ("CORS_ALLOWED_ORIGINS", ["https://app.example.com/"], 9, "no trailing slash"),
        ("CORS_ALLOWED_ORIGINS", ["*"], 9, "no *"),
        ("CORS_ALLOWED_ORIGINS", ["https://*.example.com"], 9, "no *"),
        ("CORS_ALLOWED_ORIGINS", ["https://user@example.com"], 9, "a scheme and a host"),
        ("CORS_ALLOWED_ORIGINS", ["https://example.com:port"], 9, "a scheme and a host"),
        ("DATABASE_URL", "", 10, "postgresql://"),
        ("DATABASES", {"default": {"ENGINE": "django.db.backends.sqlite3"}}, 10, "postgresql://"),
        ("REDIS_URL", "", 11, "redis://host"),
        ("REDIS_URL", f"redis+cluster://{SECRET}:6379", 12, "no transport for a cluster"),
        ("REDIS_URL", f"memcached://{SECRET}", 12, "rediss://"),
        ("REDIS_URL", f"sentinel://{SECRET}:26379/0", 17, "?master=name"),
        ("REDIS_URL", "sentinel:///0?master=main", 17, "?master=name"),
        ("REDIS_URL", f"sentinel://{SECRET}:port/0?master=main", 17, "?master=name"),
        ("CELERY_BROKER_URL", f"sentinel://{SECRET}/x?master=main", 17, "CELERY_BROKER_URL"),
        ("FIELD_ENCRYPTION_KEYS", [], 13, "there is no key"),
        ("FIELD_ENCRYPTION_KEYS", [SECRET], 13, "entry 1"),
        ("BLIND_INDEX_KEY", "", 14, "32 bytes"),
        ("BLIND_INDEX_KEY", SECRET, 14, "32 bytes"),
        ("GOOGLE_BASE_URL", SECRET, 41, "Leave GOOGLE_BASE_URL out"),
        ("APPLE_BASE_URL", f"file:///{SECRET}", 41, "Leave APPLE_BASE_URL out"),
        ("IDENTITY_PROVIDER_TIMEOUT", 0, 42, "number of seconds"),
        ("METRICS_TOKEN", SECRET, 18, "at least 32"),
        ("METRICS_NETWORKS", [SECRET], 19, "10.0.0.0/8"),
        ("METRICS_NETWORKS", ["10.0.0.1/8"], 19, "10.0.0.0/8"),
    ],
)
def test_a_bad_setting_is_named_with_its_mend_and_without_its_value(
    settings: Any, name: str, value: Any, number: int, said: str
) -> None:
    setattr(settings, name, value)
    found = problems()
    assert list(found) == [f"numerai.E{number:03d}"]
    assert said in found[f"numerai.E{number:03d}"]
    assert SECRET not in str(found)


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_keys_that_sign_people_in_come_by_https_where_people_are(settings: Any, environment: str) -> None:
    settings.GOOGLE_BASE_URL = "http://keys.example"
    assert "numerai.E041" not in problems()
    settings.ENVIRONMENT = environment
    assert "numerai.E041" in problems()


def test_debug_in_production_is_refused(settings: Any) -> None:
    settings.DEBUG, settings.ENVIRONMENT = True, "production"
    assert list(problems()) == ["numerai.E004"]


def test_in_development_no_host_needs_naming(settings: Any) -> None:
    settings.DEBUG, settings.ALLOWED_HOSTS = True, []
    assert problems() == {}


@pytest.mark.parametrize(
    "url",
    ["redis://h:6379/0", "rediss://:p@h/1", "unix:///run/valkey.sock?db=0", "sentinel://:p@a,b:1/0?master=main"],
)
def test_supported_addresses_of_valkey(settings: Any, url: str) -> None:
    settings.REDIS_URL = url
    assert problems() == {}


def test_every_problem_is_told_at_once(settings: Any) -> None:
    settings.SECRET_KEY, settings.ALLOWED_HOSTS, settings.BLIND_INDEX_KEY = "", [], ""
    assert list(problems()) == ["numerai.E005", "numerai.E006", "numerai.E014"]


def test_the_checks_belong_to_manage_py_check(settings: Any) -> None:
    settings.BLIND_INDEX_KEY = ""
    with pytest.raises(SystemCheckError, match="BLIND_INDEX_KEY"):
        call_command("check")


@pytest.mark.django_db
def test_the_database_must_be_new_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    assert checks.check_database_version(databases=["default"]) == []
    monkeypatch.setattr(checks, "POSTGRESQL_MINIMUM", 99)
    (found,) = checks.check_database_version(databases=["default"])
    assert (found.id, "99 or newer" in str(found.hint)) == ("numerai.E015", True)


@pytest.mark.parametrize(
    "command",
    [
        ["-c", "import numerai.wsgi"],
        ["-c", "import numerai.asgi"],
        ["-m", "celery", "-A", "numerai", "worker", "--pool", "solo"],
        ["-m", "celery", "-A", "numerai", "beat", "--pidfile", ""],
        ["manage.py", "check"],
    ],
    ids=["wsgi", "asgi", "worker", "beat", "manage.py"],
)
def test_a_production_start_without_secrets_ends_with_one_clear_message(command: list[str]) -> None:
    env = {**os.environ, "ENVIRONMENT": "production", "SECRET_KEY": "", "ALLOWED_HOSTS": ""}
    ended = subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 1
    assert "SECRET_KEY is missing" in ended.stderr
    assert "ALLOWED_HOSTS is empty" in ended.stderr
    assert "Traceback" not in ended.stderr
