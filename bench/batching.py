"""What batches are worth, and what a text costs that is translated already.

``make bench``. Sentences a second of the engine `ctranslate2`, in batches and in its own process,
against one request a sentence over the same model, which is how LibreTranslate is used: same
weights, beam, precision and niceness, one thread each, turn about in one run. Beside it the whole
path, with segments, spans and every check. The model is the one that the tests train: so small
that a matrix costs next to nothing and what is compared is how a model is asked; the
fraction of a millisecond a sentence that the path adds is nothing beside a model of a real size.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import psutil
from tests.translation import tiny_model

from bench.serving import cpu_s, free_port, started
from catflap.ground.database import Database
from catflap.ground.opening import database_at
from catflap.migrations import running
from catflap.translation import actions, pipeline, queries
from catflap.translation.codes import CHINESE, ENGLISH
from catflap.translation.engines.ctranslate2 import CTranslate2
from catflap.translation.engines.port import Batch
from catflap.translation.jobs import BATCH_TEXTS
from catflap.translation.model import Origin, TextKey

SENTENCES = 768
NOTE_SENTENCES = 4
TURNS = 7
PAGE_TEXTS = 20
PAGES = 200
TARGET_RATIO = 5.0
TARGET_KEPT_US = 50.0
RESULTS = Path("bench-results.json")


def sentences(turn: int) -> list[str]:
    """Different sentences of the model's own grammar, new ones each turn: nothing is remembered."""
    chance = random.Random(turn)
    found = [tiny_model.sentence(chance).source for _ in range(2 * SENTENCES)]
    return list(dict.fromkeys(found))[:SENTENCES]


def one_by_one(port: int, texts: Sequence[str]) -> list[str]:
    """Each text with a request of its own, one after the other, on one connection."""
    link = http.client.HTTPConnection("127.0.0.1", port)
    answers = []
    for text in texts:
        body = json.dumps({"q": text, "source": "zh", "target": "en"}).encode()
        link.request("POST", "/translate", body, {"content-type": "application/json"})
        answers.append(json.loads(link.getresponse().read())["translatedText"])
    link.close()
    return answers


async def by_engine(engine: CTranslate2, texts: Sequence[str]) -> list[str]:
    """The engine alone, in batches as the pipeline makes them."""
    ordered = sorted(texts, key=len)
    said: dict[str, str] = {}
    size = engine.card.batch_limit_texts
    for start in range(0, len(ordered), size):
        some = ordered[start : start + size]
        answers = await engine.translate(Batch(source=CHINESE, target=ENGLISH, texts=some))
        said |= dict(zip(some, answers, strict=True))
    return [said[text] for text in texts]


async def by_pipeline(engine: CTranslate2, texts: Sequence[str]) -> list[str]:
    """The whole path, as many notes at a time as the worker takes, each of some sentences."""
    said: list[str] = []
    notes = ["\n".join(texts[n : n + NOTE_SENTENCES]) for n in range(0, len(texts), NOTE_SENTENCES)]
    for start in range(0, len(notes), BATCH_TEXTS):
        asked = [
            pipeline.Asked(text=text, langs=(CHINESE,), target=ENGLISH)
            for text in notes[start : start + BATCH_TEXTS]
        ]
        outcomes = await pipeline.translated(asked, route=lambda *_: [engine])
        for one in outcomes:
            whole = one.text if isinstance(one, pipeline.Translated) else "\n" * NOTE_SENTENCES
            said += whole.split("\n")[:NOTE_SENTENCES]
    return said


def processors_s() -> float:
    """Processor time of this process and of those below it, in seconds."""
    here = psutil.Process()
    return sum(map(cpu_s, [here, *here.children(recursive=True)]))


async def throughput(folder: Path) -> dict[str, float]:
    """Sentences a second of each way, medians of the turns."""
    texts, port = sentences(0), free_port()
    command = [sys.executable, "-m", "bench.one_by_one", str(port), str(folder / "zh-en")]
    server, _ = started(command, f"http://127.0.0.1:{port}/")
    engine = CTranslate2(folder, threads=1, device="cpu")

    async def asked_singly(texts: Sequence[str]) -> list[str]:
        return await asyncio.to_thread(one_by_one, port, texts)

    ways: dict[str, Callable[[Sequence[str]], Awaitable[list[str]]]] = {
        "one_by_one": asked_singly,
        "engine": lambda texts: by_engine(engine, texts),
        "path": lambda texts: by_pipeline(engine, texts),
    }
    try:
        said = {name: await way(texts) for name, way in ways.items()}
        turns: dict[str, list[float]] = {name: [] for name in ways}
        spent: dict[str, list[float]] = {name: [] for name in ways}
        for turn in range(1, TURNS + 1):
            texts = sentences(turn)
            for name, way in ways.items():
                begun, used = time.perf_counter(), processors_s()
                await way(texts)
                turns[name].append(len(texts) / (time.perf_counter() - begun))
                spent[name].append((processors_s() - used) / len(texts) * 1e6)
    finally:
        await engine.close()
        server.terminate()
        server.wait()
    if said["one_by_one"] != said["engine"]:
        raise SystemExit("the two ways do not say the same: nothing can be compared")
    figures = {f"{name}_per_s": statistics.median(found) for name, found in turns.items()}
    figures |= {f"{name}_cpu_us": statistics.median(found) for name, found in spent.items()}
    for name in ("engine", "path"):
        ratios = [a / b for a, b in zip(turns[name], turns["one_by_one"], strict=True)]
        figures[f"{name}_ratio"] = statistics.median(ratios)
    figures["refused_ratio"] = said["path"].count("") / len(texts)
    return figures


async def kept_texts(database: Database) -> list[list[TextKey]]:
    """Pages of texts with their renditions."""
    chance, pages = random.Random(2), []
    for _ in range(PAGES):
        keys = []
        async with database.tx() as tx:
            for _ in range(PAGE_TEXTS):
                pair = tiny_model.sentence(chance)
                key = await actions.keep(tx, pair.source, prior=["zh"])
                await actions.render(
                    tx, key, target=ENGLISH, text=pair.target, origin=Origin.ENGINE, engine="tiny"
                )
                keys.append(key)
        pages.append(keys)
    return pages


async def memory(folder: Path) -> dict[str, float]:
    """Microseconds a text that has its rendition: read from the database, and read again."""
    url = f"sqlite:///{folder / 'kept.db'}"
    await running.upgrade(url)
    database = database_at(url, durable=False)
    try:
        pages = await kept_texts(database)
        figures = {}
        # The first time round no page has been asked for before; the second time all have.
        for name in ("kept_us", "kept_again_us"):
            found = []
            for keys in pages:
                begun = time.perf_counter()
                async with database.reads() as reads:
                    answers = await queries.kept(reads, keys, target=ENGLISH)
                found.append((time.perf_counter() - begun) * 1e6 / len(set(keys)))
                assert all(answers[key].rendition for key in keys)
            figures[name] = statistics.median(found)
        return figures
    finally:
        await database.close()


def installed(folder: Path) -> Path:
    """The folder of models with the tests' own, put there by the command."""
    subprocess.run(
        [sys.executable, "-m", "catflap", "translation", "install", "zh-en", "--from",
         str(tiny_model.kept()), "--data", str(folder)],
        check=True, stdout=subprocess.DEVNULL,
    )
    return folder / "models"


def report(found: dict[str, float]) -> None:
    """The figures in words."""
    held = "holds" if found["engine_ratio"] >= TARGET_RATIO else "DOES NOT HOLD"
    print(
        f"translating in batches: {found['engine_ratio']:.1f} times one request a sentence "
        f"({held}: at least {TARGET_RATIO:.0f}); {found['engine_per_s']:.0f}/s against "
        f"{found['one_by_one_per_s']:.0f}/s; processor {found['engine_cpu_us']:.0f} us a sentence "
        f"of {found['one_by_one_cpu_us']:.0f} us"
    )
    print(
        f"with segments, spans and every check, which one request a sentence goes without: "
        f"{found['path_ratio']:.1f} times, {found['path_per_s']:.0f}/s, processor "
        f"{found['path_cpu_us']:.0f} us"
    )
    held = "holds" if found["kept_us"] < TARGET_KEPT_US else "DOES NOT HOLD"
    print(
        f"a text translated already: {found['kept_us']:.1f} us, again {found['kept_again_us']:.1f} "
        f"us, on a page of {PAGE_TEXTS} ({held}: less than {TARGET_KEPT_US:.0f})"
    )


def main() -> None:
    """Measure, print, and put the figures beside those of the pages in bench-results.json."""
    with tempfile.TemporaryDirectory(prefix="catflap-bench-") as place:
        folder = Path(place)
        found = asyncio.run(throughput(installed(folder))) | asyncio.run(memory(folder))
    report(found)
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    RESULTS.write_text(json.dumps(results | {"batching": found}, indent=1))


if __name__ == "__main__":
    main()
