"""The daily upkeep of the readings' table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import structlog

from core.models.readings import READINGS
from numerai.partitions import analyse, count_strays, make_months

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Upkeep:
    """What was done. `strays`: rows still outside every month, which somebody should look at."""

    made: list[date]
    strays: int


def maintain_readings(*, today: date) -> Upkeep:
    """Make the partitions to come, analyse the whole, and raise the alarm while rows stray. No month is dropped."""
    done = Upkeep(made=make_months(READINGS, today=today), strays=count_strays(READINGS))
    analyse(READINGS)
    if done.strays:
        log.error("readings_outside_partitions", rows=done.strays)
    return done
