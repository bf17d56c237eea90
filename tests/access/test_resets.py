"""A forgotten password, through a real mail server; sign-ins one can see and end."""

from __future__ import annotations

import contextlib
import re
import time
from email import message_from_bytes, policy

import httpx2
import pytest
from aiosmtpd.controller import Controller

from tests.conftest import Server, free_port

OLD, NEW = "correct horse 9", "battery staple 8"


class Letters:
    """What a mail server took; with ``refuses`` so many are refused first."""

    def __init__(self, refuses: int = 0) -> None:
        self.taken: list = []
        self.refuses = refuses

    async def handle_DATA(self, server, session, envelope) -> str:
        del server, session
        if self.refuses:
            self.refuses -= 1
            return "451 later"
        self.taken.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 taken"

    def wait(self, count: int) -> list:
        deadline = time.monotonic() + 20
        while len(self.taken) < count and time.monotonic() < deadline:
            time.sleep(0.05)
        assert len(self.taken) == count
        return self.taken


@pytest.fixture
def posted(tmp_path):
    """A server that mails, and the letters."""
    letters = Letters()
    controller = Controller(letters, hostname="127.0.0.1", port=free_port())
    controller.start()
    server = Server(
        tmp_path, smtp_url=f"smtp://127.0.0.1:{controller.port}", attempts_per_hour="1000",
        public_url="https://cats.example", mail_from="door@cats.example",
    ).start()
    yield server, letters
    server.stop()
    controller.stop()


@pytest.fixture
def opened():
    """Clients that are closed in the end."""
    with contextlib.ExitStack() as stack:
        yield lambda server, **kw: stack.enter_context(httpx2.Client(base_url=server.url, **kw))


def joined(opened, server: Server, handle: str, *, email: str = "") -> httpx2.Client:
    client = opened(server, follow_redirects=True)
    answer = client.post("/join", data={"handle": handle, "password": OLD, "email": email})
    assert answer.status_code == 200
    # The cookie is only for TLS, which stands in front of a real one.
    cookie = re.search(r"catflap=[^;]+", answer.history[0].headers["set-cookie"])
    client.headers["cookie"] = cookie[0]
    return client


def enters(server: Server, handle: str, password: str) -> bool:
    told = httpx2.post(server.url + "/enter", data={"handle": handle, "password": password})
    return told.status_code == 303


def test_a_forgotten_password_is_set_anew_by_mail_in_ones_language(posted, opened):
    server, letters = posted
    phone = joined(opened, server, "阿橘", email="aju@cats.example")
    assert phone.get("/settings/sessions").status_code == 200
    asked = httpx2.post(
        server.url + "/forgot", data={"email": "AJU@cats.example"},
        headers={"accept-language": "zh-CN"},
    )
    nobody = httpx2.post(
        server.url + "/forgot", data={"email": "nobody@cats.example"},
        headers={"accept-language": "zh-CN"},
    )
    assert asked.status_code == nobody.status_code == 200
    assert asked.text == nobody.text
    [letter] = letters.wait(1)
    assert letter["to"] == "aju@cats.example"
    assert letter["from"] == "door@cats.example"
    body = letter.get_content()
    assert "密码" in letter["subject"]
    assert "链接" in body
    link = re.search(r"https://cats\.example(/reset/\S+)", body)[1]
    assert link.rpartition("/")[2] not in server.log()

    short = httpx2.post(server.url + link, data={"password": "short"})
    assert short.status_code == 422
    assert httpx2.post(server.url + link, data={"password": NEW}).status_code == 303
    assert enters(server, "阿橘", NEW)
    assert not enters(server, "阿橘", OLD)
    assert phone.get("/settings/sessions").url.path == "/enter"
    again = httpx2.post(server.url + link, data={"password": OLD})
    assert again.status_code in (403, 404, 410, 422)
    assert enters(server, "阿橘", NEW)


def test_a_mail_server_that_refuses_delays_nobody_and_loses_nothing(posted, opened):
    server, letters = posted
    letters.refuses = 1
    joined(opened, server, "juniper", email="j@cats.example")
    begun = time.monotonic()
    assert httpx2.post(server.url + "/forgot", data={"email": "j@cats.example"}).status_code == 200
    assert time.monotonic() - begun < 2
    letters.wait(1)


def test_without_a_mail_server_the_page_says_so(server):
    page = httpx2.get(server.url + "/forgot", headers={"accept-language": "en"}).text
    assert 'name="email"' not in page
    assert httpx2.post(server.url + "/forgot", data={"email": "a@b.example"}).status_code == 200


def test_sign_ins_can_be_seen_and_ended(server, opened):
    phone, laptop = joined(opened, server, "juniper"), opened(server)
    laptop.post("/enter", data={"handle": "juniper", "password": OLD})
    page = phone.get("/settings/sessions").text
    ends = re.findall(r'action="(/settings/sessions/\d+/end)"', page)
    assert len(ends) == 2
    for end in ends:
        phone.post(end)
    assert laptop.get("/notices").status_code == 303
    assert laptop.get("/notices").headers["location"].startswith("/enter")


def test_guessing_passwords_is_slowed_in_the_readers_language(tmp_path):
    server = Server(tmp_path, attempts_per_hour="3").start()
    try:
        told = [
            httpx2.post(
                server.url + "/enter", data={"handle": "nobody", "password": "x" * 9},
                headers={"accept-language": "zh-CN"},
            )
            for _ in range(5)
        ]
    finally:
        server.stop()
    assert [answer.status_code for answer in told[-2:]] == [429, 429]
    assert int(told[-1].headers["retry-after"]) > 0
    assert re.search(r"[\u4e00-\u9fff]", told[-1].text)
