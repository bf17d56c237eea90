"""Structured logs: one canonical line a request and a job, JSON for machines, words for people.

Secrets are never logged: the processor drops the values of keys that name one, wherever they
come from, and a traceback says where it was without the values of local variables, which hold
cookies, passwords and what people wrote.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_TRACEBACKS = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
)
SECRET_WORDS = ("password", "token", "secret", "cookie", "authorization", "api_key", "database_url")


def without_secrets(
    logger: Any, method: str, line: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Replace the values of keys that name a secret."""
    del logger, method
    for key in line:
        if any(word in key.lower() for word in SECRET_WORDS):
            line[key] = "(not logged)"
    return line


def set_up(*, level: str, as_json: bool) -> None:
    """Send every log line, ours and libraries', to standard error in one form."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        without_secrets,
    ]
    ending: list[Any] = (
        [_TRACEBACKS, structlog.processors.JSONRenderer()]
        if as_json
        else [
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            )
        ]
    )
    structlog.configure(
        processors=[*shared, *ending],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # A line and its end in one write: the web process and its worker share the stream.
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=max(logging.WARNING, logging.getLevelNamesMapping()[level.upper()]))
