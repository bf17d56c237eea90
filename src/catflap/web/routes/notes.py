"""A note's page, and what one does there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from markupsafe import Markup, escape
from starlette.responses import RedirectResponse, Response

from catflap.ground import clock
from catflap.ground.database import Reads
from catflap.ground.errors import CatflapError, NotFound
from catflap.ground.ids import from_text
from catflap.ground.paging import Page
from catflap.media import queries as media
from catflap.media.model import MediaId
from catflap.media.uploading import on_disk
from catflap.notes import (
    actions,
    boards,
    families,
    linking,
    polls,
    queries,
    quoting,
    translating,
)
from catflap.notes.model import POLL_OPTIONS_MAX, BoardId, Note, NoteId, Poll
from catflap.notes.quoting import Quoted
from catflap.people import actions as people_actions
from catflap.people import queries as people
from catflap.people.errors import StillWaiting
from catflap.people.model import Relation
from catflap.translation import queries as translation
from catflap.translation.codes import NAMES
from catflap.translation.model import TextKey
from catflap.web import problems, rendering, seals
from catflap.web.coverage import views_of
from catflap.web.door import Door
from catflap.web.entities import shown
from catflap.web.forms import Form, form
from catflap.web.presenting import Aside
from catflap.web.routes.explore import unread
from catflap.web.visit import Visit

PHOTOS_PER_COMMENT = 4
_PLACES = frozenset(str(place) for place in range(POLL_OPTIONS_MAX))


def note_id(visit: Visit, name: str = "id") -> NoteId:
    """The note a path names."""
    id_ = from_text(visit.request.path_params[name])
    if id_ is None:
        raise NotFound("note")
    return NoteId(id_)


async def show(door: Door, visit: Visit) -> Response:
    """A note with its comments; a comment's address leads to its place under the note."""
    async with door.house.database.reads() as reads:
        note = await queries.note(reads, note_id(visit), viewer=visit.viewer)
        author = await people.by_id(reads, note.author_id, viewer=visit.viewer)
        if note.root_id is not None:
            root = await queries.note(reads, note.root_id, viewer=visit.viewer)
            owner = await people.by_id(reads, root.author_id, viewer=visit.viewer)
            return RedirectResponse(f"/@{owner.handle}/{root.id}#c{note.id}", status_code=303)
        if visit.request.path_params["handle"] != author.handle:
            return RedirectResponse(f"/@{author.handle}/{note.id}", status_code=303)
        reply = from_text(visit.request.query_params.get("reply", ""))
        return await note_page(door, visit, reads, note, reply=reply)


async def note_page(
    door: Door, visit: Visit, reads: Reads, note: Note, *, reply: int | None, written: str = "",
    attached: Sequence[MediaId] = (), error: str = "", status: int = 200,
    tried: seals.Tried | None = None,
) -> Response:
    """A note's page, with what somebody wrote under it and why that could not be taken.

    ``tried`` is a seal that could not be taken.
    """
    around = await _around(door, visit, reads, note)
    slots = rendering.frame(visit, unread=await unread(reads, visit))
    slots["comments"] = await door.presenting.comments(
        reads, visit, around.thread.items, root=note, asides=around.asides
    )
    slots["seals"] = await seals.sealed(door, visit, reads, note, tried=tried)
    slots["boards"] = await _board_options(door, visit, reads)
    slots["reply"] = str(reply or "").encode()
    slots["written"] = escape(written).encode()
    slots["attached"] = await _attached(visit, reads, attached)
    if error:
        line = Markup('<p class="error" role="alert" tabindex="-1" autofocus>{}</p>')
        slots["refused"] = line.format(error).encode()
    piece = await _note_piece(door, visit, reads, note, around)
    return rendering.html(visit, piece.filled(slots), status=status)


async def _attached(visit: Visit, reads: Reads, ids: Sequence[MediaId]) -> bytes:
    """What came with a comment that was refused: loose, and named by its form."""
    if visit.viewer is None or not ids:
        return b""
    items = await media.mine(reads, ids, viewer=visit.viewer)
    rows = [(item, shown.cover(item, alt=None)) for item in items]
    return rendering.fragment(visit, "attached.html", rows=rows).encode()


class _Around(msgspec.Struct, frozen=True, kw_only=True):
    """What one reader sees around a note, before any of it is put into words."""

    thread: Page[Note]
    asides: Mapping[NoteId, Aside]
    liked: bool
    collected: bool
    relation: Relation
    poll: Poll | None
    has_ended: bool
    own_votes: Sequence[int]
    told: Mapping[str, str]
    """What the reader calls each of its tags, "" where no other word is needed."""
    quotes: Mapping[NoteId, Quoted]
    quotable: bool


async def _around(door: Door, visit: Visit, reads: Reads, note: Note) -> _Around:
    after = visit.request.query_params.get("after")

    async def made() -> _Around:
        thread = await queries.thread(reads, note.id, viewer=visit.viewer, after=after)
        asked = (await polls.of_notes(reads, [note.id])).get(note.id)
        votes = await polls.own_votes(reads, visit.viewer, [asked.id]) if asked else {}
        kin = await families.of_tags(reads, note.tags)
        return _Around(
            thread=thread, asides=await door.presenting.asides(reads, visit, thread.items),
            liked=bool(await queries.liked_among(reads, visit.viewer, [note.id])),
            collected=bool(await queries.collected_among(reads, visit.viewer, [note.id])),
            relation=await people.relation(reads, viewer=visit.viewer, person=note.author_id),
            poll=asked, has_ended=asked is not None and asked.has_ended(clock.now()),
            own_votes=votes.get(asked.id, ()) if asked else (),
            told={tag: family.told(visit.reading) for tag, family in kin.items()},
            quotes=await quoting.of_notes(reads, [note], viewer=visit.viewer),
            quotable=note.id in await quoting.quotable_among(reads, visit.viewer, [note]),
        )

    key = ("around", note, visit.viewer, visit.reading, after)
    return await door.house.database.kept(key, made)


async def _note_piece(
    door: Door, visit: Visit, reads: Reads, note: Note, around: _Around
) -> rendering.Piece:
    """The page around a note, rendered once for all who read, like and follow alike."""
    asked, quoted = around.poll, around.quotes.get(note.id)
    version = door.house.glossaries.known.version
    shelf = door.presenting.pieces.shelf("note", version, visit.locale, visit.reading)
    key = (
        note.id, note.revision, visit.theme, visit.viewer is None,
        note.author_id == visit.viewer, around.liked, around.collected, around.relation.following,
        around.relation.requested, note.likes_count, note.collects_count, note.comments_count,
        around.thread.next_cursor, visit.when(note.made_at), asked, around.has_ended,
        tuple(around.own_votes), tuple(around.told.values()), quoted, around.quotable,
        quoted is not None and quoted.note is not None and quoted.note.author_id == visit.viewer,
    )
    if (kept := shelf.get(key)) is not None:
        door.presenting.coverage.add(kept.views)
        return kept
    item = (await door.presenting.shown(
        reads, visit, [note], as_written=note.author_id == visit.viewer
    ))[0]
    poll = None
    if asked is not None:
        poll = await door.presenting.poll(
            reads, visit, asked, own_votes=around.own_votes, is_own=item.own
        )
    quote = (await door.presenting.quotes(reads, visit, around.quotes)).get(note.id)
    said = [item.title, item.body, item.warning, item.place, *(p.alt for p in item.photos)]
    said += [item.link.title, item.link.description] if item.link is not None else []
    said += [quote.words] if quote is not None else []
    said += [choice.text for choice in poll.choices] if poll else []
    is_settled = door.presenting.is_settled(visit, said) and (
        item.video is None or (item.video.state == "ready" and item.video.coming is None)
    )
    text = rendering.fragment(
        visit, "note.html", note=item, likes=note.likes_count, collects=note.collects_count,
        comments_count=note.comments_count, liked=around.liked, collected=around.collected,
        relation=around.relation, next_cursor=around.thread.next_cursor or "", languages=NAMES,
        poll=poll, told=around.told, quote=quote, quotable=around.quotable,
    )
    views = views_of(text for text in said if text is not None)
    door.presenting.coverage.add(views)
    return door.presenting.pieces.keep(shelf, key, text, settled=is_settled, views=views)


async def _board_options(door: Door, visit: Visit, reads: Reads) -> bytes:
    """The reader's boards as a list to choose from."""
    if visit.viewer is None:
        return b""
    found = await queries.boards_of(reads, visit.viewer, viewer=visit.viewer)
    texts = await door.presenting.texts(reads, visit, [b.title_key for b in found])
    option = Markup('<option value="{}">{}</option>')
    return "".join(
        option.format(b.id, texts[b.title_key].plain) for b in found if b.title_key in texts
    ).encode()


async def card_fragment(door: Door, visit: Visit) -> Response:
    """One note's card again, for a page that waits for its translation."""
    id_ = note_id(visit)
    async with door.house.database.reads() as reads:
        await queries.note(reads, id_, viewer=visit.viewer)
        found = list((await queries.stamps(reads, [id_])).values())
        cards = await door.presenting.cards(reads, visit, found, why=[b""] * len(found))
    return rendering.html(visit, cards)


async def comment_fragment(door: Door, visit: Visit) -> Response:
    """One comment's HTML, for a page that heard of it."""
    async with door.house.database.reads() as reads:
        comment = await queries.note(reads, note_id(visit, "comment"), viewer=visit.viewer)
        if comment.root_id is None:
            raise NotFound("note")
        root = await queries.note(reads, comment.root_id, viewer=visit.viewer)
        html = await door.presenting.comments(reads, visit, [comment], root=root)
    return rendering.html(visit, html)


async def beside_fragment(door: Door, visit: Visit) -> Response:
    """What a note shows beside its own words, for a page that heard that it changed."""
    async with door.house.database.reads() as reads:
        note = await queries.note(reads, note_id(visit), viewer=visit.viewer)
        link = (await door.presenting.links(reads, visit, [note])).get(note.id)
        quote = await door.presenting.quote(reads, visit, note)
    return rendering.html(
        visit, rendering.fragment(visit, "beside.html", note_id=note.id, link=link, quote=quote)
    )


async def unquote(door: Door, visit: Visit) -> Response:
    """Take one's own note out of one that quotes it."""
    assert visit.viewer is not None
    id_ = note_id(visit)
    async with door.house.database.tx() as tx:
        note = await queries.note(tx, id_, viewer=visit.viewer)
        if note.quoted_id is None:
            raise NotFound("note")
        await quoting.revoke(tx, note.quoted_id, out_of=id_, by=visit.viewer)
    return visit.back(f"/n/{id_}")


async def text_fragment(door: Door, visit: Visit) -> Response:
    """One text of a note again, for a page that waits for its translation."""
    key = TextKey(visit.request.path_params["key"])
    async with door.house.database.reads() as reads:
        note = await queries.note(reads, note_id(visit), viewer=visit.viewer)
        if key not in await translating.texts_of(reads, note):
            raise NotFound("text")
        kept = await translation.kept(reads, [key], target=visit.reading.target)
        if key not in kept:
            raise NotFound("text")
        await door.house.glossaries.current(door.house.database)
        names = await door.presenting.correctors(reads, kept.values())
        asked = (await polls.of_notes(reads, [note.id])).get(note.id)
        pages = await linking.of_notes(reads, [note.id])
    said = door.presenting.said(visit, kept[key], names=names)
    return rendering.html(
        visit,
        rendering.fragment(
            visit, "said_fragment.html", said=said, note=note.id,
            is_choice=key == note.place_key or key in linking.keys(pages)
            or (asked is not None and key in polls.keys(asked)),
            compact=note.root_id is not None, inline=key == note.title_key, at="",
            bare="bare" in visit.request.query_params,
        ),
    )


async def _react(door: Door, visit: Visit, *, like: bool) -> Response:
    assert visit.viewer is not None
    id_ = note_id(visit)
    async with door.house.database.tx() as tx:
        change = actions.like if like else actions.unlike
        likes = await change(tx, id_, by=visit.viewer)
    if visit.wants_json:
        return rendering.json({"liked": like, "likes": likes, "text": visit.number(likes)})
    return visit.back(f"/n/{id_}")


async def like(door: Door, visit: Visit) -> Response:
    """Like a note or comment."""
    return await _react(door, visit, like=True)


async def unlike(door: Door, visit: Visit) -> Response:
    """Take a like back."""
    return await _react(door, visit, like=False)


async def _poll(door: Door, visit: Visit, reads: Reads, id_: NoteId) -> str:
    """The HTML of a note's or comment's poll as its reader sees it.

    Raises:
        NotFound: the note is absent, not for this reader, or asks nothing.
    """
    note = await queries.note(reads, id_, viewer=visit.viewer)
    asked = (await polls.of_notes(reads, [id_])).get(id_)
    if asked is None:
        raise NotFound("poll")
    votes = await polls.own_votes(reads, visit.viewer, [asked.id])
    poll = await door.presenting.poll(
        reads, visit, asked, own_votes=votes.get(asked.id, ()),
        is_own=note.author_id == visit.viewer,
    )
    return rendering.fragment(
        visit, "poll.html", note_id=id_, poll=poll, is_comment=note.root_id is not None
    )


async def poll_fragment(door: Door, visit: Visit) -> Response:
    """A poll again, for a page that heard of a vote or of its end."""
    async with door.house.database.reads() as reads:
        return rendering.html(visit, await _poll(door, visit, reads, note_id(visit)))


async def vote(door: Door, visit: Visit) -> Response:
    """Vote in a note's or comment's poll, once and for good."""
    assert visit.viewer is not None
    id_ = note_id(visit)
    async with form(visit.request) as fields:
        chosen = [int(text) for text in fields.texts("choice") if text in _PLACES]
    async with door.house.database.tx() as tx:
        await queries.note(tx, id_, viewer=visit.viewer)
        asked = (await polls.of_notes(tx, [id_])).get(id_)
        if asked is None:
            raise NotFound("poll")
        await polls.vote(tx, asked.id, chosen, by=visit.viewer)
    if visit.wants_json:
        async with door.house.database.reads() as reads:
            html = await _poll(door, visit, reads, id_)
        return rendering.json({"html": html})
    return visit.back(f"/n/{id_}")


async def by_id(door: Door, visit: Visit) -> Response:
    """A note's short address leads to its full one."""
    async with door.house.database.reads() as reads:
        note = await queries.note(reads, note_id(visit), viewer=visit.viewer)
        author = await people.by_id(reads, note.author_id, viewer=visit.viewer)
    return RedirectResponse(f"/@{author.handle}/{note.id}", status_code=303)


async def collect(door: Door, visit: Visit) -> Response:
    """Put a note on a board, perhaps a new one."""
    assert visit.viewer is not None
    assert visit.reader is not None
    id_ = note_id(visit)
    async with form(visit.request) as fields:
        chosen, title = from_text(fields.text("board_id")), fields.text("new_board")
    async with door.house.database.tx() as tx:
        if chosen is None:
            own = await queries.boards_of(tx, visit.viewer, viewer=visit.viewer)
            if title.strip() or not own:
                chosen = await boards.make(
                    tx, by=visit.viewer, title=title or visit.words.gettext("Collected"),
                    is_public=True, prior=visit.reader.reads,
                )
            else:
                chosen = own[0].id
        count = await boards.collect(tx, id_, by=visit.viewer, board=BoardId(chosen))
    if visit.wants_json:
        return rendering.json({"collected": True, "text": visit.number(count)})
    return visit.back(f"/n/{id_}")


async def uncollect(door: Door, visit: Visit) -> Response:
    """Take a note off one's boards."""
    assert visit.viewer is not None
    id_ = note_id(visit)
    async with door.house.database.tx() as tx:
        count = await boards.uncollect(tx, id_, by=visit.viewer)
    if visit.wants_json:
        return rendering.json({"collected": False, "text": visit.number(count)})
    return visit.back(f"/n/{id_}")


def must_be_in(visit: Visit) -> None:
    """Take no files of somebody who could not show them; the actions ask again.

    Raises:
        StillWaiting: the reader is not let in yet.
    """
    if visit.reader is not None and visit.reader.waits:
        raise StillWaiting


async def _still_loose(door: Door, visit: Visit, fields: Form) -> list[MediaId]:
    """What a refused form kept of its photos, unless they were swept away or used meanwhile."""
    assert visit.viewer is not None
    named = [MediaId(id_) for text in fields.texts("media") if (id_ := from_text(text))]
    async with door.house.database.reads() as reads:
        items = await media.still_mine(reads, named, viewer=visit.viewer)
    return [item.id for item in items if item.note_id is None][:PHOTOS_PER_COMMENT]


async def comment(door: Door, visit: Visit) -> Response:
    """Answer a note or a comment; what cannot be taken stays in the form."""
    assert visit.viewer is not None
    assert visit.reader is not None
    root = note_id(visit)
    async with form(visit.request, with_files=True) as fields:
        text, reply = fields.text("text"), from_text(fields.text("reply_to"))
        attached = await _still_loose(door, visit, fields)
        try:
            must_be_in(visit)
            door.posts.spend(str(visit.viewer))
            for upload in fields.files("photos")[: PHOTOS_PER_COMMENT - len(attached)]:
                with on_disk(upload) as path:
                    attached.append(await door.house.uploads.take(path, owner=visit.viewer))
            async with door.house.database.tx() as tx:
                id_ = await actions.comment(
                    tx, by=visit.viewer, to=NoteId(reply or root), text=text, media_ids=attached,
                    prior=visit.reader.reads,
                )
        except CatflapError as error:
            if visit.wants_json or isinstance(error, NotFound):
                raise
            async with door.house.database.reads() as reads:
                note = await queries.note(reads, root, viewer=visit.viewer)
                page = await note_page(
                    door, visit, reads, note, reply=reply, written=text, attached=attached,
                    error=problems.sentence(visit.words, error), status=problems.status_of(error),
                )
            return problems.timed(page, error)
    if not visit.wants_json:
        return visit.back(f"/n/{id_}")
    async with door.house.database.reads() as reads:
        made = await queries.note(reads, id_, viewer=visit.viewer)
        top: Note = await queries.note(reads, made.root_id or root, viewer=visit.viewer)
        html = await door.presenting.comments(reads, visit, [made], root=top)
    return rendering.json(
        {"id": str(id_), "branch": str(made.branch_id or ""), "html": html.decode()}, status=201
    )


async def confirm_delete(door: Door, visit: Visit) -> Response:
    """Ask before deleting."""
    id_ = note_id(visit)
    async with door.house.database.reads() as reads:
        note = await queries.note(reads, id_, viewer=visit.viewer)
        if note.author_id != visit.viewer:
            raise NotFound("note")
        return rendering.page(
            visit, "confirm.html", note=note, unread=await unread(reads, visit)
        )


async def delete(door: Door, visit: Visit) -> Response:
    """Delete a note or comment for real."""
    assert visit.viewer is not None
    id_ = note_id(visit)
    async with door.house.database.tx() as tx:
        note = await queries.note(tx, id_, viewer=visit.viewer)
        await actions.withdraw(tx, id_, by=visit.viewer)
    if visit.wants_json:
        return rendering.json({"deleted": True})
    return RedirectResponse(f"/n/{note.root_id}" if note.root_id else "/", status_code=303)


async def history(door: Door, visit: Visit) -> Response:
    """How a note read before its edits."""
    id_ = note_id(visit)
    async with door.house.database.reads() as reads:
        note = await queries.note(reads, id_, viewer=visit.viewer)
        revisions = await queries.history(reads, id_)
        keys = [k for r in revisions for k in (r.title_key, r.body_key, r.warning_key) if k]
        texts = await door.presenting.texts(
            reads, visit, keys, as_written=note.author_id == visit.viewer
        )
        rows = [
            (r.at, texts.get(r.title_key), texts.get(r.body_key), texts.get(r.warning_key))
            for r in revisions
        ]
        return rendering.page(
            visit, "history.html", note=note, rows=rows, unread=await unread(reads, visit)
        )


async def past_fragment(door: Door, visit: Visit) -> Response:
    """One text of a note's history again, for a page that waits for its translation."""
    key, id_ = TextKey(visit.request.path_params["key"]), note_id(visit)
    async with door.house.database.reads() as reads:
        await queries.note(reads, id_, viewer=visit.viewer)
        revisions = await queries.history(reads, id_)
        if key not in {k for r in revisions for k in (r.title_key, r.body_key, r.warning_key)}:
            raise NotFound("text")
        return await said_again(
            door, visit, reads, key, name=f"h{id_}", at=f"/n/{id_}/history/{key}"
        )


async def said_again(
    door: Door, visit: Visit, reads: Reads, key: TextKey, *, name: str, at: str,
    inline: bool = False, is_choice: bool = False, links: bool = False, bare: bool = False,
) -> Response:
    """A text that stands in no note, once more; its reader may see it."""
    texts = await door.presenting.texts(reads, visit, [key])
    if key not in texts:
        raise NotFound("text")
    return rendering.html(
        visit,
        rendering.fragment(
            visit, "said_fragment.html", said=texts[key], note=name, compact=True, inline=inline,
            is_choice=is_choice, links=links, bare=bare, at=at,
        ),
    )


async def relate(door: Door, visit: Visit) -> Response:
    """Follow, block, mute, and their opposites."""
    assert visit.viewer is not None
    verb = visit.request.path_params["verb"]
    verbs = {
        "follow": people_actions.follow, "unfollow": people_actions.unfollow,
        "block": people_actions.block, "unblock": people_actions.unblock,
        "mute": people_actions.mute, "unmute": people_actions.unmute,
    }
    if verb not in verbs:
        raise NotFound("page")
    async with door.house.database.tx() as tx:
        person = await people.by_handle(tx, visit.request.path_params["handle"], viewer=None)
        await verbs[verb](tx, by=visit.viewer, person=person.id)
        stands = await people.relation(tx, viewer=visit.viewer, person=person.id)
    if visit.wants_json:
        label = {"label": visit.words.gettext("Requested")} if stands.requested else {}
        return rendering.json({"following": stands.following, **label})
    return visit.back(f"/@{person.handle}")


