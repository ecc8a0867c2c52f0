"""What `explain` and `check --files` know before they look at a file: rules, database, running daemon."""

from __future__ import annotations

from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

from nemowatch.cli.reader import Reader
from nemowatch.cli.whereabouts import Scene
from nemowatch.clock import SystemClock
from nemowatch.intake.filesystems import mount_points_below
from nemowatch.jobs.file_history import open_history
from nemowatch.rules.survey import find_files
from nemowatch.rules.template import keep_out_roots

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nemowatch.jobs.file_history import FileHistory
    from nemowatch.places import StateFolder
    from nemowatch.rules.rule import Rule, RuleBook


@contextmanager
def open_scene(book: RuleBook, state: StateFolder) -> Iterator[Scene]:
    """The scene of these rules and this state folder, while the database is open.

    Raises:
        DatabaseTooNew, DatabaseUnusable: the database can't be read.
    """
    with Reader(state) as reader:
        is_running, standing = reader.is_running, reader.standing()
    with open_history(state.database) as history:
        yield Scene(
            book=book,
            history=history,
            standing=standing,
            is_running=is_running,
            count_found=cache(lambda rule: _count_found(book, history, rule)),
            now=SystemClock().now(),
        )


def _count_found(book: RuleBook, history: FileHistory | None, rule: Rule) -> int:
    """How many files that nobody knows lie in those folders of a rule into which it has not looked yet."""

    @cache
    def has_looked(folder: Path) -> bool:
        return history is not None and history.has_looked(rule.name, folder)

    found = find_files(rule, keep_out_roots(book.rules), mount_points_below)
    return sum(
        not has_looked(folder) and (history is None or history.read(path, rule.name) is None)
        for path, folder in found
    )
