"""What a note says, as copies of it are found by."""

from __future__ import annotations

import random

import pytest

from catflap.feed import saying

STORY = (
    "My grandmother kept three hens behind the station, and every morning the oldest one walked "
    "to the platform, looked at the first train as if she owned it, and walked back to breakfast."
)
故事 = (
    "我外婆在火车站后面养了三只母鸡，每天早上最老的那只都会走到站台上，像主人一样看着第一班火车进站，"
    "然后再慢慢走回来吃早饭，从来没有迟到过一次。"
)


@pytest.mark.parametrize("text", [
    "hello", "Hello everyone!", "Hi all, I'm new here 👋", "大家好", "大家好，我是新来的，请多多关照！",
    "各位早上好呀", "test", "🐱🐱🐱", "", "猫税", "nice cat",
])
def test_a_greeting_is_nobodys(text):
    assert saying.marks(text) == []


@pytest.mark.parametrize(("one", "other"), [
    ("Buy this now", "BUY, this... now!!"),
    ("台灣的貓咖啡館今天開門了", "台湾的猫咖啡馆，今天开门了。"),
    (STORY, STORY.replace(",", ";").upper()),
    (故事, 故事.replace("，", " ")),
])
def test_case_script_and_what_stands_between_change_nothing(one, other):
    assert saying.marks(one) == saying.marks(other) != []


@pytest.mark.parametrize(("one", "other"), [
    (STORY, STORY.replace("three", "four") + " lol"),
    (故事, "转发：" + 故事.replace("母鸡", "公鸡")),
])
def test_a_near_copy_shares_a_mark_and_is_near(one, other):
    assert set(saying.marks(one)[1:]) & set(saying.marks(other)[1:])
    assert saying.marks(one)[0] != saying.marks(other)[0]
    assert saying.are_near(one, other)


def test_of_near_copies_nearly_all_share_a_mark_and_of_others_few():
    chance = random.Random(7)
    words = [f"{a}{b}{c}" for a in "bdfgklm" for b in "aeiou" for c in "nrst"]
    near = far = 0
    for _ in range(200):
        text = [chance.choice(words) for _ in range(60)]
        copied = list(text)
        for at in chance.sample(range(60), 2):
            copied[at] = chance.choice(words)
        other = [chance.choice(words) for _ in range(60)]
        own = set(saying.marks(" ".join(text)))
        assert saying.are_near(" ".join(text), " ".join(copied))
        near += bool(own & set(saying.marks(" ".join(copied))))
        far += bool(own & set(saying.marks(" ".join(other))))
    assert near >= 190
    assert far <= 40


def test_two_people_who_write_of_the_same_are_no_copies():
    other = STORY.replace("hens behind the station", "cats above the bakery").replace(
        "looked at the first train as if she owned it", "slept in the warm window until noon")
    assert not saying.are_near(STORY, other)
