"""Every type of Google's credentials files gives a token, from the service that it names."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tests.api.test_auth import GRANTED, USER, TokenService, write
from trainctl.api.google_token import fetch_token
from trainctl.api.identity import Identity
from trainctl.errors import CredentialsError, Unreachable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NOW = datetime.now(UTC)
ROBOT = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/robot@p.iam:generateAccessToken"
POOL = "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci/providers/runner"
FEDERATED = {
    "type": "external_account",
    "audience": POOL,
    "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
    "token_url": "https://sts.googleapis.com/v1/token",
}
WORKFORCE = {
    "type": "external_account_authorized_user",
    "audience": "//iam.googleapis.com/locations/global/workforcePools/staff/providers/login",
    "client_id": "c",
    "client_secret": "s",
    "refresh_token": "r",
    "token_url": "https://sts.googleapis.com/v1/oauthtoken",
    "token_info_url": "https://sts.googleapis.com/v1/introspect",
    "quota_project_id": "q",
}


class Exchange(TokenService):
    """Answers as the security token service, as whatever gives subject tokens, and as the one that impersonates."""

    def __init__(self) -> None:
        super().__init__(200, GRANTED)

    def __call__(self, url: str, body: Any = None, **options: Any) -> Any:
        answer = super().__call__(url, body, **options)
        if "generateAccessToken" in url:
            expiry = (NOW + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
            answer = SimpleNamespace(status=200, data=json.dumps({"accessToken": "ya29.robot", "expireTime": expiry}))
        elif url.startswith("http://169.254."):
            answer = SimpleNamespace(status=200, data=b'{"token": "subject of the runner"}', headers={})
        return answer


def urls(service: TokenService) -> list[str]:
    return [url for url, _ in service.calls]


def fetch(info: Mapping[str, Any], folder: Path) -> tuple[str, Exchange]:
    service = Exchange()
    return fetch_token(Identity(file=write(folder / "creds.json", info)), NOW.timestamp(), service).value, service


def test_workload_identity_exchanges_the_subject_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "subject").write_text("subject of the runner")
    token, service = fetch({**FEDERATED, "credential_source": {"file": str(tmp_path / "subject")}}, tmp_path)
    assert (token, urls(service)) == ("ya29.fresh", ["https://sts.googleapis.com/v1/token"])
    assert service.calls[0][1]["subject_token"] == ["subject of the runner"]
    assert service.calls[0][1]["audience"] == [POOL]


def test_workload_identity_asks_a_url_for_its_subject(tmp_path: Path) -> None:
    source = {
        "url": "http://169.254.169.254/subject",
        "format": {"type": "json", "subject_token_field_name": "token"},
    }
    token, service = fetch({**FEDERATED, "credential_source": source}, tmp_path)
    assert (token, urls(service)) == ("ya29.fresh", [source["url"], "https://sts.googleapis.com/v1/token"])
    assert service.calls[1][1]["subject_token"] == ["subject of the runner"]


def test_workload_identity_can_act_as_a_service_account(tmp_path: Path) -> None:
    (tmp_path / "subject").write_text("x")
    source = {"credential_source": {"file": str(tmp_path / "subject")}, "service_account_impersonation_url": ROBOT}
    token, service = fetch({**FEDERATED, **source}, tmp_path)
    assert (token, urls(service)[-1]) == ("ya29.robot", ROBOT)


def test_workforce_identity_renews_its_token(tmp_path: Path) -> None:
    token, service = fetch(WORKFORCE, tmp_path)
    assert (token, urls(service)) == ("ya29.fresh", ["https://sts.googleapis.com/v1/oauthtoken"])
    assert service.calls[0][1]["refresh_token"] == ["r"]


def test_a_file_may_say_whom_to_act_as(tmp_path: Path) -> None:
    info = {
        "type": "impersonated_service_account",
        "service_account_impersonation_url": ROBOT,
        "source_credentials": USER,
        "delegates": [],
    }
    token, service = fetch(info, tmp_path)
    assert (token, urls(service)) == ("ya29.robot", ["https://oauth2.googleapis.com/token", ROBOT])


@pytest.mark.parametrize("info", [FEDERATED, WORKFORCE, USER], ids=lambda info: info["type"])
def test_an_identity_names_its_type_without_a_secret(tmp_path: Path, info: Mapping[str, Any]) -> None:
    source = Identity(file=write(tmp_path / "creds.json", info)).source
    assert source.split(" in ")[0] in (
        "workload identity federation",
        "workforce identity federation",
        "user credentials",
    )


@pytest.mark.parametrize("value", ["ya29.test\nx-evil: 1", "ya29.te st", "ya29.test-ü"])
def test_what_a_token_service_gives_and_no_header_can_carry_is_not_shown(tmp_path: Path, value: str) -> None:
    service = TokenService(200, {**GRANTED, "access_token": value})
    with pytest.raises(CredentialsError, match=r"^what the token service gave is not an access token$"):
        fetch_token(Identity(file=write(tmp_path / "adc.json", USER)), NOW.timestamp(), service)


def test_a_redirect_of_a_token_service_takes_no_secret_along(tmp_path: Path) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.path)
            self.send_response(307)
            self.send_header("location", "/elsewhere")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    asked: list[str] = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/token"
        file = write(tmp_path / "adc.json", {**WORKFORCE, "token_url": url})
        with pytest.raises(Unreachable, match="Exceeded 0 redirects"):
            fetch_token(Identity(file=file), NOW.timestamp())
        server.shutdown()
    assert asked == ["/token"]
