"""The interface's words: English in the code, other languages in one PO catalogue each."""

from __future__ import annotations

from functools import cache
from pathlib import Path

ENGLISH = "en"
LOCALES = {ENGLISH: "English", "zh-Hans": "简体中文"}
FOLDER = Path(__file__).parent / "locale"


class Words:
    """One locale's words: `gettext` and `ngettext` under the names that Jinja expects."""

    def __init__(self, locale: str) -> None:
        self.locale = locale
        self._one: dict[str, str] = {}
        self._many: dict[str, tuple[str, ...]] = {}
        path = FOLDER / f"{locale.replace('-', '_')}.po"
        if not path.exists():
            return
        from babel.messages.pofile import read_po  # not for English, nor before it is needed

        with path.open("rb") as file:
            for message in read_po(file):
                if isinstance(message.id, tuple):
                    forms = tuple(str(form) for form in message.string or ())
                    if all(forms):
                        self._many[message.id[0]] = forms
                elif message.id and message.string:
                    self._one[str(message.id)] = str(message.string)

    def gettext(self, text: str, **values: object) -> str:
        """A message in this locale, with its ``%(name)s`` filled in."""
        found = self._one.get(text, text)
        return found % values if values else found

    def ngettext(self, one: str, many: str, count: int, **values: object) -> str:
        """A message that depends on a number, which it may name as ``%(num)s``."""
        forms = self._many.get(one)
        if forms is None:
            found = one if count == 1 else many
        else:
            found = forms[0] if count == 1 or len(forms) == 1 else forms[1]
        return found % {"num": count, **values}


@cache
def words(locale: str) -> Words:
    """The words of a locale; English for one that there is none of."""
    return Words(locale if locale in LOCALES else ENGLISH)


def locale_for(langs: tuple[str, ...]) -> str:
    """The interface's locale for somebody who reads these languages, best first."""
    for lang in langs:
        if lang == "zh":
            return "zh-Hans"
        if lang == ENGLISH:
            return ENGLISH
    return ENGLISH
