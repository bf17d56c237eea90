"""Chinese in the script a reader prefers: one language to translate, two ways to write it.

Only for showing. What was written is kept as it was written, and mentions, tags and links stay as
they are, because they are addresses.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from catflap.translation.spans import pieces

_CONFIGURATION = {"Hans": "t2s", "Hant": "s2tw"}


@cache
def _converter(script: str) -> Any:
    # 7 MB of tables, loaded only where somebody asks for them.
    from opencc import OpenCC

    return OpenCC(_CONFIGURATION[script])


def in_script(text: str, script: str) -> str:
    """A Chinese text in ``Hans`` or ``Hant``; as it is for any other ``script``."""
    if script not in _CONFIGURATION or not text:
        return text
    convert = _converter(script).convert
    return "".join(part.text if part.stays else str(convert(part.text)) for part in pieces(text))
