"""How long a refusal stands: a text that no engine could be trusted with is not lost for ever.

What refused it is remembered beside it, as the pair's route says it (`Routes.told`). When an
engine, its version or the order is another, or after `REFUSAL_STANDS`, the text counts as
untranslated again, and who looks at it has it asked for, once. Until then nobody's look costs an
engine anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import msgspec

from catflap.ground import clock
from catflap.translation.model import Kept, Rendition, TextKey
from catflap.translation.routes import Routes

REFUSAL_STANDS = timedelta(days=2)
"""A text that nobody can translate costs its engines one try in so long, however many look."""


def current(kept: Kept, *, routes: Routes) -> Kept:
    """A text without a refusal that no longer stands."""
    rendition = kept.rendition
    if rendition is None or not rendition.failed or _stands(kept, rendition, routes):
        return kept
    return msgspec.structs.replace(kept, rendition=None)


def all_current(found: Mapping[TextKey, Kept], *, routes: Routes) -> dict[TextKey, Kept]:
    """`current`, for texts by key."""
    return {key: current(text, routes=routes) for key, text in found.items()}


def _stands(kept: Kept, refusal: Rendition, routes: Routes) -> bool:
    target = refusal.target
    return (
        refusal.engine_version == routes.told(kept.source(target), target)
        and clock.now() - refusal.made_at < REFUSAL_STANDS
    )
