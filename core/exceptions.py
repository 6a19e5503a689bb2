"""What members and staff are told when the numerology app refuses."""

from __future__ import annotations

from collections.abc import Sequence

from numerai.api.codes import ERROR_CODES
from numerai.api.exceptions import Conflict, InvalidInput, NotFound


class PrimaryProfile(Conflict):
    code = "PRIMARY_PROFILE"
    message = ERROR_CODES[code][1]


class ContentRejected(InvalidInput):
    """A text that may not be kept or published as it is; `problems` says why, in words for its writer."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__({"parts": list(problems)})
        self.problems = list(problems)


class DraftChanged(Conflict):
    message = "Somebody else has saved, published or discarded this draft. Look at theirs first."


class NothingToRollBack(Conflict):
    message = "These words are the ones that are served."


class NoPrimaryProfile(NotFound):
    code = "NO_PRIMARY_PROFILE"
    message = ERROR_CODES[code][1]


class TooManyCalendarFeeds(Conflict):
    code = "TOO_MANY_CALENDAR_FEEDS"
    message = ERROR_CODES[code][1]


class FeedbackFinal(Conflict):
    code = "FEEDBACK_FINAL"
    message = ERROR_CODES[code][1]
