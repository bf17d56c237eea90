"""The models of this machine: which are here, taking one from a folder, removing one."""

from __future__ import annotations

import importlib
import shutil
from pathlib import Path

import msgspec

from catflap.translation.models import placing, recognising, unpacking
from catflap.translation.models.catalogue import Entry, checked_name
from catflap.translation.models.errors import ModelNotInstalled, ModelNotUnderstood
from catflap.translation.models.model import Installed, Record


def installed(folder: Path) -> list[Installed]:
    """The models in ``folder``, by name; one without a readable `model.json` is none of ours."""
    if not folder.is_dir():
        return []
    found = []
    for place in sorted(folder.iterdir()):
        record = None if place.name.startswith(".") else _record(place)
        if record is not None:
            found.append(Installed(
                name=place.name, folder=place, record=record,
                size_bytes=placing.size_of(place),
            ))
    return found


def _record(place: Path) -> Record | None:
    try:
        return msgspec.json.decode((place / placing.RECORD).read_bytes(), type=Record)
    except (FileNotFoundError, NotADirectoryError, msgspec.DecodeError):
        return None


def remove(folder: Path, name: str) -> None:
    """Remove a model, or what a broken-off download of it left.

    Raises:
        ModelUnknown: ``name`` can be no model's.
        ModelNotInstalled: neither is here.
    """
    places = (folder / checked_name(name), folder / f".{name}.fetching")
    there = [place for place in places if place.is_dir()]
    if not there:
        raise ModelNotInstalled(name)
    for place in there:
        placing.clear(place)


def take(path: Path, *, entry: Entry | None, into: Path, name: str = "") -> Installed:
    """Take a model from a folder or a .zip of one, converting OPUS-MT's form.

    A model that the catalogue does not know comes without ``entry`` and is called ``name``, or
    as the folder or file is called; a model for one pair of languages is named by the pair.
    Blocks: converting takes about a minute and twice the model's size in memory.

    Raises:
        ModelUnknown: ``name`` can be no model's.
        ModelNotUnderstood: there is no model, or its kind cannot be told.
        ModelFileMissing: it lacks a file that it needs to run.
        ArchiveUnsafe, TooLarge: of a hostile archive.
        NoSpace: the disk is too small.
    """
    called = checked_name(entry.name if entry else name or _stem(path))
    work, unpacked = into / f".{called}.taking", into / f".{called}.unpacked"
    for place in (work, unpacked):
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
    try:
        source = _opened(path, unpacked)
        form, place = recognising.found_in(source)
        if form == "opus-mt":
            _convert(place, work)
        else:
            unpacking.copy(recognising.kept_files(place), work)
        described = entry or recognising.described(work, name=called)
        recognising.check_whole(work, described)
        return placing.put_in_place(
            work, into=into, entry=described, origin=str(path.resolve()), revision=""
        )
    finally:
        shutil.rmtree(work, ignore_errors=True)
        shutil.rmtree(unpacked, ignore_errors=True)


def _stem(path: Path) -> str:
    return (path.stem if path.is_file() else path.resolve().name).lower()


def _opened(path: Path, unpacked: Path) -> Path:
    """The folder to look into: ``path`` itself, or what it was unpacked to."""
    if path.is_dir():
        return path
    if not path.is_file():
        raise ModelNotUnderstood(str(path), "is not there")
    unpacking.unpack(path, unpacked)
    return unpacked


def _convert(source: Path, work: Path) -> None:
    """Convert OPUS-MT's form to CTranslate2's, with weights of eight bits.

    Raises:
        ModelNotUnderstood: CTranslate2 is not installed, or cannot read this model.
    """
    try:
        converters = importlib.import_module("ctranslate2.converters")
        yaml = importlib.import_module("yaml")
    except ImportError as error:
        raise ModelNotUnderstood(str(source), f"converting needs CTranslate2: {error}") from error
    try:
        converters.OpusMTConverter(str(source)).convert(str(work), quantization="int8", force=True)
    except (OSError, ValueError, LookupError, TypeError, RuntimeError, yaml.YAMLError) as error:
        raise ModelNotUnderstood(str(source), f"cannot be converted: {error}") from error
    beside = [path for pattern in ("*.spm", "README*", "LICENSE*") for path in source.glob(pattern)]
    unpacking.copy(beside, work)
