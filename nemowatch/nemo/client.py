"""The way to NemoVideo: one client per daemon, one view of it per skill.

Made by the daemon, used by the job runner's steps. Every method makes its call once: what is tried again, and
when, is decided by those who know what a repetition costs. The one exception is an anonymous token that the
service no longer accepts: it is renewed, and the call, which was refused before it did anything, is made
again.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, aclosing
from functools import partial
from typing import TYPE_CHECKING, Self, TypeAlias, TypeVar

import httpx

from nemowatch.nemo import answers, calls
from nemowatch.nemo.calls import Account, Answer, Call, JsonObject
from nemowatch.nemo.download import Download
from nemowatch.nemo.errors import (
    ApiError,
    DownloadFailed,
    NotFound,
    TokenRejected,
    credits_hint,
    raise_for_answer,
    raise_unexpected,
)
from nemowatch.nemo.sse import raise_timed_out, read_stream, stream_errors
from nemowatch.nemo.state import SessionState, read_state
from nemowatch.nemo.stream import EventReader
from nemowatch.nemo.timeouts import Timeouts
from nemowatch.nemo.transport import Transport, shared_tls, to_json
from nemowatch.nemo.upload import UploadBody

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
    from pathlib import Path
    from types import TracebackType

    from nemowatch.clock import Clock
    from nemowatch.nemo.answers import Credits, Session, UploadedFile
    from nemowatch.nemo.attribution import Attribution
    from nemowatch.nemo.events import AgentEvent
    from nemowatch.nemo.renders import RenderStatus
    from nemowatch.nemo.token import TokenSource

    Progress: TypeAlias = Callable[[int, int], None]

_Result = TypeVar("_Result")

_APP = "nemo_agent"
_USER = "me"
_JSON = {"Content-Type": "application/json"}


class NemoClient:
    """The connections to the service; `async with` opens and closes them.

    Args:
        api_url: the API (`nemo.api_url` of the rules, or `NEMO_API_URL`).
        web_url: where a person registers and sees projects.
        tokens: gives the token of each call.
        timeouts: how long is waited for what.
        clock: to read dates in `Retry-After`.
    """

    def __init__(
        self,
        *,
        api_url: str,
        web_url: str,
        tokens: TokenSource,
        timeouts: Timeouts | None = None,
        clock: Clock,
    ) -> None:
        self.api_url = api_url.rstrip("/")
        self.web_url = web_url.rstrip("/")
        self.tokens = tokens
        self.timeouts = timeouts or Timeouts()
        tls = shared_tls()
        self._http = httpx.AsyncClient(
            base_url=self.api_url,
            verify=tls,
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=20),
        )
        self._downloads = httpx.Client(verify=tls, limits=httpx.Limits(max_connections=None))
        self.transport = Transport(self._http, self.timeouts, clock)

    async def __aenter__(self) -> Self:
        """The client itself; connections are made when they are needed."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close all connections."""
        await self._http.aclose()
        await asyncio.to_thread(self._downloads.close)

    def as_skill(self, attribution: Attribution) -> NemoApi:
        """The calls of the API in the name of a skill."""
        return NemoApi(self, attribution)

    def account(self) -> Account:
        """Whose calls they are, for the hints of errors."""
        return Account(self.web_url, self.tokens.user_id, self.tokens.is_anonymous)

    def absolute(self, url: str) -> str:
        """An address as the service gave it, made whole where it names only a path."""
        return f"{self.api_url}{url}" if url.startswith("/") and not url.startswith("//") else url

    def download(self, url: str, target: Path) -> Download:
        """A download that has not begun, from anywhere: nothing of ours is sent there."""
        return Download(self._downloads, url, target, headers={}, timeouts=self.timeouts)

    def download_from_api(self, path: str, target: Path, headers: dict[str, str]) -> Download:
        """The same from the API itself, with the headers of a call; httpx drops the token on the way elsewhere."""
        judge = partial(self.transport.raise_for_account, calls.DOWNLOAD_RENDER, self.account())
        url = self.api_url + path
        return Download(self._downloads, url, target, headers=headers, timeouts=self.timeouts, judge=judge)

    async def with_token(self, attempt: Callable[[str], Awaitable[_Result]]) -> _Result:
        """Make an attempt with the token; one more with a new one if it was anonymous and is rejected."""
        token = await self.take_token()
        try:
            return await attempt(token)
        except TokenRejected:
            if not self.tokens.is_anonymous:
                raise
        return await attempt(await self.take_token(rejected=token))

    async def take_token(self, *, rejected: str | None = None) -> str:
        """The token of a call, renewed if that one was rejected; an error says that the call never left."""
        try:
            return await (self.tokens.renew(rejected=rejected) if rejected else self.tokens.get())
        except ApiError as error:
            error.never_left = True
            raise


class NemoApi:
    """The calls of the API, each with the bearer token and the three headers of one skill.

    Every method raises the subclass of `ApiError` that fits (nemo/errors.py).
    """

    def __init__(self, client: NemoClient, attribution: Attribution) -> None:
        self._client = client
        self._attribution = attribution

    async def create_session(self, name: str, language: str) -> Session:
        """Make a session: its name for people, its language as an ISO code (nemo-api.md §3)."""
        answer = await self._send(calls.CREATE_SESSION, body={"task_name": name, "language": language})
        return answers.read_session(answer)

    async def upload_urls(self, session_id: str, urls: Sequence[str]) -> tuple[UploadedFile, ...]:
        """Have the service fetch files from addresses; what it has made of each (nemo-api.md §4).

        It answers when it has fetched them all: for each it has as long as for looking into an upload.

        Args:
            session_id: where they go.
            urls: http or https addresses.
        """
        timeouts = self._client.timeouts
        answer = await self._send(
            calls.UPLOAD,
            body={"urls": list(urls), "source_type": "url"},
            limit=timeouts.upload,
            read=timeouts.after_upload * max(1, len(urls)),
            session_id=session_id,
        )
        return answers.read_uploads(answer)

    async def upload(
        self,
        session_id: str,
        files: Sequence[Path],
        progress: Progress,
        names: Sequence[str] | None = None,
    ) -> tuple[UploadedFile, ...]:
        """Upload files in one request; what the service has made of each (nemo-api.md §4).

        Args:
            session_id: where they go.
            files: regular files; they must not change meanwhile.
            progress: called with (bytes done, bytes total) of all of them together.
            names: what they are called there, where not by their own names.

        Raises:
            FileChanged: one did change; the service has not taken any.
            OSError: one is gone or can't be read.
        """
        timeouts = self._client.timeouts
        path = calls.UPLOAD.path_for(session_id=session_id)
        async with UploadBody(files, progress, names=names) as body:

            async def attempt(token: str) -> Answer:
                return await self._client.transport.exchange(
                    calls.UPLOAD,
                    self._client.account(),
                    path=path,
                    headers={**self._headers(token), **body.headers},
                    content=body.pieces,
                    limit=timeouts.upload,
                    read=timeouts.after_upload,
                )

            return answers.read_uploads(await self._client.with_token(attempt))

    async def read_state(self, session_id: str) -> SessionState:
        """Read what the session holds now (nemo-api.md §6)."""
        return read_state(await self._send(calls.STATE, session_id=session_id))

    async def send_prompt(self, session_id: str, text: str) -> AsyncGenerator[AgentEvent, None]:
        """Send a prompt and give what the agent does, until it is done; it costs credits (nemo-api.md §5).

        Ending without any text is normal. Close the generator (`contextlib.aclosing`) when leaving it early:
        that drops the connection.

        Raises:
            ApiError: whether the prompt may have been applied, `is_certainly_not_applied` says: not where it
                never left or was refused, but a cut, a time-out or a 5xx leave it open.
        """
        body = to_json(
            {
                "app_name": _APP,
                "user_id": _USER,
                "session_id": session_id,
                "new_message": {"parts": [{"text": text}]},
            }
        )
        deadline = asyncio.get_running_loop().time() + self._client.timeouts.prompt
        token = await self._client.take_token()
        for is_last in (False, True):
            try:
                async with aclosing(self._run_prompt(token, body, deadline)) as events:
                    async for event in events:
                        yield event
            except TokenRejected as error:
                # Also an answer that began as a stream may say so; a run that had begun is never begun again.
                if is_last or error.run_had_begun or not self._client.tokens.is_anonymous:
                    raise
            else:
                return
            token = await self._client.take_token(rejected=token)

    def credits_hint(self) -> str:
        """Where more credits come from; for an anonymous account a register link, once its id is known."""
        return credits_hint(self._client.account())

    async def read_credits(self) -> Credits:
        """Read the account's balance (nemo-api.md §7)."""
        return answers.read_credits(await self._send(calls.CREDITS))

    async def start_render(self, render_id: str, session_id: str, draft: JsonObject) -> RenderStatus:
        """Start an export of a draft under an id that the caller has chosen and kept (nemo-api.md §8).

        Args:
            render_id: unique; the same id again is refused (RenderExists).
            session_id: the draft's session.
            draft: exactly as `read_state` gave it.
        """
        body = {
            "id": render_id,
            "sessionId": session_id,
            "draft": draft,
            "output": {"format": "mp4", "quality": "high"},
        }
        return answers.read_render(await self._send(calls.START_RENDER, body=body), render_id)

    async def read_render(self, render_id: str) -> RenderStatus:
        """Look how far an export has come; NotFound where it was never started."""
        return answers.read_render(await self._send(calls.READ_RENDER, render_id=render_id), render_id)

    async def cancel_render(self, render_id: str) -> None:
        """Cancel an export that is still pending."""
        await self._send(calls.CANCEL_RENDER, render_id=render_id)

    async def download(
        self, url: str, target: Path, progress: Progress, *, render_id: str | None = None
    ) -> int:
        """Fetch a file; the number of its bytes. `target` appears whole or not at all.

        Where the server tells the versions of a file apart, what has come is kept in `<target>.part`, and a
        later call goes on from there.

        Args:
            url: as the service gave it; no token is sent there, whatever the host. May be empty with
                `render_id`.
            target: the file; its folder must exist.
            progress: called with (bytes done, bytes total); the total is 0 while unknown.
            render_id: of a render: where the address fails, it is fetched from the API itself, with the
                token.

        Raises:
            DownloadFailed: it did not come whole.
            ApiError: the API refuses it for the account's sake (token, plan, scope, too many calls).
            OSError: it can't be written.
        """
        try:
            return await self._client.download(self._client.absolute(url), target).run(progress)
        except DownloadFailed as error:
            if render_id is None:
                raise
            return await self._download_from_api(render_id, target, progress, error)

    async def project_link(self, session_id: str, task_id: str | None) -> str | None:
        """The address under which a person takes the project over; None where the service offers none."""
        if task_id is None:
            return None
        try:
            answer = await self._send(calls.CLAIM_TOKEN, body={"task_id": task_id, "session_id": session_id})
        except NotFound:
            return None
        claim = answers.read_claim(answer)
        return f"{self._client.web_url}/workspace/claim?{httpx.QueryParams(ct=claim)}" if claim else None

    async def _send(
        self,
        call: Call,
        *,
        body: JsonObject | None = None,
        limit: float | None = None,
        read: float | None = None,
        **names: str,
    ) -> Answer:
        content = None if body is None else to_json(body)
        extra = {} if body is None else _JSON

        async def attempt(token: str) -> Answer:
            return await self._client.transport.exchange(
                call,
                self._client.account(),
                path=call.path_for(**names),
                headers={**self._headers(token), **extra},
                content=content,
                limit=limit,
                read=read,
            )

        return await self._client.with_token(attempt)

    async def _run_prompt(self, token: str, body: bytes, deadline: float) -> AsyncGenerator[AgentEvent, None]:
        async with AsyncExitStack() as stack:
            response = await self._open_stream(stack, token, body, deadline)
            reader = EventReader(calls.PROMPT, self._client.account())
            events = read_stream(calls.PROMPT, response, reader, self._client.timeouts, deadline)
            async with aclosing(events):
                async for event in events:
                    yield event

    async def _open_stream(
        self, stack: AsyncExitStack, token: str, body: bytes, deadline: float
    ) -> httpx.Response:
        """Send the prompt and see that a stream of events comes back."""
        call, transport, timeouts = calls.PROMPT, self._client.transport, self._client.timeouts
        headers = {**self._headers(token), **_JSON, "Accept": "text/event-stream"}
        try:
            async with asyncio.timeout_at(deadline):
                with stream_errors(call):
                    response = await stack.enter_async_context(
                        transport.open(
                            call, path=call.path, headers=headers, content=body, read=timeouts.idle_stream
                        )
                    )
                    answer = None if _is_stream(response) else await transport.read_answer(call, response)
        except TimeoutError as error:
            raise_timed_out(f"has taken longer than {timeouts.prompt:g} s", call, error)
        if answer is not None:
            raise_for_answer(answer, self._client.account())
            raise_unexpected(call, "it is no stream of events", answer.body, status=answer.status)
        return response

    async def _download_from_api(
        self, render_id: str, target: Path, progress: Progress, first: DownloadFailed
    ) -> int:
        path = calls.DOWNLOAD_RENDER.path_for(render_id=render_id)

        async def attempt(token: str) -> int:
            download = self._client.download_from_api(path, target, self._headers(token))
            return await download.run(progress)

        try:
            return await self._client.with_token(attempt)
        except DownloadFailed as error:
            error.retryable = error.retryable or first.retryable
            error.hint = f"Before that: {first.message} {error.hint}"
            raise

    def _headers(self, token: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {token}", **self._attribution.headers()}


def _is_stream(response: httpx.Response) -> bool:
    return response.is_success and "text/event-stream" in response.headers.get("content-type", "")
