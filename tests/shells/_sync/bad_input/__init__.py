# Generated from _async/bad_input/__init__.py by tools/sync.py. Do not edit.
"""The contract of appointments, proved through the shells on every engine."""
