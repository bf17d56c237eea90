"""What the batches are measured against: one request a sentence, over the same model.

LibreTranslate's own pattern, without anything that it does beside: same weights, beam and
precision, on the quickest server there is. Usage: python -m bench.one_by_one PORT FOLDER
"""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Any

import msgspec
from granian.constants import Interfaces
from granian.server.embed import Server

from catflap.translation.engines.ctranslate2 import NICENESS
from catflap.translation.engines.ctranslate2_serving import Model, Question


def main() -> None:
    """Translate whatever is posted as LibreTranslate is asked: q, source, target."""
    os.nice(NICENESS)
    port, folder = int(sys.argv[1]), sys.argv[2]
    model = Model(folder, "marian", threads=1, device="cpu")

    async def application(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        asked = msgspec.json.decode(body) if body else {"q": "", "source": "zh", "target": "en"}
        answer = model.translate(Question(
            folder=folder, version="", kind="marian", source=asked["source"],
            target=asked["target"], texts=[asked["q"]],
        ))
        said = msgspec.json.encode({"translatedText": answer.texts[0]})
        headers = [
            (b"content-type", b"application/json"), (b"content-length", b"%d" % len(said)),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": said})

    server = Server(
        application, address="127.0.0.1", port=port, interface=Interfaces.ASGINL,
        log_enabled=False, log_access=False, websockets=False,
    )
    asyncio.run(server.serve())


if __name__ == "__main__":
    main()
