"""What is understood of each platform's archive, in each shape that it is known in."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from catflap.arrivals.model import Found, HandleKind, Network, Unread
from tests.arrivals import generators as made
from tests.arrivals.reads import Outcome
from tests.conftest import photo_bytes


def read(document, tmp_path, name="user_data_tiktok.json"):
    return Outcome(made.bare(tmp_path / name, made.dumped(document)), tmp_path)


def people(path, keys=("Date", "UserName")):
    return made.put({}, path, [dict(zip(keys, ("2024-01-02 03:04:05", "@Cat.Person"), strict=True))])


@pytest.mark.parametrize(
    ("path", "kind"),
    [*((p, HandleKind.FOLLOWED) for p in made.FOLLOWING_PATHS), *((p, HandleKind.FOLLOWER) for p in made.FOLLOWER_PATHS),
     *((p, HandleKind.BLOCKED) for p in made.BLOCK_PATHS)],
)
@pytest.mark.parametrize("keys", [("Date", "UserName"), ("date", "userName"), ("date", "username")])
def test_tiktoks_people_are_found_wherever_they_stood_over_the_years(path, kind, keys, tmp_path):
    found = read(people(path, keys), tmp_path)
    assert found.handles(kind) == ["cat.person"]
    assert found.report.unknown == ()


@pytest.mark.parametrize("path", made.POST_PATHS)
@pytest.mark.parametrize("keys", [("Date", "Link"), ("date", "link")])
@pytest.mark.parametrize("written", ["2024-01-02 03:04:05", "2024-01-02 03:04:05 UTC"])
def test_tiktoks_own_posts_are_found_with_their_dates_and_links(path, keys, written, tmp_path):
    post = dict(zip(keys, (written, "https://www.tiktokv.com/share/video/1/"), strict=True))
    found = read(made.put({}, path, [post, post | {"Title": "Chonk ☕ \n"}]), tmp_path)
    assert [(p.body, p.link, p.at) for p in found.posts] == [
        (body, "https://www.tiktokv.com/share/video/1/", datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC))
        for body in ("", "Chonk ☕")
    ]


@pytest.mark.parametrize(("path", "kind"), made.COUNTED_PATHS)
def test_tiktoks_other_lists_are_counted_and_not_kept(path, kind, tmp_path):
    items = [{"Date": "2024-01-01 00:00:00", "Link": made.SECRET, "nested": {"a": [1]}}] * 3
    found = read(made.put({}, path, items), tmp_path)
    assert found.counts() == {kind: 3, "files": 0}


@pytest.mark.parametrize("nothing", made.EMPTY)
@pytest.mark.parametrize("path", [made.FOLLOWING_PATHS[0], made.POST_PATHS[0], made.SETTINGS_PATHS[0], made.PROFILE_PATHS[0]])
def test_every_way_of_saying_nothing_is_nothing(nothing, path, tmp_path):
    for depth in (1, 2, 3):
        found = read(made.put(made.logins({}), path[:depth], nothing), tmp_path)
        assert (found.posts, found.report.damaged) == ([], 0)


def test_a_whole_export_of_tiktok_is_understood_and_its_secrets_are_passed_over(tmp_path):
    source = made.zipped(tmp_path / "TikTok_Data.zip", {"user_data_tiktok.json": made.dumped(made.tiktok())})
    found = Outcome(source, tmp_path)
    assert found.report.network is Network.TIKTOK
    assert found.counts() == {
        "posts": 2, "followed": 3, "followers": 2, "blocked": 1, "likes": 4, "tags": 1, "files": 0,
    }
    assert found.handles(HandleKind.OWN) == ["poppy.here"]
    assert found.report.hints.languages == ("English", "Español")
    assert found.report.hints.interests == ("Cats", "Baking", "cattax")
    assert {Unread.MESSAGES, Unread.LOGINS, Unread.PLACES, Unread.MONEY, Unread.PROFILE} <= set(found.report.unread)
    assert (found.report.damaged, found.report.unknown) == (0, ())


@pytest.mark.parametrize("path", [*made.PROFILE_PATHS, *made.SETTINGS_PATHS])
def test_only_ones_handle_and_languages_are_read_of_profile_and_settings(path, tmp_path):
    found = read(made.put({}, path, {
        "userName": "me", "bioDescription": made.SECRET, "App Language": "中文", "Interests": ["猫"], "x": made.SECRET,
    }), tmp_path)
    is_profile = path in made.PROFILE_PATHS
    assert found.handles(HandleKind.OWN) == (["me"] if is_profile else [])
    assert found.report.hints.languages == (() if is_profile else ("中文",))


def test_a_section_with_a_new_name_is_still_read_and_what_nobody_knows_is_named_without_values(tmp_path):
    document = people(("Your Stuff", "Following", "Following"))
    made.put(document, ("Your Activity", "Gifts", "GiftList"), [{"To": made.SECRET}])
    made.put(document, ("Your Activity", f"Chat with {made.SECRET}", "x"), [1])
    made.put(document, ("Your Activity", "7123456789012345678", "x"), [1])
    document["Brand New"] = {"x": made.SECRET}
    found = read(document, tmp_path)
    assert found.handles(HandleKind.FOLLOWED) == ["cat.person"]
    assert set(found.report.unknown) == {
        "Your Activity / Gifts / GiftList", "Your Activity / Chat with … / x", "Your Activity / … / x", "Brand New",
    }


def test_an_emoji_that_was_cut_in_half_harms_only_itself(tmp_path):
    body = made.dumped(made.put({}, made.POST_PATHS[0], [{"Link": "https://x.example/1", "Title": "TITLE"}]))
    body = body.replace(b"TITLE", rb"a\ud83d b\ude00 \ud83d\ude00 \\ud83d")
    [post] = Outcome(made.bare(tmp_path / "user_data.json", body), tmp_path).posts
    assert post.body == "a\ufffd b\ufffd 😀 \\ud83d"


def test_damaged_items_are_counted_and_the_rest_is_read(tmp_path):
    found = read(made.put({}, made.FOLLOWING_PATHS[0], [
        {"UserName": "one"}, {"UserName": ""}, {"UserName": None}, 5, {"UserName": "a b"}, {"UserName": "two"}, {"UserName": "ONE"},
    ]), tmp_path)
    assert found.handles(HandleKind.FOLLOWED) == ["one", "two"]
    assert found.report.damaged == 4
    assert found.report.found[Found.FOLLOWED] == 3
    assert found.report.kept[Found.FOLLOWED] == 2


@pytest.mark.parametrize("prefix", ["", "instagram-poppy-2026-01-01-x/"])
def test_instagram_is_read_in_both_dialects_and_out_of_its_scrambled_letters(prefix, tmp_path):
    files = {prefix + name: body for name, body in made.instagram(b"jpeg").items()}
    found = Outcome(made.zipped(tmp_path / "instagram.zip", files), tmp_path)
    assert found.report.network is Network.INSTAGRAM
    assert found.handles(HandleKind.FOLLOWER) == ["moot_value", "moot_title", "moot_labels", "moot_href"]
    assert found.handles(HandleKind.FOLLOWED) == ["moot_value", "moot_title", "moot_labels"]
    assert found.handles(HandleKind.BLOCKED) == ["pest"]
    assert [(p.body, p.files) for p in found.posts] == [("Ma chatte, été 🐈", (1,)), ("Two", (2, 3))]
    assert sorted(path.name for path in found.out.iterdir()) == ["1", "2"]
    assert found.report.kept[Found.FILES] == 2
    assert (found.report.found[Found.COMMENTS], found.report.found[Found.LIKES]) == (5, 6)
    assert {Unread.MESSAGES, Unread.LOGINS} <= set(found.report.unread)


@pytest.mark.parametrize("older", [True, False])
def test_instagrams_followers_are_read_alone_bare_or_under_their_key(older, tmp_path):
    people = [made.person_in("value", "moot")]
    body = made.dumped({"relationships_followers": people} if older else people)
    found = Outcome(made.bare(tmp_path / "followers_1.json", body), tmp_path)
    assert found.handles(HandleKind.FOLLOWER) == ["moot"]


@pytest.mark.parametrize("pack", [made.zipped, made.tarred])
def test_an_archive_of_mastodon_is_read_with_its_photos_and_without_letters(pack, tmp_path):
    found = Outcome(pack(tmp_path / "archive", made.mastodon(b"jpeg")), tmp_path)
    assert found.report.network is Network.FEDIVERSE
    assert [(p.body, p.files) for p in found.posts] == [
        ("Hello & #cats\nthere\n\nTwo", ()), ("With a photo", (1,)), ("Spiders\n\nBehind", ()),
    ]
    assert found.posts[0].at == datetime(2023, 4, 5, 6, 7, 8, tzinfo=UTC)
    assert (found.out / "1").read_bytes() == b"jpeg"
    assert found.handles(HandleKind.OWN) == ["poppy@old.example"]
    assert found.counts() == {"posts": 3, "shared": 1, "likes": 3, "collected": 2, "files": 1}
    assert Unread.MESSAGES in found.report.unread


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("following_accounts.csv", "Account address,Show boosts,Notify on new posts,Languages\nCat@Old.Example,true,false,\n", HandleKind.FOLLOWED),
        ("following_accounts (1).csv", "\ufeffAccount address,Show boosts\r\n@cat@old.example,true\r\n", HandleKind.FOLLOWED),
        ("renamed.csv", "Account address,Show boosts\ncat@old.example,true\n", HandleKind.FOLLOWED),
        ("followers.csv", "cat@old.example\n", HandleKind.FOLLOWER),
        ("following_accounts.csv", "Account address;Show boosts;Languages\n@cat@old.example;true;\"de, en, fr\"\n", HandleKind.FOLLOWED),
        ("following_accounts.csv", "cat@old.example;true;false;de, en, fr, it\n", HandleKind.FOLLOWED),
        ("Mappe1.csv", "\ufeffsep=;\r\n\"Account address\";\"Show boosts\"\r\n\"cat@old.example\";\"true\"\r\n", HandleKind.FOLLOWED),
        ("Mappe1.csv", "Account address\tHide notifications\ncat@old.example\ttrue\n", HandleKind.MUTED),
        ("blocks.csv", "\n\ncat@old.example;\n", HandleKind.BLOCKED),
        ("blocked_accounts.csv", "cat@old.example\n", HandleKind.BLOCKED),
        ("muted_accounts.csv", "Account address,Hide notifications\ncat@old.example,true", HandleKind.MUTED),
    ],
)
def test_tables_of_mastodon_and_pixelfed_are_read(name, text, kind, tmp_path):
    found = Outcome(made.bare(tmp_path / name, text.encode()), tmp_path)
    assert found.handles(kind) == ["cat@old.example"]


CATFLAP = {
    "catflap.json": made.dumped({"handle": "poppy@cats.example"}),
    "following.json": made.dumped({"orderedItems": ["moot@cats.example"]}),
    "outbox.json": made.dumped({"orderedItems": [{"object": {
        "source": {"content": "my cat"}, "to": ["https://www.w3.org/ns/activitystreams#Public"],
        "attachment": [{"url": "media/1.jpg"}],
    }}]}),
    "media/1.jpg": photo_bytes(),
}


@pytest.mark.parametrize(
    ("files", "kept"),
    [
        (CATFLAP, {Found.POSTS: 1, Found.FOLLOWED: 1, Found.FILES: 1}),
        ({"following_accounts.csv": b"Account address,Show boosts\nmoot@cats.example,true\n"}, {Found.FOLLOWED: 1}),
        ({"my data.json": made.dumped(made.tiktok(following=1, followers=0, blocked=0, posts=0))}, {Found.FOLLOWED: 1}),
    ],
)
def test_what_was_unpacked_and_packed_again_on_a_mac_is_read(files, kept, tmp_path):
    again = {f"my export/{name}": body for name, body in files.items()}
    again |= {f"__MACOSX/my export/._{name}": b"\x00\x05\x16\x07\xff" for name in files if "/" not in name}
    found = Outcome(made.zipped(tmp_path / "x.zip", again | {"my export/.DS_Store": b"\x00"}), tmp_path)
    assert found.report.kept == kept
    assert found.report.damaged == 0


def test_a_text_export_packed_again_on_a_mac_is_told_the_way_to_json(tmp_path):
    files = {"TikTok/Volgend.txt": b"x", "__MACOSX/TikTok/._Volgend.txt": b"\x00", "TikTok/.DS_Store": b"\x00"}
    assert Outcome(made.zipped(tmp_path / "x.zip", files), tmp_path).refused == ("TextExport", {})


@pytest.mark.parametrize("pictures", [("cat.jpg",), ("Afbeeldingen/1.WEBP", "Afbeeldingen/2.heic", "video.mp4", "style.css")])
def test_a_text_export_with_its_pictures_is_told_the_way_to_json(pictures, tmp_path):
    texts = {"TikTok/Volgend.txt": b"Datum: 2024-01-01\nGebruikersnaam: cat", "TikTok/Profiel/Profielinformatie.txt": b"x"}
    packed = made.zipped(tmp_path / "x.zip", texts | dict.fromkeys(pictures, b"x"))
    assert Outcome(packed, tmp_path).refused == ("TextExport", {})
    other = made.zipped(tmp_path / "y.zip", texts | {"model.bin": b"x"})
    assert Outcome(other, tmp_path).refused == ("ArchiveUnknown", {})


def test_lists_and_bookmarks_are_counted(tmp_path):
    files = {"lists.csv": b"Cats,cat@old.example\nCats,dog@old.example\n", "bookmarks.csv": b"https://x.example/1\n"}
    found = Outcome(made.zipped(tmp_path / "tables.zip", files), tmp_path)
    assert found.counts() == {"lists": 2, "collected": 1, "files": 0}


def test_pixelfeds_lists_are_read(tmp_path):
    body = made.dumped(["https://pix.example/cat", "https://pix.example/users/dog"])
    found = Outcome(made.bare(tmp_path / "pixelfed-following.json", body), tmp_path)
    assert found.handles(HandleKind.FOLLOWED) == ["cat@pix.example", "dog@pix.example"]
