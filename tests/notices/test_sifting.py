"""Notices in bundles, and those that a policy holds back, on both databases."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from catflap.ground import clock, ids
from catflap.ground.errors import NotFound
from catflap.notes import actions as notes
from catflap.notes.model import Visibility, Written
from catflap.notices import actions, pages, queries, sifting
from catflap.notices.model import Choice, Kind, Policy
from catflap.notices.pages import Wanted
from catflap.people import actions as people
from tests.conftest import house_at, run

EVERY = Wanted(kinds=tuple(Kind), above=0, below=2**63 - 1, count=40, bundled=(Kind.LIKE, Kind.FOLLOW))


@pytest.fixture(autouse=True)
def ids_of_now(monkeypatch):
    """Ids never go back, so those made in a moved time would put off all later ones."""
    monkeypatch.setattr(ids, "_last_ms", -1)


async def cast(house):
    """Juniper, and three who do things to her."""
    async with house.database.tx() as tx:
        return [await people.join(tx, handle=name, locale="en", reads=("en",)) for name in ("juniper", "ash", "birch", "cedar")]


async def note_of(house, author, text, *, visibility=Visibility.PUBLIC):
    async with house.database.tx() as tx:
        return await notes.post(tx, by=author, written=Written(body=text, visibility=visibility), prior=("en",))


async def given(house, to, actor, *, kind=Kind.LIKE, note=None):
    async with house.database.tx() as tx:
        await actions.give(tx, to=to, kind=kind, actor=actor, note=note)


async def bundled(house, viewer, **changed):
    async with house.database.reads() as reads:
        found = await pages.bundles(reads, viewer, msgspec.structs.replace(EVERY, **changed))
    return [(bundle.newest.kind, [one.actor_id for one in bundle.notices]) for bundle in found.found]


def test_a_bundle_holds_what_is_alike_for_twelve_hours_from_its_first(database_url, tmp_path):
    async def story():
        house = house_at(database_url, tmp_path)
        juniper, ash, birch, cedar = await cast(house)
        note = await note_of(house, juniper, "Hello")
        await given(house, juniper, ash, note=note)
        with clock.moved_by(timedelta(hours=11)):
            await given(house, juniper, birch, note=note)
        with clock.moved_by(timedelta(hours=13)):
            await given(house, juniper, cedar, note=note)
            await given(house, juniper, cedar, note=note)
            await given(house, juniper, ash, kind=Kind.FOLLOW)
        assert await bundled(house, juniper) == [
            (Kind.FOLLOW, [ash]), (Kind.LIKE, [cedar]), (Kind.LIKE, [birch, ash]),
        ]
        assert await bundled(house, juniper, count=1) == [(Kind.FOLLOW, [ash])]
        assert await bundled(house, juniper, count=1, upward=True) == [(Kind.LIKE, [birch, ash])]
        assert [kind for kind, _ in await bundled(house, juniper, bundled=())] == [Kind.FOLLOW, *[Kind.LIKE] * 3]
        async with house.database.tx() as tx:
            await people.block(tx, by=juniper, person=birch)
        assert await bundled(house, juniper, kinds=(Kind.LIKE,)) == [(Kind.LIKE, [cedar]), (Kind.LIKE, [ash])]
        await house.close()

    run(story())


def test_what_is_read_through_waits_no_more(database_url, tmp_path):
    async def story():
        house = house_at(database_url, tmp_path)
        juniper, ash, birch, cedar = await cast(house)
        for actor in (ash, birch, cedar):
            await given(house, juniper, actor, kind=Kind.FOLLOW)
        async with house.database.reads() as reads:
            found = (await pages.within(reads, juniper, EVERY)).kept
        async with house.database.tx() as tx:
            await actions.read_through(tx, juniper, newest=found[1].id)
            assert await queries.unread(tx, juniper) == 1
            assert await pages.unread(tx, juniper, kinds=tuple(Kind), count=10) == 1
            await actions.dismiss(tx, found[0].id, by=juniper)
            with pytest.raises(NotFound):
                await actions.dismiss(tx, found[1].id, by=ash)
            await actions.clear(tx, juniper)
            assert (await pages.within(tx, juniper, EVERY)).ids == []
        await house.close()

    run(story())


STRANGERS = Policy(not_following=Choice.FILTER)


async def chosen(house, person, policy):
    async with house.database.tx() as tx:
        await sifting.choose(tx, person, policy)
        assert await sifting.policy(tx, person) == policy


async def requested(house, viewer):
    async with house.database.reads() as reads:
        return await sifting.requests(reads, viewer, above=0, below=2**63 - 1, count=10, upward=False)


def test_what_is_held_back_is_given_once_its_request_is_accepted_and_gone_once_dismissed(database_url, tmp_path):
    async def story():
        house = house_at(database_url, tmp_path)
        juniper, ash, birch, cedar = await cast(house)
        note = await note_of(house, juniper, "Hello")
        await chosen(house, juniper, Policy(new_accounts=Choice.DROP))
        await given(house, juniper, ash, note=note)
        await chosen(house, juniper, STRANGERS)
        async with house.database.tx() as tx:
            await people.follow(tx, by=juniper, person=cedar)
        for actor in (ash, birch, cedar):
            for _ in range(2):
                await given(house, juniper, actor, note=note)
        await given(house, juniper, ash, kind=Kind.FOLLOW)
        assert await bundled(house, juniper) == [(Kind.LIKE, [cedar])]
        async with house.database.reads() as reads:
            assert await queries.unread(reads, juniper) == 1
            assert [one.actor_id for one in (await queries.of_viewer(reads, juniper, after=None)).items] == [cedar]
        of_birch, of_ash = await requested(house, juniper)
        assert (of_ash.actor_id, of_ash.notices_count, of_ash.last_note_id) == (ash, 2, note)
        async with house.database.tx() as tx:
            for deed in (sifting.accept, sifting.dismiss):
                with pytest.raises(NotFound):
                    await deed(tx, [of_ash.id], by=birch)
            await sifting.accept(tx, [of_ash.id], by=juniper)
            await sifting.dismiss(tx, [of_birch.id], by=juniper)
        assert await requested(house, juniper) == []
        assert await bundled(house, juniper) == [(Kind.FOLLOW, [ash]), (Kind.LIKE, [cedar, ash])]
        await given(house, juniper, ash, kind=Kind.COLLECT, note=note)
        assert (await bundled(house, juniper))[0] == (Kind.COLLECT, [ash])
        await given(house, juniper, birch, note=note)
        assert [one.actor_id for one in await requested(house, juniper)] == [birch]
        await house.close()

    run(story())


def test_each_policy_knows_whom_it_means(database_url, tmp_path):
    async def story():
        house = house_at(database_url, tmp_path)
        juniper, ash, birch, cedar = await cast(house)
        secret = await note_of(house, ash, "Psst @juniper", visibility=Visibility.MENTIONED)
        aloud = await note_of(house, ash, "Hey @juniper")
        hers = await note_of(house, juniper, "Psst @ash @birch", visibility=Visibility.MENTIONED)
        async with house.database.tx() as tx:
            answer = await notes.comment(tx, by=ash, to=hers, text="Yes?", prior=("en",))
            await people.follow(tx, by=birch, person=juniper)
            await people.follow(tx, by=juniper, person=cedar)

        async def verdict(policy, actor, note=aloud, kind=Kind.MENTION):
            await chosen(house, juniper, policy)
            async with house.database.reads() as reads:
                return await sifting.verdict(reads, to=juniper, kind=kind, actor=actor, note=note)

        no, yes = Choice.FILTER, Choice.ACCEPT
        assert await verdict(STRANGERS, ash) is no
        assert await verdict(STRANGERS, cedar) is yes
        assert await verdict(STRANGERS, ash, kind=Kind.ACCEPTED) is yes
        fans = Policy(not_followers=no)
        assert await verdict(fans, birch) is no
        with clock.moved_by(timedelta(days=4)):
            assert await verdict(fans, birch) is yes
            assert await verdict(fans, ash) is no
        new = Policy(new_accounts=no)
        assert await verdict(new, ash) is no
        assert await verdict(new, cedar) is yes
        with clock.moved_by(timedelta(days=31)):
            assert await verdict(new, ash) is yes
        private = Policy(private_mentions=no)
        assert await verdict(private, ash, secret) is no
        assert await verdict(private, ash, aloud) is yes
        assert await verdict(private, ash, answer, Kind.COMMENT) is yes
        assert await verdict(private, cedar, secret) is yes
        assert await verdict(Policy(not_following=no, new_accounts=Choice.DROP), ash) is Choice.DROP
        await house.close()

    run(story())
