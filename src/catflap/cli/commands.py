"""The ``catflap`` command. Each command says what it does; results also come as ``--json``."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from catflap.cli import keeping
from catflap.cli.feed import feed_commands
from catflap.cli.inviting import invite_command
from catflap.cli.people import people_commands
from catflap.cli.simulating import add_simulating
from catflap.cli.speaking import AsJson, Data, read_settings, run, say
from catflap.cli.translation import translation_commands
from catflap.cli.wiring import Wiring, in_one_line
from catflap.ground import faults, logging


def command_line(wiring: Wiring) -> typer.Typer:
    """Every command, over one wiring."""
    cli = typer.Typer(
        help="Catflap: a community server for two publics that meet, each in its own language.",
        no_args_is_help=True, add_completion=False, rich_markup_mode=None,
    )
    _serving(cli, wiring)
    _keeping(cli, wiring)
    add_simulating(cli)
    invite_command(cli, wiring)
    cli.add_typer(feed_commands(wiring), name="feed")
    cli.add_typer(people_commands(wiring), name="people")
    cli.add_typer(translation_commands(wiring), name="translation")
    return cli


def _serving(cli: typer.Typer, wiring: Wiring) -> None:
    @cli.command()
    def serve(
        data: Data = None,
        port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
        host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
        worker: Annotated[bool, typer.Option(help="Also run background work.")] = True,
    ) -> None:
        """Serve the community: the web process, and a worker beside it.

        Migrates the database first where it is behind.
        """
        from catflap.cli import serving

        chosen = read_settings(data=data, port=port, host=host)
        serving.serve(wiring, chosen, with_worker=worker)

    @cli.command()
    def work(
        data: Data = None,
        server: Annotated[
            int, typer.Option(help="Number of the process to end with; 0 for none.")
        ] = 0,
    ) -> None:
        """Run background work only, beside a web process elsewhere.

        On PostgreSQL as many as one likes: catflap work --data /var/lib/catflap
        """
        from catflap.cli import serving

        serving.work(wiring, read_settings(data=data), server=server)

    @cli.command(hidden=True)
    def write(
        end: Annotated[int, typer.Option(help="Number of the socket that requests come over.")],
    ) -> None:
        """Take what a wave of people writes: `serve` begins this by itself."""
        from catflap.cli import writing

        writing.write(wiring, read_settings(), end=end)

    @cli.command()
    def migrate(data: Data = None, as_json: AsJson = False) -> None:
        """Bring the database to the schema that this version needs.

        `serve` does it by itself; before several start at once: catflap migrate --data DIR
        """
        from catflap.migrations import running

        chosen = read_settings(data=data)
        run(running.upgrade(chosen.database_address()))
        say({"up_to_date": True}, as_json=as_json, text="The database is up to date.")

    @cli.command()
    def demo(
        data: Data = None,
        times: Annotated[int, typer.Option(help="How many times the demo's size.")] = 1,
        seed: Annotated[int, typer.Option(help="Makes another community from the same texts.")] = 1,
        drawn: Annotated[
            Path | None,
            typer.Option(help="Folder that keeps the drawn pictures, for the next demo."),
        ] = None,
        as_json: AsJson = False,
    ) -> None:
        """Fill an empty community with the demo: people, notes, comments, pictures.

        Deterministic from its seed. Where it is there already it says so, where it was stopped
        on its way it begins anew, and where other people live it does nothing.
        """
        from catflap.demo import making

        # Not every commit waits for the disk: a demo that a power cut ends is made anew.
        chosen = msgspec.structs.replace(read_settings(data=data), database_durable=False)
        logging.set_up(level="warning", as_json=False)
        maker = making.Maker(
            open_house=wiring.open_house, runner=wiring.runner, times=times, seed=seed,
            kept=drawn.resolve() if drawn else None,
        )

        def begin() -> None:
            print("Drawing the demo community (about a minute) …", file=sys.stderr, flush=True)

        with in_one_line():
            faults.must_be_sound(chosen)
            told = asyncio.run(maker.make(chosen, on_begin=begin))
        say(told, as_json=as_json, text=making.summary(told))


def _keeping(cli: typer.Typer, wiring: Wiring) -> None:
    @cli.command()
    def doctor(data: Data = None, as_json: AsJson = False) -> None:
        """Check settings, database, files, engines and mail; say what to change.

        Exits with 1 where something is wrong: catflap doctor --data /var/lib/catflap
        """
        checks = run(keeping.examine(wiring, read_settings(data=data)))
        text = "\n".join(f"{'ok ' if c.ok else 'BAD'} {c.what}: {c.found}" for c in checks)
        say(checks, as_json=as_json, text=text)
        if not all(check.ok for check in checks):
            raise typer.Exit(1)

    @cli.command()
    def jobs(
        data: Data = None,
        dead: Annotated[bool, typer.Option("--dead", help="List the dead letters.")] = False,
        rerun: Annotated[int | None, typer.Option(help="Run one dead letter again.")] = None,
        rerun_all: Annotated[bool, typer.Option("--rerun-all", help="And all of them.")] = False,
        as_json: AsJson = False,
    ) -> None:
        """See what background work waits, and rerun what died."""
        database = wiring.open_database(read_settings(data=data))
        if rerun is not None or rerun_all:
            count = run(keeping.rerun(database, rerun))
            say({"rerun": count}, as_json=as_json, text=f"{count} to run again.")
            return
        rows = run(keeping.dead_letters(database) if dead else keeping.backlog(database))
        say(rows, as_json=as_json, text="\n".join(map(keeping.told, rows)) or "Nothing waits.")

    @cli.command()
    def backup(
        target: Annotated[Path, typer.Argument(help="Folder to write the backup to.")],
        data: Data = None,
        as_json: AsJson = False,
    ) -> None:
        """Copy the SQLite database, consistently and while it serves, media, key and settings."""
        told = keeping.backup(read_settings(data=data), target)
        say(told, as_json=as_json, text=f"{told['bytes']} bytes in {told['folder']}")
