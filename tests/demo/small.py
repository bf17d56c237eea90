"""The ``catflap`` command with a slice of the demo's texts: what the whole of them does in a minute."""

from __future__ import annotations

import msgspec

from catflap import app
from catflap.demo import scripts, seeding

NOTES = 8


def small(whole: scripts.Whole) -> scripts.Whole:
    """Notes in which the demo's host had a part, so that one is a host; nothing that needs others."""
    talks = [note for note in whole.notes if seeding.HOST in {note.by, *(line.by for line in note.comments)}]
    notes = [note for note in talks if not note.film][:NOTES]
    handles = {seeding.NEWCOMER, seeding.HOST}
    handles |= {note.by for note in notes} | {line.by for note in notes for line in note.comments}
    hosts = {person.handle for person in whole.people if person.side == "host"}
    community = msgspec.structs.replace(
        whole.community, seal=(), report=(), edit=(), announcement=whole.community.announcement[:1],
        invitation=tuple(
            msgspec.structs.replace(one, came=tuple(h for h in one.came if h in handles))
            for one in whole.community.invitation if one.by in handles & hosts
        ),
    )
    return scripts.Whole(
        people=[person for person in whole.people if person.handle in handles], notes=notes,
        community=community,
    )


def main() -> None:
    """The command, in a process of its own."""
    slice_ = small(scripts.whole())
    scripts.whole = lambda: slice_
    app.main()
