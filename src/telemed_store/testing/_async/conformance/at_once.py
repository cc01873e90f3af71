"""Calls that are made at once."""

from __future__ import annotations

from telemed_store.testing._async._synchronization import at_once

__all__ = ["at_once"]
