"""The client's own certificate for mutual TLS, found as google-auth finds it.

`GOOGLE_API_USE_CLIENT_CERTIFICATE` switches it on or off; without it a certificate is used when the configuration has a
`workload` section. https://cloud.google.com/iam/docs/workload-identity-federation-with-x509-certificates
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from trainctl.errors import CredentialsError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

SWITCH = "GOOGLE_API_USE_CLIENT_CERTIFICATE"
CONFIGURATION = ("GOOGLE_API_CERTIFICATE_CONFIG", "CLOUDSDK_CONTEXT_AWARE_CERTIFICATE_CONFIG_FILE_PATH")
DEFAULT_FILE = "certificate_config.json"


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """Files in PEM: the certificate with its chain, and its key."""

    certificate: Path
    key: Path

    def load_into(self, context: ssl.SSLContext) -> None:
        """Let connections of this context present the certificate. Raises CredentialsError."""
        try:
            context.load_cert_chain(self.certificate, self.key)
        except OSError as error:  # ssl.SSLError is one
            reason = error.strerror or str(error)
            raise CredentialsError(f"the client certificate `{self.certificate}` cannot be used: {reason}") from error


def find_certificate(environment: Mapping[str, str], gcloud: Path) -> ClientCertificate | None:
    """The certificate that the environment or gcloud's folder configures; None when none is wanted.

    Raises CredentialsError when one is asked for and there is none.
    """
    switch = environment.get(SWITCH, "").lower()
    if switch not in ("", "true"):
        return None
    named = next((environment[name] for name in CONFIGURATION if environment.get(name)), None)
    file = Path(named) if named else gcloud / DEFAULT_FILE
    try:
        config = json.loads(file.read_bytes())
        workload = config["cert_configs"]["workload"]
        return ClientCertificate(Path(workload["cert_path"]), Path(workload["key_path"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        if not switch:
            return None
        raise CredentialsError(
            f"{SWITCH} asks for a client certificate, and `{file}` names none under `cert_configs.workload`",
            hint=f"`gcloud iam workload-identity-pools create-cred-config` writes it; `{SWITCH}=false` does without",
        ) from error
