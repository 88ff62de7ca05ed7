"""In the Kubernetes manifests, pods have no privileges. Network policies permit only required connections."""

import re
from ipaddress import ip_address, ip_network

import pytest

from adapters.webhooks.addresses import is_public
from tests.kit.manifests import (
    API,
    CONTAINERS,
    DEPLOYMENTS,
    KUSTOMIZATION,
    POLICIES,
    ROOT,
    SETTINGS,
    WORKLOADS,
    Resource,
    containers,
    policies_of,
    resource_id,
    resources_of_kind,
    values_of,
)


@pytest.mark.parametrize("container", CONTAINERS, ids=lambda container: container["name"])
def test_kubernetes_container_has_a_memory_limit_and_no_privileges(container: Resource) -> None:
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"]["limits"]["memory"] == container["resources"]["requests"]["memory"]


@pytest.mark.parametrize("workload", WORKLOADS, ids=resource_id)
def test_pod_runs_as_the_user_of_the_image_and_gets_no_service_account_token(workload: Resource) -> None:
    pod = workload["spec"]["template"]["spec"]
    [(user, group)] = re.findall(r"^USER (\d+):(\d+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert pod["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": int(user),
        "runAsGroup": int(group),
        "fsGroup": int(group),
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert pod["automountServiceAccountToken"] is False
    assert {"hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace"}.isdisjoint(pod)


@pytest.mark.parametrize("workload", WORKLOADS, ids=resource_id)
def test_pod_can_write_only_to_a_tmp_directory_of_limited_size(workload: Resource) -> None:
    volumes = {volume["name"]: volume for volume in workload["spec"]["template"]["spec"]["volumes"]}
    writable = {name for name, volume in volumes.items() if "secret" not in volume}
    assert [volumes[name]["emptyDir"].keys() for name in writable] == [{"sizeLimit"}]
    for container in containers(workload):
        mounts = container["volumeMounts"]
        assert [mount["mountPath"] for mount in mounts if mount["name"] in writable] == ["/tmp"]  # noqa: S108 - no other pod can access the pod's own /tmp
        assert all(mount["readOnly"] for mount in mounts if mount["name"] not in writable)
    assert SETTINGS.data_dir.is_relative_to("/tmp")  # noqa: S108 - no other pod can access the pod's own /tmp


def test_namespace_enforces_the_restricted_pod_security_standard() -> None:
    [namespace] = resources_of_kind("Namespace")
    assert namespace["metadata"]["name"] == KUSTOMIZATION["namespace"]
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


@pytest.mark.parametrize("workload", WORKLOADS, ids=resource_id)
def test_pods_accept_connections_only_from_proxy_and_prometheus(workload: Resource) -> None:
    accepted = {
        (source["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"], port["port"])
        for policy in policies_of(workload)
        for rule in policy.get("ingress", ())
        for source in rule["from"]
        for port in rule["ports"]
    }
    assert accepted == {("monitoring", "metrics")} | ({("ingress", "http")} if workload is API else set())
    assert {"Ingress", "Egress"} <= {
        kind for policy in policies_of(workload) for kind in policy["policyTypes"]
    }


@pytest.mark.parametrize("workload", WORKLOADS, ids=resource_id)
def test_pods_can_connect_only_to_expected_ports(workload: Resource) -> None:
    opened = {
        port["port"]
        for policy in policies_of(workload)
        for rule in policy.get("egress", ())
        for port in rule["ports"]
        if rule["to"]
    }
    assert opened == ({53, 5432, 6379, 4222, 443, 587} if workload in DEPLOYMENTS else {53, 5432})


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "2606:4700::1111",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "fd00::1",
    ],
)
def test_pods_can_connect_to_public_but_not_to_private_ip_addresses(address: str) -> None:
    blocks = list(values_of("ipBlock", POLICIES))
    ip = ip_address(address)
    is_reached = any(
        ip in ip_network(block["cidr"])
        and not any(ip in ip_network(excepted) for excepted in block.get("except", ()))
        for block in blocks
    )
    assert is_reached == is_public(address)
