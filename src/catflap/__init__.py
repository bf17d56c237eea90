"""Catflap: a community server for two publics that meet, each in its own language.

The map to read first is `catflap.app`; the floors and their order are in `docs/architecture.md`.
"""

import sys

# The workshop's child keeps no log: structlog, which brings asyncio, was a
# quarter of what a small photo costs.
_keeps_no_log = "catflap.media.making" in sys.orig_argv

# Where Rich is installed (the command line's help wants it), structlog loads it for tracebacks,
# which are plain here: a tenth of every start.
if not (_keeps_no_log or "rich" in sys.modules or "structlog" in sys.modules):
    sys.modules["rich"] = None  # type: ignore[assignment]
    import structlog  # noqa: F401

    del sys.modules["rich"]

__version__ = "0.1.0"
