"""``python -m shelfwire`` is the `shelfwire` command."""

from shelfwire.cli import main

main()
