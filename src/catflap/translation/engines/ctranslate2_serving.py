"""The process that holds the models: questions in on stdin, answers out on stdout.

Each is msgpack behind its length in four bytes. It ends with its pipe, so no orphan keeps a model
in memory. Sources: CTranslate2's guides for Marian/OPUS-MT, M2M-100, NLLB and T5 models, for the
tokens that each wants around a sentence.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import msgspec

from catflap.translation.codes import UNSPACED
from catflap.translation.engines import model_codes

LENGTH_BYTES = 4
BEAM = 2
PATIENCE = 2.0
"""How many times `BEAM` hypotheses end before the best is taken. With 1, two that break off early
end a search that the whole sentence would have won: of 600 sentences of the tests' own model 96 %
come whole, with 2 99 %, for a quarter more time, and a beam of 4 has 97 % for half more."""
BATCH_TOKENS = 2048
POSITIONS = 512
"""The longest input that the smallest of these models was taught, in tokens."""
OUTPUT_TOKENS_MIN = 24
OUTPUT_RATIO = 3
END = "</s>"
SPACE = "▁"
_NAMES_BOTH = ("m2m100", "nllb")
"""Models that read the source's name before the text, and begin their answer with the target's."""
_PAUSES = tuple(",;:.!?，；：、。！？…")


class Question(msgspec.Struct, kw_only=True):
    """Texts of one language for one other, and the model to ask; ``version`` is of its weights."""

    folder: str
    version: str
    kind: str
    source: str
    target: str
    texts: list[str]


class Answer(msgspec.Struct, kw_only=True):
    """One text for each, or why there is none; ``tokens`` are those read and written.

    ``broken`` says that the model itself cannot be opened, whatever the texts.
    """

    texts: list[str] = []
    tokens: int = 0
    error: str = ""
    broken: str = ""


def cut(tokens: list[str], limit: int) -> list[list[str]]:
    """Tokens in stretches of at most ``limit``; joined, they are the tokens again.

    A stretch ends behind a comma or the like where one stands in its later half, else before a
    word, else where it must.
    """
    found: list[list[str]] = []
    while len(tokens) > limit:
        ends = range(limit, limit // 2, -1)
        pause = next((end for end in ends if tokens[end - 1].endswith(_PAUSES)), 0)
        word = next((end for end in ends if tokens[end].startswith(SPACE)), limit)
        found.append(tokens[: pause or word])
        tokens = tokens[pause or word :]
    return [*found, tokens]


class Model:
    """A model with its pieces of words; ``positions`` are the tokens it reads at once."""

    def __init__(
        self, folder: str, kind: str, *, threads: int, device: str, positions: int = POSITIONS
    ) -> None:
        import ctranslate2
        from sentencepiece import SentencePieceProcessor

        place = Path(folder)
        self.kind = kind
        self._positions = positions
        self._translator: Any = ctranslate2.Translator(
            folder, device=device, inter_threads=1, intra_threads=threads, compute_type="auto"
        )
        config = msgspec.json.decode((place / "config.json").read_bytes(), type=dict[str, Any])
        self._adds_end = bool(config.get("add_source_eos"))
        names = ("source.spm", "target.spm") if kind == "marian" else ("*.model", "*.model")
        files = [next(iter(sorted(place.glob(name)))) for name in names]
        self._in, self._out = (SentencePieceProcessor(model_file=str(file)) for file in files)

    def tokens(self, text: str, *, source: str, target: str) -> list[list[str]]:
        """A text as the model wants it, in as many stretches as it takes to read it whole."""
        first: list[str] = []
        if self.kind in _NAMES_BOTH:
            first = [model_codes.token(self.kind, source)]
        elif self.kind == "madlad":
            first = self._in.encode(model_codes.token(self.kind, target), out_type=str)
        last = [] if self._adds_end else [END]
        parts = cut(self._in.encode(text, out_type=str), self._positions - len(first) - 1)
        # A sentence begins with other pieces than its middle: what is cut off begins one anew.
        parts[1:] = [self._in.encode(self._in.decode(part), out_type=str) for part in parts[1:]]
        return [[*first, *part, *last] for part in parts]

    def prefix(self, target: str) -> list[str] | None:
        """What an answer begins with, for a model that is told its language that way."""
        return [model_codes.token(self.kind, target)] if self.kind in _NAMES_BOTH else None

    def translate(self, question: Question) -> Answer:
        """The batch, greedily filled: CTranslate2 sorts and packs it by tokens."""
        parts = [
            self.tokens(text, source=question.source, target=question.target)
            for text in question.texts
        ]
        rows = [row for text in parts for row in text]
        prefix = self.prefix(question.target)
        results = self._translator.translate_batch(
            rows, target_prefix=[prefix] * len(rows) if prefix else None, beam_size=BEAM,
            patience=PATIENCE, max_batch_size=BATCH_TOKENS, batch_type="tokens",
            max_decoding_length=max(map(_longest_answer, rows)),
        )
        # What runs on without end is cut off by its own length, not by that of its neighbours.
        said = [
            result.hypotheses[0][: _longest_answer(row)]
            for row, result in zip(rows, results, strict=True)
        ]
        skip = len(prefix or [])
        answers = iter([self._out.decode([t for t in row[skip:] if t != END]) for row in said])
        between = "" if question.target in UNSPACED else " "
        texts = [between.join(next(answers) for _ in text) for text in parts]
        return Answer(texts=texts, tokens=sum(map(len, rows)) + sum(map(len, said)))


def _longest_answer(row: list[str]) -> int:
    return OUTPUT_RATIO * len(row) + OUTPUT_TOKENS_MIN


class Shelf:
    """The models that were asked for, each opened once and again when its weights change."""

    def __init__(self, *, threads: int, device: str) -> None:
        self._threads = threads
        self._device = device
        self._open: dict[str, tuple[str, Model]] = {}

    def _model(self, question: Question) -> Model:
        version, model = self._open.get(question.folder, ("", None))
        if model is None or version != question.version:
            # The old one goes first: two of a model may be more than the memory holds.
            self._open.pop(question.folder, None)
            model = Model(
                question.folder, question.kind, threads=self._threads, device=self._device
            )
            self._open[question.folder] = (question.version, model)
        return model

    def answer(self, question: Question) -> Answer:
        """What the model says, or what is wrong with it or with the texts."""
        try:
            model = self._model(question)
        except (RuntimeError, ValueError, OSError, StopIteration, msgspec.MsgspecError) as error:
            name = Path(question.folder).name
            return Answer(broken=f"{name} cannot be opened: {_words(error)}")
        try:
            return model.translate(question)
        except (RuntimeError, ValueError) as error:
            return Answer(error=_words(error))


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:500]


def serve(*, threads: int, device: str) -> None:
    """Answer until the pipe closes."""
    shelf = Shelf(threads=threads, device=device)
    stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
    while len(head := stdin.read(LENGTH_BYTES)) == LENGTH_BYTES:
        question = msgspec.msgpack.decode(stdin.read(int.from_bytes(head, "big")), type=Question)
        raw = msgspec.msgpack.encode(shelf.answer(question))
        stdout.write(len(raw).to_bytes(LENGTH_BYTES, "big") + raw)
        stdout.flush()


if __name__ == "__main__":
    os.nice(int(sys.argv[3]))
    serve(threads=int(sys.argv[1]), device=sys.argv[2])
