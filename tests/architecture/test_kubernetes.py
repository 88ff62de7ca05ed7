"""The Kubernetes manifests agree with the service.

`tests/clients/lint` validates the manifests against the schemas of Kubernetes.
"""

import re
from datetime import timedelta
from ipaddress import ip_address

import pytest
import typer.main
from typer.core import TyperGroup

from entrypoints.cli import server, worker_process
from entrypoints.cli.app import app
from entrypoints.job_health import JobHealth
from entrypoints.setting_names import PREFIX
from entrypoints.worker_health import health_apps
from tests.kit.manifests import (
    API,
    CONTAINERS,
    DEPLOYMENTS,
    KNOWN_VARIABLES,
    KUSTOMIZATION,
    MANIFESTS,
    POLICIES,
    RESOURCES,
    SETTINGS,
    VARIABLES,
    WORKER,
    WORKLOADS,
    Resource,
    containers,
    matches,
    named_resource,
    resource_id,
    resources_of_kind,
    values_of,
)
from tests.kit.openapi import openapi_document

DEFAULT_MAX_CONNECTIONS = 100
"""PostgreSQL's default of `max_connections`."""
RESERVED_CONNECTIONS = 3
"""PostgreSQL's default of `superuser_reserved_connections`."""
CONNECTIONS_OF_A_MIGRATION = 2

PORTS = {"http": SETTINGS.port, "metrics": SETTINGS.metrics_port}


def test_kustomization_lists_every_manifest_and_contains_no_patch() -> None:
    assert KUSTOMIZATION.keys() == {"apiVersion", "kind", "namespace", "resources", "images"}
    files = {file.name for file in MANIFESTS.glob("*.yaml")} - {"kustomization.yaml"}
    assert set(KUSTOMIZATION["resources"]) == files


@pytest.mark.parametrize("workload", WORKLOADS, ids=resource_id)
def test_pods_get_no_environment_variables_about_other_cluster_services(workload: Resource) -> None:
    """If pods got these variables, a Kubernetes Service named `steelyard` would set STEELYARD_PORT to `tcp://…`."""
    assert workload["spec"]["template"]["spec"]["enableServiceLinks"] is False


def test_every_container_runs_a_tagged_image_of_the_service() -> None:
    [image] = KUSTOMIZATION["images"]
    assert {container["image"] for container in CONTAINERS} == {image["name"]}
    assert image["newTag"] not in {"", "latest"}


def test_settings_in_kubernetes_manifests_exist() -> None:
    named = set(re.findall(rf"{PREFIX}[A-Z_]+\b(?=:)", (MANIFESTS / "settings.yaml").read_text()))
    named |= {variable["name"] for container in CONTAINERS for variable in container["env"]}
    assert named == {*VARIABLES, "STEELYARD_DATABASE_URL"}
    assert named <= KNOWN_VARIABLES.keys()


@pytest.mark.parametrize("container", CONTAINERS, ids=lambda container: container["name"])
def test_kubernetes_container_gets_the_settings_and_the_database_url(container: Resource) -> None:
    assert container["envFrom"] == [
        {"configMapRef": {"name": "steelyard"}},
        {"secretRef": {"name": "steelyard"}},
    ]
    [url] = container["env"]
    assert url["name"] == "STEELYARD_DATABASE_URL"
    assert url["valueFrom"] == {"secretKeyRef": {"name": "steelyard-database", "key": "url"}}


@pytest.mark.parametrize("container", CONTAINERS, ids=lambda container: container["name"])
def test_kubernetes_container_mounts_the_secrets_key_file(container: Resource) -> None:
    assert SETTINGS.secrets_key_file is not None
    assert str(SETTINGS.secrets_key_file.parent) in {
        mount["mountPath"] for mount in container["volumeMounts"] if mount["name"] == "keys"
    }


def test_readme_creates_every_secret_that_the_kubernetes_manifests_use() -> None:
    used = set(values_of("secretName", RESOURCES))
    used |= {reference["name"] for reference in values_of("secretRef", RESOURCES)}
    used |= {reference["name"] for reference in values_of("secretKeyRef", RESOURCES)}
    created = re.findall(r"create secret generic (\S+) (\S+)", (MANIFESTS / "README.md").read_text())
    assert {name for name, _ in created} == used
    assert SETTINGS.secrets_key_file is not None
    assert f"--from-file={SETTINGS.secrets_key_file.name}" in dict(created)["steelyard-keys"]


@pytest.mark.parametrize("container", CONTAINERS, ids=lambda container: container["name"])
def test_kubernetes_container_runs_an_existing_command_of_the_service(container: Resource) -> None:
    command = typer.main.get_command(app)
    arguments = list(container["args"])
    while isinstance(command, TyperGroup):
        command = command.commands[arguments.pop(0)]
    options = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    assert set(arguments) <= options


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=resource_id)
def test_pods_start_after_the_database_migration(deployment: Resource) -> None:
    [waiting] = deployment["spec"]["template"]["spec"]["initContainers"]
    [migration] = containers(named_resource("Job", "steelyard-migration"))
    assert waiting["args"] == ["db", "status", "--wait"]
    assert migration["args"] == ["db", "upgrade"]
    assert deployment["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=resource_id)
def test_kubernetes_probes_use_existing_routes_of_the_service(deployment: Resource) -> None:
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    if deployment is API:
        paths, port = set(openapi_document()["paths"]), "http"
    else:
        paths, port = set(health_apps(JobHealth(), is_stopping=lambda: False)), "metrics"
    probes = [container[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness", "readiness")]
    assert [probe["path"] for probe in probes] == ["/livez", "/livez", "/readyz"]
    assert {probe["path"] for probe in probes} <= paths
    assert {probe["port"] for probe in probes} == {port}


def test_kubernetes_ports_equal_the_ports_of_the_service() -> None:
    exposed = {port["name"]: port["containerPort"] for port in containers(API)[1]["ports"]}
    assert exposed == PORTS
    assert containers(WORKER)[1]["ports"] == [{"name": "metrics", "containerPort": PORTS["metrics"]}]
    [service] = resources_of_kind("Service")
    assert [port["targetPort"] for port in service["spec"]["ports"]] == ["http"]
    assert not ip_address(SETTINGS.host).is_loopback


def test_pod_grace_period_is_longer_than_the_shutdown_duration_of_the_service() -> None:
    api, worker = (each["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] for each in DEPLOYMENTS)
    assert SETTINGS.drain_delay > timedelta(0)
    assert api > SETTINGS.drain_delay.total_seconds() + server.STOP_SECONDS
    assert worker > worker_process.STOP_SECONDS


def test_kubernetes_selectors_match_the_pods() -> None:
    pods = {
        resource_id(workload): workload["spec"]["template"]["metadata"]["labels"] for workload in WORKLOADS
    }

    def selected(selector: Resource) -> set[str]:
        return {pod for pod, labels in pods.items() if matches(selector, labels)}

    for deployment in DEPLOYMENTS:
        spec = deployment["spec"]
        spread = [rule["labelSelector"] for rule in spec["template"]["spec"]["topologySpreadConstraints"]]
        budget = named_resource("PodDisruptionBudget", deployment["metadata"]["name"])["spec"]["selector"]
        for selector in (spec["selector"], budget, *spread):
            assert selected(selector) == {resource_id(deployment)}
    [service] = resources_of_kind("Service")
    assert selected({"matchLabels": service["spec"]["selector"]}) == {resource_id(API)}
    assert {policy["metadata"]["name"]: selected(policy["spec"]["podSelector"]) for policy in POLICIES} == {
        "steelyard": set(pods),
        "steelyard-api": {resource_id(API)},
        "steelyard-other-systems": {resource_id(API), resource_id(WORKER)},
    }


def test_at_least_one_pod_of_each_workload_runs_during_a_disruption() -> None:
    [autoscaler] = resources_of_kind("HorizontalPodAutoscaler")
    target = autoscaler["spec"]["scaleTargetRef"]
    assert (target["kind"], target["name"]) == ("Deployment", API["metadata"]["name"])
    # If the manifest contained `replicas`, `kubectl apply` would overwrite the number that the autoscaler has set.
    assert "replicas" not in API["spec"]
    assert min(autoscaler["spec"]["minReplicas"], WORKER["spec"]["replicas"]) > 1
    assert [budget["spec"]["maxUnavailable"] for budget in resources_of_kind("PodDisruptionBudget")] == [1, 1]


def test_all_pods_together_open_fewer_database_connections_than_postgresql_allows() -> None:
    """During a roll-out, each Deployment runs one pod more than `replicas` states."""
    [autoscaler] = resources_of_kind("HorizontalPodAutoscaler")
    pods = autoscaler["spec"]["maxReplicas"] + WORKER["spec"]["replicas"] + 2
    connections = pods * (SETTINGS.database_pool_size + SETTINGS.public_read_pool_size)
    assert connections + CONNECTIONS_OF_A_MIGRATION <= DEFAULT_MAX_CONNECTIONS - RESERVED_CONNECTIONS
