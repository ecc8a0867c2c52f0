"""Who may do what, and what it costs them: anonymous tokens, hand-made tokens, credits.

Called for every request. Facts: an anonymous token lives 7 days and comes with 100 credits; a client gets one
per 7 days (429 before that); credits in `frozen` are set aside for work in progress.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from nemowatch.sandbox.answers import OUT_OF_CREDITS, TOKEN_REJECTED, JsonObject, Refusal
from nemowatch.sandbox.options import EVERY_SCOPE

if TYPE_CHECKING:
    from nemowatch.clock import Clock
    from nemowatch.sandbox.ledger import Ledger
    from nemowatch.sandbox.options import SandboxOptions

TOKEN_SECONDS = 7 * 24 * 3600


@dataclass
class Account:
    """One user; credits are whole numbers."""

    user_id: str
    balance: int
    frozen: int = 0

    def set_aside(self, cost: int) -> None:
        """Keep credits for work that begins.

        Raises:
            Refusal: 2001, there are not enough.
        """
        if self.balance - self.frozen < cost:
            raise Refusal(OUT_OF_CREDITS, f"insufficient credits: {cost} needed, {self.available} available")
        self.frozen += cost

    def settle(self, cost: int, *, charge: bool) -> None:
        """Give back what was set aside, or take it for good."""
        self.frozen -= cost
        if charge:
            self.balance -= cost

    @property
    def available(self) -> int:
        """What new work may cost."""
        return self.balance - self.frozen

    def describe_credits(self) -> JsonObject:
        """The balance as the API shows it."""
        return {"available": self.available, "frozen": self.frozen, "total": self.balance}


@dataclass(frozen=True)
class Token:
    """A token's owner, what it may do, and when it ends (Unix seconds; None: never).

    `refills_at` is when its owner gets fresh credits with a new one: a token ended before its time brings none.
    """

    secret: str
    account: Account
    scopes: frozenset[str]
    expires_at: float | None
    refills_at: float = 0.0


class Accounts:
    """Every token the service knows."""

    def __init__(self, options: SandboxOptions, clock: Clock, ledger: Ledger) -> None:
        self._credits = options.credits
        self._clock = clock
        self._ledger = ledger
        self._by_client: dict[str, str] = {}
        self._tokens = {
            secret: Token(secret, Account(f"user_{index}", options.credits), scopes, None)
            for index, (secret, scopes) in enumerate(options.own_tokens.items(), 1)
        }

    def issue_anonymous(self, client_id: str | None) -> JsonObject:
        """Make a token for a client that has none, or whose token has ended: same user, and fresh credits in time.

        Raises:
            Refusal: 400 without a client id, 429 while the client's last token lives.
        """
        if not client_id:
            raise Refusal(400, "X-Client-Id header is required")
        latest = self._by_client.get(client_id)
        held = None if latest is None else self._tokens[latest]
        if held is not None and not self._has_expired(held):
            raise Refusal(429, "one anonymous token per client within 7 days")
        account = held.account if held is not None else Account(f"anon_{secrets.token_hex(8)}", 0)
        now = self._clock.now()
        expires_at = refills_at = now + TOKEN_SECONDS
        if held is None or now >= held.refills_at:
            account.balance = self._credits
        else:
            refills_at = held.refills_at
        token = Token(f"nmv_usr_{secrets.token_hex(20)}", account, EVERY_SCOPE, expires_at, refills_at)
        self._by_client[client_id] = token.secret
        self._tokens[token.secret] = token
        self._ledger.record_token()
        return {
            "token": token.secret,
            "user_id": account.user_id,
            "expires_at": datetime.fromtimestamp(expires_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "credits": account.available,
        }

    def expire(self, secret: str | None = None) -> int:
        """End one token, or all that there are; how many that was."""
        ended = [token for token in list(self._tokens.values()) if secret in {None, token.secret}]
        for token in ended:
            self._tokens[token.secret] = replace(token, expires_at=self._clock.now())
        return len(ended)

    def reject(self, authorization: str) -> None:
        """Let the owner of an anonymous token have a new one: this one was said to be no good.

        A hand-made token stays as it is, because its owner can only come back with the same or another one.
        """
        token = self._read(authorization)
        if token is not None and token.expires_at is not None:
            self.expire(token.secret)

    def set_credits(self, credits_: int, user_id: str | None = None) -> int:
        """Set the balance of one account, or of all that there are; how many that was."""
        accounts = {id(token.account): token.account for token in list(self._tokens.values())}
        chosen = [account for account in accounts.values() if user_id in {None, account.user_id}]
        for account in chosen:
            account.balance = credits_
        return len(chosen)

    def authenticate(self, authorization: str, scope: str) -> Account:
        """Find the account behind an `Authorization` header.

        Raises:
            Refusal: 1001 for no, an unknown or an ended token; 403 when it may not do this.
        """
        token = self._read(authorization)
        if token is None or self._has_expired(token):
            raise Refusal(TOKEN_REJECTED, "token invalid or expired", status=401)
        if not token.scopes & {scope, *EVERY_SCOPE}:
            raise Refusal(403, f"token lacks the scope '{scope}'")
        return token.account

    def _read(self, authorization: str) -> Token | None:
        kind, _, secret = authorization.partition(" ")
        return self._tokens.get(secret.strip()) if kind.lower() == "bearer" else None

    def _has_expired(self, token: Token) -> bool:
        return token.expires_at is not None and self._clock.now() >= token.expires_at
