"""The ground: settings, database, events, jobs, ids, clock, http, logging, paging.

Nothing here knows what a note or a person is. Everything above stands on it, and it stands on
libraries only.
"""
