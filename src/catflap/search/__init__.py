"""Search: notes, people and tags, in any script.

Words are cut in Python, Chinese and other unspaced scripts into pairs of characters, and kept in
one inverted table; the next issue ranks across languages.
"""
