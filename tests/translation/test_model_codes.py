"""How models for many languages are told which two: the tokens around a sentence."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from catflap.translation.codes import NAMES, Lang
from catflap.translation.engines import model_codes
from catflap.translation.engines.ctranslate2 import CTranslate2
from catflap.translation.engines.ctranslate2_serving import POSITIONS, Model
from catflap.translation.models import keeping, recognising
from tests.translation.test_ctranslate2 import installed, opus  # noqa: F401 - fixtures

KINDS = ("m2m100", "madlad", "nllb")


def pieces_of_madlad(path: Path) -> None:
    """Pieces such as MADLAD's, of which each target's name is one."""
    from sentencepiece import SentencePieceTrainer

    with path.open("wb") as file:
        SentencePieceTrainer.train(
            sentence_iterator=iter(["the cat sleeps by the river", "a house, and a boat"] * 20),
            model_writer=file, vocab_size=40, model_type="unigram", hard_vocab_limit=False,
            user_defined_symbols=["<2zh>", "<2en>"], minloglevel=2,
        )


@pytest.fixture
def folder(installed, tmp_path):  # noqa: F811
    """The tests' own model, made up as one of a kind for many languages."""

    def made(kind: str) -> Path:
        place = tmp_path / kind
        shutil.copytree(installed / "zh-en", place)
        (place / "model.json").unlink()
        [name] = recognising.PIECES[kind]
        if kind == "madlad":
            pieces_of_madlad(place / name)
        else:
            shutil.copyfile(place / "source.spm", place / name)
        for spare in ("source.spm", "target.spm"):
            (place / spare).unlink()
        # Such models are given the end of a text by whoever asks them.
        config = json.loads((place / "config.json").read_text()) | {"add_source_eos": False}
        (place / "config.json").write_text(json.dumps(config))
        if kind == "nllb":
            path = place / "shared_vocabulary.json"
            path.write_text(json.dumps([*json.loads(path.read_text())[:-2], "zho_Hans", "eng_Latn"]))
        return place

    return made


def opened(place: Path, kind: str, **more) -> Model:
    return Model(str(place), kind, threads=1, device="cpu", **more)


@pytest.mark.parametrize(("kind", "source", "target", "first", "prefix"), [
    ("m2m100", "en", "zh", ["__en__"], ["__zh__"]),
    ("m2m100", "he", "tl", ["__he__"], ["__tl__"]),
    ("nllb", "en", "zh", ["eng_Latn"], ["zho_Hans"]),
    ("nllb", "yue", "no", ["yue_Hant"], ["nob_Latn"]),
    ("nllb", "sw", "fa", ["swh_Latn"], ["pes_Arab"]),
])
def test_both_languages_are_named_before_the_text_and_before_the_answer(
    folder, kind, source, target, first, prefix
):
    model = opened(folder(kind), kind)
    [row] = model.tokens("我看见那个风筝。", source=source, target=target)
    words = model._in.encode("我看见那个风筝。", out_type=str)
    assert row == [*first, *words, "</s>"]
    assert model.prefix(target) == prefix


def test_madlad_is_told_the_target_in_the_text_and_answers_without_a_prefix(folder):
    model = opened(folder("madlad"), "madlad")
    [row] = model.tokens("the cat sleeps", source="en", target="zh")
    assert row.count("<2zh>") == 1
    assert row.index("<2zh>") <= 1
    assert row[-1] == "</s>"
    assert "".join(row[row.index("<2zh>") + 1 : -1]) == "▁the▁cat▁sleeps"
    assert model.prefix("zh") is None


@pytest.mark.parametrize("kind", KINDS)
def test_every_stretch_of_a_long_text_is_named_and_fits(folder, kind):
    model = opened(folder(kind), kind, positions=24)
    text = "the cat sleeps by the river, " * 9 if kind == "madlad" else "我看见那个风筝，" * 12
    rows = model.tokens(text, source="en", target="zh")
    named = {"m2m100": "__en__", "madlad": "<2zh>", "nllb": "eng_Latn"}[kind]
    assert len(rows) > 2
    assert all(row.count(named) == 1 and row[-1] == "</s>" for row in rows)
    assert all(row.index(named) <= 1 and len(row) <= 24 < POSITIONS for row in rows)


def test_each_kind_is_recognised_by_its_files_and_its_vocabulary(folder):
    for kind in KINDS:
        assert recognising.described(folder(kind), name=kind).kind == kind


@pytest.mark.parametrize("kind", KINDS)
def test_every_language_one_can_read_is_known_and_no_other_is_guessed(folder, kind, tmp_path):
    models = tmp_path / "models"
    keeping.take(folder(kind), entry=None, into=models, name=f"my-{kind}")
    engine = CTranslate2(models)
    assert all(
        engine.supports(Lang(one), Lang(other)) for one in NAMES for other in NAMES if one != other
    )
    for unknown in ("und", "tlh", "zxx", "qqq"):
        assert not engine.supports(Lang(unknown), Lang("zh"))
        assert not engine.supports(Lang("zh"), Lang(unknown))
        assert not model_codes.token(kind, unknown)
    assert not engine.supports(Lang("zh"), Lang("zh"))


def test_no_two_languages_have_one_name():
    for kind, codes in (("m2m100", model_codes.M2M100), ("madlad", model_codes.MADLAD)):
        names = [model_codes.token(kind, code) for code in codes.split()]
        assert len(names) == len(set(names))
        assert all(names)
    found = [model_codes.token("nllb", code) for code in model_codes.MADLAD.split()]
    assert len([one for one in found if one]) == len({one for one in found if one}) > 100
