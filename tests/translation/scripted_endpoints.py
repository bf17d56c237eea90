"""Endpoints that answer as they are told to, over real HTTP."""

from __future__ import annotations

import json
import re
import threading
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, dict[str, str], bytes]


LANGUAGES = dict.fromkeys(("en", "zh", "es", "fr", "ja", "ko"), ("en", "zh", "es", "fr", "ja", "ko"))


class Endpoint:
    """One endpoint; ``answer`` is given the decoded body and gives status, headers, bytes.

    Like a LibreTranslate server, it says which ``languages`` it knows, each with its targets; where
    that is None, it says ``unsaid``.
    """

    def __init__(
        self, answer: Callable[[Any], Answer], *, languages: Mapping[str, Sequence[str]] | None = LANGUAGES
    ) -> None:
        self.answer = answer
        self.languages = languages
        self.unsaid = b""
        self.looked: list[str] = []
        self.bodies: list[Any] = []
        self.headers: list[dict[str, str]] = []
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                endpoint.looked.append(self.path)
                found = self.path == "/languages"
                known = endpoint.languages
                content = endpoint.unsaid if known is None else json.dumps(
                    [{"code": code, "targets": list(targets)} for code, targets in known.items()]
                ).encode()
                self.send_response(200 if found else 404)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                endpoint.bodies.append(body)
                endpoint.headers.append({k.lower(): v for k, v in self.headers.items()})
                status, headers, content = endpoint.answer(body)
                self.send_response(status)
                for name, value in {"content-length": str(len(content)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Stop answering."""
        self.server.shutdown()
        self.server.server_close()


def chat(texts: list[str]) -> Answer:
    """A chat endpoint's answer that holds these translations."""
    content = json.dumps(texts, ensure_ascii=False)
    return 200, {}, json.dumps({"choices": [{"message": {"content": content}}]}).encode()


def libre(texts: list[str]) -> Answer:
    """LibreTranslate's answer that holds these translations."""
    return 200, {}, json.dumps({"translatedText": texts}).encode()


def asked(body: Any) -> list[str]:
    """The texts that were asked for, in either form."""
    if "q" in body:
        return list(body["q"])
    return list(json.loads(body["messages"][-1]["content"]))


_WORDS = ["the", "cat", "on", "a", "sofa", "with", "some", "warm", "noodles", "and", "this", "very", "old", "house", "by", "our", "river"]
_HAN = "今天的猫在沙发上吃了一碗热面又去河边看老房子真好"
_UNIT = re.compile(r"⟦\d+⟧|\d[\d.,:]*|[A-Za-z']+|[\u4e00-\u9fff]|\s+|.", re.DOTALL)


def plausible(text: str) -> str:
    """An answer that passes for a translation: other words, the same markers and numbers.

    Names in Latin letters among Han characters stay.
    """
    out = []
    units = _UNIT.findall(text)
    han = sum("\u4e00" <= unit <= "\u9fff" for unit in units)
    from_han = han >= sum(unit[0].isascii() and unit[0].isalpha() for unit in units)
    for unit in units:
        seed = zlib.crc32(unit.encode())
        if "\u4e00" <= unit <= "\u9fff":
            out.append(f"{_WORDS[seed % len(_WORDS)]} ")
        elif unit[0].isascii() and unit[0].isalpha() and from_han:
            out.append(f"{unit} ")
        elif unit[0].isascii() and unit[0].isalpha():
            out.append(_HAN[seed % len(_HAN)] + _HAN[seed // 99 % len(_HAN)])
        else:
            out.append({"。": ". ", "，": ", ", "！": "! ", "？": "? "}.get(unit, unit))
    return "".join(out)


def stalled(body: Any) -> Answer:
    """An answer that takes longer than anybody should wait."""
    del body
    time.sleep(3)
    return 200, {}, b"{}"
