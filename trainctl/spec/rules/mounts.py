"""File systems that worker pools mount."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

from trainctl.spec.rules.rule import HEAD, REST, WARNING, Fields, Finding, Rule, Where
from trainctl.spec.rules.views import pools

if TYPE_CHECKING:
    from collections.abc import Iterator

_POOL = (
    f"{HEAD}worker_pool_specs:\n- machine_spec: {{machine_type: n1-standard-4}}\n  replica_count: 1\n"
    "  container_spec: {image_uri: us-docker.pkg.dev/my-project/images/trainer:1}\n"
)
_NETWORK = "network: projects/12345/global/networks/my-vpc\n"


def _mounts(fields: Fields, _: Where) -> Iterator[Finding]:
    if "network" in fields or "psc_interface_config" in fields:
        return
    for path, pool in pools(fields):
        for name in ("nfs_mounts", "lustre_mounts"):
            if pool.get(name):
                yield Finding((*path, name), f"`{name}` need a network to reach their servers", at_key=True)


MOUNT_NETWORK = Rule(
    code="mount-network",
    sentence="File systems are mounted from servers of a VPC network, which the job must be connected with.",
    cure="add `network: projects/PROJECT_NUMBER/global/networks/NAME`",
    source="https://cloud.google.com/vertex-ai/docs/training/train-nfs-share",
    check=_mounts,
    severity=WARNING,
    bad=f"{_POOL}  nfs_mounts: [{{server: 10.0.0.2, path: /data, mount_point: data}}]\n",
    good=f"{_POOL}  nfs_mounts: [{{server: 10.0.0.2, path: /data, mount_point: data}}]\n{_NETWORK}",
)


def _servers(fields: Fields, _: Where) -> Iterator[Finding]:
    for path, pool in pools(fields):
        for index, mount in enumerate(pool.get("nfs_mounts") or ()):
            if not _is_address(server := mount.get("server", "")):
                yield Finding((*path, "nfs_mounts", index, "server"), f"`{server}` is no IP address")


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


NFS_SERVER = Rule(
    code="nfs-server",
    sentence="An NFS server is named by its IP address.",
    cure="write the address of the server in the network",
    source=f"{REST}NfsMount.server",
    check=_servers,
    severity=WARNING,
    bad=f"{_POOL}  nfs_mounts: [{{server: files, path: /data, mount_point: data}}]\n{_NETWORK}",
    good=f"{_POOL}  nfs_mounts: [{{server: 10.0.0.2, path: /data, mount_point: data}}]\n{_NETWORK}",
)

RULES = (MOUNT_NETWORK, NFS_SERVER)
