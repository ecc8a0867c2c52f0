"""The account behind the token, as the commands see it: asked of the service, in NemoWatch's own name.

Used by `nemowatch credits`, and by `jobs rerun` for the balance. It uses the token that the daemon would use, and
keeps it where the daemon keeps it.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from nemowatch.clock import SystemClock
from nemowatch.errors import NemoWatchError
from nemowatch.logs import configure_logs
from nemowatch.nemo.answers import Credits
from nemowatch.nemo.attribution import own_attribution
from nemowatch.nemo.client import NemoClient
from nemowatch.nemo.errors import RateLimited
from nemowatch.nemo.token import TokenSource
from nemowatch.places import StateFolder, client_id_path, default_rules_path, read_lock_holder
from nemowatch.rules.file_keys import NemoKeys
from nemowatch.rules.kinds import read_address
from nemowatch.rules.load import load_rules
from nemowatch.rules.problems import RulesInvalid
from nemowatch.web.client import ControlClient, ControlError

if TYPE_CHECKING:
    from pathlib import Path

    from nemowatch.rules.rule import RuleBook
    from nemowatch.web.bodies import Balance

_GLANCE_SECONDS = 5.0
"""A balance that is only good to know is not waited for any longer."""


class AddressInvalid(NemoWatchError):
    """The environment names an address that is none."""

    exit_code = 2


class NoToken(NemoWatchError):
    """The service gives no anonymous token for now, and there is no other."""

    exit_code = 5


@dataclass(frozen=True)
class Addresses:
    """Where the service and its website are."""

    api_url: str
    web_url: str


@dataclass(frozen=True)
class Account:
    """An account as it stands now.

    Attributes:
        balance: its credits.
        user_id: of an anonymous account; None for the user's own.
        is_anonymous: no token was set by the user.
        is_new: its token was asked for just now.
        more_credits: the link to get more; None for the user's own account.
    """

    balance: Credits
    user_id: str | None
    is_anonymous: bool
    is_new: bool
    more_credits: str | None


def read_rules_if_good(path: Path) -> RuleBook | None:
    """The rules, for the addresses and limits in them; None where there are none that can be read."""
    try:
        return load_rules(path)
    except RulesInvalid:
        return None


def find_addresses(book: RuleBook | None) -> Addresses:
    """Those of the rules; without rules the environment's, else the usual ones.

    Raises:
        AddressInvalid: the environment's is no web address.
    """
    if book is not None:
        return Addresses(book.nemo.api_url, book.nemo.web_url)
    usual = NemoKeys()
    return Addresses(
        _from_environment("NEMO_API_URL", usual.api_url), _from_environment("NEMO_WEB_URL", usual.web_url)
    )


def read_account(addresses: Addresses, state: StateFolder) -> Account:
    """Ask the service; an anonymous token is asked for where there is none, as the daemon would.

    Raises:
        NoToken: there is no token, and the service gives none now.
        ApiError: the service refuses, or can't be reached.
        StateError: the state folder, which keeps an anonymous token, can't be used.
    """
    return asyncio.run(_ask(addresses, state))


def account_of(balance: Balance, addresses: Addresses) -> Account:
    """The account as the running daemon told of it; its token is no news to the user."""
    is_anonymous = balance.account == "anonymous"
    return Account(
        Credits(available=balance.available, frozen=balance.frozen, total=balance.total),
        balance.user_id,
        is_anonymous,
        is_new=False,
        more_credits=_register_link(addresses.web_url, balance.user_id) if is_anonymous else None,
    )


def read_known_balance() -> int | None:
    """The credits to be had, as the running daemon tells; without one, where a token is at hand.

    Only where the answer comes soon: nothing is asked for or waited for else.
    """
    state = StateFolder.locate()
    if read_lock_holder(state) is not None:
        # Its token need not be the one that this terminal knows.
        with suppress(ControlError), ControlClient(state) as client:
            return client.credits(patience_seconds=_GLANCE_SECONDS).available
        return None
    if not (os.environ.get("NEMO_TOKEN") or state.token.exists()):
        return None
    configure_logs("ERROR")
    try:
        addresses = find_addresses(read_rules_if_good(default_rules_path()))
        return asyncio.run(_glance(addresses, state))
    except (NemoWatchError, TimeoutError):
        return None  # good to know, and no more


async def _glance(addresses: Addresses, state: StateFolder) -> int:
    async with asyncio.timeout(_GLANCE_SECONDS):
        return (await _ask(addresses, state)).balance.available


async def _ask(addresses: Addresses, state: StateFolder) -> Account:
    tokens = TokenSource(api_url=addresses.api_url, client_id_file=client_id_path(), token_file=state.token)
    if tokens.is_anonymous:
        state.create()
    kept = _read_or_nothing(state.token)
    async with NemoClient(
        api_url=addresses.api_url, web_url=addresses.web_url, tokens=tokens, clock=SystemClock()
    ) as client:
        await _see_to_token(tokens)
        balance = await client.as_skill(own_attribution(os.environ)).read_credits()
    return Account(
        balance,
        tokens.user_id,
        tokens.is_anonymous,
        is_new=tokens.is_anonymous and _read_or_nothing(state.token) != kept,
        more_credits=_register_link(addresses.web_url, tokens.user_id) if tokens.is_anonymous else None,
    )


async def _see_to_token(tokens: TokenSource) -> None:
    try:
        await tokens.get()
    except RateLimited as error:
        raise NoToken(error.message, hint=error.hint) from error


def _register_link(web_url: str, user_id: str | None) -> str:
    """Where an anonymous account becomes a person's, its work with it (nemo-api.md §11, 2001)."""
    bind = f"?bind={quote(user_id, safe='')}" if user_id else ""
    return f"{web_url.rstrip('/')}/register{bind}"


def _from_environment(name: str, usual: str) -> str:
    value = os.environ.get(name)
    try:
        return read_address(value) if value else usual
    except ValueError as error:
        raise AddressInvalid(
            f'The environment variable {name} is "{value}", not a web address (https://…).'
        ) from error


def _read_or_nothing(path: Path) -> bytes:
    """A file's content, to see whether it has changed."""
    try:
        return path.read_bytes()
    except OSError:
        return b""
