"""Tests of the shells; the synchronous ones are generated from the asynchronous ones."""
