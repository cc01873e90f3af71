"""What the database does for a list: which index it walks, how much it reads, and how many statements it is sent."""
