"""Walking through JSON piece by piece: the same as decoding it whole, and bounded."""

from __future__ import annotations

import io
import json
import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catflap.arrivals import limits, skimming
from catflap.arrivals.dates import instant
from catflap.arrivals.errors import ArchiveTooLarge, Fault, JsonInvalid
from catflap.arrivals.handles import canonical_handle
from catflap.arrivals.model import Network
from catflap.arrivals.skimming import Skimmer
from catflap.arrivals.texts import from_html, unscrambled

TEXTS = st.text(st.characters(codec="utf-8"), max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4), max_leaves=12,
)


def skimmer(raw: bytes, chunk_bytes: int = 1 << 16) -> Skimmer:
    file = io.BytesIO(raw)
    return Skimmer(lambda size: file.read(min(size, chunk_bytes)))


def walked(document: Skimmer):
    """The value, taken apart by hand at every level."""
    kind = document.kind()
    if kind == "{":
        return {key: walked(document) for key in document.members()}
    if kind == "[":
        return [walked(document) for _ in document.elements()]
    return document.value()


def wholly_walked(document: Skimmer) -> None:
    walked(document)
    document.end()


@settings(max_examples=60, deadline=None)
@given(VALUES, st.integers(1, 9), st.booleans(), st.sampled_from([None, 1]))
def test_walking_gives_what_decoding_gives_however_the_bytes_come(value, chunk_bytes, ascii_only, indent):
    raw = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode()
    for take in (walked, lambda document: document.value()):
        document = skimmer(raw, chunk_bytes)
        assert take(document) == value
        document.end()


@settings(max_examples=60, deadline=None)
@given(st.lists(VALUES, max_size=6), st.integers(1, 9))
def test_what_is_passed_over_ends_where_it_ends(values, chunk_bytes):
    raw = json.dumps({"passed": values, "counted": values, "taken": "here"}).encode()
    document = skimmer(raw, chunk_bytes)
    found = {}
    for key in document.members():
        if key == "counted":
            found[key] = document.count()
        elif key == "taken":
            found[key] = document.value()
    document.end()
    assert found == {"counted": len(values), "taken": "here"}


@settings(max_examples=60, deadline=None)
@given(VALUES.filter(lambda value: isinstance(value, (list, dict, str))), st.data())
def test_what_was_cut_off_is_noticed_wherever(value, data):
    raw = json.dumps(value).encode()
    cut = data.draw(st.integers(0, len(raw) - 1))
    for take in (walked, Skimmer.skip, Skimmer.value):
        with pytest.raises(JsonInvalid) as refused:
            take(skimmer(raw[:cut], 3))
        assert refused.value.fault in (Fault.TRUNCATED, Fault.BROKEN)  # half a word is no word


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (b'{"a": NaN}', Fault.NOT_A_NUMBER), (b'{"a": -Infinity}', Fault.NOT_A_NUMBER),
        (b'{"a": "\xff"}', Fault.NOT_UTF8), (b'{"a": "x\ny"}', Fault.BROKEN), (b'{"a": "NaN" x}', Fault.BROKEN),
        (b"[" * 100_000 + b"]" * 100_000, Fault.TOO_DEEP), (b'{"a":' * 100_000, Fault.TOO_DEEP),
        (b'"' + b"a" * (limits.PIECE_MAX_BYTES + 10) + b'"', Fault.TOO_LONG),
        (b"[[" + b'"a",' * (limits.PIECE_MAX_BYTES // 4) + b'"a"]]', Fault.TOO_LONG),
        (b'{"a": [}]', Fault.BROKEN), (b'{"a": }', Fault.BROKEN),
    ],
)
def test_hostile_json_is_refused_with_its_reason(raw, fault):
    with pytest.raises(JsonInvalid) as refused:
        skimmer(raw).value()
    assert refused.value.fault is fault


@pytest.mark.parametrize(
    ("raw", "fault"),
    [(b'{"k" 1}', Fault.BROKEN), (b'{1: 1}', Fault.BROKEN), (b'{"k": 1,}', Fault.BROKEN), (b'{"k": 1} x', Fault.BROKEN),
     (b'{"' + b"k" * 5000 + b'": 1}', Fault.TOO_LONG), (b"", Fault.TRUNCATED)],
)
def test_hostile_objects_are_refused_while_they_are_walked(raw, fault):
    with pytest.raises(JsonInvalid) as refused:
        wholly_walked(skimmer(raw))
    assert refused.value.fault is fault


def test_a_string_without_end_costs_nothing_where_it_is_passed_over():
    total, given_bytes = 50_000_000, 0
    largest = 0

    def read(size):
        nonlocal given_bytes, largest
        largest = max(largest, len(document._buffer))
        given_bytes += size
        return b'{"dm": "' if given_bytes == size else b"x" * size if given_bytes < total else b'"}' if size and given_bytes - size < total else b""

    document = Skimmer(read)
    assert list(document.members()) == ["dm"]
    assert largest <= skimming.CHUNK_BYTES


def test_more_items_than_anybody_has_are_refused(monkeypatch):
    monkeypatch.setattr(limits, "ITEMS_MAX", 1000)
    for take in (Skimmer.count, walked):
        with pytest.raises(ArchiveTooLarge):
            take(skimmer(b"[" + b"{}," * 1001 + b"{}]"))


def test_numbers_that_no_computer_holds_are_nothing():
    assert skimmer(b'{"a": ' + b"9" * 5000 + b"}").value() is None


ZONES = st.integers(-12 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.integers(0, 3_000_000_000).map(lambda s: datetime(1995, 1, 1) + timedelta(seconds=s))  # noqa: DTZ001


@given(MOMENTS)
def test_every_way_of_writing_an_instant_is_the_same_instant(at):
    utc = at.replace(tzinfo=UTC)
    seconds = int(utc.timestamp())
    written = [f"{at:%Y-%m-%d %H:%M:%S}", f"{at:%Y-%m-%d %H:%M:%S} UTC", f"{at:%Y-%m-%dT%H:%M:%SZ}",
               f"{at:%Y-%m-%dT%H:%M:%S}.000Z", utc.isoformat(), seconds, float(seconds), str(seconds)]
    assert {instant(one) for one in written} == {utc}
    if seconds > 1_000_000_000:
        assert instant(seconds * 1000) == utc


@given(MOMENTS, ZONES)
def test_zones_are_kept_in_mind(at, zone):
    local = at.replace(tzinfo=zone)
    assert instant(local.isoformat()) == local.astimezone(UTC)


@given(st.none() | st.booleans() | st.floats() | st.text(max_size=30) | st.integers() | st.lists(st.integers(), max_size=2))
def test_whatever_else_is_no_instant_or_a_sane_one(value):
    found = instant(value)
    assert found is None or (found.tzinfo is UTC and 1970 <= found.year < 2200)


NAMES = st.from_regex(r"[a-zA-Z0-9_][a-zA-Z0-9_.]{0,20}", fullmatch=True)


@given(NAMES)
def test_a_handle_is_the_same_however_it_is_written(name):
    folded = name.casefold()
    for written in (name, f"@{name}", f" {name.upper()} ", f"https://www.instagram.com/{name}/", f"https://www.tiktok.com/@{name}"):
        assert canonical_handle(Network.TIKTOK, written) == folded
    for written in (f"{name}@Old.Example", f"@{name}@old.example", f"acct:{name}@old.example", f"https://old.example/@{name}",
                    f"https://old.example/users/{name}"):
        assert canonical_handle(Network.FEDIVERSE, written) == f"{folded}@old.example"


@given(st.none() | st.integers() | st.text(max_size=300))
def test_a_canonical_handle_stays_what_it_is(written):
    for network in Network:
        found = canonical_handle(network, written)
        assert found is None or canonical_handle(network, found) == found


@given(st.text(max_size=30))
def test_scrambled_letters_come_back_and_plain_ones_stay(text):
    safe = text.encode("utf-8", "ignore").decode()
    assert unscrambled(safe.encode().decode("latin-1")) == safe
    if not safe.isascii() and any(ord(letter) > 255 for letter in safe):
        assert unscrambled(safe) == safe


def test_html_becomes_words_and_scripts_do_not():
    assert from_html("<p>a &lt;b&gt;</p><script>alert(1)</script><p>c<br>d</p><style>x") == "a <b>\n\nc\nd"


@given(st.text(st.sampled_from("<>!-/?&#;[p bra'\"="), max_size=60))
def test_no_html_is_too_strange_to_be_read(html):
    assert from_html(html).count("\0") == 0


def test_hostile_html_is_read_once_from_left_to_right():
    started = time.process_time()
    for piece in ("<a", "<!--", "<![", "</", "<a x=", "<script>", "&#", "<p ", '<a "'):
        from_html(piece * (1_000_000 // len(piece)))
    assert time.process_time() - started < 5
