"""The cache, proved through the frames on every engine: what is served, what is recorded, and what no interleaving serves."""
