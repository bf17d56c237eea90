"""What apps hear by themselves: streams over sockets and server-sent events."""

from __future__ import annotations

import asyncio
import json
import re
from contextlib import closing, contextmanager

import httpx2
import pytest
from mastodon.return_types import Conversation, Notification, Status
from starlette.requests import Request

from catflap.mastodon.call import Call
from catflap.mastodon.hub import QUEUE_LIMIT, Hub, Listener
from catflap.mastodon.presenting import Presenting
from catflap.mastodon.streams import Channel, Told
from catflap.mastodon.telling import Telling
from catflap.migrations import running
from tests.conftest import Server, house_at, run
from tests.mastodon.app import App, joined, signed_in, token_of
from tests.mastodon.sockets import Closed, Refused, Socket, waited
from tests.mastodon.typed import wrong


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    made = Server(
        tmp_path_factory.mktemp("streams"), attempts_per_hour="10000", posts_per_hour="100000",
        api_calls_per_five_minutes="100000",
    ).start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def juniper(server):
    with signed_in(server, "juniper") as app:
        app.id = app.json("GET", "/api/v1/accounts/verify_credentials")["id"]
        yield app


@pytest.fixture(scope="module")
def aju(server, juniper):
    """A follower of Juniper's who reads Chinese."""
    with signed_in(server, "阿橘", reads="zh") as app:
        app.id = app.json("GET", "/api/v1/accounts/verify_credentials")["id"]
        app.json("POST", f"/api/v1/accounts/{juniper.id}/follow")
        yield app


@pytest.fixture(scope="module")
def poppy(server):
    """Somebody who follows nobody."""
    with signed_in(server, "poppy") as app:
        app.id = app.json("GET", "/api/v1/accounts/verify_credentials")["id"]
        yield app


def posted(app: App, text: str, **asked: str) -> dict:
    return app.json("POST", "/api/v1/statuses", data={"status": text, **asked})


def opened(server: Server, app: App, *streams: str) -> Socket:
    made = Socket(server, access_token=app.token)
    for stream in streams:
        made.say(type="subscribe", stream=stream)
    settle(made)
    return made


def settle(one: Socket) -> None:
    """Let what happened before pass by."""
    for heard in iter(lambda: one.heard_within(0.3), None):
        assert "error" not in heard


def test_a_note_comes_to_its_authors_followers_and_to_the_public_but_not_to_everybodys_home(server, juniper, aju, poppy):
    with opened(server, aju, "user") as home, opened(server, poppy, "user") as other, \
            opened(server, poppy, "public", "public:local", "public:remote") as public:
        note = posted(juniper, "Good morning #dawn")
        heard = home.hear()
        assert heard["stream"] == ["user"]
        assert heard["event"] == "update"
        assert heard["payload"]["id"] == note["id"]
        assert heard["payload"]["content"] == note["content"]
        assert [public.hear()["stream"] for _ in range(2)] == [["public"], ["public:local"]]
        assert public.hears_nothing(within_s=0.3)
        assert other.hears_nothing(within_s=0.1)


def test_an_edit_and_a_withdrawal_come_to_whoever_was_told_with_what_they_did_with_the_note(server, juniper, aju):
    note = posted(juniper, "First #dusk")
    aju.json("POST", f"/api/v1/statuses/{note['id']}/favourite")
    with opened(server, aju, "user") as home, opened(server, juniper, "public") as public, \
            Socket(server, stream="hashtag", tag="Dusk") as tagged:
        juniper.json("PUT", f"/api/v1/statuses/{note['id']}", data={"status": "Second #dusk"})
        heard = home.hear()
        assert heard["event"] == "status.update"
        assert "Second" in heard["payload"]["content"]
        assert heard["payload"]["favourited"] is True
        heard = public.hear()
        assert heard["payload"]["favourited"] is False
        assert tagged.hear()["stream"] == ["hashtag", "dusk"]
        juniper.json("DELETE", f"/api/v1/statuses/{note['id']}")
        for one in (home, public, tagged):
            heard = one.hear()
            assert heard["event"] == "delete"
            assert heard["payload"] == int(note["id"])


def test_a_like_is_heard_as_a_notification_by_its_author_alone(server, juniper, aju, poppy):
    note = posted(juniper, "Like me")
    with opened(server, juniper, "user", "user:notification") as mine, opened(server, poppy, "user") as other:
        poppy.json("POST", f"/api/v1/statuses/{note['id']}/favourite")
        heard = [mine.hear(), mine.hear()]
        assert sorted(one["stream"] for one in heard) == [["user"], ["user:notification"]]
        assert {one["event"] for one in heard} == {"notification"}
        told = heard[0]["payload"]
        assert (told["type"], told["account"]["acct"], told["status"]["id"]) == ("favourite", "poppy", note["id"])
        assert other.hears_nothing(within_s=0.3)


def test_a_note_for_those_it_mentions_reaches_nobody_else(server, juniper, aju, poppy):
    with opened(server, aju, "direct", "public", "user") as hers, opened(server, poppy, "direct", "public", "user") as others:
        note = posted(juniper, "For you alone @阿橘 #secret", visibility="direct")
        heard = [hers.hear() for _ in range(3)]
        [talk] = [one["payload"] for one in heard if one["event"] == "conversation"]
        assert (talk["last_status"]["id"], talk["unread"]) == (note["id"], True)
        assert [one["acct"] for one in talk["accounts"]] == ["juniper"]
        assert {(one["stream"][0], one["event"]) for one in heard} == {
            ("direct", "conversation"), ("user", "update"), ("user", "notification"),
        }
        juniper.json("DELETE", f"/api/v1/statuses/{note['id']}")
        assert [hers.hear()["event"] for _ in range(2)] == ["delete", "delete"]
        assert others.hears_nothing()


def test_what_ones_filters_find_is_told_with_the_note_and_to_nobody_else(server, juniper, aju, poppy):
    made = aju.json("POST", "/api/v2/filters", json={
        "title": "Green", "context": ["home"], "filter_action": "warn",
        "keywords_attributes": [{"keyword": "cucumbers"}],
    })
    with opened(server, aju, "user", "public") as hers, opened(server, poppy, "public") as others:
        posted(juniper, "No cucumbers today")
        heard = {one["stream"][0]: one["payload"]["filtered"] for one in (hers.hear(), hers.hear())}
        [found] = heard["user"]
        assert (found["filter"]["id"], found["keyword_matches"]) == (made["id"], ["cucumbers"])
        assert heard["public"] == []
        theirs = others.hear()["payload"]
        assert theirs["filtered"] == []
        poppy.json("POST", f"/api/v1/statuses/{theirs['id']}/reblog")
    poppy_id = poppy.id
    aju.json("POST", f"/api/v1/accounts/{poppy_id}/follow")
    again = posted(juniper, "More cucumbers")
    with opened(server, aju, "user") as hers:
        poppy.json("POST", f"/api/v1/statuses/{again['id']}/reblog")
        heard = hers.hear()["payload"]
        assert heard["reblog"]["filtered"][0]["keyword_matches"] == ["cucumbers"]
    aju.json("POST", f"/api/v1/accounts/{poppy_id}/unfollow")
    aju.json("DELETE", f"/api/v2/filters/{made['id']}")


def test_an_app_hears_that_ones_filters_changed_and_nobody_elses_does(server, juniper, aju):
    with opened(server, aju, "user") as hers, opened(server, juniper, "user") as theirs:
        made = aju.json("POST", "/api/v2/filters", json={"title": "Green", "context": ["home"]})
        for change in (
            lambda: aju.json("PUT", f"/api/v2/filters/{made['id']}", json={"title": "Greens"}),
            lambda: aju.json("POST", f"/api/v2/filters/{made['id']}/keywords", json={"keyword": "cucumbers"}),
            lambda: aju.json("DELETE", f"/api/v2/filters/{made['id']}"), lambda: None,
        ):
            # As Mastodon has it: the event alone, for which the app asks for its filters again.
            assert hers.hear() == {"stream": ["user"], "event": "filters_changed"}
            change()
        assert theirs.hears_nothing(within_s=0.2)


MEANT = {
    "update": Status, "status.update": Status, "notification": Notification, "conversation": Conversation,
}
"""The type of what each event tells."""


def test_what_is_streamed_is_as_typed_as_what_is_asked_for(server, juniper, aju):
    with opened(server, aju, "user", "public", "direct", "user:notification") as hers:
        note = juniper.json("POST", "/api/v1/statuses", json={
            "status": "Which, @阿橘? #cats", "poll": {"options": ["tabby", "tuxedo"], "expires_in": 600},
        })
        juniper.json("PUT", f"/api/v1/statuses/{note['id']}", json={"status": "Which one, @阿橘? #cats"})
        posted(juniper, "Psst @阿橘", visibility="direct")
        mine = posted(aju, "橘猫")
        for deed in ("favourite", "reblog"):
            juniper.json("POST", f"/api/v1/statuses/{mine['id']}/{deed}")
        told: list[dict] = []
        while len({one["payload"]["type"] for one in told if one["event"] == "notification"}) < 3 or not {
            "update", "status.update", "conversation",
        } <= {one["event"] for one in told}:
            told.append(hers.hear())
    for one in told:
        assert wrong(one["payload"], MEANT[one["event"]]) == [], one
    # What is told is what one would be given who asked.
    heard = next(one["payload"] for one in told if one["event"] == "update" and one["payload"]["id"] == note["id"])
    assert set(heard) == set(aju.json("GET", f"/api/v1/statuses/{note['id']}"))


def test_who_was_blocked_or_muted_is_not_heard(server, juniper, poppy):
    with signed_in(server, "rowan") as rowan, signed_in(server, "briar") as briar:
        rowan_id = rowan.json("GET", "/api/v1/accounts/verify_credentials")["id"]
        juniper.json("POST", f"/api/v1/accounts/{rowan_id}/block")
        briar.json("POST", f"/api/v1/accounts/{rowan_id}/mute")
        with opened(server, juniper, "public") as blocker, opened(server, briar, "public") as muter, \
                opened(server, rowan, "public") as blocked, opened(server, poppy, "public") as other:
            posted(rowan, "Hello?")
            assert other.hear()["event"] == "update"
            assert blocked.hear()["event"] == "update"
            posted(juniper, "Not for Rowan")
            assert other.hear()["event"] == "update"
            heard = [blocker.hear(), muter.hear()]
            assert {one["payload"]["account"]["acct"] for one in heard} == {"juniper"}
            assert blocked.hears_nothing(within_s=0.3)


def test_a_socket_goes_to_other_streams_when_told_to(server, juniper, aju):
    with Socket(server, stream="public", access_token=aju.token) as one:
        one.say(type="unsubscribe", stream="public")
        one.say(type="subscribe", stream="hashtag", tag="猫税")
        settle(one)
        posted(juniper, "No tag")
        posted(juniper, "Here it is #猫税")
        heard = one.hear()
        assert heard["stream"] == ["hashtag", "猫税"]
        assert "Here it is" in heard["payload"]["content"]


@pytest.mark.parametrize("frame", [
    '{"type": "subscribe", "stream": "nonsense"}', '{"type": "subscribe", "stream": "hashtag"}',
    '{"type": "subscribe", "stream": "hashtag", "tag": "!"}', "{", "[]", '{"type": 5}',
    '{"type": "subscribe", "stream": "list", "list": "77"}', '{"type": "subscribe", "stream": "list"}',
    '{"type": "subscribe", "stream": "user"}', '{"type":"' + "x" * 5000 + '"}',
])
def test_what_cannot_be_listened_to_is_said_and_the_socket_stays_open(server, juniper, frame):
    with Socket(server) as one:
        one.say_text(frame)
        answer = one.hear()
        assert set(answer) == {"error", "status"}
        assert 400 <= answer["status"] < 500
        one.say(type="subscribe", stream="public")
        settle(one)
        posted(juniper, "Still there")
        assert one.hear()["event"] == "update"


def test_a_stream_in_the_address_that_there_is_not_is_said_on_the_open_socket(server, juniper):
    with Socket(server, stream="nonsense", access_token=juniper.token) as one:
        assert one.hear() == {"error": "Unknown stream", "status": 400}


def test_a_token_may_come_as_query_header_or_protocol(server, juniper):
    for how in ({"access_token": juniper.token}, {"bearer": juniper.token}, {"protocol": juniper.token}):
        with Socket(server, stream="user:notification", **how) as one:
            assert one.headers.get("sec-websocket-protocol") == how.get("protocol")
            settle(one)


def test_who_may_not_listen_is_refused_before_the_socket_opens(server):
    with closing(joined(server, "fern")) as person:
        narrow = token_of(server, person, scopes="read:notifications write")
    for how, status in (
        ({"stream": "user"}, 401), ({"stream": "public", "access_token": "no"}, 401),
        ({"protocol": "no"}, 401), ({"stream": "user", "access_token": narrow}, 403),
    ):
        with pytest.raises(Refused) as refused:
            Socket(server, **how)
        assert refused.value.status == status
    with Socket(server, stream="user:notification", access_token=narrow) as one:
        one.say(type="subscribe", stream="user")
        assert one.hear()["status"] == 403


def test_a_token_that_is_taken_back_ends_its_sockets(server):
    with closing(joined(server, "sorrel")) as person:
        token = token_of(server, person)
        one = Socket(server, stream="user", access_token=token)
        page = person.get("/settings/apps").text
        [number] = set(re.findall(r"/settings/apps/(\d+)/end", page))
        assert person.post(f"/settings/apps/{number}/end").status_code == 303
    with pytest.raises(Closed):
        one.hear()
    one.close()


def test_an_app_that_does_not_keep_up_is_let_go_and_nothing_runs_once_the_last_is_gone(tmp_path):
    async def story() -> None:
        url = f"sqlite:///{tmp_path / 'catflap.db'}"
        await running.upgrade(url)
        house = house_at(url, tmp_path)
        hub = Hub(house, Telling(house, Presenting()))
        before = asyncio.all_tasks()
        told = Told(channel=Channel(name="public"), event="delete", payload="1")
        sent, stuck = [], asyncio.Event()

        async def send(one: Told | None) -> None:
            sent.append(one)
            await stuck.wait()

        listeners = [Listener(Call(Request({"type": "http", "headers": []}), house, token=None, reader=None)) for _ in range(200)]
        served = [
            asyncio.create_task(hub.converse(one, send=send, hear=asyncio.Event().wait))
            for one in listeners
        ]
        await asyncio.sleep(0)
        for one in listeners:
            for _ in range(QUEUE_LIMIT + 2):
                one.offer(told)
                await asyncio.sleep(0)
            assert one.queue.qsize() <= 1
        stuck.set()
        async with asyncio.timeout(10):
            await asyncio.gather(*served)
        assert len(sent) == len(listeners)
        assert asyncio.all_tasks() - before == set()
        await house.close()

    run(story())


@contextmanager
def events(server: Server, path: str, app: App | None = None):
    """Server-sent events as they come."""
    headers = {"authorization": f"Bearer {app.token}"} if app else {}
    with httpx2.stream("GET", f"{server.url}/api/v1/streaming{path}", headers=headers, timeout=20) as answer:
        assert answer.status_code == 200, answer.read()
        assert answer.headers["content-type"] == "text/event-stream"
        lines = answer.iter_lines()
        assert next(lines) == ":)"
        yield lines


def next_event(lines) -> tuple[str, str]:
    for line in lines:
        if line.startswith("event: "):
            return line.removeprefix("event: "), next(lines).removeprefix("data: ")
    raise AssertionError("the stream ended")


@pytest.mark.parametrize("path", ["/user", "/public", "/public/local", "/hashtag?tag=bells", "/hashtag/local?tag=bells", "/public?only_media=false"])
def test_streams_also_come_as_events(server, juniper, path):
    with events(server, path, juniper) as lines:
        note = posted(juniper, "Ring #bells")
        name, data = next_event(lines)
        assert name == "update"
        assert json.loads(data)["id"] == note["id"]


def test_notifications_and_private_notes_come_as_events_too(server, juniper, poppy):
    with events(server, "/user/notification", juniper) as lines, events(server, "/direct", juniper) as direct:
        note = posted(poppy, "Psst @juniper", visibility="direct")
        name, data = next_event(lines)
        assert (name, json.loads(data)["type"]) == ("notification", "mention")
        name, data = next_event(direct)
        assert (name, json.loads(data)["last_status"]["id"]) == ("conversation", note["id"])


@pytest.mark.parametrize(("path", "status"), [
    ("/user", 401), ("/user/notification", 401), ("/direct", 401), ("/list?list=1", 401),
    ("/hashtag", 400), ("/hashtag?tag=!", 422), ("/nonsense", 404),
])
def test_events_are_refused_where_they_must_be(server, path, status):
    assert httpx2.get(f"{server.url}/api/v1/streaming{path}").status_code == status


def test_nobody_elses_list_can_be_listened_to(server, juniper):
    assert juniper.get("/api/v1/streaming/list?list=12345").status_code == 404


def test_streams_say_that_they_are_well(server):
    answer = httpx2.get(f"{server.url}/api/v1/streaming/health")
    assert (answer.status_code, answer.text) == (200, "OK")


def streams_open(server: Server) -> float:
    text = httpx2.get(f"{server.url}/metrics", timeout=20).text
    [found] = re.findall(r"^catflap_streams_open (\S+)$", text, re.MULTILINE)
    return float(found)


def test_sockets_that_vanish_are_forgotten_and_those_that_do_not_listen_are_let_go(server, juniper, aju):
    before = waited(lambda: streams_open(server) == 0 or None)
    sockets = [Socket(server, stream="public", access_token=aju.token) for _ in range(200)]
    assert waited(lambda: streams_open(server) == 200) == before
    for one in sockets:
        one.vanish()
    waited(lambda: streams_open(server) == 0)
    with Socket(server, stream="public") as one:
        posted(juniper, "Anybody?")
        assert one.hear()["event"] == "update"


def test_a_server_with_open_streams_stops_when_told_to(tmp_path):
    server = Server(tmp_path, attempts_per_hour="10000").start()
    try:
        with Socket(server, stream="public") as one, events(server, "/public"):
            server.stop()
            with pytest.raises(Closed):
                one.hear()
    finally:
        server.kill()
