"""The interface's words, for every door that speaks to people.

The catalogue of their languages, and what each error of a feature is in a sentence. Which status
and form a sentence comes in is the door's business, so that no door needs another.
"""
