"""The ceiling: a bare ASGI application that answers the same bytes on the same server.

Usage: python -m bench.bare PORT FILE
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from granian.constants import Interfaces
from granian.server.embed import Server
from starlette.types import Receive, Scope, Send


def main() -> None:
    """Serve a file's bytes, whatever is asked."""
    port, body = int(sys.argv[1]), Path(sys.argv[2]).read_bytes()
    start = {
        "type": "http.response.start",
        "status": 200,
        "headers": [
            (b"content-type", b"text/html; charset=utf-8"),
            (b"content-length", str(len(body)).encode()),
        ],
    }
    whole = {"type": "http.response.body", "body": body}

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        del receive
        if scope["type"] == "http":
            await send(start)
            await send(whole)

    server = Server(
        application,
        address="127.0.0.1",
        port=port,
        interface=Interfaces.ASGINL,
        log_enabled=False,
        log_access=False,
        websockets=False,
    )
    asyncio.run(server.serve())


if __name__ == "__main__":
    main()
