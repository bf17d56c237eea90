"""Apps that sleep are pushed to: sealed for them alone, at addresses that strangers give."""

from __future__ import annotations

import socket
import time

import pytest
from pysqlite3 import dbapi2

from catflap.ground import addresses, outward
from catflap.ground.sealing import Seal
from catflap.notices import encrypting
from tests.conftest import Server, run
from tests.mastodon.app import registered, signed_in
from tests.mastodon.push_service import Service, Sleeper, claims
from tests.mastodon.sockets import waited

PATH = "/api/v1/push/subscription"


@pytest.fixture
def service():
    made = Service()
    yield made
    made.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    made = Server(
        tmp_path_factory.mktemp("push"), attempts_per_hour="10000", posts_per_hour="100000",
        api_calls_per_five_minutes="100000", push_privately="true",
    ).start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def aju(server):
    app = signed_in(server, "阿橘", reads="zh")
    app.id = app.json("GET", "/api/v1/accounts/verify_credentials")["id"]
    yield app
    app.close()


@pytest.fixture(scope="module")
def juniper(server):
    app = signed_in(server, "juniper")
    app.id = app.json("GET", "/api/v1/accounts/verify_credentials")["id"]
    yield app
    app.close()


def noted(app, text: str = "Hello") -> str:
    return app.json("POST", "/api/v1/statuses", data={"status": text})["id"]


def liked(by, note: str) -> None:
    by.json("POST", f"/api/v1/statuses/{note}/favourite")


def subscribed(app, service: Service, **asked) -> Sleeper:
    sleeper = Sleeper()
    told = app.json("POST", PATH, data=sleeper.asked(f"{service.origin}/push/1?x=y", **{"standard": True, "favourite": True, **asked}))
    assert told["endpoint"] == f"{service.origin}/push/1?x=y"
    return sleeper


@pytest.mark.parametrize("standard", [True, False])
def test_a_like_is_pushed_so_that_the_app_alone_can_open_it(server, service, aju, juniper, standard):
    sleeper = subscribed(aju, service, standard=standard)
    key = aju.json("GET", "/api/v2/instance")["configuration"]["vapid"]["public_key"]
    note = noted(aju, "今天的猫")
    liked(juniper, note)
    [(path, headers, body)] = service.waited(1)
    assert path == "/push/1?x=y"
    assert headers["host"] == service.origin.removeprefix("http://")
    assert int(headers["ttl"]) > 0
    said = claims(headers, server_key=key)
    assert said["aud"] == service.origin
    assert time.time() < said["exp"] <= time.time() + 24 * 3600
    told = sleeper.opened(headers, body)
    assert set(told) == {"access_token", "preferred_locale", "notification_id", "notification_type", "icon", "title", "body"}
    assert told["access_token"] == aju.token
    assert (told["preferred_locale"], told["notification_type"]) == ("zh-CN", "favourite")
    assert told["icon"].startswith(server.url)
    assert told["title"].startswith("juniper ")
    assert "likes" not in told["title"]
    assert told["body"] == "今天的猫"
    [newest, *_] = aju.json("GET", "/api/v1/notifications")
    assert told["notification_id"] == int(newest["id"])


def test_a_subscription_is_told_changed_replaced_and_ended(service, aju):
    subscribed(aju, service, mention=True)
    told = aju.json("GET", PATH)
    assert isinstance(told["id"], int)
    assert told["id"] < 2**31
    assert (told["standard"], told["policy"]) == (True, "all")
    assert {name for name, on in told["alerts"].items() if on} == {"favourite", "mention"}
    told = aju.json("PUT", PATH, json={"data": {"alerts": {"follow": True}, "policy": "followed"}})
    assert {name for name, on in told["alerts"].items() if on} == {"follow"}
    assert told["policy"] == "followed"
    assert aju.json("PUT", PATH, json={"policy": "none"})["policy"] == "none"
    subscribed(aju, service, standard=False)
    assert aju.json("GET", PATH)["standard"] is False
    assert aju.json("DELETE", PATH) == {}
    aju.json("GET", PATH, status=404)
    aju.json("PUT", PATH, json={}, status=404)


def settle(server: Server) -> None:
    """Wait until nothing is to be told or pushed any more."""
    connection = dbapi2.connect(str(server.folder / "data" / "catflap.db"))
    try:
        # Facts, which notices are given for, and what came of them.
        left = "SELECT count(*) FROM jobs WHERE kind LIKE 'notices.%' OR kind NOT LIKE '%.%'"
        waited(lambda: connection.execute(left).fetchone() == (0,))
    finally:
        connection.close()


def test_only_what_is_wanted_from_whom_it_is_wanted_is_pushed(server, service, aju, juniper):
    settle(server)
    sleeper = subscribed(aju, service, policy="followed")
    juniper.json("POST", "/api/v1/statuses", data={"status": "Not wanted @阿橘"})
    liked(juniper, noted(aju, "Not followed"))
    settle(server)
    aju.json("POST", f"/api/v1/accounts/{juniper.id}/follow")
    liked(juniper, noted(aju, "Followed"))
    settle(server)
    aju.json("PUT", PATH, json={"data": {"alerts": {"favourite": True}, "policy": "follower"}})
    liked(juniper, noted(aju, "No follower"))
    settle(server)
    juniper.json("POST", f"/api/v1/accounts/{aju.id}/follow")
    liked(juniper, noted(aju, "Follower"))
    came = service.waited(2)
    assert {sleeper.opened(headers, body)["body"] for _, headers, body in came} == {"Followed", "Follower"}
    settle(server)


def test_a_service_that_is_busy_is_tried_again_and_one_that_forgot_the_app_is_not(server, service, aju, juniper):
    settle(server)
    subscribed(aju, service)
    service.answers = [429, 410]
    liked(juniper, noted(aju))
    service.waited(2)
    waited(lambda: aju.get(PATH).status_code == 404)
    liked(juniper, noted(aju))
    settle(server)
    assert len(service.came) == 2


def test_a_redirect_is_not_followed(server, service, aju, juniper):
    subscribed(aju, service)
    service.answers = [302]
    liked(juniper, noted(aju))
    service.waited(1)
    settle(server)
    assert [path for path, _, _ in service.came] == ["/push/1?x=y"]
    aju.json("DELETE", PATH)


@pytest.mark.parametrize(("field", "value"), [
    ("subscription[endpoint]", ""), ("subscription[endpoint]", "ftp://push.example/1"),
    ("subscription[endpoint]", "https://user:word@push.example/"), ("subscription[endpoint]", "nonsense"),
    ("subscription[endpoint]", "https://push.example/" + "x" * 3000),
    ("subscription[keys][p256dh]", "AAAA"), ("subscription[keys][p256dh]", "BB" + "A" * 85),
    ("subscription[keys][auth]", "AAAA"), ("subscription[keys][auth]", "%%"), ("data[policy]", "nobody"),
])
def test_a_subscription_that_cannot_work_is_refused(aju, field, value):
    asked = Sleeper().asked("https://push.example/1", standard=True) | {field: value}
    aju.json("POST", PATH, data=asked, status=422)
    aju.json("GET", PATH, status=404)


def test_an_app_needs_the_scope_and_is_told_the_key_when_it_registers(server, aju):
    key = aju.json("GET", "/api/v2/instance")["configuration"]["vapid"]["public_key"]
    assert encrypting.is_point(encrypting.decoded(key))
    assert registered(server)["vapid_key"] == key
    with signed_in(server, "narrow", scopes="read write") as app:
        app.json("GET", PATH, status=403)
    assert key not in server.log()


def test_what_an_app_proves_itself_with_is_not_in_the_database(server, service, aju):
    subscribed(aju, service)
    for file in (server.folder / "data").glob("catflap.db*"):
        assert aju.token.encode() not in file.read_bytes()
    key = server.folder / "data" / "seal.key"
    assert key.stat().st_mode & 0o077 == 0
    aju.json("DELETE", PATH)


def test_what_was_sealed_under_another_key_stays_closed(tmp_path):
    sealed = Seal(tmp_path / "one").close("secret")
    assert Seal(tmp_path / "one").open(sealed) == "secret"
    assert Seal(tmp_path / "two").open(sealed) is None
    assert Seal(tmp_path / "one").open("nonsense") is None


def test_the_example_of_the_standard_comes_out_byte_for_byte():
    """RFC 8291, section 5."""
    d = encrypting.decoded
    body = encrypting.aes128gcm(
        b"When I grow up, I want to be a watermelon", auth=d("BTBZMqHH6r4Tts7J_aSIgg"),
        p256dh=d("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"),
        salt=d("DGv6ra1nlYgDCS1FRnbzlw"),
        private=encrypting.private_key("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"),
    )
    assert encrypting.encoded(body) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6T"
        "lzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


@pytest.mark.parametrize("address", [
    "127.0.0.1", "10.1.2.3", "192.168.1.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
    "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:7f00:1::", "::7f00:1", "ff02::1", "240.0.0.1",
])
def test_no_request_goes_to_a_private_address_however_it_is_written(address):
    assert not addresses.is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1"])
def test_public_addresses_are_public(address):
    assert addresses.is_public(address)


def resolving(monkeypatch, *found: str) -> list[str]:
    """Names resolve to these addresses; the answer is whom somebody asked about."""
    asked: list[str] = []

    def resolve(host, port, *rest, **options):
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in found]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return asked


def test_a_name_of_a_private_address_among_public_ones_is_refused_without_a_connection(monkeypatch, service):
    resolving(monkeypatch, "1.1.1.1", "127.0.0.1")
    port = service.origin.rpartition(":")[2]
    with pytest.raises(addresses.AddressRefused):
        run(outward.post(f"https://push.example:{port}/", content=b"", headers={}))
    with pytest.raises(addresses.AddressRefused):
        run(outward.post(f"http://push.example:{port}/", content=b"", headers={}))
    assert service.came == []


def test_a_name_is_resolved_once_and_gone_to_where_it_was_checked(monkeypatch, service):
    asked = resolving(monkeypatch, "127.0.0.1")
    port = service.origin.rpartition(":")[2]
    answer = run(outward.post(f"http://push.example:{port}/p", content=b"x", headers={}, privately=True))
    assert answer.status == 201
    assert [name for name in asked if name == "push.example"] == ["push.example"]
    [(path, headers, body)] = service.came
    assert (path, headers["host"], body) == ("/p", f"push.example:{port}", b"x")


def test_an_endpoint_at_a_private_address_is_never_called_and_forgotten(tmp_path, service):
    server = Server(tmp_path, attempts_per_hour="10000").start()
    try:
        with signed_in(server, "aster") as aster, signed_in(server, "bryony") as bryony:
            aster.json("POST", PATH, data=Sleeper().asked(f"{service.origin}/1", standard=True), status=422)
            private = service.origin.replace("http:", "https:")
            aster.json("POST", PATH, data=Sleeper().asked(f"{private}/1", standard=True, favourite=True))
            liked(bryony, noted(aster))
            waited(lambda: aster.get(PATH).status_code == 404)
            assert service.came == []
    finally:
        server.stop()
