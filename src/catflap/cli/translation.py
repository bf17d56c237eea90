"""Commands about translation: its models here; `evaluating` has the one that scores engines."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from catflap.cli.evaluating import add_evaluating
from catflap.cli.speaking import AsJson, Data, read_settings, say
from catflap.cli.wiring import Wiring
from catflap.ground.errors import CatflapError
from catflap.translation.models import catalogue, errors, keeping
from catflap.translation.models.catalogue import Entry
from catflap.translation.models.model import Installed, Progress

REDRAW_S = 0.2
BAR_CHARS = 24


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A model as ``--json`` gives it; ``size_bytes`` is 0 where it is not installed."""

    name: str
    title: str
    kind: str
    pairs: tuple[str, ...]
    licence: str
    noncommercial: bool
    size_mb: int
    installed: bool
    size_bytes: int
    folder: str


def translation_commands(wiring: Wiring) -> typer.Typer:
    """``catflap translation …``."""
    group = typer.Typer(
        help="Translation: models on this machine, and how good engines are.",
        no_args_is_help=True,
    )
    _installing(group)
    _looking_after(group)
    add_evaluating(group, wiring)
    return group


def _installing(group: typer.Typer) -> None:
    @group.command()
    def install(
        names: Annotated[list[str], typer.Argument(metavar="NAME", help="Models, by name.")],
        source: Annotated[
            Path | None,
            typer.Option("--from", metavar="PATH", help="Take it from this folder or .zip."),
        ] = None,
        accept_licence: Annotated[
            bool, typer.Option("--accept-licence", help="Accept a non-commercial licence.")
        ] = False,
        data: Data = None,
        as_json: AsJson = False,
    ) -> None:
        """Bring translation models to this machine; a broken download goes on where it stopped.

        Both directions, about 160 MB each: catflap translation install zh-en en-zh

        Without a network, from a folder in CTranslate2's or OPUS-MT's form, or a .zip of one:
        catflap translation install zh-en --from opus-2020-07-17.zip

        The hub is https://huggingface.co, or what HF_ENDPOINT names.
        """
        folder = read_settings(data=data).models_folder()
        if source is not None and len(names) != 1:
            raise typer.BadParameter("wants exactly one NAME", param_hint="--from")
        with _refusals():
            if source is not None:
                done = [_taken(names[0], source, folder, accepted=accept_licence)]
            else:
                # All names first: the second's refusal must not come after the first's gigabyte.
                wanted = [_agreed(catalogue.entry(name), accepted=accept_licence) for name in names]
                done = [_fetched(entry, folder, quiet=as_json) for entry in wanted]
        say(
            [_told(one.record.entry, one) for one in done], as_json=as_json,
            text="\n".join(f"{one.name} is installed in {one.folder}" for one in done),
        )


def _looking_after(group: typer.Typer) -> None:
    @group.command("list")
    def list_models(data: Data = None, as_json: AsJson = False) -> None:
        """List the models there are, and which of them are installed.

        For a program to read: catflap translation list --json
        """
        folder = read_settings(data=data).models_folder()
        here = {one.name: one for one in keeping.installed(folder)}
        known = {entry.name: entry for entry in catalogue.entries()}
        known |= {name: one.record.entry for name, one in here.items()}
        rows = [_told(entry, here.get(name)) for name, entry in known.items()]
        say(rows, as_json=as_json, text="\n".join(map(_line, rows)))

    @group.command()
    def remove(
        name: Annotated[str, typer.Argument(help="The model's name.")],
        data: Data = None,
        as_json: AsJson = False,
    ) -> None:
        """Remove a model, or what a broken-off download of it left.

        To get its room back: catflap translation remove m2m100-418m
        """
        with _refusals():
            keeping.remove(read_settings(data=data).models_folder(), name)
        say({"removed": name}, as_json=as_json, text=f"{name} is removed.")


def _agreed(entry: Entry, *, accepted: bool) -> Entry:
    catalogue.agree(entry, accepted=accepted)
    if entry.noncommercial:
        print(
            f"{entry.name}: its licence ({entry.licence}) forbids commercial use.", file=sys.stderr
        )
    return entry


def _fetched(entry: Entry, folder: Path, *, quiet: bool) -> Installed:
    for one in keeping.installed(folder):
        if one.name == entry.name:
            return one
    # The HTTP client is a tenth of every command's start; only this one wants it.
    from catflap.translation.models import fetching

    hub = os.environ.get("HF_ENDPOINT") or fetching.HUB
    with _drawing(quiet=quiet) as draw:
        try:
            return asyncio.run(fetching.fetch(entry, into=folder, hub=hub, progress=draw))
        except errors.HubUnreachable as error:
            reason = error.reason
    print(
        f"catflap: The model hub at {hub} cannot be reached ({reason}). Catflap goes on without; "
        f"on a machine with internet, download {fetching.HUB}/{entry.repo} into a folder, bring "
        f"it here, then: catflap translation install {entry.name} --from FOLDER",
        file=sys.stderr,
    )
    raise typer.Exit(1)


def _taken(name: str, source: Path, folder: Path, *, accepted: bool) -> Installed:
    """A model from a path; a name outside the catalogue is the operator's own model."""
    entry = next((entry for entry in catalogue.entries() if entry.name == name), None)
    if entry is not None:
        _agreed(entry, accepted=accepted)
    return keeping.take(source, entry=entry, into=folder, name=name)


@contextmanager
def _drawing(*, quiet: bool) -> Iterator[Callable[[Progress], None]]:
    """A bar on a terminal, drawn over itself at most every `REDRAW_S`; elsewhere nothing."""
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    drawn_at = 0.0

    def draw(at: Progress) -> None:
        nonlocal drawn_at
        if time.monotonic() - drawn_at < REDRAW_S and at.done_bytes < at.total_bytes:
            return
        drawn_at = time.monotonic()
        ratio = at.done_bytes / max(1, at.total_bytes)
        bar = ("█" * round(ratio * BAR_CHARS)).ljust(BAR_CHARS, "░")
        done_mb, total_mb = at.done_bytes // 1_000_000, at.total_bytes // 1_000_000
        sys.stderr.write(f"\r{at.name}  {bar}  {done_mb} of {total_mb} MB  {at.path}\x1b[K")
        sys.stderr.flush()

    try:
        yield draw
    finally:
        if drawn_at:
            sys.stderr.write("\n")


@contextmanager
def _refusals() -> Iterator[None]:
    """An expected refusal becomes one line and exit status 1."""
    try:
        yield
    except (CatflapError, OSError) as error:
        print(f"catflap: {_words(error)}", file=sys.stderr)
        raise typer.Exit(1) from error


def _words(error: CatflapError | OSError) -> str:
    match error:
        case errors.ModelUnknown(name=name, known=known):
            return f"there is no model {name!r}" + (f"; there are {', '.join(known)}" * bool(known))
        case errors.ModelNotInstalled(name=name):
            return f"{name} is not installed"
        case errors.LicenceNotAccepted(name=name, licence=licence):
            return (
                f"the licence of {name} ({licence}) forbids commercial use. Where that is right "
                "for this community, add --accept-licence."
            )
        case errors.ModelFileMissing(name=name, path=path):
            return f"{name} needs {path}, which is not there"
        case errors.ModelNotUnderstood(path=path, reason=reason):
            return f"{path}: {reason}"
        case errors.ArchiveUnsafe(path=path, member=member):
            return f"{path} holds {member!r}, which points outside; nothing was taken from it"
        case errors.HashWrong(path=path, expected=expected, found=found):
            return (
                f"{path} is not what was promised (hash {found}, expected {expected}) and has "
                "been deleted; the same command fetches it again"
            )
        case errors.TooLarge(path=path, limit_bytes=limit_bytes):
            return f"{path} is larger than the {limit_bytes} bytes it may be"
        case errors.NoSpace(folder=folder, needed_bytes=needed, free_bytes=free):
            return f"{folder} has {free // 10**6} MB free and needs {needed // 10**6} MB"
        case _:
            return f"{type(error).__name__}: {error}"


def _told(entry: Entry, here: Installed | None) -> Told:
    return Told(
        name=entry.name, title=entry.title, kind=entry.kind, pairs=entry.pairs,
        licence=entry.licence, noncommercial=entry.noncommercial, size_mb=entry.size_mb,
        installed=here is not None, size_bytes=here.size_bytes if here else 0,
        folder=str(here.folder) if here else "",
    )


def _line(row: Told) -> str:
    size_mb = row.size_bytes // 1_000_000 if row.installed else row.size_mb
    licence = f"{row.licence}{', not for commercial use' if row.noncommercial else ''}"
    mark = "installed" if row.installed else "-"
    return f"{mark:9}  {row.name:14} {size_mb:5} MB  {row.title}  ({licence or 'your own'})"
