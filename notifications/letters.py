"""Turns a delivery into words: one template a kind and language, from which plain text and HTML are both set.

A template is a Django template whose lines mean:

    subject: the subject line        preview: what mail apps show after it
    # a heading                      plain lines: a paragraph; an empty line ends it
    [code] a one-time code           [row] Label | value: a line of a small table
    [numeral] 7 | what it stands for [part] Label | a paragraph under its label
    [markdown] paragraphs, lists and links, as numerai.markup takes them
    [button] Words | address         [small] a paragraph in small type
    {% include "notifications/en/parts/when.txt" %}: another file, in this place
    title: the first line of a push, body: the rest (`<kind>.push.txt` has nothing else)

The marks are read from the template itself, never from what is filled in: a device that calls itself "[button] ..."
stays a device. `<kind>.sms.txt` is the text message of a kind: its words and nothing else.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.template import Context, Engine, Template, TemplateDoesNotExist
from django.template.loader import get_template
from django.utils import timezone, translation
from django.utils.safestring import SafeString, mark_safe

from notifications.kinds import PUSH, Channel
from numerai.markup import render_markdown, text_of

FALLBACK = "en"
_WIDTH = 72
# A mark becomes two control characters around its name; values are cleared of all control characters.
_OPEN, _CLOSE = "\x01", "\x02"
_MARKS = re.compile(
    r"^(?:(subject|preview|title|body): |(#) |\[(code|row|button|small|numeral|part|markdown)\] )", re.MULTILINE
)
# Included parts are put in place before the marks are read, so that they may have marks too.
_INCLUDE = re.compile(r'\{% include "([^"]+)" %\}')
# Where a text that keeps its lines (`_markdown`) begins a new one.
_NEW_LINE = "\x03"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
# One for each number from 1 to 9, of equal lightness and chroma, on light and on dark paper; mail knows no oklch().
_HUES = ("#bb5752", "#ae6700", "#867d00", "#418e47", "#009284", "#0089b4", "#5477c7", "#8c64b7", "#af578c")
_DARK_HUES = ("#f98f87", "#e99f50", "#beb548", "#79c77c", "#1dcbbc", "#37c2ef", "#88afff", "#c49bf3", "#eb8ec4")
_LINE = re.compile(f"{_OPEN}([^{_CLOSE}]+){_CLOSE}(.*)")


class LetterNotWritten(Exception):
    """There is no template for this kind and channel in any language."""


@dataclass(frozen=True, slots=True)
class Block:
    """One piece of a letter: subject, preview, heading, paragraph, code, rows, button, small, numeral, part, markdown
    or footer.

    A button has a `label` and, as its text, an address; a part a `label` above its text; rows have nothing but
    (label, text) pairs. A numeral is its text, large, with what it stands for as its `label`. Markdown has its words
    twice, as text of several lines and as HTML that is safe to show.
    """

    type: str
    text: str = ""
    label: str = ""
    html: SafeString | str = ""
    rows: tuple[tuple[str, str], ...] = ()

    @property
    def is_master(self) -> bool:
        """Return whether a numeral is a master number, whose rule is double."""
        return len(self.text) > 1

    @property
    def hue(self) -> str:
        """Return a numeral's colour on light paper."""
        return _HUES[self._root]

    @property
    def dark_hue(self) -> str:
        """Return a numeral's colour on dark paper."""
        return _DARK_HUES[self._root]

    @property
    def _root(self) -> int:
        return (int(self.text) - 1) % 9


@dataclass(frozen=True, slots=True)
class Letter:
    """A message in words. A text message has a `text` and nothing else, a push its title as `subject`.

    `url` is what a push leads to, where its kind has such a page.
    """

    language: str
    subject: str
    text: str
    html: str = ""
    url: str = ""


_SUFFIX = {Channel.EMAIL: ".txt", Channel.SMS: ".sms.txt"} | dict.fromkeys(PUSH, ".push.txt")


def render_letter(
    *, kind: str, channel: Channel, language: str, payload: Mapping[str, Any], unsubscribe_url: str = ""
) -> Letter:
    """Write a delivery in its language, or in English where that language has no text. Raises LetterNotWritten."""
    found, template = _find(f"{kind}{_SUFFIX[channel]}", language)
    zone = zone_of(str(payload.get("time_zone", "")))
    # What staff wrote may be in a language that has no templates yet.
    found = str(payload.get("language") or found)
    with translation.override(found), timezone.override(zone):
        filled = template.render(Context(_readable(payload, zone), autoescape=False))
        if channel == Channel.SMS:
            return Letter(language=found, subject="", text=" ".join(filled.split()))
        if channel in PUSH:
            said = {block.type: block.text for block in _blocks(filled)}
            url = str(payload.get("url", ""))
            return Letter(language=found, subject=said["title"], text=said["body"], url=url)
        return _set(filled, found, unsubscribe_url)


def _set(filled: str, language: str, unsubscribe_url: str) -> Letter:
    subject, preview, blocks = "", "", []
    for block in _blocks(filled):
        if block.type == "subject":
            subject = block.text
        elif block.type == "preview":
            preview = block.text
        else:
            blocks.append(block)
    _, footer = _find("footer.txt", language)
    small = " ".join(footer.render(Context()).split())
    _, unsubscribe = _find("unsubscribe.txt", language)
    label = unsubscribe.render(Context()).strip()
    html = get_template("notifications/letter.html").render(
        {
            "language": language,
            "direction": "rtl" if translation.get_language_bidi() else "ltr",
            "subject": subject,
            "preview": preview,
            "blocks": blocks,
            "footer": small,
            "unsubscribe_url": unsubscribe_url,
            "unsubscribe_label": label,
        }
    )
    footer_blocks = [Block("footer", small)] + ([Block("button", unsubscribe_url, label)] if unsubscribe_url else [])
    return Letter(language=language, subject=subject, text=_plain([*blocks, *footer_blocks]), html=html)


def _find(name: str, language: str) -> tuple[str, Template]:
    wanted = language.lower()
    for candidate in dict.fromkeys((wanted, wanted.partition("-")[0], FALLBACK)):
        if not re.fullmatch(r"[a-z]{2,3}(-[a-z0-9]{2,8})*", candidate):
            continue
        try:
            return candidate, _compile(f"notifications/{candidate}/{name}")
        except TemplateDoesNotExist:
            continue
    raise LetterNotWritten


@lru_cache(maxsize=256)
def _compile(path: str) -> Template:
    source = _INCLUDE.sub(lambda part: _source(part[1]), _source(path))
    marked = _MARKS.sub(lambda mark: f"{_OPEN}{mark[1] or mark[2] or mark[3]}{_CLOSE}", source)
    return Template(marked, engine=Engine.get_default())


def _source(path: str) -> str:
    source: str = get_template(path).template.source  # type: ignore[attr-defined]  # Django's own backend has it
    return source


def _readable(payload: Mapping[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    """Return the payload for a template: `_at` as instants, `_on` as days, text but for `_markdown` on one line."""
    values: dict[str, Any] = {"support_address": settings.EMAIL_SUPPORT, "site_url": settings.SITE_URL}
    for name, value in payload.items():
        if name.endswith("_at"):
            values[name] = datetime.fromisoformat(value)
        elif name.endswith("_on"):
            values[name] = date.fromisoformat(value)
        elif name.endswith("_markdown"):
            values[name] = _NEW_LINE.join(map(_one_line, value.splitlines()))
        elif name == "new_address":
            values[name] = mask(_one_line(value))
        else:
            values[name] = _one_line(value) if isinstance(value, str) else value
    return values | {"time_zone": str(zone)}


def _one_line(text: str) -> str:
    return _CONTROL.sub(" ", text).strip()


def mask(address: str) -> str:
    """Return an e-mail address as it may be shown in another mailbox: its first letter and its domain."""
    name, _, domain = address.rpartition("@")
    return f"{name[:1]}…@{domain}"


def zone_of(name: str) -> ZoneInfo:
    """Return a time zone by its IANA name, UTC for one that does not exist."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def _blocks(filled: str) -> list[Block]:
    blocks: list[Block] = []
    paragraph: list[str] = []

    def end_paragraph() -> None:
        if paragraph:
            blocks.append(Block("paragraph", " ".join(paragraph)))
            paragraph.clear()

    for line in map(str.strip, filled.splitlines()):
        if mark := _LINE.fullmatch(line):
            end_paragraph()
            block = _block(mark[1], mark[2].strip())
            if block.rows and blocks and blocks[-1].rows:
                block = Block("rows", rows=blocks.pop().rows + block.rows)
            blocks.append(block)
        elif line:
            paragraph.append(line)
        else:
            end_paragraph()
    end_paragraph()
    return blocks


def _block(mark: str, text: str) -> Block:
    if mark == "row":
        label, _, value = text.partition(" | ")
        return Block("rows", rows=((label, value),))
    if mark == "button":
        label, _, address = text.rpartition(" | ")
        return Block("button", address, label)
    if mark == "part":
        label, _, said = text.partition(" | ")
        return Block("part", said, label)
    if mark == "numeral":
        number, _, meaning = text.partition(" | ")
        return Block("numeral", number, meaning)
    if mark == "markdown":
        html = render_markdown(text.replace(_NEW_LINE, "\n"), base=settings.SITE_URL)
        return Block("markdown", text_of(html), html=mark_safe(html))  # noqa: S308 - cleaned by an allow-list
    return Block("heading" if mark == "#" else mark, text)


def _plain(blocks: list[Block]) -> str:
    """Set the blocks as plain text: 72 columns, rows aligned, addresses never broken."""
    parts = []
    for block in blocks:
        if block.type == "rows":
            width = max(len(label) for label, _ in block.rows)
            text = "\n".join(f"  {label:<{width}}  {value}" for label, value in block.rows)
        elif block.type == "code":
            text = f"    {block.text}"
        elif block.type == "button":
            text = f"{block.label}:\n{block.text}"
        elif block.type == "numeral":
            text = f"    {block.text}\n\n{block.label}"
        elif block.type == "part":
            text = f"{block.label}\n" + textwrap.indent(_fill(block.text, indent=2), "  ")
        else:
            text = "\n".join(map(_fill, block.text.split("\n")))
        if block.type == "footer":
            text = f"-- \n{text}"
        parts.append(text)
    return "\n\n".join(parts) + "\n"


def _fill(line: str, indent: int = 0) -> str:
    return textwrap.fill(line, _WIDTH - indent, break_long_words=False, break_on_hyphens=False)
