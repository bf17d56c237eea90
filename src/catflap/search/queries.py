"""Finding notes, people, tags and words. Every read takes the viewer.

Notes: the newest `CANDIDATES_MAX` documents that answer and that the viewer may see are ranked by
the database, bm25 on SQLite and cover density on PostgreSQL, with weights for title, tags and
body; each note counts with its best document, and recency blends in softly. What goes out is
bounded, `RESULTS_MAX` notes deep, because nobody reads further and every page ranks anew.

Sources: Robertson and Zaragoza, "The probabilistic relevance framework: BM25 and beyond" (2009);
Clarke, Cormack, Tudhope, "Relevance ranking for one to three term queries" (1999), which is
``ts_rank_cd``; Li and Croft, "Time-based language models" (CIKM 2003), for a prior that decays
exponentially, here bounded so that age alone never buries a good answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import msgspec
import sqlalchemy as sa

from catflap.ground import clock, ids
from catflap.ground.database import Reads
from catflap.ground.errors import NotFound
from catflap.ground.paging import Page, cursor, position
from catflap.ground.statements import Statement, among, begins
from catflap.notes import families
from catflap.notes import queries as note_queries
from catflap.notes.actions import checked_tag
from catflap.notes.errors import TagInvalid
from catflap.notes.model import Visibility
from catflap.notes.queries import TagUse
from catflap.people import queries as people_queries
from catflap.people.model import Person, PersonId
from catflap.search import asking, words
from catflap.search.asking import Asked, Phrase, Wanted
from catflap.search.fulltext import document_of_words, matches, relevance
from catflap.search.tables import documents, names, word_table
from catflap.translation import queries as translation
from catflap.translation.codes import Lang
from catflap.translation.glossary import Glossary

PAGE = 20
RESULTS_MAX = 200
CANDIDATES_MAX = 2000
RANKED_MAX = 600
RECENT_GAIN = 0.5
RECENT_HALF_LIFE = timedelta(days=30)
PEOPLE_SHOWN = 6
TAGS_SHOWN = 8
SUGGESTED = 8
TITLES_READ = 40
NAMES_READ = 200

_i64 = sa.BigInteger
_UNIX = datetime(1970, 1, 1, tzinfo=UTC)


class _Ranked(msgspec.Struct, frozen=True, kw_only=True):
    note_id: int
    score: float


def _visible() -> sa.ColumnElement[bool]:
    """What the viewer may find; `note_queries.shown` looks again, as an edit may come between."""
    return sa.and_(
        sa.or_(
            documents.c.visibility == Visibility.PUBLIC.value,
            documents.c.author_id == sa.bindparam("viewer", type_=_i64),
            sa.and_(
                documents.c.visibility == Visibility.FOLLOWERS.value,
                among(documents.c.author_id, "followed"),
            ),
        ),
        sa.not_(among(documents.c.author_id, "hidden")),
    )


_WITH_WORDS = word_table.join(documents, documents.c.id == document_of_words())


def _ranked(*conditions: sa.ColumnElement[bool]) -> Statement[_Ranked]:
    newest = (
        sa.select(documents.c.note_id, relevance("asked").label("score"))
        .select_from(_WITH_WORDS)
        .where(matches("asked"), _visible(), *conditions)
        .order_by(document_of_words().desc())
        .limit(sa.bindparam("candidates", type_=sa.Integer))
        .subquery("newest")
    )
    return Statement(
        sa.select(newest.c.note_id, newest.c.score)
        .order_by(newest.c.score.desc(), newest.c.note_id.desc())
        .limit(sa.bindparam("ranked", type_=sa.Integer)),
        _Ranked,
    )


_RANKED = _ranked()
_RANKED_OF = _ranked(documents.c.author_id == sa.bindparam("author", type_=_i64))
_OF_AUTHOR = Statement(
    sa.select(documents.c.note_id)
    .where(
        documents.c.author_id == sa.bindparam("author", type_=_i64), _visible(),
        documents.c.note_id < sa.bindparam("before", type_=_i64),
    )
    .group_by(documents.c.note_id)
    .order_by(documents.c.note_id.desc())
    .limit(sa.bindparam("count", type_=sa.Integer)),
    int,
)
_TITLED = Statement(
    sa.select(documents.c.note_id)
    .select_from(_WITH_WORDS)
    .where(matches("asked"), _visible())
    .order_by(document_of_words().desc())
    .limit(sa.bindparam("count", type_=sa.Integer)),
    int,
)
_NAMED = Statement(
    sa.select(names.c.person_id)
    .where(begins(names.c.form, "beginning"))
    .order_by(names.c.form)
    .limit(sa.bindparam("count", type_=sa.Integer)),
    int,
)


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    """What a query may become. ``kind``: tag (with ``count``), person, or word."""

    kind: str
    text: str
    count: int = 0
    person: Person | None = None


async def understood(
    reads: Reads, query: str, *, glossary: Glossary | None = None
) -> Asked:
    """A query with what is asked beside it: families of its tags, terms of the glossary."""
    asked = asking.understood(query)
    whole = "".join(asked.whole.split())
    wanted = [tag for text in (*asked.tag_names, whole) if (tag := _as_tag(text))]
    known = await families.expanded(reads, wanted) if wanted else {}
    asked = asking.with_families(
        asked, {text: known.get(_as_tag(text), ()) for text in (*asked.tag_names, whole)}
    )
    if glossary is not None and asked.ways:
        others = _renderings(glossary).get(tuple(words.tokens(asked.whole)), ())
        if others:
            asked = asking.also(asked, others)
    return asked


def _as_tag(text: str) -> str:
    try:
        return checked_tag(text) if text else ""
    except TagInvalid:
        return ""


@lru_cache(maxsize=2)
def _renderings(glossary: Glossary) -> dict[tuple[str, ...], tuple[str, ...]]:
    """For each term, variant and rendering of the glossary the others that mean the same."""
    found: dict[tuple[str, ...], dict[str, None]] = {}
    for entry in glossary.entries:
        forms = [entry.term, *entry.variants, *(m.rendering for m in entry.meanings)]
        kept = [form for form in forms if form]
        for form in kept:
            found.setdefault(tuple(words.tokens(form)), {}).update(
                dict.fromkeys(other for other in kept if other != form)
            )
    return {key: tuple(others) for key, others in found.items() if key and others}


async def notes(
    reads: Reads, asked: Asked, *, viewer: PersonId | None, after: str | None
) -> Page[int]:
    """Ids of notes that answer, best first; hiding what changed since is the caller's.

    A cursor keeps the instant of the first page, so that what is posted meanwhile moves nothing,
    and the last note given rather than its score: every new document changes all scores a little.
    """
    place = position(after, size=3)
    as_of = _instant(place[0] if place else clock.now().timestamp() * 1000)
    eyes = await _eyes(reads, viewer)
    try:
        author = await _author(reads, asked, viewer=viewer)
    except NotFound:
        return Page(items=[], next_cursor=None)
    if not (asked.ways or asked.tags):
        return await _all_of(reads, author, eyes, place, as_of)
    best = await _best_of(reads, asked, author, eyes, as_of)
    return _page(best, _start(best, place), as_of)


async def some_notes(
    reads: Reads, asked: Asked, *, viewer: PersonId | None, offset: int, count: int,
    by: PersonId | None = None,
) -> list[int]:
    """`notes` by their number, for those who keep no cursor; ``by`` somebody alone."""
    eyes = await _eyes(reads, viewer)
    try:
        author = await _author(reads, asked, viewer=viewer)
    except NotFound:
        return []
    if by is not None and author not in (None, by):
        return []
    author = by or author
    if asked.ways or asked.tags:
        best = await _best_of(reads, asked, author, eyes, clock.now())
        return best[offset : offset + count]
    if author is None:
        return []
    most = min(offset + count, RESULTS_MAX)
    found = await reads.all(_OF_AUTHOR, author=author, before=2**63 - 1, count=most, **eyes)
    return found[offset:]


async def _author(
    reads: Reads, asked: Asked, *, viewer: PersonId | None
) -> PersonId | None:
    """Whose notes alone are asked for, None for anybody's.

    Raises:
        NotFound: nobody's whom the viewer may see.
    """
    if not asked.authors:
        return None
    return (await people_queries.by_handle(reads, asked.authors[0], viewer=viewer)).id


async def _best_of(
    reads: Reads, asked: Asked, author: PersonId | None, eyes: dict[str, object], as_of: datetime
) -> list[int]:
    of = {"author": author} if author else {}
    rows = await reads.all(
        _RANKED_OF if author else _RANKED, asked=asked, candidates=CANDIDATES_MAX,
        ranked=RANKED_MAX, **eyes, **of,
    )
    return _best(rows, as_of=as_of)[:RESULTS_MAX]


def _start(best: Sequence[int], place: tuple[int | float, ...] | None) -> int:
    """Where a page begins: after the last note given, or, where that is gone, at its number."""
    if place is None:
        return 0
    last, given = int(place[1]), min(max(int(place[2]), 0), RESULTS_MAX)
    return best.index(last) + 1 if last in best else max(given - 1, 0)


def _instant(ms: float) -> datetime:
    """An instant to the millisecond, as cursors keep it, brought within what a date can be."""
    return _UNIX + timedelta(milliseconds=int(min(max(ms, 0), 4e12)))


def _best(rows: Sequence[_Ranked], *, as_of: datetime) -> list[int]:
    """Notes, best first: by relevance, with up to half of it more for what is new."""
    best: dict[int, float] = {}
    for row in rows:
        if ids.made_at(row.note_id) <= as_of:
            best[row.note_id] = max(row.score, best.get(row.note_id, 0.0))
    worth = {
        note: score * (1 + RECENT_GAIN * _recency(note, as_of)) for note, score in best.items()
    }
    return sorted(worth, key=lambda note: (-worth[note], -note))


def _recency(note: int, as_of: datetime) -> float:
    """1 for what is written now, half of it for each `RECENT_HALF_LIFE` of age."""
    return float(0.5 ** ((as_of - ids.made_at(note)) / RECENT_HALF_LIFE))


def _page(every: Sequence[int], start: int, as_of: datetime) -> Page[int]:
    items = every[start : start + PAGE]
    more = None
    if len(every) > start + PAGE:
        more = cursor((as_of - _UNIX) // timedelta(milliseconds=1), items[-1], start + PAGE)
    return Page(items=items, next_cursor=more)


async def _all_of(
    reads: Reads, author: int | None, eyes: dict[str, object],
    place: tuple[int | float, ...] | None, as_of: datetime,
) -> Page[int]:
    """An author's notes, newest first, where nothing else was asked for."""
    if author is None:
        return Page(items=[], next_cursor=None)
    before = int(place[1]) if place else 2**63 - 1
    found = await reads.all(_OF_AUTHOR, author=author, before=before, count=PAGE + 1, **eyes)
    return _page(found, 0, as_of)


async def _eyes(reads: Reads, viewer: PersonId | None) -> dict[str, object]:
    """What decides who finds what. At most two queries."""
    hidden = await people_queries.hidden_from(reads, viewer)
    followed = await people_queries.followed_by(reads, viewer) if viewer is not None else []
    return {
        "viewer": viewer or 0, "followed": followed,
        "hidden": sorted((hidden.blocked | hidden.muted) - {viewer or 0}),
    }


async def people(
    reads: Reads, text: str, *, viewer: PersonId | None, limit: int = PEOPLE_SHOWN
) -> list[Person]:
    """People whose handle or name, or a word of it, begins so; most followed first."""
    beginning = "".join(run for run, _ in words.runs(words.folded(text)))
    if not beginning:
        return []
    short = beginning[: words.TOKEN_MAX_CHARS]
    found = await reads.all(_NAMED, beginning=short, count=NAMES_READ)
    if not found:
        return []
    hidden = await people_queries.hidden_from(reads, viewer)
    known = await people_queries.by_ids(reads, found)
    shown = [p for p in known.values() if p.id not in hidden.blocked | hidden.muted]
    shown.sort(key=lambda p: (words.folded(p.handle) != short, -p.followers_count, p.id))
    return shown[:limit]


async def tags(
    reads: Reads, text: str, *, viewer: PersonId | None, limit: int = TAGS_SHOWN
) -> list[TagUse]:
    """Tags that begin so, with how many notes the viewer may see have them; most used first."""
    beginning = _as_tag("".join(text.split()))
    if not beginning:
        return []
    hidden = await people_queries.hidden_from(reads, viewer)
    return await note_queries.tags_beginning(
        reads, beginning, without=sorted(hidden.blocked | hidden.muted), limit=limit
    )


async def suggestions(
    reads: Reads, query: str, *, viewer: PersonId | None, target: Lang
) -> list[Suggestion]:
    """What a query begun so may become: tags, people, words of titles; at most `SUGGESTED`.

    ``target`` is the language the viewer is shown titles in.
    """
    text = query.strip()[: asking.QUERY_MAX_CHARS]
    plain = text.lstrip("#＃@")
    found: list[Suggestion] = []
    if not text.startswith("@"):
        found += [
            Suggestion(kind="tag", text=tag.tag, count=tag.count)
            for tag in await tags(reads, plain, viewer=viewer, limit=4)
        ]
    if not text.startswith(("#", "＃")):
        found += [
            Suggestion(kind="person", text=person.name, person=person)
            for person in await people(reads, plain, viewer=viewer, limit=3)
        ]
    if plain == text:
        found += [
            Suggestion(kind="word", text=word)
            for word in await _words(reads, text, viewer=viewer, target=target)
        ]
    return found[:SUGGESTED]


async def _words(
    reads: Reads, text: str, *, viewer: PersonId | None, target: Lang
) -> list[str]:
    """Words that begin so in the newest titles the viewer may see, commonest first."""
    before, _, last = text.rpartition(" ")
    beginning = words.folded(last)
    asked = _title_beginning(beginning)
    if asked is None:
        return []
    found = await reads.all(
        _TITLED, asked=asked, count=TITLES_READ, **await _eyes(reads, viewer)
    )
    shown = await note_queries.shown(reads, list(dict.fromkeys(found)), viewer=viewer)
    kept = await translation.kept(
        reads, [note.title_key for note in shown if not note.warning_key], target=target
    )
    counted: Counter[str] = Counter()
    for one in kept.values():
        for title in {one.text, one.rendition.text if one.rendition else ""}:
            counted.update({word for word in _of_title(title) if word.startswith(beginning)})
    counted.pop(beginning, None)
    best = sorted(counted, key=lambda word: (-counted[word], len(word), word))
    return [f"{before} {word}".strip() for word in best[:SUGGESTED]]


def _title_beginning(beginning: str) -> Asked | None:
    """A title with a word that begins so; None where no word can."""
    phrase = asking.exact(beginning, is_begun=True)
    if phrase is None:
        return None
    begun = Wanted((Phrase(phrase.tokens, True),), in_titles=True)
    return Asked(ways=((begun,),))


def _of_title(title: str) -> list[str]:
    """The words of a title, folded."""
    found = []
    for run, is_unspaced in words.runs(words.folded(title)):
        found += segments if is_unspaced and (segments := words.segmented(run)) else [run]
    return found
