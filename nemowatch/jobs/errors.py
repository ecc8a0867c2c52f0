"""Why a job can't go on, where neither the service nor a folder is to blame.

    JobError
    ├── SourceGone            the recording is no longer where it was
    ├── SourceChanged         the recording is not the one that was queued
    ├── SourceTooLarge        over what the service takes
    ├── PromptChangedNothing  the service answered, and the timeline is as before
    ├── PromptUncertain       a restart came between the prompt and its answer; nobody can tell whether it counted
    ├── NothingToExport       there is no picture on the timeline
    ├── RenderFailed          the service gave up on the export
    ├── NothingDelivered      the rule asked for what the job did not make
    ├── UnexpectedFailure     a mistake in NemoWatch itself
    ├── DatabaseUnusable      the state's database can't be read or written, or is none
    ├── DatabaseTooNew        the state folder was written by a later version
    └── DatabaseTooOld        it was written by a version too early to be brought up to date

Raised by the steps, turned into job states by `workflow.py` alone.
"""

from __future__ import annotations

from nemowatch.errors import STATE_UNFIT_CODE, NemoWatchError


class JobError(NemoWatchError):
    """A job can't go on."""


class SourceGone(JobError):
    """The recording was moved or deleted before its job ran."""


class SourceChanged(JobError):
    """The recording was written again after it had been queued."""


class SourceTooLarge(JobError):
    """The recording is larger than the service takes."""


class PromptChangedNothing(JobError):
    """The prompt was sent, and neither the timeline nor the generated media are different."""


class PromptUncertain(JobError):
    """The prompt may or may not have been applied; sending it again could be charged twice."""


class NothingToExport(JobError):
    """The draft has no track with a segment."""


class RenderFailed(JobError):
    """The service reports that the render failed."""


class NothingDelivered(JobError):
    """The job made nothing of what the rule's `deliver` names."""


class UnexpectedFailure(JobError):
    """A mistake in NemoWatch itself; the daemon's log has the details."""


class DatabaseUnusable(JobError):
    """The database can't be read or written, or is none."""


class DatabaseTooNew(JobError):
    """The database was written by a later version of NemoWatch."""

    exit_code = STATE_UNFIT_CODE


class DatabaseTooOld(JobError):
    """The database was written by a version so early that this one can't bring it up to date."""

    exit_code = STATE_UNFIT_CODE
