"""What came of pushes: links opened, figures of the platform, followers, told as one document."""
