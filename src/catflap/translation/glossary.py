"""The glossary: slang with what it means to those who did not grow up with it.

Its terms are underlined where a reader does not know their language, and engines are told how to
render them. All of it is kept in memory, a few hundred terms, and asked for again when somebody
changed one. Terms are found outside spans only, the longest first, Latin and digits at word ends.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
import regex
import sqlalchemy as sa

from catflap.ground.database import Database, Reads
from catflap.ground.statements import Statement
from catflap.translation.codes import Lang
from catflap.translation.engines.port import Term
from catflap.translation.model import Meaning
from catflap.translation.spans import placed
from catflap.translation.tables import glossary_renderings, glossary_terms

FRESH_FOR_S = 5.0
TERM_MAX_CHARS = 40
VARIANTS_MAX = 12
RENDERING_MAX_CHARS = 60
NOTE_MAX_CHARS = 400
TERMS_PER_TEXT = 20

_SHOUTED = regex.compile(r"[A-Z][A-Z0-9;/]+")
_BARE_NUMBER = regex.compile(r"\d+")


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A term with its meanings; ``note`` is in its own language."""

    id: int
    lang: Lang
    term: str
    variants: tuple[str, ...]
    note: str
    meanings: tuple[Meaning, ...]
    by_id: int | None
    changed_at: datetime

    def forms(self) -> frozenset[str]:
        """Every spelling of it, folded."""
        return frozenset(folded(form) for form in (self.term, *self.variants))

    def meaning(self, target: Lang) -> Meaning | None:
        """What it means in a language, if somebody wrote that."""
        return next((meaning for meaning in self.meanings if meaning.target == target), None)

    def told(self, reads: Sequence[str]) -> Meaning | None:
        """What it means in the first of these languages in which somebody wrote that."""
        found = (self.meaning(Lang(lang)) for lang in reads)
        return next((meaning for meaning in found if meaning is not None), None)


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A term at its place in a text, in code points."""

    start: int
    end: int
    entry: Entry


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    lang: str
    term: str
    variants: tuple[str, ...]
    note: str
    by_id: int | None
    changed_at: datetime


class _MeaningRow(msgspec.Struct, frozen=True, kw_only=True):
    term_id: int
    target: str
    rendering: str
    note: str


class _Standing(msgspec.Struct, frozen=True, kw_only=True):
    count: int
    newest_at: datetime | None


_TERMS = Statement(
    sa.select(*(glossary_terms.c[name] for name in _Row.__struct_fields__)).where(
        glossary_terms.c.removed == sa.false(), glossary_terms.c.lang > ""
    ),
    _Row,
)
_MEANINGS = Statement(
    sa.select(*(glossary_renderings.c[name] for name in _MeaningRow.__struct_fields__)),
    _MeaningRow,
)
_STANDING = Statement(
    sa.select(
        sa.func.count().label("count"),
        sa.func.max(glossary_terms.c.changed_at, type_=glossary_terms.c.changed_at.type).label(
            "newest_at"
        ),
    ),
    _Standing,
)


class Glossary:
    """Every term, ready to be found in texts."""

    def __init__(self, entries: Iterable[Entry], *, version: int = 0) -> None:
        self.version = version
        self.entries = sorted(entries, key=lambda entry: (entry.lang, entry.term.casefold()))
        self._by_form: dict[tuple[str, str], Entry] = {}
        forms: dict[str, set[str]] = {}
        for entry in self.entries:
            for form in (entry.term, *entry.variants):
                self._by_form.setdefault((entry.lang, folded(form)), entry)
                forms.setdefault(entry.lang, set()).add(form)
        self._patterns = {lang: _pattern(found) for lang, found in forms.items()}

    def found(self, text: str, *, langs: Sequence[str]) -> list[Found]:
        """The terms of a text in the languages it is in, in order, none over another."""
        taken = [(start, end) for start, end, kind in placed(text) if kind != "number"]
        seen: list[Found] = []
        for lang in langs:
            for pattern in self._patterns.get(lang, ()):
                for match in pattern.finditer(text):
                    start, end = match.span()
                    entry = self._by_form.get((lang, folded(match.group())))
                    if entry is None or any(a < end and start < b for a, b in taken):
                        continue
                    taken.append((start, end))
                    seen.append(Found(start=start, end=end, entry=entry))
        return sorted(seen, key=lambda found: found.start)[:TERMS_PER_TEXT]

    def terms(self, text: str, *, langs: Sequence[str], target: Lang) -> tuple[Term, ...]:
        """What an engine is told of a text: the terms as they stand in it, and their renderings."""
        told: dict[str, Term] = {}
        for found in self.found(text, langs=[lang for lang in langs if lang != target]):
            meaning = found.entry.meaning(target)
            form = text[found.start : found.end]
            if meaning and meaning.rendering and not _BARE_NUMBER.fullmatch(form):
                told[form] = Term(text=form, rendering=meaning.rendering)
        return tuple(told.values())


def folded(form: str) -> str:
    """A spelling as it is compared: one written in capitals is only itself."""
    return form if _SHOUTED.fullmatch(form) else form.casefold()


def _pattern(forms: set[str]) -> list[regex.Pattern[str]]:
    """Terms written in capitals are themselves only in capitals: OP is somebody, op is not."""
    shouted = sorted((f for f in forms if _SHOUTED.fullmatch(f)), key=len, reverse=True)
    plain = sorted((f for f in forms if not _SHOUTED.fullmatch(f)), key=len, reverse=True)
    ends = r"(?:(?<![A-Za-z0-9])|(?=\p{Han}))(?<![\d.,$¥€£]){}(?:(?![A-Za-z0-9])|(?<=\p{Han}))"
    ends += r"(?![\d%]|\.\d|\s*[元块刀年月日号])"
    made = []
    for words, flags in ((plain, regex.IGNORECASE), (shouted, 0)):
        if words:
            one_of = "(?:" + "|".join(regex.escape(word) for word in words) + ")"
            made.append(regex.compile(ends.replace("{}", one_of), flags))
    return made


async def entries(reads: Reads) -> list[Entry]:
    """Every term with its meanings. Two queries."""
    meanings: dict[int, list[Meaning]] = {}
    for row in await reads.all(_MEANINGS):
        meanings.setdefault(row.term_id, []).append(
            Meaning(target=Lang(row.target), rendering=row.rendering, note=row.note)
        )
    return [
        Entry(
            id=row.id, lang=Lang(row.lang), term=row.term, variants=row.variants, note=row.note,
            meanings=tuple(meanings.get(row.id, ())), by_id=row.by_id, changed_at=row.changed_at,
        )
        for row in await reads.all(_TERMS)
    ]


class Glossaries:
    """The glossary as it stands, for one house; looked at again every few seconds."""

    def __init__(self) -> None:
        self._glossary = Glossary(())
        self._standing: _Standing | None = None
        self._looked_at_s = -FRESH_FOR_S

    @property
    def known(self) -> Glossary:
        """The glossary as it was when somebody last looked."""
        return self._glossary

    async def current(self, database: Database) -> Glossary:
        """The glossary of now, to within `FRESH_FOR_S`."""
        if time.monotonic() - self._looked_at_s < FRESH_FOR_S:
            return self._glossary
        self._looked_at_s = time.monotonic()
        async with database.reads() as reads:
            standing = await reads.one(_STANDING)
            if standing != self._standing:
                version = self._glossary.version + 1
                self._glossary = Glossary(await entries(reads), version=version)
                self._standing = standing
        return self._glossary

    def outdated(self) -> None:
        """Look again at the next question: somebody here changed it."""
        self._looked_at_s = -FRESH_FOR_S
