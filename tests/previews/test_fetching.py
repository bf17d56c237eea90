"""Going to strangers' pages: where no request goes, how far it follows, how much it reads."""

from __future__ import annotations

import pytest

from catflap.ground import outward
from catflap.ground.addresses import AddressRefused, PeerUnreachable
from catflap.previews import fetching
from catflap.previews.model import PAGE_MAX_BYTES
from tests.conftest import run
from tests.previews.pages import elsewhere

AGENT = "CatflapBot/1 (+https://here.example/about)"


@pytest.fixture
def place():
    with elsewhere() as made:
        yield made


def read(url: str, *, privately: bool = True):
    return run(fetching.page(url, agent=AGENT, privately=privately))


def test_a_page_is_read_by_a_bot_that_says_who_it_is(place):
    assert read(place.page("/", title="A cat")).title == "A cat"
    assert place.agents == [AGENT]


def test_no_request_goes_to_a_private_address_not_even_behind_a_redirect(place, monkeypatch):
    url = place.page("/secret", title="Inside")
    for private in (url, url.replace("127.0.0.1", "localhost"), "http://169.254.169.254/latest/meta-data", "http://[::1]/"):
        with pytest.raises((AddressRefused, PeerUnreachable)):
            read(private, privately=False)
    assert place.asked == []
    # The first address counts as public here, so that only the check of the second one is left.
    place.says("/moved", "", status=302, location="http://169.254.169.254/latest")
    asked = []

    def is_public(address: str) -> bool:
        asked.append(address)
        return address == "127.0.0.1"

    monkeypatch.setattr(outward, "is_public", is_public)
    with pytest.raises(AddressRefused):
        read(place.url + "/moved", privately=False)
    assert asked == ["127.0.0.1", "169.254.169.254"]


@pytest.mark.parametrize("host", [
    "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::]",
    "[64:ff9b::7f00:1]", "a@127.0.0.1", "[fe80::1%25lo]",
])
def test_no_way_of_writing_a_private_address_leads_there(place, host):
    port = place.url.rpartition(":")[2]
    with pytest.raises((AddressRefused, PeerUnreachable)):
        read(f"http://{host}:{port}/", privately=False)
    assert place.asked == []


def test_redirects_are_followed_a_few_times_and_never_for_ever(place):
    place.page("/end", title="The end")
    place.says("/a", "", status=301, location="/b")
    place.says("/b", "", status=307, location="end")
    place.says("/loop", "", status=302, location="/loop")
    place.says("/away", "", status=302, location="gopher://elsewhere/")
    assert read(place.url + "/a").title == "The end"
    before = len(place.asked)
    assert read(place.url + "/loop") is None
    assert len(place.asked) - before == 5
    with pytest.raises(AddressRefused):
        read(place.url + "/away")


def test_only_html_counts_and_only_its_beginning_is_read(place):
    head = "<title>Long</title>"
    place.says("/long", head + " " * PAGE_MAX_BYTES + '<meta property="og:title" content="too late">')
    assert read(place.url + "/long").title == "Long"
    for kind in ("application/json", "image/png", ""):
        assert read(place.says("/other", head, kind=kind)) is None
    assert read(place.says("/packed", head, **{"content-encoding": "gzip"})) is None
    assert read(place.says("/gone", head, status=410)) is None


def test_a_fault_of_theirs_is_worth_another_try(place):
    for status in (429, 500, 503):
        with pytest.raises(PeerUnreachable):
            read(place.says("/ill", "", status=status))
