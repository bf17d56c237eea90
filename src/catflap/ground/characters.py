"""Which characters a text may hold.

People write anything; some of it no database and no page can hold. PostgreSQL refuses NUL, no
UTF-8 encoder takes half of a surrogate pair, and the other control characters (U+0000 to U+001F
but for tabs and line ends, U+007F to U+009F) show nothing and hide much. They are dropped where
a text comes in, silently: nobody types them.

Source: Unicode 16, sections 23.1 (control codes) and 23.6 (surrogates); Unicode Technical
Report 36, section 2.8 (bidirectional overrides in names).
"""

from __future__ import annotations

import re

_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_SPACES = re.compile(r"\s+")


def writable(text: str) -> str:
    """The text without what no database and no page can hold."""
    return _UNWRITABLE.sub("", text)


def on_one_line(text: str) -> str:
    """A name: writable, on one line, and unable to turn round what stands beside it.

    Letters know their own direction; a right-to-left name needs none of the characters that
    embed, isolate or override, and one that is left open reverses the text after the name.
    """
    return _SPACES.sub(" ", _DIRECTIONS.sub("", writable(text))).strip()
