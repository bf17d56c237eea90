"""A test set: sentences with the translation that somebody wrote for each.

Two come with Catflap, in `testsets/`, whose README says what they can tell. An operator's own has
the same form, so that a community can measure with its own words.
"""

from __future__ import annotations

import random
from importlib import resources
from pathlib import Path

import msgspec

from catflap.translation.codes import UNKNOWN, Lang, canonical
from catflap.translation.errors import Fault, PairUnknown, TestSetInvalid
from catflap.translation.model import normalised

SHIPPED = {"zh-en": "social.zh-en.tsv", "en-zh": "social.en-zh.tsv"}
SEED = 1


class Sentence(msgspec.Struct, frozen=True, kw_only=True):
    """A sentence of a test set; ``line`` counts from 1."""

    line: int
    source: str
    reference: str


class TestSet(msgspec.Struct, frozen=True, kw_only=True):
    """Sentences of one pair of languages, by ``seed`` drawn from the ``whole`` that there are."""

    name: str
    source: Lang
    target: Lang
    sentences: tuple[Sentence, ...]
    whole: int
    seed: int = SEED

    def drawn(self, *, limit: int, seed: int = SEED) -> TestSet:
        """At most ``limit`` sentences from all over the set, in its order; ``seed`` says which.

        Not its first ones: a set goes from theme to theme.
        """
        count = len(self.sentences)
        places = random.Random(seed).sample(range(count), min(limit, count))  # noqa: S311
        chosen = tuple(self.sentences[place] for place in sorted(places))
        return msgspec.structs.replace(self, sentences=chosen, seed=seed)


def chosen_set(pair: str, *, path: Path | None = None) -> TestSet:
    """Somebody's own test set, or the one that comes with Catflap for a pair such as ``zh-en``.

    Raises:
        PairUnknown: it is not two different languages, or none comes for it.
        TestSetInvalid: with the line.
    """
    code, _, other = pair.partition("-")
    source, target = canonical(code), canonical(other)
    name = path.name if path else SHIPPED.get(f"{source}-{target}")
    if UNKNOWN in (source, target) or source == target or name is None:
        raise PairUnknown(pair, known=tuple(SHIPPED))
    file = path or resources.files("catflap.translation") / "testsets" / name
    found = sentences(file.read_bytes())
    return TestSet(
        name=name, source=source, target=target, sentences=found, whole=len(found)
    )


def sentences(content: bytes) -> tuple[Sentence, ...]:
    """The sentences of a test set: UTF-8, one a line, source, tab, reference.

    No line is a comment: many a sentence begins with a tag.

    Raises:
        TestSetInvalid: with the line.
    """
    lines = content.removesuffix(b"\n").split(b"\n")
    if lines == [b""]:
        raise TestSetInvalid(1, Fault.NOTHING)
    return tuple(_sentence(number, line) for number, line in enumerate(lines, 1))


def _sentence(number: int, line: bytes) -> Sentence:
    try:
        # Spreadsheets begin a file with a byte order mark.
        parts = line.decode("utf-8-sig" if number == 1 else "utf-8").split("\t")
    except UnicodeDecodeError as error:
        raise TestSetInvalid(number, Fault.NOT_TEXT) from error
    if len(parts) != 2:
        raise TestSetInvalid(number, Fault.NOT_TWO)
    source, reference = map(normalised, parts)
    if not source or not reference:
        raise TestSetInvalid(number, Fault.EMPTY)
    return Sentence(line=number, source=source, reference=reference)
