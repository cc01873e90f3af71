"""Paging: one law for every list."""
