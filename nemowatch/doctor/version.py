"""Which NemoWatch this is, on what it runs, and whether its rules can be used."""

from __future__ import annotations

import platform
import shlex
import sys
from typing import TYPE_CHECKING

import nemowatch
from nemowatch.doctor.finding import ok, problem
from nemowatch.units import format_count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nemowatch.doctor.finding import Finding
    from nemowatch.doctor.site import Site

VERSION, RULES = "version", "rules"


def look_at_version() -> Iterator[Finding]:
    """The version, with what a bug report needs."""
    yield ok(
        VERSION,
        f"NemoWatch {nemowatch.__version__}, Python {platform.python_version()} ({sys.executable}), "
        f"{platform.system()} {platform.release()} {platform.machine()}.",
    )


def look_at_rules(site: Site) -> Iterator[Finding]:
    """Whether the rules file can be used, and whether the daemon uses what it says now."""
    if site.book is None:
        yield problem(RULES, f"They can't be used. {_describe_error(site)}", _find_mend(site))
        return
    yield ok(RULES, f"{site.rules_path}: {format_count(len(site.rules), 'rule')}, all valid.")
    if site.standing is not None and site.standing.rules_file != str(site.rules_path):
        yield ok(RULES, f"The running daemon goes by {site.standing.rules_file}.")


def _describe_error(site: Site) -> str:
    error = site.reading.error
    if error is None:
        return f"Reading {site.rules_path}, and looking at the folders that it names, takes too long."
    others = len(error.problems) - 1
    more = f" ({format_count(others, 'more problem')})" if others else ""
    return f"{error.problems[0].headline}{more}"


def _find_mend(site: Site) -> str:
    if site.reading.error is None:
        return "A disk or share hangs: the watch folder on it is told below. Mount it again."
    if not site.rules_path.exists():
        return "`nemowatch init` makes a first one."
    return f"`nemowatch check --rules {shlex.quote(str(site.rules_path))}` says what is expected."
