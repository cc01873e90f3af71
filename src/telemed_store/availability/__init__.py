"""When a doctor can be seen: windows, blocked dates, and the free slots they leave."""
