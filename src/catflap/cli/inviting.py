"""Making invitations at the command line."""

from __future__ import annotations

from typing import Annotated

import typer

from catflap.arrivals import invitations
from catflap.arrivals.model import Invitation
from catflap.cli.speaking import AsJson, Data, read_settings, run, say
from catflap.cli.wiring import Wiring
from catflap.people import queries as people
from catflap.people.model import PersonId


def invite_command(cli: typer.Typer, wiring: Wiring) -> None:
    """``catflap invite``."""

    @cli.command()
    def invite(
        uses: Annotated[int, typer.Option(help="For how many people.")] = 1,
        days: Annotated[int, typer.Option(help="For how many days.")] = 14,
        by: Annotated[
            str, typer.Option(help="Whose invitation it is; empty for the house's.")
        ] = "",
        data: Data = None,
        as_json: AsJson = False,
    ) -> None:
        """Print an address that lets people in.

        For five people in two weeks: catflap invite --uses 5 --days 14 --data DIR

        With `registrations = "invitation"` it is the only way in; it also stands for approval.
        """
        chosen = read_settings(data=data)

        async def work() -> Invitation:
            database = wiring.open_database(chosen)
            try:
                async with database.tx() as tx:
                    person: PersonId | None = None
                    if by:
                        person = PersonId((await people.by_handle(tx, by, viewer=None)).id)
                    return await invitations.make(
                        tx, by=person, uses=uses, days=days, is_operator=True
                    )
            finally:
                await database.close()

        made = run(work())
        link = f"{chosen.address()}/join/{made.code}"
        told = {"code": made.code, "link": link, "uses": made.uses_most, "until": str(made.until)}
        say(told, as_json=as_json, text=link)
