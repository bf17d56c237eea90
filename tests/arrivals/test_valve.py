"""The valve: the order is kept, the rate holds for every hour, nobody is skipped."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from bisect import bisect_right
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from catflap.access import actions as access
from catflap.access import letters
from catflap.arrivals import actions as imports
from catflap.arrivals import entering, invitations, jobs, proving, valve
from catflap.arrivals.entering import Brought, Threshold
from catflap.arrivals.errors import InvitationNeeded, InvitationSpent, ProofNeeded, ProofRefused
from catflap.arrivals.valve import HOUR, Load, MailLoad, Way
from catflap.ground import clock
from catflap.ground.errors import NotAllowed, NotFound, TextTooLong, TooMany
from catflap.ground.jobs import jobs as job_rows
from catflap.ground.statements import Instant, Statement
from catflap.notes import actions, boosting
from catflap.people import actions as people
from catflap.people import profiles
from catflap.people import queries as people_queries
from catflap.people.errors import StillWaiting
from catflap.people.model import Field
from catflap.translation import introducing
from catflap.translation.errors import HostsOnly
from tests.arrivals.places import Village
from tests.arrivals.test_bringing import of_test
from tests.notes.test_storage import at

START = datetime(2025, 1, 14, 8, tzinfo=UTC)
KEY = "a key of this house"


def at_rate(per_hour: int, way: Way = Way.VALVED, proof_cost: int = 0) -> Threshold:
    return Threshold(way=way, per_hour=per_hour, waiting=0, proof_cost=proof_cost)


async def comes(p: Village, handle: str, now: Threshold, **brought: object):
    async with p.db.tx() as tx:
        person = await access.sign_up(tx, handle=handle, password_hash="x", email=None, locale="en", reads=("en",))
        return person, await entering.come_in(tx, person, Brought(**brought), now=now, key=KEY)


async def turns(p: Village, per_hour: int, way: Way = Way.VALVED):
    async with p.db.tx() as tx:
        return await valve.let_in_due(tx, way=way, per_hour=per_hour)


def test_a_wave_goes_through_in_order_and_never_faster_than_the_rate(database_url, tmp_path):
    """Sign-ups and runs of the job at uneven moments, from a fixed seed of gaps."""
    gaps_s = [7, 0, 300, 1, 1, 2, 900, 60, 3, 0, 0, 1800, 5, 10, 2400, 1, 700, 3600, 30, 2]

    async def story(p: Village) -> None:
        asked, came, instants, now = [], [], [], START
        for turn, gap in enumerate(gaps_s * 2):
            now += timedelta(seconds=gap)
            with clock.frozen_at(now):
                person, is_in = await comes(p, f"n{turn}", at_rate(4))
                asked.append(person)
                let_in = [person] if is_in else []
                if turn % 3 == 0:
                    for _ in range(2):
                        let_in += await turns(p, 4)
            came += let_in
            instants += [now] * len(let_in)
        while len(came) < len(asked):
            now += timedelta(minutes=7)
            with clock.frozen_at(now):
                let_in = await turns(p, 4)
            came += let_in
            instants += [now] * len(let_in)
        assert came == asked
        for first in instants:
            assert bisect_right(instants, first + HOUR - timedelta(microseconds=1)) - instants.index(first) <= 4

    at(database_url, tmp_path, story, kind=Village)


def test_many_at_once_never_pass_the_rate(database_url, tmp_path):
    async def story(p: Village) -> None:
        now = at_rate(3)
        many = await asyncio.gather(*(comes(p, f"m{n}", now) for n in range(9)))
        assert sum(is_in for _, is_in in many) == 3
        with clock.moved_by(HOUR):
            runs = await asyncio.gather(*(turns(p, 3) for _ in range(4)))
        assert sorted(map(len, runs)) == [0, 0, 0, 3]

    at(database_url, tmp_path, story, kind=Village)


@given(
    place=st.integers(1, 40), per_hour=st.integers(1, 7),
    ages_s=st.lists(st.integers(0, 3599), max_size=12),
)
def test_the_estimate_is_when_the_valve_lets_them_in(place, per_hour, ages_s):
    """Against the rule itself, played second by second with seats that come free."""
    taken = sorted(START - timedelta(seconds=age) for age in ages_s)
    told = valve.likely_s(place, per_hour=per_hour, taken=taken, now=START)
    seats, now = list(taken), START
    for _ in range(place):
        while sum(seat > now - HOUR for seat in seats) >= per_hour:
            now = min(seat for seat in seats if seat > now - HOUR) + HOUR
        seats.append(now)
    assert told == (now - START).total_seconds()


@given(
    st.integers(0, 50), st.integers(0, 5000), st.floats(0, 1e6), st.integers(0, 1000),
)
def test_more_load_never_opens_the_valve_wider(moderators, cases, backlog_s, ceiling):
    now = Load(moderators=moderators, open_cases=cases, backlog_s=backlog_s, ceiling_per_hour=ceiling)
    rate = valve.bounds(now).per_hour
    assert 1 <= rate <= (ceiling or valve.RATE_MAX)
    busier = Load(
        moderators=moderators, open_cases=cases + 10, backlog_s=backlog_s + 30, ceiling_per_hour=ceiling
    )
    assert valve.bounds(busier).per_hour <= rate
    helped = Load(
        moderators=moderators + 1, open_cases=cases, backlog_s=backlog_s, ceiling_per_hour=ceiling
    )
    assert valve.bounds(helped).per_hour >= rate
    for left, failing, asked in ((None, 0.3, 1.0), (40, 0.0, 0.5), (0, 1.0, 1.0), (3, 0.9, 0.0)):
        mail = MailLoad(left=left, failing_ratio=failing, with_address_ratio=asked)
        slowed = valve.bounds(msgspec.structs.replace(now, mail=mail)).per_hour
        assert 1 <= slowed <= rate
        assert slowed == rate or asked
        assert left is None or not asked or slowed <= max(1, left / asked)


def test_who_waits_reads_and_publishes_nothing_until_their_turn(database_url, tmp_path):
    async def story(p: Village) -> None:
        note = await p.posts(p.aju, "hello")
        await comes(p, "first", at_rate(1))
        person, is_in = await comes(p, "second", at_rate(1))
        assert not is_in
        async with p.db.reads() as reads:
            told = await valve.place(reads, person, way=Way.VALVED, per_hour=1)
            waits = await people_queries.by_id(reads, person, viewer=None)
        assert (told.place, told.needs_host) == (1, False)
        assert 3590 < told.likely_s <= 3600

        for deed in (
            lambda tx: actions.post(tx, by=person, written=actions.Written(body="x")),
            lambda tx: actions.comment(tx, by=person, to=note, text="x"),
            lambda tx: actions.like(tx, note, by=person),
            lambda tx: people.follow(tx, by=person, person=p.aju),
            lambda tx: boosting.boost(tx, note, by=person),
            lambda tx: introducing.introduce(tx, waits, name="x", bio="https://x.example", home="", prior=()),
            lambda tx: profiles.show(tx, waits, fields=[Field(name="x", value="https://x.example")]),
            lambda tx: imports.must_have_room(tx, by=person),
        ):
            with pytest.raises(StillWaiting):
                async with p.db.tx() as tx:
                    await deed(tx)
        async with p.db.reads() as reads:
            listed = await people_queries.directory(reads, viewer=None, newest=True, skipped=0, count=9)
        assert "first" in [one.handle for one in listed]
        assert person not in [one.id for one in listed]
        assert await turns(p, 1) == []
        with clock.moved_by(HOUR):
            assert await turns(p, 1) == [person]
            assert await turns(p, 1) == []
        await p.posts(person, "at last")
        async with p.db.reads() as reads:
            assert await valve.place(reads, person, way=Way.VALVED, per_hour=1) is None

    at(database_url, tmp_path, story, kind=Village)


class Letterbox:
    """A post that keeps what it is given."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []

    async def reset_link(self, *, to: str, token: str, locale: str) -> None:
        raise AssertionError

    async def let_in(self, *, to: str, handle: str, locale: str) -> None:
        self.sent.append((to, handle))

    async def turned_away(self, *, to: str, handle: str, locale: str, word: str) -> None:
        self.sent.append((to, f"{handle}: {word}"))

    async def answers(self) -> None:
        raise AssertionError


class FullLetterbox(Letterbox):
    """A post whose server takes nothing."""

    async def let_in(self, *, to: str, handle: str, locale: str) -> None:
        raise ConnectionRefusedError


def test_the_valve_lets_in_no_more_than_there_are_letters_for(database_url, tmp_path):
    async def story(p: Village) -> None:
        box = Letterbox()
        house = msgspec.structs.replace(
            p.house, post=box, settings=msgspec.structs.replace(
                p.house.settings, smtp_url="smtp://x", letters_per_hour=4, registrations="valved",
            ),
        )

        async def now() -> Threshold:
            async with p.db.reads() as reads:
                return await entering.threshold(reads, house.settings, open_cases=house.open_cases)

        assert (await now()).per_hour == valve.WITHOUT_MODERATORS
        people_who_wait = []
        for n in range(8):
            async with p.db.tx() as tx:
                person = await access.sign_up(
                    tx, handle=f"w{n}", password_hash="x", email=f"w{n}@example.org", locale="en",
                    reads=("en",),
                )
                await valve.ask(tx, person, way=Way.VALVED, per_hour=0)
            people_who_wait.append(person)
        assert (await now()).per_hour == 4
        await letters.counted(p.db, box.let_in(to="b", handle="b", locale="en"))
        assert (await now()).per_hour == 3
        await jobs.let_in_due(house, valve.LetInDue())
        for person in people_who_wait[:3]:
            await jobs.tell_let_in(house, valve.TellLetIn(person=person))
        # What newcomers were told is counted by their seats and not once more.
        assert (await now()).per_hour == 3
        with pytest.raises(ConnectionRefusedError):
            await jobs.tell_let_in(
                msgspec.structs.replace(house, post=FullLetterbox()),
                valve.TellLetIn(person=people_who_wait[0]),
            )
        failing = (await now()).bounds
        assert failing.by_failing_mail == pytest.approx(5 / 4)
        assert failing.per_hour == 3 < failing.bearable
        with clock.moved_by(2 * HOUR):
            later = (await now()).bounds
            assert (later.by_failing_mail, later.letters) == (1, 4)

    at(database_url, tmp_path, story, kind=Village)


_NEXT_TURN = Statement(
    sa.select(job_rows.c.run_at).where(job_rows.c.key == f"{valve.LET_IN}:turn"), Instant
)


_NO_TURN = Statement(job_rows.delete().where(job_rows.c.key == f"{valve.LET_IN}:turn"))


def test_who_waits_is_let_in_at_the_moment_a_seat_comes_free(database_url, tmp_path):
    async def story(p: Village) -> None:
        house = msgspec.structs.replace(p.house, settings=msgspec.structs.replace(
            p.house.settings, registrations="valved", sign_ups_per_hour=1
        ))
        with clock.frozen_at(START):
            await comes(p, "first", at_rate(1))
            waiting, is_in = await comes(p, "second", at_rate(1))
            assert not is_in
            async with p.db.tx() as tx:
                assert await tx.all(_NEXT_TURN) == [START + timedelta(seconds=valve.TURNS_S)]
                await tx.run(_NO_TURN)
        almost = START + HOUR - timedelta(seconds=3)
        with clock.frozen_at(almost):
            for _ in range(2):
                await jobs.let_in_due(house, valve.LetInDue())
            async with p.db.tx() as tx:
                assert await tx.all(_NEXT_TURN) == [START + HOUR]
                await tx.run(_NO_TURN)
        with clock.frozen_at(START + HOUR):
            await jobs.let_in_due(house, valve.LetInDue())
            async with p.db.reads() as reads:
                assert await valve.place(reads, waiting, way=Way.VALVED, per_hour=1) is None
                # Nobody waits any more, so no turn is wanted.
                assert await reads.all(_NEXT_TURN) == []

    at(database_url, tmp_path, story, kind=Village)


def test_who_was_let_in_is_told_by_mail_where_they_gave_an_address(database_url, tmp_path):
    async def story(p: Village) -> None:
        box = Letterbox()
        house = msgspec.structs.replace(
            p.house, post=box, settings=msgspec.structs.replace(p.house.settings, smtp_url="smtp://x")
        )
        people_who_wait = []
        for handle, email in (("with_mail", "a@example.org"), ("without", None)):
            async with p.db.tx() as tx:
                person = await access.sign_up(
                    tx, handle=handle, password_hash="x", email=email, locale="en", reads=("en",)
                )
                await entering.come_in(tx, person, Brought(email=email), now=at_rate(1, Way.APPROVAL), key=KEY)
                await valve.approve(tx, person, is_operator=True)
            people_who_wait.append(person)
        for person in people_who_wait * 2:
            await jobs.tell_let_in(house, valve.TellLetIn(person=person))
        assert box.sent == [("a@example.org", "with_mail")] * 2

    at(database_url, tmp_path, story, kind=Village)


def test_an_operators_word_lets_in_and_only_theirs(database_url, tmp_path):
    async def story(p: Village) -> None:
        person, is_in = await comes(p, "sam", at_rate(9, Way.APPROVAL), reason="I knit")
        assert not is_in
        assert await turns(p, 9, Way.APPROVAL) == []
        async with p.db.reads() as reads:
            assert [one.reason for one in await valve.for_hosts(reads)] == ["I knit"]
        with pytest.raises(NotAllowed):
            async with p.db.tx() as tx:
                await valve.approve(tx, person, is_operator=False)
        for _ in range(2):
            async with p.db.tx() as tx:
                await valve.approve(tx, person, is_operator=True)
        await p.posts(person, "hello")

    at(database_url, tmp_path, story, kind=Village)


def test_who_is_turned_away_is_gone_with_what_they_brought_and_nobody_who_is_in(database_url, tmp_path):
    async def story(p: Village) -> None:
        person, _ = await comes(p, "sam", at_rate(9, Way.APPROVAL), reason="Buy fish")
        friend, _ = await comes(p, "moss", at_rate(9, Way.APPROVAL))
        with pytest.raises(NotAllowed):
            async with p.db.tx() as tx:
                await valve.turn_away(tx, person, is_operator=False, seal=p.house.seal)
        async with p.db.tx() as tx:
            assert await valve.approve(tx, friend, is_operator=True)
            assert not await valve.turn_away(tx, friend, is_operator=True, seal=p.house.seal)
            assert await valve.turn_away(tx, person, is_operator=True, seal=p.house.seal)
        await p.posts(friend, "hello")
        async with p.db.reads() as reads:
            assert await valve.entrances_of(reads, [person]) == {}
            assert await valve.waiting_within(reads, above=0, below=2**62, count=9, upward=False) == []
        for gone in (person, p.aju):
            with pytest.raises(NotFound):
                async with p.db.tx() as tx:
                    await valve.turn_away(tx, gone, is_operator=True, seal=p.house.seal)
        await comes(p, "sam", at_rate(9, Way.APPROVAL))

    at(database_url, tmp_path, story, kind=Village)


_LETTERS = of_test(
    sa.select(job_rows.c.payload).where(job_rows.c.kind == valve.TELL_AWAY).order_by(job_rows.c.id), str
)


def test_who_is_turned_away_with_a_word_is_told_it_by_mail_where_they_gave_an_address(database_url, tmp_path):
    async def story(p: Village) -> None:
        box = Letterbox()
        house = msgspec.structs.replace(
            p.house, post=box, settings=msgspec.structs.replace(p.house.settings, smtp_url="smtp://x")
        )
        for handle, email, word in (
            ("told", "a@example.org", "Not this month. "), ("curtly", "b@example.org", ""),
            ("unasked", "c@example.org", None), ("nowhere", None, "Sorry."),
        ):
            async with p.db.tx() as tx:
                person = await access.sign_up(
                    tx, handle=handle, password_hash="x", email=email, locale="en", reads=("en",)
                )
                await entering.come_in(tx, person, Brought(email=email), now=at_rate(1, Way.APPROVAL), key=KEY)
                if handle == "told":
                    with pytest.raises(TextTooLong):
                        await valve.turn_away(tx, person, is_operator=True, seal=p.house.seal, word="x" * 501)
                assert await valve.turn_away(tx, person, is_operator=True, seal=p.house.seal, word=word)
        async with p.db.tx() as tx:
            wanted = await tx.all(_LETTERS)
        for one in wanted:
            await jobs.tell_turned_away(house, msgspec.json.decode(one, type=valve.TellTurnedAway))
        assert box.sent == [("a@example.org", "told: Not this month."), ("b@example.org", "curtly: ")]

    at(database_url, tmp_path, story, kind=Village)


def test_an_invitation_lets_in_as_many_as_it_says(database_url, tmp_path):
    async def story(p: Village) -> None:
        with pytest.raises(HostsOnly):
            async with p.db.tx() as tx:
                await invitations.make(tx, by=p.juniper, uses=1, days=1)
        for uses, days in ((0, 1), (1, 0), (1001, 1), (1, 366)):
            with pytest.raises(TooMany):
                async with p.db.tx() as tx:
                    await invitations.make(tx, by=p.aju, uses=uses, days=days)
        async with p.db.tx() as tx:
            code = (await invitations.make(tx, by=p.aju, uses=2, days=3)).code
        now = at_rate(1, Way.INVITATION)
        with pytest.raises(InvitationNeeded):
            entering.must_be_open(Way.INVITATION, code=" ")
        many = await asyncio.gather(
            *(comes(p, f"g{n}", now, code=code.upper()) for n in range(4)), return_exceptions=True
        )
        guests = [one[0] for one in many if isinstance(one, tuple)]
        assert len(guests) == 2
        assert sum(isinstance(one, InvitationSpent) for one in many) == 2
        async with p.db.reads() as reads:
            assert [await invitations.inviter(reads, guest) for guest in guests] == [p.aju, p.aju]
            with pytest.raises(InvitationSpent):
                await invitations.standing(reads, code)
        async with p.db.tx() as tx:
            other = await invitations.make(tx, by=p.aju, uses=2, days=3)
        with clock.moved_by(timedelta(days=4)), pytest.raises(InvitationSpent):
            await comes(p, "late", now, code=other.code)
        async with p.db.tx() as tx:
            await invitations.withdraw(tx, other.id, by=p.aju)
        with pytest.raises(InvitationSpent):
            await comes(p, "late", now, code=other.code)

    at(database_url, tmp_path, story, kind=Village)


def solved(asked: proving.Challenge, **other: object) -> str:
    """A proof as a browser makes it."""
    number = next(
        n for n in range(asked.maxnumber + 1)
        if hashlib.sha256(f"{asked.salt}{n}".encode()).hexdigest() == asked.challenge
    )
    proof = {"algorithm": "SHA-256", "challenge": asked.challenge, "number": number,
             "salt": asked.salt, "signature": asked.signature, **other}
    return base64.b64encode(msgspec.json.encode(proof)).decode()


def test_a_proof_counts_once_and_without_one_people_take_a_number(database_url, tmp_path):
    async def story(p: Village) -> None:
        asked = proving.challenge(key=KEY, max_number=500)
        proof, again = solved(asked), solved(asked, took=17)
        now = at_rate(5, Way.OPEN, proof_cost=500)
        assert (await comes(p, "quick", now, proof=proof))[1]
        strange = proving.challenge(key="another house", max_number=500)
        for wrong in (proof, again, solved(strange), "", "e30=", "§", "x" * 3000):
            if not wrong:
                continue
            with pytest.raises(ProofRefused):
                await comes(p, "thief", now, proof=wrong)
        person, is_in = await comes(p, "scriptless", now)
        assert not is_in
        await jobs.let_in_due(p.house, valve.LetInDue())
        await jobs.let_in_due(p.house, valve.LetInDue())
        await p.posts(person, "hello")

    at(database_url, tmp_path, story, kind=Village)


def test_one_network_does_not_fill_the_queue_without_proofs(database_url, tmp_path):
    async def story(p: Village) -> None:
        calm = Threshold(way=Way.VALVED, per_hour=3, waiting=2, proof_cost=500)
        wave = Threshold(way=Way.VALVED, per_hour=3, waiting=3, proof_cost=500)
        await comes(p, "scriptless", calm, from_crowd=True)
        await comes(p, "elsewhere", wave)
        with pytest.raises(ProofNeeded):
            await comes(p, "machine", wave, from_crowd=True)
        proof = solved(proving.challenge(key=KEY, max_number=500))
        await comes(p, "browser", wave, from_crowd=True, proof=proof)
        async with p.db.tx() as tx:
            code = (await invitations.make(tx, by=p.aju, uses=1, days=1)).code
        await comes(p, "guest", wave, from_crowd=True, code=code)

    at(database_url, tmp_path, story, kind=Village)


def test_no_proof_and_no_invitation_passes_who_came_first(database_url, tmp_path):
    async def story(p: Village) -> None:
        now = at_rate(2, proof_cost=500)
        seated = [(await comes(p, f"seated{n}", at_rate(2)))[0] for n in range(2)]
        async with p.db.tx() as tx:
            code = (await invitations.make(tx, by=p.aju, uses=1, days=1)).code
        came = [
            (await comes(p, handle, now, **given))[0] for handle, given in (
                ("scriptless", {}), ("invited", {"code": code}),
                ("proven", {"proof": solved(proving.challenge(key=KEY, max_number=500))}), ("late", {}),
            )
        ]
        async with p.db.reads() as reads:
            places = [(await valve.place(reads, one, way=Way.VALVED, per_hour=2)).place for one in came]
        assert places == [1, 2, 3, 4]
        order = []
        for hour in (1, 2):
            with clock.moved_by(hour * (HOUR + timedelta(seconds=1))):
                order += await turns(p, 2)
        assert order == came
        assert not set(order) & set(seated)

    at(database_url, tmp_path, story, kind=Village)


def test_the_price_of_a_proof_doubles_with_each_hour_that_waits():
    assert proving.cost(waiting=0, per_hour=10) == proving.COST_CALM
    assert proving.cost(waiting=10, per_hour=10) == 2 * proving.COST_CALM
    assert proving.cost(waiting=10**6, per_hour=1) == proving.COST_MOST


def test_thrown_away_mail_is_told_and_stops_nobody():
    assert proving.is_disposable("x@mailinator.com")
    assert proving.is_disposable("x@sub.mailinator.com")
    assert not proving.is_disposable("x@example.org")
    assert not proving.is_disposable(None)
