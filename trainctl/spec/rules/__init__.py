"""What Google's documents state and no schema can say: rules, each a small function beside its words.

A kind names its rules itself (`trainctl.kinds`); nothing is imported here but what a rule is, so that a check loads the
modules of its own kind and no others.
"""

from __future__ import annotations

from trainctl.spec.rules.rule import Finding, Rule, Where

__all__ = ["Finding", "Rule", "Where"]
