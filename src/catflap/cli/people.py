"""Commands about people."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from catflap.access import actions, passwords
from catflap.cli.speaking import AsJson, Data, Wiring, read_settings, run, say


def people_commands(wiring: Wiring) -> typer.Typer:
    """``catflap people …``."""
    group = typer.Typer(help="People: add accounts.", no_args_is_help=True)

    @group.callback()
    def about() -> None:
        """People: add accounts."""

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
        """Add an account."""
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

    return group


