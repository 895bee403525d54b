"""`python -m attractorc` and the console script: hand over to the command group."""

from __future__ import annotations


def main() -> None:
    """Run the command line; exits with the code that `docs` list."""
    from .commands import run

    run()


if __name__ == "__main__":
    main()
