"""The font that keepsakes are lettered with, which the machine has or has not.

None comes with Catflap: one with Chinese is larger than all the rest of it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
)


@cache
def font_path() -> str | None:
    """A font with Chinese letters, None where this machine has none of `FONTS`."""
    return next((path for path in FONTS if Path(path).is_file()), None)
