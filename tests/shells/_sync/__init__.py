# Generated from _async/__init__.py by tools/sync.py. Do not edit.
"""Tests of the shells; the synchronous ones are generated from the synchronous ones."""
