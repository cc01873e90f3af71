"""``python -m telemed_store.cli`` is the command ``telemed-store``."""

from telemed_store.cli import main

main()
