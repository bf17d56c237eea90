"""A token reaches no further than its scopes and its person: tables over everything declared.

Both tables are made from the endpoints themselves, so that a new one stands in them by itself.
"""

from __future__ import annotations

import json
import re
from contextlib import ExitStack
from typing import Any

import httpx2
import pytest

from catflap.access import apps, scopes
from catflap.mastodon import endpoint
from catflap.mastodon.endpoint import Endpoint, Needs
from catflap.mastodon.routes import table
from catflap.notes import actions
from catflap.notes.model import Visibility, Written
from catflap.people import actions as people
from catflap.people.model import PersonId
from tests.conftest import Server, house_at, photo_bytes, run
from tests.mastodon.app import App
from tests.mastodon.sockets import Socket, waited

assert table.ROOMS
RELATIONS = (
    "author", "follower", "mentioned", "stranger", "left", "blocked", "blocking", "muting", "witness",
)
"""How people stand to the author: ``left`` followed once, ``witness`` posts beside them."""
VISIBILITIES = ("public", "unlisted", "private", "direct", "only_me")
SEEN = {
    "author": VISIBILITIES, "follower": ("public", "unlisted", "private"),
    "mentioned": ("public", "unlisted", "private", "direct"), "blocked": (), "blocking": (),
    "muting": ("public", "unlisted", "private"),
    **dict.fromkeys(("stranger", "left", "witness", "nobody", "app"), ("public", "unlisted")),
}
"""What each sees who asks for it by its address; lists leave out whom one muted."""
OUTSIDE = {"error": "This action is outside the authorized scopes"}
INVALID = {"error": "The access token is invalid"}
OF_NOBODY = {"error": "This method requires an authenticated user"}


async def _seeded(url: str, folder: Any) -> dict[str, str]:
    """Everybody's tokens by name: each relation's own, an app's, and one for each set of scopes."""
    made: dict[str, str] = {}
    house = house_at(url, folder)
    wanted = {scope: (scope,) for scope in scopes.EVERY}
    wanted |= {"not " + " ".join(one.scopes): _wrong(one) for one in endpoint.EVERY if _wrong(one)}
    async with house.database.tx() as tx:
        app, _ = await apps.register(
            tx, name="Reach", redirect_uris=["urn:ietf:wg:oauth:2.0:oob"], asked=" ".join(scopes.EVERY)
        )
        for name in RELATIONS:
            id_ = await people.join(tx, handle=name, name=name, reads=("en",), locale="en")
            made[name], _ = await apps.give(tx, app.id, person=id_, granted=("read", "write", "follow", "push"))
        made["app"], _ = await apps.give(tx, app.id, person=None, granted=scopes.EVERY)
        tester = await people.join(tx, handle="tester", name="tester", reads=("en",), locale="en")
        for name, granted in wanted.items():
            made[name], _ = await apps.give(tx, app.id, person=tester, granted=granted)
    await house.close()
    return made


def _wrong(one: Endpoint) -> tuple[str, ...]:
    """Every scope at once that is none of those an endpoint asks for: none of them may do."""
    return tuple(
        scope for scope in scopes.EVERY if not any(scopes.allows([scope], needed) for needed in one.scopes)
    ) if one.scopes else ()


class Reach:
    """A server with everybody on it."""

    def __init__(self, folder: Any) -> None:
        self.server = Server(
            folder, attempts_per_hour="100000", posts_per_hour="100000", api_calls_per_five_minutes="1000000"
        )
        self.server.start()
        url = f"sqlite:///{folder / 'data' / 'catflap.db'}"
        self.tokens = run(_seeded(url, folder / "data"))
        self.apps = {name: App(self.server, token=self.tokens[name]) for name in (*RELATIONS, "app")}
        self.apps["nobody"] = App(self.server)
        self.ids = {name: self.call(name, "/api/v1/accounts/verify_credentials")["id"] for name in RELATIONS}

    def call(self, who: str, path: str, method: str = "GET", **asked: Any) -> Any:
        return self.apps[who].json(method, path, **asked)

    def close(self) -> None:
        for one in self.apps.values():
            one.close()
        self.server.stop()


@pytest.fixture(scope="module")
def reach(tmp_path_factory):
    made = Reach(tmp_path_factory.mktemp("reach"))
    yield made
    made.close()


def status_of(client: httpx2.Client, one: Endpoint, path: str, **headers: str) -> tuple[int, str]:
    """An answer's status and text; of what goes on for ever the status alone."""
    with client.stream(one.method, path, headers=headers) as answer:
        if answer.headers.get("content-type", "").startswith("text/event-stream"):
            return answer.status_code, ""
        return answer.status_code, answer.read().decode()


def filled(one: Endpoint, **names: str) -> str:
    return re.sub(r"{(\w+)(?::path)?}", lambda found: names.get(found[1], "1"), one.path)


FOR_APPS_ALONE = ("POST", "/api/v1/accounts")
AWAITED_BY_NOBODY = ("POST", "/api/v1/emails/confirmations"), "awaiting confirmation"
GUARDED = [one for one in endpoint.EVERY if one.needs is not Needs.NOBODY]
SCOPED = [one for one in endpoint.EVERY if one.scopes]


def test_without_a_token_or_with_a_false_one_nothing_is_reached(reach):
    nobody = reach.apps["nobody"]
    for one in GUARDED:
        for headers in ({}, {"authorization": "Bearer no"}):
            status, text = status_of(nobody, one, filled(one), **headers)
            assert (status, json.loads(text)) == (401, INVALID), (one.method, one.path)


def test_every_scope_but_the_right_ones_together_open_nothing(reach):
    tested = 0
    with App(reach.server) as client:
        for one in SCOPED:
            name = "not " + " ".join(one.scopes)
            if name in reach.tokens:
                status, text = status_of(client, one, filled(one), authorization=f"Bearer {reach.tokens[name]}")
                assert (status, json.loads(text)) == (403, OUTSIDE), (one.method, one.path, text)
                tested += 1
    assert tested > 140


def test_each_right_scope_alone_and_its_whole_open(reach):
    with App(reach.server) as client:
        for one in SCOPED:
            right = [scope for scope in scopes.EVERY if any(scopes.allows([scope], asked) for asked in one.scopes)]
            for scope in right if len(right) < 10 else right[:1]:
                status, text = status_of(client, one, filled(one), authorization=f"Bearer {reach.tokens[scope]}")
                if (one.method, one.path) != FOR_APPS_ALONE:
                    path, refusal = AWAITED_BY_NOBODY
                    refusal = refusal if (one.method, one.path) == path else "not allowed"
                    assert status not in (401, 403) or refusal in text, (one.method, one.path, scope, text)
                assert status < 500 or status == 503, (one.method, one.path, text)


def test_an_apps_own_token_is_nobody(reach):
    for one in GUARDED:
        status, text = status_of(reach.apps["app"], one, filled(one))
        if one.needs is Needs.PERSON:
            assert (status, json.loads(text)) == (422, OF_NOBODY), (one.method, one.path)
        else:
            assert status not in (401, 403), (one.method, one.path)


def secret(visibility: str) -> str:
    """A word that stands in one note alone."""
    return f"quince{visibility.replace('_', '')}"


@pytest.fixture(scope="module")
def notes(reach):
    """A note of each visibility, which those who are shut out later did everything with."""
    reach.call("follower", f"/api/v1/accounts/{reach.ids['author']}/follow", "POST")
    for who in ("left", "blocked", "blocking", "muting"):
        reach.call(who, f"/api/v1/accounts/{reach.ids['author']}/follow", "POST")
    lists = {
        who: reach.call(who, "/api/v1/lists", "POST", json={"title": "Cats"})["id"] for who in reach.ids
    }
    for who in ("follower", "left", "blocked", "blocking", "muting"):
        reach.call(
            who, f"/api/v1/lists/{lists[who]}/accounts", "POST", json={"account_ids": [reach.ids["author"]]}
        )
    made: dict[str, Any] = {one: _written(reach, one) for one in VISIBILITIES[:4]}
    made["only_me"] = {"note": str(run(_for_oneself(reach))), "poll": None}
    for who in ("left", "blocked", "blocking", "muting"):
        for visibility in ("public", "private"):
            for deed in ("favourite", "bookmark"):
                reach.call(who, f"/api/v1/statuses/{made[visibility]['note']}/{deed}", "POST")
    reach.call("author", f"/api/v1/accounts/{reach.ids['left']}/remove_from_followers", "POST")
    reach.call("author", f"/api/v1/accounts/{reach.ids['blocked']}/block", "POST")
    reach.call("blocking", f"/api/v1/accounts/{reach.ids['author']}/block", "POST")
    reach.call("muting", f"/api/v1/accounts/{reach.ids['author']}/mute", "POST")
    waited(lambda: len(reach.call("mentioned", "/api/v1/notifications")) >= 8)
    made["lists"] = lists
    return made


def _written(reach: Reach, visibility: str) -> dict[str, str]:
    """A note with a photo and an earlier form, and a poll, which mention somebody and carry a tag."""
    text = f"{secret(visibility)} for @mentioned #reach"
    file = reach.call("author", "/api/v2/media", "POST", files={"file": ("c.jpg", photo_bytes(), "image/jpeg")})
    note = reach.call("author", "/api/v1/statuses", "POST", json={
        "status": f"First {text}", "visibility": visibility, "media_ids": [file["id"]],
    })
    reach.call("author", f"/api/v1/statuses/{note['id']}", "PUT", json={
        "status": f"Then {text}", "media_ids": [file["id"]],
    })
    asked = reach.call("author", "/api/v1/statuses", "POST", json={
        "status": f"Poll {text}", "visibility": visibility,
        "poll": {"options": [f"{secret(visibility)}a", f"{secret(visibility)}b"], "expires_in": 600},
    })
    return {"note": note["id"], "poll": asked["poll"]["id"], "media": file["id"]}


async def _for_oneself(reach: Reach) -> int:
    """A note for its author alone, for which Mastodon has no word, whomever it mentions."""
    folder = reach.server.folder / "data"
    house = house_at(f"sqlite:///{folder / 'catflap.db'}", folder)
    body = f"{secret('only_me')} for @mentioned #reach"
    async with house.database.tx() as tx:
        made = await actions.post(
            tx, by=PersonId(int(reach.ids["author"])),
            written=Written(title="", body=body, visibility=Visibility.ONLY_ME),
        )
    await house.close()
    return made


OF_ONE = [
    one for one in endpoint.EVERY if one.path.startswith(("/api/v1/statuses/{id}", "/api/v1/polls/{id}"))
]
"""Everything that answers one note."""
ITS_AUTHORS = {("PUT", "/api/v1/statuses/{id}"), ("DELETE", "/api/v1/statuses/{id}")}


@pytest.mark.parametrize("who", [*RELATIONS, "nobody", "app"])
def test_a_note_is_answered_to_those_it_is_for_and_to_nobody_else_at_any_address(reach, notes, who):
    for visibility in VISIBILITIES:
        for one in OF_ONE:
            id_ = notes[visibility]["poll" if "/polls/" in one.path else "note"]
            if id_ is None or (who == "author" and (one.method, one.path) in ITS_AUTHORS):
                continue
            status, text = status_of(reach.apps[who], one, filled(one, id=id_))
            here = (who, visibility, one.method, one.path, status, text[:200])
            if one.needs is not Needs.NOBODY and who in ("nobody", "app"):
                assert status in (401, 422), here
            elif visibility not in SEEN[who]:
                assert status == 404, here
            elif one.method == "GET":
                assert status == 200, here
            elif (one.method, one.path) in ITS_AUTHORS:
                assert (status, json.loads(text)) == (404, {"error": "Record not found"}), here
            else:
                assert status in (200, 403, 404, 422, 503), here
            if visibility not in SEEN[who]:
                assert secret(visibility) not in text, here


LISTED = [
    one for one in endpoint.EVERY
    if one.method == "GET" and one not in OF_ONE and "/streaming/" not in one.path
    and one.path.startswith("/api/")
]


@pytest.mark.parametrize("who", [*RELATIONS, "nobody", "app"])
def test_no_list_search_or_notification_lets_slip_what_is_not_for_its_reader(reach, notes, who):
    unseen = [visibility for visibility in VISIBILITIES if visibility not in SEEN[who]]
    ids = "&".join(f"id[]={notes[visibility]['note']}" for visibility in VISIBILITIES)
    found: dict[str, set[str]] = {}
    for one in LISTED:
        path = filled(
            one, id=_about(one, reach, notes, who), hashtag="reach", name="reach",
            list_id=notes["lists"].get(who, "1"),
        )
        queries = [f"?{ids}&q=quincepublic", *(f"?q={secret(one)}" for one in VISIBILITIES)]
        for query in queries if "search" in path else queries[:1]:
            status, text = status_of(reach.apps[who], one, path + query)
            assert status < 500, (who, path, text)
            for visibility in unseen:
                assert secret(visibility) not in text, (who, path, visibility)
            found.setdefault(one.path, set()).update(
                visibility for visibility in VISIBILITIES if secret(visibility) in text
            )
    if who != "muting":
        assert found["/api/v1/statuses"] == set(SEEN[who])
        assert found["/api/v1/accounts/{id}/statuses"] == set(SEEN[who])
    if who == "follower":
        assert found["/api/v1/timelines/home"] == found["/api/v1/timelines/list/{list_id}"] == set(SEEN[who])
    if who == "mentioned":
        assert found["/api/v1/notifications"] == set(SEEN[who])
        assert found["/api/v1/conversations"] == {"direct"}


def _about(one: Endpoint, reach: Reach, notes: Any, who: str) -> str:
    if "/accounts/" in one.path:
        return reach.ids["author"]
    if "/lists/" in one.path:
        return notes["lists"].get(who, "1")
    return notes["private"]["media"] if "/media/" in one.path else notes["private"]["note"]


def test_no_file_of_anothers_is_described_or_deleted(reach, notes):
    for who in (*RELATIONS, "nobody", "app"):
        for method in ("GET", "PUT", "DELETE"):
            if who != "author":
                answer = reach.apps[who].request(method, f"/api/v1/media/{notes['public']['media']}")
                assert answer.status_code in (401, 404, 422), (who, method)


def test_no_stream_tells_what_is_not_for_its_listener(reach, notes):
    tag, lists = "reach", notes["lists"]
    with ExitStack() as opened:
        sockets = {}
        for who in RELATIONS:
            one = opened.enter_context(Socket(reach.server, access_token=reach.tokens[who]))
            for frame in (
                {"stream": "user"}, {"stream": "direct"}, {"stream": "public"}, {"stream": "hashtag", "tag": tag},
                {"stream": "list", "list": lists[who]}, {"stream": "user:notification"},
            ):
                one.say(type="subscribe", **frame)
            sockets[who] = one
        # What was said before is past once everybody hears the same new note.
        for visibility in VISIBILITIES[:4]:
            reach.call("author", "/api/v1/statuses", "POST", json={
                "status": f"Live {secret(visibility)} for @mentioned #reach", "visibility": visibility,
            })
        everybody = " ".join(f"@{who}" for who in RELATIONS if who != "witness")
        reach.call("witness", "/api/v1/statuses", "POST", json={"status": f"That is all, {everybody}"})
        for who, one in sockets.items():
            last = "notification" if who != "witness" else "update"
            heard: list[str] = []
            while not heard or not ("That is all" in heard[-1] and f'"event": "{last}"' in heard[-1]):
                heard.append(json.dumps(one.hear()))
            told = "".join(heard)
            for visibility in VISIBILITIES[:4]:
                if visibility not in SEEN[who]:
                    assert secret(visibility) not in told, (who, visibility)
            if who in ("follower", "mentioned", "author"):
                assert {v for v in VISIBILITIES[:4] if secret(v) in told} == set(SEEN[who]) - {"only_me"}, who
