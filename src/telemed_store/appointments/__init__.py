"""Appointments: booking, moving, starting, ending, importing; never two at one time for a doctor or a patient."""
