"""A simulated world: a migration, on the feed's own code.

`people` and `notes` hold who is there and what they wrote, `living` moves an hour on, `ranking`
decides what is shown (ours, by the code that the product runs, and plain popularity beside it),
`measuring` says what came of it, `telling` prints it. What is assumed stands in `assumptions`, each
with its source. It says how rules behave in such a world; it does not say how people behave.
"""
