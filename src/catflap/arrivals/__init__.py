"""Arrivals: coming over. The threshold, invitations, the valve and its queue, cat tax and stamps.

And what one brings. A person uploads what another platform gave them of their own (`actions`). A
limited child process (`reading`) walks through it and says what it understood; the worker keeps
that (`importing`), and the file is deleted. Nothing is published by it: posts wait to be chosen and
become drafts, handles are kept sealed for the person and as keyed hashes, so that people can find
each other again. Logins, devices, places and messages of an archive are passed over as bytes
(`skimming`): they never become a text in any process, so they can be neither kept nor logged.

Knows notes and people; feed, notices and moderation stand above and hear of it by events.
"""
