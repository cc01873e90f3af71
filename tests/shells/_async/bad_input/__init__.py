"""The contract of appointments, proved through the shells on every engine."""
