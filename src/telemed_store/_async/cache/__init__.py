"""The cache in use: the backends, and the reads and invalidations of frames that go through them."""
