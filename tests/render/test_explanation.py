"""What `explain` shows of a field that holds others."""

from __future__ import annotations

from tests.render.stage import console
from trainctl.render.explanation import rule_text, text
from trainctl.spec.explain import explain
from trainctl.spec.rules.general import RULES

FOUND = explain("hptune", "parameter_spec")


def test_a_pipe_gets_fields_in_whole_lines() -> None:
    lines = text(FOUND, console()).splitlines()
    assert "  max                         The greatest value of a double or integer parameter, itself included" in lines


def test_a_terminal_cuts_them_and_says_how_to_read_on() -> None:
    lines = text(FOUND, console(out_terminal=True)).splitlines()
    assert [line for line in lines if len(line) > 80] == []
    assert lines[-1] == "hint: `trainctl explain hptune.parameter_spec.FIELD` tells all of one"


def test_a_rule_that_no_spec_can_break_has_no_examples() -> None:
    shown = {rule.code: rule_text(rule, console()) for rule in RULES}
    assert "bad:" in shown["yaml"]
    assert shown["not-found"].endswith("source:   the spec format of trainctl\n")
