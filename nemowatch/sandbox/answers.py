"""How the service says yes and no: the JSON envelope, and the refusal that becomes one.

Raised anywhere in the service, turned into a response in `app.py` alone. Codes: nemo-api facts, in
docs/sandbox.md, "Errors".
"""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse

JsonObject = dict[str, Any]

TOKEN_REJECTED = 1001
SESSION_NOT_FOUND = 1002
OUT_OF_CREDITS = 2001
UNSUPPORTED_TYPE = 4001
FILE_TOO_LARGE = 4002


class Refusal(Exception):
    """The service says no.

    Attributes:
        code: the envelope's code; for the ones that HTTP knows too (400, 402, 403 …) the same number.
        message: what the caller reads.
        status: the HTTP status; the service's own codes mostly travel with 200.
    """

    def __init__(self, code: int, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status if status is not None else (code if 400 <= code < 600 else 200)


class NotFoundInAdk(Exception):
    """An address or session that the agent server behind the API does not know: HTTP 404 with `detail`."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


def accept(data: JsonObject) -> JSONResponse:
    """Wrap what was asked for."""
    return JSONResponse({"code": 0, "message": "success", "data": data})


def refuse(refusal: Refusal) -> JSONResponse:
    """Wrap a refusal; `success` is what the render calls look at."""
    body = {"code": refusal.code, "message": refusal.message, "success": False, "data": None}
    return JSONResponse(body, status_code=refusal.status)
