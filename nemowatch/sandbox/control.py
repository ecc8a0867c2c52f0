"""`/_sandbox/…`: looking at the service and making trouble while it runs, for tests in other processes.

Called by `app.py`. No token is needed and nothing here is part of the API. Every answer is JSON; a bad order is
HTTP 400 with a message.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse
from starlette.routing import Route

from nemowatch.sandbox.faults import BadFault

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from nemowatch.sandbox.accounts import Accounts
    from nemowatch.sandbox.answers import JsonObject
    from nemowatch.sandbox.fault_book import FaultBook
    from nemowatch.sandbox.ledger import Ledger
    from nemowatch.sandbox.sessions import Sessions

    Handler = Callable[[JsonObject], JsonObject]


class _BadOrder(ValueError):
    """The body is not what this address takes; the message says what is."""


class Control:
    """The handlers; each takes the body as an object (empty where there is none) and gives the answer."""

    def __init__(self, ledger: Ledger, faults: FaultBook, accounts: Accounts, sessions: Sessions) -> None:
        self._ledger = ledger
        self._faults = faults
        self._accounts = accounts
        self._sessions = sessions

    def routes(self) -> list[Route]:
        """Every address under `/_sandbox`."""
        return [
            Route("/_sandbox/ledger", _answer(lambda _: self._ledger.snapshot()), methods=["GET"]),
            Route("/_sandbox/calls", self._show_calls, methods=["GET"]),
            Route("/_sandbox/faults", _answer(lambda _: self._faults.describe()), methods=["GET"]),
            Route("/_sandbox/faults", _answer(self._order_faults), methods=["POST"]),
            Route("/_sandbox/faults", _answer(self._clear_faults), methods=["DELETE"]),
            Route("/_sandbox/forget-sessions", _answer(self._forget_sessions), methods=["POST"]),
            Route("/_sandbox/expire-tokens", _answer(self._expire_tokens), methods=["POST"]),
            Route("/_sandbox/credits", _answer(self._set_credits), methods=["POST"]),
        ]

    async def _show_calls(self, _request: Request) -> Response:
        return JSONResponse(self._ledger.calls())

    def _order_faults(self, body: JsonObject) -> JsonObject:
        """`{"faults": ["prompt:cut after"], "replace": false, "seed": 7}`."""
        faults = body.get("faults")
        if not isinstance(faults, list) or not all(isinstance(fault, str) for fault in faults):
            raise _BadOrder('expected {"faults": ["call:kind …"]}, with "replace" and "seed" if wanted')
        seed = None if body.get("seed") is None else _read_number(body, "seed")
        self._faults.order(faults, replace=body.get("replace") is True, seed=seed)
        return self._faults.describe()

    def _clear_faults(self, _body: JsonObject) -> JsonObject:
        self._faults.clear()
        return self._faults.describe()

    def _forget_sessions(self, body: JsonObject) -> JsonObject:
        """`{}`, or `{"session_id": …}` for one."""
        return {"forgotten": self._sessions.forget(_read_text(body, "session_id"))}

    def _expire_tokens(self, body: JsonObject) -> JsonObject:
        """`{}`, or `{"token": …}` for one."""
        return {"expired": self._accounts.expire(_read_text(body, "token"))}

    def _set_credits(self, body: JsonObject) -> JsonObject:
        """`{"credits": 40}`, for one account with its `user_id`."""
        return {
            "accounts": self._accounts.set_credits(_read_number(body, "credits"), _read_text(body, "user_id"))
        }


def _answer(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            return JSONResponse(handler(_read_object(await request.body())))
        except (BadFault, _BadOrder) as error:
            return JSONResponse({"message": str(error)}, status_code=400)

    return endpoint


def _read_object(body: bytes) -> JsonObject:
    try:
        read: Any = json.loads(body or b"{}")
    except ValueError as error:
        raise _BadOrder("the body is not JSON") from error
    if not isinstance(read, dict):
        raise _BadOrder("a JSON object is expected")
    return read


def _read_text(body: JsonObject, key: str) -> str | None:
    value = body.get(key)
    if value is not None and not isinstance(value, str):
        raise _BadOrder(f"{key} must be a text")
    return value


def _read_number(body: JsonObject, key: str) -> int:
    value = body.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise _BadOrder(f"{key} must be a whole number, 0 or more")
    return value
