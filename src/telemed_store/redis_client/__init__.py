"""What both worlds know of Redis (or Valkey): where it is, how keys are named, what its failures mean, when it is left alone for a while."""
