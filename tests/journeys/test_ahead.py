"""A member and their family, over HTTP: what is ahead, a wedding day, who goes with whom, names, a calendar."""

from __future__ import annotations

from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest
from icalendar import Calendar

from authentication.tests.factories import PASSWORD, make_user
from tests.journeys.test_accounts import PHONE, Device
from tests.journeys.test_accounts import _fresh_limits as _fresh_limits

ADA = {"birth_name": "Augusta Ada Byron", "date_of_birth": "1985-12-10"}
WILLIAM = {"birth_name": "William King", "birth_date": "1980-02-21", "label": "William", "relation": "partner"}
ANNE = {"birth_name": "Anne Isabella King", "birth_date": "2016-02-29", "label": "Anne", "relation": "child"}
STRETCH = {"from": "2027-04-01", "to": "2027-09-30"}


def open_calendar(url: str) -> tuple[int, Calendar | None]:
    """Fetch a feed as a calendar program does: without a sign-in, and read by a parser of its own."""
    try:
        with urlopen(Request(url, headers={"User-Agent": "iOS/19.0 dataaccessd/1.0"}), timeout=30) as answer:
            assert answer.headers["Content-Type"].startswith("text/calendar")
            return answer.status, Calendar.from_ical(answer.read())
    except HTTPError as error:
        return error.code, None


@pytest.mark.django_db(transaction=True)
def test_a_family_is_kept_compared_and_put_into_a_calendar(live_server: Any) -> None:
    make_user(email="ada@example.com", time_zone="Europe/London")
    ada = Device(live_server.url, PHONE, "198.51.100.7")
    assert ada.sign_in("ada@example.com", PASSWORD) == 200

    # She says when she was born, and keeps two more people; one more is beyond her plan.
    assert ada.send("GET", "numerology/forecast") == (404, "NO_PRIMARY_PROFILE")
    assert ada.send("PATCH", "users/profile", **ADA)[1]["date_of_birth"] == "1985-12-10"
    _, william = ada.send("POST", "numerology/profiles", **WILLIAM, has_consent=True)
    _, anne = ada.send("POST", "numerology/profiles", **ANNE, has_consent=True)
    assert ada.send("POST", "numerology/profiles", **ANNE, has_consent=True) == (403, "PLAN_LIMIT_REACHED")
    assert ada.send("GET", "numerology/birth-chart")[1]["core"]["life_path"]["value"] == 9

    # What is ahead: a year by months, a month by days, a whole life, and the child's next change.
    _, year = ada.send("GET", "numerology/forecast?by=month&from=2027-01-01&to=2027-12-31")
    assert len(year["months"]) == 12
    _, month = ada.send("GET", "numerology/calendar?month=2028-12")
    turning = {day["on"]: [change["cycle"] for change in day["changes"]] for day in month["days"] if day["changes"]}
    assert turning == {"2028-12-10": ["essence", "mental"]}
    _, life = ada.send("GET", f"numerology/timeline?profile={anne['id']}")
    assert life["cycles"]["pinnacle"][1]["from_date"] == "2049-03-01"
    _, coming = ada.send("GET", f"numerology/changes?profile={anne['id']}")
    assert coming["changes"][0]["cycle"] == "personal_month"

    # A wedding day for two, on a Friday or a Saturday.
    body = {"purpose": "wedding", "second_profile_id": william["id"], "weekdays": [5, 6], "limit": 3, **STRETCH}
    _, dates = ada.send("POST", "numerology/best-dates", **body)
    assert [day["weekday"] in (5, 6) for day in dates["days"]] == [True] * 3
    best = dates["days"][0]
    assert best["score"] == dates["base"] + sum(factor["points"] for factor in best["factors"])

    # Who goes with whom: the two of them, the family with a grandmother who has no profile, and it is remembered.
    pair = {"first": {"profile_id": dates["profile_ids"][0]}, "second": {"profile_id": william["id"]}}
    _, two = ada.send("POST", "numerology/compatibility", **pair, relation="romance")
    assert 25 <= two["score"]["value"] <= 100
    people = [*pair.values(), {"profile_id": anne["id"]}, {"birth_date": "1955-05-17"}]
    _, group = ada.send("POST", "numerology/compatibility/group", people=people, relation="family")
    assert [len(row) for row in group["matrix"]] == [4] * 4
    _, remembered = ada.send("GET", "numerology/compatibility/history")
    assert [(entry["id"], entry["second"]["label"]) for entry in remembered] == [(two["remembered_as"], "William")]

    # Her name after the wedding.
    candidates = [{"kind": "married", "name": "Ada King"}, {"kind": "stage", "name": "Ada Lovelace"}]
    _, names = ada.send("POST", "numerology/name-comparison", birth_name=ADA["birth_name"], candidates=candidates)
    assert [name["compared_with"] for name in names["candidates"]] == ["birth", "birth"]

    # Her days in the calendar of her phone, until she takes the address back.
    _, feed = ada.send("POST", "numerology/calendar-feed")
    url = live_server.url + urlsplit(feed["url"]).path
    status, calendar = open_calendar(url)
    assert status == 200
    assert calendar is not None
    days = {event["dtstart"].dt.isoformat() for event in calendar.walk("VEVENT")}
    assert len(days) > 390
    assert ada.send("DELETE", f"numerology/calendar-feed/{feed['id']}")[0] == 204
    assert open_calendar(url) == (404, None)
