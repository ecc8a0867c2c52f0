"""Whether a rule takes a path as it stands now, or the first condition that fails.

Used by `nemowatch explain`. The questions are those of the daemon, in its order: the path's place and name, what is
there on the disk, then the gate that every file passes. It looks; nothing is changed.
"""

from __future__ import annotations

import asyncio
import os
import stat
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from nemowatch.intake.asking import Asking
from nemowatch.intake.filesystems import file_system_of
from nemowatch.intake.gate import Changed, Gate, NotYet
from nemowatch.intake.look import read_version
from nemowatch.intake.records import Ready
from nemowatch.intake.scan import FolderOffline
from nemowatch.media.probing import Probes
from nemowatch.media.workers import Workers
from nemowatch.rules.prompt_file import WrongPromptFile, prompt_file_of, read_prompt_file
from nemowatch.rules.survey import A_LINK, A_MOUNT_POINT, NO_REGULAR_FILE

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from nemowatch.intake.gate import GateAnswer
    from nemowatch.intake.records import FileVersion
    from nemowatch.rules.match import Matcher
    from nemowatch.rules.rule import Rule


class Answer(StrEnum):
    """What a rule says to a path."""

    TAKES = "takes"
    NOT_YET = "not yet"
    LEAVES = "leaves"


@dataclass(frozen=True)
class Verdict:
    """What a rule says to a path, and why: for one that it does not take, the first condition that fails.

    Attributes:
        folder: the rule's watch folder that holds the path; None when none does.
        version: the regular file that stands there; None when there is none, or nobody may look.
        is_of_folder: the path is a folder.
    """

    answer: Answer
    reason: str
    folder: Path | None = None
    version: FileVersion | None = None
    is_of_folder: bool = False


@dataclass(frozen=True)
class Place:
    """A path as it was asked for, and what is there.

    Attributes:
        path: absolute, no slash at its end.
        status: None when nothing is there, or nobody may look.
        trouble: why nobody may look; empty when somebody may.
    """

    path: Path
    status: os.stat_result | None
    trouble: str

    @property
    def is_folder(self) -> bool:
        """Whether a folder is there."""
        return self.status is not None and stat.S_ISDIR(self.status.st_mode)

    @property
    def is_link(self) -> bool:
        """Whether a symbolic link is there."""
        return self.status is not None and stat.S_ISLNK(self.status.st_mode)

    @property
    def is_file(self) -> bool:
        """Whether a regular file is there."""
        return self.status is not None and stat.S_ISREG(self.status.st_mode)


def look_at(path: Path) -> Place:
    """See what is at an absolute path, without following a link at its end."""
    try:
        return Place(path, path.lstat(), "")
    except (FileNotFoundError, NotADirectoryError):
        return Place(path, None, "")
    except OSError as error:
        return Place(path, None, f"can't be looked at: {error.strerror or error}")


def spell_as_watched(path: Path, folders: Collection[Path]) -> Path:
    """A path by the name under which a watch folder holds it, where links give it several.

    The folder in which somebody stands has its real name, and a rule may name it by a link.
    """
    if any(path.is_relative_to(folder) for folder in folders):
        return path
    real = Path(os.path.realpath(path.parent)) / path.name
    for folder in sorted(folders, key=lambda folder: len(folder.parts), reverse=True):
        real_folder = Path(os.path.realpath(folder))
        if real.is_relative_to(real_folder):
            return folder / real.relative_to(real_folder)
    return path


def judge(
    rule: Rule, matcher: Matcher, place: Place, mount_points: Callable[[Path], Collection[Path]]
) -> Verdict:
    """Ask a rule about a path.

    Args:
        rule: the rule.
        matcher: its compiled form, which knows the folders to keep out of.
        place: what is at the path.
        mount_points: gives the places below a watch folder at which other file systems are mounted.
    """
    path = place.path
    folder = folder_of(rule, path)
    by_path = matcher.match(path)
    refusal = matcher.refuse_folder(path) if place.is_folder else "" if by_path.matches else by_path.reason
    if place.is_link and matcher.folder_of(path) is not None:
        refusal = A_LINK  # its name says nothing of what it leads to
    if refusal or folder is None:
        return Verdict(Answer.LEAVES, refusal, folder)
    refusal = _find_obstacle(folder, place, mount_points)
    if refusal:
        return Verdict(Answer.LEAVES, refusal, folder)
    if place.is_folder:
        return Verdict(Answer.TAKES, _describe_folder(rule, folder, path), folder, is_of_folder=True)
    return _pass_gate(rule, folder, path, by_path.reason)


def folder_of(rule: Rule, path: Path) -> Path | None:
    """The deepest watch folder of a rule that holds a path; None when none does."""
    holding = [folder for folder in rule.watch if path.is_relative_to(folder)]
    return max(holding, key=lambda folder: len(folder.parts), default=None)


def _describe_folder(rule: Rule, folder: Path, path: Path) -> str:
    depth = " and its subfolders" if rule.recursive else ""
    return f"a watch folder; looks into it{depth}" if path == folder else f"looks into it{depth}"


def _find_obstacle(folder: Path, place: Place, mount_points: Callable[[Path], Collection[Path]]) -> str:
    """What on the disk keeps a rule from a path in one of its folders; empty when nothing does."""
    try:
        os.scandir(folder).close()
    except OSError as error:
        return f"the watch folder {folder} is offline: {error.strerror or error}"
    mounted = mount_points(folder)
    for step in _steps(folder, place.path):
        if _is_link(step):
            return f"behind the symbolic link {step}; links are never followed"
        if step in mounted:
            return A_MOUNT_POINT if step == place.path else f"behind the mount point {step}: {A_MOUNT_POINT}"
    if place.trouble:
        return place.trouble
    if place.status is None:
        return "nothing is there; its name would do"
    return "" if place.is_folder or place.is_file else NO_REGULAR_FILE


def _is_link(path: Path) -> bool:
    try:
        return path.is_symlink()
    except OSError:
        return False  # nobody may look, or the name is too long: told by the look at the whole path


def _steps(folder: Path, path: Path) -> list[Path]:
    """Each folder on the way from a watch folder down to a path, and the path."""
    steps, step = [], folder
    for part in path.relative_to(folder).parts:
        step /= part
        steps.append(step)
    return steps


def _pass_gate(rule: Rule, folder: Path, path: Path, reason: str) -> Verdict:
    try:
        version = read_version(path, keeps_inodes=file_system_of(folder).keeps_inodes)
    except OSError as error:
        return Verdict(Answer.NOT_YET, f"can't be looked at: {error.strerror or error}", folder)
    if version is None:
        return Verdict(Answer.LEAVES, "nothing is there any more", folder)
    said = asyncio.run(_ask_gate(version, rule, folder))
    if isinstance(said, Ready):
        return _add_prompts(Verdict(Answer.TAKES, reason, folder, version), path)
    if isinstance(said, NotYet):
        return Verdict(Answer.NOT_YET, said.reason, folder, version)
    if isinstance(said, Changed):
        return Verdict(Answer.NOT_YET, "it is being written: it changed while it was looked at", folder)
    return Verdict(Answer.LEAVES, said.reason, folder, version)


async def _ask_gate(version: FileVersion, rule: Rule, folder: Path) -> GateAnswer:
    workers = Workers()
    try:
        return await Gate(Probes(workers), Asking()).check(version, rule, folder)
    except FolderOffline as error:
        return NotYet(error.message)
    finally:
        await workers.close()


def _add_prompts(verdict: Verdict, path: Path) -> Verdict:
    """The same with what a prompt file beside the recording changes."""
    try:
        prompts = read_prompt_file(path)
    except WrongPromptFile as error:
        return replace(verdict, answer=Answer.NOT_YET, reason=str(error))
    return (
        replace(verdict, reason=f"{verdict.reason}; prompts from {prompt_file_of(path).name}")
        if prompts
        else verdict
    )
