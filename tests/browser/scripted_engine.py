"""An OpenAI-compatible endpoint that knows a few sentences, speaking real HTTP."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class ScriptedEngine:
    """Answers each known text with its translation; unknown ones are refused.

    With a ``gate``, answers wait until it is set.
    """

    def __init__(self, known: dict[str, str]) -> None:
        self.known = known
        self.asked: list[str] = []
        self.gate: threading.Event | None = None
        engine = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                texts = json.loads(body["messages"][-1]["content"])
                engine.asked += texts
                if engine.gate is not None:
                    engine.gate.wait(timeout=60)
                unknown = [text for text in texts if text not in engine.known]
                if unknown:
                    self.send_response(400)
                    self.end_headers()
                    return
                content = json.dumps([engine.known[text] for text in texts], ensure_ascii=False)
                answer = json.dumps({"choices": [{"message": {"content": content}}]}).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Stop answering."""
        self.server.shutdown()
        self.server.server_close()
