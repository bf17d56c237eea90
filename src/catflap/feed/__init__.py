"""The feed: what is shown to whom, in which order, and why.

First form: explore ranks by warmth, which is recent and answered, and following is chronological.
`pipeline` reads as one sentence, so that arrival's candidates and scoring can join it.
"""
