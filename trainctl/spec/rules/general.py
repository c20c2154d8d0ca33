"""What is said of any spec, whatever its kind: the codes of the loader and the schemas, so that each can be explained.

Nothing is checked here.
"""

from __future__ import annotations

from trainctl.spec.rules.rule import HEAD, IMAGE, WARNING, Rule, by_schema

_YAML = "YAML 1.2.2, https://yaml.org/spec/1.2.2"
_FORMAT = "the spec format of trainctl"


def _rule(code: str, sentence: str, cure: str, source: str = _FORMAT, *, bad: str = "", good: str = IMAGE) -> Rule:
    return Rule(code, sentence, cure, source, by_schema, bad, good)


_ONE_POOL = (
    f"{HEAD}worker_pool_specs:\n  machine_spec: {{machine_type: n1-standard-4}}\n  container_spec: {{image_uri: a/b}}\n"
)

_FILES = (
    _rule("not-found", "A spec is a file that exists, or `-` for standard input.", "check the path"),
    _rule("unreadable", "A spec is a file that you may read.", "check the name and its permissions"),
    _rule(
        "program", "A spec names the training code, and is not the code itself.", "begin with `trainctl init custom`"
    ),
    _rule("too-large", "A spec file has at most 4 MiB.", "check that it is the right file"),
    _rule("binary", "A spec is text.", "save it as UTF-8 text"),
    _rule("encoding", "A spec is in UTF-8.", "save it as UTF-8", _YAML),
    _rule(
        "empty", "A spec file holds at least one document.", "begin one with `trainctl init KIND`", bad="# nothing\n"
    ),
    _rule("no-mapping", "A spec is a mapping of fields.", "begin with `kind: ...`", bad="- kind: custom\n"),
)
_SYNTAX = (
    _rule("yaml", "A spec is YAML 1.2 or JSON.", "mend the line that is shown", _YAML, bad=f"{HEAD}args: [a\n"),
    _rule("tab", "YAML is indented with spaces.", "replace the tab by spaces", _YAML, bad=f"{HEAD}labels:\n\ta: b\n"),
    _rule("control-character", "Text holds no control characters.", "remove it", _YAML, bad=f"{HEAD}a: \x07\n"),
    _rule(
        "tag", "A spec holds plain values: no tags but the standard ones.", "leave it out", bad=f"{IMAGE}args: !x []\n"
    ),
    _rule("merge-key", "YAML 1.2 has no merge key `<<`.", "write the fields out", _YAML, bad=f"{HEAD}<<: {{a: b}}\n"),
    _rule("unknown-alias", "An alias has an anchor above it.", "name an anchor", _YAML, bad=f"{HEAD}args: *a\n"),
    _rule("duplicate-anchor", "An anchor is set once.", "rename one", _YAML, bad=f"{HEAD}a: &x b\nc: &x d\n"),
    _rule(
        "recursive-alias",
        "An anchor does not contain itself.",
        "write the value out",
        bad=f"{IMAGE}labels: &l {{a: *l}}\n",
    ),
    _rule("too-deep", "Mappings and lists nest at most 64 levels.", "leave some out", bad=f"a: {'[' * 99}{']' * 99}\n"),
    _rule("too-many-values", "A document holds at most 100 000 values.", "look for aliases that multiply each other"),
    _rule(
        "number-range", "A number fits a JSON request: no infinity, no NaN.", "quote it", bad=f"{IMAGE}timeout: .inf\n"
    ),
)
_KEYS = (
    _rule(
        "duplicate-key", "A key stands once in a mapping.", "keep one", _YAML, bad=f"{IMAGE}timeout: 5\ntimeout: 6\n"
    ),
    _rule("key-type", "Keys are strings.", "quote the key", bad=f"{IMAGE}labels: {{1: a}}\n"),
    _rule("no-value", "A key has a value.", "write one, or `null` to leave it out", bad=f"{IMAGE}labels:\n"),
    _rule(
        "both-spellings",
        "A field is written once, in either spelling.",
        "keep one",
        bad=f"{IMAGE}args: [a]\nmachineType: n1-standard-4\nmachine_type: n1-standard-4\n",
    ),
    _rule(
        "unknown-field",
        "Every field is one that the schema names.",
        "`trainctl explain KIND` lists them",
        bad=f"{IMAGE}zone: a\n",
    ),
    _rule(
        "variable",
        "Every `${var.NAME}` and `${env.NAME}` has a value or a default.",
        "give it with `--var NAME=VALUE`",
        bad=f"{IMAGE}args: ['${{var.A}}']\n",
    ),
    _rule("more-problems", "Only the first hundred problems of a document are shown.", "mend these first"),
    _rule("set", "`--set` has a path and a value.", "write `--set path.to[0].field=value`"),
    _rule("kind-missing", "A spec says its kind.", "write `kind: custom` at its top"),
    _rule("kind-unknown", "A spec's kind is one that trainctl knows.", "`trainctl schema list` shows all kinds"),
)
_VALUES = (
    _rule("missing", "A required field is there.", "add it", bad="kind: custom\ncontainer_uri: a/b\n"),
    _rule(
        "type", "A value has the type of its field.", "`trainctl explain KIND.FIELD` tells it", bad=f"{IMAGE}args: x\n"
    ),
    _rule(
        "choice",
        "A value is one of those that its field takes.",
        "choose one of them",
        bad=f"{IMAGE}scheduling_strategy: FAST\n",
    ),
    _rule(
        "range",
        "A number is within the limits of its field.",
        "choose one within",
        bad=f"{IMAGE}reduction_server_replica_count: -1\n",
    ),
    _rule("length", "A text or list is within the limits of its field.", "shorten it"),
    _rule(
        "form",
        "A text has the form that its field asks for.",
        "follow the example",
        bad=f"{IMAGE}staging_bucket: My Bucket\n",
    ),
    _rule(
        "empty-value",
        "A text or list holds something.",
        "give it a value, or remove it",
        bad=f"{IMAGE}service_account: ''\n",
    ),
    Rule(
        "single-item",
        "Worker pools are a list.",
        "write `- ` before the first line",
        "gcloud, which takes a mapping too",
        by_schema,
        _ONE_POOL,
        IMAGE,
        WARNING,
    ),
)
_SUBMISSIONS = (
    Rule(
        "secret",
        "A spec holds no private key, access token or API key: everybody who may see the job would see it.",
        "let the job read it from Secret Manager, or give it a `service_account`",
        "https://cloud.google.com/secret-manager/docs/best-practices",
        by_schema,
        f"{IMAGE}environment_variables: {{TOKEN: ya29.a0AbCdEfGhIjKlMnOpQrStUv}}\n",
        f"{IMAGE}service_account: trainer@my-project.iam.gserviceaccount.com\n",
        WARNING,
    ),
    Rule(
        "gcloud-flag",
        "The file of a tuning job says how many trials there are, for which gcloud has flags.",
        "add `maxTrialCount` and `parallelTrialCount`",
        "gcloud ai hp-tuning-jobs create: both flags are 1 by default",
        by_schema,
        "",
        IMAGE,
        WARNING,
    ),
    Rule(
        "project-unknown",
        "A job has a project.",
        "add `project:` or `--project`",
        _FORMAT,
        by_schema,
        "",
        IMAGE,
        WARNING,
    ),
    Rule(
        "kms-unused",
        "A job is encrypted with the key of the settings where its kind has a field for keys and its spec names none.",
        "name the key in the REST body",
        _FORMAT,
        by_schema,
        "",
        IMAGE,
        WARNING,
    ),
    _rule(
        "staging-bucket-missing", "Local code needs a bucket to be uploaded to.", "add `staging_bucket: gs://BUCKET`"
    ),
    _rule(
        "code-unusable", "`script_path` names a file, a package or a project that Python can pack.", "check the path"
    ),
)

RULES = (*_FILES, *_SYNTAX, *_KEYS, *_VALUES, *_SUBMISSIONS)
