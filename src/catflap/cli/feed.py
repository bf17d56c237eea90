"""Commands about the feed: ``catflap feed …``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer

from catflap.cli.speaking import AsJson, Data, read_settings, run, say
from catflap.cli.wiring import Wiring
from catflap.feed import versions
from catflap.feed.model import Learned
from catflap.ground.database import Tx

T = TypeVar("T")


def feed_commands(wiring: Wiring) -> typer.Typer:
    """``catflap feed``."""
    cli = typer.Typer(help="Versions of what the feed learned.", no_args_is_help=True)

    def done(data: Data, work: Callable[[Tx], Awaitable[T]]) -> T:
        async def inside() -> T:
            database = wiring.open_database(read_settings(data=data))
            try:
                async with database.tx() as tx:
                    return await work(tx)
            finally:
                await database.close()

        found: T = run(inside())
        return found

    @cli.command()
    def models(data: Data = None, as_json: AsJson = False) -> None:
        """List what was learned each night, how it was judged, and which version is in force.

        Recall is the share of likes held out that stood among the best 20 of their reader. Loss is
        the mean log loss of what came of random slots held out, in nats: the less, the better. Of
        each head it stands in the JSON.
        """

        async def listed(tx: Tx) -> tuple[list[Learned], Learned | None]:
            return await versions.every(tx), await versions.in_force(tx)

        found, now = done(data, listed)
        text = "\n".join(_line(one, is_in_force=one == now) for one in found)
        say(found, as_json=as_json, text=text or "Nothing was learned yet.")

    @cli.command()
    def revert(
        to: Annotated[
            int, typer.Argument(help="The version to put in force; 0 for the one before.")
        ] = 0,
        data: Data = None,
        as_json: AsJson = False,
    ) -> None:
        """Put another version in force, in every running process.

        The last night was bad: catflap feed revert --data DIR
        """

        async def reverted(tx: Tx) -> Learned | None:
            return await versions.revert(tx, to=to)

        now = done(data, reverted)
        guessed = "The feed ranks by what was guessed."
        text = f"Version {now.number} is in force." if now else guessed
        say(now, as_json=as_json, text=text)

    return cli


def _line(one: Learned, *, is_in_force: bool) -> str:
    def ratio(value: float | None) -> str:
        return "–" if value is None else f"{value:.3f}"

    figures = one.figures
    judged = ""
    if figures.heads is not None:
        heads = figures.heads
        judged += (
            f"\n        random slots held out {heads.held_out}: loss {ratio(heads.loss)}, "
            f"before {ratio(heads.loss_before)}, constant {ratio(heads.loss_constant)}"
        )
    if figures.bridging is not None:
        bridging = figures.bridging
        judged += (
            f"\n        ratings held out {bridging.held_out}: loss of bridging "
            f"{ratio(bridging.loss)}, of the topic's mean {ratio(bridging.loss_topic)}"
        )
    return (
        f"{'*' if is_in_force else ' '} {one.number:>4}  {one.night}  {one.state:<9}  "
        f"likes {figures.likes}, held out {figures.held_out}: recall {ratio(figures.recall)}, "
        f"before {ratio(figures.recall_before)}, popular {ratio(figures.recall_popular)}"
        + judged
    )
