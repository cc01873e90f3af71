"""The cache: what may be kept of reads, and the protocol by which it is never older than the rows (design §3.8).

Nothing here does I/O with a server or knows an event loop: the shells in ``_async/cache`` do.
"""
