"""What a note says, in marks that copies of it have too.

A mark of the whole is the same for all who write the same letters and digits, whatever the case,
the script of their Chinese, and what stands between. Longer texts have marks that near copies
share, some of them: so those are found by an index, and then compared. Short texts are nobody's:
"hello" and 大家好 are what first notes say, and greetings count for nothing.

Source: Broder, On the resemblance and containment of documents (1997), for shingles and their
least hashes; Shrivastava and Li, Densifying One Permutation Hashing (2014), for one hash for each.
"""

from __future__ import annotations

from hashlib import blake2b

import regex

from catflap.notes.filters import folded

OWN_FROM_LETTERS = 10
"""Letters besides greetings from which on a text is somebody's own; two for each Chinese one."""
NEAR_FROM_LETTERS = 60
"""From so many on, a text is compared with what it is nearly like, and a photo of one's own does
not make up for a text that is not."""
NEAR_RATIO = 0.8
"""Of the shingles of both texts, those that they share."""
SHINGLE_CHARS = 4
LOOKED_AT_MAX_CHARS = 4_000
BANDS, BAND_ROWS = 6, 3
"""Of a hundred copies that share 0.8 of their shingles, 98 share a band as well; of those that
share 0.9, all."""

_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}"
_BETWEEN = regex.compile(r"[^\p{L}\p{M}\p{N}]+")
_WIDE = regex.compile(rf"[{_UNSPACED}]")
_GREETING = regex.compile(
    r"\b(hello|hi|hey|hola|greetings|welcome|good (morning|afternoon|evening|night|day)|everyone"
    r"|everybody|all|there|guys|folks|friends|world|nice to meet you|(i am|i'm|i’m|im)|new|newbie"
    r"|newcomer|just (joined|arrived)|here|cat tax|first (post|note)|test(ing)?"
    r"|from (china|america|the us|tiktok))\b"
    r"|大家|各位|朋友们|你们|你好|您好|好呀|早上|上午|中午|下午|晚上|晚安|早安|早|好|我是|我也|我|"
    r"新来的|新来|新人|新手|萌新|刚来|报到|报道|请多多?(关照|指教)|多多关照|初来乍到|第一[次篇条]"
    r"|发帖|笔记|测试|猫税|来了|交|这里|啊|呀|哈喽|嗨",
)


def said(text: str) -> str:
    """The letters and digits of a text, folded; two texts that say the same have the same."""
    return str(_BETWEEN.sub("", folded(text[:LOOKED_AT_MAX_CHARS])))


def letters(text: str) -> int:
    """How many letters somebody wrote besides greetings, two for each that stands for a word."""
    own = _BETWEEN.sub("", _GREETING.sub(" ", folded(text[:LOOKED_AT_MAX_CHARS])))
    return len(own) + len(_WIDE.findall(own))


def marks(text: str) -> list[int]:
    """The marks of a text, that of the whole first; none where it is nobody's own."""
    length = letters(text)
    if length < OWN_FROM_LETTERS:
        return []
    whole = said(text)
    found = [_mark("whole", whole)]
    if length >= NEAR_FROM_LETTERS:
        least = _least(_shingles(whole))
        found += [
            _mark("band", band, *least[band * BAND_ROWS : (band + 1) * BAND_ROWS])
            for band in range(BANDS)
        ]
    return found


def are_near(one: str, other: str) -> bool:
    """Whether two texts say nearly the same."""
    left, right = _shingles(said(one)), _shingles(said(other))
    return len(left & right) >= NEAR_RATIO * len(left | right)


def _shingles(whole: str) -> set[str]:
    return {whole[at : at + SHINGLE_CHARS] for at in range(max(1, len(whole) - SHINGLE_CHARS + 1))}


def _mark(*parts: object) -> int:
    """Eight bytes, as databases keep integers."""
    return int.from_bytes(
        blake2b(repr(parts).encode(), digest_size=8).digest(), signed=True
    )


def _least(shingles: set[str]) -> list[int]:
    """The least hash in each part; an empty one takes that of the next that is not."""
    count = BANDS * BAND_ROWS
    parts: list[int | None] = [None] * count
    for shingle in shingles:
        hashed = int.from_bytes(blake2b(shingle.encode(), digest_size=8).digest())
        value, part = divmod(hashed, count)
        known = parts[part]
        parts[part] = value if known is None else min(known, value)
    return [_borrowed(parts, at) for at in range(count)]


def _borrowed(parts: list[int | None], at: int) -> int:
    for away in range(len(parts)):
        found = parts[(at + away) % len(parts)]
        if found is not None:
            return found * len(parts) + away
    return 0
