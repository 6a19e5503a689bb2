"""Who may do what: one table of every address, every method and every kind of caller.

A new address fails `test_every_address_is_in_the_table` until it has its line here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count
from typing import Any
from uuid import UUID

import pytest
import redis
from django.conf import settings
from django.test import Client
from django.urls import get_resolver

from authentication.models import ApiKey, Identity, Session, User
from authentication.scopes import Scope
from authentication.tests.factories import bearer, make_api_key, make_identity, make_staff, make_user, sign_in_as
from core.models import NumerologyProfile
from core.tests.content.factories import publish_short_edition
from core.tests.factories import make_comparison, make_feed, make_profile
from notifications.tests.factories import add_device, add_inbox_item

pytestmark = pytest.mark.django_db

WHO = ("anonymous", "stranger", "owner", "unverified", "staff")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

# What an empty request is answered, in the order of WHO. "Unverified" holds a token of an account that is not (or no
# longer) verified; "staff" is a member of staff with a token of the API, which gives no more rights than another's.
Answers = tuple[int, int, int, int, int]


def everybody(status: int) -> Answers:
    return (status,) * 5


def members(status: int) -> Answers:
    """Members, whoever they are, act on what is their own."""
    return 401, status, status, 401, status


def owner(status: int) -> Answers:
    return 401, 404, status, 401, 404


# For methods that are not listed: whoever may come at all is told that there is no such method.
OPEN, MEMBERS = everybody(405), members(405)
# Open to all, but a token that is not good is refused.
WELCOMING: Answers = (405, 405, 405, 401, 405)

# A third element says which scope an API key needs, for all methods or by method; without it there is no way in by key.
Row = tuple[Answers, dict[str, Answers]] | tuple[Answers, dict[str, Answers], str | dict[str, str]]

TABLE: dict[str, Row] = {
    "api/v1/auth/register": (OPEN, {"POST": everybody(400)}),
    "api/v1/auth/documents": (OPEN, {"GET": everybody(200)}),
    "api/v1/auth/verify-otp": (OPEN, {"POST": everybody(400)}),
    "api/v1/auth/resend-otp": (OPEN, {"POST": everybody(400)}),
    "api/v1/auth/login": (OPEN, {"POST": everybody(400)}),
    "api/v1/auth/login/second-factor": (OPEN, {"POST": everybody(400)}),
    "api/v1/auth/refresh-token": (OPEN, {"POST": everybody(400)}),
    "api/v1/auth/logout": (MEMBERS, {"POST": members(204)}),
    "api/v1/auth/forgot-password": (OPEN, {"POST": everybody(400)}),
    "api/v1/auth/reset-password": (OPEN, {"POST": everybody(400)}),
    "api/v1/auth/change-password": (MEMBERS, {"POST": members(400)}),
    "api/v1/auth/change-email": (MEMBERS, {"POST": members(400)}),
    "api/v1/auth/change-email/confirm": (MEMBERS, {"POST": members(400)}),
    "api/v1/auth/sessions": (MEMBERS, {"GET": members(200)}),
    "api/v1/auth/sessions/revoke-others": (MEMBERS, {"POST": members(200)}),
    "api/v1/auth/sessions/<uuid:session_id>": (MEMBERS, {"DELETE": owner(204)}),
    "api/v1/auth/social/google": (OPEN, {"POST": everybody(400)}),
    "api/v1/auth/social/google/link": (MEMBERS, {"POST": members(400)}),
    "api/v1/auth/social/apple": (OPEN, {"POST": everybody(400)}),
    "api/v1/auth/social/apple/link": (MEMBERS, {"POST": members(400)}),
    "api/v1/auth/social/identities": (MEMBERS, {"GET": members(200)}),
    "api/v1/auth/social/identities/<uuid:identity_id>": (MEMBERS, {"DELETE": owner(204)}),
    "api/v1/auth/api-keys": (MEMBERS, {"GET": members(200), "POST": members(400)}),
    "api/v1/auth/api-keys/<uuid:key_id>": (MEMBERS, {"DELETE": owner(204)}),
    "api/v1/auth/api-keys/<uuid:key_id>/rotate": (MEMBERS, {"POST": owner(200)}),
    "api/v1/auth/second-factor": (MEMBERS, {"GET": members(200)}),
    "api/v1/auth/second-factor/setup": (MEMBERS, {"POST": members(200)}),
    "api/v1/auth/second-factor/confirm": (MEMBERS, {"POST": members(400)}),
    "api/v1/auth/second-factor/disable": (MEMBERS, {"POST": members(400)}),
    "api/v1/auth/second-factor/recovery-codes": (MEMBERS, {"POST": members(400)}),
    "api/v1/users/profile": (MEMBERS, {"GET": members(200), "PUT": members(400), "PATCH": members(200)}),
    "api/v1/users/account": (MEMBERS, {"DELETE": (401, 202, 202, 401, 409)}),
    "api/v1/users/consents": (MEMBERS, {"GET": members(200), "POST": members(400)}),
    "api/v1/users/export": (MEMBERS, {"GET": members(404), "POST": members(202)}),
    "api/v1/users/export/files/<str:token>": (OPEN, {"GET": everybody(404)}),
    "api/v1/users/phone": (MEMBERS, {"POST": members(400), "DELETE": members(204)}),
    "api/v1/users/phone/verify": (MEMBERS, {"POST": members(400)}),
    "api/v1/numerology/birth-chart": (MEMBERS, {"GET": owner(200)}, "profiles:read"),
    "api/v1/numerology/forecast": (MEMBERS, {"GET": owner(200)}, "profiles:read"),
    "api/v1/numerology/calendar": (MEMBERS, {"GET": owner(200)}, "profiles:read"),
    "api/v1/numerology/timeline": (MEMBERS, {"GET": owner(200)}, "profiles:read"),
    "api/v1/numerology/changes": (MEMBERS, {"GET": owner(200)}, "profiles:read"),
    "api/v1/numerology/best-dates": (MEMBERS, {"POST": members(400)}, "profiles:read"),
    "api/v1/numerology/calendar-feed": (MEMBERS, {"GET": members(200), "POST": owner(201)}),
    "api/v1/numerology/calendar-feed/<uuid:feed_id>": (MEMBERS, {"DELETE": owner(204)}),
    "api/v1/numerology/calendar-feed/<str:token>/numerai.ics": (OPEN, {"GET": everybody(404)}),
    "api/v1/numerology/daily-reading": (MEMBERS, {"GET": owner(200)}, "readings:read"),
    "api/v1/numerology/daily-reading/<str:date>/opened": (MEMBERS, {"POST": owner(200)}),
    "api/v1/numerology/daily-reading/<str:date>/feedback": (MEMBERS, {"POST": members(400)}),
    "api/v1/numerology/insights": (MEMBERS, {"GET": members(200)}),
    "api/v1/numerology/reading-schedule": (
        MEMBERS,
        {"GET": members(200), "PUT": members(400), "PATCH": members(200)},
    ),
    "api/v1/numerology/profiles": (MEMBERS, {"GET": members(200), "POST": members(400)}, {"GET": "profiles:read"}),
    "api/v1/numerology/profiles/<uuid:profile_id>": (
        MEMBERS,
        {"GET": owner(200), "PUT": members(400), "PATCH": owner(200), "DELETE": owner(204)},
        {"GET": "profiles:read"},
    ),
    "api/v1/numerology/profiles/<uuid:profile_id>/make-primary": (MEMBERS, {"POST": owner(200)}),
    "api/v1/numerology/profiles/<uuid:profile_id>/birth-chart": (MEMBERS, {"GET": owner(200)}, "profiles:read"),
    "api/v1/notifications/devices": (MEMBERS, {"GET": members(200), "POST": members(400)}),
    "api/v1/notifications/devices/<uuid:device_id>": (MEMBERS, {"DELETE": owner(204)}),
    "api/v1/notifications/inbox": (MEMBERS, {"GET": members(200)}),
    "api/v1/notifications/inbox/unread-count": (MEMBERS, {"GET": members(200)}),
    "api/v1/notifications/inbox/read-all": (MEMBERS, {"POST": members(200)}),
    "api/v1/notifications/inbox/<uuid:item_id>": (MEMBERS, {"DELETE": owner(204)}),
    "api/v1/notifications/inbox/<uuid:item_id>/read": (MEMBERS, {"POST": owner(204)}),
    "api/v1/notifications/vapid-public-key": (OPEN, {"GET": everybody(200)}),
    "api/v1/notifications/settings": (MEMBERS, {"GET": members(200), "PUT": members(200)}),
    "service-worker.js": (OPEN, {"GET": everybody(200)}),
    "unsubscribe/<str:token>": (OPEN, {"GET": everybody(404), "POST": everybody(404)}),
    "api/v1/numerology/calculate": (WELCOMING, {"POST": (400, 400, 400, 401, 400)}, "numerology:read"),
    "api/v1/numerology/name-analysis": (WELCOMING, {"POST": (400, 400, 400, 401, 400)}, "numerology:read"),
    "api/v1/numerology/number-analysis": (WELCOMING, {"POST": (400, 400, 400, 401, 400)}, "numerology:read"),
    "api/v1/numerology/compatibility": (WELCOMING, {"POST": (400, 400, 400, 401, 400)}, "numerology:read"),
    "api/v1/numerology/compatibility/group": (WELCOMING, {"POST": (400, 400, 400, 401, 400)}, "numerology:read"),
    "api/v1/numerology/compatibility/history": (
        MEMBERS,
        {"GET": members(200), "DELETE": members(204)},
        {"GET": "profiles:read"},
    ),
    "api/v1/numerology/compatibility/history/<uuid:comparison_id>": (MEMBERS, {"DELETE": owner(204)}),
    "api/v1/numerology/name-comparison": (WELCOMING, {"POST": (400, 400, 400, 401, 400)}, "numerology:read"),
    "api/v1/numerology/systems": (WELCOMING, {"GET": (200, 200, 200, 401, 200)}, "numerology:read"),
    "api/v1/numerology/interpretations": (WELCOMING, {"GET": (200, 200, 200, 401, 200)}, "numerology:read"),
    "api/v1/numerology/interpretations/<slug:position>/<int:number>": (
        WELCOMING,
        {"GET": (404, 404, 404, 401, 404)},
        "numerology:read",
    ),
    "api/schema": (WELCOMING, {"GET": (200, 200, 200, 401, 200)}),
    "api/docs/": (WELCOMING, {"GET": (200, 200, 200, 401, 200)}),
    "api/redoc/": (WELCOMING, {"GET": (200, 200, 200, 401, 200)}),
    "account/deletion": (OPEN, {"GET": everybody(200)}),
    "health": (OPEN, {"GET": everybody(200)}),
    "health/live": (OPEN, {"GET": everybody(200)}),
    "health/ready": (OPEN, {"GET": everybody(200)}),
    # Nobody's papers count here, only where a request comes from and the server's own token.
    "metrics": (OPEN, {"GET": everybody(403)}),
}


def routes(patterns: Any, prefix: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from routes(pattern.url_patterns, route)
        else:
            yield route


_addresses = count(1)
ROUTES = sorted(set(routes(get_resolver().url_patterns)))
ADMIN = [route for route in ROUTES if route.startswith("admin/")]


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        for pattern in ("numerai:limit:*", "numerai:member:*"):
            for key in client.scan_iter(pattern):
                client.delete(key)


def test_every_address_is_in_the_table() -> None:
    assert set(ROUTES) - set(ADMIN) == set(TABLE)


@pytest.fixture
def callers() -> dict[str, dict[str, str]]:
    """The headers of each kind of caller."""
    unverified = make_user(password=None)
    pair = sign_in_as(unverified)
    unverified.is_verified = False
    unverified.save()
    owner = make_user(email="owner@example.com", password=None)
    make_profile(owner)
    make_api_key(owner)
    make_identity(owner, "one"), make_identity(owner, "another")
    return {
        "anonymous": {},
        "stranger": bearer(sign_in_as(make_user(password=None))),
        "owner": bearer(sign_in_as(owner)),
        "unverified": bearer(pair),
        "staff": bearer(sign_in_as(make_staff(password=None))),
    }


def key_headers(*scopes: str) -> dict[str, str]:
    """Return the headers of a request with an API key of the owner."""
    return {"Authorization": f"Api-Key {make_api_key(User.objects.get(email='owner@example.com'), *scopes)}"}


def answer_to(method: str, path: str, headers: dict[str, str]) -> int:
    # An address of its own for each request, or the limits would answer.
    client = Client(raise_request_exception=False, REMOTE_ADDR=f"10.0.0.{next(_addresses) % 250}")
    answer = client.generic(method, path, b"{}", content_type="application/json", headers=headers)
    return int(answer.status_code)


def path_of(route: str) -> str:
    """Return an address of what the owner has."""
    owner = User.objects.get(email="owner@example.com")
    owned = {
        "session_id": Session.objects.get(user=owner).pk,
        "key_id": ApiKey.objects.filter(user=owner)[0].pk,
        "profile_id": NumerologyProfile.objects.get(user=owner).pk,
        "identity_id": Identity.objects.filter(user=owner)[0].pk,
        "feed_id": make_feed(owner).pk,
        "comparison_id": make_comparison(owner).pk,
        "device_id": add_device(user_id=owner.pk).pk,
        "item_id": add_inbox_item(user_id=owner.pk).pk,
    }
    if "daily-reading" in route:
        publish_short_edition(places=1)
    named = route.replace("<slug:position>/<int:number>", "life_path/7")
    named = named.replace("<str:date>", owner.created_at.date().isoformat())
    return "/" + re.sub(r"<uuid:(\w+)>", lambda match: str(owned[match[1]]), named)


@pytest.mark.parametrize("route", TABLE)
def test_the_answers_are_those_in_the_table(callers: dict[str, dict[str, str]], route: str) -> None:
    otherwise, listed, *_ = TABLE[route]
    path = path_of(route)
    # What is not listed first: a method that is may change who is let in.
    methods = sorted(METHODS, key=lambda method: method in listed)
    # Strangers before the owner: what the owner deletes is not there for anybody after.
    order = sorted(WHO, key=lambda who: who == "owner")
    given = {(method, who): answer_to(method, path, callers[who]) for method in methods for who in order}
    expected = {(method, who): listed.get(method, otherwise)[WHO.index(who)] for method in METHODS for who in WHO}
    assert given == expected


def scope_of(route: str, method: str) -> str | None:
    declared = TABLE[route][2] if len(TABLE[route]) > 2 else None
    return declared.get(method) if isinstance(declared, dict) else declared


def answers_to_keys(route: str, method: str) -> tuple[int, int]:
    """Return what a key with the scope is answered, and one without: the first as its owner, where keys are taken.

    Elsewhere both are refused, unless nobody's papers are looked at.
    """
    answers = TABLE[route][1].get(method, TABLE[route][0])
    if scope_of(route, method):
        return answers[WHO.index("owner")], 403
    looks_at_papers = answers[WHO.index("unverified")] == 401
    return (403, 403) if looks_at_papers else (answers[0], answers[0])


@pytest.mark.parametrize("route", TABLE)
def test_api_keys_open_what_their_scopes_name(callers: dict[str, dict[str, str]], route: str) -> None:
    path = path_of(route)
    methods = sorted(METHODS, key=lambda method: method in TABLE[route][1])
    given, expected = {}, {}
    for method in methods:
        scope = scope_of(route, method)
        keys = key_headers(*(one for one in Scope if one != scope)), key_headers(*([scope] if scope else Scope))
        without, having = (answer_to(method, path, headers) for headers in keys)
        given[method], expected[method] = (having, without), answers_to_keys(route, method)
    assert given == expected


@pytest.mark.parametrize("route", ADMIN)
@pytest.mark.parametrize("method", ["get", "post"])
def test_the_admin_is_closed_to_members(route: str, method: str) -> None:
    path = "/" + route.replace("^(?P<app_label>auth|authentication)/$", "auth/").replace("(?P<url>.*)$", "nowhere")
    for part in ("<path:content_type_id>", "<path:object_id>", "<id>"):
        path = path.replace(part, "1")
    path = re.sub(r"<uuid:\w+>", str(UUID(int=1)), path)
    anonymous, member = Client(), Client()
    member.force_login(make_user(password=None))
    answers = [getattr(client, method)(path) for client in (anonymous, member)]
    assert [answer.status_code for answer in answers] == [200 if route == "admin/login/" else 302] * 2
    # Signing out leads to the first page, which leads to the door.
    door = "/admin/" if route == "admin/logout/" else "/admin/login/"
    assert [answer.get("Location", door).partition("?")[0] for answer in answers] == [door] * 2
