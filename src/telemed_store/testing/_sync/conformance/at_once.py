# Generated from _async/conformance/at_once.py by tools/sync.py. Do not edit.
"""Calls that are made at once."""

from __future__ import annotations

from telemed_store.testing._sync._synchronization import at_once

__all__ = ["at_once"]
