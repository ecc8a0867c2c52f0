"""The program's front door: answers `--version` before anything heavy is loaded, then hands over."""

from __future__ import annotations

import os
import sys

_INTERRUPTED = 130


def main() -> None:
    """Run the command line; never returns."""
    try:
        if sys.argv[1:] == ["--version"]:
            _show_version()
        from nemowatch.cli.app import run_command_line  # noqa: PLC0415 -- only after `--version` was answered

        run_command_line()
    except KeyboardInterrupt:  # while the modules load; a command's own is met in cli/guard.py
        raise SystemExit(_INTERRUPTED) from None


def _show_version() -> None:
    from nemowatch import __version__  # noqa: PLC0415 -- nothing else is loaded for this answer

    try:
        sys.stdout.write(f"nemowatch {__version__}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # Nobody reads any more; Python must not complain when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise SystemExit(0)


if __name__ == "__main__":
    main()
