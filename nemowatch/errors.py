"""The root of every error that NemoWatch raises on purpose.

    NemoWatchError
    ├── RulesInvalid          rules/problems.py    the rules file can't be used as it is
    ├── WrongAddressList, NoAddressYet   rules/address_list.py   a list of addresses can't be used, or is empty
    ├── WrongPromptFile       rules/prompt_file.py the prompts beside a recording can't be used
    ├── ApiError …            nemo/errors.py       the service refused, failed or could not be reached
    ├── MediaError …          media/errors.py      a file is no media, not complete, or broken
    ├── OutputError …         outputs/errors.py    the output folder can't be written
    ├── JobError …            jobs/errors.py       a job can't go on
    ├── FolderOffline         intake/scan.py       a watched folder is missing, or can't be read
    ├── ServiceFailed …       service/manager.py   the system's service manager refuses, or is not there
    ├── NotInstallable …      service/install.py   the service can't be installed as things are
    └── StateError …          places.py            the state folder is taken, or can't be used

An error says what failed and why; its hint says what to do next. Only the commands and the job runner turn
errors into exit codes and job states; everything else lets them pass.
"""

from __future__ import annotations

STATE_UNFIT_CODE = 8
"""The state folder is gone, or of another version: service managers do not start the daemon again by themselves."""


class NemoWatchError(Exception):
    """Something that a user can be told about.

    Attributes:
        hint: the next command or setting to try; empty where there is nothing to do but wait.
        exit_code: what a command that ends with this error returns to the shell (README, "Exit codes").
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint

    @property
    def message(self) -> str:
        """What failed, in one sentence."""
        return str(self.args[0])

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".rstrip()
