"""Ways to credentials, with the commands that lead there under the present settings; asks nobody and starts nothing.

https://cloud.google.com/docs/authentication/provide-credentials-adc and the reference of gcloud.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trainctl.errors import CredentialsError

if TYPE_CHECKING:
    from trainctl.api.identity import Identity

ROBOT, PROJECT = "ROBOT@PROJECT.iam.gserviceaccount.com", "PROJECT"
_OF_TYPE = {
    "service_account": "key file",
    "authorized_user": "user",
    "external_account": "workload identity",
    "external_account_authorized_user": "workforce",
    "impersonated_service_account": "impersonation",
}


@dataclass(frozen=True, slots=True)
class Way:
    """One way to credentials: for whom it is, what to run; `current` says that the settings lead this way now."""

    name: str
    purpose: str
    commands: tuple[str, ...]
    current: bool = False


def current_way(identity: Identity, *, on_google: bool) -> str:
    """The name of the way that the settings lead, whether or not it ends well; empty when they lead nowhere."""
    if identity.loopback_only:
        return "local"
    if identity.impersonate:
        return "impersonation"
    if identity.token or identity.token_file:
        return "access token"
    if identity.file:
        return _way_of_file(identity)
    return "machine" if on_google else ""


def _way_of_file(identity: Identity) -> str:
    try:
        return _OF_TYPE.get(str(identity.read_file().get("type")), "key file")
    except CredentialsError:
        return "key file"


def list_ways(identity: Identity, current: str, *, project: str | None) -> list[Way]:
    """Every way, the one in use first, then the simplest."""
    place = shlex.quote(project or PROJECT)
    robot = identity.impersonate.split(",")[-1].strip() if identity.impersonate else ROBOT.replace(PROJECT, place)
    quoted = shlex.quote(robot)
    file = shlex.quote(str(identity.file or "key.json"))
    bind = f"gcloud iam service-accounts add-iam-policy-binding {quoted}"
    pool = "projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER"
    federated = f"--service-account={quoted} --credential-source-file=TOKEN_FILE --output-file=credentials.json"
    found = (
        ("local", "the local engine needs none", ("trainctl submit SPEC --local",)),
        (
            "user",
            "yourself; on a machine without a browser add `--no-browser`",
            (
                "gcloud auth application-default login",
                f"gcloud auth application-default set-quota-project {place}",
            ),
        ),
        (
            "impersonation",
            "yourself in the role of a service account, without a key",
            (
                f"{bind} --member=user:YOU@EXAMPLE.COM --role=roles/iam.serviceAccountTokenCreator",
                "gcloud auth application-default login",
                f"trainctl config set impersonate {quoted}",
            ),
        ),
        (
            "workload identity",
            "CI and other clouds, without a key",
            (
                f"gcloud iam workload-identity-pools create-cred-config {pool} {federated}",
                "export GOOGLE_APPLICATION_CREDENTIALS=$PWD/credentials.json",
            ),
        ),
        (
            "workforce",
            "a company's own sign-in, by the configuration that its administrators give out",
            ("gcloud auth application-default login --login-config=LOGIN_CONFIG.json",),
        ),
        (
            "access token",
            "whatever has a token already; one of gcloud lasts an hour",
            _token_commands(identity),
        ),
        (
            "key file",
            "a service account where nothing else is possible: keys do not end by themselves",
            (
                f"(umask 077; gcloud iam service-accounts keys create {file} --iam-account={quoted})",
                f"export GOOGLE_APPLICATION_CREDENTIALS={file}",
            ),
        ),
        ("machine", "a machine of Google's has its service account's; choose it when the machine is made", ()),
    )
    ways = [Way(name, purpose, commands, name == current) for name, purpose, commands in found]
    return sorted(ways, key=lambda way: not way.current)


def _token_commands(identity: Identity) -> tuple[str, ...]:
    if identity.token:
        return ('export TRAINCTL_ACCESS_TOKEN="$(gcloud auth print-access-token)"',)
    file = shlex.quote(str(identity.token_file or "token"))
    return f"(umask 077; gcloud auth print-access-token > {file})", f"export TRAINCTL_ACCESS_TOKEN_FILE={file}"
