"""Every limit of media, in one place."""

from __future__ import annotations

from datetime import timedelta

PHOTO_MAX_BYTES = 20_000_000
PHOTO_MAX_PIXELS = 50_000_000
PHOTOS_PER_NOTE = 18
VIDEO_MAX_BYTES = 100_000_000
VIDEO_MAX_S = 300.0
VIDEO_EDGE_PX = 1920
VIDEO_FPS = 30
UPLOAD_MAX_BYTES = VIDEO_MAX_BYTES + 1_000_000
ALT_MAX_CHARS = 1500
SIZES: tuple[tuple[str, int], ...] = (("small", 360), ("medium", 1080), ("large", 2048))
"""Names and longest edges in pixels of a photo's sizes; nothing is ever enlarged."""
BLUR_EDGE_PX = 16
LOOSE_KEPT_FOR = timedelta(days=2)
"""How long an upload that no note and no draft took is kept."""

CHILD_MEMORY_BYTES = 2_500_000_000
CHILD_PHOTO_CPU_S = 30
CHILD_PHOTO_WALL_S = 60.0
CHILD_VIDEO_CPU_S = 3600
CHILD_VIDEO_WALL_S = 3600.0
CHILD_FILE_BYTES = 400_000_000
PHOTOS_AT_ONCE = 2
