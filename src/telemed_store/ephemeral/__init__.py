"""What is fast and short-lived, world-free: models, Lua, and the state machines of one process. Losing all of it loses no committed state."""
