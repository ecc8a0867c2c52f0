"""Reads an installed unit or agent back: what it was told, and what it lets the service write.

Used where an installed service is compared with what would be installed now. Understands what `units.py` and
`plist.py` write, and the drop-ins of a person who adds folders; never asks systemd, so that it works where none
answers.
"""

from __future__ import annotations

import os
import plistlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from xml.parsers.expat import ExpatError

from nemowatch.rules.disk import look_at
from nemowatch.service.folders import is_within
from nemowatch.service.units import HOMES, SHARED_TEMPORARY
from nemowatch.service.words import split_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from nemowatch.service.plan import Kind

_ALWAYS_WRITABLE = (Path("/dev"), Path("/proc"), Path("/sys"))


@dataclass(frozen=True)
class Unit:
    """What an installed unit or agent says.

    Attributes:
        kind: what manages it.
        path: where it lies.
        text: its text, without drop-ins.
        command: the program and its arguments, without drop-ins; an agent's begins with its shell.
        environment: what it sets, without drop-ins.
        user: as whom it runs, where it says so.
        settings: each setting of a unit's service, with drop-ins, and its values in their order; empty for an agent.
        home: of the user who runs it.
    """

    kind: Kind
    path: Path
    text: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    user: str
    settings: Mapping[str, tuple[str, ...]]
    home: Path

    @property
    def rules(self) -> Path | None:
        """The rules file that it names."""
        words = iter(self.command)
        return next((Path(next(words, "")) for word in words if word == "--rules"), None)

    @property
    def writes(self) -> tuple[Path, ...]:
        """Where it lets the service write, although the rest is read-only."""
        words = (word for line in self._values("ReadWritePaths") for word in split_words(line, self.home))
        states = (word for line in self._values("StateDirectory") for word in split_words(line, self.home))
        return (*(Path(word.lstrip("-+")) for word in words), *(Path("/var/lib") / state for state in states))

    def find_refused(self, *, read: Iterable[Path], written: Iterable[Path]) -> tuple[Path, ...]:
        """Which of these folders the service could not see or write. Links are followed where that does not hang."""
        read, written = tuple(read), tuple(written)
        looks = look_at((*self.writes, *read, *written))
        allowed = [looks[folder].place for folder in self.writes]
        unseen = (folder for folder in read if self._hides(looks[folder].place, allowed))
        unwritten = (folder for folder in written if self._guards(looks[folder].place, allowed))
        return tuple(dict.fromkeys((*unseen, *unwritten)))

    def _hides(self, folder: Path, allowed: Iterable[Path]) -> bool:
        hides_homes = self._last("ProtectHome") in {"yes", "true", "tmpfs"} and is_within(folder, HOMES)
        hides_temporary = self._last("PrivateTmp") in {"yes", "true"} and is_within(folder, SHARED_TEMPORARY)
        return (hides_homes or hides_temporary) and not is_within(folder, allowed)

    def _guards(self, folder: Path, allowed: Iterable[Path]) -> bool:
        # `strict` leaves the homes alone, wherever `ProtectHome` does not say otherwise.
        if is_within(folder, HOMES):
            is_guarded = self._last("ProtectHome") not in {"", "no", "false"}
        else:
            is_guarded = self._last("ProtectSystem") == "strict"
        return is_guarded and not is_within(folder, (*allowed, *_ALWAYS_WRITABLE))

    def _values(self, setting: str) -> tuple[str, ...]:
        return self.settings.get(setting, ())

    def _last(self, setting: str) -> str:
        return _last_of(self.settings, setting)


def read_unit(kind: Kind, path: Path, home: Path) -> Unit | None:
    """Read what is installed at a path; None where nothing is.

    Args:
        kind: what manages it.
        path: of the unit or agent.
        home: of the user whose service it is; for a system unit, of the user that it names.

    Raises:
        OSError: it can't be read.
    """
    try:
        text = path.read_text(encoding="utf-8", errors="surrogateescape")
    except FileNotFoundError:
        return None
    if kind == "agent":
        return _read_agent(path, text, home)
    own = _gather(_settings_of(text))
    environment = [word for line in own.get("Environment", ()) for word in split_words(line, home)]
    command = _last_of(own, "ExecStart").replace("$$", "$")
    return Unit(
        kind=kind,
        path=path,
        text=text,
        command=tuple(split_words(command, home)),
        environment=dict(word.split("=", 1) for word in environment if "=" in word),
        user=_last_of(own, "User") or ("root" if kind == "system" else ""),
        settings=_gather([*_settings_of(text), *_drop_ins(path)]),
        home=home,
    )


def _read_agent(path: Path, text: str, home: Path) -> Unit:
    try:
        keys = plistlib.loads(os.fsencode(text))
    except (ExpatError, ValueError):
        keys = None
    if not isinstance(keys, dict):
        keys = {}  # broken by hand: it is not what would be installed, and that is all there is to say
    command = tuple(map(str, keys.get("ProgramArguments", ())))
    return Unit("agent", path, text, command, keys.get("EnvironmentVariables", {}), "", {}, home)


def _drop_ins(path: Path) -> Iterator[tuple[str, str]]:
    folder = path.with_name(f"{path.name}.d")
    for file in sorted(folder.glob("*.conf")):
        yield from _settings_of(file.read_text(encoding="utf-8", errors="surrogateescape"))


def _settings_of(text: str) -> Iterator[tuple[str, str]]:
    """Each setting of the section `[Service]`; a line that ends with a backslash goes on in the next one."""
    section = ""
    for line in map(str.strip, text.replace("\\\n", " ").split("\n")):
        if line.startswith("["):
            section = line
        elif section == "[Service]" and "=" in line and line[0] not in "#;":
            name, _, value = line.partition("=")
            yield name.strip(), value.strip()


def _last_of(settings: Mapping[str, tuple[str, ...]], name: str) -> str:
    return next(reversed(settings.get(name, ())), "")


def _gather(settings: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """An empty value takes back those before it, as systemd has it."""
    gathered: dict[str, tuple[str, ...]] = {}
    for name, value in settings:
        gathered[name] = (*gathered.get(name, ()), value) if value else ()
    return gathered
