"""Subtitles of one's videos: a file for each language; the others are translated cue by cue.

A file becomes one text with a cue on each line, so translating, correcting and deleting it are
those of every text; the times stay beside it.
"""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from catflap.ground.database import Tx
from catflap.ground.errors import NotFound, TooMany
from catflap.ground.statements import Json, Statement, insert_unless_there
from catflap.media import queries
from catflap.media.model import Kind, MediaId, Track
from catflap.media.subtitling import Cue, cues, webvtt
from catflap.media.tables import subtitles
from catflap.people.model import PersonId
from catflap.translation import actions as translation
from catflap.translation.codes import UNKNOWN, canonical

TRACKS_MAX = 12

_ADD = Statement(
    insert_unless_there(subtitles).values(
        media_id=sa.bindparam("media_id", type_=sa.BigInteger), lang=sa.bindparam("lang"),
        text_key=sa.bindparam("text_key"),
        times_ms=sa.bindparam("times_ms", type_=Json(tuple[tuple[int, int], ...])),
    )
)
_DROP = Statement(
    subtitles.delete().where(
        subtitles.c.media_id == sa.bindparam("of", type_=sa.BigInteger),
        subtitles.c.lang == sa.bindparam("in_lang"),
    )
)


async def put(
    tx: Tx, video: MediaId, raw: bytes, *, lang: str, by: PersonId, public: bool
) -> Track:
    """Give one's video subtitles in a language, in place of those it had.

    ``raw`` is an SRT or WebVTT file.

    Raises:
        SubtitlesInvalid: the file cannot be read as subtitles.
        NotFound: there is no such video of one's own, or the code names no language.
        TooMany: it has `TRACKS_MAX` languages already.
    """
    found = await queries.mine(tx, [video], viewer=by)
    code = canonical(lang)
    if found[0].kind is not Kind.VIDEO or code == UNKNOWN:
        raise NotFound("video")
    read = cues(raw)
    tracks = await queries.subtitles_of(tx, [video])
    if len(tracks) >= TRACKS_MAX and code not in {track.lang for track in tracks}:
        raise TooMany("subtitles", count=len(tracks) + 1, limit=TRACKS_MAX)
    await drop(tx, video, lang=code, by=by)
    text = "\n".join(cue.text for cue in read)
    key = await translation.keep(tx, text, prior=(code,), claimed=code, public=public)
    track = Track(
        media_id=video, lang=code, text_key=key,
        times_ms=tuple((cue.start_ms, cue.end_ms) for cue in read),
    )
    await tx.run(_ADD, **msgspec.structs.asdict(track))
    return track


async def drop(tx: Tx, video: MediaId, *, lang: str, by: PersonId) -> None:
    """Take subtitles away again; nothing where there are none.

    Raises:
        NotFound: it is nobody's video, or somebody else's.
    """
    await queries.mine(tx, [video], viewer=by)
    for track in await queries.subtitles_of(tx, [video]):
        if track.lang == lang:
            await translation.release(tx, [track.text_key])
            await tx.run(_DROP, of=video, in_lang=lang)


async def let_go(tx: Tx, video: MediaId) -> None:
    """Let go of the words of a video that is being deleted; the rows go with it."""
    for track in await queries.subtitles_of(tx, [video]):
        await translation.release(tx, [track.text_key])


def shown(track: Track, text: str) -> str:
    """WebVTT of a track whose cues read ``text``, a line each; "" where the lines do not match."""
    lines = text.split("\n")
    if len(lines) != len(track.times_ms):
        return ""
    made = [
        Cue(start_ms=start, end_ms=end, text=line)
        for (start, end), line in zip(track.times_ms, lines, strict=True)
        if line.strip()
    ]
    return webvtt(made)
