"""Tags that mean the same: who may say so, what it changes, and what the seed may not undo."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import pairwise

import pytest

from catflap.ground import clock, ids
from catflap.ground.errors import NotFound, Overtaken, TextMissing, TextTooLong, TooMany
from catflap.ground.statements import Statement
from catflap.migrations import running
from catflap.notes import families, jobs, joining, leaving, queries
from catflap.notes.actions import checked_tag
from catflap.notes.errors import OwnProposal, ProposalDecided, ProposalRefused, TagInvalid, Vain
from catflap.notes.model import FAMILY_MAX_TAGS, OPEN_PROPOSALS_MAX, Member, ProposalState
from catflap.notes.tables import family_proposals
from catflap.people import actions as people
from catflap.people.model import NEWCOMER_BELOW_NOTES
from catflap.translation import actions as translation_actions
from catflap.translation import queries as translation
from catflap.translation.codes import Lang
from catflap.translation.errors import HostsOnly
from tests.conftest import POSTGRES, house_at, in_postgres, run
from tests.notes import test_storage

_NO_KEY = Statement(
    family_proposals.update().where(family_proposals.c.id > 0).values(reason_key="")
)


class Tags(test_storage.Place):
    """Two newcomers, and hosts who came long ago."""

    async def settle(self) -> None:
        await super().settle()
        self.hosts = [await self.host(f"host{n}") for n in range(3)]

    async def host(self, handle: str):
        person = await self.joins(handle, "en")
        async with self.db.tx() as tx:
            await people.arrived_at(tx, person, at=clock.now() - timedelta(days=60))
            await people.adjust(tx, person, "comments_count", by=NEWCOMER_BELOW_NOTES)
        return person

    async def does(self, verb, *args, **kwargs):
        async with self.db.tx() as tx:
            return await verb(tx, *args, **kwargs)

    async def together(self, *tags: str) -> None:
        """One family of these tags, by the verbs."""
        for tag in tags[1:]:
            id_ = await self.does(joining.propose, tags[0], joins=tag, by=self.aju)
            assert not await self.does(joining.accept, id_, by=self.hosts[0])
            assert await self.does(joining.accept, id_, by=self.hosts[1])

    async def taken_out(self, tag: str) -> None:
        id_ = await self.does(joining.propose_leaving, tag, by=self.aju)
        for host in self.hosts[:2]:
            await self.does(joining.accept, id_, by=host)

    async def family(self, tag: str) -> set[str]:
        async with self.db.reads() as reads:
            found = (await families.expanded(reads, [tag]))[tag]
        assert found[0] == tag
        assert len(found) == len(set(found))
        return set(found)

    async def hearing(self, tag: str, viewer=None) -> families.Hearing:
        async with self.db.reads() as reads:
            family = (await families.of_tags(reads, [tag]))[tag]
            return await families.hearing(reads, family, viewer=viewer)


@pytest.fixture
def at(database_url, tmp_path):
    """Tells a story in a house of each kind."""

    return lambda story: test_storage.at(database_url, tmp_path, story, kind=Tags)


def seed_of(monkeypatch, tmp_path, *rows: str) -> None:
    """Another list of families, as a later release would bring it."""
    path = tmp_path / "families.toml"
    path.write_text("".join(f"[[family]]\n{row}\n" for row in rows), encoding="utf-8")
    monkeypatch.setattr(joining, "SEED", path)


def test_the_list_names_every_tag_once_in_the_form_it_is_kept_in_and_in_two_languages():
    found = joining.seeds()
    every = [member.tag for family in found for member in family]
    assert len(found) >= 80
    assert len(every) == len(set(every))
    assert [tag for tag in every if checked_tag(tag) != tag] == []
    for family in found:
        assert {member.lang for member in family} == {"en", "zh"}, family
        assert len(family) <= FAMILY_MAX_TAGS
    by_tag = {member.tag: {m.tag for m in family} for family in found for member in family}
    assert "猫税" in by_tag["cattax"]
    assert "抖音难民" in by_tag["tiktokrefugee"]


@pytest.mark.parametrize(
    ("tag", "lang"),
    [("猫税", "zh"), ("高3", "zh"), ("tiktok难民", ""), ("cattax", ""), ("ねこ税", "ja"),
     ("고양이", "ko"), ("2024", "")],
)
def test_han_kana_and_hangul_say_their_language(tag, lang):
    assert joining.written_in(tag) == lang


def test_a_tag_joins_a_family_when_two_hosts_who_did_not_propose_it_accept(at):
    async def story(p: Tags) -> None:
        id_ = await p.does(joining.propose, "#CatTax", joins="猫税", by=p.aju)
        assert await p.family("cattax") == {"cattax"}
        assert not await p.does(joining.accept, id_, by=p.hosts[0])
        assert not await p.does(joining.accept, id_, by=p.hosts[0])  # a double click is one host
        assert await p.family("猫税") == {"猫税"}
        assert await p.does(joining.accept, id_, by=p.hosts[1])
        assert await p.family("cattax") == {"cattax", "猫税"} == await p.family("猫税")
        assert await p.does(joining.accept, id_, by=p.hosts[1])

    at(story)


def test_newcomers_and_who_proposed_it_decide_nothing(at):
    async def story(p: Tags) -> None:
        id_ = await p.does(joining.propose, "cattax", joins="猫税", by=p.hosts[0])
        for verb, more in ((joining.accept, {}), (joining.decline, {"reason": "no"})):
            with pytest.raises(OwnProposal):
                await p.does(verb, id_, by=p.hosts[0], **more)
            with pytest.raises(HostsOnly):
                await p.does(verb, id_, by=p.juniper, **more)
        await p.does(joining.accept, id_, by=p.hosts[1])
        assert await p.does(joining.accept, id_, by=p.hosts[2])
        with pytest.raises(NotFound):
            await p.does(joining.accept, id_ + 1, by=p.hosts[1])

    at(story)


def test_two_families_become_one_with_what_was_decided_in_both(at):
    async def story(p: Tags) -> None:
        await p.together("cattax", "猫税", "payyourcattax", "sofa")
        await p.together("catstax", "交猫税", "chair")
        await p.taken_out("chair")
        await p.together("猫税", "交猫税")
        every = {"cattax", "猫税", "payyourcattax", "sofa", "catstax", "交猫税"}
        assert await p.family("catstax") == every == await p.family("sofa")
        said = {(one.kind.value, one.tag) for one in (await p.hearing("sofa")).proposals}
        assert ("leave", "chair") in said
        async with p.db.reads() as reads:
            before = reads.count
            found = await families.expanded(reads, ["sofa", "catstax", "alone"])
            assert reads.count == before + 1
        assert set(found["sofa"]) == every == set(found["catstax"])
        assert found["alone"] == ("alone",)
        assert found["sofa"][:3] == ("sofa", "cattax", "猫税")

    at(story)


def test_a_tag_is_taken_out_by_two_hosts_and_can_come_back(at):
    async def story(p: Tags) -> None:
        await p.together("cattax", "猫税", "sofa")
        id_ = await p.does(joining.propose_leaving, "sofa", by=p.hosts[0])
        assert not await p.does(joining.accept, id_, by=p.hosts[1])
        assert await p.family("sofa") == {"cattax", "猫税", "sofa"}
        assert await p.does(joining.accept, id_, by=p.hosts[2])
        assert await p.family("sofa") == {"sofa"}
        assert await p.family("cattax") == {"cattax", "猫税"}
        for page in ("sofa", "猫税"):
            assert (await p.hearing(page)).proposals[0].tag == "sofa", page
        with pytest.raises(ProposalRefused) as refused:
            await p.does(joining.propose_leaving, "sofa", by=p.aju)
        assert refused.value.reason is Vain.ALONE
        await p.together("猫税", "sofa")
        assert await p.family("sofa") == {"cattax", "猫税", "sofa"}

    at(story)


def test_what_would_change_nothing_is_refused(at):
    async def story(p: Tags) -> None:
        await p.together("cattax", "猫税")
        for one, other, reason in (("cattax", "猫税", Vain.TOGETHER), ("CatTax", "#cattax", Vain.SAME)):
            with pytest.raises(ProposalRefused) as refused:
                await p.does(joining.propose, one, joins=other, by=p.aju)
            assert refused.value.reason is reason
        with pytest.raises(TagInvalid):
            await p.does(joining.propose, "cattax", joins="two words", by=p.aju)

    at(story)


def test_a_reason_is_a_text_that_its_readers_have_translated(at):
    async def story(p: Tags) -> None:
        id_ = await p.does(joining.propose, "cattax", joins="狗税", by=p.aju)
        with pytest.raises(NotFound):
            async with p.db.reads() as reads:
                await families.reason_key(reads, id_)
        await p.does(joining.decline, id_, by=p.hosts[0], reason="Dogs pay elsewhere")
        async with p.db.reads() as reads:
            key = await families.reason_key(reads, id_)
            text = (await translation.kept(reads, [key], target=Lang("zh")))[key]
        assert (text.text, text.langs, text.public) == ("Dogs pay elsewhere", ("en",), True)
        # Those that older code wrote become texts by a job, which may run twice.
        async with p.db.tx() as tx:
            await tx.run(_NO_KEY)
            await translation_actions.release(tx, [key])
        for _ in range(2):
            await jobs.keep_reasons(p.house, jobs.KeepReasons())
        async with p.db.reads() as reads:
            assert await families.reason_key(reads, id_) == key
            assert await translation.uses(reads, key) == 1

    at(story)


def test_a_decline_says_why_and_names_who(at):
    async def story(p: Tags) -> None:
        id_ = await p.does(joining.propose, "cattax", joins="狗税", by=p.aju)
        with pytest.raises(TextMissing):
            await p.does(joining.decline, id_, by=p.hosts[0], reason=" \n ")
        with pytest.raises(TextTooLong):
            await p.does(joining.decline, id_, by=p.hosts[0], reason="no" * 500)
        for _ in range(2):
            await p.does(joining.decline, id_, by=p.hosts[0], reason="Dogs pay  elsewhere")
        with pytest.raises(ProposalDecided):
            await p.does(joining.accept, id_, by=p.hosts[1])
        with pytest.raises(ProposalDecided):
            await p.does(joining.withdraw, id_, by=p.aju)
        for page in ("cattax", "狗税"):
            [one] = (await p.hearing(page)).proposals
            assert one.state is ProposalState.DECLINED
            assert (one.by_id, one.decided_by_id) == (p.aju, p.hosts[0])
            assert one.reason == "Dogs pay elsewhere"
            assert one.decided_at is not None
        assert await p.family("cattax") == {"cattax"}

    at(story)


def test_only_who_proposed_withdraws(at):
    async def story(p: Tags) -> None:
        id_ = await p.does(joining.propose, "cattax", joins="狗税", by=p.aju)
        for other in (p.juniper, p.hosts[0]):
            with pytest.raises(NotFound):
                await p.does(joining.withdraw, id_, by=other)
        for _ in range(2):
            await p.does(joining.withdraw, id_, by=p.aju)
        assert (await p.hearing("cattax")).proposals[0].state is ProposalState.WITHDRAWN
        # What was withdrawn may be proposed anew, by anybody.
        assert await p.does(joining.propose, "狗税", joins="cattax", by=p.juniper) != id_

    at(story)


def test_the_same_proposal_is_open_once_whoever_makes_it_and_in_whichever_order(at):
    async def story(p: Tags) -> None:
        async def proposed(one, other, by):
            return await p.does(joining.propose, one, joins=other, by=by)

        numbers = await asyncio.gather(*(
            proposed(*pair, by)
            for by in (p.aju, p.juniper, p.aju, *p.hosts)
            for pair in (("cattax", "猫税"), ("猫税", "cattax"))
        ))
        assert len(set(numbers)) == 1
        assert len((await p.hearing("猫税")).proposals) == 1

    at(story)


def test_one_person_has_only_so_many_open_proposals_however_fast_they_click(at):
    async def story(p: Tags) -> None:
        async def proposed(n: int) -> bool:
            try:
                await p.does(joining.propose, "cattax", joins=f"猫税{n}", by=p.aju)
            except TooMany:
                return False
            return True

        done = await asyncio.gather(*map(proposed, range(OPEN_PROPOSALS_MAX + 5)))
        assert sum(done) == OPEN_PROPOSALS_MAX
        first = done.index(True)
        assert await proposed(first)  # what is open already is no second one
        [one] = [o for o in (await p.hearing(f"猫税{first}")).proposals if o.other == f"猫税{first}"]
        await p.does(joining.withdraw, one.id, by=p.aju)
        assert await proposed(100)

    at(story)


def test_a_family_has_only_so_many_tags(at):
    async def story(p: Tags) -> None:
        async def full() -> list:
            return [
                {"tag": f"cat{n}", "family": 7, "lang": "", "place": n}
                for n in range(FAMILY_MAX_TAGS - 1)
            ]

        async with p.db.tx() as tx:
            await tx.run_many(joining._ADD_TAG, await full())
        last = await p.does(joining.propose, "cat0", joins="猫0", by=p.aju)
        over = await p.does(joining.propose, "cat1", joins="猫1", by=p.aju)
        for id_ in (last, over):
            await p.does(joining.accept, id_, by=p.hosts[0])
        assert await p.does(joining.accept, last, by=p.hosts[1])
        with pytest.raises(TooMany):
            await p.does(joining.accept, over, by=p.hosts[1])
        with pytest.raises(TooMany):
            await p.does(joining.propose, "猫0", joins="猫2", by=p.aju)
        assert len(await p.family("cat1")) == FAMILY_MAX_TAGS
        assert (await p.hearing("猫1")).proposals[0].state is ProposalState.OPEN

    at(story)


@pytest.mark.parametrize("made_before", [False, True])
def test_hosts_who_decide_at_the_same_moment_make_one_family_and_no_half_one(at, made_before):
    async def story(p: Tags) -> None:
        async def accepted(id_: int) -> None:
            while True:
                try:
                    await p.does(joining.accept, id_, by=p.hosts[2])
                except Overtaken:
                    await asyncio.sleep(0.01)
                else:
                    return

        for turn in range(3):
            tags = [f"tag_{turn}_{n}" for n in range(8)]
            if made_before:
                for one, other in zip(tags[::2], tags[1::2], strict=True):
                    await p.together(one, other)
            pairs = list(pairwise(tags))[made_before :: 1 + made_before]
            numbers = [await p.does(joining.propose, one, joins=other, by=p.aju) for one, other in pairs]
            for id_ in numbers:
                await p.does(joining.accept, id_, by=p.hosts[0])
            await asyncio.gather(*map(accepted, numbers))
            for tag in tags:
                assert await p.family(tag) == set(tags)
            hearing = await p.hearing(tags[0])
            assert {one.state for one in hearing.proposals} == {ProposalState.ACCEPTED}
            assert all(len(agreed) == joining.HOSTS_NEEDED for agreed in hearing.agreed.values())

    at(story)


def test_a_page_shows_each_note_of_the_family_once_in_order_page_by_page(at):
    async def story(p: Tags) -> None:
        await p.together("cattax", "猫税")
        posted = []
        for n in range(queries.PAGE + 5):
            tags = (("cattax",), ("猫税",), ("cattax", "猫税"), ("cattax", "sofa"))[n % 4]
            posted.append(await p.posts(p.juniper, f"note {n}", tags=tags))
            await asyncio.sleep(0.001)  # ids sort by the millisecond
        await p.posts(p.juniper, "of another", tags=("sofa",))
        async with p.db.reads() as reads:
            tags = (await families.expanded(reads, ["猫税"]))["猫税"]
            first = await queries.tagged(reads, tags, after=None)
            second = await queries.tagged(reads, tags, after=first.next_cursor)
        assert first.items == posted[:-queries.PAGE - 1:-1]
        assert second.items == posted[4::-1]
        assert second.next_cursor is None

    at(story)


def test_the_seed_comes_once_and_names_the_languages(at):
    async def story(p: Tags) -> None:
        for _ in range(2):
            await p.does(joining.plant)
        async with p.db.reads() as reads:
            family = (await families.of_tags(reads, ["猫税"]))["猫税"]
            assert family.members[:2] == (Member(tag="猫税", lang="zh"), Member(tag="cattax", lang="en"))
            every = [m.tag for seed in joining.seeds() for m in seed]
            found = await families.expanded(reads, every)
        for seed in joining.seeds():
            assert set(found[seed[0].tag]) == {member.tag for member in seed}
        async with p.db.tx() as tx:
            before = tx.count
            await joining.plant(tx)
            assert tx.count == before + 1

    at(story)


def test_a_later_seed_brings_what_is_new_and_undoes_nothing_that_hosts_decided(
    at, monkeypatch, tmp_path
):
    async def story(p: Tags) -> None:
        seed_of(monkeypatch, tmp_path, 'en = ["cattax", "sofa"]\nzh = ["猫税"]', 'en = ["rent"]\nzh = ["租房"]')
        await p.does(joining.plant)
        await p.taken_out("sofa")
        await p.together("rent", "lease")
        no = await p.does(joining.propose, "狗税", joins="猫税", by=p.aju)
        await p.does(joining.decline, no, by=p.hosts[0], reason="No")
        seed_of(
            monkeypatch, tmp_path, 'en = ["cattax", "sofa", "lease"]\nzh = ["猫税", "狗税", "交猫税"]',
            'en = ["rent", "renting"]\nzh = ["租房"]', 'en = ["tea"]\nzh = ["茶"]',
        )
        for _ in range(2):
            await p.does(joining.plant)
            assert await p.family("cattax") == {"cattax", "猫税", "交猫税"}
            assert await p.family("sofa") == {"sofa"}
            assert await p.family("狗税") == {"狗税"}
            assert await p.family("rent") == {"rent", "租房", "lease", "renting"}
            assert await p.family("茶") == {"茶", "tea"}

    at(story)


def test_who_left_or_is_blocked_is_not_named_but_what_was_decided_stands(at):
    async def story(p: Tags) -> None:
        await p.together("cattax", "猫税")
        await p.does(people.block, by=p.hosts[1], person=p.juniper)
        hearing = await p.hearing("cattax", viewer=p.juniper)
        assert hearing.people == {p.aju, p.hosts[0]}
        [agreed] = hearing.agreed.values()
        assert agreed == (p.hosts[0], None)
        await p.does(leaving.leave, p.aju, seal=p.house.seal)
        await p.does(leaving.leave, p.hosts[0], seal=p.house.seal)
        hearing = await p.hearing("cattax")
        assert hearing.people == {p.hosts[1]}
        assert hearing.proposals[0].by_id is None
        assert await p.family("猫税") == {"cattax", "猫税"}

    at(story)


@pytest.fixture(params=["sqlite", "postgresql"])
def step_before(request, tmp_path):
    """A database of each kind as the release before left it."""
    name = f"catflap_test_step_{ids.new(shard=0)}"
    url = f"sqlite:///{tmp_path / 'old.db'}"
    if request.param == "postgresql":
        if not request.getfixturevalue("postgres_answers"):
            pytest.skip("no PostgreSQL at CATFLAP_TEST_POSTGRES")
        run(in_postgres(f"CREATE DATABASE {name}"))
        url = POSTGRES.rpartition("/")[0] + f"/{name}"
    run(running.upgrade(url, to="0002"))
    yield url
    if request.param == "postgresql":
        run(in_postgres(f"DROP DATABASE {name} WITH (FORCE)"))


def test_a_database_of_the_release_before_is_brought_on(step_before, tmp_path):
    async def story() -> None:
        assert await running.standing(step_before) == "0002"
        await running.upgrade_if_behind(step_before)
        assert await running.standing(step_before) == running.NEWEST
        house = house_at(step_before, tmp_path)
        place = Tags(house)
        try:
            await place.settle()
            await place.does(joining.plant)
            await place.together("cattax", "sofa")
            assert {"猫税", "sofa"} <= await place.family("cattax")
        finally:
            await house.close()

    run(story())
