"""Every limit of media, in one place.

What people meet (bytes, pixels, seconds, how many) stands first; what only the workshop's child
meets (memory, CPU, files) second. The child's numbers leave room over the worst file that the
first ones let through, which ``tests/media/test_measures.py`` makes: 50 megapixels of WebP with
alpha take 1.1 GB of address space and 3 s of CPU, video of 4096 × 2304 takes 1.0 GB.
"""

from __future__ import annotations

from datetime import timedelta

PHOTO_MAX_BYTES = 20_000_000
PHOTO_MAX_PIXELS = 50_000_000
PHOTOS_PER_NOTE = 18
MOVING_MAX_S = 60
"""A GIF, or another moving picture, that lasts longer is kept as its first frame."""
MOVING_EDGE_PX = 640
MOVING_FRAMES_READ = 1_500
MOVING_PIXELS_READ = 150_000_000
"""Pixels × frames as uploaded; what has more is kept as its first frame."""
MOVING_FRAMES_KEPT = 300
MOVING_PIXELS_KEPT = 40_000_000
"""Pixels × frames as made; where there are more, every second frame is left out."""
VIDEO_MAX_BYTES = 100_000_000
VIDEO_MAX_S = 300.0
VIDEO_SLACK_S = 1.0
"""Containers round up: a recorder stopped at 5:00 writes 300.04 s."""
VIDEO_MAX_PIXELS = 4096 * 2304
"""Of one picture of a video: 4K, whichever way the phone was held."""
VIDEO_MAX_PICTURES = 300 * 240
"""Five minutes of a phone's slow motion; without it, time stamps that stand still are endless."""
VIDEO_EDGE_PX = 1920
VIDEO_FPS = 30
UPLOAD_MAX_BYTES = VIDEO_MAX_BYTES + 1_000_000
ALT_MAX_CHARS = 1500
SIZES: tuple[tuple[str, int], ...] = (("small", 360), ("medium", 1080), ("large", 2048))
"""Names and longest edges in pixels of a photo's sizes; nothing is ever enlarged."""
BLUR_EDGE_PX = 16
LOOSE_KEPT_FOR = timedelta(days=2)
"""How long an upload that no note and no draft took is kept."""

PHOTOS_AT_ONCE = 2
PHOTOS_IN_HAND = 64
"""Photos being made or waiting for it; at 0.7 s each and two at a time, 22 s of patience."""
VIDEOS_AT_ONCE = 1
VIDEOS_IN_HAND = 8
PHOTO_TYPICAL_S = 0.7
VIDEO_TYPICAL_S = 30.0

CHILD_PHOTO_MEMORY_BYTES = 1_500_000_000
CHILD_VIDEO_MEMORY_BYTES = 2_500_000_000
CHILD_PHOTO_CPU_S = 30
CHILD_PHOTO_WALL_S = 60.0
CHILD_VIDEO_CPU_S = 1800
CHILD_VIDEO_WALL_S = 3600.0
CHILD_FILE_BYTES = 400_000_000
CHILD_OPEN_FILES = 64
CHILD_THREADS = 4
"""Threads of one codec; on a machine of 64 cores FFmpeg's own choice eats the address space."""
