"""The token, and what the service says of it; whether the service can be reached, how fast, and which time it has."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING

from nemowatch.doctor.finding import ok, problem, warning
from nemowatch.nemo.calls import Account
from nemowatch.nemo.errors import RateLimited, ScopeMissing, ServiceDown, TokenRejected
from nemowatch.nemo.reach import reach_service
from nemowatch.nemo.token import VALID_SECONDS, TokenSource
from nemowatch.service.checks import read_secrets
from nemowatch.service.plan import find_secrets
from nemowatch.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nemowatch.doctor.finding import Finding
    from nemowatch.doctor.site import Site
    from nemowatch.nemo.reach import Reach
    from nemowatch.nemo.token import TokenAtHand

_NAME = "NEMO_TOKEN"
TOKEN, SERVICE, CLOCK = "token", "NemoVideo", "clock"

REACH_LIMIT_SECONDS = 20.0

_SLOW_SECONDS = 3.0
_CLOCK_OFF_SECONDS = 30.0
_CLOCK_WRONG_SECONDS = 300.0
"""Certificates, the end of a token and the hours of `schedule` are judged by this clock."""

_DAY_SECONDS = 86_400.0


def look_at_token(site: Site) -> Iterator[Finding]:
    """Whose token there is, and how old it is. Asks nobody.

    Raises:
        TokenRejected: the one in NEMO_TOKEN can't be a token.
    """
    token = _find_token(site)
    if token is None:
        yield ok(
            TOKEN, "There is none yet: the first job asks for an anonymous one. NEMO_TOKEN sets your own."
        )
    elif token.expires_at is None:
        secrets = _find_secrets(site)
        where = (
            "NEMO_TOKEN of this shell, which a service does not see"
            if secrets is None
            else f"{secrets}, as the service has it"
        )
        yield ok(TOKEN, f"Your own, from {where}.")
    else:
        yield _judge_anonymous(site, token, token.expires_at)


def look_at_service(site: Site) -> Iterator[Finding]:
    """Whether the service answers, what it says of the token, and which time it has."""
    try:
        token = _find_token(site)
    except TokenRejected:
        token = None  # told by the check of the token
    sent = token.token if token is not None and token.is_usable else None
    account = Account(web_url="", user_id=None, is_anonymous=token is None or token.is_anonymous)
    try:
        reach = asyncio.run(reach_service(site.api_url, account, sent, site.clock))
    except ServiceDown as error:
        yield problem(SERVICE, f"{site.api_url}: {error.message}", error.hint)
        return
    yield _judge_answer(site, reach, has_token=sent is not None)
    if sent is not None and account.is_anonymous and isinstance(reach.refusal, TokenRejected):
        yield warning(TOKEN, reach.refusal.message, "Nothing: the next job renews it.")
    elif sent is not None and isinstance(reach.refusal, TokenRejected | ScopeMissing):
        secrets = _find_secrets(site)
        mend = f"Set a new token in {secrets}, then `nemowatch service restart`."
        yield problem(TOKEN, reach.refusal.message, reach.refusal.hint if secrets is None else mend)
    if reach.clock_ahead_seconds is not None:
        yield _judge_clock(reach.clock_ahead_seconds)


def _find_token(site: Site) -> TokenAtHand | None:
    secrets = _find_secrets(site)
    return TokenSource(
        api_url=site.api_url,
        client_id_file=site.client_id_file,
        token_file=site.state.token,
        environ=site.environ if secrets is None else {**site.environ, _NAME: read_secrets(secrets)[0][_NAME]},
        clock=site.clock,
    ).look()


def _find_secrets(site: Site) -> Path | None:
    """The file from which the service of these rules has a token of its user's own, where this shell has none."""
    if site.environ.get(_NAME):
        return None
    for unit in (service.unit for service in site.services):
        path = find_secrets(unit.kind, unit.home)
        try:
            if unit.rules == site.rules_path and read_secrets(path)[0].get(_NAME):
                return path
        except OSError:
            continue  # another user's
    return None


def _judge_anonymous(site: Site, token: TokenAtHand, expires_at: float) -> Finding:
    ends = f"{datetime.fromtimestamp(expires_at).astimezone():%Y-%m-%d %H:%M}"
    age = site.clock.now() - (expires_at - VALID_SECONDS)
    if not token.is_usable:
        return ok(TOKEN, f"Anonymous; it ended on {ends}, and the next job asks for a new one.")
    return ok(TOKEN, f"Anonymous, {_describe_age(age)}, valid until {ends}; then a new one is asked for.")


def _describe_age(seconds: float) -> str:
    days = int(seconds // _DAY_SECONDS)
    if days < 1:
        return f"{format_duration(max(0.0, seconds))} old"
    return "1 day old" if days == 1 else f"{days} days old"


def _judge_answer(site: Site, reach: Reach, *, has_token: bool) -> Finding:
    took = f"{site.api_url}: answers in {_describe_speed(reach.seconds)}"
    refusal = reach.refusal
    if isinstance(refusal, RateLimited):
        return warning(SERVICE, f"{took}, and has had too many calls from here for now.", refusal.hint)
    # Without a token it refuses, and that too is an answer.
    is_about_token = not has_token or isinstance(refusal, TokenRejected | ScopeMissing)
    if refusal is not None and (not is_about_token or isinstance(refusal, ServiceDown)):
        return problem(SERVICE, f"{took}: {refusal.message}", refusal.hint)
    if reach.seconds > _SLOW_SECONDS:
        return warning(SERVICE, f"{took}, which is slow.", "Look at the network, and at proxies on the way.")
    return ok(SERVICE, f"{took}{' and takes the token' if has_token and refusal is None else ''}.")


def _describe_speed(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms" if seconds < 1 else format_duration(seconds)


def _judge_clock(ahead_seconds: float) -> Finding:
    off = abs(ahead_seconds)
    if off < _CLOCK_OFF_SECONDS:
        return ok(CLOCK, "As the service's, within seconds.")
    side = "ahead of" if ahead_seconds > 0 else "behind"
    said = f"This machine's clock is {format_duration(off)} {side} the service's."
    mend = "Linux: `sudo timedatectl set-ntp true`; macOS: `sudo sntp -sS time.apple.com`."
    return problem(CLOCK, said, mend) if off > _CLOCK_WRONG_SECONDS else warning(CLOCK, said, mend)
