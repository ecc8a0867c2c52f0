"""The composition root: the parts of the daemon, put together, and the rules that they follow while it runs."""

from nemowatch.daemon.root import Daemon, DaemonReport

__all__ = ["Daemon", "DaemonReport"]
