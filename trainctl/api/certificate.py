"""The client's own certificate for mutual TLS, found as google-auth finds it.

`GOOGLE_API_USE_CLIENT_CERTIFICATE` switches it on or off; without it a certificate is used when the configuration has a
`workload` section. https://cloud.google.com/iam/docs/workload-identity-federation-with-x509-certificates
Where there is no such section, the command of SecureConnect (Endpoint Verification) hands one out, if it is asked for.
https://google.aip.dev/auth/4114
"""

from __future__ import annotations

import json
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from trainctl.errors import CredentialsError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

SWITCH = "GOOGLE_API_USE_CLIENT_CERTIFICATE"
OLDER_SWITCH = "CLOUDSDK_CONTEXT_AWARE_USE_CLIENT_CERTIFICATE"
CONFIGURATION = ("GOOGLE_API_CERTIFICATE_CONFIG", "CLOUDSDK_CONTEXT_AWARE_CERTIFICATE_CONFIG_FILE_PATH")
DEFAULT_FILE = "certificate_config.json"
SECURE_CONNECT = Path(".secureConnect", "context_aware_metadata.json")
"""Below the user's home."""
PATIENCE = 60.0
"""Seconds that the command of SecureConnect may take."""
_WITHOUT = f"`{SWITCH}=false` does without"
_CERTIFICATE = r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----\n"
_KEY = r"-----BEGIN ([A-Z]+ )?PRIVATE KEY-----.+?-----END \1?PRIVATE KEY-----\n"


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """Files in PEM: the certificate with its chain, and its key; `borrowed` is a folder that is not to stay."""

    certificate: Path
    key: Path
    borrowed: Path | None = None

    def load_into(self, context: ssl.SSLContext) -> None:
        """Let connections of this context present the certificate. Raises CredentialsError."""
        try:
            context.load_cert_chain(self.certificate, self.key)
        except OSError as error:  # ssl.SSLError is one
            reason = error.strerror or str(error)
            raise CredentialsError(f"the client certificate `{self.certificate}` cannot be used: {reason}") from error

    def discard(self) -> None:
        """Remove the files if they were written for this command only."""
        if self.borrowed:
            shutil.rmtree(self.borrowed, ignore_errors=True)


def find_certificate(environment: Mapping[str, str], gcloud: Path) -> ClientCertificate | None:
    """The certificate that the environment or gcloud's folder configures; None when none is wanted.

    One from SecureConnect is in files that `discard` removes. Raises CredentialsError when one is asked for and there
    is none.
    """
    switch = (environment.get(SWITCH) or environment.get(OLDER_SWITCH) or "").lower()
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
        metadata = Path(environment.get("HOME") or Path.home()) / SECURE_CONNECT
        if metadata.is_file():
            return _borrow(metadata)
        raise CredentialsError(
            f"{SWITCH} asks for a client certificate, and `{file}` names none under `cert_configs.workload`",
            hint=f"`gcloud iam workload-identity-pools create-cred-config` writes it; `{SWITCH}=false` does without",
        ) from error


def _borrow(metadata: Path) -> ClientCertificate:
    """What the command of SecureConnect prints, in files that only this user can read."""
    import subprocess
    import tempfile

    try:
        command = [str(word) for word in json.loads(metadata.read_bytes())["cert_provider_command"]]
        done = subprocess.run(command, capture_output=True, timeout=PATIENCE, check=True)
    except (OSError, ValueError, KeyError, TypeError, subprocess.SubprocessError) as error:
        reason = f"`{metadata}` names no `cert_provider_command` that works"
        raise CredentialsError(f"SecureConnect has no client certificate: {reason}", hint=_WITHOUT) from error
    text = "\n".join(done.stdout.decode("ascii", errors="replace").splitlines()) + "\n"
    chain, key = "".join(re.findall(_CERTIFICATE, text, re.DOTALL)), re.search(_KEY, text, re.DOTALL)
    if not chain or key is None:
        raise CredentialsError(f"the `cert_provider_command` of `{metadata}` printed no certificate with its key")
    folder = Path(tempfile.mkdtemp(prefix="trainctl-certificate-"))  # mode 0700
    borrowed = ClientCertificate(folder / "certificate.pem", folder / "key.pem", folder)
    for file, content in ((borrowed.certificate, chain), (borrowed.key, key[0])):
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as stream:
            stream.write(content)
    return borrowed
