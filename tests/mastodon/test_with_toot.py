"""toot, the command line that people use, drives a live server by every command it has."""

from __future__ import annotations

import ast
import json
import os
import re
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import Server, photo_bytes
from tests.mastodon.app import OUT_OF_BAND, joined, signed_in
from tests.mastodon.sockets import waited
from tests.previews.pages import elsewhere

ELSEWHERE = {
    "login": "its two steps are taken apart, because its person's browser stands between them",
    "activate": "changes toot's own file", "auth": "reads toot's own file", "env": "prints the environment",
    "diag": "prints the environment", "login_cli": "a password in an app, which this server never takes",
    "tui": "a full screen, of the same calls", "timeline": "the old name of `timelines`",
    "list_accounts": "the old name of `lists accounts`", "list_create": "the old name of `lists create`",
    "list_delete": "the old name of `lists delete`", "list_add": "the old name of `lists add`",
    "list_remove": "the old name of `lists remove`",
}
"""Commands that are not driven here, and why."""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    made = Server(
        tmp_path_factory.mktemp("tooted"), attempts_per_hour="10000", posts_per_hour="100000",
        api_calls_per_five_minutes="100000", link_previews="true", previews_privately="true",
    ).start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def cli(tmp_path_factory):
    """toot's commands, in this process: its starts would cost half a second each."""
    os.environ["XDG_CONFIG_HOME"] = str(tmp_path_factory.mktemp("config"))
    from toot.cli import cli as every

    yield every
    del os.environ["XDG_CONFIG_HOME"]


class Toot:
    """One person's toot."""

    def __init__(self, cli) -> None:
        from click.testing import CliRunner

        self._cli = cli
        self._runner = CliRunner()
        self.used: set[str] = set()

    def __call__(self, *words: str, input: str | None = None):
        """Run a command, which must succeed."""
        done = self._runner.invoke(self._cli, list(words), input=input)
        assert done.exit_code == 0, (words, done.output, done.exception)
        self.used.add(" ".join(words[:2]))
        self.used.add(words[0])
        return done.output

    def json(self, *words: str):
        """What a command prints as JSON."""
        return json.loads(self(*words, "--json"))


@pytest.fixture(scope="module")
def toot(server, cli):
    """Juniper's toot, logged in as it tells people to: in a browser, by a code out of band."""
    made = Toot(cli)
    with closing(joined(server, "juniper")) as person:

        def code(prompt: str) -> str:
            [address] = re.findall(r"https?://\S+/oauth/authorize\S*", prompt)
            page = person.get(address, follow_redirects=True)  # toot puts a slash at its end
            fields = dict(re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)">', page.text))
            answer = person.post("/oauth/authorize", data={**fields, "answer": "yes"})
            shown = answer if answer.status_code == 200 else person.get(answer.headers["location"])
            [found] = re.findall(r"<(?:code|output|input)[^>]*?(?:value=\")?>?([\w-]{30,})", shown.text)
            return found

        from toot import api, auth

        app = auth.get_or_create_app(server.url)
        auth.login_auth_code(app, code(api.get_browser_login_url(app)))
    assert OUT_OF_BAND in api.get_browser_login_url(app).replace("%3A", ":")
    return made


@pytest.fixture(scope="module")
def aju(server):
    with signed_in(server, "阿橘", reads="zh") as app:
        app.id = app.json("GET", "/api/v1/accounts/verify_credentials")["id"]
        yield app


@pytest.fixture(scope="module")
def note(aju):
    return aju.json("POST", "/api/v1/statuses", json={"status": "Paying my #cattax"})


def test_one_logs_in_and_is_who_one_is(server, toot, aju):
    assert toot.json("whoami")["username"] == "juniper"
    assert toot.json("whois", "阿橘")["username"] == "阿橘"
    assert toot.json("instance", server.url)["uri"]
    assert "juniper" in toot("whoami")
    assert toot("instance", server.url)


def test_a_profile_is_changed(toot):
    changed = toot.json(
        "update-account", "--display-name", "Juniper", "--note", "Two cats", "--no-locked", "--privacy", "public",
        "--language", "en",
    )
    assert changed["display_name"] == "Juniper"


def test_people_are_followed_muted_blocked_and_listed(toot, aju):
    for deed, undone, listed in (("mute", "unmute", "muted"), ("block", "unblock", "blocked")):
        assert toot.json(deed, "阿橘")
        assert [one["acct"] for one in toot.json(listed)] == ["阿橘"]
        toot.json(undone, "阿橘")
    assert toot.json("follow", "阿橘")["following"]
    assert [one["acct"] for one in toot.json("following")] == ["阿橘"]
    assert [one["acct"] for one in toot.json("followers", "阿橘")] == ["juniper"]
    assert not toot.json("unfollow", "阿橘")["following"]
    toot("follow", "阿橘")


def test_requests_to_follow_are_answered(server, toot):
    toot("update-account", "--locked")
    for answer in ("accept", "reject"):
        with signed_in(server, f"guest_{answer}") as guest:
            me = guest.json("GET", "/api/v1/accounts/lookup?acct=juniper")["id"]
            guest.json("POST", f"/api/v1/accounts/{me}/follow")
            assert [one["acct"] for one in toot.json("follow-requests", "list")] == [f"guest_{answer}"]
            toot("follow-requests", answer, f"guest_{answer}")
            found = guest.json("GET", f"/api/v1/accounts/relationships?id[]={me}")
            assert found[0]["following"] is (answer == "accept")
    toot("update-account", "--no-locked")


def test_a_status_is_posted_with_a_photo_and_done_to(toot, note, tmp_path):
    photo = tmp_path / "cat.jpg"
    photo.write_bytes(photo_bytes())
    assert toot.json("upload", str(photo), "--description", "A cat")["type"] == "image"
    made = toot.json(
        "post", "Good morning #dawn", "--media", str(photo), "--description", "A cat", "--visibility", "unlisted",
        "--spoiler-text", "cats", "--sensitive", "--language", "en",
    )
    assert made["media_attachments"][0]["description"] == "A cat"
    answer = toot.json("post", "Hello", "--reply-to", note["id"])
    assert answer["in_reply_to_id"] == note["id"]
    assert answer["id"] in {one["id"] for one in toot.json("thread", note["id"])["descendants"]}
    assert toot.json("status", note["id"])["id"] == note["id"]
    assert "cattax" in toot("status", note["id"])
    for deed, field in (("favourite", "favourited"), ("bookmark", "bookmarked")):
        assert toot.json(deed, note["id"])[field]
        if deed == "bookmark":
            assert "cattax" in toot("bookmarks", "--once")
        else:
            assert [one["id"] for one in toot.json("timelines", "favourites")] == [note["id"]]
        assert not toot.json(f"un{deed}", note["id"])[field]
    assert toot.json("reblog", note["id"])["reblog"]["id"] == note["id"]
    assert [one["acct"] for one in toot.json("reblogged-by", note["id"])] == ["juniper"]
    toot("unreblog", note["id"])
    assert toot.json("pin", made["id"])["pinned"]
    assert not toot.json("unpin", made["id"])["pinned"]
    toot("delete", made["id"])


def test_a_status_is_planned(toot):
    assert toot.json("post", "Tomorrow", "--scheduled-in", "1 day")["scheduled_at"]


def test_a_poll_is_asked_and_answered(toot, aju):
    mine = toot.json(
        "post", "Which?", "--poll-option", "tabby", "--poll-option", "tuxedo", "--poll-expires-in", "1 hour",
    )
    assert toot.json("polls", "show", mine["poll"]["id"])["options"][0]["title"] == "tabby"
    theirs = aju.json("POST", "/api/v1/statuses", json={
        "status": "哪个?", "poll": {"options": ["橘猫", "黑猫"], "expires_in": 600},
    })
    assert toot.json("polls", "vote", theirs["poll"]["id"], "1")["own_votes"] == [1]
    assert toot("polls", "show", theirs["poll"]["id"])


def test_timelines_of_every_kind_are_read(toot, aju, note):
    toot("follow", "阿橘")
    for words in (
        ("home",), ("account", "阿橘"), ("public",), ("public", "--local"), ("tag", "cattax"),
    ):
        assert note["id"] in {one["id"] for one in toot.json("timelines", *words)}, words
        assert "cattax" in toot("timelines", *words, "--no-pager"), words
    toot.json("timelines", "trending")
    toot.json("search", "cattax")
    assert "cattax" in toot("search", "cattax")


def test_what_links_to_a_page_is_read(toot, aju):
    with elsewhere() as place:
        url = place.page("/cat", title="A cat")
        note = aju.json("POST", "/api/v1/statuses", json={"status": f"Read {url}"})
        waited(lambda: aju.json("GET", f"/api/v1/statuses/{note['id']}")["card"])
    assert [one["id"] for one in toot.json("timelines", "link", url)] == [note["id"]]


def test_lists_are_kept(toot, aju, note):
    toot("follow", "阿橘")
    assert toot.json("lists", "create", "Cats")["title"] == "Cats"
    toot("lists", "add", "Cats", "阿橘")
    assert [one["acct"] for one in toot.json("lists", "accounts", "Cats")] == ["阿橘"]
    assert [one["title"] for one in toot.json("lists", "list")] == ["Cats"]
    assert note["id"] in {one["id"] for one in toot.json("timelines", "list", "Cats")}
    toot("lists", "remove", "Cats", "阿橘")
    toot("lists", "delete", "Cats")
    assert toot.json("lists", "list") == []


def test_tags_are_followed_and_shown(toot, note):
    assert toot.json("tags", "info", "cattax")["name"] == "cattax"
    assert toot.json("tags", "follow", "cattax")["following"]
    assert [one["name"] for one in toot.json("tags", "followed")] == ["cattax"]
    toot("tags", "unfollow", "cattax")
    toot.json("tags", "feature", "cattax")
    assert [one["name"] for one in toot.json("tags", "featured")] == ["cattax"]
    toot("tags", "unfeature", "cattax")


def test_notifications_are_shown_and_cleared(toot, aju):
    mine = toot.json("post", "Like me")
    aju.json("POST", f"/api/v1/statuses/{mine['id']}/favourite")
    waited(lambda: [one for one in toot.json("notifications") if one["type"] == "favourite"])
    assert "favourited" in toot("notifications", "--type", "favourite").casefold()
    toot("notifications", "--clear")
    assert toot.json("notifications") == []


def test_no_command_of_toot_is_left_out_without_a_reason(cli):
    written = Path(__file__).read_text()
    calls = {
        tuple(one.value for one in node.args if isinstance(one, ast.Constant))
        for node in ast.walk(ast.parse(written)) if isinstance(node, ast.Call)
    }
    words = {" ".join(map(str, call[:n])) for call in calls for n in (1, 2)}
    words |= {word.replace("-", "_") for word in words}
    words |= {"mute", "unmute", "muted", "block", "unblock", "blocked", "favourite", "unfavourite", "bookmark", "unbookmark"}
    words |= {f"follow-requests {answer}" for answer in ("accept", "reject")}
    words |= {f"timelines {name}" for name in ("home", "account", "public", "tag")}
    every: set[str] = set()
    for name, command in cli.commands.items():
        inside = getattr(command, "commands", None)
        every |= {f"{name} {one}" for one in inside} if inside else {name}
    assert every - words - set(ELSEWHERE) == set()
    assert set(ELSEWHERE) <= every


def test_one_logs_out(toot):
    toot("logout", toot_user())


def toot_user() -> str:
    from toot import config

    return config.load_config()["active_user"]
