"""Archives made to do harm: each is refused with its own reason, and says nothing of what it holds."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import zipfile
import zlib

import pytest

from catflap.arrivals import limits
from tests.arrivals import generators as made
from tests.arrivals.reads import Outcome

GOOD = {"user_data_tiktok.json": made.dumped(made.tiktok())}


def refused(source, tmp_path):
    return Outcome(source, tmp_path).refused


def edited(path, change):
    raw = bytearray(path.read_bytes())
    change(raw)
    path.write_bytes(raw)
    return path


@pytest.mark.parametrize(
    "name", ["../user_data_tiktok.json", "/etc/user_data_tiktok.json", "a/../../x.json", "C:\\x.json", "c:/x.json",
             "\\\\server\\x.json", "..\\x.json", "x" * 501],
)
@pytest.mark.parametrize("pack", [made.zipped, made.tarred])
def test_names_that_leave_their_folder_are_refused(name, pack, tmp_path):
    assert refused(pack(tmp_path / "a", {**GOOD, name: b"{}"}), tmp_path) == ("ArchivePathUnsafe", {})


def test_links_are_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        link = zipfile.ZipInfo("user_data_tiktok.json")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    assert refused(tmp_path / "a.zip", tmp_path) == ("ArchivePathUnsafe", {})
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE):
        with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as archive:
            entry = tarfile.TarInfo("outbox.json")
            entry.type, entry.linkname = kind, "/etc/passwd"
            archive.addfile(entry)
        assert refused(tmp_path / "a.tar.gz", tmp_path) == ("ArchivePathUnsafe", {})


def test_a_bomb_is_refused_before_it_goes_off(tmp_path):
    bomb = made.zipped(tmp_path / "a.zip", {"user_data_tiktok.json": b"0" * (limits.RATIO_FROM_BYTES + 1)})
    name, data = refused(bomb, tmp_path)
    assert (name, data["limit_ratio"]) == ("ArchiveBomb", limits.RATIO_MAX)
    with gzip.open(tmp_path / "b.tar.gz", "wb") as packed:
        entry = tarfile.TarInfo("outbox.json")
        entry.size = limits.RATIO_FROM_BYTES * 4
        packed.write(entry.tobuf())
        packed.write(bytes(entry.size))
    assert refused(tmp_path / "b.tar.gz", tmp_path)[0] == "ArchiveBomb"


def test_more_than_the_largest_total_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "UNPACKED_MAX_BYTES", 1000)
    files = {"user_data_tiktok.json": b"{}", "b": b"x" * 600, "c": b"y" * 600}
    for pack in (made.zipped, made.tarred):
        name, data = refused(pack(tmp_path / "a", files), tmp_path)
        assert (name, data["measure"]) == ("ArchiveTooLarge", "unpacked_bytes")


def test_a_size_that_lies_is_noticed(tmp_path):
    path = made.zipped(tmp_path / "a.zip", GOOD, packed=False)
    size = len(GOOD["user_data_tiktok.json"])
    for lie in (size - 20, size + 20):
        lying = made.bare(tmp_path / "lying.zip", path.read_bytes())
        edited(lying, lambda raw, lie=lie: raw.__setitem__(
            slice(raw.rindex(b"PK\x01\x02") + 24, raw.rindex(b"PK\x01\x02") + 28), struct.pack("<L", lie)))
        assert refused(lying, tmp_path)[0] in ("ArchiveDamaged", "JsonInvalid")


def test_ten_million_files_are_refused_by_what_the_archive_says_of_itself(tmp_path):
    plain = made.zipped(tmp_path / "a.zip", GOOD).read_bytes()
    at = plain.rindex(b"PK\x05\x06")
    large = struct.pack("<4sQHHLLQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, 10**7, 10**7, 50, 0)
    where = struct.pack("<4sLQL", b"PK\x06\x07", 0, at, 1)
    source = made.bare(tmp_path / "b.zip", plain[:at] + large + where + plain[at:])
    assert refused(source, tmp_path) == (
        "ArchiveTooLarge", {"measure": "files", "found": 10**7, "limit": limits.ENTRIES_MAX})


def test_a_directory_too_large_to_be_read_is_refused_whatever_it_counts(tmp_path):
    path = made.zipped(tmp_path / "a.zip", GOOD)
    edited(path, lambda raw: raw.__setitem__(
        slice(raw.rindex(b"PK\x05\x06") + 12, raw.rindex(b"PK\x05\x06") + 16), struct.pack("<L", 10**9)))
    assert refused(path, tmp_path)[1]["measure"] == "directory_bytes"


def test_too_many_files_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "ENTRIES_MAX", 3)
    for pack in (made.zipped, made.tarred):
        assert refused(pack(tmp_path / "a", {f"{n}.json": b"" for n in range(4)}), tmp_path) == (
            "ArchiveTooLarge", {"measure": "files", "found": 4, "limit": 3})


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("pack", [made.zipped, made.tarred])
def test_what_was_cut_off_is_refused(keep, pack, tmp_path):
    files = {**made.mastodon(bytes(range(256)) * 40)}
    raw = pack(tmp_path / "a", files).read_bytes()
    assert refused(made.bare(tmp_path / "b", raw[: int(len(raw) * keep)]), tmp_path)[0] == "ArchiveDamaged"


def test_what_was_changed_on_its_way_is_refused(tmp_path):
    path = made.zipped(tmp_path / "a.zip", GOOD, packed=False)
    edited(path, lambda raw: raw.__setitem__(raw.index(b"fan_0"), ord("c")))
    assert refused(path, tmp_path) == ("ArchiveDamaged", {"reason": "BadZipFile"})


def test_an_archive_with_a_password_is_refused(tmp_path):
    path = made.zipped(tmp_path / "a.zip", {**GOOD, "another": b"x"})

    def flag(raw):
        for start, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            raw[raw.rindex(start) + offset] |= 1

    assert refused(edited(path, flag), tmp_path) == ("ArchiveEncrypted", {})


def test_two_files_of_one_name_are_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("user_data_tiktok.json", b"{}")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("user_data_tiktok.json", b"{}")
    assert refused(tmp_path / "a.zip", tmp_path) == ("ArchiveNamesTwice", {})
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as archive:
        for _ in range(2):
            archive.addfile(tarfile.TarInfo("outbox.json"), io.BytesIO())
    assert refused(tmp_path / "a.tar.gz", tmp_path) == ("ArchiveNamesTwice", {})


def test_archives_in_archives_stay_closed(tmp_path):
    inner = made.zipped(tmp_path / "inner.zip", GOOD).read_bytes()
    assert refused(made.zipped(tmp_path / "a.zip", {"inner.zip": inner}), tmp_path) == ("ArchiveNested", {})
    both = Outcome(made.zipped(tmp_path / "b.zip", {"inner.zip": inner, **GOOD}), tmp_path)
    assert both.report.ignored_files == 1


@pytest.mark.parametrize(
    ("files", "error"),
    [({"TikTok/Volgend.txt": b"Date: x"}, "TextExport"), ({"Following.txt": b"x", "a.html": b""}, "TextExport"),
     ({"photo.jpg": b"x"}, "ArchiveUnknown"), ({}, "ArchiveUnknown"), ({"a.json": b'{"x": 1}'}, "ArchiveUnknown"),
     ({"a.json": b"[1]"}, "ArchiveUnknown"), ({"names.csv": b"a,b\n"}, "ArchiveUnknown")],
)
def test_what_is_nothing_we_know_is_said_to_be(files, error, tmp_path):
    assert refused(made.zipped(tmp_path / "a.zip", files), tmp_path) == (error, {})


@pytest.mark.parametrize(
    ("name", "body", "error"),
    [("Volgend.txt", b"Datum: 2024", "TextExport"), ("cat.jpg", b"\xff\xd8", "ArchiveUnknown"), ("", b"", "ArchiveUnknown"),
     ("user_data_tiktok.json", b"", "JsonInvalid"), ("user_data_tiktok.json", b"\x00" * 50, "ArchiveUnknown"),
     ("user_data_tiktok.json", '{"Post": 1}'.encode("utf-16"), "ArchiveUnknown"),
     ("following_accounts.csv", b"x" * 50_000, "JsonInvalid"), ("following_accounts.csv", b"\xff\xfe,\n", "JsonInvalid")],
)
def test_bare_files_that_are_nothing_we_know_are_refused(name, body, error, tmp_path):
    assert Outcome(made.bare(tmp_path / "source", body), tmp_path, name).refused[0] == error


def test_gzip_that_is_no_tar_is_refused(tmp_path):
    assert refused(made.bare(tmp_path / "a.gz", gzip.compress(b"hello" * 100)), tmp_path)[0] == "ArchiveDamaged"
    assert refused(made.bare(tmp_path / "b.gz", b"\x1f\x8b" + zlib.compress(b"x")), tmp_path)[0] == "ArchiveDamaged"


def test_what_is_kept_of_one_archive_is_bounded(tmp_path, monkeypatch):
    for name, value in (("POSTS_KEPT_MAX", 2), ("HANDLES_KEPT_MAX", 4), ("HINTS_MAX", 1), ("UNKNOWN_PATHS_MAX", 1)):
        monkeypatch.setattr(limits, name, value)
    document = made.tiktok(following=9, posts=5) | {"New": {}, "Newer": {}}
    found = Outcome(made.bare(tmp_path / "user_data.json", made.dumped(document)), tmp_path)
    assert (len(found.posts), sum(len(batch.handles) for batch in found.batches)) == (2, 4)
    assert found.counts()["posts"] == 5
    assert len(found.report.unknown) == len(found.report.hints.interests) == 1
