"""The contract of conversations and messages, proved through the shells on every engine."""
