"""Saying who one is: the words of a bio are kept like any text, so that they are translated."""

from __future__ import annotations

from collections.abc import Sequence

from catflap.ground.database import Tx
from catflap.people import actions as people
from catflap.people.model import BIO_MAX_CHARS, Person
from catflap.translation import actions, detection
from catflap.translation.model import TextKey


async def introduce(
    tx: Tx, old: Person, *, name: str, bio: str, home: str, prior: Sequence[str]
) -> None:
    """Another name, bio and place for ``old``, whom the caller holds (`people.actions.hold`).

    Raises:
        TextTooLong: naming the field.
    """
    # Before its language is sought: a megabyte takes six seconds of everybody's.
    text = people.text_within("bio", bio, BIO_MAX_CHARS)
    key = await actions.keep(tx, text, prior=prior)
    await people.describe(
        tx, old.id, name=name, bio=text, bio_key=key,
        bio_lang=detection.detect(text, prior=prior).lang, home=home,
    )
    await actions.release(tx, [TextKey(old.bio_key)])
