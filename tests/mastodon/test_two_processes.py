"""Two servers, one of them without a worker, on one database: what one writes, the other knows at once."""

from __future__ import annotations

import re
import time
from contextlib import closing

import httpx2
import pytest

from catflap.ground.sqlite import FRESH_FOR_S
from tests.conftest import Server, photo_bytes
from tests.mastodon.app import App, joined, registered, token_of
from tests.mastodon.cast import until
from tests.mastodon.sockets import Closed, Socket
from tests.web.hearing import heard


@pytest.fixture
def servers(database_url, tmp_path):
    """The one that works, and the one that only answers."""
    chosen = {"database_url": database_url, "attempts_per_hour": "10000", "posts_per_hour": "100000"}
    one = Server(tmp_path, **chosen).start()
    other = Server(tmp_path, flags=("--no-worker",), **chosen).start()
    yield one, other
    other.stop()
    one.stop()


@pytest.fixture
def people(servers):
    """Two people's browsers at the one, and their tokens, which both take."""
    one, _ = servers
    with closing(joined(one, "juniper")) as juniper, closing(joined(one, "fern")) as fern:
        yield (juniper, token_of(one, juniper)), (fern, token_of(one, fern))


def ids(found: list[dict]) -> list[str]:
    return [one["id"] for one in found]


def wrote(app: App, *call, **more):
    """The answer to a write, as soon as it shows to the other process as well (see `SQLiteReader`)."""
    told = app.json(*call, **more)
    time.sleep(FRESH_FOR_S)
    return told


def test_what_is_posted_at_one_is_read_at_once_and_heard_at_the_other(servers, people):
    one, other = servers
    (_, juniper), (_, fern) = people
    with App(one, token=juniper) as writes, App(other, token=fern) as reads, App(other) as nobody:
        me = writes.json("GET", "/api/v1/accounts/verify_credentials")["id"]
        wrote(reads, "POST", f"/api/v1/accounts/{me}/follow")
        with closing(Socket(other, access_token=fern, stream="user")) as ear:
            for n in range(5):
                assert n == len(nobody.json("GET", f"/api/v1/accounts/{me}/statuses"))  # kept by the other
                note = wrote(writes, "POST", "/api/v1/statuses", json={"status": f"thought {n}"})
                assert reads.json("GET", f"/api/v1/statuses/{note['id']}")["content"] == f"<p>thought {n}</p>"
                assert ids(reads.json("GET", "/api/v1/timelines/home"))[0] == note["id"]
                assert ids(nobody.json("GET", f"/api/v1/accounts/{me}/statuses"))[0] == note["id"]
                told = ear.hear()
                assert (told["event"], told["payload"]["id"]) == ("update", note["id"])
            changed = wrote(writes, "PUT", f"/api/v1/statuses/{note['id']}", json={"status": "rather this"})
            assert reads.json("GET", f"/api/v1/statuses/{note['id']}")["content"] == changed["content"]
            assert ear.hear()["event"] == "status.update"
            wrote(reads, "POST", f"/api/v1/statuses/{note['id']}/favourite")
            assert writes.json("GET", f"/api/v1/statuses/{note['id']}")["favourites_count"] == 1
            wrote(writes, "DELETE", f"/api/v1/statuses/{note['id']}")
            reads.json("GET", f"/api/v1/statuses/{note['id']}", status=404)
            assert ear.hear() == {"stream": ["user"], "event": "delete", "payload": int(note["id"])}


def test_the_one_that_works_does_the_work_of_both(servers, people):
    one, other = servers
    (_, juniper), (_, fern) = people
    with App(one, token=juniper) as first, App(other, token=fern) as second:
        note = first.json("POST", "/api/v1/statuses", json={"status": "hello"})
        file = second.json("POST", "/api/v2/media", files={"file": ("cat.jpg", photo_bytes(), "image/jpeg")})
        assert first.get(file["preview_url"].replace(other.url, one.url)).status_code == 200
        answer = {"status": "hello you", "in_reply_to_id": note["id"], "media_ids": [file["id"]]}
        made = second.json("POST", "/api/v1/statuses", json=answer)
        [told] = until(lambda: first.json("GET", "/api/v1/notifications"))
        assert (told["type"], told["status"]["id"]) == ("mention", made["id"])
        assert ids(first.json("GET", f"/api/v1/statuses/{note['id']}/context")["descendants"]) == [made["id"]]
        assert first.json("GET", f"/api/v1/statuses/{note['id']}")["replies_count"] == 1


def test_a_token_that_is_revoked_at_one_is_refused_by_the_other_and_its_streams_end(servers, people):
    one, other = servers
    (web, token), _ = people
    app = registered(one)
    with App(other, token=token) as before:
        before.json("GET", "/api/v1/accounts/verify_credentials")
        with closing(Socket(other, access_token=token, stream="user")) as ear:
            [number] = set(re.findall(r"/settings/apps/(\d+)/end", web.get("/settings/apps").text))
            assert web.post(f"/settings/apps/{number}/end").status_code == 303
            before.json("GET", "/api/v1/accounts/verify_credentials", status=401)
            before.json("GET", "/api/v1/timelines/home", status=401)
            with pytest.raises(Closed):
                ear.hear()
    anew = httpx2.post(f"{one.url}/oauth/token", data={
        "grant_type": "client_credentials", "client_id": app["client_id"], "client_secret": app["client_secret"],
    }).json()["access_token"]
    with App(other, token=anew) as script:
        script.json("GET", "/api/v1/apps/verify_credentials")
        gone = httpx2.post(f"{one.url}/oauth/revoke", data={
            "token": anew, "client_id": app["client_id"], "client_secret": app["client_secret"],
        })
        assert gone.status_code == 200
        script.json("GET", "/api/v1/apps/verify_credentials", status=401)


def test_a_page_of_the_other_hears_what_is_written_and_a_sign_in_ended_at_one_is_over(servers, people):
    one, other = servers
    (web, token), _ = people
    elsewhere = httpx2.Client(base_url=other.url, cookies=dict(web.cookies), timeout=30)
    with App(one, token=token) as writes, closing(elsewhere):
        note = writes.json("POST", "/api/v1/statuses", json={"status": "hello"})["id"]
        page = elsewhere.get(f"/@juniper/{note}").text
        assert 'class="comment ' not in page
        with heard(other, elsewhere, note=note) as told:
            made = writes.json("POST", "/api/v1/statuses", json={"status": "more", "in_reply_to_id": note})
            assert told("comment") == {"note": note, "comment": made["id"]}
        assert f'id="c{made["id"]}"' in elsewhere.get(f"/@juniper/{note}").text
        assert web.post("/leave").status_code == 303
        assert elsewhere.get("/settings/profile").status_code != 200
