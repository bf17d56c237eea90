"""Catflap: a community server for two publics that meet, each in its own language.

The map to read first is `catflap.app`; the floors and their order are in `docs/architecture.md`.
"""

import sys

# Where Rich is installed (the command line's help wants it), structlog loads it for tracebacks,
# which are plain here: a tenth of every start.
if "rich" not in sys.modules and "structlog" not in sys.modules:
    sys.modules["rich"] = None  # type: ignore[assignment]
    import structlog  # noqa: F401

    del sys.modules["rich"]

__version__ = "0.1.0"
