"""The ``catflap`` command as an operator uses it."""

from __future__ import annotations

import contextlib
import json
import shutil
import threading
import time
import zipfile
from pathlib import Path

import httpx2
import pytest
from pysqlite3 import dbapi2

from catflap.cli import keeping
from catflap.ground import faults
from catflap.ground import settings as setting
from catflap.ground.settings import Settings
from catflap.media.store import Store
from tests.conftest import Server, free_port, photo_bytes, sqlite_database
from tests.forked import LEXICON, catflap
from tests.translation.scripted_endpoints import Endpoint, asked, chat, libre, plausible


@pytest.fixture
def data(tmp_path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    sqlite_database(folder / "catflap.db")
    return folder


def test_a_new_folder_is_migrated_and_migrating_again_changes_nothing(tmp_path):
    for _ in range(2):
        assert catflap("migrate", "--data", tmp_path / "data").returncode == 0
    assert "ok  database: answers, up to date" in catflap("doctor", "--data", tmp_path / "data").stdout
    assert (tmp_path / "data" / "catflap.db").exists()


@pytest.mark.parametrize(
    "command",
    [
        "serve", "work", "migrate", "demo", "doctor", "jobs", "backup", "people add", "people export",
        "people reset", "invite",
        "translation install", "translation list", "translation remove", "translation evaluate",
    ],
)
def test_help_teaches(command):
    told = catflap(*command.split(), "--help")
    assert told.returncode == 0
    assert "--data" in told.stdout
    assert "\n  " in told.stdout.partition("Options:")[0]


def test_people_are_added_with_a_password_from_standard_input(data):
    told = catflap(
        "people", "add", "阿橘", "--password-stdin", "--reads", "zh", "--data", data, "--json",
        stdin="correct horse 9\n",
    )
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)["handle"] == "阿橘"
    for handle, password in (("阿橘", "correct horse 9"), ("a b", "correct horse 9"), ("juniper", "x")):
        refused = catflap(
            "people", "add", handle, "--password-stdin", "--data", data, stdin=f"{password}\n"
        )
        assert refused.returncode == 1
        assert refused.stderr.startswith("catflap: ")
        assert "Traceback" not in refused.stderr


def test_everything_of_somebody_is_written_to_a_file(data, tmp_path):
    catflap("people", "add", "poppy", "--password-stdin", "--data", data, stdin="correct horse 9\n")
    told = catflap("people", "export", "Poppy", "--to", tmp_path / "x.zip", "--data", data, "--json")
    assert told.returncode == 0, told.stderr
    with zipfile.ZipFile(tmp_path / "x.zip") as written:
        assert json.loads(written.read("data/people.json"))[0]["handle"] == "poppy"


def test_doctor_finds_nothing_wrong_with_a_good_community(data):
    told = catflap("doctor", "--data", data, "--json")
    assert told.returncode == 0, told.stdout
    assert "a key is made when an app asks" in told.stdout
    checks = {check["what"]: check for check in json.loads(told.stdout)}
    assert set(checks) >= {
        "address", "disk", "archives", "database", "translation", "mail", "files", "coming in",
        "operators", "keepsakes",
    }
    assert all(check["ok"] for check in checks.values())


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"engines": "nonsense"}, "engines"),
        ({"engines": "openai"}, "openai_url"),
        ({"engines": "openai", "openai_url": "not a url", "openai_model": "m"}, "openai_url"),
        ({"port": "many"}, "CATFLAP_PORT"),
        ({"languages": "klingonese"}, "languages"),
        ({"database_url": "postgresql://nobody@127.0.0.1:1/none"}, "database"),
        ({"smtp_url": "smtp://127.0.0.1:1"}, "smtp_url"),
        ({"public_url": "http://cats.example"}, "https://"),
        ({"nonsense": "1"}, "CATFLAP_NONSENSE"),
        ({"public_url": "https://cats.example"}, "behind_proxy"),
    ],
)
def test_doctor_says_what_is_wrong_and_what_to_change(data, settings, named):
    told = catflap("doctor", "--data", data, **settings)
    assert told.returncode != 0
    assert named in told.stdout + told.stderr
    assert "Traceback" not in told.stderr


UNSOUND = [
    ({"media_url": "nonsense"}, "media_url"),
    ({"media_url": "s3://"}, "media_url"),
    ({"media_url": "file://beside"}, "media_url"),
    ({"media_url": "file:///dev/null/media"}, "media_url"),
    ({"port": "99999"}, "PORT"),
    ({"port": "0"}, "PORT"),
    ({"host": "999.1.1.1"}, "host"),
    ({"host": "1.2.3"}, "host"),
    ({"host": "203.0.113.7"}, "host"),
    ({"host": "a" * 70}, "host"),
    ({"smtp_url": "ftp://x"}, "smtp_url"),
    ({"smtp_url": "smtp://"}, "smtp_url"),
    ({"smtp_url": "smtp://mail.example:99999"}, "smtp_url"),
    ({"mail_from": "somebody at cats"}, "mail_from"),
    ({"mail_from": "Cats <door@>"}, "mail_from"),
    ({"mail_from": "door@cats.example\nBcc: all@cats.example"}, "mail_from"),
    ({"public_url": "cats.example"}, "public_url"),
    ({"lexicon_dir": "/dev/null/words"}, "lexicon_dir"),
    ({"database_url": "mysql://root@localhost/cats"}, "database_url"),
    ({"database_url": "sqlite:////dev/null/cats/catflap.db"}, "database_url"),
]


@pytest.mark.parametrize(("settings", "named"), UNSOUND)
def test_what_cannot_work_is_told_by_doctor_and_refused_by_serve_and_work(data, settings, named):
    told = catflap("doctor", "--data", data, **settings)
    assert told.returncode in (1, 2)
    assert named in told.stdout + told.stderr
    assert "Traceback" not in told.stderr
    for command in ("serve", "work"):
        refused = catflap(command, "--data", data, **{"port": str(free_port()), **settings})
        assert refused.returncode == 2, refused.stderr
        assert refused.stderr.startswith("catflap: ")
        assert named in refused.stderr
        assert refused.stderr.count("\n") == 1


@pytest.mark.parametrize("settings", [
    {"host": "localhost"}, {"host": "0.0.0.0"}, {"mail_from": "Cats & Co <door@cats.example>"},
    {"mail_from": "catflap@localhost"}, {"media_url": "s3://bucket/prefix"}, {"media_url": "memory:///"},
    {"smtp_url": "smtps://user:pass%40word@mail.example:465"}, {"smtp_url": "smtp://mail.example"},
    {"public_url": "https://cats.example", "behind_proxy": "true"}, {"lexicon_dir": str(LEXICON)},
    {"database_url": "postgresql://user:password@host/name"},
])
def test_what_may_work_is_refused_nowhere(data, settings):
    chosen = setting.read(environment={
        f"CATFLAP_{name.upper()}": value for name, value in {"data": str(data), **settings}.items()
    })
    assert list(faults.faults(chosen)) == []
    assert not faults.shares_one_address(chosen)
    if settings.get("media_url") == "memory:///":  # S3 wants the world's certificates, which tests lack
        Store(chosen.media_address())


def test_a_folder_that_is_shared_and_full_need_not_be_written(tmp_path):
    shared = tmp_path / "words"
    shared.mkdir()
    (shared / "cedict-1-1.db").touch()
    shared.chmod(0o500)
    assert list(faults.faults(Settings(data=tmp_path, lexicon_dir=str(shared)))) == []


def test_metrics_take_nobody_behind_a_proxy_for_this_machine(tmp_path):
    made = Server(tmp_path).start()
    try:
        assert httpx2.get(f"{made.url}/metrics").status_code == 200
        for header in ("x-forwarded-for", "forwarded"):
            assert httpx2.get(f"{made.url}/metrics", headers={header: "198.51.100.4"}).status_code == 404
    finally:
        made.stop()
    made = Server(tmp_path, public_url="https://cats.example").start()
    try:
        assert httpx2.get(f"{made.url}/metrics").status_code == 404
        assert "everybody_seems_to_be_the_proxy" in made.log()
    finally:
        made.stop()


def test_doctor_says_who_is_missing_at_the_door_and_what_has_no_room(data):
    told = catflap(
        "doctor", "--data", data, registrations="approval", operators="not-here-yet"
    )
    assert told.returncode == 1
    assert "BAD operators: nobody here is called not-here-yet" in told.stdout
    assert "ok  coming in: approval" in told.stdout
    told = catflap("doctor", "--data", data, registrations="approval")
    assert told.returncode == 1
    assert "BAD coming in" in told.stdout
    large = keeping.archives(Settings(data=data, archive_max_mb=10**9))
    assert not large.ok
    assert "lower `archive_max_mb`" in large.found


def test_doctor_names_an_engine_that_does_not_answer(data):
    url = f"http://127.0.0.1:{free_port()}"
    told = catflap("doctor", "--data", data, engines="libretranslate", libretranslate_url=url)
    assert told.returncode == 1
    assert "BAD engine LibreTranslate" in told.stdout


def test_doctor_names_the_setting_where_an_engine_does_not_let_us_in(data):
    here = Endpoint(lambda body: (403, {}, b"{}"))
    told = catflap("doctor", "--data", data, engines="deepl", deepl_url=here.url, deepl_api_key="s3cret")
    here.stop()
    assert told.returncode == 1
    [line] = [line for line in told.stdout.splitlines() if "engine DeepL" in line]
    assert line.startswith("BAD")
    assert "(status 403): check `deepl_api_key`" in line
    assert "s3cret" not in told.stdout + told.stderr


def routes_told(data, **settings) -> dict[str, str]:
    told = catflap("doctor", "--data", data, "--json", **settings)
    return {
        check["what"]: check["found"] for check in json.loads(told.stdout)
        if check["what"].startswith("route ")
    }


def test_doctor_says_who_translates_each_pair_in_order_and_through_what(data):
    model = Endpoint(lambda body: chat([plausible(text) for text in asked(body)]))
    spoken = {"zh": ["en"], "en": ["zh", "ko"], "ko": ["en", "zh"]}
    libretranslate = Endpoint(
        lambda body: libre([plausible(text) for text in asked(body)]), languages=spoken
    )
    settings = {
        "engines": "libretranslate", "libretranslate_url": libretranslate.url,
        "openai_url": f"{model.url}/v1", "openai_model": "scripted", "languages": "zh,en,ko",
        "routes": "zh-en=openai,libretranslate; en-zh=libretranslate,openai",
    }
    found = routes_told(data, **settings)
    model.stop()
    libretranslate.stop()
    assert found == {
        "route zh-en": "scripted → LibreTranslate → reading aid",
        "route en-zh": "LibreTranslate → scripted → reading aid",
        "route en-ko": "LibreTranslate → original only",
        "route ko-en": "LibreTranslate → original only",
        # Its server joins two models of its own, and where it has no such pair, we do.
        "route ko-zh": "LibreTranslate through en → original only",
        "route zh-ko": "scripted + LibreTranslate through en → LibreTranslate through en → original only",
    }


@pytest.mark.parametrize(
    ("text", "named"),
    [("port = [", "catflap.toml"), ("prot = 8080", "prot"), ('port = "many"', "port")],
)
def test_a_settings_file_that_is_wrong_is_told_by_name(data, text, named):
    (data / "catflap.toml").write_text(text)
    told = catflap("doctor", "--data", data)
    assert told.returncode == 2
    assert named in told.stderr


def test_the_environment_wins_over_the_file(data):
    (data / "catflap.toml").write_text('public_url = "http://from.file.example"')
    assert "from.file.example" in catflap("doctor", "--data", data).stdout
    told = catflap("doctor", "--data", data, public_url="https://from.environment.example")
    assert "from.environment.example" in told.stdout


def test_dead_letters_are_seen_with_their_reason_and_run_again(data):
    database = dbapi2.connect(str(data / "catflap.db"))
    database.execute(
        "INSERT INTO jobs (kind, payload, priority, run_at, attempts, dead, error, made_at) "
        "VALUES ('search.index', '{\"note\": 1}', 5, 0, 10, 1, 'ValueError: the reason', 0)"
    )
    database.commit()
    told = catflap("jobs", "--dead", "--data", data)
    assert "the reason" in told.stdout
    assert "BAD database: 1 dead jobs" in catflap("doctor", "--data", data).stdout
    [letter] = json.loads(catflap("jobs", "--dead", "--json", "--data", data).stdout)
    assert catflap("jobs", "--rerun", 999, "--data", data).returncode == 1
    assert catflap("jobs", "--rerun", letter["id"], "--data", data).returncode == 0
    rows = json.loads(catflap("jobs", "--json", "--data", data).stdout)
    [row] = [row for row in rows if row["kind"] == "search.index"]
    assert (row["dead"], row["count"]) == (False, 1)


def test_a_backup_made_while_people_write_serves_the_same_community(
    server, tmp_path, request
):
    client = httpx2.Client(base_url=server.url)
    request.addfinalizer(client.close)
    client.post("/join", data={"handle": "juniper", "password": "correct horse 9"})
    files = {"files": ("a.jpg", photo_bytes(), "image/jpeg")}
    note = client.post("/new", data={"title": "Kept twice"}, files=files).headers["location"]
    for number in range(20):
        client.post("/new", data={"title": f"while it is copied {number}"})
    (server.folder / "data" / "seal.key").write_bytes(b"k" * 32)
    (server.folder / "data" / "catflap.toml").write_text('community_name = "Kept"')
    told = catflap("backup", tmp_path / "copy", "--data", server.folder / "data", "--json")
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)["bytes"] > 10_000
    server.stop()
    shutil.rmtree(server.folder / "data")
    (tmp_path / "restored").mkdir()
    shutil.copytree(tmp_path / "copy", tmp_path / "restored" / "data")
    restored = Server(tmp_path / "restored", anew=True).start()
    try:
        page = httpx2.get(restored.url + note).text
        assert "Kept twice" in page
        assert "· Kept</title>" in page
        assert (restored.folder / "data" / "seal.key").read_bytes() == b"k" * 32
        picture = page.partition('src="/files/')[2].partition('"')[0]
        assert httpx2.get(f"{restored.url}/files/{picture}").headers["content-type"] == "image/webp"
        deadline = time.monotonic() + 20
        while "while it is copied 19" not in httpx2.get(restored.url).text:
            # What the worker had not done when the copy was made, the restored one does.
            assert time.monotonic() < deadline
            time.sleep(0.1)
    finally:
        restored.stop()


def test_who_forgot_a_password_gets_an_address_from_the_operator_where_none_is_mailed(server):
    data = server.folder / "data"
    catflap("people", "add", "poppy", "--password-stdin", "--data", data, stdin="correct horse 9\n")
    told = catflap("people", "reset", "Poppy", "--data", data, "--json", public_url=server.url)
    assert told.returncode == 0, told.stderr
    link = json.loads(told.stdout)["link"]
    assert httpx2.post(link, data={"password": "battery staple 8"}).status_code == 303
    assert httpx2.post(link, data={"password": "battery staple 9"}).status_code >= 400
    signed_in = {"handle": "poppy", "password": "battery staple 8"}
    assert httpx2.post(f"{server.url}/enter", data=signed_in).status_code == 303
    nobody = catflap("people", "reset", "nobody", "--data", data)
    assert nobody.returncode == 1
    assert "Traceback" not in nobody.stderr


def test_an_open_page_does_not_hold_up_the_end(server):
    page = httpx2.Client(base_url=server.url, timeout=30)

    def stay_open() -> None:
        while server.process.poll() is None:
            with contextlib.suppress(httpx2.HTTPError), page.stream("GET", "/live") as stream:
                opened.set()
                for _ in stream.iter_raw():
                    pass

    opened = threading.Event()
    page.post(
        "/join",
        data={"handle": "watcher", "password": "long enough words", "locale": "en", "reads": "en"},
    )
    watching = threading.Thread(target=stay_open, daemon=True)
    watching.start()
    assert opened.wait(10)
    server.stop()
    watching.join(10)
    assert server.process.returncode is not None


def test_health_and_metrics_say_how_it_is(server):
    assert httpx2.get(server.url + "/health/live").status_code == 200
    assert httpx2.get(server.url + "/health/ready").status_code == 200
    from prometheus_client.parser import text_string_to_metric_families

    httpx2.get(server.url)
    families = {f.name: f for f in text_string_to_metric_families(httpx2.get(server.url + "/metrics").text)}
    assert any(sample.value >= 1 for sample in families["catflap_requests"].samples)
