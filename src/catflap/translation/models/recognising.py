"""Telling what somebody's folder holds: in which form a model is, and of which kind.

Two forms are known. CTranslate2's own is taken as it is; OPUS-MT's, as Helsinki publishes it for
Marian, is converted. The kind is read from the names of the files that cut text into pieces.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from catflap.translation.models.catalogue import Entry, Kind
from catflap.translation.models.errors import ModelFileMissing, ModelNotUnderstood

Form = Literal["ctranslate2", "opus-mt"]
_PAIR = re.compile(r"([a-z]{2,3})-([a-z]{2,3})")
_VOCABULARY_LOOK_BYTES = 8_000_000
_KEPT = (
    "model.bin", "config.json", "*vocabulary.json", "*vocabulary.txt", "vmap.txt", "*.spm",
    "*.model", "README*", "LICENSE*",
)
"""What is copied of a CTranslate2 folder; the rest belongs to other programs."""
PIECES: dict[Kind, tuple[str, ...]] = {
    "marian": ("source.spm", "target.spm"),
    "m2m100": ("sentencepiece.bpe.model",),
    "madlad": ("sentencepiece.model",),
    "nllb": ("sentencepiece.bpe.model",),
}
"""The files that each kind cuts text into pieces with."""


def found_in(folder: Path) -> tuple[Form, Path]:
    """The form of the model in ``folder``, or in the one folder inside it, and where it is.

    Raises:
        ModelNotUnderstood: there is none, or it is one of two.
    """
    inside = sorted(path for path in folder.iterdir() if path.is_dir())
    for places in ([folder], inside):
        forms = [(form, place) for place in places if (form := _form(place)) is not None]
        if len(forms) == 1:
            return forms[0]
        if forms:
            raise ModelNotUnderstood(str(folder), "holds more than one model")
    raise ModelNotUnderstood(
        str(folder),
        "holds neither model.bin and config.json (CTranslate2) nor decoder.yml, *.npz and *.spm "
        "(OPUS-MT)",
    )


def _form(folder: Path) -> Form | None:
    if (folder / "model.bin").is_file() and (folder / "config.json").is_file():
        return "ctranslate2"
    parts = (any(folder.glob("*.npz*")), any(folder.glob("*.spm")))
    return "opus-mt" if (folder / "decoder.yml").is_file() and all(parts) else None


def kept_files(folder: Path) -> list[Path]:
    """The files of a CTranslate2 folder that are worth copying, by name."""
    found = {path for pattern in _KEPT for path in folder.glob(pattern) if path.is_file()}
    return sorted(found)


def check_whole(folder: Path, entry: Entry) -> None:
    """Look whether a model has what its kind needs to run.

    Raises:
        ModelFileMissing: naming the first that is not there.
    """
    for name in PIECES[entry.kind]:
        if not (folder / name).is_file():
            raise ModelFileMissing(entry.name, name)
    if not any(folder.glob("*vocabulary.*")):
        raise ModelFileMissing(entry.name, "shared_vocabulary.json")


def described(folder: Path, *, name: str) -> Entry:
    """An entry for a model in CTranslate2's form that the catalogue does not know.

    Raises:
        ModelNotUnderstood: its kind cannot be told, or it is for one pair of languages and
            ``name`` does not say which (``zh-en``).
    """
    kind = _kind(folder)
    pair = _PAIR.fullmatch(name)
    if kind == "marian" and pair is None:
        raise ModelNotUnderstood(str(folder), "name it by its languages, like zh-en")
    return Entry(
        name=name, title=name, kind=kind, pairs=(name,) if kind == "marian" else (),
        licence="", size_mb=sum(p.stat().st_size for p in kept_files(folder)) // 1_000_000,
        files=tuple(path.name for path in kept_files(folder)),
    )


def _kind(folder: Path) -> Kind:
    has = {path.name for path in folder.iterdir()}
    if {"source.spm", "target.spm"} <= has:
        return "marian"
    if "sentencepiece.bpe.model" in has:
        vocabulary = next(folder.glob("*vocabulary.*"), None)
        # NLLB names languages with their script, M2M-100 without; both put them into the pieces.
        held = _beginning(vocabulary) if vocabulary else b""
        return "nllb" if b"zho_Hans" in held else "m2m100"
    if "sentencepiece.model" in has:
        return "madlad"
    raise ModelNotUnderstood(str(folder), "has none of the files that cut text into pieces")


def _beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_VOCABULARY_LOOK_BYTES)
