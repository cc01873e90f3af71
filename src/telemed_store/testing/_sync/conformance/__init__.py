# Generated from _async/conformance/__init__.py by tools/sync.py. Do not edit.
"""What a backend of each protocol has to do, synchronous: classes of tests that a backend's author derives from."""
