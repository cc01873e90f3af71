# Generated from _async/cache/__init__.py by tools/sync.py. Do not edit.
"""The cache, proved through the frames on every engine: what is served, what is recorded, and what no interleaving serves."""
