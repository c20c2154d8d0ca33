"""Networks, service accounts, TensorBoard and experiments."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from trainctl.spec.rules.rule import IMAGE, REST, SDK, WARNING, Fields, Finding, Rule, Where

if TYPE_CHECKING:
    from collections.abc import Iterator

# Compiled when a spec needs them: together that takes 4 ms.
_NETWORK = r"projects/([^/\s]+)/global/networks/[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ACCOUNT = r"[a-zA-Z0-9._-]+@(?:[a-zA-Z0-9-]+\.)*gserviceaccount\.com"
_ATTACHMENT = r"projects/[^/\s]+/regions/([^/\s]+)/networkAttachments/[^/\s]+"
_SIMPLE = r"[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?"
_CONTEXT = r"projects/[^/\s]+/locations/[^/\s]+/metadataStores/[^/\s]+/contexts/[^/\s]+"
_EXPERIMENT = r"[a-z0-9][a-z0-9-]{0,127}"
_TRAINER = "service_account: trainer@my-project.iam.gserviceaccount.com\n"
_BOARD = "projects/my-project/locations/us-central1/tensorboards/7"


def _network(fields: Fields, _: Where) -> Iterator[Finding]:
    value = fields.get("network")
    if value is not None and not re.fullmatch(_NETWORK, value):
        yield Finding(("network",), f"`{value}` is no full name of a network")


NETWORK = Rule(
    code="network",
    sentence="A network has its full name: `projects/PROJECT_NUMBER/global/networks/NAME`.",
    cure="write `projects/PROJECT_NUMBER/global/networks/NAME`",
    source=f"{REST}CustomJobSpec.network",
    check=_network,
    bad=f"{IMAGE}network: my-vpc\n",
    good=f"{IMAGE}network: projects/12345/global/networks/my-vpc\n",
)


def _network_project(fields: Fields, _: Where) -> Iterator[Finding]:
    found = re.fullmatch(_NETWORK, fields.get("network") or "")
    if found and not found[1].isdigit():
        yield Finding(("network",), f"the network's project is the id `{found[1]}`, but has to be its number")


NETWORK_PROJECT = Rule(
    code="network-project",
    sentence="The project in a network's name is a project number.",
    cure="`gcloud projects describe PROJECT --format='value(projectNumber)'` tells it",
    source=f"{REST}CustomJobSpec.network",
    check=_network_project,
    severity=WARNING,
    bad=f"{IMAGE}network: projects/my-project/global/networks/my-vpc\n",
    good=f"{IMAGE}network: projects/12345/global/networks/my-vpc\n",
)


def _ranges(fields: Fields, _: Where) -> Iterator[Finding]:
    if fields.get("reserved_ip_ranges") and "network" not in fields:
        yield Finding(("reserved_ip_ranges",), "`reserved_ip_ranges` have no effect without `network`", at_key=True)


RESERVED_RANGES = Rule(
    code="reserved-ranges",
    sentence="Reserved IP ranges belong to the network that the job is peered with.",
    cure="add `network: projects/PROJECT_NUMBER/global/networks/NAME`",
    source=f"{REST}CustomJobSpec.reservedIpRanges",
    check=_ranges,
    severity=WARNING,
    bad=f"{IMAGE}reserved_ip_ranges: [vertex-ai-ip-range]\n",
    good=f"{IMAGE}reserved_ip_ranges: [vertex-ai-ip-range]\nnetwork: projects/12345/global/networks/my-vpc\n",
)


def _attachment(fields: Fields, where: Where) -> Iterator[Finding]:
    value = (fields.get("psc_interface_config") or {}).get("network_attachment")
    path = ("psc_interface_config", "network_attachment")
    if value is None or re.fullmatch(_SIMPLE, value):
        return
    found = re.fullmatch(_ATTACHMENT, value)
    if not found:
        yield Finding(path, f"`{value}` is no name of a network attachment")
    elif where.location and found[1] != where.location:
        yield Finding(path, f"the network attachment is in {found[1]}, the job in {where.location}", "take one there")


NETWORK_ATTACHMENT = Rule(
    code="network-attachment",
    sentence="A network attachment is named by its id or in full, and is in the job's region.",
    cure="write `projects/PROJECT/regions/REGION/networkAttachments/NAME`",
    source=f"{REST}PscInterfaceConfig.networkAttachment",
    check=_attachment,
    bad=f"{IMAGE}psc_interface_config: {{network_attachment: networkAttachments/mine}}\n",
    good=f"{IMAGE}psc_interface_config: {{network_attachment: mine}}\n",
)


def _account(fields: Fields, _: Where) -> Iterator[Finding]:
    value = fields.get("service_account")
    if value is not None and not re.fullmatch(_ACCOUNT, value):
        hint = f"write `{value.partition(':')[2]}`" if value.startswith("serviceAccount:") else None
        yield Finding(("service_account",), f"`{value}` is no service account", hint)


SERVICE_ACCOUNT = Rule(
    code="service-account",
    sentence="A service account is named by its e-mail address, which ends in `gserviceaccount.com`.",
    cure="write `NAME@PROJECT.iam.gserviceaccount.com`",
    source=f"{REST}CustomJobSpec.serviceAccount",
    check=_account,
    bad=f"{IMAGE}service_account: me@example.com\n",
    good=f"{IMAGE}{_TRAINER}",
)


def _board_account(fields: Fields, _: Where) -> Iterator[Finding]:
    if "tensorboard" in fields and "service_account" not in fields:
        yield Finding(("tensorboard",), "`tensorboard` needs a `service_account` that may write to it", at_key=True)


TENSORBOARD_ACCOUNT = Rule(
    code="tensorboard-account",
    sentence="A job writes to TensorBoard as a service account of the project.",
    cure="add `service_account: NAME@PROJECT.iam.gserviceaccount.com`",
    source="https://cloud.google.com/vertex-ai/docs/experiments/tensorboard-training",
    check=_board_account,
    severity=WARNING,
    reads=("service_account",),
    bad=f"{IMAGE}tensorboard: {_BOARD}\n",
    good=f"{IMAGE}tensorboard: {_BOARD}\n{_TRAINER}",
)


def _board_experiment(fields: Fields, _: Where) -> Iterator[Finding]:
    if "tensorboard" in fields and "experiment" in fields:
        yield Finding(("experiment",), "`experiment` and `tensorboard` cannot both be given", at_key=True)


EXPERIMENT_TENSORBOARD = Rule(
    code="experiment-tensorboard",
    sentence="A job belongs to an experiment or writes to a TensorBoard, not both.",
    cure="keep one: an experiment has a TensorBoard of its own",
    source=f"{SDK}: 'experiment' and 'tensorboard' cannot be set together",
    check=_board_experiment,
    bad=f"{IMAGE}tensorboard: {_BOARD}\n{_TRAINER}experiment: flowers\n",
    good=f"{IMAGE}experiment: flowers\n",
)


def _experiment(fields: Fields, _: Where) -> Iterator[Finding]:
    for name in ("experiment", "experiment_run"):
        value = fields.get(name)
        if value is not None and not re.fullmatch(_EXPERIMENT, value) and not re.fullmatch(_CONTEXT, value):
            yield Finding((name,), f"`{value}` is no name of an experiment or run")


EXPERIMENT = Rule(
    code="experiment",
    sentence="Experiments and their runs have names of lower-case letters, digits and hyphens, or full context names.",
    cure="use lower-case letters, digits and hyphens",
    source=f"{REST}CustomJobSpec.experiment, experimentRun",
    check=_experiment,
    bad=f"{IMAGE}experiment: My Flowers\n",
    good=f"{IMAGE}experiment: flowers\nexperiment_run: run-9\n",
)


def _lonely_run(fields: Fields, _: Where) -> Iterator[Finding]:
    if "experiment_run" in fields and "experiment" not in fields:
        yield Finding(("experiment_run",), "`experiment_run` has no effect without `experiment`", at_key=True)


EXPERIMENT_RUN = Rule(
    code="experiment-run",
    sentence="A run belongs to an experiment.",
    cure="add `experiment: NAME`",
    source=f"{SDK}: it drops a run without experiment silently",
    check=_lonely_run,
    severity=WARNING,
    reads=("experiment",),
    bad=f"{IMAGE}experiment_run: run-9\n",
    good=f"{IMAGE}experiment: flowers\nexperiment_run: run-9\n",
)

RULES = (
    NETWORK,
    NETWORK_PROJECT,
    RESERVED_RANGES,
    NETWORK_ATTACHMENT,
    SERVICE_ACCOUNT,
    TENSORBOARD_ACCOUNT,
    EXPERIMENT_TENSORBOARD,
    EXPERIMENT,
    EXPERIMENT_RUN,
)
