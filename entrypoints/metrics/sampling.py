"""Gauges of one process. The gauges are sampled periodically.

Updating a gauge at every change would take more CPU time.
"""

import platform
import time
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import QueuePool

from adapters.postgres.core.schema_revision import RELEASE
from adapters.security.passwords import Argon2PasswordHasher
from entrypoints.bootstrap.root import Container
from entrypoints.job_health import JobHealth
from entrypoints.metrics.metrics import Metrics, PoolMetrics, QueueMetrics

SAMPLE_EVERY = timedelta(seconds=1)


async def sample_queues(container: Container) -> None:
    """Sample the queues of orders.

    Only serving processes call this function, because workers place no orders.
    """
    metrics, orders = container.metrics(), container.orders
    metrics.admitted.set(len(orders.order_admission()))
    metrics.admission_capacity.set(orders.order_batcher().capacity)
    metrics.queues.lengths.set(orders.order_batcher().waiting, QueueMetrics.ORDERS)
    metrics.queues.lengths.set(len(orders.order_lanes()), QueueMetrics.LOCKED_ORDERS)


class GaugeSampler:
    """Sample the pools and jobs of a process."""

    def __init__(self, container: Container) -> None:
        self._container = container
        self._metrics: Metrics = container.metrics()
        self._metrics.build.set(1, (str(RELEASE), platform.python_version()))

    async def __call__(self) -> None:
        self._sample_pool(PoolMetrics.MAIN, self._container.database.engine())
        self._sample_pool(PoolMetrics.PUBLIC_READS, self._container.database.public_read_engine())
        hasher = self._container.security.hasher()
        if isinstance(hasher, Argon2PasswordHasher):  # tests pass hashers without a queue
            self._metrics.hashing.set(hasher.pending)
        self._sample_jobs(self._container.job_health())

    def _sample_jobs(self, health: JobHealth) -> None:
        now = time.time()
        for name, age in health.ages().items():
            self._metrics.job_successes.set(now - age, (name,))
        for name, interval in health.intervals().items():
            self._metrics.job_intervals.set(interval, (name,))

    def _sample_pool(self, name: str, engine: AsyncEngine) -> None:
        pool = engine.pool
        if isinstance(pool, QueuePool):
            self._metrics.pools.set(name, used=pool.checkedout(), idle=pool.checkedin(), limit=pool.size())
