# Generated from _async/cache/__init__.py by tools/sync.py. Do not edit.
"""The cache in use: the backends, and the reads and invalidations of frames that go through them."""
