"""Collects the interface's words from the code and brings every PO catalogue up to date.

Run with ``make words``. New messages come in without a translation, which fails
``tests/house/test_words.py`` until somebody writes one.
"""

from __future__ import annotations

import io
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

SOURCE = Path(__file__).parent.parent / "src" / "catflap"
PATH = SOURCE / "words" / "locale" / "zh_Hans.po"
SPEAKING = ("web", "words", "mastodon")
"""What speaks to people in their language."""
METHODS = [("**.py", "python"), ("**.html", "jinja2.ext:babel_extract")]
OPTIONS = {"**.html": {"trimmed": "true", "silent": "false"}}


def collected() -> Catalog:
    """Every message of the interface."""
    found = Catalog(project="Catflap", fuzzy=False)
    keywords = {"_": None, "gettext": None, "ngettext": (1, 2), "n": (1, 2)}
    for room in SPEAKING:
        rows = extract_from_dir(str(SOURCE / room), METHODS, OPTIONS, keywords=keywords)
        for filename, _line, message, _comments, context in rows:
            message_id = message[:2] if isinstance(message, tuple) else message
            found.add(message_id, None, [(f"{room}/{filename}", 0)], context=context)
    return found


def updated(path: Path, locale: str) -> Catalog:
    """One locale's catalogue with today's messages; what is no longer asked for goes."""
    template = collected()
    if path.exists():
        with path.open("rb") as file:
            kept = read_po(file, locale=locale)
    else:
        kept = Catalog(locale=locale)
    kept.update(template, no_fuzzy_matching=True)
    kept.obsolete.clear()
    return kept


def main() -> None:
    """Write every catalogue."""
    catalogue = updated(PATH, "zh_Hans")
    buffer = io.BytesIO()
    write_po(buffer, catalogue, width=0, sort_output=True, omit_header=False)
    PATH.write_bytes(buffer.getvalue())
    missing = [m.id for m in catalogue if m.id and not m.string]
    print(f"{len(catalogue)} messages, {len(missing)} without a translation")


if __name__ == "__main__":
    main()
