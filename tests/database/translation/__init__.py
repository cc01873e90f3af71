"""Tests of error translation; a package, because its modules share a bench."""
