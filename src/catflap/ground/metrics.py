"""What Prometheus is told. Names follow its conventions: base units, ``_total`` for counters."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY = CollectorRegistry()

REQUESTS = Counter(
    "catflap_requests_total", "Requests answered.", ["door", "route", "status"], registry=REGISTRY
)
REQUEST_SECONDS = Histogram(
    "catflap_request_seconds",
    "Time from request to answer.",
    ["door"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5),
    registry=REGISTRY,
)
JOBS = Counter("catflap_jobs_total", "Jobs run.", ["kind", "outcome"], registry=REGISTRY)
JOB_SECONDS = Histogram(
    "catflap_job_seconds", "Time a job took.", ["kind"], buckets=(0.01, 0.1, 1, 10, 60, 600),
    registry=REGISTRY,
)
JOBS_WAITING = Gauge(
    "catflap_jobs_waiting", "Jobs in the table.", ["kind", "dead"], registry=REGISTRY
)
FIRST_ANSWER_SECONDS = Gauge(
    "catflap_first_answer_seconds",
    "Wait of newcomers of the last 7 days for a first answer; infinite where it is not there yet.",
    ["quantile"], registry=REGISTRY,
)
FIRST_ANSWER_WITHIN_DAY = Gauge(
    "catflap_first_answer_within_day_ratio",
    "Newcomers of the last 7 days who were answered within a day.", registry=REGISTRY,
)
PEOPLE_WAITING = Gauge("catflap_people_waiting", "People in the queue.", registry=REGISTRY)
STREAMS = Gauge("catflap_streams_open", "Live streams open.", registry=REGISTRY)
ENGINE_CALLS = Counter(
    "catflap_engine_calls_total", "Batches sent to an engine.", ["engine", "outcome"],
    registry=REGISTRY,
)
ENGINE_CHARS = Counter(
    "catflap_engine_chars_total", "Code points sent to an engine.", ["engine"], registry=REGISTRY
)
