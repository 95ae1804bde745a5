"""`python -m bot` is `civility`."""

from bot.cli import main

if __name__ == "__main__":
    main()
