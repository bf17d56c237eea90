"""The pages on which people make translations better, and that every page is readable."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from html import escape, unescape
from urllib.parse import quote

import httpx2
import msgspec
import pytest
from pysqlite3 import dbapi2

from catflap.media import actions as media_actions
from catflap.media.model import SizeMade
from catflap.notes import actions as notes
from catflap.notes.model import Written
from catflap.people import queries as people
from catflap.translation.model import key_of
from tests.conftest import Server, house_at, photo_bytes, run
from tests.notes.test_subtitles import EN, MADE
from tests.past import TOLD
from tests.translation.scripted_endpoints import Endpoint, asked, chat

BODY, ENGINE = "Biscuit sleeps on the sofa all day long.", "饼干整天都睡在沙发上。"
BETTER = "饼干一整天都赖在沙发上 <3"
KNOWN = {
    BODY: ENGINE,
    "Notes on cats and cushions": "关于猫和靠垫的笔记",
    "I bake bread and write about cats.": "我烤面包，也写猫。",
    "A grey cat asleep on a red sofa": "一只灰猫睡在红色沙发上",
    "Loud noises and a vacuum cleaner": "噪音和吸尘器",
    "The kitchen behind the old library": "老图书馆后面的厨房",
    "How my cat spends her weekends": "我的猫怎么过周末",
    "She moved to the window in the end.": "最后她搬到窗边去了。",
    "Mine sleeps in the washing basket.": "我家的睡在洗衣篮里。",
    "What I am reading now": "我正在读的书", "A thick book about bread": "一本很厚的面包书",
    "The old mill by the river": "河边的老磨坊",
    "The old kettle broke this morning.": "今天早上旧水壶坏了。",
    "Is the kettle on?": "水开了吗？", "It sings.": "它在唱歌。",
}
SIZE = SizeMade(name="s", width=16, height=9, webp="s.webp", avif="s.avif")
FILM = msgspec.structs.replace(MADE, poster=msgspec.structs.replace(MADE.poster, sizes=(SIZE,)))
OWNED = "<script>window.owned=1</script>"


class Someone:
    """A person with a browser of their own language; the answers are pages as text."""

    def __init__(self, server: Server, handle: str, *, lang: str = "en") -> None:
        self.handle, self.server = handle, server
        self.client = httpx2.Client(
            base_url=server.url, headers={"accept-language": lang}, timeout=20
        )
        if handle:
            self.post("/join", handle=handle, password="a decent password 9")

    def get(self, path: str, status: int = 200) -> str:
        answer = self.client.get(path, follow_redirects=True)
        assert answer.status_code == status, (path, answer.status_code)
        return answer.text

    def post(self, path: str, status: int = 303, **fields) -> str:
        answer = self.client.post(path, data=fields, headers={"origin": self.server.url})
        assert answer.status_code == status, (path, answer.status_code, answer.text[:300])
        return answer.headers.get("location", "") if status == 303 else answer.text

    def reads(self, *codes: str, **others: str) -> None:
        given = {"locale": "en", "translate": "on", **others}
        self.post("/settings/languages", reads=list(codes), **given)

    def writes(self, **fields) -> str:
        """A new note's number."""
        return self.post("/new", **fields).rpartition("/")[2]

    def until(self, path: str, words: str) -> str:
        """Look again until a page says something: it shows the original rather than wait."""
        for _ in range(80):
            page = self.get(path)
            if words in page:
                return page
            time.sleep(0.1)
        raise AssertionError(f"{words} is not on {path}: {page[-3000:]}")


class Town:
    """A server whose engine knows some sentences, and people."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.juniper = Someone(server, "juniper")
        self.juniper.reads("en", "zh")
        self.aju = Someone(server, "阿橘", lang="zh-CN")
        self.mei = Someone(server, "mei", lang="zh-CN")
        self.mei.reads("zh", "en")
        self.hosts = [Someone(server, f"host{n}") for n in range(2)]
        for host in self.hosts:
            host.reads("en", "zh")
        self.visitor = Someone(server, "", lang="zh-CN")
        link = dbapi2.connect(str(server.folder / "data" / "catflap.db"), timeout=20)
        link.execute(
            "UPDATE people SET joined_at = 0, notes_count = 9 WHERE handle LIKE 'host%'"
        )
        link.execute(TOLD)
        link.commit()
        link.close()

    def house(self):
        return house_at(
            f"sqlite:///{self.server.folder / 'data' / 'catflap.db'}", self.server.folder / "data"
        )


@pytest.fixture(scope="module")
def town(tmp_path_factory) -> Iterator[Town]:
    def answer(body):
        known = [KNOWN.get(text) for text in asked(body)]
        return chat(known) if all(known) else (400, {}, b"")

    engine = Endpoint(answer)
    server = Server(
        tmp_path_factory.mktemp("town"), engines="openai", openai_url=f"{engine.url}/v1",
        openai_model="scripted", attempts_per_hour="10000", posts_per_hour="10000",
        operators="keeper",
    ).start()
    made = Town(server)
    yield made
    for someone in (made.juniper, made.aju, made.mei, *made.hosts, made.visitor):
        someone.client.close()
    server.stop()
    engine.stop()


def about(note: str, text: str = BODY, to: str = "zh") -> str:
    return f"/n/{note}/texts/{key_of(text)}/about?to={to}"


def suggested(page: str) -> list[tuple[str, str]]:
    """The history on a text's page: what was suggested, and what became of it."""
    rows = re.findall(r'<li><p lang="zh">(.*?)</p>\s*<p class="by">(.*?)</p>', page, re.DOTALL)
    return [(unescape(text), re.sub(r"<[^>]+>|\s+", " ", by).strip()) for text, by in rows]


def verb(page: str, name: str) -> str:
    return re.search(rf'formaction="([^"]+/{name})"', page)[1]


def test_a_translation_is_made_better_credited_taken_back_and_its_history_is_public(town):
    note = town.juniper.writes(body=BODY)
    again = town.juniper.writes(body=BODY, title="Twice")
    for number in (note, again):
        town.aju.until(f"/n/{number}", ENGINE)
    # Who does not read both languages is told before they write.
    told = town.aju.get(about(note)).partition('id="suggest"')[0]
    assert "同时读得懂" in told
    assert 'href="/settings/languages"' in told
    assert 'id="why-not"' not in town.mei.get(about(note))
    refused = town.aju.post(f"/n/{note}/texts/{key_of(BODY)}/suggest", 403, to="zh", text=BETTER)
    assert "English" in refused
    assert unescape(refused).count(BETTER) == 1  # what was written is not lost
    town.mei.post(f"/n/{note}/texts/{key_of(BODY)}/suggest", to="zh", text=BETTER)
    page = town.visitor.get(about(note))
    assert "mei" in suggested(page)[0][1]
    assert "formaction" not in page
    assert town.visitor.get(f"/n/{note}").count(ENGINE)

    page = town.juniper.get(about(note))
    town.juniper.post(verb(page, "accept"), to="zh")
    town.juniper.post(verb(page, "accept"), to="zh")
    for number in (note, again):
        page = unescape(town.aju.until(f"/n/{number}", "饼干一整天"))
        assert BETTER in page
        assert ENGINE not in page
        assert "mei" in page
    page = town.juniper.get(about(note))
    assert "Translated by mei" in page
    assert "accepted" in suggested(page)[0][1]

    town.mei.post(verb(town.mei.get(about(note)), "undo"), to="zh")
    town.aju.until(f"/n/{again}", ENGINE)
    [(text, state)] = suggested(town.juniper.get(about(note)))
    assert text == BETTER
    assert "taken back" in state
    assert "Translated by scripted" in town.juniper.get(about(note))


def test_an_accepted_suggestion_is_counted_where_operators_look(town):
    text, ours = "The old kettle broke this morning.", "今早老水壶坏掉了。"
    keeper = Someone(town.server, "keeper")

    def figures() -> tuple[dict, dict]:
        told = keeper.client.get(
            "/operator/translation", headers={"accept": "application/json"}
        ).json()
        [pair] = [one for one in told["pairs"] if (one["source"], one["target"]) == ("en", "zh")]
        [engine] = [one for one in told["engines"] if one["name"] == "scripted"]
        return pair, engine

    note = town.juniper.writes(body=text)
    town.aju.until(f"/n/{note}", KNOWN[text])
    before = figures()
    town.mei.post(f"/n/{note}/texts/{key_of(text)}/suggest", to="zh", text=ours)
    assert figures() == before, "what waits corrected nothing yet"
    page = town.juniper.get(about(note, text))
    town.juniper.post(verb(page, "accept"), to="zh")
    town.juniper.post(verb(page, "accept"), to="zh")
    for old, now in zip(before, figures(), strict=True):
        assert now["texts"] == old["texts"] > 0
        more = now["corrections_per_1000"] - old["corrections_per_1000"]
        assert more == pytest.approx(1000 / now["texts"], abs=0.001)
    cell = f"<td>{figures()[0]['corrections_per_1000']:.1f}</td>"
    assert cell in keeper.get("/operator/translation")
    keeper.client.close()


def test_what_is_refused_says_why_in_the_reader_s_language(town):
    note = town.juniper.writes(body=BODY)
    town.aju.until(f"/n/{note}", ENGINE)
    for text, why in (
        (f"饼干{OWNED}", "plain words"), ("饼干 https://a.example", "Links, mentions and tags"),
        ("饼\u202e干", "hidden character"), ("饼" * 4000, "characters"), (ENGINE, "already"),
    ):
        page = town.mei.post(f"/n/{note}/texts/{key_of(BODY)}/suggest", 422, to="zh", text=text)
        assert why in page
        assert OWNED not in page
    assert suggested(town.mei.get(about(note))) == [] or all(
        text == BETTER for text, _ in suggested(town.mei.get(about(note)))
    )


def test_a_text_one_may_not_see_is_not_there_whatever_is_guessed(town):
    secret = "Nobody but me reads this sentence about Biscuit."
    hidden = town.juniper.writes(body=secret, visibility="only_me")
    public = town.juniper.writes(body="Everybody reads this one.")
    key = key_of(secret)
    for who in (town.visitor, town.aju, town.hosts[0]):
        for note, name in (
            (hidden, key), (public, key), (hidden, key_of("Everybody reads this one.")),
            (hidden, "x" * 22), (hidden, "x" * 5000), ("9" * 18, key), ("abc", key), (hidden, "%00"),
        ):
            for part in ("", "/about", "/aid", "/about?to=zh"):
                assert secret not in who.get(f"/n/{note}/texts/{name}{part}", 404)
            assert secret not in who.get(f"/n/{hidden}/history/{key}", 404)
            assert secret not in who.get(f"/n/{hidden}/suggestions", 404)
    for who in (town.aju, town.hosts[0]):
        for note in (hidden, public):
            path = f"/n/{note}/texts/{key}"
            who.post(f"{path}/suggest", 404, to="zh", text="秘密")
            who.post(f"{path}/doubt", 404)
            who.post(f"{path}/language", 404, lang="fr")
            who.post(f"{path}/suggestions/1/accept", 404, to="zh")
        who.post("/translations/settle", 404, key=key, to="zh")
    town.juniper.post("/@阿橘/block")
    town.aju.get(about(public, "Everybody reads this one."), 404)
    town.juniper.post("/@阿橘/unblock")
    town.aju.get(about(public, "Everybody reads this one."))


def test_what_is_doubted_waits_for_hosts_who_may_see_it(town):
    note = town.juniper.writes(body=BODY)
    town.aju.until(f"/n/{note}", ENGINE)
    for _ in range(2):
        town.aju.post(f"/n/{note}/texts/{key_of(BODY)}/doubt")
    town.mei.get("/translations", 404)
    assert BODY not in unescape(town.visitor.get("/translations"))
    page = unescape(town.hosts[0].get("/translations"))
    assert "1 person says it is wrong" in page
    assert BODY in page
    assert "scripted" in page
    town.hosts[0].post("/@juniper/block")
    assert BODY not in unescape(town.hosts[0].get("/translations"))
    town.hosts[0].post("/@juniper/unblock")
    town.mei.post("/translations/settle", 403, key=key_of(BODY), to="zh")
    town.hosts[0].post("/translations/settle", key=key_of(BODY), to="zh")
    assert BODY not in unescape(town.hosts[0].get("/translations"))


def test_hosts_edit_the_glossary_and_whoever_taps_reads_it(town):
    host, other = town.hosts
    fields = {
        "term": f"敲<b>可爱{OWNED}"[:20], "lang": "zh", "target": "en", "rendering": "<i>so</i> cute",
        "meaning": OWNED, "note": "\"'>", "variants": "超可爱，巨可爱",
    }
    town.aju.post("/glossary", 403, **fields)
    where = host.post("/glossary", **fields)
    for page in (town.visitor.get(where), town.visitor.get(f"{where}?fragment=1"),
                 town.visitor.get(f"/glossary?q={quote('巨可爱')}")):
        assert "<b>" not in page
        assert "<i>" not in page
        assert OWNED not in page
        assert "&lt;i&gt;so" in page or "敲&lt;b&gt;" in page
    page = other.post("/glossary", 422, **{**fields, "term": "巨可爱", "meaning": "kept words"})
    assert "in the glossary already" in page
    assert "kept words" in page
    town.aju.get(f"{where}/edit", 403)
    town.aju.post(where, 403, remove="1")
    other.post(where, variants="", note="", target="en", rendering="adorable", meaning="Very cute.")
    page = town.visitor.get(where)
    assert "adorable" in page
    # Everybody reads who changed what; hosts go back.
    history = page.partition('id="history"')[2]
    assert f'<del lang="en">{escape("<i>so</i> cute")}</del>' in history
    assert '<ins lang="en">adorable</ins>' in history
    assert history.count("/@") == 2
    assert "/restore" not in page
    first = re.findall(r'action="([^"]+/restore)"', host.get(where))[-1]
    town.aju.post(first, 403)
    host.post(first)
    assert escape("<i>so</i> cute") in town.visitor.get(where).partition('id="history"')[0]
    host.post(f"{where}/versions/1/restore", 404)
    other.post(where, remove="1")
    town.visitor.get(where, 404)
    assert "only hosts see it" in other.get(where)
    other.post(first)
    town.visitor.get(where)
    other.post(where, remove="1")


def test_readers_say_what_language_a_text_is_in_and_its_author_s_word_is_shown(town):
    text = "Guten Morgen, liebe Katze, hast du gut geschlafen?"
    note = town.juniper.writes(body=text, lang="en")
    page = town.mei.get(about(note, text))
    assert "Deutsch" in page or "de" in page
    assert "English" in page.partition("</section>")[0]
    town.hosts[0].post(f"/n/{note}/texts/{key_of(text)}/language", lang="nl")
    assert "<small>nl</small>" in town.hosts[0].get(about(note, text)).replace("Nederlands", "nl")


def test_subtitles_are_a_track_a_language_for_whoever_sees_the_note(town):
    async def made() -> str:
        house = town.house()
        try:
            async with house.database.tx() as tx:
                owner = (await people.by_handle(tx, "juniper", viewer=None)).id
                video = await media_actions.add_made_video(tx, owner=owner, folder="aa/film", made=FILM)
                return str(await notes.post(
                    tx, by=owner, written=Written(title="Tea"), media_ids=[video], prior=("en",)
                ))
        finally:
            await house.close()

    note = run(made())

    def sends(who: Someone, raw: bytes, lang: str = "en") -> httpx2.Response:
        return who.client.post(
            f"/n/{note}/subtitles", data={"lang": lang}, files={"subtitles": ("a.srt", raw)},
            headers={"origin": town.server.url, "accept-language": "en"},
        )

    assert sends(town.aju, EN).status_code == 403
    for raw, why in (
        (b"x" * 10_000_000, "500 kB"), (b"1\n00:00:02,000 --> 00:00:01,000\nx\n", "Line 2"),
        (b"\x00\x01\x02", "UTF-8"), (b"words only", "SRT or WebVTT"),
    ):
        answer = sends(town.juniper, raw)
        assert answer.status_code in (413, 422)
        assert why in answer.text or answer.status_code == 413
    assert sends(town.juniper, EN).status_code == 303
    assert sends(town.juniper, f"1\n0:01.000 --> 0:02.000\n&lt;script&gt;{OWNED}说\n".encode(), "zh"
                 ).status_code == 303
    own = town.visitor.client.get(f"/n/{note}/subtitles/zh-Hans.vtt")
    assert own.headers["content-type"] == "text/vtt; charset=utf-8"
    assert "private" in own.headers["cache-control"]
    assert "<" not in own.text
    assert own.text.startswith("WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n")
    town.juniper.post(f"/n/{note}/subtitles/zh/delete")
    town.aju.until(f"/n/{note}", "/subtitles/zh.vtt")
    assert town.visitor.get(f"/n/{note}/subtitles/zh.vtt") == (
        "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\n水开了吗？\n"
        "\n00:00:03.000 --> 00:00:04.250\n它在唱歌。\n"
    )
    town.visitor.get(f"/n/{note}/subtitles/fr.vtt", 404)
    town.aju.post(f"/n/{note}/subtitles/en/delete", 403)
    media = re.search(r'name="media" value="(\d+)"', town.juniper.get(f"/n/{note}/edit"))[1]
    town.juniper.post(f"/n/{note}/edit", title="Tea", media=media, visibility="only_me")
    for lang in ("en", "zh"):
        town.aju.get(f"/n/{note}/subtitles/{lang}.vtt", 404)
        town.visitor.get(f"/n/{note}/subtitles/{lang}.vtt", 404)
    assert "kettle" in town.juniper.get(f"/n/{note}/subtitles/en.vtt")


def test_whatever_somebody_else_wrote_is_readable_on_every_page(town):
    said = {english: chinese for english, chinese in KNOWN.items() if " " in english}
    bread, shelf = "I bake bread and write about cats.", "Notes on cats and cushions"
    alt, warning = "A grey cat asleep on a red sofa", "Loud noises and a vacuum cleaner"
    place, title = "The kitchen behind the old library", "How my cat spends her weekends"
    later, comment = "She moved to the window in the end.", "Mine sleeps in the washing basket."
    juniper, aju = town.juniper, town.aju
    asks, says, home = "What I am reading now", "A thick book about bread", "The old mill by the river"
    juniper.post(
        "/settings/profile", name="Juniper", bio=bread, home=home, field_name=[asks, "Site", ""],
        field_value=[says, "https://juniper.example", "juniper_42"],
    )
    photo = juniper.client.post(
        "/media", files={"file": ("a.jpg", photo_bytes())},
        headers={"origin": town.server.url, "accept": "application/json"},
    ).json()["id"]
    written = {"title": title, "warning": warning, "place": place, "media": photo, f"alt_{photo}": alt}
    note = juniper.writes(body=BODY, **written)
    board = juniper.post("/boards", title=shelf)
    juniper.post(f"/n/{note}/comments", text=comment)
    mentioned = juniper.writes(body=BODY, title=title, warning="")
    juniper.post(f"/n/{mentioned}/comments", text=comment)
    for path, texts in {
        f"/n/{note}": (title, BODY, warning, place, alt, comment),
        "/@juniper": (bread, asks, says, home),
        "/@juniper?tab=boards": (shelf,),
        board: (shelf,),
        "/": (title, warning, alt),
    }.items():
        for text in texts:
            aju.until(path, said[text])
    assert shelf in unescape(aju.get(board))  # the original is one tap away
    assert bread in unescape(aju.get("/@juniper"))
    profile = aju.get("/@juniper")
    for text in (asks, says, home):
        assert f'<span lang="zh-Hans">{said[text]}</span> <small lang="en"' in profile
        assert escape(text) in profile
        assert said[text] in aju.get(f"/@juniper/texts/{key_of(text)}")
    aju.get(f"/@juniper/texts/{key_of(title)}", 404)
    assert profile.count("<dt>") == 3
    assert '<a href="https://juniper.example"' in profile
    assert key_of("juniper_42") not in profile
    assert all(text in juniper.get("/settings") for text in (asks, says, home))
    shown = aju.get(f"/n/{note}")
    for text in (alt, place):
        assert escape(text) in shown
    assert f"/texts/{key_of(alt)}/about" in shown  # and who translated what the picture shows
    listed = f'<span lang="zh-Hans">{said[shelf]}</span> <small lang="en"'
    for path in ("/@juniper?tab=boards", f"{board}/title?listed"):
        assert listed in aju.get(path)
        assert shelf in aju.get(path)
    assert "<small" not in juniper.get("/@juniper?tab=boards").partition('class="shelves"')[2].partition("</ul>")[0]
    for path, text in ((f"{board}/title", shelf), ("/@juniper/bio", bread)):
        assert said[text] in aju.get(path)
    juniper.post(f"/n/{note}/edit", **{**written, "body": later})
    page = aju.until(f"/n/{note}/history", ENGINE)
    assert said[title] in page
    assert said[warning] in page
    assert said[BODY] in aju.get(f"/n/{note}/history/{key_of(BODY)}")
    aju.until(f"/n/{note}", said[later])
    own = aju.writes(body="今天天气真好，适合睡觉。")
    juniper.post(f"/n/{own}/comments", text=comment)
    aju.until("/notices", said[comment])
    assert translated_nothing(juniper.get(f"/n/{note}/history"), said)


def test_a_place_of_the_list_needs_no_engine_to_be_read(town):
    note = town.juniper.writes(body=BODY, place="Shanghai, China")
    page = town.aju.get(f"/n/{note}")  # at once, as nobody is asked
    assert '<span lang="zh-Hans">中国上海</span> <small lang="en"' in page
    assert "Shanghai, China</small>" in page
    assert "中国上海" not in town.juniper.get(f"/n/{note}")
    assert "中国上海" not in town.mei.get(f"/n/{note}")


def test_a_notice_quotes_nothing_that_was_hidden_since(town):
    words = "@阿橘 my cat has a secret that I will regret telling"
    note = town.juniper.writes(body=words)
    town.aju.until("/notices", "regret")
    town.juniper.post(f"/n/{note}/edit", body=words, visibility="only_me")
    town.aju.get(f"/n/{note}", 404)
    page = town.aju.get("/notices")
    assert "regret" not in page
    assert f"/n/{note}" not in page


def translated_nothing(page: str, said: dict[str, str]) -> bool:
    """Nobody needs their own words translated."""
    return not any(chinese in page for chinese in said.values())
