"""Who acts and who looks: the actor, the context of every operation, and the rows that tell of both."""
