"""What is examined: an installation's rules, state folder and environment, as the checks see it.

Made once, before the checks, which never read the rules or the environment by themselves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nemowatch.clock import SystemClock
from nemowatch.errors import NemoWatchError
from nemowatch.places import StateFolder, client_id_path, read_lock_holder
from nemowatch.rules.file_keys import NemoKeys
from nemowatch.rules.load import load_rules
from nemowatch.rules.problems import RulesInvalid
from nemowatch.rules.source import read_source
from nemowatch.rules.tree import read_tree
from nemowatch.rules.validate import validate
from nemowatch.service.in_time import InTime
from nemowatch.service.installed import list_installed
from nemowatch.standing import read_standing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from nemowatch.clock import Clock
    from nemowatch.rules.rule import Rule, RuleBook
    from nemowatch.service.installed import InstalledService
    from nemowatch.standing import Standing


@dataclass(frozen=True)
class Site:
    """An installation.

    Attributes:
        rules_path: the rules file.
        reading: what came of reading it.
        state: the state folder.
        api_url: where the service is.
        client_id_file: where the client id is kept.
        environ: the environment.
        clock: the time.
        holder: who runs with this state folder, as the lock tells; None where nobody does.
        standing: what the running daemon tells of itself; None where none runs, or it has told nothing yet.
        services: every service that is installed for this user or this machine.
        services_trouble: why they can't be told; empty where they can.
    """

    rules_path: Path
    reading: RulesReading
    state: StateFolder
    api_url: str
    client_id_file: Path
    environ: Mapping[str, str]
    clock: Clock
    holder: Mapping[str, object] | None = None
    standing: Standing | None = None
    services: tuple[InstalledService, ...] = ()
    services_trouble: str = ""

    @property
    def book(self) -> RuleBook | None:
        """The rules file; None where it can't be used."""
        return self.reading.book

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules; none where the file can't be used."""
        return () if self.book is None else self.book.rules


def find_site(rules_path: Path, environ: Mapping[str, str]) -> Site:
    """The installation of these rules and this environment.

    Args:
        rules_path: absolute.
        environ: the environment.
    """
    reading = read_rules(rules_path)
    services, trouble = read_services()
    state = StateFolder.locate()
    holder = read_lock_holder(state)
    usual = environ.get("NEMO_API_URL") or reading.api_url or NemoKeys().api_url
    return Site(
        rules_path=rules_path,
        reading=reading,
        state=state,
        api_url=usual if reading.book is None else reading.book.nemo.api_url,
        client_id_file=client_id_path(),
        environ=environ,
        clock=SystemClock(),
        holder=holder,
        standing=None if holder is None else read_standing(state.standing),
        services=services,
        services_trouble=trouble,
    )


@dataclass(frozen=True)
class RulesReading:
    """What came of reading the rules.

    Attributes:
        book: the rules; None where they can't be used, or were not read in time.
        error: why they can't be used; None where they can, or were not read in time.
        watch_folders: those that the file names, as far as it can be understood without looking at them.
        api_url: where the service is, as far as the file says.
    """

    book: RuleBook | None
    error: RulesInvalid | None
    watch_folders: tuple[Path, ...] = ()
    api_url: str = ""


def read_rules(path: Path, *, limit_seconds: float = 13.0) -> RulesReading:
    """Read the rules, which looks at the folders that they name, and so may hang with one of them."""
    loading, naming = InTime(lambda: _load(path)), InTime(lambda: _read_names(path))
    named = naming.wait(limit_seconds) or RulesReading(None, None)
    book, error = loading.wait(limit_seconds) or (None, None)
    return replace(named, book=book, error=error)


def read_services(*, limit_seconds: float = 15.0) -> tuple[tuple[InstalledService, ...], str]:
    """The installed services, held against their rules, which looks at folders and so may hang; why not, if not.

    `~` means the home of a service's user meanwhile, for the whole process: no check may run beside it.
    """
    late = (), "Looking at the folders that the rules of an installed service name takes too long."
    return InTime(_list_services).wait(limit_seconds) or late


def _load(path: Path) -> tuple[RuleBook | None, RulesInvalid | None]:
    try:
        return load_rules(path), None
    except RulesInvalid as error:
        return None, error


def _list_services() -> tuple[tuple[InstalledService, ...], str]:
    try:
        return list_installed(), ""
    except (OSError, NemoWatchError) as error:
        return (), f"It can't be read: {error}."


def _read_names(path: Path) -> RulesReading:
    """What the file names, without looking at any of it."""
    try:
        file = validate(read_tree(read_source(path))).file
    except RulesInvalid:
        file = None
    if file is None:
        return RulesReading(None, None)
    folders = dict.fromkeys(folder for section in (file.defaults, *file.rules) for folder in section.watch)
    return RulesReading(None, None, tuple(folders), file.nemo.api_url)
