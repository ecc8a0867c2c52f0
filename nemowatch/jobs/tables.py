"""The tables of the state folder's database, as the present schema has them.

What a column is for stands with the module that writes it; `database.py` makes the tables and brings earlier schemas
up to date. A change here needs a higher `SCHEMA_VERSION` there and a migration.
"""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()

schema_table = sa.Table("nemowatch_schema", metadata, sa.Column("version", sa.Integer, primary_key=True))

jobs_table = sa.Table(
    "nemowatch_jobs",
    metadata,
    sa.Column("job_id", sa.Text, primary_key=True),
    sa.Column("rule", sa.Text, nullable=False, index=True),
    sa.Column("source_path", sa.Text, nullable=False, index=True),
    sa.Column("spec", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False, index=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("progress", sa.Float),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("output_folder", sa.Text),
    sa.Column("outputs", sa.Text, nullable=False),
    sa.Column("queued_at", sa.Float, nullable=False, index=True),
    sa.Column("started_at", sa.Float),
    sa.Column("updated_at", sa.Float, nullable=False),
    sa.Column("finished_at", sa.Float, index=True),
    sa.Column("round", sa.Integer, nullable=False, server_default="1"),
    sa.Column("attempt", sa.Integer, nullable=False, server_default="1"),
    sa.Column("is_parked", sa.Boolean, nullable=False, server_default="0"),
    sa.Column("is_unwanted", sa.Boolean, nullable=False, server_default="0"),
    sa.Column("cause", sa.Text),
    sa.Column("wake_at", sa.Float),
    sa.Column("stop", sa.Text),
    sa.Column("priority", sa.Integer, nullable=False, server_default="5"),
    sa.Column("is_handed_over", sa.Boolean, nullable=False, server_default="1"),
    sa.Column("after", sa.Text, nullable=False, server_default=""),
    sa.Index("ix_nemowatch_jobs_parked", "is_parked", "cause", "wake_at"),
    sa.Index("ix_nemowatch_jobs_to_hand_over", "is_handed_over", "state", "priority", "queued_at"),
    sa.Index("ix_nemowatch_jobs_after", "after"),
    sa.Index("ix_nemowatch_jobs_newest", "state", "queued_at", "job_id"),
    sa.Index("ix_nemowatch_jobs_newest_of_rule", "rule", "queued_at", "job_id"),
)

known_files_table = sa.Table(
    "nemowatch_known_files",
    metadata,
    sa.Column("rule", sa.Text, primary_key=True),
    sa.Column("path", sa.Text, primary_key=True),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("modified_ns", sa.BigInteger, nullable=False),
    sa.Column("inode", sa.BigInteger, nullable=False),
    sa.Column("job_id", sa.Text),
    sa.Column("refusal", sa.Text),
    sa.Column("skipped", sa.Text),
    sa.Column("noted_at", sa.Float),
    # Of a refused file: the rule's own condition (`when`) that it does not meet.
    sa.Column("condition", sa.Text),
)

first_looks_table = sa.Table(
    "nemowatch_first_looks",
    metadata,
    sa.Column("rule", sa.Text, primary_key=True),
    sa.Column("folder", sa.Text, primary_key=True),
    sa.Column("decision", sa.Text, nullable=False),
    sa.Column("is_finished", sa.Boolean, nullable=False),
)

watch_folders_table = sa.Table(
    "nemowatch_watch_folders",
    metadata,
    sa.Column("folder", sa.Text, primary_key=True),
    sa.Column("identity", sa.Text, nullable=False),
    sa.Column("had_files", sa.Boolean, nullable=False),
)

markers_table = sa.Table(
    "nemowatch_markers",
    metadata,
    sa.Column("job_id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("facts", sa.Text, nullable=False),
    sa.Column("written_at", sa.Float, nullable=False),
)

orders_table = sa.Table(
    "nemowatch_orders",
    metadata,
    sa.Column("order_id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("job_id", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("given_at", sa.Float, nullable=False),
    sa.Column("answer", sa.Text),
    sa.Column("is_refused", sa.Boolean, nullable=False, server_default="0"),
    sa.Column("answered_at", sa.Float, index=True),
)

shared_sessions_table = sa.Table(
    "nemowatch_shared_sessions",
    metadata,
    sa.Column("session_key", sa.Text, primary_key=True),
    sa.Column("session_id", sa.Text),
    sa.Column("task_id", sa.Text),
    sa.Column("holder", sa.Text),
    sa.Column("last_holder", sa.Text),
)

spending_table = sa.Table(
    "nemowatch_spending",
    metadata,
    sa.Column("job_id", sa.Text, primary_key=True),
    sa.Column("prompt", sa.Text, primary_key=True),
    sa.Column("rule", sa.Text, nullable=False, index=True),
    sa.Column("credits", sa.Integer, nullable=False),
    sa.Column("spent_at", sa.Float, nullable=False, index=True),
)

step_times_table = sa.Table(
    "nemowatch_step_times",
    metadata,
    # Counts up: of two, the later has the higher one.
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("duration_seconds", sa.Float),
)

present_steps_table = sa.Table(
    "nemowatch_present_steps",
    metadata,
    sa.Column("job_id", sa.Text, primary_key=True),
    sa.Column("step", sa.Text, nullable=False),
    sa.Column("began_at", sa.Float, nullable=False),
    sa.Column("share_from", sa.Float),
    sa.Column("share_from_at", sa.Float),
)

switches_table = sa.Table(
    "nemowatch_switches",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),  # such as `paused`: a row is there while it is switched on
    sa.Column("facts", sa.Text, nullable=False),
    sa.Column("written_at", sa.Float, nullable=False),
)

outbox_table = sa.Table(
    "nemowatch_outbox",
    metadata,
    # Changes of state that notices and hooks have still to tell of; counts up, in the order of the changes.
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("job_id", sa.Text, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("happened_at", sa.Float, nullable=False),
    # For whom it is kept; empty until that has been asked.
    sa.Column("reader", sa.Text, nullable=False, server_default=""),
    sqlite_autoincrement=True,  # no number comes again: what was told is taken out by it, perhaps much later
)

past_jobs_table = sa.Table(
    "nemowatch_past_jobs",
    metadata,
    # Jobs whose records are no longer kept: what they were for is never paid for again.
    sa.Column("job_id", sa.Text, primary_key=True),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("source_path", sa.Text, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("output_folder", sa.Text),
    sa.Column("queued_at", sa.Float, nullable=False),
    sa.Column("finished_at", sa.Float),
    # It failed before anything was paid: its recording may have another job.
    sa.Column("is_free", sa.Boolean, nullable=False),
)
