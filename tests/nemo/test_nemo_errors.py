"""Every row of the service's error table, by envelope and by HTTP status."""

from __future__ import annotations

import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemowatch.clock import SystemClock
from nemowatch.nemo import calls, errors
from nemowatch.nemo.calls import Account, Answer, Call, clip
from nemowatch.nemo.errors import ApiError, raise_for_answer
from nemowatch.nemo.transport import read_retry_after

ANONYMOUS = Account("https://web.test", "anon 1", is_anonymous=True)
OWN = Account("https://web.test", None, is_anonymous=False)


def error_of(
    call: Call, status: int, body: object = None, account: Account = OWN, retry_after: float | None = None
) -> ApiError:
    text = body if isinstance(body, str) else json.dumps(body)
    answer = Answer(call, status, text, None if isinstance(body, str) else body, retry_after)
    with pytest.raises(ApiError) as caught:
        raise_for_answer(answer, account)
    return caught.value


@pytest.mark.parametrize(
    ("call", "status", "body", "kind"),
    [
        (calls.CREDITS, 401, "", errors.TokenRejected),
        (calls.CREDITS, 200, {"code": 1001, "message": "expired"}, errors.TokenRejected),
        (calls.CREDITS, 200, {"code": "1001"}, errors.TokenRejected),
        (calls.STATE, 200, {"code": 1002}, errors.SessionNotFound),
        (calls.PROMPT, 404, {"detail": "Session not found: 55"}, errors.SessionNotFound),
        (calls.PROMPT, 404, "<html>nginx</html>", errors.NotFound),
        (calls.READ_RENDER, 404, {"detail": "Not Found"}, errors.NotFound),
        (calls.PROMPT, 200, {"code": 2001}, errors.OutOfCredits),
        (calls.PROMPT, 402, {"code": 2001}, errors.OutOfCredits),
        (calls.UPLOAD, 400, {"code": 4001}, errors.UnsupportedType),
        (calls.UPLOAD, 415, "", errors.UnsupportedType),
        (calls.UPLOAD, 200, {"code": 4002}, errors.FileTooLarge),
        (calls.UPLOAD, 413, "<html>too large</html>", errors.FileTooLarge),
        (calls.ANONYMOUS_TOKEN, 400, {"message": "bad"}, errors.ClientIdMissing),
        (calls.CREDITS, 400, {"message": "X-Client-Id is missing"}, errors.ClientIdMissing),
        (calls.CREDITS, 400, {"message": "what?"}, errors.CallRefused),
        (calls.START_RENDER, 402, "", errors.ExportBlocked),
        (calls.START_RENDER, 200, {"code": 402, "message": "subscribe"}, errors.ExportBlocked),
        (calls.START_RENDER, 409, {"message": "no"}, errors.RenderExists),
        (calls.START_RENDER, 200, {"code": 409, "message": "no"}, errors.RenderExists),
        (calls.START_RENDER, 200, {"success": False, "error": "duplicate id"}, errors.RenderExists),
        (calls.START_RENDER, 200, {"success": False, "error": "no"}, errors.CallRefused),
        (calls.UPLOAD, 403, "", errors.ScopeMissing),
        (calls.CREDITS, 429, "", errors.RateLimited),
        (calls.CREDITS, 200, {"code": 429}, errors.RateLimited),
        (calls.CREDITS, 500, "<html>oops</html>", errors.ServiceDown),
        (calls.CREDITS, 503, {"code": 0}, errors.ServiceDown),
        (calls.CREDITS, 200, {"code": 503}, errors.ServiceDown),
        (calls.CREDITS, 302, "", errors.UnexpectedAnswer),
        (calls.CREDITS, 200, {"code": 9999, "message": "odd"}, errors.CallRefused),
        (calls.CREDITS, 418, "", errors.CallRefused),
    ],
)
def test_each_answer_has_its_error(call: Call, status: int, body: object, kind: type[ApiError]) -> None:
    error = error_of(call, status, body)
    assert type(error) is kind
    assert call.doing in error.message
    assert error.status == status


@pytest.mark.parametrize(
    "body", [{"code": 0}, {"code": "0"}, {"code": 200}, {}, {"success": True}, {"code": "OK"}]
)
def test_success_raises_nothing(body: dict[str, object]) -> None:
    raise_for_answer(Answer(calls.CREDITS, 200, "", body), OWN)


def test_out_of_credits_tells_an_anonymous_user_where_to_register() -> None:
    error = error_of(calls.PROMPT, 200, {"code": 2001}, ANONYMOUS)
    assert "https://web.test/register?bind=anon%201" in error.hint
    assert error.exit_code == 6


def test_out_of_credits_tells_a_registered_user_to_top_up() -> None:
    assert "Top up credits in your account" in error_of(calls.PROMPT, 200, {"code": 2001}).hint


def test_blocked_export_is_a_matter_of_the_plan() -> None:
    error = error_of(calls.START_RENDER, 402)
    assert "Register or upgrade your plan to unlock export" in error.hint
    assert error.exit_code == 6


def test_own_token_that_is_rejected_says_how_to_set_a_new_one() -> None:
    error = error_of(calls.CREDITS, 401)
    assert "NEMO_TOKEN" in error.hint
    assert error.exit_code == 5


@pytest.mark.parametrize(
    ("call", "body", "scope"),
    [(calls.CREDITS, {"detail": "missing scope: render"}, "render"), (calls.UPLOAD, "", "upload")],
)
def test_missing_scope_is_named(call: Call, body: object, scope: str) -> None:
    error = error_of(call, 403, body)
    assert isinstance(error, errors.ScopeMissing)
    assert error.scope == scope
    assert f'"{scope}"' in error.message
    assert not error.retryable


def test_unsupported_type_lists_the_accepted_ones() -> None:
    assert "mp4 mov avi webm mkv" in error_of(calls.UPLOAD, 200, {"code": 4001}).hint


def test_rate_limit_keeps_the_time_to_wait() -> None:
    error = error_of(calls.CREDITS, 429, retry_after=7.0)
    assert isinstance(error, errors.RateLimited)
    assert error.retry_after_seconds == 7.0
    assert error.retryable


def test_rate_limit_of_tokens_explains_the_seven_days() -> None:
    assert "7 days" in error_of(calls.ANONYMOUS_TOKEN, 429).message


def test_long_and_secret_bodies_are_clipped_and_cleaned() -> None:
    error = error_of(calls.CREDITS, 500, "nmv_usr_verysecret \x1b[31m\n" + "x" * 100_000)
    assert "verysecret" not in str(error)
    assert "\x1b" not in str(error)
    assert "\n" not in error.message
    assert len(error.message) < 500


def test_error_can_be_stored_and_read_again() -> None:
    error = error_of(calls.CREDITS, 429, {"code": 429, "message": "slow"}, retry_after=3.0)
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.code, again.status, again.retry_after_seconds, again.hint) == (
        str(error),
        429,
        429,
        3.0,
        error.hint,
    )


@pytest.mark.parametrize("kind", ApiError.__subclasses__())
def test_each_error_can_be_pickled(kind: type[ApiError]) -> None:
    again = pickle.loads(pickle.dumps(kind("what", hint="then", code=1, status=2)))
    assert (type(again), again.message, again.hint, again.code, again.status) == (kind, "what", "then", 1, 2)


def test_the_tree_in_the_docstring_names_every_error() -> None:
    assert all(f"── {kind.__name__} " in (errors.__doc__ or "") for kind in ApiError.__subclasses__())


@given(
    st.sampled_from([calls.CREDITS, calls.PROMPT, calls.START_RENDER, calls.ANONYMOUS_TOKEN]),
    st.integers(100, 599),
    st.none()
    | st.text(max_size=20)
    | st.dictionaries(
        st.sampled_from(["code", "message", "error", "detail", "success", "data"]),
        st.none()
        | st.integers()
        | st.booleans()
        | st.text(max_size=9)
        | st.just({"message": 1})
        | st.just([1]),
    ),
)
def test_any_answer_is_a_success_or_a_typed_error(call: Call, status: int, body: object) -> None:
    shown = ""
    try:
        raise_for_answer(Answer(call, status, str(body), body), ANONYMOUS)
    except ApiError as error:
        shown = str(error)
    assert len(shown) < 1500


@given(st.text())
def test_clipped_text_is_one_short_line(text: str) -> None:
    shown = clip(text)
    assert len(shown) <= 300
    assert "\n" not in shown


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("30", 30.0),
        ("-5", 0.0),
        ("1e99", 86400.0),
        ("nan", None),
        ("soon", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86400.0),
    ],
)
def test_retry_after_is_read_in_both_forms(header: str | None, seconds: float | None) -> None:
    assert read_retry_after(header, SystemClock()) == seconds
