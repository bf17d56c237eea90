"""Subtitles: what people bring is read as they meant it, or refused with the line."""

from __future__ import annotations

import codecs
import time
from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from catflap.ground import characters
from catflap.media import subtitling
from catflap.media.errors import Reason, SubtitlesInvalid
from catflap.media.subtitling import Cue, cues, webvtt
from catflap.web import problems
from catflap.words.catalogue import Words

TWO = (
    Cue(start_ms=1_000, end_ms=2_500, text="Is the kettle on? 水开了吗？"),
    Cue(start_ms=3_000, end_ms=4_250, text="It sings already."),
)
SRT = """1
00:00:01,000 --> 00:00:02,500
Is the kettle on?
水开了吗？

2
00:00:03,000 --> 00:00:04,250
It sings already.
"""
VTT = """WEBVTT

00:00:01.000 --> 00:00:02.500
Is the kettle on?
水开了吗？

00:00:03.000 --> 00:00:04.250
It sings already.
"""


def said(body, *, header="WEBVTT\n\n"):
    """The only cue of a file with these words from 1 s to 2 s."""
    found = cues(f"{header}00:00:01.000 --> 00:00:02.000\n{body}\n".encode())
    assert [(cue.start_ms, cue.end_ms) for cue in found] == [(1000, 2000)]
    return found[0].text


def told(text):
    """Every cue's words."""
    return [cue.text for cue in cues(text.encode())]


def refusal(raw):
    with pytest.raises(SubtitlesInvalid) as caught:
        cues(raw if isinstance(raw, bytes) else raw.encode())
    return caught.value.reason, caught.value.line


@pytest.mark.parametrize("text", [SRT, VTT], ids=["srt", "webvtt"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"], ids=["unix", "windows", "old-mac"])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le+", "utf-16-be+", "gb18030"]
)
def test_a_file_reads_the_same_in_every_encoding_and_with_every_line_end(text, line_end, encoding):
    text = text.replace("\n", line_end)
    if encoding.endswith("+"):
        text = "\ufeff" + text
    assert cues(text.encode(encoding.rstrip("+"))) == TWO


def test_srt_may_have_points_for_commas_and_leave_out_hours_and_indexes():
    text = "00:01.000 --> 0:02.500\nIs the kettle on?\n水开了吗？\n\n0:00:03.000-->00:04,250 X1:40\n It sings already. "
    assert cues(text.encode()) == TWO


def test_srt_may_leave_out_the_blank_line_between_cues():
    text = SRT.replace("\n\n2\n", "\n2\n")
    assert cues(text.encode()) == TWO


def test_srt_may_have_blank_lines_inside_a_cue_and_after_its_index():
    text = SRT.replace("on?\n", "on?\n\n \t\n").replace("\n2\n", "\n2\n\n")
    assert cues(text.encode()) == TWO


def test_a_number_that_somebody_says_is_no_index():
    one, two = "00:01,000 --> 00:02,000\n", "00:03,000 --> 00:04,000\n"
    assert told(f"{one}How many cats?\n42\n\n{two}Too few.") == ["How many cats? 42", "Too few."]
    assert told(f"{one}How many cats?\n\n42") == ["How many cats? 42"]
    assert told(f"{one}How many cats?\n\n2\n\n{two}Too few.") == ["How many cats?", "Too few."]


def test_an_arrow_that_somebody_writes_is_no_time():
    one = "1\n00:01,000 --> 00:02,000\n"
    assert told(f"{one}home --> school") == ["home --> school"]
    assert told(f"{one}first\nhome --> school\n") == ["first home --> school"]


def test_srt_loses_its_tags_and_places_but_nothing_that_was_said():
    srt = ""
    assert said(r"{\an8}<b>Mind</b> the <FONT color='#f00'>step</font>!", header=srt) == "Mind the step!"
    assert said(r"{\pos(10,20)\fad(1,2)}慢一点<br/>小心", header=srt) == "慢一点 小心"
    assert said("<sighs> I <3 you & {you}", header=srt) == "<sighs> I <3 you & {you}"
    assert said("<00:00:01.500>now<c.loud> then</c>", header=srt) == "now then"
    assert said("&lt;b&gt; is bold", header=srt) == "<b> is bold"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("<v Ann>Where were you?</v>", "Where were you?"),
        ("<v.loud Ann & Bo>Here</v> <c.x.y>and</c> <i>there</i>", "Here and there"),
        ("One <00:00:01.000>two <00:01.500><c>three</c>", "One two three"),
        ("<ruby>漢<rt>hàn</rt>字<rt>zì</rt></ruby>好", "漢字好"),
        ("<ruby>漢<rt>hàn</ruby>字 <rt>kept</rt>", "漢字 kept"),
        ("<lang zh>你好</lang><i\nclass>，世界", "你好，世界"),
        ("a&amp;b &lt;i&gt; c&nbsp;d e&lrm;f &#65;&#x42;", "a&b <i> c d e\u200ef AB"),
        ("&amp;lt; &nosuch; &amp &notit; AT&T", "&lt; &nosuch; &amp &notit; AT&T"),
        ("2 < 3", "2 < 3"),
        (r"{\an8}stays", r"{\an8}stays"),
    ],
)
def test_webvtt_gives_its_words_without_markup(body, words):
    assert said(body) == words


def test_webvtt_has_headers_notes_styles_regions_names_and_settings():
    text = """WEBVTT - Two on a roof
Kind: captions
Language: en

STYLE
::cue { color: lime }

REGION
id:left
width:40%

NOTE Bo speaks first --> see the script

NOTE
00:00:00.000 --> 00:00:00.500
Cut in the second edit.

bo - 1
00:01.000 --> 00:00:02.500 align:start position:10%,line-left
<v Bo>Is the kettle on?
水开了吗？

this is nobody's

2
00:00:03.000\t-->\t00:00:04.250\tregion:left
It sings already.
"""
    assert cues(text.encode()) == TWO


def test_webvtt_may_start_with_a_cue_right_under_its_header():
    assert told("WEBVTT\n00:01.000 --> 00:02.000\nHi.\n00:02.000 --> 00:03.000\n嗨。") == ["Hi.", "嗨。"]


def test_srt_that_talks_of_webvtt_is_srt():
    assert told("WEBVTTER\n00:01.000 --> 00:02.000\n<sighs>") == ["<sighs>"]


def test_nothing_unseen_stays_in_the_words():
    for header in ("", "WEBVTT\n\n"):
        assert said("a\x01b\x7f\x85c\u202ed\u2066e\u2069 &#8238;f&#x202a;", header=header) == "abcde f"


def test_cues_without_words_are_left_out():
    text = VTT.replace("It sings already.", "<i> </i>&nbsp;&#8238;")
    assert cues(text.encode()) == TWO[:1]


def test_cues_are_sorted_by_their_start_and_may_overlap():
    text = "WEBVTT\n\n" + "\n\n".join(
        f"00:0{start}.000 --> 00:0{end}.000\n{words}"
        for start, end, words in [(3, 4, "c"), (1, 9, "a"), (1, 2, "b")]
    )
    assert told(text) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("raw", "reason", "line"),
    [
        (b"", Reason.NO_CUES, 0),
        ("Dear Bo,\n\nthe kettle is on.", Reason.NO_CUES, 0),
        ("WEBVTT", Reason.NO_CUES, 0),
        ("1\n00:00:01,000 --> 00:00:02,000\n<i></i>", Reason.NO_CUES, 0),
        ("1\n00:00:01,000 --> soon\nHi", Reason.BAD_TIME, 2),
        ("WEBVTT\n\n00:00:60.000 --> 00:01:02.000\nHi", Reason.BAD_TIME, 3),
        ("1\n00:61:00,000 --> 00:62:00,000\nHi", Reason.BAD_TIME, 2),
        ("00:00:01,5 --> 00:00:02,0\nHi", Reason.BAD_TIME, 1),
        ("00:00:01,000 --> 00:00:02,0000\nHi", Reason.BAD_TIME, 1),
        ("00:00:01,000 --> ٠٠:00:02,000\nHi", Reason.BAD_TIME, 1),
        ("9" * 5000 + ":00:01,000 --> 00:00:02,000\nHi", Reason.BAD_TIME, 1),
        (SRT.replace("\n\n2\n", "\n2\n").replace("04,250", "64,250"), Reason.BAD_TIME, 6),
        ("\r\n1\r\n00:00:02,000 --> 00:00:01,999\r\nHi", Reason.ENDS_BEFORE_START, 3),
        ("1\r00:00:02,000 --> 00:00:02,000\rHi", Reason.ENDS_BEFORE_START, 2),
        ("1\n00:01,000".encode("utf-16-le"), Reason.NOT_TEXT, 1),
        (SRT.encode() + b"\0", Reason.NOT_TEXT, 9),
        (b"1\n00:00:01,000 --> 00:00:02,000\ncaf\xff\n", Reason.NOT_TEXT, 3),
        (codecs.BOM_UTF8 + "1\n嗨".encode("gb18030"), Reason.NOT_TEXT, 2),
        (codecs.BOM_UTF16_LE + b"1\0\n\0\0\xd8", Reason.NOT_TEXT, 2),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", Reason.NOT_TEXT, 3),
        ("1\n00:01,000 --> 00:02,000\n" + "猫" * 501, Reason.TOO_LONG, 2),
        (SRT.encode() + b" " * 500_000, Reason.TOO_LONG, 0),
        ("00:01,000 --> 00:02,000\nHi\n\n" * 2001, Reason.TOO_MANY, 6001),
        ("00:01,000 --> 05:00:00,001\nHi", Reason.TOO_LATE, 1),
    ],
)
def test_what_cannot_be_right_is_refused_with_its_line(raw, reason, line):
    assert refusal(raw) == (reason, line)


def test_a_file_at_every_limit_is_taken():
    many = "00:01,000 --> 05:00:00,000\nHi\n\n" * 1999
    longest = "00:01,000 --> 05:00:00,000\n<b>" + "猫" * 500
    raw = (many + longest).encode()
    found = cues(raw + b"\n" * (500_000 - len(raw)))
    assert (len(found), len(found[-1].text), found[-1].end_ms) == (2000, 500, 18_000_000)


def test_every_refusal_has_words_of_its_own_at_the_web_door():
    words = Words("en")
    said = {
        problems.sentence(words, SubtitlesInvalid(line=line, reason=reason))
        for reason in Reason
        for line in (0, 7)
    }
    assert "Line 7: one subtitle has 500 characters at most." in said
    assert "This file of subtitles is larger than 500 kB, the most we take." in said
    assert len([sentence for sentence in said if "7:" in sentence]) == len(Reason) - 1


def test_webvtt_is_written_with_its_escapes():
    cue = Cue(start_ms=3_723_004, end_ms=3_723_005, text="a --> b &amp; <i>")
    assert webvtt([cue]) == (
        "WEBVTT\n\n01:02:03.004 --> 01:02:03.005\na --&gt; b &amp;amp; &lt;i&gt;\n"
    )


def test_a_line_break_in_a_cue_cannot_forge_another():
    cue = Cue(start_ms=0, end_ms=1, text="a\n\n00:01.000 --> 00:02.000\r\rb")
    assert [c.text for c in cues(webvtt([cue]).encode())] == ["a 00:01.000 --> 00:02.000 b"]


PIECES = st.sampled_from([
    "<", ">", "&", "-->", "&lt;", "&amp", ";", "<i>", "</ruby>", "<rt>", "{\\an8}", "NOTE", "WEBVTT",
    "STYLE", "00:01.000 --> 00:02.000", "1", "\n", "\r", "\r\n", "\n\n", " ", "猫", "\u202e", "\0",
    "\ufeff", "\u2028", "\x85", "é", "00:00:0", "\n\n00:01.000 --> 00:01.000\nHi",
])
WORDS = (
    st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=12).map("".join))
    .map(characters.on_one_line)
    .filter(bool)
)


@st.composite
def some_cues(draw):
    start_ms = draw(st.integers(0, subtitling.LAST_MS - 1))
    end_ms = draw(st.integers(start_ms + 1, subtitling.LAST_MS))
    return Cue(start_ms=start_ms, end_ms=end_ms, text=draw(WORDS))


@settings(max_examples=300, deadline=None)
@given(st.lists(some_cues(), min_size=1, max_size=8))
def test_cues_written_and_read_again_are_the_same(given_cues):
    expected = tuple(sorted(given_cues, key=lambda cue: cue.start_ms))
    text = webvtt(given_cues)
    assert cues(text.encode()) == expected
    assert cues(text.encode("utf-16")) == expected
    assert webvtt(expected) == webvtt(cues(text.encode()))


def taken_or_refused(raw):
    try:
        found = cues(raw)
    except SubtitlesInvalid:
        return
    assert found == tuple(sorted(found, key=lambda cue: cue.start_ms))
    assert all(0 <= cue.start_ms < cue.end_ms <= subtitling.LAST_MS for cue in found)
    assert all(cue.text and cue.text == characters.on_one_line(cue.text) for cue in found)
    assert cues(webvtt(found).encode()) == found


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300))
@example(codecs.BOM_UTF16_BE)
@example(codecs.BOM_UTF32_LE)
@example(b"WEBVTT\x1c\n")
def test_any_bytes_are_taken_or_refused(raw):
    taken_or_refused(raw)


@settings(max_examples=500, deadline=None)
@given(st.booleans(), st.lists(PIECES, max_size=40))
def test_anything_that_looks_like_subtitles_is_taken_or_refused(is_webvtt, pieces):
    head = "WEBVTT\n\n" if is_webvtt else ""
    taken_or_refused((head + "00:01.000 --> 00:02.000\nHi " + "".join(pieces)).encode())


NASTY = [
    "<", "<a", "</", "<rt>", "<ruby><rt>", "<i>", "<v a.", "&", "&a", "&#", "&lt;", "&" + "a" * 31, "{", "{\\",
    "{\\a", "{\\an8}", "\n", "\r", "\r\n", "\n \n", " ", "\t", "\u3000", "1", "1\n", "1\n\n", "1:", "-->", " -->",
    "a\n-->", "a\na\n-->\n", "a\n\n", "NOTE\n\n", "STYLE\n", "WEBVTT\n", "00:01.000 --> ",
    "00:01.000 --> 00:02.000\n", "00:01.000 --> 00:02.000\n1\n", "0:0", "猫", "\x1c", "\u202e",
]


@pytest.mark.parametrize("nasty", NASTY, ids=ascii)
def test_the_worst_file_takes_no_time_worth_naming(nasty):
    for head in ("", "WEBVTT\n\n"):
        head += "00:01.000 --> 00:02.000\n"
        count = (500_000 - len(head)) // len(nasty.encode())
        raw = (head + nasty * count).encode()
        for file in (raw, raw[len(head):]):
            began_s = time.process_time()
            with suppress(SubtitlesInvalid):
                cues(file)
            # Measured: 0.6 s for the worst. What grows with the square takes minutes.
            assert time.process_time() - began_s < 5
