"""Models come whole or not at all, whatever a hub, a line or an archive does."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import pty
import shutil
import stat
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from catflap.translation.models import catalogue, fetching, keeping, unpacking
from catflap.translation.models.errors import (
    ArchiveUnsafe,
    HashWrong,
    HubUnreachable,
    LicenceNotAccepted,
    ModelFileMissing,
    ModelNotInstalled,
    ModelNotUnderstood,
    ModelUnknown,
    NoSpace,
    TooLarge,
)
from catflap.translation.models.fetching import Patience
from catflap.translation.models.model import Installed, Progress
from tests.conftest import free_port
from tests.forked import catflap, environment
from tests.translation.scripted_hub import CONTENTS, ENTRY, LARGE, SIZE, Hub, Request

HASTY = Patience(stall_s=0.3, tries=3, pause_s=0.01)
HALF = SIZE // 2


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def hub() -> Iterator[Hub]:
    started = Hub()
    yield started
    started.stop()


@pytest.fixture
def models(tmp_path) -> Path:
    return tmp_path / "models"


def fetched(hub: Hub | str, models: Path, entry=ENTRY, progress=lambda _: None, patience=HASTY) -> Installed:
    url = hub if isinstance(hub, str) else hub.url
    return asyncio.run(
        fetching.fetch(entry, into=models, hub=url, progress=progress, patience=patience)
    )


def is_whole(models: Path) -> bool:
    """The model is there with every byte, and nothing else is."""
    folder = models / ENTRY.name
    here = {path.name: path.read_bytes() for path in folder.iterdir()}
    record = json.loads(here.pop("model.json"))
    assert record["entry"]["name"] == ENTRY.name
    assert record["hashes"] == {n: hashlib.sha256(c).hexdigest() for n, c in CONTENTS.items()}
    return here == CONTENTS and [path.name for path in models.iterdir()] == [ENTRY.name]


def half_done(models: Path) -> set[str]:
    """What a failure left: never a model, at most files in the hidden folder."""
    assert keeping.installed(models) == []
    assert not (models / ENTRY.name).exists()
    return {path.name for path in (models / f".{ENTRY.name}.fetching").glob("*")}


def breaking(hub: Hub, times: int, *, after: int = HALF):
    """Break off the large file ``times`` times after so many bytes of each answer."""
    left = [times]

    def script(request: Request) -> bool:
        if request.path.endswith(LARGE) and left[0]:
            left[0] -= 1
            request.send_file(CONTENTS[LARGE], cut=after)
            return True
        return False

    hub.script = script


def only_for_large(answer):
    def script(request: Request) -> bool:
        if not request.path.endswith(LARGE):
            return False
        answer(request)
        return True

    return script


def test_a_model_comes_whole_with_its_record_beside_it(hub, models):
    told: list[Progress] = []
    done = fetched(hub, models, progress=told.append)
    assert is_whole(models)
    assert done.record.origin == hub.url
    assert done.record.revision == "main"
    assert keeping.installed(models) == [done]
    assert [at.done_bytes for at in told] == sorted(at.done_bytes for at in told)
    assert told[-1].done_bytes == told[-1].total_bytes == sum(map(len, CONTENTS.values()))


@pytest.mark.parametrize("times", [1, 2])
def test_a_broken_off_download_asks_for_the_rest_only(hub, models, times):
    breaking(hub, times, after=1_000)
    fetched(hub, models)
    assert is_whole(models)
    assert hub.ranges() == [None, "bytes=1000-", "bytes=2000-"][: times + 1]


def test_a_download_that_breaks_off_too_often_leaves_no_model_and_goes_on_next_time(hub, models):
    breaking(hub, 99, after=1_000)
    with pytest.raises(HubUnreachable):
        fetched(hub, models)
    assert half_done(models) == {f"{LARGE}.part"}
    hub.asked.clear()
    hub.script = lambda _: False
    fetched(hub, models)
    assert is_whole(models)
    assert hub.ranges() == ["bytes=3000-"]


def test_tries_are_counted_anew_where_much_came(hub, models):
    breaking(hub, 8, after=60_000)
    fetched(hub, models, patience=msgspec.structs.replace(HASTY, gain_bytes=50_000))
    assert is_whole(models)


def test_a_server_that_ignores_ranges_sends_the_file_from_its_start(hub, models):
    breaking(hub, 1)
    breaks = hub.script
    hub.script = lambda request: breaks(request) or only_for_large(
        lambda one: one.send(CONTENTS[LARGE])
    )(request)
    fetched(hub, models)
    assert is_whole(models)
    assert hub.ranges() == [None, f"bytes={HALF}-"]


def test_a_server_that_always_starts_over_and_breaks_off_is_given_up(hub, models):
    hub.script = only_for_large(lambda one: one.send(CONTENTS[LARGE], cut=HALF))
    with pytest.raises(HubUnreachable):
        fetched(hub, models, patience=msgspec.structs.replace(HASTY, gain_bytes=1_000))
    assert len(hub.ranges()) == HASTY.tries
    half_done(models)


def test_a_server_that_sends_another_part_is_not_believed(hub, models):
    breaking(hub, 1)
    breaks = hub.script
    odd = {"Content-Range": f"bytes 7-{SIZE - 1}/{SIZE}"}
    hub.script = lambda request: breaks(request) or only_for_large(
        lambda one: one.send(CONTENTS[LARGE][7:], status=206, **odd)
    )(request)
    with pytest.raises(HubUnreachable):
        fetched(hub, models)
    half_done(models)


def test_a_server_that_cannot_give_the_rest_is_asked_for_all(hub, models):
    breaking(hub, 1)
    breaks = hub.script

    def script(request: Request) -> bool:
        if breaks(request):
            return True
        if request.path.endswith(LARGE) and request.first_wanted():
            request.send(b"", status=416)
            return True
        return False

    hub.script = script
    fetched(hub, models)
    assert is_whole(models)
    assert hub.ranges() == [None, f"bytes={HALF}-", None]


def test_a_stalled_connection_is_tried_again(hub, models):
    stalls = [1]

    def script(request: Request) -> bool:
        if not request.path.endswith(LARGE) or not stalls:
            return False
        stalls.pop()
        request.send_response(200)
        request.send_header("Content-Length", str(SIZE))
        request.end_headers()
        request.wfile.write(CONTENTS[LARGE][:HALF])
        hub.released.wait(10)
        request.close_connection = True
        return True

    hub.script = script
    fetched(hub, models)
    assert is_whole(models)
    assert hub.ranges() == [None, f"bytes={HALF}-"]


def test_an_overloaded_server_is_asked_again(hub, models):
    busy = [503, 429]

    def script(request: Request) -> bool:
        if busy:
            request.send(b"later", status=busy.pop())
            return True
        return False

    hub.script = script
    fetched(hub, models)
    assert is_whole(models)


@pytest.mark.parametrize("name", [LARGE, "source.spm"])
def test_a_file_with_another_hash_is_deleted_and_refused(hub, models, name):
    hub.contents[name] = CONTENTS[name][:-1] + b"!"
    with pytest.raises(HashWrong) as caught:
        fetched(hub, models)
    assert caught.value.path == name
    assert caught.value.expected != caught.value.found
    assert not half_done(models) & {name, f"{name}.part"}
    hub.contents[name] = CONTENTS[name]
    fetched(hub, models)
    assert is_whole(models)


def test_a_pinned_hash_wins_over_the_hubs(hub, models):
    pinned = msgspec.structs.replace(ENTRY, sha256={LARGE: "0" * 64})
    with pytest.raises(HashWrong) as caught:
        fetched(hub, models, pinned)
    assert caught.value.expected == "0" * 64
    half_done(models)
    right = hashlib.sha256(CONTENTS["source.spm"]).hexdigest()
    hub.index[[line["path"] for line in hub.index].index("source.spm")]["oid"] = "f" * 40
    fetched(hub, models, msgspec.structs.replace(ENTRY, sha256={"source.spm": right}))


def test_a_file_changed_on_disk_between_two_tries_is_fetched_again(hub, models):
    hub.contents.pop("target.spm")
    with pytest.raises(ModelFileMissing):
        fetched(hub, models)
    assert half_done(models) >= {LARGE, "source.spm"}
    (models / ".zh-en.fetching" / LARGE).write_bytes(b"\0" * SIZE)
    hub.contents["target.spm"] = CONTENTS["target.spm"]
    hub.asked.clear()
    fetched(hub, models)
    assert is_whole(models)
    assert len(hub.ranges()) == 1
    assert hub.ranges("source.spm") == []


def test_more_bytes_than_announced_are_refused(hub, models):
    hub.script = only_for_large(lambda one: one.send_endlessly(CONTENTS[LARGE]))
    with pytest.raises(TooLarge) as caught:
        fetched(hub, models)
    assert caught.value.limit_bytes == SIZE
    assert half_done(models) == set()


def test_an_index_without_end_is_refused(hub, models):
    hub.index *= 10_000
    with pytest.raises(TooLarge):  # which takes that hub a moment to write
        fetched(hub, models, patience=msgspec.structs.replace(HASTY, stall_s=10))
    assert not models.exists()


@pytest.mark.parametrize("index", ["no list", [{"type": "file"}], [{"type": "file", "path": LARGE, "oid": "", "size": -1}]])
def test_an_index_that_is_none_is_refused(hub, models, index):
    hub.index = index
    with pytest.raises(HubUnreachable):
        fetched(hub, models)
    assert not models.exists()


def test_a_file_that_the_index_lacks_is_named(hub, models):
    hub.index = [line for line in hub.index if line["path"] != "target.spm"]
    with pytest.raises(ModelFileMissing) as caught:
        fetched(hub, models)
    assert (caught.value.name, caught.value.path) == ("zh-en", "target.spm")
    assert not models.exists()


def test_a_file_that_is_not_found_is_named(hub, models):
    hub.contents.pop(LARGE)
    with pytest.raises(ModelFileMissing) as caught:
        fetched(hub, models)
    assert (caught.value.name, caught.value.path) == ("zh-en", LARGE)
    half_done(models)


def test_a_vocabulary_may_have_its_other_ending(hub, models):
    for line in hub.index:
        if line["path"] == "shared_vocabulary.json":
            line["path"] = "shared_vocabulary.txt"
    hub.contents["shared_vocabulary.txt"] = hub.contents.pop("shared_vocabulary.json")
    done = fetched(hub, models)
    assert (done.folder / "shared_vocabulary.txt").read_bytes() == CONTENTS["shared_vocabulary.json"]


def test_a_redirect_is_followed_and_the_rest_asked_for_there(hub, models):
    def moved(request: Request) -> None:
        if request.path.startswith("/elsewhere/"):
            request.send_file(CONTENTS[LARGE], cut=1_000 if not request.first_wanted() else None)
        else:
            request.send(b"", status=302, Location=f"/elsewhere/{LARGE}")

    hub.script = only_for_large(moved)
    fetched(hub, models)
    assert is_whole(models)
    assert (f"/elsewhere/{LARGE}", "bytes=1000-") in hub.asked


@pytest.mark.parametrize("leads_to", [f"/cats/zh-en/resolve/main/{LARGE}", "ftp://127.0.0.1/x", "file:///etc/passwd"])
def test_a_redirect_in_a_loop_or_away_from_http_is_refused(hub, models, leads_to):
    hub.script = only_for_large(lambda one: one.send(b"", status=302, Location=leads_to))
    with pytest.raises(HubUnreachable):
        fetched(hub, models)
    assert len(hub.ranges()) <= fetching.MOST_REDIRECTS + 1
    half_done(models)


def test_names_from_the_server_are_never_written(hub, models, tmp_path):
    for path in ("../../evil", "/tmp/evil", "model.bin/../../evil", ".zh-en.fetching/../evil"):
        hub.index.append({"type": "file", "oid": "0" * 40, "size": 4, "path": path})
    hub.contents["evil"] = b"evil"
    fetched(hub, models)
    assert is_whole(models)
    assert not any("evil" in path for path, _ in hub.asked)
    assert [path.name for path in tmp_path.iterdir()] == ["models"]


def test_a_disk_that_is_too_small_is_seen_before_the_download(hub, models):
    hub.index[1]["lfs"]["size"] = 10**18
    with pytest.raises(NoSpace) as caught:
        fetched(hub, models)
    assert caught.value.needed_bytes >= 10**18 > caught.value.free_bytes
    assert hub.ranges() == []
    assert half_done(models) == set()


@pytest.mark.parametrize("address", ["closed", "not a url", "ftp://hub.example", "http://"])
def test_without_a_hub_it_says_so_at_once(models, address):
    url = f"http://127.0.0.1:{free_port()}" if address == "closed" else address
    with pytest.raises(HubUnreachable) as caught:
        fetched(url, models)
    assert caught.value.reason
    assert not models.exists()


def test_a_newer_download_replaces_an_older_model(hub, models):
    fetched(hub, models)
    (models / "zh-en" / "config.json").write_bytes(b"old")
    fetched(hub, models)
    assert is_whole(models)


# Taking and keeping.


def ctranslate2_folder(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for name, content in CONTENTS.items():
        (folder / name).write_bytes(content)
    (folder / "pytorch_model.bin").write_bytes(b"another program's")
    return folder


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def nothing_left(models: Path) -> bool:
    return not models.exists() or list(models.iterdir()) == []


def test_a_folder_in_ctranslate2s_form_is_copied(models, tmp_path):
    source = ctranslate2_folder(tmp_path / "brought")
    done = keeping.take(source, entry=ENTRY, into=models)
    assert is_whole(models)
    assert done.record.origin == str(source)
    assert (source / "pytorch_model.bin").exists()


def test_links_of_a_hubs_cache_are_copied_as_files(models, tmp_path):
    blobs = ctranslate2_folder(tmp_path / "blobs")
    (tmp_path / "snapshot").mkdir()
    for name in CONTENTS:
        (tmp_path / "snapshot" / name).symlink_to(blobs / name)
    keeping.take(tmp_path / "snapshot", entry=ENTRY, into=models)
    shutil.rmtree(blobs)
    assert is_whole(models)


@pytest.mark.parametrize("prefix", ["", "opus/"])
def test_a_zip_is_unpacked_and_taken(models, tmp_path, prefix):
    path = zipped(tmp_path / "m.zip", {prefix + name: c for name, c in CONTENTS.items()})
    keeping.take(path, entry=ENTRY, into=models)
    assert is_whole(models)


def test_a_model_of_ones_own_is_named_by_its_languages(models, tmp_path):
    source = ctranslate2_folder(tmp_path / "brought")
    done = keeping.take(source, entry=None, into=models, name="de-fr")
    assert done.record.entry.kind == "marian"
    assert done.record.entry.pairs == ("de-fr",)
    with pytest.raises(ModelNotUnderstood):
        keeping.take(source, entry=None, into=models, name="mine")
    with pytest.raises(ModelUnknown):
        keeping.take(source, entry=None, into=models, name="../mine")
    assert [one.name for one in keeping.installed(models)] == ["de-fr"]


@pytest.mark.parametrize(
    ("pieces", "vocabulary", "kind"),
    [
        ("sentencepiece.bpe.model", b"__zh__", "m2m100"),
        ("sentencepiece.bpe.model", b"zho_Hans", "nllb"),
        ("sentencepiece.model", b"<2zh>", "madlad"),
    ],
)
def test_the_kind_of_ones_own_model_is_told_by_its_files(models, tmp_path, pieces, vocabulary, kind):
    source = tmp_path / "own"
    source.mkdir()
    for name in ("model.bin", "config.json", pieces):
        (source / name).write_bytes(b"x")
    (source / "shared_vocabulary.txt").write_bytes(vocabulary)
    assert keeping.take(source, entry=None, into=models).record.entry.kind == kind


@pytest.mark.parametrize("lacking", ["source.spm", "shared_vocabulary.json"])
def test_a_model_that_lacks_a_file_is_not_taken(models, tmp_path, lacking):
    source = ctranslate2_folder(tmp_path / "brought")
    (source / lacking).unlink()
    with pytest.raises(ModelFileMissing) as caught:
        keeping.take(source, entry=ENTRY, into=models)
    assert caught.value.path == lacking
    assert nothing_left(models)


@pytest.mark.parametrize(
    "member", ["../evil", "a/../../evil", "/evil", "..\\evil", "C:\\evil", "model/..", "./../evil"]
)
def test_a_zip_that_points_outside_is_refused_before_anything_is_written(models, tmp_path, member):
    path = zipped(tmp_path / "m.zip", {**CONTENTS, member: b"evil"})
    with pytest.raises(ArchiveUnsafe) as caught:
        keeping.take(path, entry=ENTRY, into=models)
    assert caught.value.member == member
    assert nothing_left(models)
    assert list(tmp_path.rglob("*evil*")) == []


def test_a_zip_with_a_link_is_refused(models, tmp_path):
    path = tmp_path / "m.zip"
    with zipfile.ZipFile(path, "w") as archive:
        link = zipfile.ZipInfo("model.bin")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(ArchiveUnsafe):
        keeping.take(path, entry=ENTRY, into=models)
    assert nothing_left(models)


def test_a_zip_that_grows_too_large_is_refused(tmp_path):
    path = zipped(tmp_path / "m.zip", {"model.bin": bytes(5_000_000)})
    assert path.stat().st_size < 10_000
    (tmp_path / "out").mkdir()
    with pytest.raises(TooLarge):
        unpacking.unpack(path, tmp_path / "out", limit_bytes=4_000_000)
    assert list((tmp_path / "out").iterdir()) == []
    many = zipped(tmp_path / "many.zip", {str(n): b"" for n in range(unpacking.LIMIT_MEMBERS + 1)})
    with pytest.raises(TooLarge):
        unpacking.unpack(many, tmp_path / "out")


def test_what_is_no_model_is_refused_with_a_reason(models, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.zip").write_text("no zip")
    damaged = zipped(tmp_path / "damaged.zip", {name: c * 3 for name, c in CONTENTS.items()})
    held = bytearray(damaged.read_bytes())
    held[60:90] = bytes(30)
    damaged.write_bytes(held)
    twice = zipped(tmp_path / "twice.zip", {"model.bin": b"x", "a/b/model.bin": b"x"})
    clashing = zipped(tmp_path / "clash.zip", {"model.bin": b"x", "model.bin/config.json": b"x"})
    for path in (
        tmp_path / "empty", tmp_path / "text.zip", tmp_path / "absent", damaged, twice, clashing
    ):
        with pytest.raises(ModelNotUnderstood) as caught:
            keeping.take(path, entry=ENTRY, into=models)
        assert caught.value.reason
        assert nothing_left(models)


def test_a_model_in_opus_mts_form_that_cannot_be_converted_is_refused(models, tmp_path):
    source = tmp_path / "opus"
    source.mkdir()
    (source / "decoder.yml").write_text("models: [opus.npz]\nvocabs: [v.yml, v.yml]\n")
    (source / "opus.npz").write_bytes(b"not numbers")
    for name in ("source.spm", "target.spm", "v.yml"):
        (source / name).write_bytes(b"x")
    with pytest.raises(ModelNotUnderstood):
        keeping.take(source, entry=ENTRY, into=models)
    assert nothing_left(models)


def test_a_removed_model_is_gone_and_so_is_a_half_done_one(hub, models):
    fetched(hub, models)
    keeping.remove(models, "zh-en")
    assert nothing_left(models)
    breaking(hub, 99, after=1_000)
    with pytest.raises(HubUnreachable):
        fetched(hub, models)
    assert half_done(models) == {f"{LARGE}.part"}
    keeping.remove(models, "zh-en")
    assert nothing_left(models)
    with pytest.raises(ModelNotInstalled):
        keeping.remove(models, "zh-en")


@pytest.mark.parametrize("name", ["..", "../data", "", ".zh-en.fetching", "a/b", "a\0"])
def test_only_a_models_name_can_be_removed(models, name):
    (models / ".zh-en.fetching").mkdir(parents=True)
    with pytest.raises(ModelUnknown):
        keeping.remove(models, name)
    assert (models / ".zh-en.fetching").is_dir()


def test_folders_that_are_none_of_ours_are_not_listed(models):
    for name in ("nothing", "broken", ".hidden"):
        (models / name).mkdir(parents=True)
    (models / "broken" / "model.json").write_text("{")
    (models / "a-file").write_text("x")
    assert keeping.installed(models) == []


# The catalogue, and the command.


def test_the_catalogue_names_files_that_stay_in_their_folder():
    names = [entry.name for entry in catalogue.entries()]
    assert names == ["zh-en", "en-zh", "m2m100-418m", "madlad400-3b", "nllb-200-600m"]
    for entry in catalogue.entries():
        assert catalogue.checked_name(entry.name)
        assert all(Path(path).name == path for path in entry.files)
        assert {"model.bin", "config.json"} < set(entry.files)
        assert entry.noncommercial == ("NC" in entry.licence)
    with pytest.raises(ModelUnknown) as caught:
        catalogue.entry("klingon")
    assert caught.value.known == tuple(names)


def test_a_licence_against_commercial_use_must_be_accepted():
    nllb = catalogue.entry("nllb-200-600m")
    with pytest.raises(LicenceNotAccepted):
        catalogue.agree(nllb, accepted=False)
    catalogue.agree(nllb, accepted=True)
    catalogue.agree(catalogue.entry("zh-en"), accepted=False)


def told_by(hub: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """What ``catflap translation`` says, with a hub at this address."""
    return catflap("translation", *arguments, also={"HF_ENDPOINT": hub})


def test_the_command_installs_lists_and_removes(hub, tmp_path):
    told = told_by(hub.url, "install", "zh-en", "en-zh", "--data", tmp_path, "--json")
    assert told.returncode == 0, told.stderr
    assert [row["name"] for row in json.loads(told.stdout)] == ["zh-en", "en-zh"]
    hub.asked.clear()
    assert told_by(hub.url, "install", "zh-en", "--data", tmp_path).returncode == 0
    assert hub.asked == []
    rows = json.loads(told_by(hub.url, "list", "--data", tmp_path, "--json").stdout)
    assert {row["name"] for row in rows if row["installed"]} == {"zh-en", "en-zh"}
    assert told_by(hub.url, "remove", "zh-en", "--data", tmp_path).returncode == 0
    assert told_by(hub.url, "remove", "zh-en", "--data", tmp_path).returncode == 1
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["en-zh"]


def test_the_command_says_in_one_line_what_to_do_without_a_network(tmp_path):
    nowhere = f"http://127.0.0.1:{free_port()}"
    told = told_by(nowhere, "install", "zh-en", "--data", tmp_path)
    assert told.returncode == 1
    assert len(told.stderr.splitlines()) == 1
    assert nowhere in told.stderr
    assert "--from" in told.stderr
    source = ctranslate2_folder(tmp_path / "brought")
    told = told_by(nowhere, "install", "zh-en", "--from", source, "--data", tmp_path)
    assert told.returncode == 0, told.stderr


def test_the_command_refuses_in_one_line(hub, tmp_path):
    for arguments in (("install", "zh-en", "nllb-200-600m"), ("install", "zh-en", "klingon")):
        told = told_by(hub.url, *arguments, "--data", tmp_path)
        assert told.returncode == 1
        assert len(told.stderr.splitlines()) == 1
    assert hub.asked == []


def test_the_commands_bar_is_drawn_over_itself_on_a_terminal(hub, tmp_path):
    ours, theirs = pty.openpty()
    done = subprocess.Popen(
        [sys.executable, "-m", "catflap", "translation", "install", "zh-en", "--data", tmp_path],
        env={**os.environ, **environment(), "HF_ENDPOINT": hub.url},
        stdout=subprocess.PIPE, stderr=theirs,
    )
    os.close(theirs)
    drawn = b""
    # The other end's closing is an error of the line's on Linux.
    with contextlib.suppress(OSError):
        while part := os.read(ours, 4096):
            drawn += part
    os.close(ours)
    said, _ = done.communicate(timeout=60)
    assert done.returncode == 0, drawn
    assert b"zh-en is installed" in said
    text = drawn.decode()
    bars = text.split("\r")[1:-1]
    assert all(bar.startswith("zh-en  ") and bar.endswith("\x1b[K") for bar in bars), text
    assert "░" in bars[0]
    assert "█" * 24 in bars[-1]
    assert text.count("\n") == 1
    assert text.endswith("\r\n")


def test_without_a_terminal_no_bar_is_drawn(hub, tmp_path):
    assert told_by(hub.url, "install", "zh-en", "--data", tmp_path).stderr == ""
