from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from trainctl.errors import UsageError
from trainctl.settings import NAMES, Paths, Setting, Settings, load_settings, set_value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

CONFIG = """\
# ours
profile: ci
profiles:
  ci:
    project: from-profile  # billing unit 7
    endpoints:
      vertex: https://vertex.example

    # the big bucket
    staging_bucket: gs://profile-bucket/
  laptop: {local: true}
"""
PROPERTIES = """\
[core]
project = from-gcloud
custom_ca_certs_file = /etc/corp.pem

[ai]
region = europe-west4

[compute]
region = us-east1

[billing]
quota_project = CURRENT_PROJECT

[api_endpoint_overrides]
aiplatform = https://gcloud-vertex.example/
storage = https://gcloud-storage.example/storage/v1/
"""


@dataclass
class Home:
    """A user's home with configuration in it."""

    folder: Path

    @property
    def config(self) -> Path:
        return self.folder / "config.yaml"

    def load(self, flags: Mapping[str, Any] | None = None, **environment: str) -> Settings:
        home = {"HOME": str(self.folder), "TRAINCTL_HOME": str(self.folder)}
        return load_settings(flags or {}, home | environment)

    def write_gcloud(self, content: str, name: str = "default") -> Home:
        folder = self.folder / ".config" / "gcloud" / "configurations"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"config_{name}").write_text(content)
        return self

    def write_config(self, content: str) -> Home:
        self.config.write_text(content)
        return self


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_without_any_source_every_setting_is_its_default(home: Home) -> None:
    values = home.load().values
    assert list(values) == list(NAMES)
    assert {name: setting for name, setting in values.items() if setting.value is not None} == {
        "profile": Setting("default", "default"),
        "local": Setting(False, "default"),
        "universe_domain": Setting("googleapis.com", "default"),
        "request_timeout": Setting(60.0, "default"),
        "journal": Setting(True, "default"),
        "journal_days": Setting(90, "default"),
        "journal_rows": Setting(10_000, "default"),
        "output": Setting("table", "default"),
        "color": Setting("auto", "default"),
        "quiet": Setting(False, "default"),
        "debug": Setting(False, "default"),
    }
    assert list(home.folder.iterdir()) == []


def test_the_first_source_that_gives_a_value_wins_and_is_named(home: Home) -> None:
    def project(**given: Any) -> Setting:
        return home.load(given.pop("flags", {}), **given).get("project")

    assert project() == Setting(None, "default")
    home.write_gcloud(PROPERTIES)
    assert project() == Setting("from-gcloud", "gcloud configuration default")
    home.write_config(CONFIG)
    assert project() == Setting("from-profile", f"profile ci ({home.config})")
    second = {"GOOGLE_CLOUD_PROJECT": "from-google"}
    assert project(**second) == Setting("from-google", "environment GOOGLE_CLOUD_PROJECT")
    first = second | {"TRAINCTL_PROJECT": "from-environment"}
    assert project(**first) == Setting("from-environment", "environment TRAINCTL_PROJECT")
    assert project(flags={"project": "from-flag"}, **first) == Setting("from-flag", "flag --project")
    assert project(flags={"project": None}, TRAINCTL_PROJECT="") == project()


@pytest.mark.parametrize("name", [name for name in NAMES.values() if name.environment], ids=lambda name: name.name)
def test_every_variable_of_the_table_is_heeded(home: Home, name: Any) -> None:
    samples = {
        "project": "my-project",
        "location": "us-central1",
        "staging_bucket": "gs://bucket",
        "encryption_key": "projects/p/locations/l/keyRings/r/cryptoKeys/k",
        "request_timeout": "5",
        "journal_days": "5",
        "journal_rows": "5",
        "output": "json",
        "color": "never",
    }
    for entry in name.environment:
        variable, _, meaning = entry.partition("=")
        sample = "https://x.example" if name.name.startswith("endpoints.") else samples.get(name.name, "true")
        if name.name == "profile":
            home.write_config("profiles: {'true': {}}")
        setting = home.load({}, **{variable: sample}).get(name.name)
        assert (setting.value, setting.origin) == (name.check(meaning or sample), f"environment {variable}")


def test_gclouds_configuration_is_read_without_gcloud(home: Home) -> None:
    settings = home.write_gcloud(PROPERTIES).load()
    assert settings.location == "europe-west4"
    assert settings.endpoints == {
        "vertex": "https://gcloud-vertex.example",
        "storage": "https://gcloud-storage.example",
    }
    assert str(settings.ca_file) == "/etc/corp.pem"
    assert settings.quota_project is None


def test_gclouds_active_configuration_is_the_one_that_gcloud_would_use(home: Home) -> None:
    home.write_gcloud("[core]\nproject = a-project\n", "work").write_gcloud(PROPERTIES)
    (home.folder / ".config" / "gcloud" / "active_config").write_text("work\n")
    assert home.load().get("project") == Setting("a-project", "gcloud configuration work")
    chosen = home.load({}, CLOUDSDK_ACTIVE_CONFIG_NAME="default")
    assert chosen.get("project") == Setting("from-gcloud", "gcloud configuration default")
    variable = home.load({}, CLOUDSDK_CORE_PROJECT="from-variable")
    assert variable.get("project") == Setting("from-variable", "environment CLOUDSDK_CORE_PROJECT")
    assert home.load({}, CLOUDSDK_CONFIG=str(home.folder / "none")).project is None


def test_a_profile_is_chosen_by_flag_environment_or_the_file(home: Home) -> None:
    home.write_config(CONFIG)
    assert (home.load().get("profile").origin, home.load().local) == (f"`profile` in {home.config}", False)
    assert home.load({"profile": "laptop"}).local is True
    assert home.load({}, TRAINCTL_PROFILE="laptop").get("local").origin == f"profile laptop ({home.config})"
    assert home.load().profiles == ("ci", "laptop")


def test_color_follows_the_conventions_of_the_environment(home: Home) -> None:
    assert home.load({}, NO_COLOR="1").get("color") == Setting("never", "environment NO_COLOR")
    assert home.load({}, FORCE_COLOR="1").color == "always"
    assert home.load({}, TRAINCTL_COLOR="auto", NO_COLOR="1").color == "auto"


def test_a_path_in_a_profile_starts_at_its_file(home: Home) -> None:
    home.write_config("profiles: {default: {credentials_file: keys/ci.json, access_token_file: /run/token}}")
    settings = home.load()
    assert settings.credentials_file == home.folder / "keys" / "ci.json"
    assert str(settings.access_token_file) == "/run/token"


@pytest.mark.parametrize(("name", "value"), [("project", "p"), ("staging_bucket", "gs://b"), ("project", "a.com:b")])
def test_short_names_such_as_documents_use_are_taken(home: Home, name: str, value: str) -> None:
    assert home.load({name: value}).get(name).value == value


def test_the_access_token_never_shows_itself(home: Home) -> None:
    settings = home.load({}, TRAINCTL_ACCESS_TOKEN="ya29.secret")
    assert settings.access_token == "ya29.secret"
    assert repr(settings.get("access_token")) == "Setting('********', 'environment TRAINCTL_ACCESS_TOKEN')"
    assert "ya29" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("location", "us-central1-a", "`us-central1-a` for `location` from {} is not a location such as `us-central1`"),
        ("project", "My Project", "`My Project` for `project` from {} is not a project id"),
        (
            "staging_bucket",
            "bucket",
            "`bucket` for `staging_bucket` from {} is not a bucket such as `gs://my-bucket` or `gs://my-bucket/folder`",
        ),
        (
            "endpoints.vertex",
            "http://vertex.example",
            "`http://vertex.example` for `endpoints.vertex` from {} is not an https URL: "  # noqa: ISC004
            "plain http is for loopback addresses only, since a token is sent there",
        ),
        (
            "endpoints.vertex",
            "vertex.example",
            "`vertex.example` for `endpoints.vertex` from {} is not a base URL such as `https://example.com`",
        ),
        (
            "endpoints.vertex",
            "https://me:hidden@vertex.example",
            "its value for `endpoints.vertex` from {} is not a base URL such as `https://example.com`",
        ),
        (
            "encryption_key",
            "key",
            "`key` for `encryption_key` from {} is not a key name: `projects/P/locations/L/keyRings/R/cryptoKeys/K`",
        ),
        ("local", "perhaps", "`perhaps` for `local` from {} is not true or false"),
        ("request_timeout", "-1", "`-1` for `request_timeout` from {} is not a number above zero"),
        ("output", "xml", "`xml` for `output` from {} is not one of table, wide, json, jsonl, yaml, csv, name"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_with_its_origin(
    home: Home, name: str, value: str, message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        home.load({name: value})
    assert caught.value.message == message.format(f"flag {NAMES[name].flag}")


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("https://x.example/v1/", "https://x.example"),
        ("https://x.example/proxy/v1", "https://x.example/proxy"),
        ("https://x.example/storage/v1/", "https://x.example"),
        ("http://localhost:8080/", "http://localhost:8080"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_an_endpoint_is_kept_without_its_version(home: Home, value: str, kept: str) -> None:
    assert home.load({}, TRAINCTL_ENDPOINT_VERTEX=value).endpoints == {"vertex": kept}


def test_several_locations_are_for_those_who_take_several(home: Home) -> None:
    settings = home.load({"location": "us-central1, europe-west4"})
    assert settings.locations == ("us-central1", "europe-west4")
    with pytest.raises(UsageError) as caught:
        _ = settings.location
    assert caught.value.message == "this needs one location, and `us-central1,europe-west4` is given by flag --location"
    assert home.load({"location": "all"}).locations == ("all",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("profiles: {ci: {projct: x}}", "there is no setting `projct`, which stands in profile ci ({})"),
        ("profiles: {ci: {access_token: x}}", "`access_token` cannot be kept in profile ci ({})"),
        ("project: x", "`{}` has the unknown key `project`"),
        ("profiles: [ci]", "`profiles` in `{}` is not a mapping of profiles"),
        ("- a", "`{}` is not a mapping"),
        ("a: [", "`{}` is no YAML: line 2, column 1: did not find expected node content"),
    ],
)
def test_a_broken_config_file_is_named(home: Home, content: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        home.write_config(content).load()
    assert caught.value.message.startswith(message.format(home.config))


def test_a_broken_gcloud_configuration_is_named(home: Home) -> None:
    with pytest.raises(
        UsageError, match=r"^gcloud's configuration `.*config_default` cannot be read: File contains no"
    ):
        home.write_gcloud("project = x\n").load()


@pytest.mark.parametrize(
    ("attempt", "message", "hint"),
    [
        (
            lambda home: home.load({"profile": "cu"}),
            "there is no profile `cu`, which flag --profile names",
            "there are `ci`, `laptop`; `trainctl config set --profile cu NAME VALUE` makes it",
        ),
        (
            lambda home: home.load().get("projekt"),
            "there is no setting `projekt`",
            "did you mean `project`?",
        ),
        (
            lambda home: home.load().get("xyz"),
            "there is no setting `xyz`",
            "`trainctl config list` shows every setting",
        ),
        (
            lambda home: set_value(home.load().paths, "ci", "access_token", "t"),
            "`access_token` is never kept in a file",
            "set TRAINCTL_ACCESS_TOKEN instead",
        ),
    ],
)
def test_unknown_names_come_with_a_hint(home: Home, attempt: Callable[[Home], object], message: str, hint: str) -> None:
    home.write_config(CONFIG)
    with pytest.raises(UsageError) as caught:
        attempt(home)
    assert (caught.value.message, caught.value.hint) == (message, hint)


def test_a_first_value_makes_a_file_for_its_owner_only(home: Home) -> None:
    home.folder /= "new"
    set_value(home.load().paths, "default", "project", "my-project")
    assert home.config.read_text() == "profiles:\n  default:\n    project: my-project\n"
    assert home.load().project == "my-project"
    if os.name == "posix":
        assert [oct(each.stat().st_mode & 0o777) for each in (home.folder, home.config)] == ["0o700", "0o600"]


EDITS = [
    ("project", "other", ("project: from-profile ", "project: other ")),
    ("staging_bucket", "gs://new/", ("staging_bucket: gs://profile-bucket/", "staging_bucket: gs://new")),
    ("local", "yes", ("profile-bucket/\n", "profile-bucket/\n    local: true\n")),
    (
        "endpoints.storage",
        "https://s.example/v1",
        ("vertex.example\n", "vertex.example\n      storage: https://s.example\n"),
    ),
    ("profile", "laptop", ("profile: ci", "profile: laptop")),
    ("request_timeout", "2.5", ("profile-bucket/\n", "profile-bucket/\n    request_timeout: 2.5\n")),
]


@pytest.mark.parametrize(("name", "value", "change"), EDITS, ids=[edit[0] for edit in EDITS])
def test_setting_a_value_changes_its_line_and_no_other(
    home: Home, name: str, value: str, change: tuple[str, str]
) -> None:
    home.write_config(CONFIG)
    set_value(home.load().paths, "ci", name, value)
    assert home.config.read_text() == CONFIG.replace(*change)


def test_a_value_is_taken_out_with_its_line(home: Home) -> None:
    home.write_config(CONFIG)
    set_value(home.load().paths, "ci", "project", None)
    assert home.config.read_text() == CONFIG.replace("    project: from-profile  # billing unit 7\n", "")
    set_value(home.load().paths, "ci", "quota_project", None)
    assert home.load().project is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "profiles:\n  new:\n    project: abc\n"),
        ("profile: new", "profile: new\nprofiles:\n  new:\n    project: abc\n"),
        ("profiles:\n  new:\n", "profiles:\n  new:\n    project: abc\n"),
        ("profiles: {a: {project: xyz}} # c\n", "profiles:\n  a:\n    project: xyz\n  new:\n    project: abc\n"),
        (
            "profiles:\n    a:\n        project: xyz",
            "profiles:\n    a:\n        project: xyz\n    new:\n      project: abc\n",
        ),
    ],
    ids=["empty", "no profiles", "an empty profile", "flow mappings lose comments", "other indentation"],
)
def test_a_new_profile_finds_its_place(home: Home, before: str, after: str) -> None:
    home.write_config(before)
    set_value(Paths.find({"TRAINCTL_HOME": str(home.folder)}), "new", "project", "abc")
    assert home.config.read_text() == after


def test_a_value_that_cannot_be_used_leaves_the_file_alone(home: Home) -> None:
    home.write_config(CONFIG)
    with pytest.raises(UsageError, match=r"^`x y` for `project` from the command line is not a project id$"):
        set_value(home.load().paths, "ci", "project", "x y")
    assert home.config.read_text() == CONFIG


def test_a_file_that_cannot_be_read_is_a_usage_error(home: Home) -> None:
    home.config.mkdir()
    with pytest.raises(UsageError) as caught:
        home.load()
    assert caught.value.message == f"`{home.config}` cannot be read: Is a directory"


def test_everything_lives_under_one_folder_when_that_is_wanted(home: Home) -> None:
    paths = home.load().paths
    assert (paths.config_file, paths.state, paths.cache) == (
        home.config,
        home.folder / "state",
        home.folder / "cache",
    )
    assert (paths.journal, paths.tokens) == (paths.state / "journal.sqlite3", paths.cache / "tokens")


def test_without_a_folder_of_its_own_everything_lives_where_the_system_wants_it() -> None:
    paths = Paths.find({})
    folders = (paths.config_file.parent, paths.state, paths.cache)
    assert all("trainctl" in folder.parts for folder in folders)
    assert len({*folders}) == 3 or sys.platform != "linux"
