"""Who asks, and what limits count them by."""

from __future__ import annotations

import pytest

from catflap.ground.addresses import caller, household


@pytest.mark.parametrize(
    ("forwarded", "found"),
    [
        ([], "10.0.0.1"),
        ([""], "10.0.0.1"),
        (["203.0.113.7"], "203.0.113.7"),
        (["6.6.6.6, 203.0.113.7"], "203.0.113.7"),
        # HAProxy adds a line of its own behind the one that a stranger wrote.
        (["6.6.6.6", "203.0.113.7"], "203.0.113.7"),
        (["x" * 400], "x" * 45),
    ],
)
def test_of_forwarded_addresses_the_proxys_own_word_counts(forwarded, found):
    assert caller("10.0.0.1", forwarded) == found


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::ffff", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("::1", "::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("nonsense", "nonsense"),
    ],
)
def test_all_addresses_of_one_household_count_as_one(address, counted):
    assert household(address) == counted
