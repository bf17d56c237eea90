"""The command that tries the feed's rules on an invented migration: ``catflap simulate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from catflap.cli.speaking import AsJson, say


def add_simulating(cli: typer.Typer) -> None:
    """Put the command beside the others."""

    @cli.command()
    def simulate(
        people: Annotated[int, typer.Option(min=100, help="How many are ever there.")] = 10_000,
        days: Annotated[int, typer.Option(min=2, help="How many days; 42 has two waves.")] = 14,
        seed: Annotated[int, typer.Option(help="Makes another world by the same rules.")] = 1,
        plot: Annotated[
            Path | None, typer.Option(metavar="FILE", help="Draw it into this SVG.")
        ] = None,
        processes: Annotated[
            int, typer.Option(min=1, help="1 runs one ranking after the other.")
        ] = 2,
        as_json: AsJson = False,
    ) -> None:
        """Run the feed's own code on a seeded model of a migration, beside plain popularity.

        What a change of the ranking does to newcomers: catflap simulate --people 10000 --days 14

        It needs no community and touches none. What it assumes is in docs/feed.md.
        """
        # The world brings NumPy along, which no other command of this door needs.
        from catflap.feed.world import running, telling

        told = running.simulated(people=people, days=days, seed=seed, processes=processes)
        if plot is not None:
            plot.write_text(telling.drawing(told), encoding="utf-8")
        say(told, as_json=as_json, text="\n".join(telling.report(told)))
