"""Every limit of what is brought, in one place; `docs/operating.md` lists those that people meet.

The child's memory leaves room over what the largest archive takes: ``bench/importing.py`` reads
1 GB of JSON and says how much that was.
"""

from __future__ import annotations

from datetime import timedelta

IMPORTS_MAX = 20
"""Archives of one person whose results stand here at a time."""
POSTS_KEPT_MAX = 5_000
HANDLES_KEPT_MAX = 200_000
POST_TEXT_MAX_CHARS = 5_000
HINTS_MAX = 40
HINT_MAX_CHARS = 60
HANDLE_MAX_CHARS = 200
MEDIA_PER_POST = 18
MEDIA_FILES_MAX = 4_000
MEDIA_TOTAL_MAX_BYTES = 4_000_000_000
KEPT_FOR = timedelta(days=60)
"""How long posts and files that nobody chose wait."""
HANDLES_KEPT_FOR = timedelta(days=365)
"""How long handles wait for their people; their owner may delete them at any time."""
CLAIMS_MAX = 6
"""Handles that one says were one's own, at a time and within `CLAIMS_WITHIN`."""
CLAIMS_WITHIN = timedelta(days=30)
LOOK_EVERY_S = 60
"""How soon an old profile may be looked at again."""
PROFILE_MAX_BYTES = 300_000
SOUGHT_MAX = 50_000
"""Handles of one person's lists that are looked for here."""

ENTRIES_MAX = 100_000
"""Files in one archive; the largest real ones have some ten thousand."""
DIRECTORY_MAX_BYTES = 40_000_000
"""Of a ZIP's directory, which is read whole; a hundred thousand names of four hundred bytes."""
UNPACKED_MAX_BYTES = 20_000_000_000
RATIO_MAX = 250
"""Text that repeats itself deflates to a twentieth; a bomb to a thousandth."""
RATIO_FROM_BYTES = 10_000_000
"""Smaller files may deflate as well as they like."""
NAME_MAX_CHARS = 500

JSON_DEPTH_MAX = 64
KEY_MAX_BYTES = 4_000
PIECE_MAX_BYTES = 1_000_000
"""Of one post, handle or setting as JSON, which is decoded whole."""
ITEMS_MAX = 50_000_000
LINE_MAX_BYTES = 20_000
"""Of one row of a CSV."""
UNKNOWN_PATHS_MAX = 200
UNKNOWN_PATH_MAX_CHARS = 120

BATCH_ITEMS = 200
BATCH_MAX_BYTES = 1_000_000
ANSWER_MAX_BYTES = 8_000_000
"""Of one line that the child says: a batch whose every character is escaped."""
CHILD_MEMORY_BYTES = 600_000_000
"""Address space, which counts what is mapped and never touched; resident it takes a tenth."""
CHILD_CPU_S = 1800
CHILD_WALL_S = 3600.0
CHILD_OPEN_FILES = 64
