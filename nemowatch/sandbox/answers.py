"""How the service says yes and no: the JSON envelope, and the refusal that becomes one.

Raised anywhere in the service, turned into a response in `app.py` alone. A code travels in the envelope or as the
HTTP status; which, is a switch (`errors`). Codes: nemo-api facts, in docs/sandbox.md, "Errors".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse

if TYPE_CHECKING:
    from nemowatch.sandbox.options import ErrorsForm

JsonObject = dict[str, Any]

TOKEN_REJECTED = 1001
SESSION_NOT_FOUND = 1002
OUT_OF_CREDITS = 2001
UNSUPPORTED_TYPE = 4001
FILE_TOO_LARGE = 4002

_HTTP_STATUS = {
    TOKEN_REJECTED: 401,
    SESSION_NOT_FOUND: 404,
    OUT_OF_CREDITS: 402,
    UNSUPPORTED_TYPE: 415,
    FILE_TOO_LARGE: 413,
}


class Refusal(Exception):
    """The service says no.

    Attributes:
        code: the envelope's code; for the ones that HTTP knows too (400, 402, 403 …) the same number.
        message: what the caller reads.
        status: the HTTP status; the service's own codes mostly travel with 200.
        retry_after: the header of that name, if it is sent.
    """

    def __init__(
        self, code: int, message: str, *, status: int | None = None, retry_after: str | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status if status is not None else (code if 400 <= code < 600 else 200)
        self.retry_after = retry_after


class NotFoundInAdk(Exception):
    """An address or session that the agent server behind the API does not know: HTTP 404 with `detail`.

    `code` is how an envelope would say it; None where only HTTP can.
    """

    def __init__(self, detail: str, *, code: int | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code


def accept(data: JsonObject) -> JSONResponse:
    """Wrap what was asked for."""
    return JSONResponse({"code": 0, "message": "success", "data": data})


def refuse(refusal: Refusal, form: ErrorsForm = "mixed") -> JSONResponse:
    """Say no in one of the forms: `http` the status alone, `envelope` the code alone, `mixed` each code its own."""
    headers = {} if refusal.retry_after is None else {"Retry-After": refusal.retry_after}
    if form == "http":
        status = _HTTP_STATUS.get(refusal.code, refusal.status)
        # HTTP has no status of its own for an empty purse: without the code it would read as a blocked export.
        code = {"code": refusal.code} if refusal.code == OUT_OF_CREDITS else {}
        return JSONResponse({"detail": refusal.message, **code}, status_code=status, headers=headers)
    # `success` is what the render calls look at.
    body = {"code": refusal.code, "message": refusal.message, "success": False, "data": None}
    status = 200 if form == "envelope" else refusal.status
    return JSONResponse(body, status_code=status, headers=headers)


def refuse_as_adk(missing: NotFoundInAdk, form: ErrorsForm = "mixed") -> JSONResponse:
    """Say that there is no such thing as an agent server does, or as an envelope where that is wanted."""
    if form == "envelope" and missing.code is not None:
        return refuse(Refusal(missing.code, missing.detail), form)
    return JSONResponse({"detail": missing.detail}, status_code=404)
