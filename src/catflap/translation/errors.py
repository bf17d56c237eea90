"""What can go wrong with translation.

CatflapError
├── SpansLost          an engine lost or invented a span that must survive
├── AnswerRefused      an engine's answer failed a check, with the reason
├── NotBilingual       somebody suggests a translation from or into a language they do not read
├── SuggestionRefused  a suggestion changes nothing, loses links, or brings what has no place in one
├── HostsOnly          what only hosts and a text's author may decide
├── TermTaken          the glossary has the term already
├── EngineUnknown      an operator asks for an engine that no setting names
├── PairUnknown        what an operator names is no pair of languages, or has no test set
├── PairUntranslated   an engine does not translate the pair that is to be scored
└── TestSetInvalid     a line of a test set is not a sentence and its reference

Engines raise the three of `engines.port`.
"""

from __future__ import annotations

from enum import StrEnum

from catflap.ground.errors import CatflapError


class SpansLost(CatflapError):
    """Spans that are missing from an answer, or are there more than once."""

    def __init__(self, *, missing: tuple[str, ...], repeated: tuple[str, ...]) -> None:
        super().__init__(missing, repeated)
        self.missing = missing
        self.repeated = repeated


class Reason(StrEnum):
    """Why an answer is not shown."""

    EMPTY = "empty"
    UNCHANGED = "unchanged"
    WRONG_SCRIPT = "wrong_script"
    WRONG_LANGUAGE = "wrong_language"
    LENGTH = "length"
    REPETITION = "repetition"
    MARKUP = "markup"
    CONTROL = "control"
    SPANS = "spans"
    ASIDE = "aside"
    ORDER = "order"


class AnswerRefused(CatflapError):
    """An answer that must not reach a reader."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class NotBilingual(CatflapError):
    """Somebody who does not read both languages suggests a translation."""

    def __init__(self, *, source: str, target: str) -> None:
        super().__init__(source, target)
        self.source = source
        self.target = target


class SuggestionRefused(CatflapError):
    """A suggestion that cannot stand, whoever accepts it.

    ``reason`` is ``unchanged``: it stands there already; ``language``: the text is in that
    language already; ``links``: it lost or invented a link, mention or tag; ``markup``: it has
    tags of HTML, or ``turning``: characters that turn a text round, that the original has not;
    ``lines``: it has not the lines of the subtitles it translates.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class HostsOnly(CatflapError):
    """A newcomer, or the one who suggested it, decides what others are to decide."""


class TermTaken(CatflapError):
    """The glossary has this term already."""

    def __init__(self, term: str) -> None:
        super().__init__(term)
        self.term = term


class EngineUnknown(CatflapError):
    """No such engine here; ``known`` are those that settings name."""

    def __init__(self, name: str, *, known: tuple[str, ...]) -> None:
        super().__init__(name, known)
        self.name = name
        self.known = known


class PairUnknown(CatflapError):
    """No pair, or none with a test set; ``known`` are those that come with one."""

    def __init__(self, pair: str, *, known: tuple[str, ...]) -> None:
        super().__init__(pair, known)
        self.pair = pair
        self.known = known


class PairUntranslated(CatflapError):
    """An engine, or the whole route, does not know this pair; ``known`` are engines that do."""

    def __init__(self, pair: str, *, engine: str, known: tuple[str, ...]) -> None:
        super().__init__(pair, engine, known)
        self.pair = pair
        self.engine = engine
        self.known = known


class Fault(StrEnum):
    """What is wrong with a line of a test set."""

    NOT_TEXT = "not_text"
    NOT_TWO = "not_two"
    EMPTY = "empty"
    NOTHING = "nothing"


class TestSetInvalid(CatflapError):
    """A test set cannot be used because of this line, counted from 1."""

    def __init__(self, line: int, reason: Fault) -> None:
        super().__init__(line, reason)
        self.line = line
        self.reason = reason
