"""The store against a small model of a clinic in plain Python."""
