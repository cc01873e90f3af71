"""What users consented to: granted as rows of their own, revoked by a date, never changed otherwise, never deleted."""
