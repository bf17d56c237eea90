"""Saying who one is: bios, places and lines are kept like any text, so that they are translated."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import regex

from catflap.ground.characters import on_one_line
from catflap.ground.database import Tx
from catflap.people import actions as people
from catflap.people import profiles
from catflap.people.model import BIO_MAX_CHARS, HOME_MAX_CHARS, Field, Person
from catflap.translation import actions, detection
from catflap.translation.model import NO_TEXT, TextKey

# moss_fern, moss.fern, MossFern42: what somebody is called elsewhere, not words.
_HANDLE = regex.compile(r"(?=\S*(?:[\d_]|[A-Za-z]\.[A-Za-z]))[A-Za-z0-9_.-]+")


async def introduce(
    tx: Tx, old: Person, *, name: str, bio: str, home: str, prior: Sequence[str]
) -> None:
    """Another name, bio and place for ``old``, whom the caller holds (`people.actions.hold`).

    Raises:
        TextTooLong: naming the field.
    """
    # Before its language is sought: a megabyte takes six seconds of everybody's.
    text = people.text_within("bio", bio, BIO_MAX_CHARS)
    place = people.text_within("home", on_one_line(home), HOME_MAX_CHARS)
    key = await actions.keep(tx, text, prior=prior)
    home_key = await actions.keep(tx, place, prior=prior)
    await people.describe(
        tx, old.id, name=name, bio=text, bio_key=key,
        bio_lang=detection.detect(text, prior=prior).lang, home=place, home_key=home_key,
    )
    await actions.release(tx, [TextKey(old.bio_key), TextKey(old.home_key)])


async def lines(
    tx: Tx, old: Person, fields: Sequence[Field], *, prior: Sequence[str]
) -> tuple[Field, ...]:
    """Lines for ``old``, whom the caller holds, to be shown with `profiles.show`: their texts kept.

    Those of the lines shown before are let go of; a text that stays keeps its renditions.

    Raises:
        TooMany, TextTooLong: see `profiles.checked_fields`.
    """
    fresh = [Field(name=one.name, value=one.value) for one in profiles.checked_fields(fields)]
    made = tuple([await _kept(tx, field, prior=prior) for field in fresh])
    await actions.release(tx, [TextKey(key) for key in old.line_keys()])
    return made


async def complete(tx: Tx, old: Person) -> bool:
    """Keep what ``old``, whom the caller holds, says in texts without a key; true if any is.

    For what was written before places and lines were texts. Twice is once.
    """
    home_key = old.home_key or await actions.keep(tx, old.home, prior=old.reads)
    made = tuple([await _kept(tx, field, prior=old.reads) for field in old.fields])
    if (home_key, made) == (old.home_key, old.fields):
        return False
    await profiles.key(tx, old.id, home_key=home_key, fields=made)
    return True


async def _kept(tx: Tx, field: Field, *, prior: Sequence[str]) -> Field:
    """A line with a key for each text of it that has none; its halves explain each other."""
    return msgspec.structs.replace(
        field,
        name_key=field.name_key or await _key(tx, field.name, prior=prior, context=field.value),
        value_key=field.value_key or await _key(tx, field.value, prior=prior, context=field.name),
    )


async def _key(tx: Tx, text: str, *, prior: Sequence[str], context: str) -> TextKey:
    if _HANDLE.fullmatch(text) or not detection.detect(text, prior=prior).langs:
        return NO_TEXT
    return await actions.keep(tx, text, prior=prior, context=context)
