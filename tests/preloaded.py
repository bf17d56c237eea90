"""What `tests.forked` forks from: a process that has all of Catflap, and what it would load later.

Imported in the fork server alone, as its last preparation. A server that tests start has read its
templates, tables and words like one that ran for an hour; each used to do so for itself.
"""

from __future__ import annotations

import gc
import importlib
import os
import pkgutil
from collections.abc import Iterator
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # its threads would be lost to whoever is forked

import catflap
from catflap.search import words
from catflap.translation import detection
from catflap.web import rendering
from catflap.words.catalogue import LOCALES

_LATER = (
    "alembic.command", "concurrent.futures.thread", "encodings.idna", "granian.server.embed",
    "rich.console", "typer._adapters", "typer.rich_utils",
)
"""Of others, what is imported at its first use."""
_RUN_ONLY = ("catflap.__main__", "catflap.migrations.env", "catflap.migrations.versions")


def _modules(package_path: list[str], prefix: str) -> Iterator[str]:
    for found in pkgutil.iter_modules(package_path, prefix):
        if found.name.startswith(_RUN_ONLY):
            continue
        yield found.name
        if found.ispkg:
            yield from _modules(list(importlib.import_module(found.name).__path__), f"{found.name}.")


def _read_templates() -> None:
    for locale in LOCALES:
        environment = rendering.environment(locale)
        for name in environment.list_templates():
            environment.get_template(name)


for module in (*_modules(list(catflap.__path__), "catflap."), *_LATER):
    importlib.import_module(module)
detection.detect("A cat sits on the mat and waits for its dinner.")
words.segmented("猫坐在垫子上等它的晚饭")
_read_templates()
threads = [entry.name for entry in Path("/proc/self/task").iterdir()] if Path("/proc").is_dir() else []
assert len(threads) <= 1, threads
gc.collect()
gc.freeze()  # else a child that looks for garbage makes all of this its own
