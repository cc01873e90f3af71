"""Real database servers for a test session: found, started, shared by its processes and stopped with them."""
