"""An app, as the fediverse's are: it registers, asks its person, and calls."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from urllib.parse import parse_qs, urlsplit

import httpx2

from tests.conftest import Server

PASSWORD = "correct horse 9"
OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"


class App(httpx2.Client):
    """A client that calls for one person."""

    def __init__(self, server: Server, *, token: str = "") -> None:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        super().__init__(base_url=server.url, headers=headers, timeout=30)
        self.token = token

    def json(self, method: str, path: str, *, status: int = 200, **asked):
        """A call's answer, which must have this status."""
        answer = self.request(method, path, **asked)
        assert answer.status_code == status, (answer.status_code, answer.text)
        return answer.json()


def joined(server: Server, handle: str, *, reads: str | list[str] = "en") -> httpx2.Client:
    """A person who signed up on the web."""
    accepted = reads if isinstance(reads, str) else ",".join(reads)
    person = httpx2.Client(base_url=server.url, headers={"accept-language": accepted}, timeout=30)
    answer = person.post("/join", data={"handle": handle, "password": PASSWORD, "reads": reads})
    assert answer.status_code == 303, answer.text
    return person


def registered(server: Server, *, redirect_uri: str = OUT_OF_BAND, scopes: str = "read write follow push"):
    """An app's own credentials."""
    answer = httpx2.post(
        f"{server.url}/api/v1/apps",
        data={"client_name": "Ivory", "redirect_uris": redirect_uri, "scopes": scopes},
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def consented(person: httpx2.Client, app: dict, *, scopes: str, redirect_uri: str, verifier: str, answer: str = "yes"):
    """What the person's browser is sent to after the question."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    asked = {
        "client_id": app["client_id"], "redirect_uri": redirect_uri, "response_type": "code",
        "scope": scopes, "state": "s1", "code_challenge": challenge, "code_challenge_method": "S256",
    }
    page = person.get("/oauth/authorize", params=asked)
    assert page.status_code == 200, page.text
    fields = dict(re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)">', page.text))
    return person.post("/oauth/authorize", data={**fields, "answer": answer})


def signed_in(server: Server, handle: str, *, reads: str | list[str] = "en", scopes: str = "read write follow push") -> App:
    """A person's app, through the whole of OAuth with PKCE and a scheme of its own."""
    person = joined(server, handle, reads=reads)
    app = App(server, token=token_of(server, person, scopes=scopes))
    person.close()
    return app


def token_of(server: Server, person: httpx2.Client, *, scopes: str = "read write follow push") -> str:
    """A token that a person's app was given."""
    redirect_uri = "com.tapbots.Ivory.22300:/request_token"
    app = registered(server, redirect_uri=redirect_uri, scopes=scopes)
    verifier = secrets.token_urlsafe(40)
    sent = consented(person, app, scopes=scopes, redirect_uri=redirect_uri, verifier=verifier)
    back = sent.headers["location"]
    assert back.startswith(f"{redirect_uri}?"), back
    told = parse_qs(urlsplit(back).query)
    assert told["state"] == ["s1"]
    answer = httpx2.post(f"{server.url}/oauth/token", data={
        "grant_type": "authorization_code", "client_id": app["client_id"],
        "client_secret": app["client_secret"], "code": told["code"][0],
        "redirect_uri": redirect_uri, "code_verifier": verifier,
    })
    assert answer.status_code == 200, answer.text
    return answer.json()["access_token"]
