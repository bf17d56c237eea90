"""Access: passwords, sessions that one can see and end, resets by mail.

A session is a random token in a cookie; the database keeps only its hash.
"""
