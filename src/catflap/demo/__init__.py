"""The demo: a living community of invented people, the same every time from one seed.

Its texts and their human translations are data (``people.toml``, ``texts/``), its pictures are
drawn by code (``pictures``), and all of it comes in through the features' own verbs.
"""
