"""What of a reading stands on a lock screen: the headline, and beside it one thing to try where both fit."""

from __future__ import annotations

LOCK_SCREEN = 90


def join(headline: str, try_text: str) -> str:
    """Return both as one line; a headline without an end gets a full stop."""
    end = "" if headline.endswith((".", "?", ":", ";")) else "."
    return f"{headline}{end} {try_text}"


def fits(headline: str, try_text: str) -> bool:
    return len(join(headline, try_text)) <= LOCK_SCREEN


def push_text(headline: str, try_text: str, short: str = "") -> str:
    """Return what a push says: headline and the longest form of try that fits in 90 characters, or the headline."""
    for candidate in (try_text, short):
        if candidate and fits(headline, candidate):
            return join(headline, candidate)
    return headline
