"""Appointments: booking, moving, starting, ending, importing; never two at one time for a doctor or a patient.

The database's own rules, and the errors they become, come with any part of the area.
"""

from telemed_store.appointments import overlap, transitions

__all__ = ["overlap", "transitions"]
