"""A rendition as one reader reads it: lines they can read anyway stay as they were written."""

from __future__ import annotations

from collections.abc import Collection

from catflap.translation.codes import CHINESE
from catflap.translation.detection import line_languages
from catflap.translation.model import Kept, Reading, Rendition
from catflap.translation.scripts import in_script


def composed(kept: Kept, rendition: Rendition, *, reading: Reading) -> str:
    """A rendition that may be shown, beside the original's readable lines, in the reader's script.

    Lines are told apart where the rendition has as many as the original.
    """
    mixed = _mixed(kept, rendition.text, reading)
    return in_script(mixed, reading.script) if rendition.target == CHINESE else mixed


def _mixed(kept: Kept, rendered: str, reading: Reading) -> str:
    known = {*reading.reads, *reading.never_translate}
    if not known.intersection(kept.langs):
        return rendered
    ours, theirs = kept.text.split("\n"), rendered.split("\n")
    if len(ours) != len(theirs):
        return rendered
    return "\n".join(
        line if _is_read(line, kept, known) else other
        for line, other in zip(ours, theirs, strict=True)
    )


def _is_read(line: str, kept: Kept, known: Collection[str]) -> bool:
    langs = line_languages(line, prior=kept.langs, found=kept.langs)
    return bool(langs) and all(lang in known for lang in langs)
