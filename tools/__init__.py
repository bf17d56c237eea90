"""Commands for those who work on Catflap."""
