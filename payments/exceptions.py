"""What members on a plan are told."""

from __future__ import annotations

from numerai.api.codes import ERROR_CODES
from numerai.api.exceptions import AppError


class PlanLimitReached(AppError):
    """`details` names the entitlement and how much of it the plan gives."""

    code = "PLAN_LIMIT_REACHED"
    status = 403
    message = ERROR_CODES[code][1]
