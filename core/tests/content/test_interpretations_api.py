"""GET /api/v1/numerology/interpretations, and what a request for a text costs."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import redis
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from authentication.tests.factories import make_staff
from core.content.library import Library
from core.models import ContentEntry, ContentState
from core.numerology import birth_chart
from core.selectors.content import VERSION_KEY, forget_libraries, get_library, interpretations_for, tell_version
from core.services.content import publish_draft, save_draft
from core.tests.calling import post
from core.tests.content.factories import NOW, interpretation, load, on_commit, parts
from numerai.api import valkey

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_limits")]
URL = "/api/v1/numerology/interpretations"


def correct(words: str) -> None:
    entry = ContentEntry.objects.get(section="life_path", number=7, language="en")
    staff = make_staff()
    save_draft(entry_id=entry.pk, parts=parts(words), user_id=staff.pk, now=NOW)
    with on_commit():
        publish_draft(entry_id=entry.pk, revision=1, user_id=staff.pk, now=NOW, despite_problems=True)


def test_the_positions_are_listed_with_their_numbers_and_languages(api: Client) -> None:
    load(interpretation(7), interpretation(11), interpretation(7, language="de"))
    answer = api.get(URL)
    assert answer.json()["data"] == [
        {"position": "life_path", "label": "Life path", "numbers": [7, 11], "languages": ["en"]}
    ]
    assert answer["Cache-Control"] == "public, max-age=3600"


def test_an_interpretation_is_given_in_its_parts_and_as_safe_html(api: Client) -> None:
    load(interpretation(7, "A *word* and <script>alert(1)</script>."))
    data = api.get(f"{URL}/life_path/7").json()["data"]
    assert (data["position"], data["number"], data["language"], data["release"]) == ("life_path", 7, "en", 1)
    assert data["title"] == "The one who checks"
    assert data["html"]["essence"] == "<p>A <em>word</em> and &lt;script&gt;alert(1)&lt;/script&gt;.</p>"


def test_a_language_that_lacks_the_text_is_answered_in_english(api: Client) -> None:
    load(interpretation(7, "English."), interpretation(7, "Deutsch.", language="de"), interpretation(8, "Eight."))
    asked = [(7, "de"), (7, "de-AT"), (7, "fr"), (8, "de")]
    answers = [api.get(f"{URL}/life_path/{number}?lang={language}").json()["data"] for number, language in asked]
    assert [(data["language"], data["essence"]) for data in answers] == [
        ("de", "Deutsch."),
        ("de", "Deutsch."),
        ("en", "English."),
        ("en", "Eight."),
    ]


def test_a_missing_translation_is_logged_once(api: Client, log_lines: io.StringIO) -> None:
    load(interpretation(7), interpretation(8, language="de"))
    for language in ("de", "de", "fr", "it"):
        api.get(f"{URL}/life_path/7?lang={language}")
    missing = [line for line in log_lines.getvalue().splitlines() if "content missing" in line]
    assert len(missing) == 2
    assert '"language": "de"' in missing[0]


@pytest.mark.parametrize("path", ["life_path/10", "shoe_size/7", "life_path/99999999999999999999"])
def test_what_there_is_no_text_for_is_not_found(api: Client, path: str) -> None:
    load(interpretation(7))
    answer = api.get(f"{URL}/{path}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize("language", ["", "e", "english-language-please", "../en", "en\x00", "en;de"])
def test_what_is_no_language_is_told(api: Client, language: str) -> None:
    answer = api.get(f"{URL}/life_path/7", {"lang": language})
    assert (answer.status_code, list(answer.json()["error"]["details"]["fields"])) == (400, ["lang"])


def test_who_has_the_text_is_sent_nothing_until_it_changes(api: Client) -> None:
    load(interpretation(7, "As it was."), interpretation(8))
    etag = api.get(f"{URL}/life_path/7")["ETag"]
    assert api.get(f"{URL}/life_path/7", headers={"If-None-Match": etag}).status_code == 304
    correct("As it is.")
    answer = api.get(f"{URL}/life_path/7", headers={"If-None-Match": etag})
    assert (answer.status_code, answer.json()["data"]["essence"]) == (200, "As it is.")
    assert answer["ETag"] != etag


def test_a_correction_elsewhere_does_not_make_a_text_new(api: Client) -> None:
    load(interpretation(7), interpretation(8))
    etag = api.get(f"{URL}/life_path/8")["ETag"]
    correct("As it is.")
    assert api.get(f"{URL}/life_path/8", headers={"If-None-Match": etag}).status_code == 304


def test_a_version_is_read_in_one_query_by_a_process_and_then_in_none(api: Client) -> None:
    load(interpretation(7))
    with CaptureQueriesContext(connection) as first:
        api.get(f"{URL}/life_path/7")
    with CaptureQueriesContext(connection) as second:
        api.get(f"{URL}/life_path/7")
        api.get(URL)
    assert (len(first), len(second)) == (1, 0)


def test_the_version_comes_back_with_the_rate_limit_in_the_same_round_trip(api: Client) -> None:
    load(interpretation(7))
    api.get(f"{URL}/life_path/7")
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        evaluated = client.info("commandstats")["cmdstat_evalsha"]["calls"]
        api.get(f"{URL}/life_path/7")
        assert client.info("commandstats")["cmdstat_evalsha"]["calls"] == evaluated + 1


@pytest.mark.django_db(transaction=True)
def test_several_threads_of_a_process_read_a_version_once() -> None:
    load(interpretation(7))
    barrier = threading.Barrier(5)

    def read(_: int) -> Library:
        barrier.wait()
        try:
            return get_library(b"1")
        finally:
            connection.close()

    with ThreadPoolExecutor(5) as pool:
        libraries = list(pool.map(read, range(5)))
    assert len({id(library) for library in libraries}) == 1


def test_a_request_keeps_the_version_it_came_with(api: Client) -> None:
    load(interpretation(7, "As it was."))
    library = get_library()
    correct("As it is.")
    pinned = library.interpretation("life_path", 7)
    fresh = get_library().interpretation("life_path", 7)
    assert [text and text.parts["essence"] for text in (pinned, fresh)] == ["As it was.", "As it is."]


def test_a_process_that_comes_late_reads_the_version_it_was_told() -> None:
    load(interpretation(7, "As it was."))
    correct("As it is.")
    forget_libraries()
    text = get_library(b"1").interpretation("life_path", 7)
    assert text is not None
    assert text.parts["essence"] == "As it was."


@pytest.fixture
def _valkey_is_asked_again() -> Iterator[None]:
    yield
    valkey.fuse.mend()


@pytest.mark.usefixtures("_valkey_is_asked_again")
def test_without_valkey_the_database_says_which_version_is_served(
    api: Client, settings: Any, django_assert_num_queries: Any
) -> None:
    load(interpretation(7))
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    with django_assert_num_queries(2):
        assert api.get(f"{URL}/life_path/7").status_code == 200


def test_a_version_that_the_database_does_not_know_is_no_version_of_ours() -> None:
    load(interpretation(7))
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.set(VERSION_KEY, 99)
        assert get_library().version == 1
        assert client.get(VERSION_KEY) == b"1"


def test_old_news_never_takes_the_version_back() -> None:
    tell_version(5)
    tell_version(4)
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        assert client.get(VERSION_KEY) == b"5"
        assert 0 < client.pttl(VERSION_KEY) <= 60_000


def test_the_version_is_that_of_the_last_release() -> None:
    load(interpretation(7))
    correct("As it is.")
    assert (ContentState.objects.get().version, get_library().version) == (2, 2)


@pytest.mark.parametrize(("born", "number"), [("1992-11-29", 7), ("1815-12-10", 1)])
def test_a_chart_finds_its_interpretations(born: str, number: int) -> None:
    load(interpretation(7), interpretation(1))
    chart = birth_chart("Ada Lovelace", born, on=NOW.date()).to_dict()
    texts = interpretations_for(get_library(), chart, "de")
    assert [(text.key.section, text.key.number, text.language) for text in texts] == [("life_path", number, "en")]


def test_a_master_number_that_has_no_text_takes_that_of_its_root() -> None:
    load(interpretation(8))
    chart = {"core": {"life_path": {"value": 44, "root": 8}}}
    assert [text.key.number for text in interpretations_for(get_library(), chart, "en")] == [8]


def test_a_chart_without_a_number_has_no_interpretation_of_it() -> None:
    load(interpretation(8))
    assert interpretations_for(get_library(), {"core": {"life_path": None}}, "en") == []


def test_a_calculated_chart_brings_its_interpretations_if_asked(api: Client) -> None:
    load(interpretation(1, "Went first."), interpretation(7))
    person = {"name": "Ada Lovelace", "birth_date": "1815-12-10"}
    asked = {"include": ["interpretations"], "lang": "de"}
    plain, joined = (
        post(api, "/api/v1/numerology/calculate", body).json()["data"] for body in (person, person | asked)
    )
    texts = joined.pop("interpretations")
    assert [(text["position"], text["number"], text["language"], text["essence"]) for text in texts] == [
        ("life_path", 1, "en", "Went first.")
    ]
    assert joined == plain


@pytest.mark.parametrize(("field", "value"), [("include", ["horoscope"]), ("include", "all"), ("lang", "../en")])
def test_what_cannot_be_added_to_a_chart_is_told(api: Client, field: str, value: Any) -> None:
    answer = post(api, "/api/v1/numerology/calculate", {"name": "Ada", "birth_date": "1815-12-10", field: value})
    assert answer.status_code == 400
    assert all(name.startswith(field) for name in answer.json()["error"]["details"]["fields"])
