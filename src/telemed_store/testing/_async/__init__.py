"""What makes stored rows, for asynchronous stores. This tree is the source; the synchronous one beside it is generated from it."""
