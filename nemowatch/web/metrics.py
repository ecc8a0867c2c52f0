"""The daemon's figures in the text format of Prometheus (version 0.0.4), for `GET /metrics`.

Called by `app.py`. It only writes down what it is given.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from prometheus_client.core import CollectorRegistry, CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True)
class Figures:
    """What is told. Sizes in bytes, durations in seconds, money in credits.

    Attributes:
        version: of NemoWatch.
        jobs: all jobs of the history, by state.
        jobs_of_rules: the same, by rule.
        ended: attempts of jobs that have ended since the daemon started, by their last state.
        queue_age_seconds: how long the job has waited that waits longest for its turn; 0 where none waits.
        credits_available, credits_frozen: as they were seen last; None before the first time.
        credits_spent: by all jobs of the history.
        sent_bytes, received_bytes: uploaded and downloaded since the daemon started.
        folders, folders_offline: watch folders, and those of them that are away.
        is_paused: no job may start.
        loop_lag_seconds: the longest that the event loop was late within the last minute.
        started_at: seconds since the epoch.
    """

    version: str
    loop_lag_seconds: float
    started_at: float
    jobs: Mapping[str, int] = field(default_factory=dict)
    jobs_of_rules: Mapping[str, int] = field(default_factory=dict)
    ended: Mapping[str, int] = field(default_factory=dict)
    queue_age_seconds: float = 0.0
    credits_available: int | None = None
    credits_frozen: int | None = None
    credits_spent: int = 0
    sent_bytes: int = 0
    received_bytes: int = 0
    folders: int = 0
    folders_offline: int = 0
    is_paused: bool = False


def write_metrics(figures: Figures) -> bytes:
    """The figures as Prometheus reads them, in UTF-8."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Once(figures))
    return generate_latest(registry)


class _Once(Collector):
    """Gives the figures when they are written."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    def collect(self) -> Iterable[Metric]:
        """All of them."""
        yield from _of_jobs(self._figures)
        yield from _of_money(self._figures)
        yield from _of_daemon(self._figures)


def _of_jobs(figures: Figures) -> Iterable[Metric]:
    yield _gauge("nemowatch_jobs", "Jobs in the history, by state.", "state", figures.jobs)
    yield _gauge("nemowatch_jobs_of_rule", "Jobs in the history, by rule.", "rule", figures.jobs_of_rules)
    ended = CounterMetricFamily(
        "nemowatch_jobs_ended",
        "Attempts of jobs that have ended since the start, by result.",
        labels=["result"],
    )
    for result, count in figures.ended.items():
        ended.add_metric([result], count)
    yield ended
    yield GaugeMetricFamily(
        "nemowatch_queue_age_seconds",
        "How long the job has waited that waits longest for its turn.",
        figures.queue_age_seconds,
    )
    yield CounterMetricFamily(
        "nemowatch_sent_bytes", "Bytes of the files uploaded since the start.", figures.sent_bytes
    )
    yield CounterMetricFamily(
        "nemowatch_received_bytes", "Bytes of the files downloaded since the start.", figures.received_bytes
    )


def _of_money(figures: Figures) -> Iterable[Metric]:
    if figures.credits_available is not None:
        yield GaugeMetricFamily(
            "nemowatch_credits_available", "The balance as it was seen last.", figures.credits_available
        )
    if figures.credits_frozen is not None:
        yield GaugeMetricFamily(
            "nemowatch_credits_frozen",
            "Credits reserved for work in progress, as seen last.",
            figures.credits_frozen,
        )
    yield CounterMetricFamily(
        "nemowatch_credits_spent", "Credits spent by all jobs of the history.", figures.credits_spent
    )


def _of_daemon(figures: Figures) -> Iterable[Metric]:
    yield GaugeMetricFamily("nemowatch_folders", "Watch folders.", figures.folders)
    yield GaugeMetricFamily(
        "nemowatch_folders_offline", "Watch folders that are away.", figures.folders_offline
    )
    yield GaugeMetricFamily("nemowatch_paused", "1 while no job may start.", int(figures.is_paused))
    yield GaugeMetricFamily(
        "nemowatch_loop_lag_seconds",
        "The longest that the event loop was late within the last minute.",
        figures.loop_lag_seconds,
    )
    yield GaugeMetricFamily(
        "nemowatch_start_time_seconds", "When the daemon started, since the epoch.", figures.started_at
    )
    yield _gauge("nemowatch_build_info", "Which NemoWatch this is.", "version", {figures.version: 1})


def _gauge(name: str, told: str, label: str, values: Mapping[str, int]) -> Metric:
    family = GaugeMetricFamily(name, told, labels=[label])
    for key, value in values.items():
        # A name that is no valid UTF-8 must not keep all figures from being told.
        family.add_metric([key.encode("utf-8", "backslashreplace").decode()], value)
    return family
