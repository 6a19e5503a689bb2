"""Every kind in words: subject, preview, plain text and HTML."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from notifications.kinds import RULES, Channel, CodePurpose, Kind, SecurityEvent, Told
from notifications.letters import Letter, LetterNotWritten, mask, render_letter
from notifications.tests.factories import CODE, PAYLOADS

EVERY_LETTER = [
    *[(kind, {}) for kind in Kind],
    *[(Kind.ONE_TIME_CODE, {"purpose": purpose.value}) for purpose in CodePurpose],
    *[(Kind.SECURITY_NOTICE, {"event": event.value}) for event in SecurityEvent],
    *[(Kind.EMAIL_CHANGED, {"told": told.value}) for told in Told],
]
every_letter = pytest.mark.parametrize(
    ("kind", "more"), EVERY_LETTER, ids=lambda part: part.value if isinstance(part, Kind) else "-".join(part.values())
)
TEMPLATES = Path(__file__).parents[1] / "templates" / "notifications"


def write(kind: Kind, *, language: str = "en", channel: Channel = Channel.EMAIL, **more: Any) -> Letter:
    return render_letter(kind=kind.value, channel=channel, language=language, payload=PAYLOADS[kind] | more)


class Page(HTMLParser):
    """The words of a page as a reader hears them, its tags, and whether each tag is closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words, self.tags, self.open, self.attributes = "", [], [], []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        self.open += [] if tag in ("meta", "br") else [tag]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += "" if {"style", "title", "head"} & set(self.open) else f" {data}"

    def text(self) -> str:
        return " ".join(self.words.replace("\u034f", "").replace("\u200c", "").split())


def test_every_kind_has_a_rule():
    assert set(RULES) == set(Kind)


@every_letter
def test_every_letter_has_subject_preview_heading_and_both_parts(kind: Kind, more: dict[str, str]):
    letter = write(kind, **more)
    page = Page(letter.html)
    assert 10 <= len(letter.subject) <= 70
    assert page.tags.count("h1") == 1
    assert page.open == []
    assert "{" not in letter.text + letter.subject
    assert "|" not in letter.text
    assert not re.search(r"[\x00-\x09\x0b-\x1f]", letter.text + letter.html + letter.subject)


@every_letter
def test_plain_text_and_html_say_the_same(kind: Kind, more: dict[str, str]):
    letter = write(kind, **more)
    heard = Page(letter.html).text()
    paragraphs = [" ".join(part.split()) for part in letter.text.removesuffix("\n").split("\n\n")]
    spoken = [part.removeprefix("-- ") for part in paragraphs if "https://" not in part]
    assert [part for part in spoken if part not in heard] == []


@every_letter
def test_no_letter_loads_anything_or_runs_anything(kind: Kind, more: dict[str, str]):
    page = Page(write(kind, **more).html)
    assert {"img", "script", "link", "iframe", "form", "svg"} & set(page.tags) == set()
    assert "url(" not in write(kind, **more).html


@every_letter
def test_lines_fit_a_plain_text_window(kind: Kind, more: dict[str, str]):
    lines = write(kind, **more).text.splitlines()
    assert [line for line in lines if len(line) > 72 and not line.startswith("https://")] == []


@every_letter
def test_the_voice_is_kept(kind: Kind, more: dict[str, str]):
    letter = write(kind, **more)
    words = letter.subject + letter.text
    assert "!" not in words
    assert "—" not in words
    assert not re.search(r"\b(journey|energy|vibration|manifest|embrace|unlock|dear|click here)\b", words.lower())


def test_a_code_stands_in_subject_preview_and_body():
    letter = write(Kind.ONE_TIME_CODE)
    assert CODE in letter.subject
    preview = Page(letter.html).text().partition("NumerAI")[0]
    assert preview.strip() == f"{CODE} works once, within 10 minutes."
    assert f"    {CODE}\n" in letter.text


def test_instants_are_told_in_the_members_zone_and_the_zone_is_named():
    assert "21 November 2026, 09:05 (Asia/Kathmandu)" in write(Kind.PASSWORD_CHANGED).text


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../../etc/passwd"])
def test_an_unknown_zone_is_utc(zone: str):
    assert "03:20 (UTC)" in write(Kind.PASSWORD_CHANGED, time_zone=zone).text


def test_days_are_written_out():
    assert write(Kind.ACCOUNT_DELETION_SCHEDULED).subject == "Your account will be erased on 21 December 2026"


def test_the_old_mailbox_is_not_shown_the_new_address():
    letter = write(Kind.EMAIL_CHANGED)
    assert "c…@example.com" in letter.subject + letter.text
    assert "countess" not in letter.text + letter.html


def test_the_support_address_is_named_where_there_is_one(settings: Any):
    settings.EMAIL_SUPPORT = "help@numerai.test"
    assert "Write to help@numerai.test today" in " ".join(write(Kind.EMAIL_CHANGED).text.split())


@pytest.mark.parametrize(
    "device",
    [
        "[button] Sign in | https://evil.test",
        "x\n[button] Sign in | https://evil.test",
        "x\r\n\r\n[code] 111111",
        "\x01button\x02Sign in | https://evil.test",
        "x\u2028# Heading",
        "subject: Gotcha",
        "<a href='https://evil.test'>Sign in</a>",
        "{{ settings }}{% include 'x' %}",
    ],
)
def test_what_is_filled_in_stays_words(device: str):
    letter = write(Kind.NEW_SIGN_IN, device=device)
    page = Page(letter.html)
    assert letter.subject == write(Kind.NEW_SIGN_IN).subject
    assert ("a" in page.tags, page.tags.count("h1"), "\n" in letter.subject) == (False, 1, False)
    assert "[code]" not in [line.strip() for line in letter.text.splitlines()]


def test_a_name_cannot_add_a_header():
    assert "\n" not in write(Kind.WELCOME, name="Ada\nBcc: x@evil.test").subject


@pytest.mark.parametrize("language", ["en", "EN", "en-GB", "tlh", "pt-BR", "", "../..", "en/../../x"])
def test_a_language_without_texts_falls_back_to_english(language: str):
    letter = write(Kind.ACCOUNT_EXISTS, language=language)
    assert (letter.language, letter.subject) == ("en", "You already have an account")
    assert '<html lang="en" dir="ltr"' in letter.html


def test_a_kind_without_a_text_message_has_none():
    with pytest.raises(LetterNotWritten):
        write(Kind.WELCOME, channel=Channel.SMS)


@pytest.mark.parametrize(("address", "masked"), [("ada@example.org", "a…@example.org"), ("x@y", "x…@y"), ("", "…@")])
def test_a_masked_address_shows_its_first_letter_and_its_domain(address: str, masked: str):
    assert mask(address) == masked


def luminance(colour: str) -> float:
    parts = [int(colour[position : position + 2], 16) / 255 for position in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(
    ("paper", "colour", "needed"),
    [
        ("#fcfaf6", "#1e1e29", 4.5),
        ("#fcfaf6", "#5c5d66", 4.5),
        ("#fcfaf6", "#5477c7", 3),
        ("#101016", "#ebe7e0", 4.5),
        ("#101016", "#a4a4ab", 4.5),
        ("#101016", "#88afff", 3),
    ],
)
def test_the_colours_can_be_read(paper: str, colour: str, needed: float):
    html = (TEMPLATES / "letter.html").read_text()
    lighter, darker = sorted((luminance(paper), luminance(colour)), reverse=True)
    assert (paper in html, colour in html) == (True, True)
    assert (lighter + 0.05) / (darker + 0.05) >= needed
