# Generated from _async/availability/__init__.py by tools/sync.py. Do not edit.
"""The contract of availability, proved through the shells on every engine."""
