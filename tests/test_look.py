"""The faces and the stylesheet that all pages share: small, licensed, and where the pages say they are."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.core.files.storage import FileSystemStorage
from django.test import Client

from authentication.tests.factories import make_staff
from notifications import links
from notifications.kinds import Topic

STATIC = Path(__file__).resolve().parents[1] / "numerai" / "static"
FONTS = STATIC / "numerai" / "fonts"
FACES = (STATIC / "numerai" / "fonts.css").read_text()
LOADED = [face for face in re.findall(r"@font-face \{(.*?)\}", FACES, re.DOTALL) if "url(" in face]
LETTER = links.unsubscribe_url(user_id=UUID(int=7), topic=Topic.NEWS).partition("/unsubscribe/")[2]
PAGES = ["/account/deletion", f"/unsubscribe/{LETTER}", "/dev/push", "/dev/outbox"]


def test_all_faces_together_are_under_100_kilobytes():
    sizes = {file.name: file.stat().st_size for file in FONTS.glob("*.woff2")}
    assert len(sizes) == 3
    assert sum(sizes.values()) < 100_000


def test_every_file_of_a_face_is_used_and_every_used_one_is_there():
    named = set(re.findall(r'url\("fonts/([^"]+)"\)', FACES))
    assert named == {file.name for file in FONTS.glob("*.woff2")}


@pytest.mark.parametrize("file", sorted(FONTS.glob("*.woff2")), ids=lambda file: file.name)
def test_every_face_has_its_licence_beside_it(file: Path):
    family = file.name.partition("-")[0]
    licence = (FONTS / f"OFL-{family}.txt").read_text()
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence
    assert f"The {family.title()} Project Authors" in licence
    assert file.read_bytes()[:4] == b"wOF2"


@pytest.mark.parametrize("face", LOADED, ids=lambda face: re.search(r"fonts/([\w-]+)", face)[1])
def test_text_is_readable_before_a_face_has_come_and_only_needed_files_are_loaded(face: str):
    assert "font-display: swap" in face
    assert "unicode-range: U+" in face


@pytest.mark.parametrize("family", ["Newsreader", "Fraunces"])
def test_a_stand_in_of_the_same_measure_comes_right_after_each_face(family: str):
    stack = re.search(rf"--font-\w+: {family}, (.*?);", FACES)[1]
    stand_in = re.match(r'"([^"]+)"', stack)[1]
    drawn = re.search(rf'font-family: "{stand_in}";(.*?)\}}', FACES, re.DOTALL)[1]
    for measure in ("local(", "size-adjust", "ascent-override", "descent-override", "line-gap-override"):
        assert measure in drawn


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path[:12])
@pytest.mark.django_db
def test_a_page_names_files_that_exist_and_may_load_them(client: Client, settings: Any, path: str):
    settings.DEBUG, settings.ROOT_URLCONF = True, "tests.addresses"
    answer = client.get(path)
    named = re.findall(r'(?:href|src)="/static/([^"]+)"', answer.content.decode())
    needed = {"numerai/icon.svg", "numerai/fonts.css", "numerai/page.css", "numerai/fonts/newsreader-latin.woff2"}
    assert needed <= set(named)
    assert [name for name in named if finders.find(name) is None] == []
    policy = answer["Content-Security-Policy"]
    assert ("font-src 'self'" in policy, "style-src 'self'" in policy) == (True, True)


@pytest.mark.django_db
def test_the_admin_has_the_faces_and_the_icon_too(client: Client):
    door = client.get("/admin/login/").content.decode()
    client.force_login(make_staff())
    desk = client.get("/admin/").content.decode()
    named = [set(re.findall(r'href="/static/numerai/([^"]+)"', page)) for page in (door, desk)]
    assert [{"fonts.css", "icon.svg"} <= names for names in named] == [True, True]


def test_who_asks_for_an_icon_without_reading_a_page_gets_one(client: Client):
    answer = client.get("/favicon.ico")
    icon = b"".join(answer)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/x-icon")
    # Three pictures, told of in 16 bytes each, the first of which is the width.
    assert (icon[:6], list(icon[6:54:16])) == (b"\0\0\1\0\3\0", [16, 32, 48])


def test_every_name_of_a_face_in_a_stylesheet_is_one_that_exists():
    known = set(re.findall(r"--([\w-]+):", FACES))
    used = {
        name
        for file in (STATIC / "numerai" / "page.css", Path(finders.find("authentication/staff.css")))
        for name in re.findall(r"var\(--(font-(?:reading|numeral|interface))\)", file.read_text())
    }
    assert len(used) == 3
    assert used <= known


def test_in_production_the_faces_have_names_of_their_content(tmp_path: Path):
    storage = ManifestStaticFilesStorage(location=tmp_path)
    source = FileSystemStorage(location=STATIC)
    names = [str(file.relative_to(STATIC)) for file in STATIC.rglob("*") if file.is_file()]
    for name in names:
        with source.open(name) as file:
            storage.save(name, file)
    failed = [
        done for _, _, done in storage.post_process({name: (storage, name) for name in names}) if done is not True
    ]
    assert failed == []
    written = (tmp_path / storage.stored_name("numerai/fonts.css")).read_text()
    hashed = re.findall(r'url\("fonts/([^"]+)"\)', written)
    assert len(hashed) == 3
    assert all(re.fullmatch(r"[\w-]+\.[0-9a-f]{12}\.woff2", name) for name in hashed)
    assert all((tmp_path / "numerai" / "fonts" / name).exists() for name in hashed)
