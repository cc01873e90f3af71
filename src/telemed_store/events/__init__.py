"""Domain events: the envelope, the append-only log of all of them, and the outbox of those still to be delivered."""
