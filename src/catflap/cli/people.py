"""Commands about people."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from catflap.access import actions, apps, passwords
from catflap.access.model import OUT_OF_BAND
from catflap.arrivals import exporting, exports
from catflap.cli.speaking import AsJson, Data, read_settings, run, say
from catflap.cli.wiring import Wiring
from catflap.ground.errors import NotFound
from catflap.people import queries as people


def people_commands(wiring: Wiring) -> typer.Typer:
    """``catflap people …``."""
    group = typer.Typer(
        help="People: add accounts, help back in, give scripts tokens.", no_args_is_help=True
    )

    @group.callback()
    def about() -> None:
        """People: add accounts, help back in, give scripts tokens."""

    @group.command()
    def add(
        handle: Annotated[str, typer.Argument(help="The handle, in any script.")],
        password_stdin: Annotated[
            bool, typer.Option("--password-stdin", help="Read the password from standard input.")
        ] = False,
        email: Annotated[str, typer.Option(help="E-mail, for password resets.")] = "",
        reads: Annotated[str, typer.Option(help="Languages read, best first.")] = "en",
        data: Data = None,
        as_json: AsJson = False,
    ) -> None:
        """Add an account.

        What doors refuse, this does: the handle of somebody who left is given anew. Make sure
        that it goes to whoever had it, or that nobody will take them for who had it.
        """
        given = sys.stdin.readline().rstrip("\n") if password_stdin else typer.prompt(
            "Password", hide_input=True, confirmation_prompt=True
        )
        codes = tuple(code.strip() for code in reads.split(",") if code.strip())

        async def work() -> int:
            database = wiring.open_database(read_settings(data=data))
            checked = passwords.checked(given, handle=handle)
            password_hash = await passwords.hashed(checked)
            async with database.tx() as tx:
                return await actions.sign_up(
                    tx, handle=handle, password_hash=password_hash,
                    email=actions.checked_email(email),
                    locale="zh-Hans" if codes[:1] == ("zh",) else "en", reads=codes or ("en",),
                )

        id_ = run(work())
        say({"id": str(id_), "handle": handle}, as_json=as_json, text=f"@{handle} can sign in.")

    @group.command()
    def reset(
        handle: Annotated[str, typer.Argument(help="Who forgot the password.")],
        data: Data = None,
        as_json: AsJson = False,
    ) -> None:
        """Print an address at which somebody chooses another password, once, within the hour.

        For whoever has no e-mail, or where none is sent: catflap people reset poppy
        """
        chosen = read_settings(data=data)

        async def work() -> str:
            database = wiring.open_database(chosen)
            try:
                async with database.tx() as tx:
                    person = await people.by_handle(tx, handle, viewer=None)
                    return await actions.reset_token(tx, person.id)
            finally:
                await database.close()

        link = f"{chosen.address()}/reset/{run(work())}"
        say({"handle": handle, "link": link}, as_json=as_json, text=link)

    @group.command()
    def export(
        handle: Annotated[str, typer.Argument(help="Whose.")],
        to: Annotated[Path, typer.Option(help="The ZIP file to write.")],
        data: Data = None,
        as_json: AsJson = False,
    ) -> None:
        """Write everything of somebody's own to a file: catflap people export poppy --to x.zip."""

        async def work() -> int:
            house = wiring.open_house(read_settings(data=data))
            try:
                async with house.database.reads() as reads:
                    person = await people.anyone_by_handle(reads, handle)
                if person is None:
                    raise NotFound("person")
                await exporting.write(exports.source_of(house), person, to, moved=_in_silence)
            finally:
                await house.close()
            return to.stat().st_size

        size_bytes = run(work())
        say(
            {"handle": handle, "to": str(to), "size_bytes": size_bytes}, as_json=as_json,
            text=f"{to} has everything of @{handle}.",
        )

    @group.command()
    def token(
        handle: Annotated[str, typer.Argument(help="Whose token.")],
        scopes: Annotated[
            str, typer.Option(help="What it is good for, apart by spaces.")
        ] = "read write follow push",
        data: Data = None,
        as_json: AsJson = False,
    ) -> None:
        """Print a token for scripts: catflap people token juniper --scopes "read write"."""

        async def work() -> str:
            database = wiring.open_database(read_settings(data=data))
            try:
                async with database.tx() as tx:
                    person = await people.by_handle(tx, handle, viewer=None)
                    app, _ = await apps.register(
                        tx, name="catflap people token", redirect_uris=[OUT_OF_BAND], asked=scopes
                    )
                    text, _ = await apps.give(tx, app.id, person=person.id, granted=app.scopes)
            finally:
                await database.close()
            return text

        text = run(work())
        say({"handle": handle, "scopes": scopes, "token": text}, as_json=as_json, text=text)

    return group


async def _in_silence(ratio: float) -> None:
    """Nobody watches a command that ends by itself."""
    del ratio


