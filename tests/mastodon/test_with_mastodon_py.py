"""Mastodon.py drives every endpoint it knows; its own entity types find nothing missing."""

from __future__ import annotations

import io
import re
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from mastodon.return_types import AdminAccount

from mastodon import (
    CallbackStreamListener,
    Mastodon,
    MastodonAPIError,
    MastodonNotFoundError,
    MastodonServiceUnavailableError,
    MastodonVersionError,
)
from tests.conftest import Server, photo_bytes
from tests.mastodon.app import PASSWORD, App, joined, token_of
from tests.mastodon.proved import Proved, proved
from tests.mastodon.sockets import waited
from tests.mastodon.typed import wrong
from tests.previews.pages import elsewhere

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    made = Server(
        tmp_path_factory.mktemp("driven"), attempts_per_hour="10000", posts_per_hour="100000",
        api_calls_per_five_minutes="100000", operators="mei", link_previews="true", previews_privately="true",
    ).start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def juniper(server):
    with closing(proved(server, "juniper")) as one:
        yield one


@pytest.fixture(scope="module")
def aju(server, juniper):
    """A follower of Juniper's who reads Chinese."""
    with closing(proved(server, "阿橘", reads="zh")) as one:
        one.account_follow(juniper.id)
        yield one


@pytest.fixture(scope="module")
def rowan(server):
    with closing(proved(server, "rowan")) as one:
        yield one


@pytest.fixture(scope="module")
def mei(server):
    """Who runs the place, with a browser too."""
    with closing(joined(server, "mei")) as web:
        one = Proved(server, token_of(server, web, scopes="read write admin:read admin:write"))
        one.web, one.id = web, one.account_verify_credentials()["id"]
        with closing(one):
            yield one


def photo(by: Proved, **more: Any) -> Any:
    return by.media_post(io.BytesIO(photo_bytes()), mime_type="image/jpeg", file_name="cat.jpg", **more)


def test_an_app_registers_asks_its_person_and_gives_the_token_back(server, tmp_path):
    made = Mastodon.create_app(
        "Moss", scopes=["read", "write", "follow", "push"], redirect_uris=OUT_OF_BAND, api_base_url=server.url,
    )
    app = Mastodon(*made, api_base_url=server.url, request_timeout=20)
    with closing(joined(server, "moss")) as person:
        address = app.auth_request_url(redirect_uris=OUT_OF_BAND, scopes=["read", "write", "follow", "push"], allow_http=True)
        page = person.get(address)
        fields = dict(re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)">', page.text))
        answer = person.post("/oauth/authorize", data={**fields, "answer": "yes"})
        shown = answer if answer.status_code == 200 else person.get(answer.headers["location"])
        [code] = re.findall(r"<(?:code|output|input)[^>]*?(?:value=\")?>?([\w-]{30,})", shown.text)
    app.log_in(code=code, redirect_uri=OUT_OF_BAND, scopes=["read", "write", "follow", "push"], allow_http=True)
    assert app.me()["username"] == "moss"
    assert app.app_verify_credentials()["name"] == "Moss"
    assert app.oauth_authorization_server_info()["token_endpoint"] == f"{server.url}/oauth/token"
    token = app.access_token
    app.revoke_access_token(allow_http=True)
    with App(server, token=token) as gone:
        assert gone.get("/api/v1/accounts/verify_credentials").status_code == 401


def test_an_app_registers_somebody(server):
    made = Mastodon.create_app("Fern", redirect_uris=OUT_OF_BAND, api_base_url=server.url)
    app = Mastodon(*made, api_base_url=server.url, request_timeout=20)
    app.create_account("fern", PASSWORD, "fern@cats.example", agreement=True, locale="en")
    assert app.account_verify_credentials()["acct"] == "fern"


def test_the_community_is_told_of(juniper):
    assert juniper.instance_v1()["uri"] == juniper.instance_v2()["domain"]
    assert juniper.instance()["title"]
    assert juniper.instance_nodeinfo()["software"]["name"] == "catflap"
    assert juniper.instance_health()
    assert "zh-CN" in juniper.instance_translation_languages()
    assert juniper.custom_emojis() == []
    assert juniper.directory(local=True, order="new")
    assert juniper.plain.retrieve_mastodon_version() == "4.4.0"
    assert juniper.plain.verify_minimum_version("4.4.0")
    assert juniper.plain.get_approx_server_time() is not None


def test_what_the_community_says_of_itself_is_as_typed(server, juniper, mei):
    with pytest.raises(MastodonNotFoundError):  # it has no terms until somebody writes them
        juniper.instance_terms_of_service()
    for path, fields in (
        ("/rules", {"text": "Be kind", "hint": "Even when it is late."}),
        ("/operator/texts/about", {"text": "A house for cats."}),
        ("/operator/texts/terms", {"text": "Be good.", "effective_on": "2026-01-02"}),
    ):
        assert mei.web.post(path, data=fields).status_code == 303, path
    assert [one["text"] for one in juniper.instance_rules()] == ["Be kind"]
    assert juniper.instance()["rules"] == juniper.instance_rules()
    assert "cats" in juniper.instance_extended_description()["content"]
    assert "good" in juniper.instance_terms_of_service()["content"]
    assert len(juniper.instance_activity()) == 12
    assert juniper.instance_peers() == juniper.instance_domain_blocks() == []
    assert {"zh", "en"} <= {one["code"] for one in juniper.instance_languages()}


def test_what_is_announced_is_read_reacted_to_and_sent_away(juniper, mei):
    assert mei.web.post("/operator/announcements", data={
        "text": "Tea at five", "starts_at": "2999-01-01T17:00", "ends_at": "", "all_day": ""}).status_code == 303
    [one] = juniper.announcements()
    juniper.announcement_reaction_create(one, "🍵")
    assert [(each["name"], each["me"]) for each in juniper.announcements()[0]["reactions"]] == [("🍵", True)]
    juniper.announcement_reaction_delete(one, "🍵")
    assert juniper.announcements()[0]["reactions"] == []
    juniper.announcement_dismiss(one)
    assert juniper.announcements() == []


def test_no_letter_about_an_address_is_sent_again_as_none_is_asked_to_be_confirmed(juniper):
    with pytest.raises(MastodonAPIError, match="only available while the e-mail is awaiting confirmation"):
        juniper.email_resend_confirmation()


def test_a_link_has_a_card_a_trend_and_a_timeline(juniper, aju):
    with elsewhere() as place:
        url = place.page("/cat", title="A cat", description="It sleeps.", site_name="The Cat Times")
        note = juniper.toot(f"Read {url}")
        aju.toot(f"I did {url}")
        card = waited(lambda: juniper.status_card(note))
    assert (card["title"], card["provider_name"]) == ("A cat", "The Cat Times")
    [trend] = waited(juniper.trending_links)
    assert (trend["url"], trend["history"][0]["accounts"]) == (url, 2)
    assert note["id"] in {one["id"] for one in waited(lambda: juniper.timeline_link(url))}


def test_a_quote_is_listed_forbidden_and_taken_apart(juniper, aju):
    note = juniper.toot("Quote me")
    quote = aju.status_post("So true", quoted_status_id=note["id"])
    assert [one["id"] for one in juniper.status_quotes(note)] == [quote["id"]]
    assert juniper.status_quote_revoke(note, quote)["quote"]["state"] == "revoked"
    assert juniper.status_update_quote_approval_policy(note, "nobody")["id"] == note["id"]


def test_a_profile_is_changed_and_looked_at(juniper, aju, rowan):
    changed = juniper.account_update_credentials(
        display_name="Juniper", note="Two cats", locked=False, bot=False, discoverable=True,
        fields=[("Cats", "2")], avatar=io.BytesIO(photo_bytes()), avatar_mime_type="image/jpeg",
        header=io.BytesIO(photo_bytes()), header_mime_type="image/jpeg",
    )
    assert changed["display_name"] == "Juniper"
    assert changed["fields"][0]["name"] == "Cats"
    assert juniper.account_delete_avatar()["id"] == juniper.id
    assert juniper.account_delete_header()["id"] == juniper.id
    assert aju.account(juniper.id)["note"] == "<p>Two cats</p>"
    assert [one["id"] for one in aju.accounts([juniper.id, rowan.id])] == [juniper.id, rowan.id]
    assert aju.account_lookup("juniper")["id"] == juniper.id
    # The worker puts people into the search.
    assert waited(lambda: aju.account_search("junip"))[0]["id"] == juniper.id
    assert aju.preferences()["posting:default:visibility"] == "public"
    assert juniper.me()["id"] == juniper.id
    assert [one["id"] for one in juniper.account_followers(juniper.id)] == [aju.id]
    assert [one["id"] for one in aju.account_following(aju.id)] == [juniper.id]
    assert juniper.account_familiar_followers([rowan.id])[0]["id"] == rowan.id


def test_people_stand_to_each_other_as_they_say(juniper, aju, rowan):
    assert rowan.account_follow(juniper.id, reblogs=False, notify=True)["following"]
    assert rowan.account_relationships([juniper.id])[0]["notifying"]
    assert rowan.account_note_set(juniper.id, "from the old place")["note"] == "from the old place"
    assert rowan.account_endorse(juniper.id)["endorsed"]
    assert rowan.account_pin(juniper.id)["endorsed"]
    assert [one["id"] for one in rowan.endorsements()] == [juniper.id]
    assert not rowan.account_unendorse(juniper.id)["endorsed"]
    assert not rowan.account_unpin(juniper.id)["endorsed"]
    assert not juniper.account_remove_from_followers(rowan.id)["followed_by"]
    assert not rowan.account_unfollow(juniper.id)["following"]
    assert rowan.account_mute(aju.id, duration=3600)["muting"]
    assert rowan.mutes()[0]["mute_expires_at"] is not None
    assert not rowan.account_unmute(aju.id)["muting"]
    assert rowan.account_block(aju.id)["blocking"]
    assert [one["id"] for one in rowan.blocks()] == [aju.id]
    assert not rowan.account_unblock(aju.id)["blocking"]
    rowan.domain_block("nowhere.example")
    assert rowan.domain_blocks() == ["nowhere.example"]
    rowan.domain_unblock("nowhere.example")
    rowan.account_update_credentials(locked=True)
    assert juniper.account_follow(rowan.id)["requested"]
    assert [one["id"] for one in rowan.follow_requests()] == [juniper.id]
    assert rowan.follow_request_reject(juniper.id)["followed_by"] is False
    juniper.account_follow(rowan.id)
    assert rowan.follow_request_authorize(juniper.id)["followed_by"]
    juniper.account_unfollow(rowan.id)


def test_a_status_lives_with_media_poll_edits_and_everything_done_to_it(juniper, aju):
    file = photo(juniper, description="A cat")
    assert juniper.media(file)["description"] == "A cat"
    assert juniper.media_update(file, description="Two cats")["description"] == "Two cats"
    note = juniper.status_post(
        "Paying my #cattax to @阿橘", media_ids=[file], language="en", spoiler_text="cats", sensitive=True,
        visibility="public",
    )
    assert note["media_attachments"][0]["description"] == "Two cats"
    answer = aju.status_reply(note, "欢迎!")
    assert answer["in_reply_to_id"] == note["id"]
    assert [one["id"] for one in juniper.status_context(note)["descendants"]] == [answer["id"]]
    assert aju.status(note)["id"] == note["id"]
    for deed, field in (("favourite", "favourited"), ("bookmark", "bookmarked"), ("mute", "muted")):
        assert getattr(aju, f"status_{deed}")(note)[field]
    boost = aju.status_reblog(note)
    assert boost["reblog"]["id"] == note["id"]
    assert [one["id"] for one in juniper.statuses([boost["id"], note["id"]])] == [boost["id"], note["id"]]
    assert [one["id"] for one in juniper.status_favourited_by(note)] == [aju.id]
    assert [one["id"] for one in juniper.status_reblogged_by(note)] == [aju.id]
    assert [one["id"] for one in aju.favourites()] == [note["id"]]
    assert [one["id"] for one in aju.bookmarks()] == [note["id"]]
    for deed, field in (("unfavourite", "favourited"), ("unbookmark", "bookmarked"), ("unmute", "muted")):
        assert not getattr(aju, f"status_{deed}")(note)[field]
    assert not aju.status_unreblog(note)["reblogged"]
    assert juniper.status_pin(note)["pinned"]
    assert [one["id"] for one in aju.account_statuses(juniper.id, pinned=True)] == [note["id"]]
    assert not juniper.status_unpin(note)["pinned"]
    changes = juniper.plain.generate_media_edit_attributes(file, description="Three cats")
    edited = juniper.status_update(
        note, "Paying my #cattax at last", spoiler_text="cats", media_attributes=[changes],
    )
    assert edited["edited_at"] is not None
    assert edited["media_attachments"][0]["description"] == "Three cats"
    assert len(juniper.status_history(note)) == 2
    assert juniper.status_source(note)["text"] == "Paying my #cattax at last"
    juniper.status_delete(note)
    with pytest.raises(MastodonNotFoundError):
        juniper.status(note)


def test_a_file_that_no_status_took_is_there_until_its_day(juniper):
    file = juniper.media_post(
        io.BytesIO(photo_bytes()), mime_type="image/jpeg", file_name="a.jpg", focus=(0.1, 0.2), synchronous=True,
    )
    assert juniper.media(file)["url"]


def test_a_poll_is_asked_and_answered(juniper, aju):
    asked = juniper.plain.make_poll(["tabby", "tuxedo"], expires_in=600, multiple=True)
    note = juniper.status_post("Which?", poll=asked)
    assert note["poll"]["multiple"]
    voted = aju.poll_vote(note["poll"], [0, 1])
    assert voted["own_votes"] == [0, 1]
    assert aju.poll(note["poll"])["voters_count"] == 1
    assert aju.status(note)["poll"]["own_votes"] == [0, 1]


def test_a_status_is_planned_moved_and_dropped(juniper):
    later = datetime.now(UTC) + timedelta(hours=1)
    planned = juniper.status_post("Tomorrow", scheduled_at=later)
    assert [one["id"] for one in juniper.scheduled_statuses()] == [planned["id"]]
    assert juniper.scheduled_status(planned)["params"]["text"] == "Tomorrow"
    moved = juniper.scheduled_status_update(planned, later + timedelta(hours=1))
    assert moved["scheduled_at"] > planned["scheduled_at"]
    juniper.scheduled_status_delete(planned)
    assert juniper.scheduled_statuses() == []


def test_timelines_go_on_page_by_page(juniper, aju):
    made = [juniper.toot(f"Row {number} #rows")["id"] for number in range(5)][::-1]
    pages = {
        "home": aju.timeline_home(limit=2), "local": aju.timeline_local(limit=2),
        "public": aju.timeline_public(limit=2), "tag": aju.timeline_hashtag("rows", limit=2),
        "own": aju.account_statuses(juniper.id, limit=2), "named": aju.timeline("home", limit=2),
    }
    for name, first in pages.items():
        assert [one["id"] for one in first] == made[:2], name
        second = aju.fetch_next(first)
        assert [one["id"] for one in second] == made[2:4], name
        assert [one["id"] for one in aju.fetch_previous(second)] == made[:2], name
    assert {one["id"] for one in aju.fetch_remaining(pages["tag"])} == set(made)
    assert [one["id"] for one in aju.plain.pagination_iterator(pages["tag"])] == made
    assert len(list(aju.plain.pagination_page_iterator(pages["tag"]))) >= 3
    assert aju.plain.get_pagination_info(pages["tag"], "next")
    assert aju.plain.timeline_is_available("public")


def test_lists_hold_people_and_have_a_timeline(juniper, aju):
    made = aju.list_create("Cats", replies_policy="followed", exclusive=False)
    assert [one["id"] for one in aju.lists()] == [made["id"]]
    assert aju.list_update(made, "Good cats", replies_policy="list")["title"] == "Good cats"
    aju.list_accounts_add(made, [juniper.id])
    assert [one["id"] for one in aju.list_accounts(made)] == [juniper.id]
    assert [one["id"] for one in aju.account_lists(juniper.id)] == [made["id"]]
    note = juniper.toot("For the list")
    assert aju.timeline_list(made)[0]["id"] == note["id"]
    aju.list_accounts_delete(made, [juniper.id])
    assert aju.list(made)["replies_policy"] == "list"
    aju.list_delete(made)
    assert aju.lists() == []


def test_tags_are_followed_featured_and_looked_for(juniper, aju):
    juniper.toot("Morning #dawn")
    assert aju.tag("dawn")["name"] == "dawn"
    assert aju.tag_follow("dawn")["following"]
    assert [one["name"] for one in aju.followed_tags()] == ["dawn"]
    assert not aju.tag_unfollow("dawn")["following"]
    assert juniper.tag_feature("dawn")["featuring"]
    assert [one["name"] for one in aju.account_featured_tags(juniper.id)] == ["dawn"]
    assert not juniper.tag_unfeature("dawn")["featuring"]
    made = juniper.featured_tag_create("dawn")
    assert [one["id"] for one in juniper.featured_tags()] == [made["id"]]
    juniper.featured_tag_suggestions()
    juniper.featured_tag_delete(made)
    for found in (aju.search("dawn"), aju.search_v2("dawn", resolve=False)):
        assert "dawn" in {one["name"] for one in found["hashtags"]}
    for name in ("trends", "trending_tags", "trending_statuses", "trending_links"):
        getattr(aju, name)()


def test_suggestions_come_and_can_be_sent_away(aju, rowan):
    aju.suggestions_v1()
    found = aju.suggestions()
    assert aju.suggestions_v2() == found
    aju.suggestion_delete(rowan.id)
    assert rowan.id not in {one["account"]["id"] for one in aju.suggestions()}


def test_filters_of_both_kinds_are_kept_and_told(juniper, aju):
    note = juniper.toot("About cucumbers")
    made = aju.create_filter_v2(
        "Green", ["home", "public"], "warn", expires_in=600,
        keywords_attributes=[{"keyword": "cucumbers", "whole_word": True}],
    )
    told = aju.status(note)["filtered"]
    assert told[0]["keyword_matches"] == ["cucumbers"]
    word = aju.add_filter_keyword_v2(made, "gherkin", whole_word=True)
    assert len(aju.filter_keywords_v2(made)) == 2
    aju.delete_filter_keyword_v2(word["id"])
    one = aju.add_filter_status_v2(made, note)
    assert aju.filter_status_v2(one["id"])["status_id"] == note["id"]
    assert [each["id"] for each in aju.filter_statuses_v2(made)] == [one["id"]]
    aju.delete_filter_status_v2(one["id"])
    assert aju.update_filter_v2(made, title="Greens", filter_action="hide")["title"] == "Greens"
    assert aju.filter_v2(made)["filter_action"] == "hide"
    assert [each["id"] for each in aju.filters_v2()] == [made["id"]]
    aju.delete_filter_v2(made)
    old = aju.filter_create("gherkin", ["home"], whole_word=True, expires_in=600)
    assert [each["id"] for each in aju.filters()] == [old["id"]]
    assert aju.filter(old)["phrase"] == "gherkin"
    assert aju.filter_update(old, phrase="pickle", context=["home"])["phrase"] == "pickle"
    assert aju.plain.filters_apply(aju.timeline_home(), aju.filters(), "home")
    aju.filter_delete(old)


def heard(by: Proved, count: int) -> Any:
    """What somebody was told, once there are so many."""
    return waited(lambda: len(found := by.plain.notifications()) >= count and found)


def test_notifications_are_listed_grouped_counted_and_dismissed(juniper, aju):
    juniper.notifications_clear()
    note = juniper.toot("Like me")
    aju.status_favourite(note)
    aju.status_reply(note, "Liked")
    heard(juniper, 2)
    found = juniper.notifications(types=["favourite", "mention"])
    assert {one["type"] for one in found} == {"favourite", "mention"}
    assert juniper.notifications(id=found[0])["id"] == found[0]["id"]
    assert juniper.notifications_unread_count()["count"] >= 2
    groups = juniper.grouped_notifications()
    assert juniper.grouped_notifications(expand_accounts="full")["accounts"]
    assert juniper.unread_grouped_notifications_count() >= 2
    key = next(one["group_key"] for one in groups["notification_groups"] if one["type"] == "favourite")
    assert juniper.grouped_notification(key)["notification_groups"][0]["group_key"] == key
    assert [one["id"] for one in juniper.grouped_notification_accounts(key)] == [aju.id]
    juniper.dismiss_grouped_notification(key)
    juniper.notifications_dismiss(found[0])
    juniper.markers_set(["home", "notifications"], [note["id"], found[0]["id"]])
    assert juniper.markers_get(["home", "notifications"])["home"]["last_read_id"] == note["id"]


def test_what_is_held_back_waits_under_requests(server, juniper, rowan):
    juniper.update_notifications_policy(for_not_following="filter")
    assert juniper.notifications_policy()["for_not_following"] == "filter"
    for number in range(2):
        rowan.toot(f"Hello @juniper {number}")
    [request] = waited(juniper.plain.notification_requests)
    assert juniper.notification_request(request["id"])["account"]["id"] == rowan.id
    assert len(juniper.notification_requests()) == 1
    juniper.accept_notification_request(request["id"])
    waited(juniper.notifications_merged)
    for number, deed in enumerate((
        lambda id_: juniper.dismiss_notification_request(id_),
        lambda id_: juniper.accept_multiple_notification_requests([id_]),
        lambda id_: juniper.dismiss_multiple_notification_requests([id_]),
    )):
        with closing(proved(server, f"guest{number}")) as guest:
            guest.toot("Hello @juniper")
            [request] = waited(juniper.plain.notification_requests)
            assert request["account"]["id"] == guest.id
            deed(request["id"])
            assert juniper.notification_requests() == []
    juniper.update_notifications_policy(for_not_following="accept")


def test_somebody_is_reported_with_what_they_wrote(juniper, rowan):
    note = rowan.toot("Buy my lamps")
    told = juniper.report(rowan.id, note, comment="It sells lamps", category="spam")
    assert told["target_account"]["id"] == rowan.id
    assert (told["category"], told["comment"]) == ("spam", "It sells lamps")
    assert (told["status_ids"], told["rule_ids"]) == ([str(note["id"])], [])


def test_operators_read_people_and_decide_on_reports(juniper, rowan, mei):
    note = rowan.toot("Buy more lamps")
    [rule] = [one["id"] for one in mei.instance_rules()] or [None]
    reported = juniper.report(rowan.id, note, comment="Lamps again", rule_ids=[rule], category="violation")
    told = mei.admin_report(reported["id"])
    assert (told["account"]["id"], told["target_account"]["id"]) == (juniper.id, rowan.id)
    assert [one["id"] for one in told["statuses"]] == [note["id"]]
    plain = mei.last()
    assert wrong([plain["account"], plain["target_account"]], list[AdminAccount]) == []
    assert reported["id"] in {one["id"] for one in mei.admin_reports()}
    assert mei.admin_report_assign(told)["assigned_account"]["id"] == mei.id
    assert mei.admin_report_unassign(told)["assigned_account"] is None
    assert mei.admin_report_resolve(told)["action_taken_by_account"]["id"] == mei.id
    assert mei.admin_report_reopen(told)["action_taken"] is False
    assert mei.admin_account(rowan.id)["account"]["id"] == rowan.id
    for found in (mei.admin_accounts(username="rowan"), mei.admin_accounts_v1(), mei.admin_accounts_v2(status="active")):
        assert rowan.id in {one["id"] for one in found}
    assert mei.admin_accounts_v1(status="pending") == mei.admin_accounts_v2(status="pending") == []
    for deed in (mei.admin_account_approve, mei.admin_account_reject):
        with pytest.raises(MastodonAPIError, match="not allowed"):  # rowan is in
            deed(rowan.id)
    heard = waited(lambda: mei.notifications(types=["admin.report"]))
    assert heard[0]["report"]["target_account"]["id"] == rowan.id


def test_talks_between_few_are_conversations(juniper, aju):
    note = juniper.status_post("Between us @阿橘", visibility="direct")
    [talk] = aju.conversations()
    assert talk["last_status"]["id"] == note["id"]
    assert aju.conversations_read(talk)["unread"] is False


def test_an_app_asks_to_be_pushed_to(juniper):
    private, public = juniper.plain.push_subscription_generate_keys()
    made = juniper.push_subscription_set("https://93.184.215.14/push", public, mention_events=True, policy="followed")
    assert made["alerts"]["mention"]
    assert juniper.push_subscription()["policy"] == "followed"
    assert juniper.push_subscription_update(favourite_events=True)["alerts"]["favourite"]
    juniper.push_subscription_delete()
    assert private["privkey"]


def test_a_translation_without_an_engine_is_honestly_refused(juniper, aju):
    note = juniper.status_post("The cat sleeps on the warm windowsill", language="en")
    with pytest.raises(MastodonServiceUnavailableError):
        aju.plain.status_translate(note, lang="zh")


def test_what_older_servers_had_mastodon_py_asks_for_no_more(juniper, aju):
    with pytest.raises(MastodonVersionError):
        juniper.reports()
    # It finds and follows them by what took its place.
    assert juniper.follows("阿橘")["following"]
    juniper.account_unfollow(aju.id)
    assert set(juniper.search_v1("阿橘")) == {"accounts", "statuses", "hashtags"}


def test_nothing_is_refreshed_behind_an_answer(juniper):
    home = juniper.timeline_home()
    assert juniper.plain.get_async_refresh_info(home) is None
    assert juniper.plain.await_async_refresh(home) == home


def test_streams_tell_entities(juniper, aju):
    told: list[tuple[str, Any]] = []
    arrived = threading.Condition()

    def hear(name: str) -> Any:
        def keep(one: Any) -> None:
            with arrived:
                told.append((name, one))
                arrived.notify_all()
        return keep

    def wait_for(*names: str) -> None:
        with arrived:
            assert arrived.wait_for(lambda: set(names) <= {name for name, _ in told}, timeout=15), names

    listener = CallbackStreamListener(
        update_handler=hear("update"), delete_handler=hear("delete"), notification_handler=hear("notification"),
        status_update_handler=hear("status_update"), conversation_handler=hear("conversation"),
    )
    made = aju.list_create("Streamed")
    aju.list_accounts_add(made, [juniper.id])
    opened = [
        aju.plain.stream_user(listener, run_async=True), aju.plain.stream_public(listener, run_async=True),
        aju.plain.stream_local(listener, run_async=True), aju.plain.stream_direct(listener, run_async=True),
        aju.plain.stream_hashtag("lamps", listener, run_async=True),
        aju.plain.stream_list(made["id"], listener, run_async=True),
        aju.plain.stream_user_notifications(listener, run_async=True),
    ]
    assert aju.plain.stream_healthy()
    try:
        note = juniper.toot("Light #lamps")
        secret = juniper.status_post("For @阿橘", visibility="direct")
        juniper.status_update(note, "Lights #lamps")
        wait_for("update", "notification", "status_update", "conversation")
        juniper.status_delete(note)
        wait_for("delete")
        assert secret["id"] in {one["last_status"]["id"] for name, one in told if name == "conversation"}
    finally:
        # A stream that is read is closed only once something comes.
        closing_them = [threading.Thread(target=one.close) for one in opened]
        for one in closing_them:
            one.start()
        juniper.toot("Good night @阿橘 #lamps")
        juniper.status_post("Good night @阿橘", visibility="direct")
        for one in closing_them:
            one.join()
