"""Writing past Catflap while it runs."""

from __future__ import annotations

TOLD = "INSERT INTO commits (written) VALUES ('')"
"""Run in the same transaction, it has every process let go of what it knew."""
