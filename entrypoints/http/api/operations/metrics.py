"""Metrics in the text format of Prometheus."""

from collections.abc import Iterable, Sequence
from typing import Annotated

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector
from starlette.responses import PlainTextResponse

from application.checks.ports import FindingRecords, Tally
from entrypoints.bootstrap.root import GRAPH
from entrypoints.from_container import from_container
from entrypoints.http.problems.openapi import problem_responses
from entrypoints.http.routing.strict_router import StrictRouter
from entrypoints.metrics.families import INVARIANT_CHECKED, INVARIANT_OFFENDERS

router = StrictRouter(tags=["operations"])


class InvariantGauges(Collector):
    """Gauges: the number of violations of each invariant, and the time of the last check."""

    def __init__(self, tallies: Sequence[Tally]) -> None:
        self._tallies = tallies

    def collect(self) -> Iterable[GaugeMetricFamily]:
        offenders, checked = (
            GaugeMetricFamily(family.name, family.meaning, labels=family.labels)
            for family in (INVARIANT_OFFENDERS, INVARIANT_CHECKED)
        )
        for tally in self._tallies:
            labels = (tally.invariant.value, tally.invariant.name.lower())
            offenders.add_metric(labels, tally.offenders)
            checked.add_metric(labels, tally.checked_at.timestamp())
        return offenders, checked


@router.get(
    "/metrics",
    operation_id="get_metrics",
    summary="What can be measured of the shop?",
    deprecated=True,
    description=(
        "Gauges in Prometheus' text format: how many offend against each rule that must always be true, and when that was "
        "checked. They are the same from every process. Before the first check there are none. Deprecated: the "
        "port `STEELYARD_METRICS_PORT` has these gauges and all other metrics."
    ),
    response_description="The metrics.",
    response_class=PlainTextResponse,
    responses=problem_responses("database_unavailable"),
)
async def get_metrics(
    records: Annotated[FindingRecords, from_container(GRAPH.database.finding_records)],
) -> PlainTextResponse:
    registry = CollectorRegistry()
    registry.register(InvariantGauges(await records.latest()))
    return PlainTextResponse(generate_latest(registry), media_type=CONTENT_TYPE_PLAIN_0_0_4)
