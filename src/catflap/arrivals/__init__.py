"""Arrivals: coming over from elsewhere, and what one brings.

A person uploads what another platform gave them of their own (`bringing`). A limited child process
(`reading`) walks through it and says what it understood; the worker keeps that (`jobs`), and the
file is deleted. Nothing is published by it: posts wait to be chosen and become drafts, handles are
kept sealed for the person and as keyed hashes, so that people can find each other again.

Logins, devices, places and messages of an archive are passed over as bytes (`skimming`): they
never become a text in any process, so they can be neither kept nor logged.
"""
