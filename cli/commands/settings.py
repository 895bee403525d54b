"""Which findings count, and how much: what `check` is told by options and by configuration.

Configuration is the `[tool.attractorc]` of a pyproject.toml, or an attractorc.toml, in the
folder of the file that is checked or the nearest one above. So a file's findings do not
depend on where the command was called. It must not know how files are read or findings shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from attractorc.compiler.diagnostic import Diagnostic, Severity

from .exits import Refused

SEVERITIES: Final = tuple(each.value for each in Severity)
_KEYS: Final = (
    *("select", "ignore", "severity", "fail-on", "redact", "no-redact"),
    *("backend", "agents", "providers", "status-file"),
)
READINGS: Final = ("strict", "lenient")


@dataclass(frozen=True, slots=True)
class Settings:
    """`select` is None for all rules; what `exec` refuses always counts, as an error.

    `redact` and `no_redact` name variables of the environment, for runs. So is the rest: the
    agent backend where nothing else names one, agents by name, as the handlers know them,
    backends by provider, and how status files are read. `place` is the file that says so.
    """

    select: frozenset[str] | None = None
    ignore: frozenset[str] = frozenset()
    severity: Mapping[str, Severity] = field(default_factory=dict)
    fail_on: Severity = Severity.ERROR
    redact: tuple[str, ...] = ()
    no_redact: tuple[str, ...] = ()
    backend: str | None = None
    agents: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    providers: Mapping[str, str] = field(default_factory=dict)
    status_file: str = READINGS[0]
    place: str = ""

    def shown(self, findings: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
        """The findings that count, with the severities that were asked for."""
        return tuple(
            found
            if found.severity is Severity.ERROR
            else replace(found, severity=self.severity.get(found.rule, found.severity))
            for found in findings
            if found.severity is Severity.ERROR or self._counts(found.rule)
        )

    def fails(self, found: Diagnostic) -> bool:
        """Whether a finding that is shown makes the check fail."""
        return found.severity.rank <= self.fail_on.rank

    def _counts(self, rule: str) -> bool:
        return rule not in self.ignore and (self.select is None or rule in self.select)


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says; it wins over configuration, rule by rule."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severity: tuple[str, ...] = ()
    fail_on: str | None = None

    def over(self, settings: Settings) -> Settings:
        """The settings as the command line changes them; `Refused` for a wrong option."""
        select, ignore = settings.select, settings.ignore
        if self.select:
            select = _rules(_listed(self.select), "--select")
            ignore -= select
        if self.ignore:
            ignore = _hidable(_rules(_listed(self.ignore), "--ignore"), "--ignore")
            select = None if select is None else select - ignore
        severity = {**settings.severity, **self._severity()}
        fail_on = Severity(self.fail_on) if self.fail_on else settings.fail_on
        return replace(settings, select=select, ignore=ignore, severity=severity, fail_on=fail_on)

    def _severity(self) -> dict[str, Severity]:
        wanted = {}
        for said in _listed(self.severity):
            rule, equals, level = said.partition("=")
            if not equals:
                raise Refused(f"--severity: '{said}' is not RULE=LEVEL, as in unused_input=info")
            wanted[rule] = level
        return _severities(wanted, "--severity")


def configured(table: Mapping[str, Any], place: str) -> Settings:
    """The settings of one configuration; `place` is what a sentence about it begins with."""
    for key in table:
        if key not in _KEYS:
            known = " or ".join(f"'{each}'" for each in _KEYS)
            raise Refused(f"{place} has no key '{key}'; {_meant(key, _KEYS) or f'use {known}'}")
    select = table.get("select")
    fail_on = table.get("fail-on", Severity.ERROR.value)
    severity = table.get("severity", {})
    if not isinstance(severity, Mapping):
        raise Refused(f'{place}, severity: must be a table, as in {{unused_input = "info"}}')
    return Settings(
        None if select is None else _rules(_texts(select, place, "select"), f"{place}, select"),
        _hidable(
            _rules(_texts(table.get("ignore", []), place, "ignore"), f"{place}, ignore"),
            f"{place}, ignore",
        ),
        _severities(severity, f"{place}, severity"),
        _level(fail_on, f"{place}, fail-on"),
        tuple(_texts(table.get("redact", []), place, "redact", "variable names")),
        tuple(_texts(table.get("no-redact", []), place, "no-redact", "variable names")),
        _text(table, place, "backend"),
        _agents(table.get("agents", {}), place),
        _providers(table.get("providers", {}), place),
        _reading(table.get("status-file", READINGS[0]), place),
        place,
    )


def _text(table: Mapping[str, Any], place: str, key: str) -> str | None:
    value = table.get(key)
    if value is None or (isinstance(value, str) and value):
        return value
    raise Refused(f'{place}, {key}: must be a name, as in "claude"')


def _agents(value: object, place: str) -> Mapping[str, Mapping[str, Any]]:
    """Tables by name; what is in them is for the handlers to judge."""
    if isinstance(value, Mapping) and all(isinstance(each, Mapping) for each in value.values()):
        return {str(name): dict(table) for name, table in value.items()}
    raise Refused(f"{place}, agents: must be a table of tables, as in [agents.coder]")


def _providers(value: object, place: str) -> Mapping[str, str]:
    if isinstance(value, Mapping) and all(isinstance(each, str) for each in value.values()):
        return dict(value)
    raise Refused(
        f'{place}, providers: must name a backend for each, as in {{anthropic = "claude"}}'
    )


def _reading(value: object, place: str) -> str:
    if isinstance(value, str) and value in READINGS:
        return value
    raise Refused(f"{place}, status-file: must be one of {', '.join(READINGS)}")


def _listed(given: Iterable[str]) -> tuple[str, ...]:
    """What was given by several options, or by one with commas."""
    return tuple(part.strip() for each in given for part in each.split(",") if part.strip())


def _texts(value: object, place: str, key: str, of: str = "rule names") -> list[str]:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return value
    example = {"rule names": "unused_input", "variable names": "DEPLOY_LOGIN"}[of]
    raise Refused(f'{place}, {key}: must be a list of {of}, as in ["{example}"]')


def _rules(names: Iterable[str], place: str) -> frozenset[str]:
    chosen = frozenset(names)
    if not chosen:
        return chosen
    from attractorc.compiler.rules.pages import pages

    known = {each.rule for each in pages()}
    for name in sorted(chosen - known):
        hint = _meant(name, known) or "`attractorc explain` lists all rules"
        raise Refused(f"{place}: there is no rule '{name}'; {hint}")
    return chosen


def _hidable(rules: frozenset[str], place: str) -> frozenset[str]:
    for rule in sorted(rules & _errors(rules)):
        raise Refused(f"{place}: '{rule}' is an error, which `exec` refuses; it cannot be hidden")
    return rules


def _errors(rules: frozenset[str]) -> frozenset[str]:
    """Those of the rules whose findings are errors, as far as their pages say."""
    if not rules:
        return rules
    from attractorc.compiler.rules.pages import pages

    return frozenset(each.rule for each in pages() if each.severity is Severity.ERROR)


def _severities(wanted: Mapping[str, object], place: str) -> dict[str, Severity]:
    rules = _rules(wanted, place)
    levels = {rule: _level(level, f"{place}, {rule}") for rule, level in wanted.items()}
    for rule in sorted(rules & _errors(rules)):
        if levels[rule] is not Severity.ERROR:
            raise Refused(
                f"{place}: '{rule}' is an error, which `exec` refuses; it cannot be lowered"
            )
    return levels


def _level(said: object, place: str) -> Severity:
    if said in SEVERITIES:
        return Severity(said)
    known = ", ".join(SEVERITIES)
    hint = _meant(said, SEVERITIES) if isinstance(said, str) else ""
    raise Refused(f"{place}: {said!r} is no severity; {hint or f'write one of {known}'}")


def _meant(name: str, known: Iterable[str]) -> str:
    from attractorc.compiler.value import nearest

    meant = nearest(name, known)
    return f"did you mean '{meant}'?" if meant else ""
