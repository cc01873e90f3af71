"""Messages: one conversation per doctor and patient who have an appointment, numbered without gaps in commit order.

The database's own rules, and the errors they become, come with any part of the area.
"""

from telemed_store.messages import rules

__all__ = ["rules"]
