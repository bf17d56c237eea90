"""Rules, texts, announcements and reports, as people, operators and apps meet them."""

from __future__ import annotations

import html
import re

import httpx2
import pytest
from mastodon.return_types import Announcement

from catflap import app
from catflap.access import apps
from catflap.ground.settings import Settings
from catflap.people.model import PersonId
from catflap.translation import actions as translation
from catflap.translation.codes import Lang
from catflap.translation.model import Origin, key_of
from tests.conftest import Server, run
from tests.mastodon.app import App, joined, token_of
from tests.mastodon.cast import until
from tests.mastodon.sockets import Socket
from tests.mastodon.typed import wrong

SCOPES = "read write admin:read admin:write"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    made = Server(
        tmp_path_factory.mktemp("moderation"), attempts_per_hour="10000", operators="juniper"
    ).start()
    yield made
    made.stop()


class Somebody:
    """A person with a browser and an app."""

    def __init__(self, server, handle, *, reads="en", scopes="read write"):
        self.web = joined(server, handle, reads=reads)
        self.app = App(server, token=token_of(server, self.web, scopes=scopes))
        self.id = self.app.json("GET", "/api/v1/accounts/verify_credentials")["id"]

    def page(self, path, status=200):
        answer = self.web.get(path)
        assert answer.status_code == status, answer.text
        return html.unescape(answer.text)

    def sends(self, path, status=303, **fields):
        answer = self.web.post(path, data=fields)
        assert answer.status_code == status, answer.text
        return html.unescape(answer.text)


@pytest.fixture(scope="module")
def cast(server):
    """juniper operates the place, 阿橘 reads Chinese, troll is reported."""
    made = {
        "juniper": Somebody(server, "juniper", scopes=SCOPES),
        "aju": Somebody(server, "阿橘", reads="zh", scopes=SCOPES),
        "troll": Somebody(server, "troll"),
    }
    yield made
    for one in made.values():
        one.web.close()
        one.app.close()


def translated(server, said):
    """Keep renditions as an engine would have made them: text to (target, rendition)."""
    async def inside():
        database = app.open_database(Settings(data=server.folder / "data"))
        async with database.tx() as tx:
            for text, (target, rendered) in said.items():
                await translation.render(
                    tx, key_of(text), target=Lang(target), text=rendered, origin=Origin.ENGINE,
                    engine="scripted",
                )
        await database.close()

    run(inside())


def test_everybody_reads_the_rules_in_their_language_with_the_original_a_tap_away(server, cast):
    juniper, aju = cast["juniper"], cast["aju"]
    aju.sends("/rules", status=404, text="x")
    juniper.sends("/rules", text="Be kind", hint="Even when it is late.")
    juniper.sends("/rules", text="No advertising", hint="")
    juniper.sends("/rules", status=422, text="x" * 501, hint="kept")
    assert "Be kind" in aju.page("/rules"), "untranslated, it stands as it was written"
    translated(server, {"Be kind": ("zh", "善待彼此"), "Even when it is late.": ("zh", "夜深了也一样。")})
    page = aju.page("/rules")
    assert "善待彼此" in page
    assert '<div class="as-original" lang="en"><p>Be kind</p></div>' in page
    assert "<textarea" not in page
    for path in ("/", "/about", "/join"):
        assert 'href="/rules"' in httpx2.get(f"{server.url}{path}").text
    with App(server) as nobody:
        kind, ads = nobody.json("GET", "/api/v1/instance/rules")
        assert (kind["text"], kind["hint"]) == ("Be kind", "Even when it is late.")
        assert kind["translations"] == {"zh": {"text": "善待彼此", "hint": "夜深了也一样。"}}
        assert nobody.json("GET", "/api/v2/instance")["rules"] == [kind, ads]
        assert nobody.json("GET", "/api/v1/instance")["rules"] == [kind, ads]
    juniper.sends(f"/rules/{ads['id']}", deed="up")
    juniper.sends(f"/rules/{ads['id']}", text="No adverts", hint="")
    with App(server) as nobody:
        assert [rule["text"] for rule in nobody.json("GET", "/api/v1/instance/rules")] == ["No adverts", "Be kind"]
    juniper.sends(f"/rules/{ads['id']}", deed="withdraw")
    assert "No adverts" not in aju.page("/rules")
    key = key_of("Be kind")
    assert "善待彼此" in aju.page(f"/words/{key}")
    assert aju.page(f"/words/{key_of('nothing')}", status=404)


def test_the_places_own_texts_are_written_on_one_page_and_told_to_apps(server, cast):
    juniper, aju = cast["juniper"], cast["aju"]
    with App(server) as nobody:
        usual = nobody.json("GET", "/api/v1/instance/privacy_policy")
        assert "This is what the software does." in usual["content"]
        assert nobody.json("GET", "/api/v1/instance/extended_description")["content"] == ""
        nobody.json("GET", "/api/v1/instance/terms_of_service", status=404)
        urls = nobody.json("GET", "/api/v2/instance")["configuration"]["urls"]
        assert urls["privacy_policy"].endswith("/privacy")
        assert urls["terms_of_service"] is None
        assert nobody.get("/terms").status_code == 404
        assert "stands" not in nobody.get("/privacy").text.partition("<footer")[0]
    aju.page("/operator/texts", status=404)
    juniper.sends("/operator/texts/about", text="A house for <cats>.\n\nAnd for people.")
    juniper.sends("/operator/texts/privacy", text="We keep little.")
    juniper.sends("/operator/texts/terms", text="Be good.", effective_on="2026-01-02")
    juniper.sends("/operator/texts/terms", text="Be better.", effective_on="2999-01-02")
    juniper.sends("/operator/texts/terms", status=422, text="Be best.", effective_on="soon")
    translated(server, {"We keep little.": ("zh", "我们留得很少。")})
    assert "<p>A house for &lt;cats&gt;.</p><p>And for people.</p>" in httpx2.get(f"{server.url}/about").text
    assert "我们留得很少。" in aju.page("/privacy")
    assert "Be good." in juniper.page("/terms")
    assert 'href="/terms/2999-01-02"' in juniper.page("/terms")
    assert "Be better." in juniper.page("/terms/2999-01-02")
    with App(server) as nobody:
        now = nobody.json("GET", "/api/v1/instance/terms_of_service")
        assert now == {"effective_date": "2026-01-02", "effective": True, "content": "<p>Be good.</p>", "succeeded_by": "2999-01-02"}
        assert nobody.json("GET", "/api/v1/instance/terms_of_service/2999-01-02")["effective"] is False
        nobody.json("GET", "/api/v1/instance/terms_of_service/yesterday", status=404)
        said = nobody.json("GET", "/api/v1/instance/privacy_policy", headers={"accept-language": "zh"})
        assert said["content"] == "<p>我们留得很少。</p>"
        assert nobody.json("GET", "/api/v2/instance")["configuration"]["urls"]["terms_of_service"].endswith("/terms")


def told_of(socket, event):
    """What the next event of a kind says."""
    while (frame := socket.hear())["event"] != event:
        pass
    if event == "announcement":
        assert wrong(frame["payload"], Announcement) == []
    return frame["payload"]


def test_an_announcement_stands_above_explore_until_dismissed_and_apps_hear_of_it(server, cast):
    juniper, aju = cast["juniper"], cast["aju"]
    with Socket(server, access_token=aju.app.token, stream="user") as socket:
        aju.page("/operator/announcements", status=404)
        juniper.sends("/operator/announcements", text="Tea at five", starts_at="2999-01-01T17:00", ends_at="", all_day="")
        juniper.sends("/operator/announcements", status=422, text="Tea", starts_at="2999-01-01T17:00", ends_at="2999-01-01T16:00")
        told = told_of(socket, "announcement")
        assert told["content"] == "<p>Tea at five</p>"
        translated(server, {"Tea at five": ("zh", "五点喝茶")})
        assert "五点喝茶" in aju.page("/")
        assert "Tea at five" in httpx2.get(f"{server.url}/").text
        [one] = aju.app.json("GET", "/api/v1/announcements")
        assert (one["content"], one["read"], one["starts_at"]) == ("<p>五点喝茶</p>", False, "2999-01-01T17:00:00.000Z")
        path = f"/api/v1/announcements/{one['id']}"
        aju.app.json("PUT", f"{path}/reactions/🍵")
        aju.app.json("PUT", f"{path}/reactions/tea", status=422)
        assert told_of(socket, "announcement.reaction") == {"name": "🍵", "count": 1, "announcement_id": one["id"]}
        assert juniper.app.json("GET", "/api/v1/announcements")[0]["reactions"] == [{"name": "🍵", "count": 1, "me": False}]
        aju.app.json("DELETE", f"{path}/reactions/🍵")
        aju.sends(f"/announcements/{one['id']}/dismiss")
        assert "五点喝茶" not in aju.page("/")
        assert aju.app.json("GET", "/api/v1/announcements") == []
        assert aju.app.json("GET", "/api/v1/announcements", params={"with_dismissed": "true"})[0]["read"] is True
        assert "Tea at five" in juniper.page("/")
        assert "2999-01-01T17:00" in juniper.page(f"/operator/announcements?edit={one['id']}")
        juniper.sends("/operator/announcements", id=one["id"], text="Tea at six", starts_at="2999-01-01T18:00", ends_at="2999-01-02T00:00", all_day="yes")
        assert told_of(socket, "announcement")["ends_at"] == "2999-01-02T23:59:59.000Z"
        assert "五点喝茶" not in aju.page("/"), "who dismissed it is not bothered again"
        juniper.sends(f"/operator/announcements/{one['id']}/drop")
        assert str(told_of(socket, "announcement.delete")) == one["id"]
    assert "Tea at" not in juniper.page("/")


def test_a_report_by_form_becomes_a_case_that_operators_read_in_their_language(server, cast):
    juniper, aju, troll = cast["juniper"], cast["aju"], cast["troll"]
    note = troll.app.json("POST", "/api/v1/statuses", json={"status": "Cats are bad"})["id"]
    juniper.sends("/rules", text="Speak well of cats", hint="")
    [rule] = re.findall(r'name="rule" value="(\d+)"[^>]*><span lang="en">Speak', aju.page(f"/n/{note}/report"))
    assert f'href="/n/{note}/report"' in aju.page(f"/@troll/{note}")
    assert f'href="/n/{note}/report"' not in troll.page(f"/@troll/{note}")
    assert '<form action="/@troll/report">' in aju.page("/@troll")
    troll.sends("/@阿橘/block")
    aju.sends(f"/n/{note}/report", status=422, category="other", message="x" * 1001)
    done = aju.sends(f"/n/{note}/report", status=200, category="violation", rule=rule, message="他说猫的坏话")
    assert "/@troll/block" in done
    aju.sends("/@阿橘/report", status=422, category="spam")
    troll.page("/operator/cases", status=404)
    page = juniper.page("/operator/cases")
    [case] = re.findall(r"/operator/cases/(\d+)", page)
    troll.page(f"/operator/cases/{case}", status=404)
    page = juniper.page(f"/operator/cases/{case}")
    for words in ("他说猫的坏话", "Speak well of cats", "Cats are bad", "阿橘", "No translation engine"):
        assert words in page, words
    translated(server, {"他说猫的坏话": ("en", "He speaks ill of cats")})
    page = juniper.page(f"/operator/cases/{case}")
    assert "He speaks ill of cats" in page
    assert "他说猫的坏话" in page
    key = key_of("他说猫的坏话")
    assert "He speaks ill" in juniper.page(f"/operator/cases/{case}/texts/{key}")
    juniper.page(f"/operator/cases/{case}/texts/{key_of('Be kind')}", status=404)
    aju.page(f"/words/{key}", status=404)
    until(lambda: "reported somebody" in juniper.page("/notices"))
    assert f'href="/operator/cases/{case}"' in juniper.page("/notices")
    assert "阿橘" not in troll.page("/notices")
    troll.app.json("DELETE", f"/api/v1/statuses/{note}")
    assert "Its author has taken this note back" in juniper.page(f"/operator/cases/{case}")
    juniper.sends(f"/operator/cases/{case}/assign")
    juniper.sends(f"/operator/cases/{case}/resolve", remark="Spoke with them")
    page = juniper.page(f"/operator/cases/{case}")
    assert "Spoke with them" in page
    assert "resolved it" in page
    juniper.sends(f"/operator/cases/{case}/reopen")
    juniper.sends(f"/operator/cases/{case}/dance", status=404)


ADMIN = {"action_taken", "action_taken_at", "category", "comment", "forwarded", "created_at", "updated_at",
         "account", "target_account", "assigned_account", "action_taken_by_account", "statuses", "rules", "id", "catflap"}


def test_apps_report_and_an_operators_app_decides(server, cast):
    juniper, aju, troll = cast["juniper"], cast["aju"], cast["troll"]
    note = troll.app.json("POST", "/api/v1/statuses", json={"status": "Buy fish"})["id"]
    made = aju.app.json("POST", "/api/v1/reports", json={
        "account_id": troll.id, "status_ids": [note], "comment": "广告", "category": "spam", "forward": True})
    assert (made["category"], made["status_ids"], made["action_taken"], made["forwarded"]) == ("spam", [note], False, False)
    assert made["target_account"]["id"] == troll.id
    aju.app.json("POST", "/api/v1/reports", status=422, json={"account_id": troll.id, "category": "rude"})
    aju.app.json("POST", "/api/v1/reports", status=404, json={"account_id": troll.id, "status_ids": ["1"]})
    aju.app.json("POST", "/api/v1/reports", status=404, json={"account_id": "1"})
    path = f"/api/v1/admin/reports/{made['id']}"
    troll.app.json("GET", path, status=403)
    aju.app.json("GET", path, status=403)
    translated(server, {"广告": ("en", "Adverts")})
    told = juniper.app.json("GET", path)
    assert set(told) == ADMIN
    assert (told["comment"], told["catflap"]) == ("Adverts", {"comment": "广告", "language": "zh"})
    assert told["account"]["username"] == "阿橘"
    assert told["target_account"]["account"]["id"] == troll.id
    assert [one["id"] for one in told["statuses"]] == [note]
    assert told in juniper.app.json("GET", "/api/v1/admin/reports")
    assert juniper.app.json("GET", "/api/v1/admin/reports", params={"account_id": troll.id}) == []
    [rule] = [r for r in juniper.app.json("GET", "/api/v1/instance/rules") if r["text"] == "Be kind"]
    changed = juniper.app.json("PUT", path, json={"rule_ids": [rule["id"]]})
    assert (changed["category"], changed["rules"]) == ("violation", [rule])
    assert juniper.app.json("PUT", path, json={"category": "other"})["rules"] == []
    assert juniper.app.json("POST", f"{path}/assign_to_self")["assigned_account"]["id"] == juniper.id
    assert juniper.app.json("POST", f"{path}/unassign")["assigned_account"] is None
    done = juniper.app.json("POST", f"{path}/resolve")
    assert (done["action_taken"], done["action_taken_by_account"]["id"]) == (True, juniper.id)
    assert made["id"] in [one["id"] for one in juniper.app.json("GET", "/api/v1/admin/reports", params={"resolved": "true"})]
    assert juniper.app.json("POST", f"{path}/reopen")["action_taken"] is False
    [heard] = until(lambda: juniper.app.json("GET", "/api/v1/notifications", params={"types[]": "admin.report"}))
    assert heard["account"]["username"] == "阿橘"
    assert heard["report"]["target_account"]["id"] == troll.id
    [group] = [g for g in juniper.app.json("GET", "/api/v2/notifications")["notification_groups"] if g["type"] == "admin.report"]
    assert group["report"] == heard["report"]
    assert troll.app.json("GET", "/api/v1/notifications", params={"types[]": "admin.report"}) == []


async def given(server, person):
    """A token with the scopes of operators, as somebody holds who was one."""
    database = app.open_database(Settings(data=server.folder / "data"))
    async with database.tx() as tx:
        made, _ = await apps.register(tx, name="Old", redirect_uris=["https://old.example/"], asked=SCOPES)
        text, _ = await apps.give(tx, made.id, person=PersonId(int(person)), granted=SCOPES.split())
    await database.close()
    return text


def test_only_operators_are_granted_what_operators_may_and_read_people(server, cast):
    juniper, aju, troll = cast["juniper"], cast["aju"], cast["troll"]
    refused = aju.app.json("GET", "/api/v2/admin/accounts", status=403)
    assert refused["error"] == "This action is outside the authorized scopes", "never granted"
    with App(server, token=run(given(server, aju.id))) as once:
        assert once.json("GET", "/api/v2/admin/accounts", status=403)["error"] == "This action is not allowed"
        assert once.json("GET", "/api/v1/admin/reports", status=403)["error"] == "This action is not allowed"
    assert juniper.app.json("GET", "/api/v1/accounts/verify_credentials")["role"]["permissions"] == "1040"
    assert aju.app.json("GET", "/api/v1/accounts/verify_credentials")["role"]["permissions"] == "0"
    everybody = juniper.app.json("GET", "/api/v2/admin/accounts")
    assert [one["username"] for one in everybody] == ["troll", "阿橘", "juniper"]
    one = juniper.app.json("GET", f"/api/v1/admin/accounts/{aju.id}")
    assert (one["ip"], one["suspended"], one["account"]["id"], one["locale"]) == ("127.0.0.1", False, aju.id, "zh-Hans")
    assert juniper.app.json("GET", "/api/v1/admin/accounts", params={"username": "troll"})[0]["id"] == troll.id
    assert juniper.app.json("GET", "/api/v1/admin/accounts", params={"suspended": "true"}) == []
    assert [o["username"] for o in juniper.app.json("GET", "/api/v2/admin/accounts", params={"permissions": "staff"})] == ["juniper"]
    page = juniper.app.request("GET", "/api/v2/admin/accounts", params={"limit": 2})
    assert 'rel="next"' in page.headers["link"]
