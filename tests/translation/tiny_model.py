"""A real translation model, small enough to be trained by the tests themselves in half a minute.

It makes its own parallel texts from a grammar of some eighty words, cuts them into pieces with
SentencePiece, trains a transformer of Marian's architecture on them (numpy and autograd, nothing
else), and writes what Helsinki publishes for OPUS-MT: ``model.npz``, ``vocab.yml``,
``decoder.yml``, ``source.spm``, ``target.spm``. From there on everything is Catflap's own work:
``catflap translation install zh-en --from FOLDER``.

Source of the architecture: Vaswani et al., "Attention is all you need", sections 3.1 to 3.5, with
Marian's shifted embeddings (nothing stands before the first word) and swish for ReLU.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

WIDTH = 64
INNER = 128
HEADS = 4
ENCODER_DEPTH = 2
DECODER_DEPTH = 1
STEPS = 700
BATCH = 32
PIECES = {"source": 150, "target": 260}
"""So many that most words are one piece, and few are two."""
RATE = 3e-3
WARM_UP = 60
SENTENCES = 2_000
SEED = 7
END, UNKNOWN = 0, 1
KEPT = Path(__file__).parent.parent.parent / "build" / "tiny-model"
"""Kept between runs beside the dictionary, under a hash of this file."""

WHO = {
    "我": "I", "你": "you", "我们": "we", "她": "she", "小猫": "the little cat",
    "小狗": "the little dog", "爷爷": "grandpa", "妈妈": "mum", "妹妹": "my sister",
    "邻居": "the neighbour", "老师": "the teacher", "面包师": "the baker",
}
PLAIN = {"我", "你", "我们"}
"""Whose verbs take no -s."""
DEED = {
    "喜欢": ("like", "likes"), "看见": ("see", "sees"), "画": ("draw", "draws"),
    "找": ("look for", "looks for"), "想要": ("want", "wants"), "带来": ("bring", "brings"),
    "藏起": ("hide", "hides"), "修理": ("repair", "repairs"),
}
COLOUR = {"红色的": "red", "绿色的": "green", "旧的": "old", "小小的": "tiny", "漂亮的": "lovely"}
THING = {
    "书": "book", "花": "flower", "杯子": "cup", "雨伞": "umbrella", "鱼": "fish", "船": "boat",
    "灯笼": "lantern", "箱子": "box", "围巾": "scarf", "风筝": "kite", "钟": "clock",
    "钥匙": "key",
}
COUNT = {"这个": "this", "那个": "that", "我的": "my", "你的": "your", "每个": "every"}
WHERE = {
    "在花园里": "in the garden", "在厨房里": "in the kitchen", "在窗边": "by the window",
    "在河边": "by the river", "在学校": "at school", "在桥下": "under the bridge",
}
WHEN = {
    "今天": "today", "早上": "in the morning", "晚上": "in the evening", "周日": "on Sunday",
    "冬天": "in winter", "每天": "every day",
}
JOIN = {"但是": "but", "所以": "so", "因为": "because"}


class Pair(NamedTuple):
    """A sentence and its translation."""

    source: str
    target: str


def clause(chance: random.Random) -> Pair:
    """One of some million clauses, without what ends it."""
    who, deed, thing = (chance.choice(list(words)) for words in (WHO, DEED, THING))
    count = chance.choice(list(COUNT))
    colour = chance.choice(list(COLOUR)) if chance.random() < 0.5 else ""
    where = chance.choice(list(WHERE)) if chance.random() < 0.4 else ""
    when = chance.choice(list(WHEN)) if chance.random() < 0.4 else ""
    denied, is_plain = chance.random() < 0.2, who in PLAIN
    said = DEED[deed][0 if denied or is_plain else 1]
    if denied:
        said = f"{'do' if is_plain else 'does'} not {said}"
    words = (
        WHO[who], said, COUNT[count], COLOUR.get(colour), THING[thing], WHERE.get(where),
        WHEN.get(when),
    )
    return Pair(
        source=who + when + where + ("不" if denied else "") + deed + count + colour + thing,
        target=" ".join(word for word in words if word),
    )


def sentence(chance: random.Random) -> Pair:
    """One clause or two, and a sign that ends them."""
    first = clause(chance)
    if chance.random() < 0.15:
        join, second = chance.choice(list(JOIN)), clause(chance)
        first = Pair(
            f"{first.source}，{join}{second.source}",
            f"{first.target}, {JOIN[join]} {second.target}",
        )
    end, sign = chance.choice((("。", "."), ("。", "."), ("！", "!"), ("", "")))
    return Pair(first.source + end, first.target[0].upper() + first.target[1:] + sign)


def is_held_out(source: str) -> bool:
    """Whether a sentence is kept from training: one in eight, told by its hash."""
    return hashlib.sha256(source.encode()).digest()[0] < 32


def held_out(count: int) -> list[Pair]:
    """So many different sentences that the model has never seen."""
    chance, found = random.Random(SEED + 1), dict[str, Pair]()
    while len(found) < count:
        pair = sentence(chance)
        if is_held_out(pair.source):
            found[pair.source] = pair
    return list(found.values())


class Pieces:
    """Two SentencePiece models and the one vocabulary that both write into."""

    def __init__(self, folder: Path) -> None:
        from sentencepiece import SentencePieceProcessor, SentencePieceTrainer

        chance = random.Random(SEED)
        pairs = [sentence(chance) for _ in range(SENTENCES)]
        self.cut: dict[str, Any] = {}
        for name, lines in (
            ("source", [pair.source for pair in pairs]), ("target", [pair.target for pair in pairs]),
        ):
            with (folder / f"{name}.spm").open("wb") as file:
                SentencePieceTrainer.train(
                    sentence_iterator=iter(lines), model_writer=file, vocab_size=PIECES[name],
                    model_type="bpe", hard_vocab_limit=False, character_coverage=1.0, num_threads=1,
                    bos_id=-1, eos_id=1, unk_id=0, minloglevel=2,
                )
            self.cut[name] = SentencePieceProcessor(model_file=str(folder / f"{name}.spm"))
        # As with OPUS-MT, the vocabulary is what occurs, not what the pieces were merged from.
        own = Counter(
            piece for pair in pairs for name, text in zip(self.cut, pair, strict=True)
            for piece in self.cut[name].encode(text, out_type=str)
        )
        self.names = ["</s>", "<unk>", *(piece for piece, _ in own.most_common())]
        self.numbers = {name: number for number, name in enumerate(self.names)}

    def numbered(self, name: str, text: str) -> list[int]:
        """A text as numbers of the vocabulary, with its end."""
        pieces = self.cut[name].encode(text, out_type=str)
        return [*(self.numbers.get(piece, UNKNOWN) for piece in pieces), END]


def fresh_weights(size: int, chance: Any) -> dict[str, Any]:
    """Weights by Marian's names. Source: Glorot and Bengio 2010, for their spread."""
    import numpy as np

    found: dict[str, Any] = {
        "Wemb": chance.normal(0, WIDTH**-0.5, (size, WIDTH)),
        "decoder_ff_logit_out_b": np.zeros((1, size)),
    }

    def linear(scope: str, name: str, rows: int, columns: int) -> None:
        edge = (6 / (rows + columns)) ** 0.5
        found[f"{scope}_W{name}"] = chance.uniform(-edge, edge, (rows, columns))
        found[f"{scope}_b{name}"] = np.zeros((1, columns))

    def norm(scope: str) -> None:
        found[f"{scope}_ln_scale"] = np.ones((1, WIDTH))
        found[f"{scope}_ln_bias"] = np.zeros((1, WIDTH))

    for side, depth in (("encoder", ENCODER_DEPTH), ("decoder", DECODER_DEPTH)):
        for layer in range(1, depth + 1):
            for kind in ("self", "context") if side == "decoder" else ("self",):
                for name in "qkvo":
                    linear(f"{side}_l{layer}_{kind}", name, WIDTH, WIDTH)
                norm(f"{side}_l{layer}_{kind}_Wo")
            linear(f"{side}_l{layer}_ffn", "1", WIDTH, INNER)
            linear(f"{side}_l{layer}_ffn", "2", INNER, WIDTH)
            norm(f"{side}_l{layer}_ffn_ffn")
    return {name: values.astype(np.float32) for name, values in found.items()}


def positions(length: int) -> Any:
    """Marian's table: sines in the first half of a row, cosines in the second."""
    import numpy as np

    rates = 10_000 ** (-2 * np.arange(WIDTH // 2) / WIDTH)
    angles = np.arange(length)[:, None] * rates[None, :]
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1).astype(np.float32)


class Rows(NamedTuple):
    """A batch: numbers of pieces, and 1 where one stands rather than padding."""

    numbers: Any
    there: Any


def rows(texts: list[list[int]]) -> Rows:
    """Texts as one rectangle."""
    import numpy as np

    width = max(map(len, texts))
    numbers = np.array([text + [END] * (width - len(text)) for text in texts])
    there = np.array([[1.0] * len(text) + [0.0] * (width - len(text)) for text in texts])
    return Rows(numbers, there.astype(np.float32))


class Calculus(NamedTuple):
    """What autograd knows only piecemeal, in one step each: four times as fast, and in 32 bits."""

    softmax: Callable[[Any], Any]
    normed: Callable[[Any], Any]
    swish: Callable[[Any], Any]
    missed: Callable[..., Any]


def calculus() -> Calculus:
    """Each with its slope, derived by hand; a test holds them against differences."""
    import numpy as np
    from autograd.extend import defvjp, primitive

    def soft(x: Any) -> Any:
        raised = np.exp(x - x.max(axis=-1, keepdims=True))
        return raised / raised.sum(axis=-1, keepdims=True)

    def spread(x: Any) -> Any:
        return 1 / np.sqrt(x.var(axis=-1, keepdims=True) + np.float32(1e-5))

    def unnormed(answer: Any, x: Any) -> Callable[[Any], Any]:
        def slope(by: Any) -> Any:
            lean = (by * answer).mean(axis=-1, keepdims=True)
            return (by - by.mean(axis=-1, keepdims=True) - answer * lean) * spread(x)

        return slope

    def unswished(answer: Any, x: Any) -> Callable[[Any], Any]:
        gate = 1 / (1 + np.exp(-x))
        return lambda by: by * (gate + answer * (1 - gate))

    def missed(logits: Any, numbers: Any, there: Any) -> Any:
        right = np.take_along_axis(soft(logits), numbers[..., None], axis=-1)[..., 0]
        return -(np.log(right + np.float32(1e-20)) * there).sum() / there.sum()

    def unmissed(answer: Any, logits: Any, numbers: Any, there: Any) -> Callable[[Any], Any]:
        lean = soft(logits)
        at = numbers[..., None]
        np.put_along_axis(lean, at, np.take_along_axis(lean, at, axis=-1) - 1, axis=-1)
        return lambda by: lean * (there / there.sum() * np.float32(by))[..., None]

    made = Calculus(
        softmax=primitive(soft),
        normed=primitive(lambda x: (x - x.mean(axis=-1, keepdims=True)) * spread(x)),
        swish=primitive(lambda x: x / (1 + np.exp(-x))),
        missed=primitive(missed),
    )
    defvjp(made.softmax, lambda answer, _: lambda by: answer * (
        by - (by * answer).sum(axis=-1, keepdims=True)
    ))
    defvjp(made.normed, unnormed)
    defvjp(made.swish, unswished)
    defvjp(made.missed, unmissed, argnums=(0,))
    return made


def loss(w: dict[str, Any], source: Rows, target: Rows, how: Calculus) -> Any:
    """Cross entropy of the targets' pieces, in nats a piece."""
    import autograd.numpy as np

    eye = np.eye(len(w["Wemb"]), dtype=np.float32)

    # Everything between is rows of one rectangle: beyond two dimensions numpy's dot knows no BLAS.
    def linear(x: Any, scope: str, name: str) -> Any:
        return np.dot(x, w[f"{scope}_W{name}"]) + w[f"{scope}_b{name}"]

    def added(x: Any, more: Any, scope: str) -> Any:
        return how.normed(x + more) * w[f"{scope}_ln_scale"] + w[f"{scope}_ln_bias"]

    def attended(x: Any, memory: Any, hidden: Any, scope: str) -> Any:
        def heads(y: Any, name: str) -> Any:
            y = linear(y, scope, name)
            return np.transpose(np.reshape(y, (count, -1, HEADS, WIDTH // HEADS)), (0, 2, 1, 3))

        scores = np.matmul(heads(x, "q"), np.transpose(heads(memory, "k"), (0, 1, 3, 2)))
        mixed = np.matmul(
            how.softmax(scores * (WIDTH // HEADS) ** -0.5 + hidden), heads(memory, "v")
        )
        mixed = np.reshape(np.transpose(mixed, (0, 2, 1, 3)), x.shape)
        return added(x, linear(mixed, scope, "o"), f"{scope}_Wo")

    def fed(x: Any, scope: str) -> Any:
        return added(x, linear(how.swish(linear(x, scope, "1")), scope, "2"), f"{scope}_ffn")

    def embedded(numbers: Any) -> Any:
        return np.dot(eye[numbers.ravel()], w["Wemb"]) * WIDTH**0.5

    count, length = target.numbers.shape
    padding = (1 - source.there)[:, None, None, :] * -1e9
    x = embedded(source.numbers) + np.tile(positions(source.numbers.shape[1]), (count, 1))
    for layer in range(1, ENCODER_DEPTH + 1):
        x = attended(x, x, padding, f"encoder_l{layer}_self")
        x = fed(x, f"encoder_l{layer}_ffn")
    future = np.triu(np.ones((length, length), dtype=np.float32), 1)[None, None] * -1e9
    # Marian's decoder sees nothing before the first piece, and then each piece one place later.
    begun = np.ones((count, length, 1), dtype=np.float32)
    begun[:, 0] = 0
    y = embedded(np.roll(target.numbers, 1, axis=1)) * begun.reshape(-1, 1)
    y = y + np.tile(positions(length), (count, 1))
    for layer in range(1, DECODER_DEPTH + 1):
        y = attended(y, y, future, f"decoder_l{layer}_self")
        y = attended(y, x, padding, f"decoder_l{layer}_context")
        y = fed(y, f"decoder_l{layer}_ffn")
    logits = np.dot(y, np.transpose(w["Wemb"])) + w["decoder_ff_logit_out_b"]
    return how.missed(logits, target.numbers.ravel(), target.there.ravel())


def batches(pieces: Pieces) -> Iterator[tuple[Rows, Rows]]:
    """New sentences without end, those of about one length together: nothing is learned by rote."""
    chance = random.Random(SEED)
    while True:
        pairs = [sentence(chance) for _ in range(BATCH * 16)]
        numbered = sorted(
            ((pieces.numbered("source", one), pieces.numbered("target", two)) for one, two in
             pairs if not is_held_out(one)),
            key=lambda pair: (len(pair[1]), len(pair[0])),
        )
        starts = list(range(0, len(numbered) - BATCH + 1, BATCH))
        chance.shuffle(starts)
        for start in starts:
            chosen = numbered[start : start + BATCH]
            yield rows([one for one, _ in chosen]), rows([two for _, two in chosen])


def trained(pieces: Pieces, *, told: Callable[[str], None]) -> dict[str, Any]:
    """Weights after `STEPS` steps of Adam. Source: Kingma and Ba 2015, algorithm 1."""
    import numpy as np
    from autograd import value_and_grad

    weights = fresh_weights(len(pieces.names), np.random.default_rng(SEED))
    first = {name: np.zeros_like(values) for name, values in weights.items()}
    second = {name: np.zeros_like(values) for name, values in weights.items()}
    slope, how, begun = value_and_grad(loss), calculus(), time.monotonic()
    for step, (source, target) in zip(range(1, STEPS + 1), batches(pieces), strict=False):
        value, slopes = slope(weights, source, target, how)
        rate = RATE * min(step / WARM_UP, (STEPS - step + 1) / (STEPS - WARM_UP))
        for name, by in slopes.items():
            first[name] += np.float32(0.1) * (by - first[name])
            second[name] += np.float32(0.02) * (by * by - second[name])
            lean = first[name] / np.float32(1 - 0.9**step)
            spread = np.sqrt(second[name] / np.float32(1 - 0.98**step)) + np.float32(1e-8)
            weights[name] -= np.float32(rate) * lean / spread
        if step % 50 == 0:
            told(f"step {step}: {value:.4f} nats a piece, {time.monotonic() - begun:.0f} s")
    return weights


MARIAN = {
    "type": "transformer", "enc-depth": ENCODER_DEPTH, "dec-depth": DECODER_DEPTH,
    "transformer-heads": HEADS, "transformer-ffn-activation": "swish",
    "transformer-preprocess": "", "transformer-postprocess": "dan",
    "transformer-postprocess-emb": "d", "transformer-decoder-autoreg": "self-attention",
    "transformer-no-projection": False, "transformer-guided-alignment-layer": "last",
}


def make(folder: Path, *, told: Callable[[str], None] = lambda _: None) -> None:
    """Train the model and write it into the existing, empty folder as OPUS-MT would."""
    import numpy as np

    pieces = Pieces(folder)
    weights = trained(pieces, told=told)
    settings = json.dumps(MARIAN).encode() + b"\0"
    np.savez(
        folder / "model.npz", **weights,
        **{"special:model.yml": np.frombuffer(settings, dtype=np.int8)},
    )
    quoted = [f"{json.dumps(name, ensure_ascii=False)}: {n}\n" for n, name in enumerate(pieces.names)]
    (folder / "vocab.yml").write_text("".join(quoted), encoding="utf-8")
    (folder / "decoder.yml").write_text(
        "models: [model.npz]\nvocabs: [vocab.yml, vocab.yml]\nrelative-paths: true\n"
    )
    (folder / "README.md").write_text("A toy, trained by Catflap's tests on its own sentences.\n")


def kept() -> Path:
    """The folder of the model, trained now where this file has changed since; half a minute.

    In a process of its own: on so small matrices BLAS is quickest with one thread, which it must
    be told before numpy is loaded.
    """
    known = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:16]
    place = KEPT / known
    if not place.is_dir():
        work = KEPT / f".{known}.{os.getpid()}"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        subprocess.run(
            [sys.executable, __file__, str(work)], check=True,
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )
        try:
            work.rename(place)
        except OSError:
            # Another run was quicker.
            shutil.rmtree(work)
    return place


if __name__ == "__main__":
    make(Path(sys.argv[1]), told=lambda line: print(line, file=sys.stderr, flush=True))
