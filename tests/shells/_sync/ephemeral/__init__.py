# Generated from _async/ephemeral/__init__.py by tools/sync.py. Do not edit.
