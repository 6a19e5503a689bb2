"""A member keeps the family's birth data and reads their charts over HTTP; nobody who copies the tables reads them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from django.utils import timezone

from authentication.models import User
from authentication.tests.factories import PASSWORD, make_staff, make_user
from core.models import NumerologyProfile
from payments.services import grant_plan
from tests.journeys.test_accounts import LAPTOP, PHONE, Device
from tests.journeys.test_accounts import _fresh_limits as _fresh_limits
from tests.journeys.test_privacy import cached, rows, traces

MOTHER = {"first": "Annabella", "middle": ["Isabella"], "last": "Milbanke"}
PEOPLE = [
    {"label": "Grandfather", "relation": "other", "birth_name": "Ralph Noel", "birth_date": "1747-07-28"},
    {
        "label": "Daughter", "relation": "child", "birth_name": "Augusta Ada Gordon", "birth_date": "1815-12-10",
        "current_name": "Ada Lovelace", "gender": "female", "preset": "goodwin",
    },
]  # fmt: skip
# What must be nowhere in clear: people's names, their birth dates, and what the member calls them.
SECRETS = [
    "annabella", "isabella", "milbanke", "1792-05-17", "grandfather", "ralph noel", "1747-07-28", "daughter", "augusta",
    "gordon", "lovelace", "1815-12-10",
]  # fmt: skip


def conditional(device: Device, path: str, etag: str) -> int:
    """Return the status of a GET by somebody who has an answer already."""
    headers = {"Authorization": f"Bearer {device.tokens['access_token']}", "If-None-Match": etag}
    try:
        with urlopen(Request(f"{device.url}/api/v1/{path}", headers=headers), timeout=30) as answer:
            return int(answer.status)
    except HTTPError as error:
        return error.code


def etag_of(device: Device, path: str) -> str:
    headers = {"Authorization": f"Bearer {device.tokens['access_token']}"}
    with urlopen(Request(f"{device.url}/api/v1/{path}", headers=headers), timeout=30) as answer:
        return str(answer.headers["ETag"])


@pytest.mark.django_db(transaction=True)
def test_a_member_keeps_a_family_and_reads_their_charts(live_server: Any, settings: Any) -> None:
    settings.TRUSTED_PROXIES = 1
    make_user(email="anne@example.com", full_name="Lady B.", time_zone="Europe/London")
    make_user(email="stranger@example.com")
    anne = Device(live_server.url, LAPTOP, "203.0.113.1")
    stranger = Device(live_server.url, PHONE, "198.51.100.7")
    assert (anne.sign_in("anne@example.com", PASSWORD), stranger.sign_in("stranger@example.com", PASSWORD)) == (
        200,
        200,
    )

    # Without birth data there is no chart. They are entered with the account, and the chart is there.
    assert anne.send("GET", "numerology/birth-chart") == (404, "NO_PRIMARY_PROFILE")
    assert anne.send("PATCH", "users/profile", date_of_birth="1792-05-17") == (400, "VALIDATION_ERROR")
    assert anne.send("PATCH", "users/profile", date_of_birth="1792-05-17", birth_name=MOTHER)[0] == 200
    assert anne.send("GET", "users/profile")[1]["birth_name"]["last"] == "Milbanke"
    own = anne.send("GET", "numerology/birth-chart")[1]
    # 5 + 8 + (1 + 7 + 9 + 2 = 19 -> 1) = 14 -> 5
    assert (own["core"]["life_path"]["value"], own["core"]["life_path"]["total"]) == (5, 14)

    # The family, with their consent; the plan gives three in all, and staff may grant more.
    assert anne.send("POST", "numerology/profiles", **PEOPLE[0]) == (400, "VALIDATION_ERROR")
    ids = [anne.send("POST", "numerology/profiles", **person, has_consent=True)[1]["id"] for person in PEOPLE]
    third = {**PEOPLE[0], "has_consent": True}
    assert anne.send("POST", "numerology/profiles", **third) == (403, "PLAN_LIMIT_REACHED")
    user, now = User.objects.get(email="anne@example.com"), timezone.now()
    staff, ends_at = make_staff(), now + timedelta(days=30)
    grant_plan(user_id=user.pk, plan="premium", reason="A friend", ends_at=ends_at, granted_by=staff.pk, now=now)
    assert anne.send("POST", "numerology/profiles", **third)[0] == 201
    assert anne.send("GET", "users/profile")[1]["is_premium"] is True
    listed = anne.send("GET", "numerology/profiles")[1]
    assert [person["label"] for person in listed] == ["Me", "Grandfather", "Daughter", "Grandfather"]

    # Each has a chart by their own options; asked again, it is not sent again, until something changes.
    path = f"numerology/profiles/{ids[1]}/birth-chart"
    daughter = anne.send("GET", path)[1]
    assert (daughter["preset"], daughter["birth_date"], list(daughter["schools"]["kua"])) == (
        "goodwin", "1815-12-10", ["female"],
    )  # fmt: skip
    assert list(anne.send("GET", f"{path}?fields=core,cycles&explain=false")[1]) == ["core", "cycles"]
    etag = etag_of(anne, path)
    assert conditional(anne, path, etag) == 304
    assert anne.send("PATCH", f"numerology/profiles/{ids[1]}", preset="decoz")[0] == 200
    assert conditional(anne, path, etag) == 200

    # Nobody else sees any of it.
    for method, address in (("GET", path), ("PATCH", f"numerology/profiles/{ids[1]}"), ("DELETE", path[:-12])):
        assert stranger.send(method, address)[0] in (404, 405)
    assert stranger.send("GET", "numerology/profiles")[1] == []

    # Readings follow another profile from now on; the one they followed keeps nothing in clear.
    assert anne.send("POST", f"numerology/profiles/{ids[1]}/make-primary")[1]["is_primary"] is True
    assert anne.send("GET", "numerology/birth-chart")[1]["birth_date"] == "1815-12-10"
    primaries = NumerologyProfile.objects.filter(user=user, birth_month__isnull=False)
    assert [(one.birth_month, one.birth_day) for one in primaries] == [(12, 10)]

    # All of this was kept and cached, and none of it can be read in the tables or in the cache.
    assert traces([str(user.pk)], [text for text in cached() if "numerai:answers" in text]) != []
    assert traces(SECRETS, rows() + cached()) == []
