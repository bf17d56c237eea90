"""Moderation: the community's rules and own words, announcements, reports and their cases.

A report opens a case about somebody, or joins the one that is open; operators decide it. Taking
measures against people is not here yet. Names others use: ``rules``, ``charter``,
``announcements``, ``reporting``, ``cases``, ``deciding``.
"""
