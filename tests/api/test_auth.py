from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth.exceptions import TransportError

from tests.api.network import BEGIN, TOKEN, FakeClock
from trainctl.api.auth import Account, authorize
from trainctl.api.google_token import _make_transport, fetch_token
from trainctl.api.identity import Identity
from trainctl.api.token_cache import Token, TokenCache
from trainctl.errors import CredentialsError, TrainctlError, Unreachable
from trainctl.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

GOOGLE = "https://us-central1-aiplatform.googleapis.com/v1/x"
NOW = BEGIN.timestamp()


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        (GOOGLE, True),
        ("https://storage.googleapis.com/upload", True),
        ("https://googleapis.com/", True),
        ("https://aiplatform.cloud.example/v1/x", True),
        ("https://vertex.corp.example:8443/v1/x", True),
        ("http://127.0.0.1:8080/v1/x", True),
        ("http://us-central1-aiplatform.googleapis.com/v1/x", False),
        ("https://evilgoogleapis.com/", False),
        ("https://googleapis.com.evil.example/", False),
        ("https://googleapis.com@evil.example/", False),
        ("https://vertex.corp.example/v1/x", False),
        ("http://vertex.corp.example:8443/v1/x", False),
        ("http://127.0.0.1:8081/v1/x", False),
        ("http://plain.example/", False),
        ("ftp://storage.googleapis.com/", False),
    ],
)
def test_a_token_goes_to_google_and_to_named_endpoints_only(url: str, *, allowed: bool) -> None:
    endpoints = ["https://vertex.corp.example:8443", "http://127.0.0.1:8080", "http://plain.example"]
    authorizer = authorize(Identity(token="t", universe_domain="cloud.example"), FakeClock(), endpoints=endpoints)
    if allowed:
        assert authorizer.headers(url) == {"authorization": "Bearer t"}
    else:
        with pytest.raises(CredentialsError, match=r"^no token is sent to `"):
            authorizer.headers(url)


@pytest.mark.parametrize("url", [GOOGLE, "https://engine.example/", "http://127.0.0.1:9/"])
def test_the_engines_token_never_leaves_the_engine(tmp_path: Path, url: str) -> None:
    file = tmp_path / "token"
    file.write_text("engine\n")
    authorizer = authorize(
        Identity.of_engine(file), FakeClock(), endpoints=["http://127.0.0.1:8080", "https://engine.example"]
    )
    assert authorizer.headers("http://127.0.0.1:8080/v1/x") == {"authorization": "Bearer engine"}
    with pytest.raises(CredentialsError):
        authorizer.headers(url)


def test_a_token_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("first")
    authorizer = authorize(Identity(token_file=file), FakeClock())
    assert authorizer.headers(GOOGLE) == {"authorization": "Bearer first"}
    file.write_text("second token".replace(" ", "-"))
    assert authorizer.headers(GOOGLE) == {"authorization": "Bearer second-token"}
    refused = authorizer.headers(GOOGLE)
    assert not authorizer.renew(refused)
    file.write_text("3rd")
    assert authorizer.renew(refused)
    assert authorizer.headers(GOOGLE) == {"authorization": "Bearer 3rd"}
    assert authorizer.renew(refused), "another request that was refused with the old token may have the new one too"
    assert not authorizer.renew(authorizer.headers(GOOGLE))


@pytest.mark.parametrize("content", ["", "  \n", "a b", "a\nx-evil: 1", "schlüssel"])
def test_what_cannot_stand_in_a_header_is_no_token(tmp_path: Path, content: str) -> None:
    file = tmp_path / "token"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(CredentialsError, match=r"is not an access token$"):
        authorize(Identity(token_file=file), FakeClock()).headers(GOOGLE)


def test_a_missing_token_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CredentialsError, match=r"^the access token file `.*none` cannot be read: No such file"):
        authorize(Identity(token_file=tmp_path / "none"), FakeClock()).headers(GOOGLE)


class Fetcher:
    """A token service: every token lasts `life` seconds."""

    def __init__(self, clock: FakeClock, life: float = 3600) -> None:
        self.clock, self.life, self.count = clock, life, 0

    def __call__(self, _identity: Identity, now: float) -> Token:
        self.count += 1
        token = Token.lasting(f"t{self.count}", now + self.life, now)
        return replace(token, account="me@example.com", project="p", quota_project="q")


@pytest.mark.parametrize(("life", "lasts"), [(3600, 3300), (400, 200), (5, 2.5)])
def test_a_token_is_renewed_before_it_ends(life: float, lasts: float) -> None:
    clock = FakeClock()
    fetcher = Fetcher(clock, life)
    authorizer = authorize(Identity(), clock, fetch=fetcher)
    authorizer.headers(GOOGLE)
    clock.seconds = lasts - 0.001
    assert authorizer.headers(GOOGLE)["authorization"] == "Bearer t1"
    clock.seconds = lasts
    assert authorizer.headers(GOOGLE)["authorization"] == "Bearer t2"


def test_a_token_is_kept_for_the_next_command_and_read_by_its_owner_only(tmp_path: Path) -> None:
    clock, folder = FakeClock(), tmp_path / "cache" / "tokens"
    fetcher = Fetcher(clock)
    for _ in range(3):
        headers = authorize(Identity(), clock, cache=folder, fetch=fetcher).headers(GOOGLE)
        assert headers == {"authorization": "Bearer t1", "x-goog-user-project": "q"}
    assert [oct(each.stat().st_mode & 0o777) for each in (folder, *folder.iterdir())] == ["0o700", "0o600"]
    clock.seconds = 3400
    assert authorize(Identity(), clock, cache=folder, fetch=fetcher).headers(GOOGLE)["authorization"] == "Bearer t2"
    assert len(list(folder.iterdir())) == 1


def test_a_token_that_was_refused_is_forgotten_on_the_disk_too(tmp_path: Path) -> None:
    clock = FakeClock()
    fetcher = Fetcher(clock)
    authorizer = authorize(Identity(), clock, cache=tmp_path, fetch=fetcher)
    refused = authorizer.headers(GOOGLE)
    assert (authorizer.renew(refused), list(tmp_path.iterdir())) == (True, [])
    assert authorizer.headers(GOOGLE)["authorization"] == "Bearer t2"


def test_many_requests_that_were_refused_with_one_token_have_it_renewed_once(tmp_path: Path) -> None:
    clock = FakeClock()
    fetcher = Fetcher(clock)
    authorizer = authorize(Identity(), clock, cache=tmp_path, fetch=fetcher)
    refused = [authorizer.headers(GOOGLE) for _ in range(8)]
    for headers in refused:
        assert authorizer.renew(headers)
        assert authorizer.headers(GOOGLE)["authorization"] == "Bearer t2"
    assert fetcher.count == 2


@pytest.mark.parametrize("content", ["", "{", "[]", '{"value": ""}', '{"value": "x"}', '{"expiry": 1}'])
def test_a_damaged_cache_is_no_fault(tmp_path: Path, content: str) -> None:
    file = tmp_path / "k.json"
    file.write_text(content)
    file.chmod(0o600)
    assert TokenCache(tmp_path).load("k") is None


@pytest.mark.skipif(os.name != "posix", reason="owners and modes are POSIX")
def test_a_token_that_others_could_have_written_is_not_believed(tmp_path: Path) -> None:
    cache = TokenCache(tmp_path)
    cache.save("k", Token.lasting("t", NOW + 3600, NOW))
    assert cache.load("k") is not None
    (tmp_path / "k.json").chmod(0o644)
    assert cache.load("k") is None


def test_a_cache_that_cannot_be_written_is_no_fault(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    clock = FakeClock()
    authorizer = authorize(Identity(), clock, cache=blocked / "tokens", fetch=Fetcher(clock))
    assert authorizer.headers(GOOGLE)["authorization"] == "Bearer t1"


def key_file(folder: Path, **changes: Any) -> Path:
    """A service account's key file, with a fresh key."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    info = {
        "type": "service_account",
        "project_id": "key-project",
        "client_email": "robot@key-project.iam.gserviceaccount.com",
        "private_key": pem,
        "token_uri": "https://oauth2.googleapis.com/token",
    }
    return write(folder / "key.json", info | changes)


def write(file: Path, info: Mapping[str, Any]) -> Path:
    file.write_text(json.dumps(info))
    return file


USER = {
    "type": "authorized_user",
    "client_id": "c",
    "client_secret": "s",
    "refresh_token": "r",
    "quota_project_id": "q",
}


class TokenService:
    """A google.auth.transport.Request that answers every call alike."""

    def __init__(self, status: int, data: Mapping[str, Any]) -> None:
        self.status, self.data = status, data
        self.calls: list[tuple[str, Mapping[str, Any]]] = []

    def __call__(self, url: str, body: Any = None, **_: Any) -> Any:
        text = body.decode() if isinstance(body, bytes) else body or ""
        self.calls.append((url, json.loads(text) if text.startswith("{") else parse_qs(text)))
        return SimpleNamespace(status=self.status, data=json.dumps(self.data).encode(), headers={})


GRANTED = {"access_token": "ya29.fresh", "expires_in": 3600, "token_type": "Bearer"}


def test_a_service_account_key_gives_a_token(tmp_path: Path) -> None:
    service = TokenService(200, GRANTED)
    token = fetch_token(Identity(file=key_file(tmp_path)), datetime.now(UTC).timestamp(), service)
    assert (token.value, token.account, token.project) == (
        "ya29.fresh",
        "robot@key-project.iam.gserviceaccount.com",
        "key-project",
    )
    assert token.is_fresh(datetime.now(UTC).timestamp() + 3200)
    assert not token.is_fresh(datetime.now(UTC).timestamp() + 3400)
    assert [url for url, _ in service.calls] == ["https://oauth2.googleapis.com/token"]


def test_a_users_credentials_give_a_token_and_their_quota_project(tmp_path: Path) -> None:
    service = TokenService(200, GRANTED)
    token = fetch_token(Identity(file=write(tmp_path / "adc.json", USER)), NOW, service)
    assert (token.value, token.quota_project) == ("ya29.fresh", "q")
    assert service.calls[0][1]["refresh_token"] == ["r"]


def test_impersonation_asks_for_a_token_of_the_last_account_in_the_chain() -> None:
    expiry = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    service = TokenService(200, {"accessToken": "ya29.robot", "expireTime": expiry})
    identity = Identity(token="ya29.me", impersonate="middle@p.iam, robot@p.iam")
    assert fetch_token(identity, NOW, service).value == "ya29.robot"
    url, body = service.calls[-1]
    assert url.endswith("/serviceAccounts/robot@p.iam:generateAccessToken")
    assert body["delegates"] == ["projects/-/serviceAccounts/middle@p.iam"]
    assert body["scope"] == ["https://www.googleapis.com/auth/cloud-platform"]


@pytest.fixture
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without credentials files, as google-auth itself looks for them."""
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "none"))


@pytest.mark.usefixtures("bare_machine")
@pytest.mark.skipif(os.environ.get("NO_GCE_CHECK") == "true", reason="google-auth is told not to look")
def test_the_metadata_server_gives_a_token_and_its_project() -> None:
    answers = {"project-id": "machine-project", "token": GRANTED, "universe-domain": "googleapis.com"}

    def metadata(url: str, **_: Any) -> Any:
        found = answers.get(url.partition("?")[0].rpartition("/")[2], {"email": "robot@p.iam", "scopes": ["s"]})
        data = found if isinstance(found, str) else json.dumps(found)
        headers = {
            "metadata-flavor": "Google",
            "content-type": "text/x" if isinstance(found, str) else "application/json",
        }
        return SimpleNamespace(status=200, data=data.encode(), headers=headers)

    token = fetch_token(Identity(), datetime.now(UTC).timestamp(), metadata)
    assert (token.value, token.project, token.account) == ("ya29.fresh", "machine-project", "robot@p.iam")


@pytest.mark.usefixtures("bare_machine")
def test_a_machine_without_any_credentials_says_how_to_get_some() -> None:
    with pytest.raises(CredentialsError, match=r"^there are no Google credentials on this machine$") as caught:
        fetch_token(Identity(), NOW, TokenService(404, {}))
    assert caught.value.hint == "`gcloud auth application-default login` signs you in; `--local` needs no credentials"


def test_tokens_are_asked_for_with_the_authorities_that_the_user_trusts() -> None:
    transport: Any = _make_transport(Path("/etc/corp.pem"))
    assert (transport.func.session.verify, transport.keywords) == ("/etc/corp.pem", {"timeout": 30})


def test_refused_credentials_say_so_with_the_way_to_sign_in(tmp_path: Path) -> None:
    service = TokenService(400, {"error": "invalid_grant", "error_description": "Token has been expired or revoked."})
    file = write(tmp_path / "adc.json", USER)
    with pytest.raises(CredentialsError) as caught:
        fetch_token(Identity(file=file), NOW, service)
    assert caught.value.message == (
        f"no token could be had with the user credentials in {file} (application default credentials): "
        "invalid_grant: Token has been expired or revoked."
    )
    assert caught.value.hint == ("`gcloud auth application-default login` signs you in; `--local` needs no credentials")


def test_a_token_service_that_cannot_be_reached_is_unreachable(tmp_path: Path) -> None:
    def unreachable(*_: Any, **__: Any) -> Any:
        raise TransportError("no route")  # type: ignore[no-untyped-call]

    with pytest.raises(
        Unreachable, match=r"^the token service cannot be reached for the user credentials in .*: no route$"
    ):
        fetch_token(Identity(file=write(tmp_path / "adc.json", USER)), NOW, unreachable)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("no json", r"^`.*creds.json`, named by flag --credentials-file, is not a JSON credentials file$"),
        ("[]", r"^`.*creds.json`, named by flag --credentials-file, is not a JSON credentials file$"),
        ('{"type": "martian"}', r"^no token could be had with the credentials in .*: .*does not have a valid type"),
        ('{"type": "service_account"}', r"^no token could be had with the service account key in .*: .*not in the exp"),
        (None, r"^`.*creds.json`, named by flag --credentials-file, cannot be read: No such file or directory$"),
    ],
    ids=["text", "list", "unknown type", "incomplete", "missing"],
)
def test_a_credentials_file_that_cannot_be_used_is_named(tmp_path: Path, content: str | None, message: str) -> None:
    file = tmp_path / "creds.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(CredentialsError, match=message):
        fetch_token(Identity("flag --credentials-file", file=file), NOW, TokenService(200, GRANTED))


def chosen(tmp_path: Path, environment: Mapping[str, str], flags: Mapping[str, str] | None = None) -> Identity:
    home = {"TRAINCTL_HOME": str(tmp_path), "HOME": str(tmp_path)}
    return Identity.from_settings(load_settings(flags or {}, {**home, **environment}))


def test_a_flag_outdoes_a_token_in_the_environment(tmp_path: Path) -> None:
    file = write(tmp_path / "adc.json", USER)
    environment = {"TRAINCTL_ACCESS_TOKEN": "t", "TRAINCTL_ACCESS_TOKEN_FILE": "/t"}
    assert chosen(tmp_path, environment).token == "t"
    identity = chosen(tmp_path, environment, {"credentials_file": str(file)})
    assert (identity.token, identity.token_file, identity.file) == (None, None, file)
    assert identity.source == f"user credentials in {file} (flag --credentials-file)"


def test_gclouds_application_default_credentials_are_found_without_gcloud(tmp_path: Path) -> None:
    folder = tmp_path / ".config" / "gcloud"
    folder.mkdir(parents=True)
    file = write(folder / "application_default_credentials.json", USER)
    assert chosen(tmp_path, {}).file == file
    assert chosen(tmp_path, {"TRAINCTL_ACCESS_TOKEN": "t"}).file is None
    assert chosen(tmp_path, {"CLOUDSDK_CONFIG": "/nowhere"}).source == "metadata server, if this machine has one"


def test_what_is_known_of_the_credentials_is_told_without_the_token(tmp_path: Path) -> None:
    file, clock = key_file(tmp_path), FakeClock()
    environment = {"TRAINCTL_HOME": str(tmp_path), "GOOGLE_APPLICATION_CREDENTIALS": str(file)}
    settings = load_settings({"quota_project": "bill"}, environment)
    authorizer = authorize(Identity.from_settings(settings), clock)
    source = f"service account key in {file} (environment GOOGLE_APPLICATION_CREDENTIALS)"
    email = "robot@key-project.iam.gserviceaccount.com"
    assert authorizer.describe() == Account(email, source, None, "key-project", "bill")
    assert authorizer.project() == "key-project"


def test_a_fetched_token_tells_its_account_and_end() -> None:
    clock = FakeClock()
    authorizer = authorize(Identity(), clock, fetch=Fetcher(clock))
    source = "metadata server, if this machine has one"
    assert authorizer.describe() == Account(None, source, None, None, None)
    expected = Account("me@example.com", source, BEGIN + timedelta(hours=1), "p", "q")
    assert authorizer.describe(fetch=True) == expected
    assert authorizer.project() == "p"


def test_every_change_of_identity_has_a_token_of_its_own(tmp_path: Path) -> None:
    subject = tmp_path / "subject"
    subject.write_text("job 1")
    federated = {"type": "external_account", "credential_source": {"file": str(subject)}}
    first = Identity(file=write(tmp_path / "wif.json", federated)).cache_key()
    subject.write_text("job 2")
    keys = [
        first,
        Identity(file=tmp_path / "wif.json").cache_key(),
        Identity(file=write(tmp_path / "adc.json", USER)).cache_key(),
        Identity(file=write(tmp_path / "other.json", USER | {"refresh_token": "r2"})).cache_key(),
        Identity(file=tmp_path / "adc.json", impersonate="robot@p.iam").cache_key(),
        Identity().cache_key(),
    ]
    assert None not in keys
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(
    "source", [{"url": "http://169.254.169.254/"}, {"executable": {"command": "/bin/x"}}, {"file": "/nowhere"}, None]
)
def test_a_federated_identity_whose_subject_is_not_known_is_not_kept(tmp_path: Path, source: Any) -> None:
    info = {"type": "external_account", "credential_source": source}
    assert Identity(file=write(tmp_path / "wif.json", info)).cache_key() is None


def test_no_secret_shows_in_any_repr(tmp_path: Path) -> None:
    file = key_file(tmp_path)
    settings = load_settings({}, {"TRAINCTL_HOME": str(tmp_path), "TRAINCTL_ACCESS_TOKEN": "ya29.secret"})
    identity = Identity.from_settings(settings)
    shown = (
        f"{identity!r} {Identity(file=file)!r} {Token('ya29.secret')!r} {settings!r} {settings.get('access_token')!r}"
    )
    assert "ya29.secret" not in shown
    assert "PRIVATE KEY" not in shown


def test_a_warm_command_does_not_import_google_auth(tmp_path: Path) -> None:
    key = Identity().cache_key()
    assert key
    TokenCache(tmp_path).save(key, Token.lasting("kept", NOW + 3600, NOW))
    code = """
import sys
from pathlib import Path
from tests.api.network import FakeClock
from trainctl.api.auth import authorize
from trainctl.api.identity import Identity
print(authorize(Identity(), FakeClock(), cache=Path(sys.argv[1])).headers("https://x.googleapis.com/"))
print("google.auth" in sys.modules, "requests" in sys.modules)
"""
    root = Path(__file__).parent.parent.parent
    command = [sys.executable, "-c", code, str(tmp_path)]
    result = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root)
    assert result.stdout == "{'authorization': 'Bearer kept'}\nFalse False\n"


def test_every_failure_of_credentials_has_exit_code_4() -> None:
    assert issubclass(CredentialsError, TrainctlError)
    assert CredentialsError.exit_code == 4


def test_a_machine_without_credentials_is_told_from_one_of_googles(tmp_path: Path) -> None:
    product = tmp_path / "product_name"
    nothing = Identity()
    assert nothing.is_there({}, product) is False
    assert nothing.is_there({"K_SERVICE": "trainer"}, product) is True
    product.write_text("Standard PC (Q35 + ICH9, 2009)\n")
    assert nothing.is_there({}, product) is False
    assert Identity(token=TOKEN).is_there({}, product) is True
    product.write_text("Google Compute Engine\n")
    assert nothing.is_there({}, product) is True


def test_a_token_that_cannot_be_kept_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "key.json").mkdir()
    TokenCache(tmp_path).save("key", Token(TOKEN, expiry=2e9, renew_at=1.9e9))
    assert [file.name for file in tmp_path.iterdir()] == ["key.json"]
