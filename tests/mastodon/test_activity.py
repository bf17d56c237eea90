"""What a server says of its weeks and of who may read it, against what it does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from catflap.access import actions as access
from catflap.access import apps
from catflap.ground import clock
from catflap.mastodon.figures import WEEKS, Figures
from catflap.notes import actions
from catflap.people import actions as people
from tests.mastodon.app import App
from tests.mastodon.cast import posts
from tests.notes.test_storage import Place, at


def monday() -> datetime:
    """When this week began."""
    today = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=today.weekday())


def test_weeks_are_counted_from_what_is_still_stored(database_url, tmp_path):
    async def story(p: Place) -> None:
        first, second, week = monday(), timedelta(seconds=1), timedelta(weeks=1)
        begun = await p.posts(p.juniper, "this week")
        async with p.db.tx() as tx:
            for when in (
                first, first - second, first - week, first - 2 * week + second, first - 11 * week,
                first - 11 * week - second,
            ):
                await actions.comment(tx, by=p.aju, to=begun, text=f"of {when}", at=when)
            await people.join(tx, handle="mei", reads=("zh",), locale="zh", joined_at=first - week)
            gone = await actions.comment(tx, by=p.aju, to=begun, text="taken back")
            await actions.withdraw(tx, gone, by=p.aju)
            await access.open_session(tx, p.aju, device="phone", address="")
            app, _ = await apps.register(
                tx, name="Ivory", redirect_uris=["urn:ietf:wg:oauth:2.0:oob"], asked="read"
            )
            await apps.give(tx, app.id, person=p.aju, granted=("read",))
            await apps.give(tx, app.id, person=None, granted=("read",))
        weeks = await Figures().weeks(p.db)
        assert [one.at for one in weeks] == [first - place * week for place in range(WEEKS)]
        assert [one.notes for one in weeks] == [2, 2, 1, *[0] * 8, 1]
        assert [one.sign_ins for one in weeks] == [2, *[0] * 11]
        assert [one.joined for one in weeks] == [2, 1, *[0] * 10]

    at(database_url, tmp_path, story)


def test_activity_is_twelve_weeks_of_strings_for_anybody(community, cast):
    moss = cast("moss")
    posts(moss, "hello")
    with App(community) as nobody:
        told = nobody.json("GET", "/api/v1/instance/activity")
        assert nobody.json("GET", "/api/v1/instance/peers") == []
    assert len(told) == 12
    assert all(set(week) == {"week", "statuses", "logins", "registrations"} for week in told)
    assert all(isinstance(text, str) and text.isdigit() for week in told for text in week.values())
    began = datetime.fromtimestamp(int(told[0]["week"]), UTC)
    assert (began.weekday(), began.hour) == (0, 0)
    assert timedelta() <= datetime.now(UTC) - began < timedelta(days=8)
    # Over midnight of a Monday, what happened before stands in the week before.
    for name in ("statuses", "logins", "registrations"):
        assert sum(int(week[name]) for week in told[:2]) >= 1


@pytest.mark.parametrize(("feed", "path"), [
    ("live_feeds", "/api/v1/timelines/public"), ("hashtag_feeds", "/api/v1/timelines/tag/cats"),
])
def test_timelines_are_as_open_as_is_said(community, feed, path):
    with App(community) as nobody:
        said = nobody.json("GET", "/api/v2/instance")["configuration"]["timelines_access"]
        assert said[feed] == {"local": "public", "remote": "public"}
        assert said["trending_link_feeds"] == {"local": "disabled", "remote": "disabled"}
        for which in ("local", "remote"):
            assert isinstance(nobody.json("GET", path, params={which: "true"}), list)
        nobody.json("GET", "/api/v1/timelines/link", params={"url": "https://cats.example"}, status=404)
