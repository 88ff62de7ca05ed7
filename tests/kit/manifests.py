"""The Kubernetes manifests in deploy/kubernetes, before Kustomize sets the namespace and the image."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from entrypoints.setting_names import variable_of
from entrypoints.settings import Settings

ROOT = Path(__file__).parents[2]
MANIFESTS = ROOT / "deploy" / "kubernetes"
KUSTOMIZATION = yaml.safe_load((MANIFESTS / "kustomization.yaml").read_text())

Resource = dict[str, Any]

RESOURCES: list[Resource] = [
    resource
    for file in KUSTOMIZATION["resources"]
    for resource in yaml.safe_load_all((MANIFESTS / file).read_text())
]


def resources_of_kind(kind: str) -> list[Resource]:
    return [resource for resource in RESOURCES if resource["kind"] == kind]


def named_resource(kind: str, name: str) -> Resource:
    return next(resource for resource in resources_of_kind(kind) if resource["metadata"]["name"] == name)


def resource_id(resource: Resource) -> str:
    return f"{resource['kind']} {resource['metadata']['name']}"


def containers(workload: Resource) -> list[Resource]:
    """Return the containers of a Deployment or Job, init containers first."""
    pod = workload["spec"]["template"]["spec"]
    return [*pod.get("initContainers", ()), *pod["containers"]]


def matches(selector: Resource, labels: dict[str, str]) -> bool:
    """Return whether the selector matches the labels. `In` is the only supported operator."""
    return all(labels.get(name) == value for name, value in selector.get("matchLabels", {}).items()) and all(
        rule["operator"] == "In" and labels.get(rule["key"]) in rule["values"]
        for rule in selector.get("matchExpressions", ())
    )


def values_of(key: str, within: object) -> Iterator[Any]:
    """Yield the value of every manifest field with this name, at any depth."""
    if isinstance(within, dict):
        for name, value in within.items():
            if name == key:
                yield value
            yield from values_of(key, value)
    elif isinstance(within, list):
        for value in within:
            yield from values_of(key, value)


WORKLOADS = [*resources_of_kind("Deployment"), *resources_of_kind("Job")]
DEPLOYMENTS = [API, WORKER] = [
    named_resource("Deployment", "steelyard-api"),
    named_resource("Deployment", "steelyard-worker"),
]
CONTAINERS = [container for workload in WORKLOADS for container in containers(workload)]
VARIABLES: dict[str, Any] = named_resource("ConfigMap", "steelyard")["data"]
KNOWN_VARIABLES = {variable_of(name): name for name in Settings.model_fields}
SETTINGS = Settings(
    database_url="postgresql://ann:secret@db/steelyard",
    stripe_api_key="sk_live_secret",
    stripe_webhook_secret="whsec_secret",
    **{KNOWN_VARIABLES[name]: value for name, value in VARIABLES.items() if name in KNOWN_VARIABLES},
)
"""The settings of the ConfigMap, and example values of the secrets."""
POLICIES = resources_of_kind("NetworkPolicy")


def policies_of(workload: Resource) -> list[Resource]:
    """Return the network policies that apply to the pods of a workload."""
    labels = workload["spec"]["template"]["metadata"]["labels"]
    return [policy["spec"] for policy in POLICIES if matches(policy["spec"]["podSelector"], labels)]
