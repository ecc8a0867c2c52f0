"""The figures for Prometheus, read back by its own parser."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from nemowatch.web.metrics import Figures, write_metrics


def test_everything_that_is_known_is_told_with_its_type_and_what_it_means() -> None:
    strange = 'a "rule"\nwith\\all, that={}: \udcff'
    text = write_metrics(
        Figures(
            "1.2.3",
            loop_lag_seconds=0.5,
            started_at=1_700_000_000.0,
            jobs={"queued": 3, "done": 40},
            jobs_of_rules={strange: 43},
            ended={"failed": 2},
            queue_age_seconds=12.5,
            credits_available=90,
            credits_frozen=10,
            credits_spent=500,
            sent_bytes=6_000_000_000,
            received_bytes=7,
            folders=3,
            folders_offline=1,
            is_paused=True,
        )
    ).decode()
    families = {family.name: family for family in text_string_to_metric_families(text)}
    assert all(name.startswith("nemowatch_") and family.documentation for name, family in families.items())
    told = {
        (sample.name, *sample.labels.values()): sample.value
        for family in families.values()
        for sample in family.samples
    }
    assert told == {
        ("nemowatch_jobs", "queued"): 3,
        ("nemowatch_jobs", "done"): 40,
        ("nemowatch_jobs_of_rule", strange.replace("\udcff", "\\udcff")): 43,
        ("nemowatch_jobs_ended_total", "failed"): 2,
        ("nemowatch_queue_age_seconds",): 12.5,
        ("nemowatch_credits_available",): 90,
        ("nemowatch_credits_frozen",): 10,
        ("nemowatch_credits_spent_total",): 500,
        ("nemowatch_sent_bytes_total",): 6_000_000_000,
        ("nemowatch_received_bytes_total",): 7,
        ("nemowatch_folders",): 3,
        ("nemowatch_folders_offline",): 1,
        ("nemowatch_paused",): 1,
        ("nemowatch_loop_lag_seconds",): 0.5,
        ("nemowatch_start_time_seconds",): 1_700_000_000.0,
        ("nemowatch_build_info", "1.2.3"): 1,
    }
    assert {family.type for family in families.values()} == {"gauge", "counter"}


def test_balance_that_nobody_has_seen_is_not_told() -> None:
    assert b"nemowatch_credits_available" not in write_metrics(Figures("1", 0.0, 0.0))
