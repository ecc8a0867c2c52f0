"""The token of every call: the user's own, or an anonymous one that is kept (nemo-api.md §2).

Asked by `client.py` before each call. The token is a secret: it is named to the logs' redaction as soon as it
is seen, kept in a file of mode 0600, and no message or `repr` holds it. The service gives one anonymous token
per client id in 7 days, so neither the id nor the token may be lost or asked for twice.
"""

from __future__ import annotations

import asyncio
import errno
import json
import os
import re
import secrets
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx
from loguru import logger

from nemowatch.atomic import sync_folder, write_atomically
from nemowatch.clock import Clock, SystemClock
from nemowatch.logs import hide_secret
from nemowatch.nemo.answers import parse_moment, read_token
from nemowatch.nemo.attribution import Attribution, own_attribution
from nemowatch.nemo.calls import ANONYMOUS_TOKEN, Account
from nemowatch.nemo.errors import ClientIdMissing, TokenRejected, raise_unexpected
from nemowatch.nemo.timeouts import Timeouts
from nemowatch.nemo.transport import Transport, shared_tls

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

VALID_SECONDS = 7 * 24 * 3600.0
"""How long an anonymous token lasts where the service does not say."""

_RENEW_BEFORE_SECONDS = 60.0
_USABLE_ID = re.compile(r"[\x21-\x7e]{1,200}")
_USABLE_TOKEN = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True)
class _KeptToken:
    """What the token file holds."""

    token: str
    user_id: str | None
    expires_at: float
    api_url: str

    def __repr__(self) -> str:
        return f"_KeptToken(user_id={self.user_id!r}, expires_at={self.expires_at!r})"


@dataclass(frozen=True)
class TokenAtHand:
    """The token that would be used now, for those who only look.

    Attributes:
        token: the secret.
        is_anonymous: False for the user's own.
        is_usable: whether a call may be made with it; an anonymous one that has ended can't be used any more.
        expires_at: when it ends, in seconds since the epoch; None for the user's own, of which nobody knows.
    """

    token: str
    is_anonymous: bool
    is_usable: bool
    expires_at: float | None

    def __repr__(self) -> str:
        return f"TokenAtHand(is_anonymous={self.is_anonymous!r}, expires_at={self.expires_at!r})"


class TokenSource:
    """Where the client gets its token; one per daemon, safe for any number of jobs at once.

    Args:
        api_url: the API; a kept token is used for the API that gave it alone.
        client_id_file: shared with the vendor's other tools (`places.client_id_path`).
        token_file: where the anonymous token is kept (`StateFolder.token`); its folder must exist.
        environ: where `NEMO_TOKEN` and `NEMO_CLIENT_ID` are looked for.
        clock: tells whether a token has expired.
        timeouts: for the one call that is made here.
        attribution: the headers of that call; NemoWatch itself where it is None.
    """

    def __init__(
        self,
        *,
        api_url: str,
        client_id_file: Path,
        token_file: Path,
        environ: Mapping[str, str] = os.environ,
        clock: Clock | None = None,
        timeouts: Timeouts | None = None,
        attribution: Attribution | None = None,
    ) -> None:
        self._api_url = api_url.rstrip("/")
        self._client_id_file = client_id_file
        self._token_file = token_file
        self._environ = environ
        self._clock = clock or SystemClock()
        self._timeouts = timeouts or Timeouts()
        self._attribution = attribution or own_attribution(environ)
        self._own = environ.get("NEMO_TOKEN", "").strip()
        self._kept: _KeptToken | None = None
        self._lock = asyncio.Lock()
        if self._own:
            hide_secret(self._own)

    def __repr__(self) -> str:
        kind = "anonymous" if self.is_anonymous else "from NEMO_TOKEN"
        return f"TokenSource({kind}, user_id={self.user_id!r})"

    @property
    def is_anonymous(self) -> bool:
        """False where the user has set a token."""
        return not self._own

    @property
    def user_id(self) -> str | None:
        """The anonymous account's id, once a token is there; it goes into the register link."""
        return self._kept.user_id if self._kept else None

    async def get(self) -> str:
        """The token to use now: the user's, else the kept one while it is valid, else a new one.

        Raises:
            RateLimited: this client or network has had its tokens for now.
            ClientIdMissing: there is no usable client id, and none can be made.
            ApiError: the service refused or could not be reached.
        """
        if self._own:
            return self._checked_own()
        if self._kept and self._is_valid(self._kept):
            return self._kept.token
        async with self._lock:
            if self._kept is None or not self._is_valid(self._kept):
                await self._look_again()
            # Also one that has expired says whose account it is, should there be no other one.
            if self._kept is None or not self._is_valid(self._kept):
                self._kept = await self._request()
            return self._kept.token

    def look(self) -> TokenAtHand | None:
        """The token at hand, without asking for one; None where there is none for this API. Blocks.

        Raises:
            TokenRejected: the user's own can't be a token.
        """
        if self._own:
            return TokenAtHand(self._checked_own(), is_anonymous=False, is_usable=True, expires_at=None)
        kept = self._load()
        if kept is None:
            return None
        return TokenAtHand(
            kept.token, is_anonymous=True, is_usable=self._is_valid(kept), expires_at=kept.expires_at
        )

    async def renew(self, *, rejected: str | None = None) -> str:
        """A new anonymous token with the same client id.

        Args:
            rejected: the token that the service does not accept; when another one has taken its place
                meanwhile (another job or process was faster), that one is given and nothing is asked for.

        Raises:
            TokenRejected: the token is the user's own; only the user can renew it.
            ApiError: as in `get`.
        """
        if self._own:
            raise TokenRejected(
                "The token in NEMO_TOKEN is not accepted.",
                hint="Set a new one and start NemoWatch again.",
                code=1001,
            )
        async with self._lock:
            if self._kept is None or self._kept.token == rejected:
                await self._look_again()
            kept = self._kept
            if kept is not None and rejected is not None and kept.token != rejected and self._is_valid(kept):
                return kept.token
            self._kept = await self._request()
            return self._kept.token

    async def _look_again(self) -> None:
        """Take what the file holds: another process may have asked, and asking twice is refused for days."""
        self._kept = await asyncio.to_thread(self._load) or self._kept

    def _checked_own(self) -> str:
        if not _USABLE_TOKEN.fullmatch(self._own):
            raise TokenRejected(
                "The token in NEMO_TOKEN holds spaces or characters that no token has.",
                hint="Copy it again, without quotes or line breaks.",
            )
        return self._own

    def _is_valid(self, kept: _KeptToken) -> bool:
        return kept.expires_at - _RENEW_BEFORE_SECONDS > self._clock.now()

    async def _request(self) -> _KeptToken:
        client_id = await asyncio.to_thread(self._find_client_id)
        try:
            # The same client id is the same account: its id is known where the answer leaves it out.
            kept = await self._exchange(client_id, self.user_id)
        except ClientIdMissing:
            if self._environ.get("NEMO_CLIENT_ID", "").strip():
                raise
            # The service does not take the kept id as one (nemo-api.md §2): make one and ask once more.
            kept = await self._exchange(await asyncio.to_thread(self._replace_client_id), None)
        await asyncio.to_thread(self._store, kept)
        return kept

    async def _exchange(self, client_id: str, known_user_id: str | None) -> _KeptToken:
        account = Account(web_url="", user_id=None, is_anonymous=True)
        headers = {**self._attribution.headers(), "X-Client-Id": client_id}
        # A pool of its own: this call is made once a week, often before there is a client.
        async with httpx.AsyncClient(base_url=self._api_url, verify=shared_tls()) as http:
            transport = Transport(http, self._timeouts, self._clock)
            answer = await transport.exchange(
                ANONYMOUS_TOKEN, account, path=ANONYMOUS_TOKEN.path, headers=headers
            )
        fresh = read_token(answer)
        hide_secret(fresh.token)
        if not _USABLE_TOKEN.fullmatch(fresh.token):
            raise_unexpected(
                answer.call, "its token has characters that no token has", "", status=answer.status
            )
        expires_at = self._clock.now() + VALID_SECONDS if fresh.expires_at is None else fresh.expires_at
        return _KeptToken(fresh.token, fresh.user_id or known_user_id, expires_at, self._api_url)

    def _load(self) -> _KeptToken | None:
        try:
            facts = json.loads(self._token_file.read_bytes())
            token, expires_at = facts["token"], parse_moment(facts["expires_at"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            # A new token replaces it; the service's limit is told by the error of that call.
            logger.warning("The kept token in {} can't be read: {}.", self._token_file, type(error).__name__)
            return None
        if not isinstance(token, str) or expires_at is None or facts.get("api_url") != self._api_url:
            return None
        if not _USABLE_TOKEN.fullmatch(token):
            return None
        hide_secret(token)
        user_id = facts.get("user_id")
        return _KeptToken(token, user_id if isinstance(user_id, str) else None, expires_at, self._api_url)

    def _store(self, kept: _KeptToken) -> None:
        facts = {
            "token": kept.token,
            "user_id": kept.user_id,
            "expires_at": kept.expires_at,
            "api_url": kept.api_url,
        }
        try:
            write_atomically(self._token_file, json.dumps(facts, indent=2).encode(), mode=0o600)
        except OSError as error:
            # The token works for as long as this process runs; only a restart would need another one.
            logger.warning("The token can't be kept in {}: {}.", self._token_file, error.strerror)

    def _find_client_id(self) -> str:
        named = self._environ.get("NEMO_CLIENT_ID", "").strip()
        if named:
            if _USABLE_ID.fullmatch(named):
                return named
            raise ClientIdMissing(
                "NEMO_CLIENT_ID is not usable as a client id.",
                hint="Set it to a UUID, or unset it to have one made.",
            )
        try:
            kept = self._read_client_id()
            return kept or self._make_client_id()
        except OSError as error:
            raise _client_id_trouble(self._client_id_file, error) from error

    def _read_client_id(self) -> str | None:
        try:
            text = self._client_id_file.read_text(encoding="ascii").strip()
        except (FileNotFoundError, UnicodeDecodeError):
            return None
        return text if _USABLE_ID.fullmatch(text) else None

    def _make_client_id(self) -> str:
        """Make the id once: any number of processes that try at the same time end with the same one."""
        path = self._client_id_file
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = str(uuid.uuid4())
        aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
        try:
            write_atomically(aside, f"{fresh}\n".encode())
            _place(aside, path)
            sync_folder(path.parent)
        except FileExistsError:
            other = self._read_client_id()
            return other or self._replace_client_id()
        finally:
            aside.unlink(missing_ok=True)
        return fresh

    def _replace_client_id(self) -> str:
        """Put a new id in the place of one that is empty, damaged, or refused by the service."""
        fresh = str(uuid.uuid4())
        try:
            write_atomically(self._client_id_file, f"{fresh}\n".encode())
        except OSError as error:
            raise _client_id_trouble(self._client_id_file, error) from error
        return fresh


def _place(aside: Path, path: Path) -> None:
    """Give a finished file its name; FileExistsError where another process was faster."""
    try:
        # A link fails where the name is taken, and never shows a half-written file.
        os.link(aside, path)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP):
            raise
        # FAT and some network shares have no links.
        with path.open("xb") as file:
            file.write(aside.read_bytes())


def _client_id_trouble(path: Path, error: OSError) -> ClientIdMissing:
    return ClientIdMissing(
        f"The client id can't be kept in {path}: {error.strerror}.",
        hint="Make the folder writable, or set NEMO_CLIENT_ID to a UUID of your own, or set NEMO_TOKEN.",
    )
