"""Lists of addresses (`*.urls`): text files that are inputs by themselves, uploaded by address.

Read by intake's gate, which refuses a wrong one, and by the job desk, which sends the addresses to the service.
It looks at no address: what is behind it is the service's business.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from nemowatch.errors import NemoWatchError
from nemowatch.rules.small_text import NotSmallText, read_lines

if TYPE_CHECKING:
    from pathlib import Path

ADDRESS_LIST_TYPE = ".urls"
"""The type of such a file, in lower case."""

MAX_BYTES = 1024 * 1024
MAX_ADDRESSES = 100
_MAX_LENGTH = 8192  # what the servers of the web take at most
_MAX_SHOWN = 60
_SECRET_PARTS = re.compile(r"//[^/]*@|\?.+")
_HINT = "Mend the list and save it; it is looked at again then."


class WrongAddressList(NemoWatchError):
    """A list of addresses can't be used as it stands; the message names the file, the line and the cause."""


class NoAddressYet(NemoWatchError):
    """A list of addresses holds none yet: it is empty, or all its lines are blank or comments."""


def is_address_list(path: Path) -> bool:
    """Whether a file is a list of addresses, by its name."""
    return path.suffix.lower() == ADDRESS_LIST_TYPE


def read_addresses(path: Path) -> tuple[str, ...]:
    """Read the addresses, one a line, in the file's order; one that stands there twice is given once.

    Blank lines count for nothing, nor do lines that start with `#`.

    Raises:
        WrongAddressList: a line is no address, there are too many, or the file is no small text file.
        NoAddressYet: there is none so far.
        OSError: the file can't be read.
    """
    try:
        lines = read_lines(path, MAX_BYTES)
    except NotSmallText as error:
        raise WrongAddressList(f"{path.name} {error}.", hint=_HINT) from error
    addresses: dict[str, None] = {}
    for number, line in enumerate(lines, start=1):
        if not line or line.startswith("#"):
            continue
        trouble = _find_trouble(line)
        if trouble:
            raise WrongAddressList(f"{path.name}, line {number}: {trouble}.", hint=_HINT)
        addresses[line] = None
    if not addresses:
        raise NoAddressYet(f"{path.name} holds no address yet.")
    if len(addresses) > MAX_ADDRESSES:
        raise WrongAddressList(
            f"{path.name} holds {len(addresses)} addresses; {MAX_ADDRESSES} are the most.",
            hint="Split the list.",
        )
    return tuple(addresses)


def _find_trouble(line: str) -> str:
    """What keeps a line from being an address, in words for a person; empty when it is one."""
    if len(line) > _MAX_LENGTH:
        return f"it is {len(line)} characters long, and an address has at most {_MAX_LENGTH}"
    try:
        parts = urlsplit(line)
        host, _ = parts.hostname, parts.port  # asked for here, because that is what checks it
    except ValueError:
        return f"{_shown(line)} is not an address"
    if parts.username is not None or parts.password is not None:
        return f"{_shown(line)} holds a user name or password, which would be passed on; leave it out"
    if parts.scheme not in {"http", "https"} or not host:
        return f"{_shown(line)} is not an address that starts with http:// or https://"
    for character in line:
        if character.isspace():
            return f"{_shown(line)} holds a space; write one address a line, and a space in it as %20"
        if not character.isprintable():
            return f"the address holds a character that can't be seen (U+{ord(character):04X}); delete it"
    return ""


def _shown(line: str) -> str:
    """The beginning of a line, without what may be a secret: what stands before an "@" or after a "?"."""
    public = _SECRET_PARTS.sub(lambda found: "//…@" if found[0].endswith("@") else "?…", line)
    printable = "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in public)
    return f'"{printable}"' if len(printable) <= _MAX_SHOWN else f'"{printable[:_MAX_SHOWN]}…"'
