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

_OF_TYPE = {
    "service_account": "key file",
    "authorized_user": "user",
    "external_account": "workload identity",
    "external_account_authorized_user": "workforce",
    "impersonated_service_account": "impersonation",
}
_GIVEN = ('export TRAINCTL_ACCESS_TOKEN="$(gcloud auth print-access-token)"',)
_WAYS = {
    "local": ("the local engine needs none", ("trainctl submit SPEC --local",)),
    "user": (
        "yourself; on a machine without a browser add `--no-browser`",
        (
            "gcloud auth application-default login",
            "gcloud auth application-default set-quota-project {project}",
        ),
    ),
    "impersonation": (
        "yourself in the role of a service account, without a key",
        (
            (
                "gcloud iam service-accounts add-iam-policy-binding {robot} --member=user:YOU@EXAMPLE.COM "
                "--role=roles/iam.serviceAccountTokenCreator"
            ),
            "gcloud auth application-default login",
            "trainctl config set impersonate {robot}",
        ),
    ),
    "workload identity": (
        "CI and other clouds, without a key",
        (
            (
                "gcloud iam workload-identity-pools create-cred-config "
                "projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER "
                "--service-account={robot} --credential-source-file=TOKEN_FILE --output-file=credentials.json"
            ),
            "export GOOGLE_APPLICATION_CREDENTIALS=$PWD/credentials.json",
        ),
    ),
    "workforce": (
        "a company's own sign-in, by the configuration that its administrators give out",
        ("gcloud auth application-default login --login-config=LOGIN_CONFIG.json",),
    ),
    "access token": (
        "whatever has a token already; one of gcloud lasts an hour",
        ("(umask 077; gcloud auth print-access-token > {token})", "export TRAINCTL_ACCESS_TOKEN_FILE={token}"),
    ),
    "key file": (
        "a service account where nothing else is possible: keys do not end by themselves",
        (
            "(umask 077; gcloud iam service-accounts keys create {file} --iam-account={robot})",
            "export GOOGLE_APPLICATION_CREDENTIALS={file}",
        ),
    ),
    "machine": ("a machine of Google's has its service account's; choose it when the machine is made", ()),
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
    """Every way, the one in use first, then the simplest; values of the settings are quoted for the shell."""
    robot = f"ROBOT@{project or 'PROJECT'}.iam.gserviceaccount.com"
    values = {
        "project": project or "PROJECT",
        "robot": identity.impersonate.split(",")[-1].strip() if identity.impersonate else robot,
        "file": str(identity.file or "key.json"),
        "token": str(identity.token_file or "token"),
    }
    quoted = {name: shlex.quote(value) for name, value in values.items()}
    ways = []
    for name, (purpose, commands) in _WAYS.items():
        given = _GIVEN if name == "access token" and identity.token else commands
        ways.append(Way(name, purpose, tuple(each.format(**quoted) for each in given), name == current))
    return sorted(ways, key=lambda way: not way.current)
