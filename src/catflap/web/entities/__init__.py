"""What the templates are given, made purely from what features read; no I/O."""
