"""The web door: server-rendered pages, useful without scripts, in the reader's language."""
