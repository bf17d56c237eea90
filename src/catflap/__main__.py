"""``python -m catflap`` is the ``catflap`` command."""

from catflap.app import main

main()
