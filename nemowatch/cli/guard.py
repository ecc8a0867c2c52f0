"""Turns what goes wrong in a command into one message on stderr and an exit code. Wraps every command."""

from __future__ import annotations

import functools
import os
import sys
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import typer

from nemowatch.errors import NemoWatchError

if TYPE_CHECKING:
    from collections.abc import Callable

_Parameters = ParamSpec("_Parameters")
_Answer = TypeVar("_Answer")

INTERRUPTED = 130


def guarded(command: Callable[_Parameters, _Answer]) -> Callable[_Parameters, _Answer]:
    """Let a command end with the exit codes of the README ("Exit codes") instead of a traceback."""

    @functools.wraps(command)
    def run(*args: _Parameters.args, **kwargs: _Parameters.kwargs) -> _Answer:
        try:
            answer = command(*args, **kwargs)
            sys.stdout.flush()  # a reader that has gone is met here, not when Python ends
        except NemoWatchError as error:
            _say(str(error))
            raise typer.Exit(error.exit_code) from None
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            # The reader (`head`, a pager) has seen enough; Python must not complain when it flushes at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(0) from None
        except OSError as error:
            _say(f"{error.filename}: {error.strerror}." if error.filename else f"{error.strerror or error}.")
            raise typer.Exit(1) from None
        return answer

    return run


def _say(text: str) -> None:
    from nemowatch.logs import redact

    sys.stderr.write(f"nemowatch: {redact(text)}\n")
