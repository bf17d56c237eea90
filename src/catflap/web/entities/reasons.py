"""Why a note is shown, in words; pure, and made once for each locale."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache

from markupsafe import Markup

from catflap.arrivals.model import Interest, Place
from catflap.feed.model import Why
from catflap.notes import placing
from catflap.words.catalogue import Words, words


def interests(words: Words) -> dict[Interest, str]:
    """What each interest is called, in the order in which they are offered."""
    _ = words.gettext
    return {
        Interest.CATS: _("Cats"), Interest.FOOD: _("Food"), Interest.TRAVEL: _("Travel"),
        Interest.PRICES: _("Rent and prices"), Interest.HOMEWORK: _("Homework"),
        Interest.MUSIC: _("Music"), Interest.FISHING: _("Fishing"),
        Interest.CRAFTS: _("Crafts"), Interest.DOGS: _("Dogs"), Interest.PLANTS: _("Plants"),
        Interest.SPORT: _("Sport"), Interest.STORIES: _("Stories"),
    }


LINES_KEPT = 8192


@cache
def _sentences(locale: str) -> Mapping[Why, str]:
    _ = words(locale).gettext
    return {
        Why.FOLLOWED: _("You follow them"),
        Why.NEWCOMER: _("New here"),
        Why.WARM: _("Recent, or much answered"),
        Why.CO_LIKED: _("Liked by people who like what you like"),
        Why.FRESH: _("Written lately"),
        Why.BRIDGING: _("Liked by people who seldom like the same"),
        Why.FLOOR: _("A first note: everybody's first is shown"),
        Why.RANDOM: _("By chance, so that nobody is left out"),
        Why.NEW: _("Among the newest here"),
    }


def place_name(locale: str, place: Place) -> str:
    """What a place is called in a locale's language; as its reader wrote it where nobody knows."""
    return placing.name(place.place, lang=locale.split("-")[0]) or place.written


@lru_cache(maxsize=LINES_KEPT)
def _reason(locale: str, why: Why, topic: str, place: Place | None) -> Markup:
    if why is Why.PLACE and place is not None:
        said = words(locale).gettext(
            "From %(place)s, which you picked", place=place_name(locale, place)
        )
    elif why is Why.FRESH and topic in set(Interest):
        name = interests(words(locale))[Interest(topic)]
        said = words(locale).gettext("You like this: %(topic)s", topic=name)
    else:
        said = _sentences(locale).get(why, "")
    return Markup('<span class="why">{}</span>').format(said) if said else Markup("")


def line(locale: str, why: Why) -> bytes:
    """A reason as HTML, where there is one that is worth a line: nothing for what is warm."""
    return b"" if why is Why.WARM else _reason(locale, why, "", None).encode()


@cache
def _button(locale: str) -> str:
    _ = words(locale).gettext
    return Markup(
        '<button class="lesser" title="{less}"><span class="unseen">{less}</span>'
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="/static/icons.svg#less">'
        "</use></svg></button>"
    ).format(less=_("Less like this"))


@lru_cache(maxsize=LINES_KEPT)
def with_less(
    locale: str, why: Why, *, topic: str, place: Place | None, note: int
) -> bytes:
    """A reason as HTML, and beside it the way to have less like this."""
    return (
        f'<div class="because">{_reason(locale, why, topic, place)}<cat-less>'
        f'<form method="post" action="/n/{note}/less?back=/">{_button(locale)}</form>'
        "</cat-less></div>"
    ).encode()
