"""What the tests of the doctor share: an installation whose parts they break one by one."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from nemowatch.clock import SystemClock
from nemowatch.doctor.finding import Finding
from nemowatch.doctor.site import Site, read_rules, read_services
from nemowatch.jobs.database import Database
from nemowatch.places import StateFolder, client_id_path

RULES = """\
nemo: {api_url: API}
rules: [{name: shorts, watch: ROOT/in, prompt: cut it, recursive: true}]
"""


class Installation:
    """Rules for one watch folder, and a state folder; nobody runs."""

    def __init__(self, root: Path, api_url: str) -> None:
        self.root = root
        self.watched = root / "in"
        self.watched.mkdir()
        self.rules = root / "rules.yaml"
        self.rules.write_text(RULES.replace("ROOT", str(root)).replace("API", api_url))
        self.state = StateFolder(Path(os.environ["NEMOWATCH_STATE"])).create()

    def site(self, **changes: Any) -> Site:
        reading = read_rules(self.rules)
        services, trouble = read_services()
        site = Site(
            rules_path=self.rules,
            reading=reading,
            state=self.state,
            api_url=reading.book.nemo.api_url if reading.book else "",
            client_id_file=client_id_path(),
            environ={},
            clock=SystemClock(),
            services=services,
            services_trouble=trouble,
        )
        return replace(site, **changes)

    def make_database(self) -> None:
        Database(self.state.database).close()

    def look(self, check: Callable[[Site], Iterable[Finding]], **changes: Any) -> list[Finding]:
        return list(check(self.site(**changes)))

    def keep_token(self, token: str, expires_at: float, api_url: str) -> None:
        facts = {"token": token, "user_id": "anon_1", "expires_at": expires_at, "api_url": api_url}
        self.state.token.write_text(json.dumps(facts))
