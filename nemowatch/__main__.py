"""The program's front door: answers `--version` before anything heavy is loaded, then hands over."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; never returns."""
    if sys.argv[1:] == ["--version"]:
        from nemowatch import __version__  # noqa: PLC0415 -- nothing else is loaded for this answer

        sys.stdout.write(f"nemowatch {__version__}\n")
        raise SystemExit(0)
    from nemowatch.cli.app import run_command_line  # noqa: PLC0415 -- the same

    run_command_line()


if __name__ == "__main__":
    main()
