# Generated from _async/__init__.py by tools/sync.py. Do not edit.
"""What makes stored rows, for synchronous stores. This tree is the source; the synchronous one beside it is generated from it."""
