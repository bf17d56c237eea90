"""Notes, comments, boards, tags.

A note is what a person publishes; a comment is a note that answers another. Their words are kept
by translation, under keys, so that a text and its renditions stand together; a note holds keys.
"""
