"""Catflap: a community server for two publics that meet, each in its own language.

The map to read first is `catflap.app`; the floors and their order are in `docs/architecture.md`.
"""

__version__ = "0.1.0"
