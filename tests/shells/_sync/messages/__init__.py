# Generated from _async/messages/__init__.py by tools/sync.py. Do not edit.
"""The contract of conversations and messages, proved through the shells on every engine."""
