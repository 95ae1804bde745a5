"""What `civility` can do, one file a noun; each is imported only when its command is called."""
