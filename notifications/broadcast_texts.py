"""What a broadcast says: which words may be kept, what is still missing, and the words for one member."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from notifications.letters import FALLBACK
from notifications.models import Broadcast, Platform
from notifications.segments import Segment
from notifications.sources import Asked
from numerai.api.exceptions import InvalidInput

# The most letters of each part. What a lock screen shows is title and line.
PARTS = {"title": 50, "line": 90, "body": 5_000, "button": 40}
NAME_MAX_LENGTH = 80
MOST_IDS = 100
LONGEST_ACTIVE_DAYS = 3_650
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?")
# A path of our own: no scheme, no host (//), nothing that a browser reads as one (\\).
_LINK = re.compile(r"/(?!/)[A-Za-z0-9._~/?=&%#+:@,;-]{0,199}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")

Texts = Mapping[str, Mapping[str, str]]


def check_texts(texts: Texts, *, link: str, fallback: str) -> dict[str, dict[str, str]]:
    """Return the words as they are kept: trimmed, without what is empty. Raises InvalidInput for what never could be.

    A language without any words is left out.
    """
    problems: dict[str, list[str]] = {}
    kept: dict[str, dict[str, str]] = {}
    for language, parts in texts.items():
        if not _LANGUAGE.fullmatch(language):
            problems["language"] = ["Takes a language tag such as en, de or pt-BR."]
            continue
        words = {name: str(parts.get(name, "")).strip() for name in PARTS}
        for name, most in PARTS.items():
            if len(words[name]) > most:
                problems[f"texts.{language}.{name}"] = [f"Takes at most {most} letters; these are {len(words[name])}."]
            if name != "body" and _CONTROL.search(words[name]):
                problems[f"texts.{language}.{name}"] = ["Takes one line."]
        if any(words.values()):
            kept[language] = {name: text.replace("\r\n", "\n") for name, text in words.items() if text}
    if not _LANGUAGE.fullmatch(fallback):
        problems["fallback"] = ["Takes a language tag such as en, de or pt-BR."]
    if link and not _LINK.fullmatch(link):
        problems["link"] = ["Takes a page of ours, from its first slash on: /calendar."]
    if problems:
        raise InvalidInput(problems)
    return kept


def check_segment(segment: Segment) -> None:
    """Raise InvalidInput for a segment that nobody could ever be in, or that names what does not exist."""
    problems: dict[str, list[str]] = {}
    if not all(map(_LANGUAGE.fullmatch, segment.languages)):
        problems["languages"] = ["Takes language tags such as en, de or pt-BR."]
    if set(segment.time_zones) - available_timezones():
        problems["time_zones"] = ["Takes names of time zones, such as Europe/Berlin."]
    if set(segment.platforms) - set(Platform.values):
        problems["platforms"] = [f"Takes some of: {', '.join(Platform.values)}."]
    if segment.active_days is not None and not 1 <= segment.active_days <= LONGEST_ACTIVE_DAYS:
        problems["active_days"] = [f"Takes a number of days from 1 to {LONGEST_ACTIVE_DAYS}."]
    if segment.joined_from and segment.joined_until and segment.joined_from >= segment.joined_until:
        problems["joined_until"] = ["Takes a later day than the one they joined from."]
    if segment.only is not None and len(segment.only) > MOST_IDS:
        problems["only"] = [f"Takes at most {MOST_IDS} ids."]
    if problems:
        raise InvalidInput(problems)


def missing_of(broadcast: Broadcast) -> list[str]:
    """Return what a broadcast still lacks before anybody may get it, in words for its writer."""
    if broadcast.fallback not in broadcast.texts:
        return [f"There is no text in {broadcast.fallback}, which everybody gets who has no text of their own."]
    needed = ["title", "line"]
    needed += ["body"] if broadcast.by_email else []
    needed += ["button"] if broadcast.by_email and broadcast.link else []
    return [
        f"The text in {language} has no {name}."
        for language, words in sorted(broadcast.texts.items())
        for name in needed
        if not words.get(name)
    ]


def words_of(broadcast: Broadcast, language: str) -> dict[str, str]:
    """Return the payload (notifications.kinds) in the language nearest to one: its own, its root's, or the fallback's.

    Empty where there is no text at all.
    """
    tag = next(
        (tag for tag in (language, language.partition("-")[0], broadcast.fallback) if tag in broadcast.texts), None
    )
    if tag is None:
        return {}
    words = broadcast.texts[tag]
    said = {
        "title": words.get("title", ""),
        "line": words.get("line", ""),
        "body_markdown": words.get("body", ""),
        "button": words.get("button", ""),
        "url": broadcast.link,
        "language": tag,
    }
    return {name: text for name, text in said.items() if text or name in ("title", "line")}


def say_broadcasts(asked: Sequence[Asked]) -> Mapping[UUID, Mapping[str, Any]]:
    """Return the words of each delivery or item of an inbox, by its id; one query for all (notifications.sources)."""
    found = {
        str(row.pk): row
        for row in Broadcast.objects.filter(pk__in={each.subject for each in asked}).only("texts", "fallback", "link")
    }
    return {
        each.id: words
        for each in asked
        if each.subject in found and (words := words_of(found[each.subject], each.language or FALLBACK))
    }
