"""Every setting as data: where it may be given, what it defaults to, which values it takes.

`config list` and the README's table are made from `NAMES`.
"""

from __future__ import annotations

from dataclasses import dataclass

from trainctl.errors import UsageError
from trainctl.settings.checks import Check, bucket, endpoint, flag, key, location, number, one_of, project, text, whole


@dataclass(frozen=True, slots=True)
class Name:
    """One setting.

    `environment` lists variables, the first that is set wins; `VAR=value` means that a non-empty VAR stands for
    `value` (https://no-color.org). `gcloud` lists properties of gcloud as `section/name`.
    """

    name: str
    description: str
    flag: str = ""
    environment: tuple[str, ...] = ()
    gcloud: tuple[str, ...] = ()
    default: str | bool | float | None = None
    check: Check = text
    secret: bool = False
    path: bool = False
    stored: bool = True

    def parse(self, value: object, origin: str) -> str | bool | float:
        """The value in its type; raises UsageError that names `origin` when it cannot be one."""
        if isinstance(value, bool):
            value = str(value).lower()
        try:
            return self.check(str(value).strip())
        except ValueError as error:
            hidden = self.secret or (self.check is endpoint and "@" in str(value))  # before it stands a password
            shown = "its value" if hidden else f"`{value}`"
            raise UsageError(f"{shown} for `{self.name}` from {origin} is not {error}") from error


def _endpoint(service: str, gcloud: str) -> Name:
    return Name(
        f"endpoints.{service}",
        f"Base URL of the {service} service, before `/v1/`",
        environment=(f"TRAINCTL_ENDPOINT_{service.upper()}",),
        gcloud=(f"api_endpoint_overrides/{gcloud}",),
        check=endpoint,
    )


_ALL = (
    Name(
        "project",
        "Google Cloud project",
        flag="--project",
        environment=("TRAINCTL_PROJECT", "GOOGLE_CLOUD_PROJECT"),
        gcloud=("core/project",),
        check=project,
    ),
    Name(
        "location",
        "Region of the jobs; without one, us-central1",
        flag="--location",
        environment=("TRAINCTL_LOCATION", "GOOGLE_CLOUD_LOCATION", "GOOGLE_CLOUD_REGION"),
        gcloud=("ai/region", "compute/region"),
        check=location,
    ),
    Name(
        "profile",
        "Profile of config.yaml in use",
        flag="--profile",
        environment=("TRAINCTL_PROFILE",),
        default="default",
        stored=False,
    ),
    Name(
        "local",
        "Use the local engine instead of Google Cloud",
        flag="--local",
        environment=("TRAINCTL_LOCAL",),
        default=False,
        check=flag,
    ),
    Name(
        "staging_bucket",
        "Bucket for packed training code and default outputs",
        flag="--staging-bucket",
        environment=("TRAINCTL_STAGING_BUCKET",),
        check=bucket,
    ),
    Name(
        "encryption_key",
        "Cloud KMS key that encrypts jobs and models",
        flag="--encryption-key",
        environment=("TRAINCTL_ENCRYPTION_KEY",),
        check=key,
    ),
    _endpoint("vertex", "aiplatform"),
    _endpoint("automl", "automl"),
    _endpoint("ml", "ml"),
    _endpoint("logging", "logging"),
    _endpoint("storage", "storage"),
    Name(
        "universe_domain",
        "Domain of the cloud, for sovereign clouds",
        environment=("TRAINCTL_UNIVERSE_DOMAIN", "GOOGLE_CLOUD_UNIVERSE_DOMAIN"),
        gcloud=("core/universe_domain",),
        default="googleapis.com",
    ),
    Name(
        "credentials_file",
        "Key or configuration file of the credentials",
        flag="--credentials-file",
        environment=("TRAINCTL_CREDENTIALS_FILE", "GOOGLE_APPLICATION_CREDENTIALS"),
        gcloud=("auth/credential_file_override",),
        path=True,
    ),
    Name("access_token", "Access token itself", environment=("TRAINCTL_ACCESS_TOKEN",), secret=True, stored=False),
    Name(
        "access_token_file",
        "File that holds an access token, read again when it changes",
        flag="--access-token-file",
        environment=("TRAINCTL_ACCESS_TOKEN_FILE",),
        gcloud=("auth/access_token_file",),
        path=True,
    ),
    Name(
        "impersonate",
        "Service account to act as; a chain with commas ends with it",
        flag="--impersonate-service-account",
        environment=("TRAINCTL_IMPERSONATE",),
        gcloud=("auth/impersonate_service_account",),
    ),
    Name(
        "quota_project",
        "Project whose quota requests count against",
        flag="--quota-project",
        environment=("TRAINCTL_QUOTA_PROJECT", "GOOGLE_CLOUD_QUOTA_PROJECT"),
        gcloud=("billing/quota_project",),
    ),
    Name(
        "ca_file",
        "Certificate authorities to trust instead of the bundled ones",
        environment=("TRAINCTL_CA_FILE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"),
        gcloud=("core/custom_ca_certs_file",),
        path=True,
    ),
    Name(
        "request_timeout",
        "Seconds without a byte after which a request is given up",
        flag="--request-timeout",
        environment=("TRAINCTL_REQUEST_TIMEOUT",),
        default=60.0,
        check=number,
    ),
    Name(
        "journal",
        "Keep the record of submissions",
        flag="--no-journal",
        environment=("TRAINCTL_JOURNAL",),
        default=True,
        check=flag,
    ),
    Name(
        "journal_days",
        "Days for which settled submissions are kept",
        environment=("TRAINCTL_JOURNAL_DAYS",),
        default=90,
        check=whole,
    ),
    Name(
        "journal_rows",
        "Submissions that are kept at most",
        environment=("TRAINCTL_JOURNAL_ROWS",),
        default=10_000,
        check=whole,
    ),
    Name(
        "output",
        "Form of the output",
        flag="--output",
        environment=("TRAINCTL_OUTPUT",),
        default="table",
        check=one_of("table", "wide", "json", "jsonl", "yaml", "csv", "name"),
    ),
    Name(
        "color",
        "When to use colour",
        flag="--color",
        environment=("TRAINCTL_COLOR", "NO_COLOR=never", "FORCE_COLOR=always"),
        default="auto",
        check=one_of("auto", "always", "never"),
    ),
    Name(
        "quiet",
        "Say only what was asked for",
        flag="--quiet",
        environment=("TRAINCTL_QUIET",),
        default=False,
        check=flag,
    ),
    Name(
        "debug",
        "Show requests and tracebacks",
        flag="--debug",
        environment=("TRAINCTL_DEBUG",),
        default=False,
        check=flag,
    ),
)

NAMES: dict[str, Name] = {entry.name: entry for entry in _ALL}
"""All settings by their dotted name, in the order in which they are shown."""


def find(name: str, *, where: str = "") -> Name:
    """The entry of a setting, which stands `where`; raises UsageError with a suggestion when there is none."""
    found = NAMES.get(name.replace("-", "_"))
    if found is not None:
        return found
    import difflib

    near = difflib.get_close_matches(name.replace("-", "_"), NAMES, n=1)
    hint = f"did you mean `{near[0]}`?" if near else "`trainctl config list` shows every setting"
    raise UsageError(f"there is no setting `{name}`{f', which stands in {where}' if where else ''}", hint=hint)
