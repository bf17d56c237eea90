"""What the simulated world takes for granted, each with where it comes from.

"Assumption" means just that: nobody measured it here, and nothing was chosen so that a goal comes
out. Where a source gives a figure that only loosely fits, the comment says how it was bent.
"""

from __future__ import annotations

# Who is there.
LANGUAGES = 4
HOST_LANGUAGES = (0.60, 0.25, 0.10, 0.05)  # assumption: zh, en, es, ja
NEWCOMER_LANGUAGES = (0.05, 0.75, 0.15, 0.05)  # assumption: an English-speaking place was closed
NEWCOMERS_RATIO = 0.3  # assumption; of all who are ever there
FAKES_RATIO = 0.05  # assumption; of newcomers: a scenario, not an estimate
RING_SIZE = 40  # assumption: size of a ring, likewise a scenario
COPYCATS_RATIO = 0.02  # assumption; of newcomers
COPIES_CAUGHT_RATIO = 0.8  # assumption: JPEG and resizing are caught, crops are not
LABELLED_RATIO = 0.3  # assumption; 15 % to 50 % in scenarios that others ran
TOPICS = 24  # assumption
UNTOLD_TOPIC = TOPICS  # what the feed knows of a note without a tag whose words say nothing
# Whoever puts no newcomers' tag on their notes puts none at all: assumption, the harshest. Of such
# notes the words tell a topic, now and then a wrong one, as often as `feed.words` does of the
# demo's 326 notes without their tags, held against a reader who had not seen the list of words.
WORDS_TELL_RATIO = 0.78
WORDS_MISTAKE_RATIO = 0.14
POLITICAL_TOPICS = (22, 23)
INTEREST_SHAPE = 0.3  # assumption: Dirichlet, so that people have a handful of interests
TASTES = 4  # assumption: hidden tastes, which no tag names and only co-liking can find
PICKS = 4

HISTORY_IMPRESSIONS = 700  # assumption: what hosts were shown before, a month at 24 a day
# (how often they commented on it is drawn from their own rate, and the feed knows it)

# When they come. Mastodon, 4–20 November 2022 (mauforonda/mastodon_timeline): 1.53 million in
# 16.5 days, 324,000 on the peak day, 6.0 a second over the peak three hours.
PEAK_DAY_RATIO = 324 / 1530
PEAK_3H_RATIO = 6.0 * 3 * 3600 / 324_000
DAILY_FALL = 1 - PEAK_DAY_RATIO  # assumption: the peak first, then a geometric fall to that sum
PEAK_FROM_H = 18  # assumption: when the three hours begin
SECOND_WAVE_RATIO = 0.3  # assumption; of newcomers, where a second wave happens
SECOND_WAVE_DAY = 21  # assumption: an age limit three weeks after the ban

# Who stays.
EXODUS_RATIO = 0.54  # Similarweb: daily users 19 to 20 January 2025, a loss of 54 % overnight
EXODUS_DAY = 7
LEAVING_SHAPE = 0.35  # assumption: share left after d days is (1 + d)^-0.35; 32 % stay a month
ANSWERED_LEAVE_RATIO = 0.8  # assumption; that answers keep people is seen, by how much is not

# What they do.
PAGES_PER_DAY = 1.2  # assumption: pages of 20 for each person who is there, on average
PAGES_SHAPE = 1.0  # assumption: gamma
NIGHT_SWING = 0.6  # assumption: activity is 1 ± 0.6 over a day
FIRST_NOTE_RATIO = 0.6  # assumption: newcomers who ever post
FIRST_NOTE_AFTER_H = 2.0  # assumption: mean, exponential
NOTES_PER_DAY = 0.12  # assumption
AGAIN_ANSWERED_RATIO, AGAIN_UNANSWERED_RATIO = 0.56, 0.44  # Joyce and Kraut 2006, observational
TAG_PAGE_RATIO = 0.03  # assumption: of pages, the newcomers' tag by time instead of the feed
LIKE_LOGIT = -3.2  # assumption: about 5 % of impressions
COMMENT_RATIO = 0.01  # assumption: a fifth of likes (the crawl of refugees' notes has about as many
# comments as likes, but of notes that a search had found)
COMMENTING_SHAPE = 0.3  # assumption: gamma, so that a tenth of people write most comments
INVITING_RATIO = 0.3  # assumption: notes that ask, offer, or speak two languages
INVITING_FACTOR = 3.0  # crawl of January 2025: 39 comments against 11; observational
GREETING_FACTOR = 1.54  # MISQ 49(2): comments to newcomers where members are reminded of them
FOREIGN_COMMENT_FACTOR = 0.6  # assumption: through a rendition people answer less
FOREIGN_LIKE_LOGIT = -0.3  # assumption
MATCH_SLOPE, QUALITY_SLOPE, TASTE_SLOPE = 0.6, 0.5, 0.5  # assumptions, in log-odds
CAMP_LOGIT = 1.0  # assumption: what the other camp's politics costs in liking and adds in hiding
COLLECT_LOGIT = -4.2  # assumption
FOLLOW_RATIO = 0.003  # assumption
HIDE_LOGIT = -5.3  # assumption: 0.5 %
REPORT_LOGIT = -8.5  # assumption: 0.02 %
FAKE_REPORT_LOGIT = 3.5  # assumption: what a copy or a fake adds
ATTENTION = 0.97  # assumption: what each slot further down leaves of acting

# Who looks after it.
PEOPLE_PER_MODERATOR = 2_000  # assumption (Bluesky had about 100 for 26 million)
CASES_PER_DAY = 100  # assumption; of one moderator


def stated() -> dict[str, float | tuple[float, ...]]:
    """Every number above, by name."""
    return {
        name.lower(): value for name, value in globals().items()
        if name.isupper() and isinstance(value, int | float | tuple)
    }
