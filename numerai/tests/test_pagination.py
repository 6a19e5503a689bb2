from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

User: Any = get_user_model()


pytestmark = [pytest.mark.urls("numerai.tests.addresses"), pytest.mark.django_db]


@pytest.fixture
def members() -> None:
    User.objects.bulk_create(User(email=f"{number:03d}@example.com") for number in range(45))


def walk(api: Client, limit: int) -> list[str]:
    """Read a whole series page by page."""
    ids: list[str] = []
    answer = api.get(f"/api/test/series?limit={limit}").json()
    ids += [item["id"] for item in answer["data"]]
    while cursor := answer["pagination"]["next_cursor"]:
        answer = api.get("/api/test/series", {"limit": limit, "cursor": cursor}).json()
        ids += [item["id"] for item in answer["data"]]
    return ids


def test_a_series_gives_twenty_by_default(api: Client, members: None) -> None:
    answer = api.get("/api/test/series").json()
    assert len(answer["data"]) == 20
    assert answer["pagination"]["has_more"] is True
    assert list(answer) == ["success", "data", "pagination", "meta"]


@pytest.mark.parametrize("limit", [1, 7, 44, 45, 46, 100])
def test_a_walk_sees_every_row_once_even_with_equal_moments(api: Client, members: None, limit: int) -> None:
    """All rows of one transaction have the same created_at: only the primary key tells them apart."""
    ids = walk(api, limit)
    assert len(ids) == 45
    assert set(ids) == {str(pk) for pk in User.objects.values_list("pk", flat=True)}


def test_the_newest_comes_first(api: Client, members: None) -> None:
    newest = User.objects.first()
    assert newest is not None
    User.objects.filter(pk=newest.pk).update(created_at=timezone.now() + timezone.timedelta(days=1))
    assert api.get("/api/test/series?limit=1").json()["data"][0]["id"] == str(newest.pk)


def test_rows_added_meanwhile_shift_nothing(api: Client, members: None) -> None:
    first = api.get("/api/test/series?limit=10").json()
    User.objects.create_user("new@example.com")
    User.objects.update(created_at=User.objects.earliest("created_at").created_at)
    second = api.get("/api/test/series", {"limit": 10, "cursor": first["pagination"]["next_cursor"]}).json()
    assert {item["id"] for item in first["data"]}.isdisjoint(item["id"] for item in second["data"])


def test_the_last_page_says_so(api: Client, members: None) -> None:
    assert api.get("/api/test/series?limit=100").json()["pagination"] == {"next_cursor": None, "has_more": False}


def test_an_empty_series(api: Client) -> None:
    answer = api.get("/api/test/series").json()
    assert (answer["data"], answer["pagination"]) == ([], {"next_cursor": None, "has_more": False})


@pytest.mark.parametrize("rows", [1, 5])
def test_a_page_of_a_series_is_one_query(api: Client, rows: int) -> None:
    User.objects.bulk_create(User(email=f"{number}@example.com") for number in range(rows))
    with CaptureQueriesContext(
        connection,
    ) as queries:
        api.get("/api/test/series")
    assert len(queries) == 1  # the rows


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=-1", "limit"),
        ("limit=101", "limit"),
        ("limit=x", "limit"),
        ("limit=", "limit"),
        ("limit=1.5", "limit"),
        ("limit=٣", "limit"),
        ("limit=99999999999999999999", "limit"),
        ("cursor=", "cursor"),
        ("cursor=nonsense", "cursor"),
        ("cursor=WyJhIl0:xxxx", "cursor"),
        ("cursor=%00", "cursor"),
        ("cursor=ä", "cursor"),
    ],
)
def test_a_bad_parameter_of_a_series_is_named(api: Client, members: None, query: str, field: str) -> None:
    answer = api.get(f"/api/test/series?{query}")
    assert answer.status_code == 400
    assert list(answer.json()["error"]["details"]["fields"]) == [field]


def test_a_changed_cursor_is_refused(api: Client, members: None) -> None:
    cursor = api.get("/api/test/series").json()["pagination"]["next_cursor"]
    answer = api.get("/api/test/series", {"cursor": "A" + cursor[1:]})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("query", "first", "count", "numbers"),
    [
        ("", "000@example.com", 20, (1, 20, 45, 3)),
        ("page=3", "040@example.com", 5, (3, 20, 45, 3)),
        ("page=2&per_page=7", "007@example.com", 7, (2, 7, 45, 7)),
        ("per_page=100", "000@example.com", 45, (1, 100, 45, 1)),
    ],
)
def test_pages_by_number(
    api: Client, members: None, query: str, first: str, count: int, numbers: tuple[int, ...]
) -> None:
    answer = api.get(f"/api/test/numbered?{query}").json()
    assert (answer["data"][0]["email"], len(answer["data"])) == (first, count)
    assert tuple(answer["pagination"].values()) == numbers
    assert list(answer["pagination"]) == ["page", "per_page", "total", "total_pages"]


def test_a_page_past_the_end_is_empty(api: Client, members: None) -> None:
    answer = api.get("/api/test/numbered?page=9")
    assert (answer.status_code, answer.json()["data"]) == (200, [])


def test_no_rows_are_no_pages(api: Client) -> None:
    assert api.get("/api/test/numbered").json()["pagination"]["total_pages"] == 0


@pytest.mark.parametrize("name", ["page", "per_page"])
@pytest.mark.parametrize("value", ["0", "x", "-1", "", "1e3", "10000000"])
def test_a_bad_page_parameter_is_named(api: Client, name: str, value: Any) -> None:
    answer = api.get("/api/test/numbered", {name: value})
    assert (answer.status_code, list(answer.json()["error"]["details"]["fields"])) == (400, [name])
