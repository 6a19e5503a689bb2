"""Logging: one structured line an event, JSON in production, readable in development.

Lines carry ids, never names, birth dates, tokens or request bodies. The request id comes from structlog's context
variables, which the middleware and the Celery signals bind.
"""

from __future__ import annotations

import logging
import logging.config
import re
import traceback
from collections.abc import Mapping
from types import TracebackType
from typing import Any

import structlog

_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def describe_exception(
    exc_info: tuple[type[BaseException], BaseException, TracebackType | None],
) -> list[dict[str, Any]]:
    """Return the types and places of an exception and its causes: no message and no locals, which may quote a person.

    What a KeyError or a database's error quotes is what was sent.
    """
    described: list[dict[str, Any]] = []
    error: BaseException | None = exc_info[1]
    while error is not None and len(described) < 10:
        frames = traceback.extract_tb(error.__traceback__)
        described.append(
            {
                "type": f"{type(error).__module__}.{type(error).__qualname__}",
                "frames": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-30:]],
            }
        )
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return described


def drop_raw(logger: Any, method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Leave out what others add to their lines: Django's request, which shows the whole address with its query, and
    Celery's data, which shows what a task was called with."""
    event.pop("request", None)
    event.pop("data", None)
    return event


def name_exceptions_only(record: logging.LogRecord) -> bool:
    """Bring Celery's `ValueError('...')` in a line about a task down to `ValueError`, for the same reason."""
    if isinstance(record.args, Mapping) and "exc" in record.args:
        named = re.match(r"[\w.]*", str(record.args["exc"]))
        record.args = {**record.args, "exc": named[0] if named else ""}
    return True


def configure(options: dict[str, Any]) -> None:
    """Set up structlog and the standard library's logging. `options`: level, and format ("json" or "text")."""
    renderer: Any
    filters = []
    if options["format"] == "json":
        filters = ["name_exceptions_only"]
        final: list[Any] = [
            structlog.processors.ExceptionRenderer(describe_exception),
            structlog.processors.JSONRenderer(),
        ]
    else:
        renderer = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
        final = [renderer]
    level = options["level"] if options["level"] in logging.getLevelNamesMapping() else "INFO"
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "structlog": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": [*_SHARED, structlog.stdlib.ExtraAdder(), drop_raw],
                    "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *final],
                }
            },
            "filters": {"name_exceptions_only": {"()": lambda: name_exceptions_only}},
            "handlers": {"stdout": {"class": "logging.StreamHandler", "formatter": "structlog"}},
            "root": {"handlers": ["stdout"], "level": level},
            "loggers": {
                # Our own line a request (numerai.api.request_id) replaces these, which would print raw paths.
                "uvicorn.access": {"level": "WARNING"},
                "django.request": {"level": "ERROR"},
                "django.server": {"level": "WARNING"},
                # One line a task is enough, when it has ended.
                "celery.app.trace": {"filters": filters},
                "celery.beat": {"level": "WARNING"},
                "celery.worker.strategy": {"level": "WARNING"},
            },
        }
    )
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
