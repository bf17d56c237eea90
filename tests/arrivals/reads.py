"""What comes of an archive, read in this process."""

from __future__ import annotations

from pathlib import Path

import msgspec

from catflap.arrivals import reading
from catflap.arrivals.gathering import Batch
from catflap.arrivals.model import HandleKind, Post, Report
from tests.arrivals import generators


class Outcome:
    """The child's answers, without a child."""

    def __init__(self, source: Path, folder: Path, name: str = "") -> None:
        self.out = folder / "out"
        self.out.mkdir(exist_ok=True)
        self.batches: list[Batch] = []
        self.answer = reading.outcome(source, self.out, name or source.name, say=self.batches.append)
        said = msgspec.json.encode([self.batches, self.answer]).decode()
        assert generators.SECRET not in said

    @property
    def report(self) -> Report:
        assert isinstance(self.answer, reading.Done), self.answer
        return self.answer.report

    @property
    def refused(self) -> tuple[str, dict]:
        assert isinstance(self.answer, reading.Refused), self.answer
        return self.answer.refusal.error, self.answer.refusal.data

    @property
    def posts(self) -> list[Post]:
        return [post for batch in self.batches for post in batch.posts]

    def handles(self, kind: HandleKind) -> list[str]:
        return [one.handle for batch in self.batches for one in batch.handles if one.kind is kind]

    def counts(self) -> dict[str, int]:
        return {kind.value: count for kind, count in self.report.found.items()}
