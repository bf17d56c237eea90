"""What a query means, and how each database is asked for it.

A query is words, all of them wanted; the last one may be only begun, unless a space follows it.
``"…"`` (and “…”, 「…」) is exact, ``#tag`` is a tag, ``from:handle`` is an author, ``@handle`` is a
word that also names a person. Everything else is plain words, in any form that English endings
give them: what goes to a database is built
from tokens of letters, digits and marks alone, each in quotes, so no query language can be
written here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import msgspec
import regex

from catflap.ground.stemming import stem
from catflap.search import words
from catflap.translation.model import normalised

QUERY_MAX_CHARS = 200
GROUPS_MAX = 12
PHRASE_MAX_TOKENS = 40
EXPANSIONS_MAX = 16
STEMMED_MIN_CHARS = 3

_PIECE = regex.compile(
    r'"(?P<exact>[^"]*)"?|“(?P<curly>[^”]*)”?|「(?P<corner>[^」]*)」?'
    r"|(?:from|来自)[:：]@?(?P<author>[^\s\"“「]+)"
    r"|[#＃](?P<tag>[\p{L}\p{M}\p{N}_]+)|@(?P<handle>[^\s\"“「]+)"
    r"|(?P<plain>[^\s\"“「#＃@]+)|\S",
)
_EMPTY_WORDS = frozenset("的了是在和与也就都去吗呢吧啊着过很")
"""Single characters that carry no meaning of their own; dropped beside others."""


class Phrase(msgspec.Struct, frozen=True):
    """Tokens in a row; the last may be the beginning of a longer one."""

    tokens: tuple[str, ...]
    is_begun: bool = False


class Wanted(msgspec.Struct, frozen=True):
    """One thing that a document must have, in any of these forms."""

    forms: tuple[Phrase, ...]
    in_tags: bool = False
    in_titles: bool = False


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A query as it was understood.

    ``ways`` are alternatives, each a list of things all wanted; ``tags`` are wanted in any case.
    ``shown`` are the folded texts whose occurrences are marked: each with whether it is only
    begun; ``stems`` those of words that are marked in any form.
    """

    ways: tuple[tuple[Wanted, ...], ...] = ()
    tags: tuple[Wanted, ...] = ()
    authors: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    tag_names: tuple[str, ...] = ()
    whole: str = ""
    shown: tuple[tuple[str, bool], ...] = ()
    stems: frozenset[str] = frozenset()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to look for: no letter and no digit was asked for."""
        return not (self.ways or self.tags or self.authors)


class _Word(msgspec.Struct, frozen=True):
    """A word of a query, folded, with what follows from its script."""

    text: str
    phrase: Phrase
    is_marked: bool = False
    stem: str = ""

    def wanted(self) -> Wanted:
        forms = [self.phrase]
        if self.is_marked:
            forms.append(Phrase((self.text + words.WORD_MARK,)))
        if self.stem:
            # A document has the stem of a word that differs from it; else the word is the stem.
            forms += [Phrase((self.stem,))] * (self.stem != self.text)
            forms.append(Phrase((self.stem + words.STEM_MARK,)))
        return Wanted(tuple(forms))


def exact(text: str, *, is_begun: bool = False) -> Phrase | None:
    """A text's tokens in a row, None where it has none.

    The last character of an unspaced run is a token of its own only where something follows it:
    a run may go on where the phrase ends.
    """
    found: list[str] = []
    every = list(words.runs(words.folded(text)))[:PHRASE_MAX_TOKENS]
    for place, (run, is_unspaced) in enumerate(every):
        is_last = place == len(every) - 1
        if not is_unspaced:
            found.append(run[: words.TOKEN_MAX_CHARS])
            continue
        found += words.pairs(run)[: -1 if is_last and len(run) > 1 else None]
        is_begun |= is_last and len(run) == 1
    return Phrase(tuple(found[:PHRASE_MAX_TOKENS]), is_begun) if found else None


def _glued(parts: Sequence[str]) -> list[str]:
    """Words of a run without lone characters: those say nothing, or belong to a neighbour."""
    made: list[str] = []
    row: list[str] = []
    for part in [*parts, ""]:
        if part and part not in _EMPTY_WORDS:
            row.append(part)
            continue
        made += _row(row)
        row = []
    return made or ["".join(parts)]


def _row(parts: Sequence[str]) -> list[str]:
    """Neighbouring words, each lone character joined to the word before it, or else after it."""
    made: list[str] = []
    for part in parts:
        if made and (len(part) == 1 or len(made[-1]) == 1):
            made[-1] += part
        else:
            made.append(part)
    return made


def _words(text: str) -> Iterator[_Word]:
    """The words of plain text; a Chinese run is cut where it has more than two characters."""
    for run, is_unspaced in words.runs(words.folded(text)):
        if not is_unspaced:
            short = run[: words.TOKEN_MAX_CHARS]
            yield _Word(short, Phrase((short,)), stem=_stem(short))
            continue
        for part in _glued(words.segmented(run)) if len(run) > 2 else [run]:
            if (phrase := exact(part)) is not None:
                yield _Word(part, phrase, is_marked=len(part) > 1)


def _stem(word: str) -> str:
    """The stem of an English word, "" for what can have none."""
    return stem(word) if len(word) >= STEMMED_MIN_CHARS and regex.fullmatch("[a-z]+", word) else ""


class _Reading:
    """A query being understood, piece by piece."""

    def __init__(self) -> None:
        self.words: list[_Word] = []
        self.tags: list[str] = []
        self.authors: list[str] = []
        self.people: list[str] = []
        self.shown: list[tuple[str, bool]] = []
        self.whole: list[str] = []

    def take(self, match: regex.Match[str]) -> None:
        """Understand one piece."""
        kind, text = match.lastgroup, match.group(match.lastgroup) if match.lastgroup else ""
        if kind in ("exact", "curly", "corner"):
            if (phrase := exact(text)) is not None:
                self.words.append(_Word(words.folded(text), phrase))
                self.shown.append((words.folded(text), False))
        elif kind == "author":
            self.authors.append(text)
        elif kind == "tag" and words.whole_tag(text):
            self.tags.append(text)
            self.shown.append((words.folded(text), False))
        elif kind in ("plain", "handle"):
            found = list(_words(text))
            self.words += found
            self.shown += [(word.text, word.phrase.is_begun) for word in found]
            self.whole.append(text)
            if kind == "handle" and found:
                self.people.append(text)


def understood(query: str) -> Asked:
    """A query as asked, whatever it holds; at most `QUERY_MAX_CHARS` of it count."""
    short = query[:QUERY_MAX_CHARS]
    is_begun = short == short.rstrip()
    reading = _Reading()
    last = None
    for match in _PIECE.finditer(normalised(short)):
        reading.take(match)
        last = match.lastgroup
    found = reading.words[:GROUPS_MAX]
    if is_begun and last in ("plain", "handle") and found and len(reading.words) == len(found):
        end = found[-1]
        found[-1] = msgspec.structs.replace(end, phrase=Phrase(end.phrase.tokens, True))
        reading.shown[-1] = (end.text, True)
    return Asked(
        ways=(tuple(word.wanted() for word in found),) if found else (),
        tags=tuple(_tagged((tag,)) for tag in reading.tags[:GROUPS_MAX]),
        authors=tuple(reading.authors[:1]), people=tuple(reading.people[:3]),
        tag_names=tuple(reading.tags[:GROUPS_MAX]), whole=" ".join(reading.whole),
        shown=tuple(dict.fromkeys(reading.shown)),
        stems=frozenset(word.stem for word in found if word.stem),
    )


def _tagged(tags: Sequence[str]) -> Wanted:
    wholes = dict.fromkeys(words.whole_tag(tag) for tag in tags)
    return Wanted(tuple(Phrase((whole,)) for whole in wholes if whole), in_tags=True)


def with_families(asked: Asked, families: dict[str, tuple[str, ...]]) -> Asked:
    """The query, with every tag of a family for each of its tags, and for what equals a tag."""
    tags = tuple(_tagged(families.get(tag) or (tag,)) for tag in asked.tag_names)
    shown = [*asked.shown]
    for tag in asked.tag_names:
        shown += [(words.folded(other), False) for other in families.get(tag, ())]
    asked = msgspec.structs.replace(asked, tags=tags, shown=tuple(dict.fromkeys(shown)))
    whole = "".join(asked.whole.split())
    others = families.get(whole, ())
    if len(others) < 2 or not asked.ways:
        return asked
    return also(asked, [], tags=others)


def also(asked: Asked, texts: Sequence[str], *, tags: Sequence[str] = ()) -> Asked:
    """The query, or any of these texts exactly, or any of these tags."""
    phrases = [phrase for text in texts[:EXPANSIONS_MAX] if (phrase := exact(text)) is not None]
    ways = [*asked.ways]
    if phrases:
        ways.append((Wanted(tuple(phrases)),))
    if tags:
        ways.append((_tagged(tags[:EXPANSIONS_MAX]),))
    shown = [*asked.shown, *((words.folded(text), False) for text in (*texts, *tags))]
    return msgspec.structs.replace(asked, ways=tuple(ways), shown=tuple(dict.fromkeys(shown)))


# How a database is asked. Tokens hold letters, digits and marks only (`words`), so quotes are
# enough; the marks of words and tags are letters too.


def in_fts5(asked: Asked) -> str:
    """The query for FTS5's MATCH.

    Source: SQLite's documentation, "Full-text query syntax".
    """

    def phrase(one: Phrase) -> str:
        return f'"{" ".join(one.tokens)}"' + (" *" if one.is_begun else "")

    def wanted(one: Wanted) -> str:
        forms = " OR ".join(phrase(form) for form in one.forms)
        column = "tags : " if one.in_tags else "title : " if one.in_titles else ""
        return f"{column}({forms})"

    return _joined(asked, wanted, both=" AND ", either=" OR ")


def in_tsquery(asked: Asked) -> str:
    """The query as the text of a ``tsquery``; titles weigh A, tags B.

    Source: PostgreSQL's documentation, 8.11.2.
    """

    def phrase(one: Phrase, weight: str) -> str:
        last = len(one.tokens) - 1
        marks = [
            ("*" if one.is_begun and at == last else "") + weight for at in range(last + 1)
        ]
        return " <-> ".join(
            f"'{token}'" + (f":{mark}" if mark else "")
            for token, mark in zip(one.tokens, marks, strict=True)
        )

    def wanted(one: Wanted) -> str:
        weight = "B" if one.in_tags else "A" if one.in_titles else ""
        return "(" + " | ".join(f"({phrase(form, weight)})" for form in one.forms) + ")"

    return _joined(asked, wanted, both=" & ", either=" | ")


def _joined(asked: Asked, wanted: Callable[[Wanted], str], *, both: str, either: str) -> str:
    ways = [both.join(wanted(one) for one in way) for way in asked.ways]
    parts = [wanted(one) for one in asked.tags]
    if ways:
        parts.append("(" + either.join(f"({way})" for way in ways) + ")")
    return both.join(parts)
