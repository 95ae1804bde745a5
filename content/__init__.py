"""What the office says: its regulations, its festivals and campaigns."""
