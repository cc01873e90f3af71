# Generated from _async/ephemeral/__init__.py by tools/sync.py. Do not edit.
"""What is short-lived, synchronous: per mechanism a protocol and its two backends, Redis and the memory of this process."""
