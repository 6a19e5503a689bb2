"""What members are told when the numerology app refuses."""

from __future__ import annotations

from numerai.api.codes import ERROR_CODES
from numerai.api.exceptions import Conflict


class PrimaryProfile(Conflict):
    code = "PRIMARY_PROFILE"
    message = ERROR_CODES[code][1]
