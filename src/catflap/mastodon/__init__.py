"""The door that speaks Mastodon's client API, so that the apps people already have work here.

What it speaks is Mastodon 4.4 as documented (docs.joinmastodon.org); the words of that protocol
(status, account, favourite …) stay inside. What Catflap has more of stands in a ``catflap`` object
that apps may ignore. Each endpoint is declared once: what it takes, what it gives, which scope it
needs; checks, errors and the OpenAPI document are made from that.
"""
