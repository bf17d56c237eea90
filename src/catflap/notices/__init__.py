"""Notices: what others did that concerns one, told once."""
