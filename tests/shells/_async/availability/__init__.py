"""The contract of availability, proved through the shells on every engine."""
