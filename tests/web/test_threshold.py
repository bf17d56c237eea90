"""Coming in as a browser without scripts does it: the threshold, the queue, seals, the desk."""

from __future__ import annotations

import html
import json
import re
import time
from collections.abc import Iterator, Sequence

import httpx2
import pytest
from aiosmtpd.controller import Controller
from pysqlite3 import dbapi2

from catflap.arrivals.proving import Challenge
from catflap.web.door import HOUSEHOLD_TIMES
from catflap.web.routes.threshold import likely
from catflap.words import catalogue
from tests.access.test_resets import Letters
from tests.arrivals.test_valve import solved
from tests.conftest import Server, free_port, photo_bytes
from tests.forked import catflap
from tests.past import TOLD

PASSWORD = "correct horse 9"


def served(folder, **settings: str) -> Server:
    return Server(folder, attempts_per_hour="10000", posts_per_hour="100000", **settings).start()


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Server]:
    """One open community for this module; 阿橘 runs it."""
    made = served(tmp_path_factory.mktemp("open"), operators="aju")
    yield made
    made.stop()


def in_database(server: Server, sql: str, *values: object) -> list[tuple]:
    link = dbapi2.connect(str(server.folder / "data" / "catflap.db"), timeout=20)
    try:
        with link:
            found = link.execute(sql, values).fetchall()
            link.execute(TOLD)
            return found
    finally:
        link.close()


OPENED: list[httpx2.Client] = []


@pytest.fixture(autouse=True)
def _doors_are_closed() -> Iterator[None]:
    yield
    while OPENED:
        OPENED.pop().close()


def visitor(server: Server) -> httpx2.Client:
    made = httpx2.Client(base_url=server.url, timeout=30, headers={"accept-language": "en"})
    OPENED.append(made)
    return made


def join(
    server: Server, handle: str, *, headers: Sequence[tuple[str, str]] = (), **more: object
) -> tuple[httpx2.Client, httpx2.Response]:
    one = visitor(server)
    filled = {"handle": handle, "password": PASSWORD, **more}
    return one, one.post("/join", data=filled, headers=list(headers))


def host(server: Server, handle: str) -> httpx2.Client:
    """Somebody who was here before."""
    one, answer = join(server, handle, reads=["en", "zh"])
    assert answer.status_code == 303, answer.text
    in_database(server, "UPDATE people SET joined_at = 0, notes_count = 9 WHERE handle = ?", handle)
    return one


def until(read, wanted, *, shown: bool = True) -> str:
    """A page once the worker has done what makes it say something, or say it no more."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        page = html.unescape(read().text)
        if (wanted in page) is shown:
            return page
        time.sleep(0.05)
    raise AssertionError(page.partition("<main")[2])


def test_a_newcomers_photo_is_sealed_by_three_hosts_and_becomes_a_keepsake(server):
    newcomer, _ = join(server, "poppy", likes=["cats", "food"])
    offered = newcomer.get("/new").text
    assert 'name="pays_tax" value="yes" checked' in offered.partition("<main")[2]
    done = newcomer.post(
        "/new", data={"body": "This is Biscuit.", "visibility": "public", "pays_tax": "yes"},
        files={"files": ("cat.jpg", photo_bytes(), "image/jpeg")},
    )
    note = done.headers["location"]
    number = note.rpartition("/")[2]
    assert "pays_tax" not in newcomer.get("/new").text
    assert newcomer.get("/@poppy/keepsake").status_code == 404

    hosts = [host(server, name) for name in ("wang", "mei", "lihua")]
    desk = until(lambda: hosts[0].get("/desk"), "This is Biscuit.")
    assert "Put a seal on the cat tax" in desk
    page = hosts[0].get(note).text
    assert "0 of 3 seals" in page
    assert hosts[0].post(f"/n/{number}/greet", data={"design": "paw"}).status_code == 303
    assert "This is Biscuit." not in hosts[0].get("/desk").text
    for one, words in ((hosts[1], "Welcome, <b>Biscuit</b>!"), (hosts[2], "收到")):
        assert one.post(f"/n/{number}/stamp", data={"design": "fish", "words": words}).status_code == 303
    assert hosts[1].post(f"/n/{number}/stamp", data={"design": "fish", "words": "x" * 41}).status_code == 422
    assert newcomer.post(f"/n/{number}/stamp", data={"design": "paw"}).status_code == 422

    stranger = visitor(server)
    page = stranger.get("/@poppy/keepsake").text
    assert "Welcome, &lt;b&gt;Biscuit&lt;/b&gt;!" in page
    picture = re.search(r'property="og:image" content="[^"]*?(/@[^"]+)"', page)[1]
    answer = stranger.get(picture)
    assert answer.content[:8] == b"\x89PNG\r\n\x1a\n"
    assert "paid in full" in stranger.get(note).text
    assert "seals.svg#fish" in stranger.get(note).text


def test_the_desk_is_for_hosts_and_a_greeting_is_a_comment(server):
    newcomer, _ = join(server, "fern")
    assert newcomer.get("/desk").status_code == 404
    note = newcomer.post("/new", data={"body": "Hello from Ohio, my first note.", "visibility": "public"})
    number = note.headers["location"].rpartition("/")[2]
    one = host(server, "laozhang")
    until(lambda: one.get("/desk"), "Hello from Ohio")
    done = one.post(f"/n/{number}/greet", data={"text": "你好，欢迎！"})
    assert "Hello from Ohio" not in one.get(done.headers["location"]).text
    assert "你好，欢迎！" in newcomer.get(note.headers["location"]).text
    until(lambda: one.get("/desk?every=1"), "Hello from Ohio", shown=False)
    told = visitor(server).get("/metrics").text
    assert 'catflap_first_answer_seconds{quantile="0.5"}' in told
    assert "catflap_first_answer_within_day_ratio" in told


def pays(server: Server, handle: str, body: str) -> tuple[httpx2.Client, str]:
    """A newcomer whose cat tax the worker has seen, and its number."""
    one, _ = join(server, handle)
    done = one.post(
        "/new", data={"body": body, "visibility": "public", "pays_tax": "yes"},
        files={"files": ("cat.jpg", photo_bytes(), "image/jpeg")},
    )
    return one, done.headers["location"].rpartition("/")[2]


def test_who_was_answered_stays_on_the_desk_until_the_third_seal(server):
    _, number = pays(server, "maple", "This is Toffee, who is new here.")
    hosts = [host(server, name) for name in ("ahua", "xiaoli", "laoma", "doudou")]
    until(lambda: hosts[0].get("/desk?every=1"), "This is Toffee")
    assert "still short of seals" not in hosts[0].get("/desk?every=1").text.partition("This is Toffee")[0]
    hosts[0].post(f"/n/{number}/greet", data={"text": "Hello, Toffee!"})
    for seals, one in enumerate(hosts[:3]):
        page = until(lambda one=one: one.get("/desk?every=1"), f"{seals} of 3 seals")
        first, _, second = page.partition("still short of seals")
        assert ("This is Toffee" in first, "This is Toffee" in second) == (False, True)
        done = one.post(f"/n/{number}/greet?every=1", data={"design": "fish"})
        assert done.headers["location"] == f"/desk?done={number}&every=1"
        assert "This is Toffee" not in one.get(done.headers["location"]).text
    assert "This is Toffee" not in hosts[3].get("/desk?every=1").text


def test_a_refused_greeting_stays_on_the_desk_with_its_reason(server):
    _, number = pays(server, "birch", "This is Waffle, who sleeps.")
    one = host(server, "dazhuang")
    until(lambda: one.get("/desk?every=1"), "This is Waffle")
    text = '"><b>喵</b> ' + "x" * 2000

    def told(page: httpx2.Response) -> str:
        assert page.status_code == 422
        note = re.search(r'<li class="sheet">(?:(?!</li>).)*?Waffle.*?</li>', page.text, re.S)[0]
        field = re.search(rf'<input id="g{number}"[^>]*>', note)[0]
        assert html.escape(text, quote=True).replace("&quot;", "&#34;") in field
        assert f'aria-describedby="e{number}"' in field
        return html.unescape(re.search(rf'role="alert" id="e{number}"[^>]*>(.*?)<', note)[1])

    assert "2000" in told(one.post(f"/n/{number}/greet?every=1", data={"text": text}))
    other = host(server, "erzhuang")
    other.post(f"/n/{number}/greet", data={"text": "早", "design": "paw"})
    until(lambda: one.get("/desk?every=1"), "Answered, still short")  # it moved meanwhile
    assert "2000" in told(one.post(f"/n/{number}/greet?every=1", data={"text": text}))
    for name in ("sanzhuang", "sizhuang"):
        host(server, name).post(f"/n/{number}/greet", data={"design": "paw"})
    assert "2000" in told(one.post(f"/n/{number}/greet?every=1", data={"text": text}))  # and is gone from it


def test_refused_words_of_a_seal_stay_under_the_cat_tax(server):
    _, number = pays(server, "cedar", "This is Bagel, who sings.")
    one = host(server, "wuzhuang")
    words = "欢迎" * 30
    page = one.post(f"/n/{number}/stamp", data={"design": "bowl", "words": words})
    assert page.status_code == 422
    assert f'value="{words}" aria-invalid="true" aria-describedby="seal-refused"' in page.text
    assert 'value="bowl" checked' in page.text
    assert "40" in re.search(r'id="seal-refused"[^>]*>(.*?)<', page.text)[1]
    assert "This is Bagel" in page.text
    plain = host(server, "liuzhuang").post("/new", data={"body": "no tax", "visibility": "public"})
    untaxed = plain.headers["location"].rpartition("/")[2]
    assert one.post(f"/n/{untaxed}/stamp", data={"design": "bowl"}).status_code == 422


def test_interests_are_kept_from_the_threshold_and_changed_in_the_settings(server):
    one, _ = join(server, "iris", likes=["cats", "fishing", "rockets"])
    page = one.get("/settings/interests").text
    assert re.findall(r'value="(\w+)" checked', page) == ["cats", "fishing"]
    one.post("/settings/interests", data={"likes": ["stories"]})
    assert re.findall(r'value="(\w+)" checked', one.get("/settings/interests").text) == ["stories"]


def test_places_are_offered_where_notes_name_them_and_named_in_the_readers_language(server):
    writer, _ = join(server, "traveller")
    for where in ("上海", "Shanghai", "my own kitchen"):
        writer.post("/new", data={"body": f"Rain in {where}", "visibility": "public", "place": where})
    offered = until(lambda: visitor(server).get("/join"), 'name="near" value="shanghai"')
    assert "my own kitchen" not in offered
    one, _ = join(server, "nearby", near=["shanghai", "上海市", "", "Duluth <b>"])
    page = one.get("/settings/feed").text
    assert re.findall(r'name="near" value="([^"]*)" checked><span>([^<]*)<', page) == [
        ("Duluth &lt;b&gt;", "Duluth &lt;b&gt;"), ("shanghai", "Shanghai"),
    ]
    one.post("/settings/feed", data={"politics": "0.1", "near": ["shanghai"]})
    page = one.get("/settings/feed", headers={"cookie": ""}).text
    assert "Duluth" not in page
    until(lambda: one.get("/?fresh=1"), "From Shanghai, which you picked")


def test_the_operators_page_is_for_operators(server):
    one = host(server, "aju")
    page = one.get("/operator/arrivals")
    assert "Everybody may come in." in page.text
    told = one.get("/operator/arrivals", headers={"accept": "application/json"}).json()
    assert told["threshold"]["way"] == "open"
    assert told["threshold"]["bounds"]["bearable"] == 60
    page = one.get("/operator/arrivals").text
    assert '<th scope="row">Operators who were here this week can look after</th><td>60</td>' in page
    assert set(told["first_answers"]) == {"count", "open_count", "p50_s", "p90_s", "within_day_ratio"}
    other = host(server, "nobody_special")
    assert other.get("/operator/arrivals").status_code == 404
    assert other.post("/operator/arrivals/1/approve").status_code == 404


def registered(server: Server, username: str) -> tuple[httpx2.Client, httpx2.Response]:
    """What an app does for somebody new."""
    app = visitor(server)
    made = app.post("/api/v1/apps", json={
        "client_name": "t", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob", "scopes": "read write"}).json()
    token = app.post("/oauth/token", json={
        "grant_type": "client_credentials", "client_id": made["client_id"],
        "client_secret": made["client_secret"], "scope": "read write"}).json()["access_token"]
    answer = app.post(
        "/api/v1/accounts", headers={"authorization": f"Bearer {token}"}, json={
            "username": username, "email": f"{username}@mailinator.com", "password": PASSWORD,
            "agreement": True, "locale": "en", "reason": "I knit"})
    return app, answer


def test_beyond_the_rate_people_wait_with_a_number_and_keep_their_place(tmp_path):
    server = served(tmp_path, registrations="valved", sign_ups_per_hour="2", operators="first")
    try:
        assert visitor(server).get("/api/v2/instance").json()["registrations"]["enabled"] is True
        boss, answer = join(server, "first")
        assert answer.headers["location"] == "/"
        # One seat is taken and one left: from here on a proof is asked, and a browser brings it.
        asked = re.search(r'data-challenge="([^"]+)"', visitor(server).get("/join").text)[1]
        proof = solved(from_page(asked))
        _, answer = join(server, "second", altcha=proof)
        assert answer.headers["location"] == "/"
        assert join(server, "thief", altcha=proof)[1].status_code == 422

        third, answer = join(server, "third", email="third@mailinator.com")
        assert answer.headers["location"] == "/waiting"
        page = third.get("/waiting").text
        assert "You are the next." in page
        assert "about 60 minutes" in page
        assert third.get("/").status_code == 200
        refused = third.post("/new", data={"body": "spam", "visibility": "public"})
        assert refused.status_code == 403
        assert "You are in the queue" in html.unescape(refused.text)

        app, answer = registered(server, "fourth")
        bearer = {"authorization": f"Bearer {answer.json()['access_token']}"}
        refused = app.post("/api/v1/statuses", headers=bearer, json={"status": "spam"})
        assert (refused.status_code, refused.json()["error"]) == (403, "Your login is currently pending approval")

        # The tab was closed; the place is kept, for whoever signs in again.
        again = visitor(server)
        again.post("/enter", data={"handle": "fourth", "password": PASSWORD})
        assert "1 person is before you." in again.get("/waiting").text
        queue = boss.get("/operator/arrivals").text
        assert queue.index("@third") < queue.index("@fourth")
        assert queue.count("throw-away e-mail") == 2
        number = in_database(server, "SELECT id FROM people WHERE handle = 'third'")[0][0]
        assert boss.post(f"/operator/arrivals/{number}/approve").status_code == 303
        assert "You are in" in third.get("/waiting").text
        assert third.post("/new", data={"body": "hello", "visibility": "public"}).status_code == 303
    finally:
        server.stop()


def test_an_operator_turns_away_who_waits_after_asking_once_more(tmp_path):
    server = served(tmp_path, registrations="approval", operators="boss")
    try:
        boss, _ = join(server, "boss")
        # Whoever comes first runs the place, and waits for nobody.
        in_database(server, "UPDATE entrances SET let_in_at = asked_at")
        in_database(server, "UPDATE people SET waits = 0")
        one, answer = join(server, "fish_seller", reason="Buy my fish")
        assert answer.headers["location"] == "/waiting"
        number = in_database(server, "SELECT id FROM people WHERE handle = 'fish_seller'")[0][0]
        address = f"/operator/arrivals/{number}/turn-away"
        assert f'href="{address}"' in boss.get("/operator/arrivals").text
        asked = boss.get(address).text
        assert "Buy my fish" in asked
        assert "No letter can reach them" in asked
        for method in ("get", "post"):
            assert getattr(one, method)(address).status_code == 404
        assert one.get("/waiting").status_code == 200

        done = boss.post(address, data={"word": ""})
        assert done.headers["location"] == "/operator/arrivals?done=away"
        assert "They were turned away." in boss.get(done.headers["location"]).text
        assert boss.get(address).status_code == boss.post(address).status_code == 404
        gone = one.get("/waiting")
        assert gone.headers["location"] == "/enter?next=/waiting"
        assert "did not let you in" in one.get(gone.headers["location"]).text
        assert join(server, "fish_seller")[1].headers["location"] == "/waiting"

        # Who came in while the operator was still deciding stays.
        again = in_database(server, "SELECT id FROM people WHERE handle = 'fish_seller'")[0][0]
        boss.post(f"/operator/arrivals/{again}/approve")
        late = boss.post(f"/operator/arrivals/{again}/turn-away", data={"word": ""})
        assert "nobody was turned away" in boss.get(late.headers["location"]).text
        assert visitor(server).get("/@fish_seller").status_code == 200
    finally:
        server.stop()


def test_the_word_of_who_turns_somebody_away_goes_with_the_letter(tmp_path):
    letters = Letters()
    controller = Controller(letters, hostname="127.0.0.1", port=free_port())
    controller.start()
    server = served(
        tmp_path, registrations="approval", operators="boss",
        smtp_url=f"smtp://127.0.0.1:{controller.port}", mail_from="door@cats.example",
    )
    try:
        boss, _ = join(server, "boss")
        in_database(server, "UPDATE entrances SET let_in_at = asked_at")
        join(server, "late_moss", email="moss@cats.example", locale="zh-Hans")
        number = in_database(server, "SELECT id FROM people WHERE handle = 'late_moss'")[0][0]
        address = f"/operator/arrivals/{number}/turn-away"
        assert "简体中文" in boss.get(address).text
        refused = boss.post(address, data={"word": "x" * 501})
        assert refused.status_code == 422
        assert "x" * 501 in refused.text
        assert boss.post(address, data={"word": "下个月再来吧。"}).status_code == 303
        [letter] = letters.wait(1)
        assert letter["to"] == "moss@cats.example"
        assert "@late_moss" in letter.get_content()
        assert letter.get_content().rstrip().endswith("下个月再来吧。")
    finally:
        server.stop()
        controller.stop()


def test_who_waits_is_in_seconds_after_there_is_room_and_their_page_hears_of_it(tmp_path):
    server = served(tmp_path, registrations="valved", sign_ups_per_hour="1", operators="first")
    try:
        join(server, "first")
        second, answer = join(server, "second")
        assert answer.headers["location"] == "/waiting"
        assert '<noscript><meta http-equiv="refresh"' in second.get("/waiting").text
        started = time.monotonic()
        with second.stream("GET", "/live", timeout=20) as heard:
            in_database(server, "UPDATE entrances SET let_in_at = let_in_at - 7200000000"
                                " WHERE let_in_at IS NOT NULL")
            assert any("event: let-in" in line for line in heard.iter_lines())
        assert time.monotonic() - started < 12
        page = second.get("/waiting").text
        assert "You are in" in page
        assert "http-equiv" not in page
    finally:
        server.stop()


def from_page(attribute: str):
    return Challenge(**json.loads(html.unescape(attribute)))


def test_waits_are_told_in_the_unit_that_people_would_use():
    en = catalogue.words("en")
    assert likely(en, 119 * 60) == "about 119 minutes"
    assert likely(en, 119 * 60 + 1) == "about 2 hours"


def test_by_invitation_a_code_is_the_only_way_in(tmp_path):
    server = served(tmp_path, registrations="invitation", operators="aju")
    try:
        one = visitor(server)
        told = one.get("/api/v1/instance").json()
        assert (told["registrations"], told["invites_enabled"]) == (False, True)
        assert one.get("/api/v2/instance").json()["registrations"]["enabled"] is False
        assert join(server, "stranger")[1].status_code == 403
        assert registered(server, "stranger")[1].status_code == 403
        made = catflap("invite", "--uses", "1", "--json", "--data", server.folder / "data")
        code = json.loads(made.stdout)["code"]
        assert 'name="handle"' not in one.get("/join").text
        assert one.get("/join/by-code", params={"code": code}).headers["location"] == f"/join/{code}"
        assert f'name="code" value="{code}"' in one.get(f"/join/{code}").text
        aju, answer = join(server, "aju", code=code)
        assert answer.headers["location"] == "/"
        assert one.get(f"/join/{code}").status_code == 410
        assert join(server, "late", code=code)[1].status_code == 410
        aju.post("/invitations", data={"uses": "2", "days": "7"})
        other = re.search(r"/join/(\w+)", aju.get("/invitations").text)[1]
        assert "aju invited you." in one.get(f"/join/{other}").text
        assert join(server, "guest", code=other)[1].headers["location"] == "/"
    finally:
        server.stop()


def test_whoever_shares_an_address_with_many_is_not_refused(tmp_path):
    server = Server(tmp_path, attempts_per_hour="2").start()
    try:
        for handle in ("one", "two"):
            assert join(server, handle)[1].headers["location"] == "/"
        asked = re.search(r'data-challenge="([^"]+)"', visitor(server).get("/join").text)[1]
        proof = solved(from_page(asked))
        assert join(server, "three", altcha=proof)[1].headers["location"] == "/"
        assert join(server, "four")[1].headers["location"] == "/waiting"
    finally:
        server.stop()


def test_a_household_with_many_addresses_is_one_crowd_and_cannot_lie_about_it(tmp_path):
    server = Server(tmp_path, attempts_per_hour="2", behind_proxy="true").start()
    try:
        for last, handle in ((1, "one"), (2, "two")):
            came = [("x-forwarded-for", f"2001:db8:1:2::{last}")]
            assert join(server, handle, headers=came)[1].headers["location"] == "/"
        # The first line is the stranger's own, the second is what the proxy adds.
        lied = [("x-forwarded-for", "198.51.100.9"), ("x-forwarded-for", "2001:db8:1:2:a:b:c:d")]
        assert join(server, "three", headers=lied)[1].headers["location"] == "/waiting"
        page = visitor(server)
        guesses = [
            page.post(
                "/enter", data={"handle": "one", "password": f"guess {n} of mine"},
                headers={"x-forwarded-for": f"2001:db8:9:9::{n}"},
            ).status_code for n in range(3)
        ]
        assert guesses[-1] == 429
    finally:
        server.stop()


def test_failures_for_one_account_lock_nobody_else_behind_the_same_address(tmp_path):
    server = Server(tmp_path, attempts_per_hour="3").start()
    try:
        for handle in ("one", "two", "three"):
            join(server, handle)

        def tries(handle: str, password: str) -> int:
            given = {"handle": handle, "password": password}
            return visitor(server).post("/enter", data=given).status_code

        # However the handle is written, the account is one; and so is a handle that nobody has.
        for handles in (("one", "ONE", "One", "one"), ("nobody", "Nobody", "nobody", "nobody")):
            assert [tries(handle, "a wrong guess 1") for handle in handles][-1] == 429
        assert tries("one", PASSWORD) == 429
        assert [tries("two", PASSWORD), tries("three", PASSWORD)] == [303, 303]
        # One who tries every account from there is slowed down, by seconds and not by hours.
        for n in range(3 * HOUSEHOLD_TIMES):
            last = visitor(server).post(
                "/enter", data={"handle": f"guessed{n}", "password": "a wrong guess 1"}
            )
        assert last.status_code == 429
        assert int(last.headers["retry-after"]) <= 60
    finally:
        server.stop()
