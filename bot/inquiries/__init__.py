"""What residents asked, and what the office does about it."""
