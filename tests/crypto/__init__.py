"""Tests of encryption; a package, because its modules share rows and counters."""
