"""Fetching an access token with google-auth: the only module that imports it, and only when a token is needed."""

from __future__ import annotations

import functools
import logging
import warnings
from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING, Any

from trainctl.api.connection import check_proxies
from trainctl.api.identity import SCOPES
from trainctl.api.token_cache import Token
from trainctl.api.tokens import FileToken, clean
from trainctl.errors import CredentialsError, TrainctlError, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from trainctl.api.certificate import ClientCertificate
    from trainctl.api.identity import Identity

TIMEOUT = 30
LOGIN = "`gcloud auth application-default login` signs you in; `--local` needs no credentials"


def fetch_token(identity: Identity, now: float, transport: Callable[..., Any] | None = None) -> Token:
    """A new access token.

    `transport` is a google.auth.transport.Request, made from requests when there is none: google-auth's own way
    to tokens heeds proxies, `ca_file` and the client's certificate as our requests do. Raises CredentialsError,
    UsageError for a proxy that cannot be used, or Unreachable when the token service does not answer.
    """
    from google.auth import exceptions

    # Its warnings (no metadata server, no project) would reach stderr through logging's last resort.
    logging.getLogger("google").addHandler(logging.NullHandler())
    request = transport or _make_transport(identity.ca_file, identity.certificate)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            credentials, project = _load(identity, request)
            credentials.refresh(request)
    except exceptions.GoogleAuthError as error:
        raise _explain(error, identity) from error
    except (ValueError, KeyError, TypeError) as error:
        raise CredentialsError(f"the {identity.source} cannot be used: {_one_line(error)}", hint=LOGIN) from error
    return _view(credentials, project, now)


def _make_transport(ca_file: Path | None, certificate: ClientCertificate | None = None) -> Callable[..., Any]:
    import requests
    from google.auth.transport.requests import Request

    check_proxies()
    session = requests.Session()
    # A redirect would take refresh tokens and signed assertions along; no token service has a use for one.
    session.max_redirects = 0
    if ca_file is not None:
        session.verify = str(ca_file)
    if certificate is not None:
        session.cert = (str(certificate.certificate), str(certificate.key))
    return functools.partial(Request(session), timeout=TIMEOUT)


def _load(identity: Identity, request: Any) -> tuple[Any, str | None]:
    import google.auth
    from google.auth.credentials import with_scopes_if_required

    credentials: Any
    value = identity.token or (FileToken(identity.token_file).token().value if identity.token_file else None)
    if value:
        from google.oauth2.credentials import Credentials

        credentials, project = Credentials(value), None  # type: ignore[no-untyped-call]
    elif identity.file:
        # By hand and not by google.auth.default, which starts `gcloud config get project`: a second for nothing.
        info = dict(identity.read_file())
        credentials, project = google.auth.load_credentials_from_dict(info, request=request)  # type: ignore[no-untyped-call]
        credentials = with_scopes_if_required(credentials, list(SCOPES))  # type: ignore[no-untyped-call]
    else:
        credentials, project = google.auth.default(scopes=list(SCOPES), request=request)
    if identity.impersonate:
        credentials = _impersonated(credentials, identity)
    return credentials, project


def _impersonated(source: Any, identity: Identity) -> Any:
    from google.auth.impersonated_credentials import Credentials

    *between, target = [each.strip() for each in str(identity.impersonate).split(",")]
    delegates = [f"projects/-/serviceAccounts/{each}" for each in between]  # the form that iamcredentials v1 asks for
    return Credentials(  # type: ignore[no-untyped-call]
        source_credentials=source, target_principal=target, delegates=delegates or None, target_scopes=list(SCOPES)
    )


def _view(credentials: Any, project: str | None, now: float) -> Token:
    expiry = credentials.expiry.replace(tzinfo=UTC).timestamp() if credentials.expiry else None
    account = getattr(credentials, "service_account_email", None) or getattr(credentials, "account", None)
    return replace(
        Token.lasting(clean(str(credentials.token or ""), "what the token service gave").value, expiry, now),
        account=account if account != "default" else None,
        project=project,
        quota_project=getattr(credentials, "quota_project_id", None),
    )


def _explain(error: Exception, identity: Identity) -> TrainctlError:
    from google.auth import exceptions

    if isinstance(error, exceptions.TransportError) or getattr(error, "retryable", False) is True:
        return Unreachable(f"the token service cannot be reached for the {identity.source}: {_one_line(error)}")
    if isinstance(error, exceptions.DefaultCredentialsError) and identity.file is None:
        return CredentialsError("there are no Google credentials on this machine", hint=LOGIN)
    return CredentialsError(f"no token could be had with the {identity.source}: {_one_line(error)}", hint=LOGIN)


def _one_line(error: Exception) -> str:
    """The first part of an error's text; the rest holds whole answers of token services."""
    cause = [each for each in error.args[1:] if isinstance(each, ValueError)]
    text = " ".join(": ".join(str(each) for each in (*error.args[:1], *cause)).split())
    return text if len(text) <= 200 else f"{text[:200]}…"
