"""Finding one's people again, and the games that are played with claims, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from catflap.arrivals import actions, claiming, finding, importing, limits, looking
from catflap.arrivals.claiming import Find, Prove
from catflap.arrivals.errors import NotProvable, OldHandleInvalid
from catflap.arrivals.handles import handle_hash
from catflap.arrivals.model import (
    ClaimState,
    Handle,
    HandleKind,
    MeetingKind,
    Network,
    Report,
)
from catflap.arrivals.tables import claims, meetings
from catflap.ground import clock
from catflap.ground.errors import NotFound, TooFast, TooMany
from catflap.notices import queries as notices
from catflap.people import actions as people
from catflap.people import queries as people_queries
from tests.arrivals.test_bringing import of_test
from tests.notes.test_storage import Place, at

_TEXTS = [of_test(table.select()) for table in (claims, meetings)]


class Street(Place):
    """People who knew each other elsewhere; who is new here says who they were."""

    async def settle(self) -> None:
        await super().settle()
        self.sam = await self.joins("sam", "en")

    async def seeks(self, *whom) -> None:
        for person in whom:
            async with self.db.tx() as tx:
                await claiming.seek(tx, by=person)

    async def brings(self, by, kind=HandleKind.FOLLOWED, *, handles=(), network=Network.TIKTOK):
        """A list, as its archive's reading leaves it."""
        async with self.db.tx() as tx:
            id_ = actions.new_id(by)
            await actions.bring(tx, id_, by=by, file_name="x.zip", size_bytes=1)
            item = await actions.queries.one(tx, id_, viewer=by)
            found = [Handle(kind=kind, network=network, handle=handle) for handle in handles]
            await actions.keep(
                tx, item, posts=[], handles=found, seal=self.house.seal, batch=0, progress_ratio=1.0
            )
            await actions.finish(tx, item, Report(network=network, found={}, kept={}))
        await self.works()
        return id_

    async def claims(self, by, handle, network=Network.TIKTOK):
        async with self.db.tx() as tx:
            id_ = await claiming.claim(tx, network, handle, by=by, seal=self.house.seal)
        await self.works()
        return id_

    async def proves(self, id_) -> None:
        async with self.db.tx() as tx:
            await claiming.prove(tx, await claiming.anyone(tx, id_))
        await self.works()

    async def waves(self, by) -> None:
        async with self.db.tx() as tx:
            ids = [one.claim_id for one in await finding.of_viewer(tx, viewer=by)]
            await finding.wave(tx, ids, by=by)
        await self.works()

    async def sees(self, viewer) -> list:
        """Whom a viewer is shown, and a None for each who is here without a face."""
        async with self.db.reads() as reads:
            met = await finding.of_viewer(reads, viewer=viewer)
        return [one.person_id if one.is_open else None for one in met]

    async def greeted(self, viewer) -> list:
        """Who lets a viewer know that they knew them."""
        async with self.db.reads() as reads:
            return [one.person_id for one in await finding.greetings(reads, viewer=viewer)]

    async def told(self, viewer) -> list:
        async with self.db.reads() as reads:
            items = (await notices.of_viewer(reads, viewer, after=None)).items
        return [(one.kind, one.actor_id) for one in items]


def play(database_url, tmp_path, story) -> None:
    at(database_url, tmp_path, story, kind=Street)


def test_two_whose_lists_name_each_other_are_shown_once_both_said_yes_and_both_hear(database_url, tmp_path):
    async def story(p: Street) -> None:
        await p.seeks(p.aju, p.juniper)
        await p.brings(p.aju, handles=["juniper.old", "somebody"])
        await p.claims(p.aju, "@AJU.old")
        await p.brings(p.juniper, HandleKind.FOLLOWER, handles=["aju.old"])
        assert (await p.sees(p.aju), await p.sees(p.juniper)) == ([], [None])
        mine = await p.claims(p.juniper, "Juniper.Old")
        assert (await p.sees(p.aju), await p.sees(p.juniper)) == ([None], [None])
        await p.waves(p.aju)
        assert (await p.sees(p.aju), await p.sees(p.juniper)) == ([None], [None])
        assert await p.told(p.juniper) == []
        await p.waves(p.juniper)
        assert (await p.sees(p.aju), await p.sees(p.juniper)) == ([p.juniper], [p.aju])
        assert await p.told(p.aju) == [("found", p.juniper)]
        assert await p.told(p.juniper) == [("found", p.aju)]
        async with p.db.tx() as tx:
            assert (await claiming.one(tx, mine, viewer=p.juniper)).state is ClaimState.MUTUAL
        for _ in range(2):
            await looking.find(p.house, Find(person=p.aju))
            await looking.tell_found(p.house, Find(person=p.aju))
        await p.works()
        assert await p.told(p.aju) == [("found", p.juniper)]

    play(database_url, tmp_path, story)


def test_a_proven_claim_is_shown_to_those_whose_lists_name_it_now_and_later(database_url, tmp_path):
    async def story(p: Street) -> None:
        await p.seeks(p.aju, p.juniper, p.sam)
        await p.brings(p.aju, handles=["juniper@old.example"], network=Network.FEDIVERSE)
        mine = await p.claims(p.juniper, "@juniper@old.example", Network.FEDIVERSE)
        await p.proves(mine)
        assert await p.sees(p.aju) == [p.juniper]
        assert await p.told(p.aju) == [("found", p.juniper)]
        # Whoever claims is not told who looked for them.
        assert (await p.sees(p.juniper), await p.told(p.juniper)) == ([], [])
        await p.brings(p.sam, handles=["juniper@old.example"], network=Network.FEDIVERSE)
        assert await p.sees(p.sam) == [p.juniper]
        async with p.db.tx() as tx:
            await people.block(tx, by=p.juniper, person=p.sam)
        assert await p.sees(p.sam) == []

    play(database_url, tmp_path, story)


def test_whoever_proved_it_hears_of_those_who_let_them_know_and_of_nobody_else(database_url, tmp_path):
    async def story(p: Street) -> None:
        silent = await p.joins("silent", "en")
        await p.seeks(p.aju, p.juniper, p.sam, silent)
        mine = await p.claims(p.juniper, "juniper.old")
        for viewer in (p.aju, p.sam, silent):
            await p.brings(viewer, handles=["juniper.old"])
        # A yes to somebody who merely says so is none to being named to them.
        await p.waves(p.aju)
        await p.proves(mine)
        for viewer in (p.aju, p.sam, silent):
            assert await p.told(viewer) == [("found", p.juniper)]
        assert (await p.greeted(p.juniper), await p.told(p.juniper)) == ([], [])

        for _ in range(2):
            await p.waves(p.aju)
        assert (await p.greeted(p.juniper), await p.told(p.juniper)) == ([p.aju], [("found", p.aju)])
        # Whom they block says nothing to them, and taking it back takes the name back.
        async with p.db.tx() as tx:
            await people.block(tx, by=p.juniper, person=p.sam)
        await p.waves(p.sam)
        assert (await p.greeted(p.juniper), await p.told(p.juniper)) == ([p.aju], [("found", p.aju)])
        async with p.db.tx() as tx:
            await finding.pass_over(tx, mine, by=p.aju)
        assert await p.greeted(p.juniper) == []

    play(database_url, tmp_path, story)


def test_nobody_is_named_to_somebody_who_no_longer_has_the_proof_or_seeks_nobody(database_url, tmp_path):
    async def story(p: Street) -> None:
        await p.seeks(p.aju, p.juniper, p.sam)
        await p.brings(p.aju, handles=["juniper.old"])
        first = await p.claims(p.juniper, "juniper.old")
        await p.proves(first)
        await p.waves(p.aju)
        assert await p.greeted(p.juniper) == [p.aju]
        for person, there in ((p.juniper, []), (p.aju, [])):
            async with p.db.tx() as tx:
                await claiming.hide(tx, by=person)
            assert await p.greeted(p.juniper) == there
            await p.seeks(person)
            await p.works()
        await p.waves(p.aju)
        assert await p.greeted(p.juniper) == [p.aju]
        await p.proves(await p.claims(p.sam, "juniper.old"))
        assert (await p.greeted(p.juniper), await p.greeted(p.sam)) == ([], [])

    play(database_url, tmp_path, story)


def test_two_who_found_each_other_still_see_each_other_once_one_of_them_proves_it(database_url, tmp_path):
    async def story(p: Street) -> None:
        await _found_each_other(p)
        async with p.db.reads() as reads:
            [mine] = await claiming.mine(reads, viewer=p.juniper)
        await p.proves(mine.id)
        assert (await p.sees(p.aju), await p.sees(p.juniper)) == ([p.juniper], [p.aju])
        assert await p.told(p.juniper) == [("found", p.aju)]

    play(database_url, tmp_path, story)


def test_who_does_not_want_to_be_found_is_as_absent_as_who_is_not_here(database_url, tmp_path):
    async def story(p: Street) -> None:
        await p.seeks(p.aju, p.juniper)
        mine = await p.claims(p.juniper, "juniper.old")
        await p.proves(mine)
        async with p.db.tx() as tx:
            await claiming.hide(tx, by=p.juniper)
        await p.brings(p.aju, handles=["juniper.old", "never.here"])
        assert (await p.sees(p.aju), await p.told(p.aju)) == ([], [])
        with pytest.raises(NotFound):
            await p.claims(p.sam, "sam.old")  # who seeks nobody claims nothing
        await p.seeks(p.juniper)
        await p.works()
        assert await p.sees(p.aju) == [p.juniper]
        # Nothing of it can be read off the database.
        async with p.db.reads() as reads:
            kept = repr([await reads.all(statement) for statement in _TEXTS])
        assert "juniper.old" not in kept

    play(database_url, tmp_path, story)


def test_a_famous_handle_that_two_claim_shows_neither_until_one_proves_it(database_url, tmp_path):
    async def story(p: Street) -> None:
        await p.seeks(p.aju, p.juniper, p.sam)
        await p.brings(p.aju, handles=["famous"])
        theirs, false = await p.claims(p.juniper, "famous"), await p.claims(p.sam, "famous")
        assert await p.sees(p.aju) == []
        async with p.db.reads() as reads:  # the claimants themselves cannot tell either
            assert {one.state for one in await claiming.mine(reads, viewer=p.sam)} == {ClaimState.SAID}
        await p.proves(theirs)
        assert await p.sees(p.aju) == [p.juniper]
        await p.proves(false)  # whoever has the old profile now
        assert await p.sees(p.aju) == [p.sam]

    play(database_url, tmp_path, story)


async def _found_each_other(p: Street) -> None:
    await p.seeks(p.aju, p.juniper, p.sam)
    await p.brings(p.aju, handles=["juniper.old"])
    await p.brings(p.juniper, handles=["aju.old"])
    await p.claims(p.aju, "aju.old")
    await p.claims(p.juniper, "juniper.old")
    await p.waves(p.aju)
    await p.waves(p.juniper)
    assert (await p.sees(p.aju), await p.sees(p.juniper)) == ([p.juniper], [p.aju])


def test_who_found_each_other_is_not_parted_by_somebody_who_claims_either_handle(database_url, tmp_path):
    async def story(p: Street) -> None:
        await _found_each_other(p)
        poppy = await p.joins("poppy", "en")
        await p.seeks(poppy)
        for rival, handle in ((p.sam, "juniper.old"), (poppy, "aju.old")):
            await p.claims(rival, handle)
            assert (await p.sees(p.aju), await p.sees(p.juniper)) == ([p.juniper], [p.aju])
        # To strangers a handle that two claim leads to neither, as before.
        await p.brings(poppy, handles=["juniper.old"])
        assert await p.sees(poppy) == []
        async with p.db.tx() as tx:
            for one in await claiming.mine(tx, viewer=poppy):
                await claiming.unclaim(tx, one.id, by=poppy)
        # A forged list makes somebody who says that they are juniper of sam, and no more.
        await p.brings(p.sam, handles=["aju.old"])
        await p.waves(p.sam)
        assert sorted(await p.sees(p.aju), key=str) == sorted([p.juniper, None], key=str)
        assert await p.sees(p.juniper) == [p.aju]
        assert p.aju not in await p.sees(p.sam)
        # A proof is more than what two people think of each other.
        async with p.db.reads() as reads:
            mine = await claiming.mine(reads, viewer=p.sam)
        await p.proves(mine[0].id)
        assert await p.sees(p.aju) == [p.sam]

    play(database_url, tmp_path, story)


def test_lists_that_name_each_other_find_each_other_beside_a_rival_who_came_before(database_url, tmp_path):
    async def story(p: Street) -> None:
        await p.seeks(p.aju, p.juniper, p.sam)
        await p.claims(p.sam, "juniper.old")
        await p.claims(p.juniper, "juniper.old")
        await p.brings(p.aju, handles=["juniper.old"])
        await p.brings(p.juniper, handles=["aju.old"])
        await p.claims(p.aju, "aju.old")
        assert (await p.sees(p.aju), await p.sees(p.juniper)) == ([], [None])
        await p.waves(p.juniper)
        assert (await p.sees(p.aju), await p.sees(p.juniper)) == ([None], [None])
        await p.waves(p.aju)
        assert (await p.sees(p.aju), await p.sees(p.juniper)) == ([p.juniper], [p.aju])
        assert await p.told(p.aju) == [("found", p.juniper)]

    play(database_url, tmp_path, story)


def test_an_impostor_who_came_first_does_not_keep_the_real_one_away(database_url, tmp_path):
    async def story(p: Street) -> None:
        await p.seeks(p.aju, p.juniper, p.sam)
        await p.brings(p.aju, handles=["juniper.old"])
        await p.claims(p.aju, "aju.old")
        await p.claims(p.sam, "juniper.old")
        await p.brings(p.sam, handles=["aju.old"])
        await p.waves(p.sam)
        await p.waves(p.aju)
        assert await p.sees(p.aju) == [p.sam]  # aju was taken in

        await p.brings(p.juniper, handles=["aju.old"])
        await p.claims(p.juniper, "juniper.old")
        await p.waves(p.juniper)
        assert sorted(await p.sees(p.aju), key=str) == sorted([p.sam, None], key=str)
        async with p.db.reads() as reads:
            assert all(one.doubted for one in await finding.of_viewer(reads, viewer=p.aju))
        await p.waves(p.aju)
        assert set(await p.sees(p.aju)) == {p.sam, p.juniper}
        assert await p.sees(p.juniper) == [p.aju]
        async with p.db.tx() as tx:
            for one in await finding.of_viewer(tx, viewer=p.aju):
                if one.person_id == p.sam:
                    await finding.pass_over(tx, one.claim_id, by=p.aju)
        assert (await p.sees(p.aju), await p.sees(p.sam)) == ([p.juniper], [None])

    play(database_url, tmp_path, story)


def test_a_rival_of_ones_own_making_does_not_read_off_who_follows_whom(database_url, tmp_path):
    async def story(p: Street) -> None:
        # sam says they are aju, and has a second account doubt juniper's claim.
        second = await p.joins("second", "en")
        await p.seeks(p.juniper, p.sam, second)
        await p.claims(p.juniper, "juniper.old")
        await p.claims(p.sam, "aju.old")
        await p.claims(second, "juniper.old")
        await p.brings(p.sam, handles=["juniper.old"])
        before = await p.sees(p.sam)
        await p.brings(p.juniper, handles=["aju.old"])
        assert await p.sees(p.sam) == before

    play(database_url, tmp_path, story)


def test_claiming_a_handle_tells_nobody_who_follows_whom(database_url, tmp_path):
    async def story(p: Street) -> None:
        # sam says they are somebody whom aju followed, and forges a list with aju's old handle.
        await p.seeks(p.aju, p.sam)
        await p.brings(p.aju, handles=["friend"])
        await p.claims(p.aju, "aju.old")
        async with p.db.reads() as reads:
            before = await claiming.mine(reads, viewer=p.sam)
        await p.claims(p.sam, "friend")
        await p.brings(p.sam, handles=["aju.old", *(f"guess{n}" for n in range(20))])
        await p.waves(p.sam)
        # aju is asked, and says no: sam never learns who it is, nor that anybody was asked.
        assert (await p.sees(p.sam), await p.told(p.sam), before) == ([None], [], [])
        async with p.db.tx() as tx:
            [one] = await finding.of_viewer(tx, viewer=p.aju)
            await finding.pass_over(tx, one.claim_id, by=p.aju)
            with pytest.raises(NotFound):
                await finding.shown(tx, one.claim_id, viewer=p.aju)
        assert (await p.sees(p.sam), await p.sees(p.aju)) == ([None], [])
        # A wave at what one never met is taken without a word, and does nothing.
        async with p.db.tx() as tx:
            await finding.wave(tx, [one.claim_id, 12345], by=p.juniper)
        assert await p.sees(p.juniper) == []

    play(database_url, tmp_path, story)


def test_handles_cannot_be_tried_one_after_another(database_url, tmp_path, monkeypatch):
    now = datetime(2025, 1, 1, tzinfo=UTC)  # ids are never of the future
    monkeypatch.setattr(clock, "now", lambda: now)

    async def story(p: Street) -> None:
        nonlocal now
        await p.seeks(p.sam)
        ids = [await p.claims(p.sam, f"guess{n}") for n in range(limits.CLAIMS_MAX)]
        assert await p.claims(p.sam, "@GUESS0") == ids[0]
        with pytest.raises(TooMany):
            await p.claims(p.sam, "another")
        async with p.db.tx() as tx:
            await claiming.unclaim(tx, ids[0], by=p.sam)
            with pytest.raises(NotFound):
                await claiming.unclaim(tx, ids[1], by=p.aju)
        with pytest.raises(TooFast):
            await p.claims(p.sam, "another")
        now += limits.CLAIMS_WITHIN
        await p.claims(p.sam, "another")
        with pytest.raises(OldHandleInvalid):
            await p.claims(p.sam, "no handle at all")
        # Without the key nobody can try handles against what stands here.
        assert handle_hash(p.house.seal, Network.TIKTOK, "another") != handle_hash(
            type(p.house.seal)(tmp_path / "elsewhere"), Network.TIKTOK, "another")
        async with p.db.tx() as tx:
            with pytest.raises(NotProvable):
                await claiming.ask_for_proof(tx, ids[1], by=p.sam, profile="")

    play(database_url, tmp_path, story)


def test_blocks_and_mutes_are_proposed_of_those_who_are_proven_alone(database_url, tmp_path):
    async def story(p: Street) -> None:
        await p.seeks(p.aju, p.juniper)
        await p.brings(p.aju, HandleKind.BLOCKED, handles=["pest"])
        mine = await p.claims(p.juniper, "pest")
        await p.waves(p.aju)
        assert await p.sees(p.aju) == [None]
        await p.proves(mine)
        async with p.db.reads() as reads:
            [one] = await finding.of_viewer(reads, viewer=p.aju)
            assert (one.kind, one.is_open) == (MeetingKind.BLOCKED, True)
            assert not (await people_queries.relation(reads, viewer=p.aju, person=p.juniper)).blocked
        assert await p.told(p.aju) == []  # nobody is told of whom they fled

    play(database_url, tmp_path, story)


def test_what_was_brought_is_forgotten_by_itself_or_at_a_word(database_url, tmp_path, monkeypatch):
    now = datetime(2025, 1, 1, tzinfo=UTC)  # ids are never of the future
    monkeypatch.setattr(clock, "now", lambda: now)

    async def story(p: Street) -> None:
        nonlocal now
        await p.seeks(p.aju, p.juniper)
        await p.proves(await p.claims(p.juniper, "juniper.old"))
        once, again = [await p.brings(p.aju, handles=["juniper.old"]) for _ in range(2)]
        async with p.db.tx() as tx:
            await actions.delete(tx, once, by=p.aju)
        await p.works()
        assert await p.sees(p.aju) == [p.juniper]  # the other list names them too
        async with p.db.tx() as tx:
            await actions.forget_handles(tx, by=p.aju)
            assert [item.id for item in await actions.queries.mine(tx, viewer=p.aju)] == [again]
        assert await p.sees(p.aju) == []
        await p.brings(p.aju, handles=["juniper.old"])
        now += limits.HANDLES_KEPT_FOR + timedelta(days=1)
        for _ in range(2):
            await importing.forget_old(p.house, importing.ForgetOld())
        assert await p.sees(p.aju) == []

    play(database_url, tmp_path, story)


def test_a_proof_of_a_claim_that_was_taken_back_is_nobodys(database_url, tmp_path):
    async def story(p: Street) -> None:
        await looking.prove(p.house, Prove(claim=1, profile="https://here.example/@x"))

    play(database_url, tmp_path, story)


