"""Every address of the web door, in one table. Order matters: the handle routes come last."""

from __future__ import annotations

from starlette.routing import Route

from catflap.web.door import Door
from catflap.web.routes import access, compose, explore, notes, people, site

POST = ("POST",)


def routes(door: Door) -> list[Route]:
    """The routes of a door."""
    r = door.route
    return [
        r("/", explore.explore),
        r("/following", explore.following, signed_in=True),
        r("/search", explore.find),
        r("/tags/{tag}", explore.tag),
        r("/new", compose.new, signed_in=True),
        r("/new", compose.publish, methods=POST, signed_in=True),
        r("/drafts", compose.draft_list, signed_in=True),
        r("/drafts", compose.save_draft, methods=POST, signed_in=True),
        r("/drafts/{id}/delete", compose.drop_draft, methods=POST, signed_in=True),
        r("/media", compose.upload, methods=POST, signed_in=True),
        r("/media/{id}", compose.upload_state, signed_in=True),
        r("/n/{id}", notes.by_id),
        r("/n/{id}/like", notes.like, methods=POST, signed_in=True),
        r("/n/{id}/unlike", notes.unlike, methods=POST, signed_in=True),
        r("/n/{id}/collect", notes.collect, methods=POST, signed_in=True),
        r("/n/{id}/uncollect", notes.uncollect, methods=POST, signed_in=True),
        r("/n/{id}/comments", notes.comment, methods=POST, signed_in=True),
        r("/n/{id}/comments/{comment}", notes.comment_fragment),
        r("/n/{id}/texts/{key}", notes.text_fragment),
        r("/n/{id}/edit", compose.edit_page, signed_in=True),
        r("/n/{id}/edit", compose.edit, methods=POST, signed_in=True),
        r("/n/{id}/delete", notes.confirm_delete, signed_in=True),
        r("/n/{id}/delete", notes.delete, methods=POST, signed_in=True),
        r("/n/{id}/history", notes.history),
        r("/boards", people.make_board, methods=POST, signed_in=True),
        r("/boards/{id}", people.board),
        r("/boards/{id}/edit", people.edit_board, methods=POST, signed_in=True),
        r("/boards/{id}/delete", people.drop_board, methods=POST, signed_in=True),
        r("/notices", people.notice_list, signed_in=True),
        r("/notices/count", people.notice_count, signed_in=True),
        r("/join", access.join_page),
        r("/join", access.join, methods=POST),
        r("/enter", access.enter_page),
        r("/enter", access.enter, methods=POST),
        r("/leave", access.leave, methods=POST),
        r("/forgot", access.forgot_page),
        r("/forgot", access.forgot, methods=POST),
        r("/reset/{token}", access.reset_page),
        r("/reset/{token}", access.reset, methods=POST),
        r("/appearance", access.appearance, methods=POST),
        r("/settings", access.settings, signed_in=True),
        r("/settings/sessions/{id}/end", access.end_session, methods=POST, signed_in=True),
        r("/settings/delete", access.delete_account, methods=POST, signed_in=True),
        r("/settings/{section}", access.settings, signed_in=True),
        r("/settings/{section}", access.change, methods=POST, signed_in=True),
        r("/about", site.about),
        r("/offline", site.offline),
        r("/live", site.live, signed_in=True),
        r("/files/{path:path}", site.file),
        r("/sw.js", site.service_worker),
        r("/manifest.webmanifest", site.manifest),
        r("/health/live", site.alive),
        r("/health/ready", site.ready),
        r("/metrics", site.metrics),
        Route("/static/{name:path}", site.static),
        r("/@{handle}", people.profile),
        r("/@{handle}/{verb:str}", notes.relate, methods=POST, signed_in=True),
        r("/@{handle}/followers", people.circle),
        r("/@{handle}/following", people.circle),
        r("/@{handle}/{id}", notes.show),
    ]
