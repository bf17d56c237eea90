"""Reports, rules and people as operators' apps and reporters' see them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

from catflap.access import queries as access
from catflap.arrivals import valve
from catflap.ground.database import Reads
from catflap.ground.errors import NotAllowed
from catflap.mastodon import own_words
from catflap.mastodon.call import Call
from catflap.mastodon.entities.account import account, operator_role
from catflap.mastodon.entities.community import Rule, RuleTranslation
from catflap.mastodon.entities.report import AdminAccount, AdminReport, CommentWritten, Ip, Report
from catflap.mastodon.entities.status import language_of
from catflap.mastodon.entities.written import instant
from catflap.mastodon.presenting import Presenting
from catflap.moderation import cases, rules
from catflap.moderation.model import Case, State
from catflap.moderation.model import Report as Reported
from catflap.moderation.model import Rule as Norm
from catflap.notes import queries as notes
from catflap.people import queries as people
from catflap.people import standing
from catflap.translation import queries as translation
from catflap.translation.codes import UNKNOWN


def operators_only(call: Call) -> None:
    """Let nobody else past, whatever their token says.

    Raises:
        NotAllowed: the caller runs nothing here, or does no more.
    """
    if not call.is_operator:
        raise NotAllowed("moderate")


async def norms(reads: Reads, found: Sequence[Norm]) -> list[Rule]:
    """Rules as they were written with every translation there is. Two queries."""
    keys = [key for rule in found for key in (rule.text_key, rule.hint_key)]
    texts = await translation.kept(reads, keys, target=UNKNOWN)
    by_lang: dict[str, dict[str, str]] = defaultdict(dict)
    for row in await translation.rendered(reads, keys):
        by_lang[row.text_key][row.target] = row.text

    def written(key: str) -> str:
        return next((kept.text for k, kept in texts.items() if k == key), "")

    return [
        Rule(
            id=str(rule.id), text=written(rule.text_key), hint=written(rule.hint_key),
            translations={
                lang: RuleTranslation(
                    text=text,
                    hint=by_lang[rule.hint_key].get(lang, written(rule.hint_key)),
                )
                for lang, text in sorted(by_lang[rule.text_key].items())
            },
        )
        for rule in found
    ]


async def told(reads: Reads, call: Call, found: Sequence[Reported]) -> list[Report]:
    """Reports as their reporters and notifications have them; six queries, whatever the number."""
    known = await cases.by_ids(reads, [row.case_id for row in found])
    about = await people.by_ids(reads, sorted({case.about_id for case in known.values()}))
    named = await cases.notes_of(reads, [row.id for row in found])
    texts = await translation.kept(reads, [row.message_key for row in found], target=UNKNOWN)
    made = []
    for row in found:
        case = known[row.case_id]
        if case.about_id not in about:
            continue
        text = texts.get(row.message_key)
        made.append(Report(
            id=str(row.id), action_taken=case.state is State.RESOLVED,
            action_taken_at=instant(case.resolved_at) if case.resolved_at else None,
            category=row.category, comment=text.text if text else "", forwarded=False,
            created_at=instant(row.made_at),
            status_ids=[str(one.note_id) for one in named.get(row.id, ())],
            rule_ids=[str(rule) for rule in row.rules],
            target_account=account(about[case.about_id], base=call.base),
        ))
    return made


async def accounts(reads: Reads, call: Call, ids: Collection[int]) -> dict[int, AdminAccount]:
    """People as operators see them. Five queries, whatever their number."""
    wanted = sorted(set(ids))
    known = await people.by_ids(reads, wanted)
    readers = await standing.readers(reads, wanted)
    emails = await access.emails_among(reads, wanted)
    entered = await valve.entrances_of(reads, wanted)
    used: dict[int, list[Ip]] = defaultdict(list)
    for row in await access.addresses_among(reads, wanted):
        if row.address not in {ip.ip for ip in used[row.person_id]}:
            used[row.person_id].append(Ip(ip=row.address, used_at=instant(row.seen_at)))
    return {
        id_: AdminAccount(
            id=str(id_), username=person.handle, domain=None,
            created_at=instant(person.joined_at), email=emails.get(id_, ""),
            ip=used[id_][0].ip if used[id_] else None, ips=used[id_],
            locale=readers[id_].locale if id_ in readers else "",
            invite_request=(entered[id_].reason or None) if id_ in entered else None,
            role=operator_role(
                is_operator=person.handle in call.house.settings.operators
            ),
            confirmed=True, approved=id_ not in entered or entered[id_].let_in_at is not None,
            disabled=False, silenced=False, suspended=False, sensitized=False,
            account=account(person, base=call.base),
        )
        for id_, person in known.items()
    }


def _people_of(found: Sequence[Reported], known: Collection[Case]) -> set[int]:
    ids = {row.by_id for row in found}
    for case in known:
        ids |= {case.about_id, case.assigned_to_id, case.resolved_by_id}
    return {id_ for id_ in ids if id_ is not None}


async def for_operators(
    presenting: Presenting, reads: Reads, call: Call, found: Sequence[Reported]
) -> list[AdminReport]:
    """Reports as operators see them, messages in their own language."""
    known = await cases.by_ids(reads, [row.case_id for row in found])
    who = await accounts(reads, call, _people_of(found, known.values()))
    named = await cases.notes_of(reads, [row.id for row in found])
    stand = await notes.by_ids(reads, [one.note_id for rows in named.values() for one in rows])
    statuses = {
        int(one.id): one
        for one in await presenting.statuses(
            reads, call, [note for note in stand.values() if not note.withdrawn]
        )
    }
    broken = await rules.by_ids(reads, [rule for row in found for rule in row.rules])
    told_rules = {rule.id: rule for rule in await norms(reads, list(broken.values()))}
    texts = await own_words.kept(presenting, reads, call, [row.message_key for row in found])
    made = []
    for row in found:
        case, text = known[row.case_id], texts.get(row.message_key)
        if case.about_id not in who:
            continue
        made.append(AdminReport(
            id=str(row.id), action_taken=case.state is State.RESOLVED,
            action_taken_at=instant(case.resolved_at) if case.resolved_at else None,
            category=row.category, comment=own_words.spoken(call, text), forwarded=False,
            created_at=instant(row.made_at), updated_at=instant(case.changed_at),
            account=who.get(row.by_id or 0), target_account=who[case.about_id],
            assigned_account=who.get(case.assigned_to_id or 0),
            action_taken_by_account=who.get(case.resolved_by_id or 0),
            statuses=[
                statuses[one.note_id] for one in named.get(row.id, ()) if one.note_id in statuses
            ],
            rules=[told_rules[str(rule)] for rule in row.rules if str(rule) in told_rules],
            catflap=CommentWritten(
                comment=text.text if text else "", language=language_of(text),
            ),
        ))
    return made
