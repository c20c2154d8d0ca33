"""Which credentials are meant, known from settings and files alone: no network, no google.auth."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainctl.errors import CredentialsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trainctl.api.certificate import ClientCertificate
    from trainctl.settings import Settings

SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)
ADC_FILE = "application_default_credentials.json"

PRODUCT = Path("/sys/class/dmi/id/product_name")
"""Where a machine of Google's says what it is; google-auth looks there too."""
_ON_GOOGLE = ("GCE_METADATA_HOST", "GCE_METADATA_ROOT", "GCE_METADATA_IP", "K_SERVICE", "CLOUD_RUN_JOB", "GAE_ENV")
# Where a setting was given, the most deliberate first: a token in the environment must not outdo a flag.
_PLACES = ("flag", "environment", "profile", "gcloud")
_KINDS = {
    "service_account": "service account key",
    "authorized_user": "user credentials",
    "external_account": "workload identity federation",
    "external_account_authorized_user": "workforce identity federation",
    "impersonated_service_account": "impersonated service account",
    "gdch_service_account": "GDCH service account",
}


@dataclass(frozen=True, slots=True)
class Identity:
    """The credentials of a command: at most one of `token`, `token_file` and `file`; with none, the metadata server.

    `origin` says which setting decided. `loopback_only` marks an engine's token, which must not leave the machine.
    """

    origin: str = "application default credentials"
    token: str | None = None
    token_file: Path | None = None
    file: Path | None = None
    impersonate: str | None = None
    quota_project: str | None = None
    universe_domain: str = "googleapis.com"
    ca_file: Path | None = None
    certificate: ClientCertificate | None = None
    loopback_only: bool = False

    def __repr__(self) -> str:
        return f"Identity({self.source!r})"

    @classmethod
    def from_settings(cls, settings: Settings) -> Identity:
        """What flags, environment, profile and gcloud name; else application default credentials."""
        names = ("access_token", "access_token_file", "credentials_file")
        chosen = sorted((name for name in names if settings.get(name).value), key=lambda name: _rank(settings, name))
        best = chosen[0] if chosen else ""
        adc = settings.gcloud / ADC_FILE
        default = adc if not best and adc.is_file() else None
        return cls(
            origin=settings.get(best).origin if best else "application default credentials",
            token=settings.access_token if best == "access_token" else None,
            token_file=settings.access_token_file if best == "access_token_file" else None,
            file=settings.credentials_file if best == "credentials_file" else default,
            impersonate=settings.impersonate,
            quota_project=settings.quota_project,
            universe_domain=settings.universe_domain,
            ca_file=settings.ca_file,
        )

    @classmethod
    def of_engine(cls, token_file: Path) -> Identity:
        """The local engine's token, read from the file that only this user can read."""
        return cls("local engine", token_file=token_file, loopback_only=True)

    @property
    def is_fed(self) -> bool:
        """Whether others write the token, again and again, into a file."""
        return self.token_file is not None

    @property
    def source(self) -> str:
        """The credentials in words: what they are and where they come from; never the token."""
        if self.loopback_only:
            what = "local engine's token"
        elif self.token or self.token_file:
            what = f"access token{f' in {self.token_file}' if self.token_file else ''} ({self.origin})"
        elif self.file:
            what = f"{_KINDS.get(self.read_file().get('type', ''), 'credentials')} in {self.file} ({self.origin})"
        else:
            what = "metadata server, if this machine has one"
        return f"{what}, acting as {self.impersonate.split(',')[-1]}" if self.impersonate else what

    @property
    def account(self) -> str | None:
        """Whom the credentials stand for, as far as files say."""
        if self.impersonate:
            return self.impersonate.split(",")[-1].strip()
        info = self.read_file() if self.file else {}
        url = str(info.get("service_account_impersonation_url", ""))
        impersonated = url.rpartition("/serviceAccounts/")[2].partition(":")[0]
        return info.get("client_email") or impersonated or info.get("account") or None

    @property
    def project(self) -> str | None:
        """The project that a key file belongs to; None when the file names none."""
        info = self.read_file() if self.file else {}
        return info.get("project_id") or None

    def read_file(self) -> Mapping[str, Any]:
        """The contents of the credentials file; raises CredentialsError when it cannot be used."""
        if self.file is None:
            return {}
        try:
            info = json.loads(self.file.read_bytes())
        except OSError as error:
            reason = error.strerror or str(error)
            raise CredentialsError(f"`{self.file}`, named by {self.origin}, cannot be read: {reason}") from error
        except ValueError as error:
            raise CredentialsError(f"`{self.file}`, named by {self.origin}, is not a JSON credentials file") from error
        if not isinstance(info, dict):
            raise CredentialsError(f"`{self.file}`, named by {self.origin}, is not a JSON credentials file")
        return info

    def is_there(self, environment: Mapping[str, str], product: Path = PRODUCT) -> bool:
        """Whether there may be credentials: configured ones, or a metadata server, for which the machine is asked."""
        if self.token or self.token_file or self.file or any(environment.get(name) for name in _ON_GOOGLE):
            return True
        try:
            return product.read_text(encoding="ascii", errors="replace").startswith("Google")
        except FileNotFoundError:
            return False
        except OSError:
            return True  # it cannot be told

    def cache_key(self) -> str | None:
        """A name that changes whenever another token would be fetched; None when that cannot be told."""
        if self.token or self.token_file:
            return None
        parts: list[str] = [str(self.impersonate), self.universe_domain, *SCOPES]
        if self.file is None:
            parts.append(f"metadata of {_machine()}")
        else:
            info = self.read_file()
            subject = _subject(info)
            if subject is None:
                return None
            parts += [json.dumps(info, sort_keys=True), subject]
        return _digest("\n".join(parts).encode())


def _subject(info: Mapping[str, Any]) -> str | None:
    """What a federated identity rests on: another CI job may use the same file with a subject token of its own."""
    if info.get("type") != "external_account":
        return ""
    source = info.get("credential_source")
    if not isinstance(source, dict) or not source.get("file"):
        return None
    try:
        return _digest(Path(source["file"]).read_bytes())
    except OSError:
        return None


def _digest(content: bytes) -> str:
    import hashlib

    return hashlib.sha256(content).hexdigest()[:40]


def _machine() -> str:
    """The machine's name: homes are shared between machines whose metadata servers speak for different accounts."""
    return os.uname().nodename if hasattr(os, "uname") else os.environ.get("COMPUTERNAME", "")


def _rank(settings: Settings, name: str) -> int:
    place = settings.get(name).origin.partition(" ")[0]
    return _PLACES.index(place) if place in _PLACES else len(_PLACES)
