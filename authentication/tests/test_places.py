from __future__ import annotations

from ipaddress import ip_address

import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from authentication.models import Session
from authentication.places import coarse_place
from authentication.tests.factories import PASSWORD, ApiClient, deliveries_to, sign_in_as
from notifications.kinds import Kind

# Blocks that are set aside for documentation.
NAMED, WITHOUT_REGION, WITHOUT_NAME = "192.0.2.7", "198.51.100.7", "203.0.113.7"
UNKNOWN, SIX = "192.88.99.1", "2001:db8::7"


def record(country: str, *regions: str) -> dict[str, object]:
    return {
        "city": {"names": {"en": "Munich"}},
        "country": {"names": {"en": country, "de": "anders"}},
        "subdivisions": [{"names": {"en": region}} for region in regions],
    }


@pytest.fixture(scope="session")
def database(tmp_path_factory):
    writer = MMDBWriter(6, "GeoLite2-City", languages=["en", "de"], ipv4_compatible=True)
    writer.insert_network(IPSet(["192.0.2.0/24"]), record("Germany", "Bavaria", "Upper Bavaria"))
    writer.insert_network(IPSet(["198.51.100.0/24"]), record("Malta"))
    writer.insert_network(IPSet(["203.0.113.0/24"]), {"country": {"iso_code": "XX"}})
    writer.insert_network(IPSet(["2001:db8::/32"]), record("Portugal", "Lisbon"))
    path = tmp_path_factory.mktemp("location") / "places.mmdb"
    writer.to_db_file(str(path))
    return path


@pytest.fixture
def configured(settings, database):
    settings.LOCATION_DATABASE = str(database)


@pytest.mark.parametrize(
    ("address", "place"),
    [
        (NAMED, "Bavaria, Germany"),
        (WITHOUT_REGION, "Malta"),
        (WITHOUT_NAME, ""),
        (UNKNOWN, ""),
        (SIX, "Lisbon, Portugal"),
    ],
)
def test_a_place_is_region_and_country_and_never_a_city(configured, address, place):
    assert coarse_place(ip_address(address)) == place


def test_without_a_database_or_an_address_there_is_no_place(settings, database):
    settings.LOCATION_DATABASE = ""
    assert coarse_place(ip_address(NAMED)) == ""
    settings.LOCATION_DATABASE = str(database)
    assert coarse_place(None) == ""


def test_a_database_that_went_away_or_broke_hinders_nobody(settings, tmp_path, database):
    settings.LOCATION_DATABASE = str(tmp_path / "none.mmdb")
    assert coarse_place(ip_address(NAMED)) == ""
    broken = tmp_path / "broken.mmdb"
    broken.write_bytes(database.read_bytes()[:-20])
    settings.LOCATION_DATABASE = str(broken)
    assert coarse_place(ip_address(NAMED)) == ""


def test_an_address_of_six_asked_of_a_database_of_four_has_no_place(settings, tmp_path):
    writer = MMDBWriter(4, "GeoLite2-City")
    writer.insert_network(IPSet(["192.0.2.0/24"]), record("Germany", "Bavaria"))
    writer.to_db_file(str(tmp_path / "four.mmdb"))
    settings.LOCATION_DATABASE = str(tmp_path / "four.mmdb")
    assert coarse_place(ip_address(NAMED)) == "Bavaria, Germany"
    assert coarse_place(ip_address(SIX)) == ""


@pytest.mark.django_db
def test_a_member_sees_near_where_each_device_signed_in_and_is_told_it(configured, user):
    for address in (UNKNOWN, NAMED):
        from_there = ApiClient(REMOTE_ADDR=address)
        answer = from_there.send("post", "auth/login", {"email": user.email, "password": PASSWORD})
    token = answer.json()["data"]["access_token"]
    listed = ApiClient().get("/api/v1/auth/sessions", headers={"Authorization": f"Bearer {token}"}).json()["data"]
    assert [session["place"] for session in listed] == ["Bavaria, Germany", ""]
    [(kind, payload)] = deliveries_to(user.email)
    assert (kind, payload["place"]) == (Kind.NEW_SIGN_IN, "Bavaria, Germany")
    assert NAMED not in str(list(Session.objects.values()))


@pytest.mark.django_db
def test_a_session_moves_with_its_device(configured, user):
    pair = sign_in_as(user)
    there = ApiClient(REMOTE_ADDR=SIX)
    assert there.send("post", "auth/refresh-token", {"refresh_token": pair.refresh_token}).status_code == 200
    assert Session.objects.get().place == "Lisbon, Portugal"
