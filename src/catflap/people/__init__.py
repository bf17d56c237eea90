"""People: profiles, the languages they read, whom they follow, block and mute.

A person is an account. A newcomer is in the first 14 days, or has published fewer than 5 notes
and comments; everyone else is a host.
"""
