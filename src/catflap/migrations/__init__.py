"""The schema's history: numbered steps, forward only, run by Alembic.

``serve`` asks only for the number the database stands at; Alembic is loaded when it is not ours.
"""
