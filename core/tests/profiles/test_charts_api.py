"""Birth charts of profiles: what they hold, what they cost, and when they change."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest
import redis
from django.conf import settings
from django.db import connection
from django.test import TestCase
from lz4 import block as lz4

from authentication import members
from authentication.signing import AccessToken
from authentication.tests.factories import CommittingClient, make_user, sign_in_as
from core.numerology import birth_chart
from core.tests.content.factories import interpretation, load
from core.tests.factories import CRUISE, make_profile
from numerai.api import valkey
from payments.services import grant_plan

pytestmark = pytest.mark.django_db

CHART = "numerology/birth-chart"
KEPT = b"birth-chart:1:primary:True"


@pytest.fixture
def server():
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        yield client


@pytest.fixture
def profile(user):
    return make_profile(user)


@pytest.fixture
def at(time_machine):
    """Set the clock of this process, to the second."""
    return lambda moment: time_machine.move_to(moment, tick=False)


def kept_until(server, user):
    kept = server.hget(members.answers_key(user.pk), KEPT)
    return datetime.fromtimestamp(int(kept.split(b"\n")[1]), UTC)


def headers_of(answer):
    # What tells one request from another, and what only DRF's own answers say.
    apart = {"X-Request-ID", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Allow", "Content-Length"}
    return {name: value for name, value in answer.headers.items() if name not in apart}


def test_the_chart_is_the_engines_of_today_in_the_members_zone(at):
    at(datetime(2027, 1, 1, 11, tzinfo=UTC))
    user = make_user(password=None, time_zone="Pacific/Kiritimati")
    make_profile(user)
    data = CommittingClient(sign_in_as(user)).send("get", CHART).json()["data"]
    assert data == birth_chart(CRUISE["birth_name"], CRUISE["birth_date"], on="2027-01-02").to_dict()


def test_a_profiles_own_chart_takes_all_of_its_inputs(member, user):
    inputs = {
        "birth_name": "Anna Maria Luisa", "birth_date": "1990-02-28", "current_name": "Ann", "gender": "female",
        "preset": "goodwin", "options": {"mode": "total"},
        "vowel_overrides": [{"part": 0, "index": 0, "role": "vowel"}],
    }  # fmt: skip
    profile = make_profile(user, **inputs)
    data = member.send("get", f"numerology/profiles/{profile.pk}/birth-chart?explain=false").json()["data"]
    arguments = {"name": inputs.pop("birth_name"), **inputs, "on": data["current"]["on"], "explain": False}
    assert data == birth_chart(**arguments).to_dict()


def test_a_cold_read_costs_one_query_and_a_warm_one_none(member, profile, django_assert_num_queries):
    with django_assert_num_queries(1):  # the member record, and with it the profile with the member's time zone
        cold = member.send("get", CHART)
    with django_assert_num_queries(0):
        warm = member.send("get", CHART)
    assert cold.json()["data"] == warm.json()["data"]
    assert headers_of(cold) == headers_of(warm)
    assert cold.headers["Cache-Control"] == "private, no-cache"


def test_a_read_of_a_member_who_is_known_costs_one_query(member, profile, django_assert_num_queries):
    member.send("get", "users/profile")
    with django_assert_num_queries(1):  # the profile with the member's time zone
        assert member.send("get", CHART).status_code == 200


def test_a_token_of_nobody_reads_nothing(member, user, profile):
    token = AccessToken(sign_in_as(user).access_token)
    token["user_id"] = str(uuid4())
    assert member.get(f"/api/v1/{CHART}", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_a_warm_read_is_one_round_trip(member, profile, monkeypatch):
    member.send("get", CHART)
    asked = []
    run = valkey.run
    monkeypatch.setattr(valkey, "run", lambda source, **more: asked.append(1) or run(source, **more))
    assert member.send("get", CHART).status_code == 200
    assert len(asked) == 1


def test_every_read_is_counted_once(member, profile):
    left = [int(member.send("get", CHART).headers["X-RateLimit-Remaining"]) for _ in range(20)]
    assert left == list(range(19, -1, -1))
    refused = member.send("get", CHART)
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "RATE_LIMITED")


def test_an_unchanged_chart_is_not_sent_again(member, profile):
    etag = member.send("get", CHART).headers["ETag"]
    assert etag.startswith('W/"')
    again = member.get(f"/api/v1/{CHART}", headers={"If-None-Match": f'"other", {etag}'})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", etag)
    assert again.headers["X-RateLimit-Remaining"] == "18"
    assert "default-src 'none'" in again.headers["Content-Security-Policy"]


def test_a_changed_chart_is(member, profile):
    etag = member.send("get", CHART).headers["ETag"]
    member.send("patch", "users/profile", {"date_of_birth": "1962-07-04"})
    again = member.get(f"/api/v1/{CHART}", headers={"If-None-Match": etag})
    assert again.status_code == 200
    assert again.headers["ETag"] != etag


def test_another_primary_profile_is_another_chart(member, user, profile):
    other = make_profile(user, birth_date="1990-01-02")
    before = member.send("get", CHART).json()["data"]["birth_date"]
    member.send("post", f"numerology/profiles/{other.pk}/make-primary")
    assert (before, member.send("get", CHART).json()["data"]["birth_date"]) == ("1962-07-03", "1990-01-02")


def test_parts_and_the_working_are_chosen_by_the_query(member, profile):
    part = member.send("get", f"{CHART}?fields=core,current&explain=false").json()["data"]
    assert list(part) == ["core", "current"]
    assert "working" not in part["core"]["life_path"]
    assert "working" in member.send("get", f"{CHART}?explain=true").json()["data"]["core"]["life_path"]
    assert "working" not in member.send("get", f"{CHART}?explain=false").json()["data"]["core"]["life_path"]


@pytest.mark.parametrize(
    ("query", "at_fault"), [("explain=yes", "explain"), ("fields=core,x", "fields"), ("other=1", "non_field_errors")]
)
def test_a_query_that_is_none_is_refused(member, profile, query, at_fault):
    answer = member.send("get", f"{CHART}?{query}")
    assert (answer.status_code, list(answer.json()["error"]["details"]["fields"])) == (400, [at_fault])


def test_without_a_profile_there_is_no_chart(member):
    answer = member.send("get", CHART)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "NO_PRIMARY_PROFILE")


def test_what_is_kept_of_a_profile_is_not_given_to_strangers(member, user, profile):
    path = f"numerology/profiles/{profile.pk}/birth-chart"
    assert [member.send("get", path).status_code for _ in range(2)] == [200, 200]
    stranger = CommittingClient(sign_in_as(make_user(password=None)))
    assert [stranger.send("get", path).status_code for _ in range(2)] == [404, 404]


def test_a_deleted_profile_is_gone_at_once(member, user, profile):
    other = make_profile(user, relation="child")
    path = f"numerology/profiles/{other.pk}/birth-chart"
    assert member.send("get", path).status_code == 200
    member.send("delete", f"numerology/profiles/{other.pk}")
    assert member.send("get", path).status_code == 404


def test_the_chart_turns_at_the_members_midnight(user, profile, server, at):
    # London, in summer time: the day begins at 23:00 UTC.
    at(datetime(2027, 7, 2, 22, 59, 59, tzinfo=UTC))
    member = CommittingClient(sign_in_as(user))
    assert member.send("get", CHART).json()["data"]["current"]["on"] == "2027-07-02"
    assert kept_until(server, user) == datetime(2027, 7, 2, 23, tzinfo=UTC)
    at(datetime(2027, 7, 2, 23, tzinfo=UTC))
    assert member.send("get", f"{CHART}?fields=current").json()["data"]["current"]["on"] == "2027-07-03"


def test_what_was_kept_until_now_is_made_anew(member, user, profile, server):
    member.send("get", CHART)
    versions, _, rest = server.hget(members.answers_key(user.pk), KEPT).split(b"\n", 2)
    server.hset(members.answers_key(user.pk), KEPT, b"\n".join([versions, b"1", rest]))
    assert member.send("get", CHART).status_code == 200
    assert kept_until(server, user) > datetime.now(UTC)


def test_somebody_born_today_further_east_has_a_chart_in_the_west(at):
    moment = datetime(2026, 5, 5, 23, tzinfo=UTC)
    at(moment)
    user = make_user(password=None, time_zone="Pacific/Auckland")
    member = CommittingClient(sign_in_as(user))
    make_profile(user, birth_date="2026-05-06", now=moment)
    member.send("patch", "users/profile", {"time_zone": "America/New_York"})
    assert member.send("get", CHART).json()["data"]["current"]["age"] == 0


def test_reading_goes_on_without_valkey(member, profile, settings, django_assert_num_queries):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    with django_assert_num_queries(2):
        first = member.send("get", CHART)
    second = member.send("get", CHART)
    assert (first.status_code, first.json()["data"]) == (200, second.json()["data"])


def test_a_kept_chart_that_cannot_be_opened_is_made_anew(member, user, profile, server):
    good = member.send("get", CHART).json()["data"]
    kept = server.hget(members.answers_key(user.pk), KEPT)
    server.hset(members.answers_key(user.pk), KEPT, kept[:-1] + bytes([kept[-1] ^ 1]))
    assert member.send("get", CHART).json()["data"] == good


def test_a_kept_chart_of_another_member_does_not_open(member, user, profile, server):
    other = make_user(password=None)
    make_profile(other, birth_date="1990-01-02")
    theirs = CommittingClient(sign_in_as(other))
    for client in (member, theirs):
        client.send("get", CHART)
    versions = server.hget(members.answers_key(user.pk), KEPT).split(b"\n")[0]
    swapped = server.hget(members.answers_key(other.pk), KEPT).split(b"\n", 1)[1]
    server.hset(members.answers_key(user.pk), KEPT, versions + b"\n" + swapped)
    assert member.send("get", CHART).json()["data"]["birth_date"] == "1962-07-03"


def test_what_is_kept_is_encrypted(member, user, profile, server):
    member.send("get", CHART)
    kept = server.hgetall(members.answers_key(user.pk))
    assert len(kept) == 1
    everything = b"".join([*kept, *kept.values()])
    assert [word for word in (b"1962", b"THOMAS", b"Mapother", b"life_path") if word in everything] == []
    with pytest.raises(lz4.LZ4BlockError):  # compressed, it would not show either
        lz4.decompress(kept[KEPT].split(b"\n", 2)[2])


def test_a_revoked_session_reads_nothing_that_was_kept(member, user, profile):
    pair = sign_in_as(user)
    other = CommittingClient(pair)
    assert [other.send("get", CHART).status_code for _ in range(2)] == [200, 200]
    member.send("delete", f"auth/sessions/{pair.session_id}")
    assert other.send("get", CHART).status_code == 401
    assert member.send("get", CHART).status_code == 200


def test_a_refusal_is_counted_once_and_looks_the_same_warm_or_cold(member):
    answers = [member.send("get", CHART) for _ in range(21)]
    assert [answer.status_code for answer in answers] == [404] * 20 + [429]
    assert [int(answer.headers["X-RateLimit-Remaining"]) for answer in answers[:20]] == list(range(19, -1, -1))
    assert int(answers[20].headers["Retry-After"]) > 0
    assert answers[20].headers["X-RateLimit-Limit"] == "20"


def test_a_premium_member_reads_by_the_premium_rule(member, user, profile):
    now = datetime.now(UTC)
    with TestCase.captureOnCommitCallbacks(execute=True):
        grant_plan(
            user_id=user.pk, plan="premium", reason="A prize", ends_at=now + timedelta(days=1), granted_by=user.pk,
            now=now,
        )  # fmt: skip
    limits = [member.send("get", CHART).headers["X-RateLimit-Limit"] for _ in range(2)]
    assert limits == ["100", "100"]


def test_nothing_is_kept_of_a_member_whose_record_was_taken_away_meanwhile(member, user, profile, server, monkeypatch):
    """An erasure falls between reading the profile and keeping the answer."""
    from core.views import charts

    original = charts.chart_source_of
    taken = lambda *row, **id: (original(*row, **id), members.forget(user.pk))[0]  # noqa: E731
    monkeypatch.setattr(charts, "chart_source_of", taken)
    assert member.send("get", CHART).status_code == 200
    assert not server.exists(members.answers_key(user.pk))
    assert not server.exists(members.record_key(user.pk))


def test_valkey_may_die_between_finding_and_keeping(member, profile, monkeypatch):
    answers = iter([False, True])
    run = valkey.run

    def dying(source, **more):
        if next(answers, True):
            raise valkey.ValkeyPaused
        return run(source, **more)

    monkeypatch.setattr(valkey, "run", dying)
    answer = member.send("get", CHART)
    assert (answer.status_code, answer.headers["X-RateLimit-Remaining"]) == (200, "20")


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_has_died_is_replaced_unnoticed(member, user, profile):
    pid = connection.connection.info.backend_pid
    with psycopg.connect(connection.connection.info.dsn, password=connection.settings_dict["PASSWORD"]) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    answer = member.send("get", CHART)
    assert (answer.status_code, connection.connection.info.backend_pid != pid) == (200, True)


def test_the_log_names_the_member_and_nothing_of_the_chart(member, user, profile, log_lines):
    for _ in range(2):
        member.send("get", CHART)
    lines = [json.loads(line) for line in log_lines.getvalue().splitlines() if "birth-chart" in line]
    assert [line["user_id"] for line in lines] == [str(user.pk)] * 2
    assert [word for word in ("1962", "Mapother", "thomas") if word in log_lines.getvalue()] == []


@pytest.mark.parametrize("accept", ["text/html", "image/*"])
def test_a_client_that_takes_no_json_is_told_so_warm_or_cold(member, profile, accept):
    member.send("get", CHART)
    assert member.get(f"/api/v1/{CHART}", headers={"Accept": accept}).status_code == 406


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer x", "Bearer x y", "Basic eDp5"])
def test_a_bad_token_is_refused_warm_or_cold(member, stranger, profile, token):
    member.send("get", CHART)
    assert stranger.get(f"/api/v1/{CHART}", headers={"Authorization": token}).status_code == 401


def test_a_profile_changed_while_it_is_read_is_not_kept_as_the_new_one(member, user, profile, monkeypatch):
    """The change falls between reading the profile and keeping the answer; the next reader must see it."""
    member.send("get", "users/profile")  # the member record is warm
    from core.views import charts

    original = charts.chart_source_of

    def slow(*row, **profile_id):
        found = original(*row, **profile_id)
        monkeypatch.setattr(charts, "chart_source_of", original)
        member.send("patch", "users/profile", {"date_of_birth": "1962-07-04"})
        return found

    monkeypatch.setattr(charts, "chart_source_of", slow)
    first = member.send("get", CHART).json()["data"]["birth_date"]
    assert (first, member.send("get", CHART).json()["data"]["birth_date"]) == ("1962-07-03", "1962-07-04")


@pytest.mark.parametrize(
    ("changes", "session"),
    [({}, "a"), ({}, "b"), ({"is_active": False}, "a"), ({"token_version": 2}, "a"), ({"sessions": []}, "a"),
     ({"sessions": ["b", "c"]}, "c")],
)  # fmt: skip
def test_the_script_admits_whom_the_record_admits(changes, session):
    fields = {
        "token_version": 1, "data_version": 7, "tier": "free", "is_active": True, "is_staff": False,
        "sessions": ["a"], **changes,
    }  # fmt: skip
    record = members.MemberRecord(**{**fields, "sessions": frozenset(fields["sessions"])})
    script = members.ADMITS_FUNCTION + "return admits(cjson.decode(ARGV[1]), tonumber(ARGV[2]), ARGV[3]) and 1 or 0"
    answered = valkey.run(script, keys=[f"numerai:test:{uuid4()}"], args=[json.dumps(fields), 1, session])
    assert bool(answered) is record.admits(token_version=1, session_id=session)


def test_a_chart_brings_its_interpretations_if_asked_and_is_not_kept_with_them(at, server):
    at(datetime(2027, 1, 1, 11, tzinfo=UTC))
    user = make_user(password=None)
    make_profile(user)
    load(interpretation(1, "As it was."))
    client = CommittingClient(sign_in_as(user))
    data = client.send("get", f"{CHART}?include=interpretations&fields=core&lang=de").json()["data"]
    assert sorted(data) == ["core", "interpretations"]
    assert [(text["position"], text["number"], text["language"]) for text in data["interpretations"]] == [
        ("life_path", 1, "en")
    ]
    load(interpretation(1, "As it is."))
    data = client.send("get", f"{CHART}?include=interpretations").json()["data"]
    assert [text["essence"] for text in data["interpretations"]] == ["As it is."]
    assert "interpretations" not in client.send("get", CHART).json()["data"]


@pytest.mark.parametrize("query", ["include=horoscope", "include=interpretations&lang=x"])
def test_what_cannot_be_added_is_told(query):
    user = make_user(password=None)
    make_profile(user)
    assert CommittingClient(sign_in_as(user)).send("get", f"{CHART}?{query}").status_code == 400
