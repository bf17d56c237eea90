"""Arrivals: coming over. The threshold, invitations, the valve and its queue, cat tax and stamps.

Knows notes and people; feed, notices and moderation stand above and hear of it by events.
"""
