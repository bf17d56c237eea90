"""What a model is told beside a text: its note's title and tags, and nobody's name or address."""

from __future__ import annotations

import json

import pytest

from catflap import app
from catflap.access import actions as access
from catflap.notes import actions as notes
from catflap.notes.model import Written
from catflap.translation import spans
from tests.conftest import house_at, run
from tests.translation.scripted_endpoints import Endpoint, asked, chat, plausible

TITLE = "今天的早餐"
BODY = "豆浆和油条真好吃，大家快来。#面包新语 "
COMMENT = "看起来真不错呀，我也想去"


@pytest.fixture
def model():
    endpoint = Endpoint(lambda body: chat([plausible(text) for text in asked(body)]))
    yield endpoint
    endpoint.stop()


def told(model, text: str) -> str:
    """What the model was told as background of the one text that has these words."""
    found = [body for body in model.bodies if any(text in one for one in asked(body))]
    assert len(found) == 1, found
    between = [message["content"] for message in found[0]["messages"][1:-1]]
    return " ".join(json.loads(said[said.rindex(': "') + 2 :]) for said in between)


def test_a_model_is_told_title_and_tags_of_a_note_and_of_what_stands_under_it(
    database_url, tmp_path, model
):
    async def story(house) -> None:
        async with house.database.tx() as tx:
            by = await access.sign_up(
                tx, handle="baker", password_hash="x", email=None, locale="zh", reads=("zh",)
            )
        async with house.database.tx() as tx:
            note = await notes.post(
                tx, by=by, prior=("zh",),
                written=Written(
                    title=f"{TITLE} @阿橘 https://example.org/secret",
                    body=BODY, tags=("猫税", "street_food"),
                ),
            )
            answer = await notes.comment(tx, by=by, to=note, text=COMMENT, prior=("zh",))
        await app.runner(house, name="w").drain()
        async with house.database.tx() as tx:
            await notes.edit(
                tx, answer, by=by, prior=("zh",), written=Written(body="看起来很好吃，明天就去")
            )
        await app.runner(house, name="w").drain()

    async def play() -> None:
        house = house_at(
            database_url, tmp_path, engines=("openai",), openai_url=f"{model.url}/v1",
            openai_model="m", languages=("en",),
        )
        try:
            await story(house)
        finally:
            await house.close()

    run(play())
    about = f"{TITLE} 猫税 street food 面包新语"
    assert told(model, "豆浆") == about
    assert told(model, COMMENT) == about
    assert told(model, "明天就去") == about
    # A title says what the tags do not, so it is told only those.
    assert told(model, TITLE) == "猫税 street food 面包新语"
    for body in model.bodies:
        said = json.dumps(body, ensure_ascii=False)
        assert "阿橘" not in said
        assert "example.org" not in said


@pytest.mark.parametrize(("context", "left"), [
    ("早餐 #猫税 #street_food", "早餐 猫税 street food"),
    ("@阿橘 #年货2025 https://a.b/c?d=1#frag", "年货"),
    ("call me 13812345678 #我的电话13812345678", "call me 我的电话"),
    ("mail@#example.org foo@example.org", "mail@ example .org"),
    ("#DE89370400440532013000 #猫", "猫"),
])
def test_of_all_spans_only_the_words_of_tags_are_background(context, left):
    assert spans.background(context) == left
