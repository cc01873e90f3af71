"""The asynchronous shells. This tree is the source; the synchronous one beside it is generated from it."""
