"""Profiles, followers, boards, notices."""

from __future__ import annotations

from markupsafe import Markup
from starlette.responses import RedirectResponse, Response

from catflap.ground import clock
from catflap.ground.errors import NotFound
from catflap.ground.ids import from_text
from catflap.notes import boards, pinning
from catflap.notes import queries as notes
from catflap.notes.model import BoardId
from catflap.notices import actions as notice_actions
from catflap.notices import queries as notices
from catflap.notices.model import Kind
from catflap.people import queries as people
from catflap.people import relations, requests
from catflap.translation.model import TextKey
from catflap.web import rendering
from catflap.web.door import Door
from catflap.web.entities.said import one_line
from catflap.web.entities.shown import person_link
from catflap.web.forms import form
from catflap.web.routes.explore import many, stamped, unread
from catflap.web.routes.notes import said_again
from catflap.web.visit import Visit


async def profile(door: Door, visit: Visit) -> Response:
    """A person: who they are, and their notes, boards or likes."""
    params = visit.request.query_params
    tab = params.get("tab", "notes")
    async with door.house.database.reads() as reads:
        handle = visit.request.path_params["handle"]
        person = await people.by_handle(reads, handle, viewer=visit.viewer)
        texts = await door.presenting.texts(
            reads, visit, [TextKey(key) for key in person.keys()],
            as_written=person.id == visit.viewer, places=[TextKey(person.home_key)],
        )
        next_cursor, found, shelves = None, [], []
        pinned: set[int] = set()
        if tab == "likes":
            page = await notes.liked_by(reads, person.id, after=params.get("after"))
            found = await notes.shown(reads, page.items, viewer=visit.viewer)
            next_cursor = page.next_cursor
        elif tab == "boards":
            own = await notes.boards_of(reads, person.id, viewer=visit.viewer)
            titles = await door.presenting.texts(
                reads, visit, [b.title_key for b in own], with_aid=False,
                as_written=person.id == visit.viewer,
            )
            shelves = [(board, titles.get(board.title_key)) for board in own]
        else:
            written = await notes.of_author(
                reads, person.id, viewer=visit.viewer, after=params.get("after")
            )
            first = await notes.shown(
                reads, await pinning.pinned(reads, person.id), viewer=visit.viewer
            )
            pinned = {note.id for note in first if note.root_id is None}
            found = [note for note in written.items if note.id not in pinned]
            next_cursor = written.next_cursor
            if not params.get("after"):
                found = [*(note for note in first if note.id in pinned), *found]
        stamps = await stamped(door, reads, found)
        mark = Markup('<span class="why">{}</span>').format(visit.words.gettext("Pinned"))
        return await many(
            door, visit, reads, stamps, template="profile.html",
            why=[mark.encode() if stamp.id in pinned else b"" for stamp in stamps],
            next_cursor=next_cursor, person=person, bio=texts.get(person.bio_key),
            link=person_link(person, now=clock.now()), tab=tab, shelves=shelves,
            home=texts.get(person.home_key),
            lines=[
                (line.name, one_line(line.value), texts.get(line.name_key),
                 texts.get(line.value_key))
                for line in person.fields
            ],
            relation=await people.relation(reads, viewer=visit.viewer, person=person.id),
        )


async def circle(door: Door, visit: Visit) -> Response:
    """Who follows a person, or whom they follow."""
    which = visit.request.url.path.rpartition("/")[2]
    if which not in ("followers", "following"):
        raise NotFound("page")
    async with door.house.database.reads() as reads:
        handle = visit.request.path_params["handle"]
        person = await people.by_handle(reads, handle, viewer=visit.viewer)
        if person.hides_circles and person.id != visit.viewer:
            raise NotFound("page")
        listed = people.followers if which == "followers" else people.following
        page = await listed(
            reads, person.id, viewer=visit.viewer, after=visit.request.query_params.get("after")
        )
        bios = await door.presenting.texts(
            reads, visit, [TextKey(p.bio_key) for p in page.items], with_aid=False
        )
        rows = [(person_link(p, now=clock.now()), bios.get(p.bio_key)) for p in page.items]
        return rendering.page(
            visit, "people.html", person=person, which=which, rows=rows,
            next_cursor=page.next_cursor or "", unread=await unread(reads, visit),
        )


def _board_id(visit: Visit) -> BoardId:
    id_ = from_text(visit.request.path_params["id"])
    if id_ is None:
        raise NotFound("board")
    return BoardId(id_)


async def board(door: Door, visit: Visit) -> Response:
    """The notes on a board."""
    async with door.house.database.reads() as reads:
        found = await notes.board(reads, _board_id(visit), viewer=visit.viewer)
        owner = await people.by_id(reads, found.owner_id, viewer=visit.viewer)
        after = visit.request.query_params.get("after")
        page = await notes.on_board(reads, found.id, after=after)
        texts = await door.presenting.texts(reads, visit, [found.title_key])
        kept = await notes.shown(reads, page.items, viewer=visit.viewer)
        return await many(
            door, visit, reads, await stamped(door, reads, kept), template="board.html",
            next_cursor=page.next_cursor, board=found, title=texts.get(found.title_key),
            owner=person_link(owner, now=clock.now()), own=owner.id == visit.viewer,
        )


async def bio(door: Door, visit: Visit) -> Response:
    """A person's bio again, for a page that waits for its translation."""
    async with door.house.database.reads() as reads:
        handle = visit.request.path_params["handle"]
        person = await people.by_handle(reads, handle, viewer=visit.viewer)
        return await said_again(
            door, visit, reads, TextKey(person.bio_key), name=f"p{person.id}",
            at=f"/@{person.handle}/bio",
        )


async def line(door: Door, visit: Visit) -> Response:
    """A line of a profile or its place again, for a page that waits for its translation."""
    key = visit.request.path_params["key"]
    async with door.house.database.reads() as reads:
        handle = visit.request.path_params["handle"]
        person = await people.by_handle(reads, handle, viewer=visit.viewer)
        if key not in person.keys():
            raise NotFound("text")
        return await said_again(
            door, visit, reads, TextKey(key), name="", is_choice=True,
            at=f"/@{person.handle}/texts/{key}",
            links=key in (line.value_key for line in person.fields),
        )


async def board_title(door: Door, visit: Visit) -> Response:
    """A board's title again, for a page that waits for its translation; short for a list."""
    is_listed = "listed" in visit.request.query_params
    async with door.house.database.reads() as reads:
        found = await notes.board(reads, _board_id(visit), viewer=visit.viewer)
        return await said_again(
            door, visit, reads, found.title_key, name=f"b{found.id}", inline=True,
            is_choice=is_listed, bare=is_listed,
            at=f"/boards/{found.id}/title{'?listed' if is_listed else ''}",
        )


async def make_board(door: Door, visit: Visit) -> Response:
    """A new board."""
    assert visit.viewer is not None
    assert visit.reader is not None
    async with form(visit.request) as fields, door.house.database.tx() as tx:
        id_ = await boards.make(
            tx, by=visit.viewer, title=fields.text("title"),
            is_public=fields.text("is_public") != "no", prior=visit.reader.reads,
        )
    return RedirectResponse(f"/boards/{id_}", status_code=303)


async def edit_board(door: Door, visit: Visit) -> Response:
    """Another title, or other readers."""
    assert visit.viewer is not None
    assert visit.reader is not None
    async with form(visit.request) as fields, door.house.database.tx() as tx:
        await boards.rename(
            tx, _board_id(visit), by=visit.viewer, title=fields.text("title"),
            is_public=fields.text("is_public") != "no", prior=visit.reader.reads,
        )
    return RedirectResponse(f"/boards/{_board_id(visit)}", status_code=303)


async def drop_board(door: Door, visit: Visit) -> Response:
    """Delete a board."""
    assert visit.viewer is not None
    assert visit.reader is not None
    async with door.house.database.tx() as tx:
        await boards.drop(tx, _board_id(visit), by=visit.viewer)
    return RedirectResponse(f"/@{visit.reader.handle}?tab=boards", status_code=303)


async def notice_list(door: Door, visit: Visit) -> Response:
    """What others did that concerns one; seeing them reads them."""
    assert visit.viewer is not None
    async with door.house.database.reads() as reads:
        page = await notices.of_viewer(
            reads, visit.viewer, after=visit.request.query_params.get("after")
        )
        actors = await people.by_ids(reads, [item.actor_id for item in page.items])
        # What was shown to them once may be for others now, or for nobody.
        ids = [item.note_id for item in page.items if item.note_id]
        about = await notes.seen(reads, ids, viewer=visit.viewer)
        keys = [note.body_key or note.title_key for note in about.values()]
        texts = await door.presenting.texts(reads, visit, keys, with_aid=False)
        rows = []
        stands = await relations.among(reads, visit.viewer, list(actors))
        for item in page.items:
            if item.kind is Kind.ASKS and not stands[item.actor_id].requested_by:
                continue  # answered or taken back, and a worker has yet to clear it away
            note = about.get(item.note_id or 0)
            said = texts.get(note.body_key or note.title_key) if note else None
            if item.actor_id in actors and (note or not item.note_id):
                link = person_link(actors[item.actor_id], now=clock.now())
                rows.append((item, link, said))
        answer = rendering.page(
            visit, "notices.html", rows=rows, next_cursor=page.next_cursor or "", unread=0
        )
    if await _has_unread(door, visit):
        async with door.house.database.tx() as tx:
            await notice_actions.read_all(tx, visit.viewer)
    return answer


async def _has_unread(door: Door, visit: Visit) -> bool:
    async with door.house.database.reads() as reads:
        return bool(await unread(reads, visit))


async def answer_request(door: Door, visit: Visit) -> Response:
    """Let somebody follow who asked to, or not; whoever took it back asks no more."""
    assert visit.viewer is not None
    verbs = {"accept": requests.accept, "decline": requests.decline}
    verb = visit.request.path_params["verb"]
    if verb not in verbs:
        raise NotFound("page")
    async with door.house.database.tx() as tx:
        asker = await people.by_handle(tx, visit.request.path_params["handle"], viewer=None)
        await verbs[verb](tx, by=visit.viewer, person=asker.id)
    return visit.back("/notices")


async def notice_count(door: Door, visit: Visit) -> Response:
    """How many notices wait, for a page that heard of one."""
    async with door.house.database.reads() as reads:
        return rendering.json({"unread": await unread(reads, visit)})
