"""Bad settings of the channels end a start with their mend; what is merely off is said."""

from __future__ import annotations

from typing import Any

import pytest

from notifications.checks import check_channels
from notifications.tests.factories import vapid_pair
from numerai.checks import check_settings

SMTP = "django.core.mail.backends.smtp.EmailBackend"
FILES = "notifications.channels.files.EmailBackend"
REAL = {
    "ENVIRONMENT": "production",
    "EMAIL_BACKEND": SMTP,
    "EMAIL_HOST": "mail.example.com",
    "DEFAULT_FROM_EMAIL": "NumerAI <no-reply@example.com>",
    "SMS_BACKEND": "twilio",
    "SMS_COUNTRIES": [],
    "SITE_URL": "https://app.example.com",
}
VAPID = vapid_pair()
TWILIO = {"TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "t", "TWILIO_FROM": "+15005550006", "SMS_COUNTRIES": ["GB"]}


def problems(settings: Any, **values: Any) -> list[str]:
    for name, value in {**REAL, **values}.items():
        setattr(settings, name, value)
    return [problem.id for problem in check_settings() if str(problem.id) >= "numerai.E030"]


def test_a_whole_set_of_settings_is_accepted(settings: Any):
    assert problems(settings) == []
    assert problems(settings, **TWILIO, **VAPID) == []


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"EMAIL_BACKEND": FILES}, "numerai.E030"),
        ({"EMAIL_BACKEND": FILES, "ENVIRONMENT": "staging"}, "numerai.E030"),
        ({"EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend"}, "numerai.E030"),
        ({"EMAIL_HOST": ""}, "numerai.E031"),
        ({"DEFAULT_FROM_EMAIL": "NumerAI <no-reply@localhost>"}, "numerai.E032"),
        ({"EMAIL_BACKEND": "no.such.Backend"}, "numerai.E033"),
        ({"EMAIL_USE_TLS": True, "EMAIL_USE_SSL": True}, "numerai.E034"),
        ({"SMS_BACKEND": "pigeon"}, "numerai.E035"),
        ({"SMS_BACKEND": "files"}, "numerai.E036"),
        ({"TWILIO_AUTH_TOKEN": "secret-token"}, "numerai.E037"),
        ({**TWILIO, "SMS_COUNTRIES": []}, "numerai.E038"),
        ({**TWILIO, "SMS_COUNTRIES": ["Britain"]}, "numerai.E039"),
        ({"TWILIO_BASE_URL": "api.twilio.com"}, "numerai.E040"),
        ({"FIREBASE_PROJECT_ID": "numerai"}, "numerai.E060"),
        ({"FIREBASE_PROJECT_ID": "numerai", "FIREBASE_CREDENTIALS_PATH": "/nowhere.json"}, "numerai.E061"),
        ({**VAPID, "VAPID_PUBLIC_KEY": VAPID["VAPID_PUBLIC_KEY"][:-2] + "AA"}, "numerai.E062"),
        ({**VAPID, "VAPID_PRIVATE_KEY": ""}, "numerai.E062"),
        ({**VAPID, "VAPID_PRIVATE_KEY": "secret-token"}, "numerai.E062"),
        ({"VAPID_SUBJECT": "http://localhost:8000"}, "numerai.E063"),
        ({"FCM_MESSAGES_PER_SECOND": 0}, "numerai.E064"),
        ({"PUSH_CONNECTIONS": -1}, "numerai.E064"),
        ({"WEBPUSH_ALLOW_LOOPBACK": True}, "numerai.E065"),
        ({"WEBPUSH_ALLOW_LOOPBACK": True, "ENVIRONMENT": "staging"}, "numerai.E065"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_bad_setting_is_named_with_its_mend(settings: Any, values: dict[str, Any], problem: str):
    assert problems(settings, **values) == [problem]
    (found,) = [message for message in check_settings() if message.id == problem]
    assert found.hint
    assert "secret-token" not in f"{found.msg} {found.hint}"


@pytest.mark.parametrize("environment", ["development", "test"])
def test_the_stand_ins_are_accepted_where_nobody_is_served(settings: Any, environment: str):
    assert problems(settings, ENVIRONMENT=environment, EMAIL_BACKEND=FILES, SMS_BACKEND="files") == []


@pytest.mark.parametrize(
    ("values", "missing"),
    [
        ({}, ["W002", "W003"]),
        (TWILIO, ["W003"]),
        ({"FIREBASE_PROJECT_ID": "numerai", "FIREBASE_CREDENTIALS_PATH": "/key.json"}, ["W002"]),
        ({**TWILIO, "VAPID_PRIVATE_KEY": ""}, ["W003", "W004"]),
    ],
)
def test_channels_that_are_off_in_production_are_said_to_be(settings: Any, values: dict[str, Any], missing: list[str]):
    problems(settings, **values)
    assert [warning.id for warning in check_channels()] == [f"notifications.{number}" for number in missing]
    settings.ENVIRONMENT = "development"
    assert check_channels() == []
