"""People make translations better: suggestions, doubts, what language a text really is in.

Whoever reads both languages may suggest. The author of the text, or two hosts, accept; from then
on it stands before every engine's, with its writer's name, and its history is for everybody to
see. Whether somebody is the author is the caller's to know: texts have no author of their own. The
author decides alone only over words that nobody else wrote as well; else a copy of somebody's note
would be enough to put words into their mouth.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum

import msgspec
import sqlalchemy as sa

from catflap.ground import clock, events, ids, jobs
from catflap.ground.database import Reads, Tx
from catflap.ground.errors import NotFound, TextMissing, TextTooLong
from catflap.ground.statements import Instant, Json, Statement, among, insert_unless_there
from catflap.people import queries as people
from catflap.people.model import PersonId
from catflap.translation import actions, figures, queries, spans
from catflap.translation.codes import UNKNOWN, Lang, canonical
from catflap.translation.errors import HostsOnly, NotBilingual, SuggestionRefused
from catflap.translation.events import RenditionMade, RenditionReplaced
from catflap.translation.figures import Figure, Spot
from catflap.translation.model import Kept, Origin, Rendition, TextKey, normalised
from catflap.translation.tables import (
    doubts,
    language_claims,
    renditions,
    suggestion_votes,
    suggestions,
    texts,
)
from catflap.translation.wants import AHEAD, Ahead

_i64 = sa.BigInteger
HOSTS_NEEDED = 2
CLAIMS_NEEDED = 2
LENGTH_RATIO_MAX = 6
LENGTH_SLACK_CHARS = 200

_MARKUP = re.compile(r"</?[a-z!][^<>]*>|<!--", re.IGNORECASE)
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")


class State(StrEnum):
    """What became of a suggestion."""

    OPEN = "open"
    ACCEPTED = "accepted"
    UNDONE = "undone"
    WITHDRAWN = "withdrawn"


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    """A better translation of a text, by a person. ``replaced`` is what stood there before."""

    id: int
    text_key: str
    target: str
    text: str
    by_id: int
    state: State
    made_at: datetime
    decided_at: datetime | None
    replaced: str
    replaced_origin: str
    replaced_engine: str
    replaced_by_id: int | None


class Doubted(msgspec.Struct, frozen=True, kw_only=True):
    """A translation that people say is wrong, and how many do."""

    text_key: str
    target: str
    engine: str
    count: int
    newest_at: datetime


_OF_TEXT = Statement(
    sa.select(*(suggestions.c[name] for name in Suggestion.__struct_fields__))
    .where(
        suggestions.c.text_key == sa.bindparam("key"),
        suggestions.c.target == sa.bindparam("into"),
    )
    .order_by(suggestions.c.id.desc())
    .limit(100),
    Suggestion,
)
_ONE = Statement(
    sa.select(*(suggestions.c[name] for name in Suggestion.__struct_fields__)).where(
        suggestions.c.id == sa.bindparam("id", type_=_i64)
    ),
    Suggestion,
)
_HOLD_TEXT = Statement(
    sa.select(texts.c.key)
    .where(texts.c.key == sa.bindparam("key"))
    .with_for_update(key_share=True),
    str,
)
_ACCEPTED_LAST = Statement(
    sa.select(*(suggestions.c[name] for name in Suggestion.__struct_fields__))
    .where(
        suggestions.c.text_key == sa.bindparam("key"),
        suggestions.c.target == sa.bindparam("into"),
        suggestions.c.state == State.ACCEPTED.value,
    )
    .order_by(suggestions.c.decided_at.desc(), suggestions.c.id.desc())
    .limit(1),
    Suggestion,
)
_OWN_OPEN = Statement(
    sa.select(*(suggestions.c[name] for name in Suggestion.__struct_fields__)).where(
        suggestions.c.text_key == sa.bindparam("key"),
        suggestions.c.target == sa.bindparam("into"),
        suggestions.c.state == State.OPEN.value,
        suggestions.c.by_id == sa.bindparam("by", type_=_i64),
    ),
    Suggestion,
)
_NOT_BY_PEOPLE = Statement(
    sa.select(*(suggestions.c[name] for name in Suggestion.__struct_fields__))
    .where(
        suggestions.c.text_key == sa.bindparam("key"),
        suggestions.c.target == sa.bindparam("into"),
        suggestions.c.replaced > "",
        suggestions.c.replaced_origin != Origin.PERSON.value,
    )
    .order_by(suggestions.c.decided_at.desc(), suggestions.c.id.desc())
    .limit(1),
    Suggestion,
)
_OPEN = Statement(
    sa.select(*(suggestions.c[name] for name in Suggestion.__struct_fields__))
    .where(suggestions.c.state == State.OPEN.value)
    .order_by(suggestions.c.id.desc())
    .limit(sa.bindparam("count", type_=sa.Integer)),
    Suggestion,
)
_NEWEST_OF = Statement(
    sa.select(*(suggestions.c[name] for name in Suggestion.__struct_fields__))
    .where(among(suggestions.c.text_key, "keys"))
    .order_by(suggestions.c.id.desc())
    .limit(1),
    Suggestion,
)
_ADD = Statement(
    suggestions.insert().values(
        {name: sa.bindparam(name) for name in suggestions.c.keys()}
    )
)
_DECIDE = Statement(
    suggestions.update()
    .where(suggestions.c.id == sa.bindparam("the_id", type_=_i64))
    .values(
        state=sa.bindparam("new_state"), decided_at=sa.bindparam("at", type_=Instant),
        replaced=sa.bindparam("old"), replaced_origin=sa.bindparam("old_origin"),
        replaced_engine=sa.bindparam("old_engine"),
        replaced_by_id=sa.bindparam("old_by", type_=_i64),
    )
)
_CLOSE = Statement(
    suggestions.update()
    .where(suggestions.c.id == sa.bindparam("the_id", type_=_i64))
    .values(state=sa.bindparam("new_state"), decided_at=sa.bindparam("at", type_=Instant))
)
_VOTE = Statement(
    insert_unless_there(suggestion_votes).values(
        suggestion_id=sa.bindparam("suggestion"), person_id=sa.bindparam("person")
    )
)
_VOTES = Statement(
    sa.select(sa.func.count()).where(
        suggestion_votes.c.suggestion_id == sa.bindparam("id", type_=_i64)
    ),
    int,
)
_DOUBT = Statement(
    insert_unless_there(doubts).values(
        text_key=sa.bindparam("key"), target=sa.bindparam("into"), person_id=sa.bindparam("person"),
        engine=sa.bindparam("engine"), at=sa.bindparam("at", type_=Instant), settled=False,
    )
)
_DOUBT_AGAIN = Statement(
    doubts.update()
    .where(
        doubts.c.text_key == sa.bindparam("the_key"), doubts.c.target == sa.bindparam("the_target"),
        doubts.c.person_id == sa.bindparam("the_person", type_=_i64),
        doubts.c.settled == sa.true(), doubts.c.at < sa.bindparam("since", type_=Instant),
    )
    .values(
        settled=False, engine=sa.bindparam("new_engine"), at=sa.bindparam("new_at", type_=Instant)
    )
)
_SETTLE_ALL = Statement(
    doubts.update()
    .where(doubts.c.text_key == sa.bindparam("key"), doubts.c.settled == sa.false())
    .values(settled=True)
)
_SETTLE = Statement(
    doubts.update()
    .where(
        doubts.c.text_key == sa.bindparam("key"), doubts.c.target == sa.bindparam("into"),
        doubts.c.settled == sa.false(),
    )
    .values(settled=True)
)
_DOUBTED = Statement(
    sa.select(
        doubts.c.text_key, doubts.c.target, doubts.c.engine, sa.func.count().label("count"),
        sa.func.max(doubts.c.at, type_=Instant).label("newest_at"),
    )
    .where(doubts.c.settled == sa.false())
    .group_by(doubts.c.text_key, doubts.c.target, doubts.c.engine)
    .order_by(sa.func.count().desc(), doubts.c.text_key)
    .limit(sa.bindparam("count", type_=sa.Integer)),
    Doubted,
)
_CLAIM = Statement(
    insert_unless_there(language_claims).values(
        text_key=sa.bindparam("key"), person_id=sa.bindparam("person"), lang=sa.bindparam("lang"),
        at=sa.bindparam("at", type_=Instant),
    )
)
_UNCLAIM = Statement(
    language_claims.delete().where(
        language_claims.c.text_key == sa.bindparam("key"),
        language_claims.c.person_id == sa.bindparam("person", type_=_i64),
    )
)
_CLAIMS = Statement(
    sa.select(sa.func.count()).where(
        language_claims.c.text_key == sa.bindparam("key"),
        language_claims.c.lang == sa.bindparam("lang"),
    ),
    int,
)
_FIX = Statement(
    texts.update()
    .where(texts.c.key == sa.bindparam("the_key"))
    .values(langs=sa.bindparam("new_langs", type_=Json(tuple[str, ...])), langs_fixed=True)
)
_FORGET_ENGINES = Statement(
    renditions.delete().where(
        renditions.c.text_key == sa.bindparam("the_key"),
        renditions.c.origin == Origin.ENGINE.value,
    )
)
_FORGET = Statement(
    renditions.delete().where(
        renditions.c.text_key == sa.bindparam("the_key"),
        renditions.c.target == sa.bindparam("into"),
    )
)


async def of_text(reads: Reads, key: TextKey, *, target: Lang) -> list[Suggestion]:
    """The history of a text's translation: every suggestion, newest first, at most 100."""
    return await reads.all(_OF_TEXT, key=key, into=target)


async def waiting(reads: Reads, *, count: int = 50) -> list[Suggestion]:
    """Suggestions that nobody decided on, newest first."""
    return await reads.all(_OPEN, count=count)


async def doubted(reads: Reads, *, count: int = 50) -> list[Doubted]:
    """Translations that people say are wrong, most doubted first."""
    return await reads.all(_DOUBTED, count=count)


async def _kept(tx: Tx, key: TextKey, target: Lang) -> Kept:
    found = (await queries.kept(tx, [key], target=target)).get(key)
    if found is None:
        raise NotFound("text")
    return found


async def _held(tx: Tx, key: TextKey, target: Lang) -> Kept:
    """A text while nobody else decides on its translations."""
    await tx.one(_HOLD_TEXT, key=key)
    return await _kept(tx, key, target)


def _called(text: str) -> Counter[str]:
    return Counter(part.text for part in spans.linked(text) if part.kind)


def _checked(text: str, kept: Kept) -> str:
    words = normalised(text)
    if not words:
        raise TextMissing("translation")
    limit = LENGTH_RATIO_MAX * len(kept.text) + LENGTH_SLACK_CHARS
    if len(words) > limit:
        raise TextTooLong("translation", length_chars=len(words), limit_chars=limit)
    standing = kept.rendition.text if kept.rendition else ""
    if words in (standing, kept.text):
        raise SuggestionRefused("unchanged")
    for refused, found in (("markup", _MARKUP), ("turning", _TURNING)):
        if len(found.findall(words)) > len(found.findall(kept.text)):
            raise SuggestionRefused(refused)
    if _called(words) != _called(kept.text):
        raise SuggestionRefused("links")
    return words


async def _said_already(
    tx: Tx, kept: Kept, *, target: Lang, words: str, by: PersonId
) -> int | None:
    """The number under which this person suggested just this before, where it waits or stands."""
    for one in await tx.all(_OWN_OPEN, key=kept.key, into=target, by=by):
        if one.text == words:
            return one.id
    last = await tx.one(_ACCEPTED_LAST, key=kept.key, into=target)
    return last.id if last is not None and last.by_id == by and last.text == words else None


def may_suggest(
    kept: Kept, target: Lang, *, reads: Sequence[str], is_author: bool
) -> bool:
    """Whether somebody who reads these languages may suggest a translation of this text."""
    return target in reads and (is_author or bool(set(kept.langs) & {*reads, UNKNOWN}))


async def suggest(
    tx: Tx, key: TextKey, *, target: Lang, text: str, by: PersonId, reads: Sequence[str],
    is_author: bool,
) -> int:
    """Suggest a better translation; the author's own is accepted at once. The answer is its number.

    ``is_author``: nobody else wrote these words. Of one person one suggestion waits: a newer one
    takes its place, and the same once more is the same.

    Raises:
        NotBilingual: ``by`` does not read both languages.
        NotFound, TextMissing, TextTooLong
        SuggestionRefused: see `errors.SuggestionRefused`.
    """
    kept = await _held(tx, key, target)
    if not set(kept.langs) - {target}:
        raise SuggestionRefused("language")
    if not may_suggest(kept, target, reads=reads, is_author=is_author):
        raise NotBilingual(source=kept.lang, target=target)
    words = normalised(text)
    if (before := await _said_already(tx, kept, target=target, words=words, by=by)) is not None:
        return before
    words = _checked(text, kept)
    for older in await tx.all(_OWN_OPEN, key=key, into=target, by=by):
        await tx.run(
            _CLOSE, the_id=older.id, new_state=State.WITHDRAWN.value, at=clock.now()
        )
    id_ = ids.new(shard=ids.shard_of(by))
    await tx.run(
        _ADD, id=id_, text_key=key, target=target, text=words, by_id=by,
        state=State.OPEN.value, made_at=clock.now(), decided_at=None, replaced="",
        replaced_origin="", replaced_engine="", replaced_by_id=None,
    )
    if is_author:
        await accept(tx, id_, by=by, is_author=True)
    return id_


async def suggestion(reads: Reads, id_: int) -> Suggestion:
    """One suggestion; whoever asks knows that its reader may see the text.

    Raises:
        NotFound: there is none of this number.
    """
    found = await reads.one(_ONE, id=id_)
    if found is None:
        raise NotFound("suggestion")
    return found


async def _to_decide(tx: Tx, id_: int) -> tuple[Suggestion, Kept]:
    """A suggestion and its text, while nobody else decides on either."""
    first = await suggestion(tx, id_)
    kept = await _held(tx, TextKey(first.text_key), Lang(first.target))
    return await suggestion(tx, id_), kept


async def accept(tx: Tx, id_: int, *, by: PersonId, is_author: bool) -> bool:
    """Accept a suggestion, or say that one would; true where it stands from now on through this.

    Once it was accepted, accepting it again changes nothing, so that two hosts may at once.

    Raises:
        HostsOnly: ``by`` is neither the text's author nor a host, or suggested it.
        NotFound: there is no such suggestion, or it was taken back.
    """
    found, kept = await _to_decide(tx, id_)
    is_host = found.by_id != by and await people.is_host(tx, by, now=clock.now())
    if not (is_author or is_host):
        raise HostsOnly
    if found.state is State.ACCEPTED:
        return False
    if found.state is not State.OPEN:
        raise NotFound("suggestion")
    if not is_author:
        await tx.run(_VOTE, suggestion=id_, person=by)
        if (await tx.one(_VOTES, id=id_) or 0) < HOSTS_NEEDED:
            return False
    target = Lang(found.target)
    old = kept.rendition
    await tx.run(
        _DECIDE, the_id=id_, new_state=State.ACCEPTED.value, at=clock.now(),
        old=old.text if old else "", old_origin=old.origin.value if old else "",
        old_engine=old.engine if old else "", old_by=old.by_id if old else None,
    )
    await actions.render(
        tx, kept.key, target=target, text=found.text, origin=Origin.PERSON, by=found.by_id
    )
    await tx.run(_SETTLE, key=kept.key, into=target)
    await figures.add(tx, {_spot(Figure.CORRECTIONS, kept, target, old): 1})
    await events.emit(tx, RenditionReplaced(key=kept.key, target=target))
    return True


def _spot(figure: Figure, kept: Kept, target: Lang, old: Rendition | None) -> Spot:
    source = next((lang for lang in kept.langs if lang != target), kept.lang)
    engine = old.engine if old and old.origin is Origin.ENGINE and not old.failed else ""
    return Spot(figure=figure, source=source, target=target, engine=engine)


async def undo(tx: Tx, id_: int, *, by: PersonId, is_author: bool) -> None:
    """Take an accepted suggestion back.

    Where it stood, the one accepted before it that nobody took back stands again, else what an
    engine said, else the text is translated anew.

    Raises:
        HostsOnly: ``by`` is neither the text's author, nor a host, nor its writer.
        NotFound: there is no such suggestion, or it was never accepted.
    """
    found, kept = await _to_decide(tx, id_)
    if not (is_author or by == found.by_id or await people.is_host(tx, by, now=clock.now())):
        raise HostsOnly
    if found.state is State.UNDONE:
        return
    if found.state is not State.ACCEPTED:
        raise NotFound("suggestion")
    key, target = kept.key, Lang(found.target)
    standing = await tx.one(_ACCEPTED_LAST, key=key, into=target)
    await tx.run(_CLOSE, the_id=id_, new_state=State.UNDONE.value, at=clock.now())
    if standing is None or standing.id != id_:
        return
    await tx.run(_FORGET, the_key=key, into=target)
    before = await tx.one(_ACCEPTED_LAST, key=key, into=target)
    engines = await tx.one(_NOT_BY_PEOPLE, key=key, into=target)
    if before is not None:
        await actions.render(
            tx, key, target=target, text=before.text, origin=Origin.PERSON, by=before.by_id
        )
    elif engines is not None:
        await actions.render(
            tx, key, target=target, text=engines.replaced,
            origin=Origin(engines.replaced_origin), engine=engines.replaced_engine,
        )
    else:
        await actions.want(tx, [key], target=target)
        await events.emit(tx, RenditionMade(key=key, target=target))
    await events.emit(tx, RenditionReplaced(key=key, target=target))


async def withdraw(tx: Tx, id_: int, *, by: PersonId) -> None:
    """Take one's own open suggestion back; once more changes nothing.

    Raises:
        NotFound: there is none of one's own, or it was accepted.
    """
    found, _ = await _to_decide(tx, id_)
    if found.by_id != by or found.state not in (State.OPEN, State.WITHDRAWN):
        raise NotFound("suggestion")
    if found.state is State.OPEN:
        await tx.run(_CLOSE, the_id=id_, new_state=State.WITHDRAWN.value, at=clock.now())


async def doubt(tx: Tx, key: TextKey, *, target: Lang, by: PersonId) -> None:
    """Say that a translation is wrong; of the same one, once is enough.

    Raises:
        NotFound: there is no such translation.
    """
    kept = await _kept(tx, key, target)
    now = kept.rendition
    if now is None or now.failed:
        raise NotFound("translation")
    engine = now.engine if now.origin is Origin.ENGINE else ""
    told = await tx.run(_DOUBT, key=key, into=target, person=by, engine=engine, at=clock.now())
    # What was settled and then replaced is another translation, which may be wrong as well.
    again = not told and await tx.run(
        _DOUBT_AGAIN, the_key=key, the_target=target, the_person=by, since=now.made_at,
        new_engine=engine, new_at=clock.now(),
    )
    if told or again:
        await figures.add(tx, {_spot(Figure.DOUBTS, kept, target, now): 1})


async def settle(tx: Tx, key: TextKey, *, target: Lang, by: PersonId) -> None:
    """Say that a doubted translation is right after all.

    Raises:
        HostsOnly: ``by`` is a newcomer.
    """
    if not await people.is_host(tx, by, now=clock.now()):
        raise HostsOnly
    await tx.run(_SETTLE, key=key, into=target)


async def claim_language(
    tx: Tx, key: TextKey, *, lang: str, by: PersonId, is_author: bool
) -> bool:
    """Say what language a text really is in; true where that counts from now on.

    The author's word counts, and so does that of a host or of two readers who agree.

    Raises:
        NotFound: there is no such text, or the code names no language.
    """
    said = canonical(lang)
    kept = await _kept(tx, key, UNKNOWN)
    if said == UNKNOWN:
        raise NotFound("language")
    await tx.run(_UNCLAIM, key=key, person=by)
    await tx.run(_CLAIM, key=key, person=by, lang=said, at=clock.now())
    agree = await tx.one(_CLAIMS, key=key, lang=said) or 0
    counts = is_author or agree >= CLAIMS_NEEDED or await people.is_host(tx, by, now=clock.now())
    if not counts:
        return False
    if kept.langs != (said,):
        await tx.run(_FIX, the_key=key, new_langs=(said,))
        await tx.run(_FORGET_ENGINES, the_key=key)
        await tx.run(_SETTLE_ALL, key=key)
        await jobs.enqueue(
            tx, AHEAD, Ahead(key=key), key=f"{AHEAD}:{key}", priority=actions.PRIORITY_AHEAD
        )
        await events.emit(tx, RenditionMade(key=key, target=""))
        await events.emit(tx, RenditionReplaced(key=key, target=""))
    return True


async def newest_of(reads: Reads, keys: Collection[TextKey]) -> Suggestion | None:
    """The newest suggestion for any of these texts, None where nobody made one."""
    return next(iter(await reads.all(_NEWEST_OF, keys=list(keys))), None) if keys else None
