"""The metric families of the service: names, labels and meanings.

HTTP families have the names and bounds of OpenTelemetry's semantic conventions for HTTP metrics. Labels do not
contain ids of objects, because each id would create a new series.
"""

from dataclasses import dataclass
from enum import Enum, auto


class Kind(Enum):
    """The kind of a family. The kind defines how the numbers of several processes are combined."""

    COUNTER = auto()
    """A sum over all processes, including processes that have ended."""
    HISTOGRAM = auto()
    """Each bucket is a sum over all processes, like a counter."""
    SUMMED_GAUGE = auto()
    """A sum over running processes."""
    SHARED_GAUGE = auto()
    """The maximum of the numbers of all running processes. Each process measures the same object, such as the
    database.
    """
    TIMESTAMP = auto()
    """The latest time that any process has recorded, including processes that have ended."""


@dataclass(frozen=True, slots=True)
class Family:
    name: str
    kind: Kind
    meaning: str
    labels: tuple[str, ...] = ()
    bounds: tuple[float, ...] = ()
    """The upper bounds of a histogram's buckets, without infinity."""

    @property
    def width(self) -> int:
        """The number of cells of one series.

        A histogram has one cell for each bucket, one cell for infinity and one cell for the sum.
        """
        return len(self.bounds) + 2 if self.kind is Kind.HISTOGRAM else 1


_DURATIONS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)

REQUEST_DURATION = Family(
    "http_server_request_duration_seconds",
    Kind.HISTOGRAM,
    "Time from the headers of a request to the end of its response.",
    ("http_request_method", "http_route", "http_response_status_code"),
    _DURATIONS,
)
ACTIVE_REQUESTS = Family(
    "http_server_active_requests", Kind.SUMMED_GAUGE, "Requests without a complete response."
)
PROBLEMS = Family(
    "steelyard_http_problems_total",
    Kind.COUNTER,
    "Error responses by the code of the problem.",
    ("code", "http_route"),
)
ADMISSION_REJECTIONS = Family(
    "steelyard_admission_rejections_total",
    Kind.COUNTER,
    "Requests that load shedding rejected before any work was done for them.",
    ("http_route",),
)
ADMITTED_REQUESTS = Family(
    "steelyard_admitted_requests", Kind.SUMMED_GAUGE, "Orders in progress, from the end of their bodies."
)
ADMISSION_CAPACITY = Family(
    "steelyard_admission_capacity",
    Kind.SUMMED_GAUGE,
    "Orders that can be in progress before load shedding begins.",
)
BATCH_SIZE = Family(
    "steelyard_batch_size",
    Kind.HISTOGRAM,
    "Orders that were placed by one transaction.",
    ("queue",),
    (1, 2, 4, 8, 16, 32, 64, 128),
)
QUEUE_WAIT = Family(
    "steelyard_queue_wait_seconds",
    Kind.HISTOGRAM,
    "Time of an order in its queue before its batch began.",
    ("queue",),
    _DURATIONS,
)
QUEUE_LENGTH = Family(
    "steelyard_queue_length",
    Kind.SUMMED_GAUGE,
    "Orders that wait for a batch or for a locked row.",
    ("queue",),
)

POOL_CONNECTIONS = Family(
    "db_client_connection_count",
    Kind.SUMMED_GAUGE,
    "Database connections by their state.",
    ("db_client_connection_pool_name", "db_client_connection_state"),
)
POOL_MAX = Family(
    "db_client_connection_max",
    Kind.SUMMED_GAUGE,
    "Database connections that the pools may have.",
    ("db_client_connection_pool_name",),
)
POOL_WAIT = Family(
    "db_client_connection_wait_time_seconds",
    Kind.HISTOGRAM,
    "Time until a connection was taken from the pool, or until the caller gave up.",
    ("db_client_connection_pool_name",),
    _DURATIONS,
)

HASHING = Family(
    "steelyard_hashing_calls", Kind.SUMMED_GAUGE, "Passwords that are hashed or wait for a thread."
)

JOB_SUCCESS = Family(
    "steelyard_job_last_success_timestamp_seconds",
    Kind.TIMESTAMP,
    "Time of a job's last success, or of its start, in seconds since 1970.",
    ("job_name",),
)
JOB_INTERVAL = Family(
    "steelyard_job_interval_seconds", Kind.SHARED_GAUGE, "Time between two runs of a job.", ("job_name",)
)

BACKLOG_ITEMS = Family(
    "steelyard_backlog_items",
    Kind.SHARED_GAUGE,
    "Waiting items by minimum age, at most 10,000.",
    ("queue", "min_age_seconds"),
)
BACKLOG_AGE = Family(
    "steelyard_backlog_oldest_seconds", Kind.SHARED_GAUGE, "Age of the oldest waiting item, or 0.", ("queue",)
)
RELAY_EVENTS = Family(
    "steelyard_relay_lag_events",
    Kind.SHARED_GAUGE,
    "Events of the feed that a publisher has not received.",
    ("publisher",),
)
RELAY_AGE = Family(
    "steelyard_relay_lag_seconds",
    Kind.SHARED_GAUGE,
    "Age of the first event that a publisher has not received, or 0.",
    ("publisher",),
)
ENDPOINTS = Family(
    "steelyard_webhook_endpoints", Kind.SHARED_GAUGE, "Webhook endpoints by their state.", ("state",)
)
INVARIANT_OFFENDERS = Family(
    "steelyard_invariant_offenders",
    Kind.SHARED_GAUGE,
    "Objects that broke an invariant when it was last checked.",
    ("invariant", "name"),
)
INVARIANT_CHECKED = Family(
    "steelyard_invariant_checked_timestamp_seconds",
    Kind.TIMESTAMP,
    "Time of the last check of an invariant, in seconds since 1970.",
    ("invariant", "name"),
)
BUILD = Family("steelyard_build_info", Kind.SHARED_GAUGE, "Always 1.", ("release", "python"))

FAMILIES = (
    REQUEST_DURATION,
    ACTIVE_REQUESTS,
    PROBLEMS,
    ADMISSION_REJECTIONS,
    ADMITTED_REQUESTS,
    ADMISSION_CAPACITY,
    BATCH_SIZE,
    QUEUE_WAIT,
    QUEUE_LENGTH,
    POOL_CONNECTIONS,
    POOL_MAX,
    POOL_WAIT,
    HASHING,
    JOB_SUCCESS,
    JOB_INTERVAL,
    BACKLOG_ITEMS,
    BACKLOG_AGE,
    RELAY_EVENTS,
    RELAY_AGE,
    ENDPOINTS,
    INVARIANT_OFFENDERS,
    INVARIANT_CHECKED,
    BUILD,
)
