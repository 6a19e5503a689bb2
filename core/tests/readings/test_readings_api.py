"""Readings over the API: today's, another day's, the list, and what a member says of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from authentication.models import User
from authentication.services.profile import update_account
from authentication.tests.factories import CommittingClient, make_user, sign_in_as
from core.content.library import Library
from core.models import DailyReading, ReadingResponse
from core.numerology import birth_chart
from core.selectors import readings
from core.selectors.content import VERSION_KEY, get_library
from core.selectors.readings import get_reader, get_reading
from core.services.profiles import update_profile
from core.services.readings import open_reading
from core.tests.calling import fields_at_fault
from core.tests.content.factories import on_commit, publish_short_edition
from core.tests.factories import CRUISE, make_profile
from core.tests.readings.conftest import NOW
from numerai import hooks
from numerai.api import valkey

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_now", "edition")]
TODAY = NOW.date()
TEXTS = ("headline", "message", "backdrop", "lens", "try", "watch", "affirmation", "question")


@pytest.fixture(autouse=True)
def _signed_up_ten_days_ago(user):
    User.objects.filter(pk=user.pk).update(created_at=NOW - timedelta(10))


def read(client, query=""):
    answer = client.send("get", f"numerology/daily-reading{query}")
    assert answer.status_code == 200, answer.content
    return answer.json()["data"]


def say(client, day, **body):
    return client.send("post", f"numerology/daily-reading/{day}/feedback", body)


def opened(client, day):
    return client.send("post", f"numerology/daily-reading/{day}/opened")


def test_todays_reading_has_every_part(member, profile):
    data = read(member)
    assert (data["date"], data["title"], data["language"]) == ("2026-11-21", "A 7 day", "en")
    assert [name for name in TEXTS if not data[name]] == []
    assert data["master_day"] is None
    assert data["lock_screen"]["body"].startswith(data["headline"])
    assert data["backdrop"].endswith("a 4 month")
    assert data["lucky"] == {
        "number": {"value": 7, "school": "indian"},
        "colour": {"value": data["lucky"]["colour"]["value"], "school": "indian"},
        "weekday": {"value": data["lucky"]["weekday"]["value"], "school": "cheiro"},
    }


def test_the_numbers_show_how_they_come_about(member, profile):
    numbers = read(member)["numbers"]
    added = {
        name: [(term["label"], term["adds"]) for term in number["working"]]
        for name, number in numbers.items()
        if isinstance(number, dict)
    }
    assert added == {
        "universal_day": [("universal month", 3), ("day", 21)],
        "personal_year": [("birth month", 7), ("birth day", 3), ("universal year", 1)],
        "personal_month": [("personal year", 2), ("month", 11)],
        "personal_day": [("personal month", 4), ("day", 21)],
    }
    chart = birth_chart(CRUISE["birth_name"], CRUISE["birth_date"], on=TODAY)
    assert (numbers["life_path"], numbers["essence"]) == (1, chart.essence.value)
    assert numbers["personal_day"]["display"] == str(chart.personal[2])


def test_today_is_the_members_own(time_machine):
    time_machine.move_to(datetime(2026, 11, 21, 12, tzinfo=UTC), tick=False)
    east = make_user(password=None, time_zone="Pacific/Kiritimati")
    make_profile(east)
    assert read(CommittingClient(sign_in_as(east)))["date"] == "2026-11-22"


def test_a_warm_read_asks_the_database_nothing(member, profile, django_assert_num_queries):
    cold = read(member)
    with django_assert_num_queries(0):
        assert read(member) == cold


def test_a_cold_read_costs_few_queries(member, profile, django_assert_num_queries):
    get_library()
    # The member record and the member as a reader; the reading and what was said of it.
    with django_assert_num_queries(2):
        read(member)


def test_a_cold_read_asks_for_the_version_where_valkey_has_none(member, profile):
    get_library()
    valkey.run("return redis.call('DEL', KEYS[1])", keys=[VERSION_KEY], args=[])
    assert read(member)["content_version"] == get_library().version


def test_a_cold_read_is_two_round_trips(member, profile, monkeypatch):
    """One finds nothing and brings the content version along, the other counts the request and keeps the answer."""
    get_library()
    asked = []
    run = valkey.run
    monkeypatch.setattr(valkey, "run", lambda source, **more: asked.append(1) or run(source, **more))
    read(member)
    assert len(asked) == 2


def test_a_reading_that_was_made_needs_a_chart_only_where_something_may_be_ahead(user, profile, monkeypatch):
    made = []
    chart_of = readings.chart_of
    monkeypatch.setattr(readings, "chart_of", lambda *args, **more: made.append(1) or chart_of(*args, **more))
    charts = {}
    # Seven days before a new month, and the day before that.
    for day in (date(2026, 11, 24), date(2026, 11, 23)):
        open_reading(user_id=user.pk, day=day, library=get_library(), now=datetime(2026, 11, 24, 12, tzinfo=UTC))
        made.clear()
        get_reading(get_reader(user_id=user.pk, now=NOW), day, get_library())
        charts[day.day] = len(made)
    assert charts == {24: 1, 23: 0}


def test_a_new_time_zone_is_a_new_today(member, profile, user, time_machine):
    assert read(member)["date"] == "2026-11-21"
    with on_commit():
        update_account(user_id=user.pk, changes={"time_zone": "Pacific/Kiritimati"})
    assert read(member)["date"] == "2026-11-22"


def test_a_reading_leaves_no_trace_by_being_read(member, profile):
    read(member)
    read(member, "?date=2026-11-20")
    read(member, "?limit=3")
    assert (DailyReading.objects.count(), ReadingResponse.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("day", "status"),
    [("2026-11-10", 400), ("2026-11-11", 200), ("2026-11-22", 200), ("2026-11-23", 400), ("2026-02-30", 400)],
    ids=["before sign-up", "sign-up", "tomorrow", "the day after", "no day"],
)
def test_any_day_from_sign_up_to_tomorrow_can_be_read(member, profile, day, status):
    assert member.send("get", f"numerology/daily-reading?date={day}").status_code == status


def test_another_day_is_refused_with_the_range(member, profile):
    answer = member.send("get", "numerology/daily-reading?date=2027-01-01")
    assert fields_at_fault(answer) == {"date": ["Takes a day from 2026-11-11 to 2026-11-22."]}


@pytest.mark.parametrize("query", ["?date=2026-11-20&limit=3", "?limit=0", "?limit=101", "?cursor=x", "?page=2"])
def test_what_no_list_takes_is_refused(member, profile, query):
    assert member.send("get", f"numerology/daily-reading{query}").status_code == 400


def test_the_list_goes_back_to_sign_up_page_by_page(member, profile):
    days, query = [], "?limit=4"
    for _ in range(3):
        answer = member.send("get", f"numerology/daily-reading{query}").json()
        days += [item["date"] for item in answer["data"]]
        query = f"?limit=4&cursor={answer['pagination']['next_cursor']}"
    assert days == [(TODAY - timedelta(n)).isoformat() for n in range(11)]
    assert answer["pagination"] == {"next_cursor": None, "has_more": False}


def test_the_list_says_what_each_reading_says(member, profile):
    listed = member.send("get", "numerology/daily-reading?limit=1").json()["data"][0]
    whole = read(member)
    assert listed == {
        "date": whole["date"], "personal_day": 7, "title": whole["title"], "headline": whole["headline"],
        "rang_true": None,
    }  # fmt: skip


@pytest.mark.parametrize("limit", [1, 5])
def test_a_list_costs_as_much_whatever_its_length(member, profile, limit, django_assert_num_queries):
    member.send("get", "numerology/reading-schedule")
    get_library()
    # The member as a reader, the readings, what was said of them.
    with django_assert_num_queries(3):
        member.send("get", f"numerology/daily-reading?limit={limit}")


def test_without_a_profile_there_is_no_reading(stranger):
    answer = stranger.send("get", "numerology/daily-reading")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "NO_PRIMARY_PROFILE")


def test_without_texts_readings_are_not_available(member, profile, monkeypatch):
    monkeypatch.setattr("core.selectors.content._libraries", {get_library().version: Library(1, [], {})})
    assert member.send("get", "numerology/daily-reading").status_code == 503


def test_a_reading_that_was_made_stays_as_it_was(member, profile, user):
    before = read(member)
    open_reading(user_id=user.pk, day=TODAY, library=get_library(), now=NOW)
    publish_short_edition(words="New: ")
    with on_commit():
        update_profile(user_id=user.pk, profile_id=profile.pk, changes={"birth_date": "1962-08-05"}, now=NOW)
    after = read(member)
    assert {name: after[name] for name in TEXTS} == {name: before[name] for name in TEXTS}
    assert after["numbers"]["personal_day"] == before["numbers"]["personal_day"]
    # How the personal year came about was told of another birthday.
    assert "working" not in after["numbers"]["personal_year"]
    assert read(member, "?date=2026-11-20")["headline"].startswith("New: ")


def test_opening_is_recorded_once_and_keeps_the_reading(member, profile, user, time_machine):
    first = opened(member, TODAY).json()["data"]
    time_machine.move_to(NOW + timedelta(minutes=5))
    again = opened(member, TODAY)
    assert (again.status_code, again.json()["data"]) == (200, first)
    row = DailyReading.objects.get()
    assert (row.user_id, row.reading_date, row.personal_day, row.edition) == (user.pk, TODAY, 7, 1)


@pytest.mark.parametrize("day", ["2026-11-10", "2026-11-23", "tomorrow", "20261121"])
def test_what_cannot_be_read_cannot_be_opened(member, profile, day):
    assert "date" in fields_at_fault(opened(member, day))
    assert not ReadingResponse.objects.exists()


def test_an_answer_stands_in_the_reading_at_once(member, profile):
    assert read(member)["feedback"] is None
    given = say(member, TODAY, rang_true="partly", note="The dull thing took an hour.").json()["data"]
    assert read(member)["feedback"] == given
    assert (given["rang_true"], given["note"]) == ("partly", "The dull thing took an hour.")
    assert read(member, "?limit=1")[0]["rang_true"] == "partly"


def test_an_answer_can_be_changed_on_its_day_and_not_on_the_next(member, profile, user, time_machine):
    say(member, TODAY, rang_true="yes", note="So true.")
    assert say(member, TODAY, rang_true="no").json()["data"]["note"] is None
    time_machine.move_to(NOW + timedelta(days=1))
    refused = say(CommittingClient(sign_in_as(user)), TODAY, rang_true="yes")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "FEEDBACK_FINAL")
    assert ReadingResponse.objects.get().rang_true == "no"


def test_an_earlier_reading_can_be_answered_late(member, profile):
    assert say(member, TODAY - timedelta(3), rang_true="yes").status_code == 200


def test_tomorrow_has_not_rung_yet(member, profile):
    assert fields_at_fault(say(member, TODAY + timedelta(1), rang_true="yes")) == {
        "date": ["Takes a day from 2026-11-11 to 2026-11-21."]
    }


@pytest.mark.parametrize("body", [{}, {"rang_true": "very"}, {"rang_true": "yes", "note": "x" * 1001}])
def test_an_answer_takes_one_of_three_words_and_a_short_note(member, profile, body):
    assert say(member, TODAY, **body).status_code == 400


def test_a_note_is_stored_encrypted(member, profile):
    say(member, TODAY, rang_true="yes", note="Called my sister.")
    stored = ReadingResponse.objects.values_list("note", flat=True).get()
    assert "sister" not in str.__str__(stored)


def test_a_stranger_sees_and_touches_only_their_own(member, profile, stranger, other):
    say(member, TODAY, rang_true="yes", note="Mine.")
    with on_commit():
        make_profile(other)
    assert read(stranger)["feedback"] is None
    say(stranger, TODAY, rang_true="no")
    assert sorted(ReadingResponse.objects.values_list("rang_true", flat=True)) == ["no", "yes"]


def test_a_reading_is_the_same_whoever_computes_it_and_when(profile, user):
    made = [
        get_reading(get_reader(user_id=user.pk, now=now), TODAY, get_library()).to_dict()
        for now in (NOW - timedelta(1), NOW)
    ]
    assert made[0] == made[1]


def test_erasure_leaves_nothing_of_them(member, profile, user):
    say(member, TODAY, rang_true="yes", note="Mine.")
    data = next(data for data in hooks.list_personal_data() if data.app == "core")
    exported = data.export(user.pk)
    assert [row["note"] for row in exported["reading_responses"]] == ["Mine."]
    assert [row["reading_date"] for row in exported["readings"]] == ["2026-11-21"]
    assert [row["days_off"] for row in exported["reading_schedule"]] == [[]]
    data.erase(user.pk)
    assert (DailyReading.objects.count(), ReadingResponse.objects.count()) == (0, 0)
