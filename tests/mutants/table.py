"""The breakages: for each law and each strategy of joins and merges at least one.

Each is what a hurried change could do. The text to replace is code as it stands; a test
holds the table and the code together. It must not know how a breakage is tried.
"""

from __future__ import annotations

from .breakage import Mutant

LAWS = "tests/laws/test_laws.py"
JOINS = "tests/interpreter/test_joins.py"
MERGE_LAWS = "tests/interpreter/test_merge_laws.py"
MERGES = "tests/interpreter/test_merges.py"
WINNER = "tests/interpreter/test_winner.py"
VALUES = "tests/interpreter/test_merge_values.py"

CORE = f"{LAWS}::test_every_order_and_every_timeout_keeps_the_laws[core]"
ANY = f"{LAWS}::test_every_order_and_every_timeout_keeps_the_laws[any join]"
NESTED = f"{LAWS}::test_no_interleaving_shows_in_the_canonical_outcome"
EARLY = f"{JOINS}::test_a_counting_policy_is_decided_exactly_when_every_completion_agrees"
KLEENE = f"{JOINS}::test_a_formula_follows_kleene_and_not_every_completion"
STANDS = f"{JOINS}::test_a_tally_decides_at_the_earliest_end_and_stands_by_it_in_every_order"
ALIKE = f"{JOINS}::test_partial_success_counts_as_success_and_a_timeout_as_failure"
GROUPS = f"{MERGE_LAWS}::test_merging_a_merged_group_changes_nothing"
ORDERS = f"{MERGE_LAWS}::test_no_order_of_the_branches_shows"
TWICE = f"{MERGE_LAWS}::test_a_write_twice_is_a_write_once"
READ_BACK = f"{MERGE_LAWS}::test_every_write_can_be_read_back"
ONCE = f"{MERGE_LAWS}::test_each_write_is_found_exactly_once_and_in_a_state_that_is_true"
SILENT = f"{MERGE_LAWS}::test_a_branch_that_writes_nothing_changes_nothing"
OWN_RULE = f"{MERGE_LAWS}::test_no_key_is_merged_by_the_rule_of_another"
APART = f"{MERGE_LAWS}::test_a_branch_with_keys_of_its_own_changes_no_other_key"
NAMES = f"{MERGE_LAWS}::test_renaming_branches_changes_no_result_but_the_names_in_it"
DECODED = f"{MERGE_LAWS}::test_a_merge_of_values_read_back_from_json_is_the_same"
ALIKE_READ = f"{MERGE_LAWS}::test_no_strategy_tells_a_value_from_the_one_read_back"
BYTES = f"{MERGE_LAWS}::test_the_same_inputs_give_the_same_bytes_however_they_are_laid_out"
CASES = f"{MERGES}::test_a_strategy"
NO_GUESS = f"{MERGES}::test_a_strategy_never_guesses"
BEST = f"{WINNER}::test_the_winner"


def _mutants(
    folder: str, *rows: tuple[str, str, str, str, str, str | tuple[str, ...]]
) -> tuple[Mutant, ...]:
    return tuple(
        Mutant(
            name, law, f"{folder}{file}", old, new, (tests,) if isinstance(tests, str) else tests
        )
        for name, law, file, old, new, tests in rows
    )


JOIN_MUTANTS = _mutants(
    "interpreter/joins/",
    (
        "a quorum is rounded down",
        "quorum",
        "threshold.py",
        "math.ceil(join.ratio * count)",
        "math.floor(join.ratio * count)",
        EARLY,
    ),
    (
        "a quorum of a float",
        "quorum",
        "threshold.py",
        "math.ceil(join.ratio * count)",
        "math.ceil(float(join.ratio) * count + 1e-9)",
        EARLY,
    ),
    (
        "a quorum of nobody",
        "quorum",
        "threshold.py",
        "Threshold(max(1, math.ceil(join.ratio * count)))",
        "Threshold(math.ceil(join.ratio * count))",
        EARLY,
    ),
    (
        "half is a majority",
        "majority",
        "threshold.py",
        "count // 2 + 1",
        "(count + 1) // 2",
        EARLY,
    ),
    (
        "all_success lets one go",
        "all_success",
        "threshold.py",
        "Threshold(max(1, count))",
        "Threshold(max(1, count - 1))",
        EARLY,
    ),
    (
        "first_success waits for all",
        "first_success",
        "threshold.py",
        '"first_success": lambda join, count: Threshold(1),',
        '"first_success": lambda join, count: Threshold(1, every_end=True),',
        EARLY,
    ),
    (
        "wait_all does not wait",
        "wait_all",
        "threshold.py",
        '"wait_all": lambda join, count: Threshold(1, every_end=True),',
        '"wait_all": lambda join, count: Threshold(1),',
        EARLY,
    ),
    (
        "all_done needs a success",
        "all_done",
        "threshold.py",
        "Threshold(0, every_end=True)",
        "Threshold(1, every_end=True)",
        EARLY,
    ),
    (
        "one more than k",
        "k_of_n",
        "threshold.py",
        "return Threshold(join.k)",
        "return Threshold(join.k + 1)",
        EARLY,
    ),
    (
        "ignored failures stay in the count",
        "ignore",
        "threshold.py",
        'count = 1 if policy.error_policy == "ignore" else activated',
        "count = activated",
        EARLY,
    ),
    (
        "a lost join is waited for",
        "decided as early as possible",
        "threshold.py",
        "if not reached and counts.succeeded + counts.open < needed.successes:",
        "if not reached and not counts.open:",
        (EARLY, CORE),
    ),
    (
        "skipped counts as failed",
        "skipped",
        "tally.py",
        "self._activated = sum(1 for end in self._ends.values() if end is None)",
        "self._activated = len(self._ends)",
        EARLY,
    ),
    (
        "a decision is revised",
        "once decided, never changed",
        "tally.py",
        "        if self._verdict.satisfied is None:\n            self._verdict = self._judged()",
        "        self._verdict = self._judged()",
        STANDS,
    ),
    (
        "a decision is revised while losers are drained",
        "once decided, never changed",
        "tally.py",
        "        if self._verdict.satisfied is None:\n            self._verdict = self._judged()",
        "        self._verdict = self._judged()",
        f"{JOINS}::test_the_counts_go_on_after_the_decision",
    ),
    (
        "fail_fast sees only the last end",
        "fail_fast",
        "tally.py",
        "if end.failed and not self._first_failed:",
        "if end.failed and not self._first_failed and not self._numbers[True]:",
        STANDS,
    ),
    (
        "fail_fast is not heeded",
        "fail_fast",
        "tally.py",
        'if self._first_failed and self._policy.error_policy == "fail_fast":',
        'if self._first_failed and self._policy.error_policy == "never":',
        (STANDS, CORE),
    ),
    (
        "an old reading of the formula stands",
        "formulas",
        "tally.py",
        "        if branch in self._named:\n            self._reading = None",
        "        if branch in self._named and self._reading is None:\n"
        "            self._reading = None",
        (STANDS,),
    ),
    (
        "a formula of failures is satisfied by nobody",
        "a count of zero",
        "tally.py",
        "if ignoring and not counts.succeeded and not counts.open:",
        "if ignoring and not counts.activated and not counts.open:",
        KLEENE,
    ),
    (
        "an unknown atom is false",
        "three values",
        "formula.py",
        "return (None, ()) if end is None else (_holds(state, end), (branch,))",
        "return (False, ()) if end is None else (_holds(state, end), (branch,))",
        (KLEENE, CORE),
    ),
    (
        "not unknown is true",
        "negation",
        "formula.py",
        "return (None if value is None else not value), because",
        "return not value, because",
        KLEENE,
    ),
    (
        "a conjunction waits for all its parts",
        "decided as early as possible",
        "formula.py",
        "        if value is decisive:\n            return decisive, because",
        "        if value is decisive and not unknown:\n            return decisive, because",
        KLEENE,
    ),
    (
        "skipped satisfies .failed",
        "states",
        "formula.py",
        '            return end.failed\n        case "skipped"',
        '            return end.failed or end is End.SKIPPED\n        case "skipped"',
        KLEENE,
    ),
    (
        "k of counts whoever is done",
        "k of",
        "formula.py",
        "        elif end.succeeded:\n            succeeded.append(branch)",
        "        elif end is not End.SKIPPED:\n            succeeded.append(branch)",
        KLEENE,
    ),
    (
        "k of gives up too late",
        "k of",
        "formula.py",
        "if len(succeeded) + unknown < k:",
        "if not unknown:",
        KLEENE,
    ),
)

DECIDE_MUTANTS = _mutants(
    "interpreter/",
    (
        "ends are taken as they come",
        "declared order",
        "decide/branches.py",
        'if fork.decide == "arrival":',
        'if fork.region.policy.decide != "":',
        ANY,
    ),
    (
        "the youngest arrival is taken first",
        "arrival order",
        "decide/branches.py",
        "next((fork.branches[index] for index in fork.arrived), None)",
        "next((fork.branches[index] for index in reversed(fork.arrived)), None)",
        ANY,
    ),
    (
        "a join that is decided goes on taking ends",
        "once decided, never changed",
        "decide/branches.py",
        "satisfied is not None and not (fork.late and fork.open):",
        "satisfied is not None and not (fork.late and fork.open or _next_end(fork)):",
        ANY,
    ),
    (
        "control leaves while losers run",
        "no attempt is left",
        "state/endings.py",
        "    if not any(walker.path in state.running for walker in state.subtree(branch.path)):\n",
        "    if branch.phase:\n",
        ANY,
    ),
    (
        "a loser that had ended keeps its end",
        "losers are cancelled",
        "decide/given_up.py",
        "yield terminal(state, fork, branch, End.CANCELLED)\n        else:",
        "yield terminal(state, fork, branch, branch.arrival or End.CANCELLED)\n        else:",
        ANY,
    ),
    (
        "a branch that is late is called failed",
        "timeouts",
        "decide/given_up.py",
        "status=End.TIMED_OUT.value",
        "status=End.FAIL.value",
        ANY,
    ),
    (
        "a join whose time is over is decided before all have ended",
        "timeouts",
        "decide/branches.py",
        "satisfied is not None and not (fork.late and fork.open):",
        "satisfied is not None:",
        ANY,
    ),
    (
        "what arrived in time is late when the time of all is over",
        "timeouts",
        "state/endings.py",
        "if branch.end is None and branch.arrival is None and not branch.late:",
        "if branch.end is None and not branch.late:",
        ANY,
    ),
    (
        "a late branch ends while its attempt runs",
        "timeouts",
        "state/endings.py",
        "        for walker in state.subtree(branch.path):\n            doom(state, walker)\n",
        "        for walker in state.subtree(branch.path):\n"
        "            doom(state, walker)\n"
        "            state.running.pop(walker.path, None)\n",
        ANY,
    ),
    (
        "a timeout takes the decision back",
        "once decided, never changed",
        "state/endings.py",
        "    fork.late = True\n",
        "    fork.late, fork.join = True, None\n",
        ANY,
    ),
    (
        "a drained loser is called cancelled",
        "losers are cancelled",
        "decide/given_up.py",
        'if fork.join is not None and fork.region.policy.losers == "cancel":',
        "if fork.join is not None:",
        ANY,
    ),
    (
        "more branches start than max_parallel says",
        "max_parallel",
        "decide/branches.py",
        "fork.running >= fork.region.policy.max_parallel",
        "fork.running > fork.region.policy.max_parallel",
        "tests/interpreter/test_forks.py::test_branches_really_run_at_once_up_to_max_parallel",
    ),
    (
        "a drained failure does not count for the fan-out",
        "the fan-out's outcome",
        "decide/branches.py",
        "    some = any(branch.end is not None and branch.end.failed for branch in fork.branches)",
        '    some = any(fork.branches[index].arrival == "fail" for index in fork.taken)',
        ANY,
    ),
    (
        "drained losers join the decision",
        "the decision stands",
        "state/forks.py",
        "if branch.taken and fork.join is None:",
        "if branch.taken:",
        f"{LAWS}::test_a_decision_is_not_touched_by_what_is_drained",
    ),
    (
        "a late result is taken",
        "late results are fenced",
        "decide/settle.py",
        "if walker.doomed or walker.phase is not Phase.RUNNING:",
        "if walker.phase is not Phase.RUNNING:",
        ANY,
    ),
    (
        "how far a loser came shows in the outcome",
        "a cancelled branch is its id and end",
        "state/forks.py",
        '        branch.reason = branch.terminal_stage = ""',
        "        pass",
        ANY,
    ),
)

MERGE_MUTANTS = _mutants(
    "interpreter/merges/",
    (
        "same lets the last writer win",
        "same",
        "agree.py",
        "if len({write.text for write in changed}) > 1:\n"
        '        return clash("branches disagree", changed)\n'
        "    return _agreed(contribution, changed)",
        "if len({write.text for write in changed}) > 1:\n"
        "        return _agreed(contribution, changed[-1:])\n"
        "    return _agreed(contribution, changed)",
        (ORDERS, NO_GUESS),
    ),
    (
        "one lets equal changes pass",
        "one",
        "agree.py",
        '    if len(changed) > 1:\n        return clash("more than one',
        '    if len({write.text for write in changed}) > 1:\n        return clash("more than one',
        NO_GUESS,
    ),
    (
        "deep takes absence for a deletion",
        "deep",
        "agree.py",
        "{key: [] for key in before}",
        "{}",
        CASES,
    ),
    (
        "deep lets the first leaf win",
        "deep",
        "agree.py",
        "        return clash(f\"branches disagree at '{place}'\", changed)\n",
        "        return changed[0].value\n",
        NO_GUESS,
    ),
    (
        "changed means another object",
        "three-way",
        "contribution.py",
        "if write.text != self.base.text",
        "if write.value != self.base.value",
        (f"{VALUES}::test_one_and_true_and_one_point_zero_are_three_values", CASES),
    ),
    (
        "append takes the branches in the order of their values",
        "append",
        "gather.py",
        "    for write in contribution.writes:\n        items = _items(write.value)\n",
        "    for write in sorted(contribution.writes, key=lambda write: write.text):\n"
        "        items = _items(write.value)\n",
        f"{VALUES}::test_declared_order_shows_where_it_should",
    ),
    (
        "append repeats the base",
        "append",
        "gather.py",
        "result.extend(items[len(base) :] if extends else items)",
        "result.extend(items)",
        (GROUPS, CASES),
    ),
    (
        "union keeps what it has seen twice",
        "union",
        "gather.py",
        "distinct.setdefault(canonical(item), item)",
        'distinct.setdefault(f"{len(distinct)}{canonical(item)}", item)',
        TWICE,
    ),
    (
        "union takes 1 for true",
        "union",
        "gather.py",
        "    distinct: dict[str, Json] = {}\n"
        "    for item in _all_items(contribution):\n"
        "        distinct.setdefault(canonical(item), item)\n",
        "    distinct: dict[str, Json] = {}\n"
        "    for item in _all_items(contribution):\n"
        "        if item not in list(distinct.values()):\n"
        "            distinct.setdefault(canonical(item), item)\n",
        (GROUPS, CASES),
    ),
    (
        "collect forgets an empty value",
        "collect",
        "gather.py",
        "{write.branch: write.value for write in contribution.writes}",
        "{write.branch: write.value for write in contribution.writes if write.value}",
        READ_BACK,
    ),
    (
        "concat sorts",
        "concat",
        "gather.py",
        "separator.join(str(write.value) for write in contribution.writes)",
        "separator.join(sorted(str(write.value) for write in contribution.writes))",
        f"{VALUES}::test_declared_order_shows_where_it_should",
    ),
    (
        "keyed lets the last change win",
        "keyed",
        "keyed.py",
        "            elif item.text != result[name].text:\n",
        "            elif item.text == result[name].text:\n",
        (GROUPS, NO_GUESS),
    ),
    (
        "keyed forgets the base",
        "keyed",
        "keyed.py",
        "result: dict[str, Valued] = dict(base)",
        "result: dict[str, Valued] = {}",
        (GROUPS, CASES),
    ),
    (
        "a sum adds the base for each branch",
        "sum",
        "number.py",
        "Fraction(base) * (1 - len(values))",
        "Fraction(base)",
        (CASES, f"{MERGE_LAWS}::test_a_sum_of_floats_is_the_exactly_rounded_one"),
    ),
    (
        "a sum is rounded as it goes",
        "sum",
        "number.py",
        "exact = sum(map(Fraction, values), Fraction(base) * (1 - len(values)))",
        "exact = sum(values, base * (1 - len(values)))",
        (ORDERS, f"{MERGE_LAWS}::test_a_thousand_floats_add_up_the_same_in_any_order"),
    ),
    (
        "true is a number",
        "sum",
        "number.py",
        "return isinstance(value, int | float) and not isinstance(value, bool)",
        "return isinstance(value, int | float)",
        NO_GUESS,
    ),
    (
        "min keeps the first of two equal numbers",
        "min",
        "number.py",
        "    text = min(write.text for write in equal)",
        "    text = equal[0].text",
        ORDERS,
    ),
    (
        "max is min",
        "max",
        "number.py",
        "return _extreme(contribution, max)",
        "return _extreme(contribution, min)",
        CASES,
    ),
    (
        "count counts the base",
        "count",
        "number.py",
        "return Merged(len(contribution.writes))",
        "return Merged(len(contribution.writes) + (contribution.base is not None))",
        CASES,
    ),
    (
        "all is any",
        "all",
        "truth.py",
        "Merged(all(write.value is True for write in contribution.writes))",
        "Merged(any(write.value is True for write in contribution.writes))",
        CASES,
    ),
    (
        "any is all",
        "any",
        "truth.py",
        "Merged(any(write.value is True for write in contribution.writes))",
        "Merged(all(write.value is True for write in contribution.writes))",
        CASES,
    ),
    (
        "1 is true",
        "all",
        "truth.py",
        "return isinstance(value, bool)",
        "return value in (0, 1)",
        NO_GUESS,
    ),
    (
        "first is last",
        "first",
        "pick.py",
        "return _picked(contribution.writes[0])",
        "return _picked(contribution.writes[-1])",
        CASES,
    ),
    (
        "last is first",
        "last",
        "pick.py",
        "return _picked(contribution.writes[-1])",
        "return _picked(contribution.writes[0])",
        CASES,
    ),
    (
        "winner falls back on the first writer",
        "winner",
        "pick.py",
        "    return Kept()",
        "    return first(contribution)",
        f"{MERGES}::test_the_key_stays_as_it_was_if_the_winner_did_not_write_it",
    ),
    (
        "isolate drops",
        "isolate",
        "apart.py",
        "return Isolated()",
        "return Dropped()",
        f"{MERGES}::test_what_no_rule_names_is_readable_under_its_branch",
    ),
    (
        "drop isolates",
        "drop",
        "apart.py",
        "return Dropped()",
        "return Isolated()",
        f"{MERGES}::test_drop_leaves_no_trace_but_in_the_provenance",
    ),
    (
        "a write that is not heard is forgotten",
        "conservation",
        "settle.py",
        "decision = KeyDecision(key, rule, base, writes, states)",
        "decision = KeyDecision(key, rule, base, heard or writes, states)",
        ONCE,
    ),
    (
        "a write of no effect is called merged",
        "conservation",
        "settle.py",
        'return "merged" if chosen is None or write.branch in chosen else "not_chosen"',
        'return "merged"',
        (
            f"{VALUES}::test_what_is_called_merged_can_be_seen_in_the_result",
            f"{VALUES}::test_a_pick_names_the_branch_that_it_was_taken_from",
        ),
    ),
    (
        "a conflict lets the other keys through",
        "all or nothing",
        "decision.py",
        "        keys = tuple(decision.unapplied() for decision in keys)\n"
        "        updates: dict[str, Json] = {}",
        "        updates: dict[str, Json] = dict(\n"
        "            sorted(_updates(region, results, keys, selection))\n"
        "        )",
        f"{MERGES}::test_one_conflict_and_nothing_of_the_merge_is_applied",
    ),
    (
        "a key with a conflict excludes all of its writes",
        "conservation",
        "settle.py",
        "        if self.unresolved:\n            return self\n",
        "",
        f"{MERGES}::test_one_conflict_and_nothing_of_the_merge_is_applied",
    ),
    (
        "an unsatisfied join is merged",
        "unsatisfied",
        "decision.py",
        "    if not satisfied:\n",
        "    if not satisfied and not results:\n",
        f"{MERGES}::test_an_unsatisfied_join_has_no_winner_no_merge_and_excludes_every_write",
    ),
    (
        "merge_from=all hears those that timed out",
        "contributors",
        "decision.py",
        "if each.candidate or (each.taken and each.end is End.FAIL)",
        "if each.candidate or (each.taken and each.end.failed)",
        f"{MERGES}::test_merge_from_says_whose_writes_count",
    ),
    (
        "a silent branch writes null",
        "a branch that writes nothing changes nothing",
        "decision.py",
        "    writes: dict[str, list[Write]] = {}\n    for each in results:\n",
        "    writes: dict[str, list[Write]] = {}\n"
        "    for each in results:\n"
        "        if not each.writes:\n"
        '            writes.setdefault("k", []).append(Write(None, "null", each.id, ""))\n',
        SILENT,
    ),
    (
        "the rule of the first key is every key's",
        "own keys change no other",
        "decision.py",
        "            rule_for(key, rules),\n",
        "            rule_for(min(writes), rules),\n",
        OWN_RULE,
    ),
    (
        "branches are merged in the order of their names",
        "renaming changes nothing but names",
        "decision.py",
        "    for each in results:\n        for key, written in each.writes.items():\n",
        "    for each in sorted(results, key=lambda each: each.id):\n"
        "        for key, written in each.writes.items():\n",
        NAMES,
    ),
    (
        "a tuple is not a list",
        "decoded values merge alike",
        "gather.py",
        "return list(value) if isinstance(value, list | tuple) else [value]",
        "return list(value) if isinstance(value, list) else [value]",
        (DECODED, ALIKE_READ),
    ),
    (
        "what is written first shows in the bytes",
        "same inputs, same bytes",
        "decision.py",
        "        for key in sorted(writes)\n",
        "        for key in writes\n",
        BYTES,
    ),
    (
        "the first pattern wins",
        "most specific first",
        "rules.py",
        "tuple(sorted(merge.rules, key=lambda",
        "merge.rules if merge.rules else tuple(sorted(merge.rules, key=lambda",
        f"{MERGES}::test_the_most_specific_rule_wins_wherever_it_stands",
    ),
    (
        "a reserved key is merged",
        "reserved keys",
        "rules.py",
        'return _ISOLATE if is_reserved(key) and rule.strategy != "drop" else rule',
        "return rule",
        f"{MERGES}::test_a_reserved_key_is_never_merged_but_stays_readable",
    ),
    (
        "two isolated writes share a key",
        "isolation",
        "rules.py",
        "branch.{encoded(branch)}.context.{key}",
        "branch.{branch}.context.{key}",
        f"{MERGES}::test_no_two_isolated_writes_share_a_key",
    ),
    (
        "ties go to the last",
        "declared position ends every tie",
        "winner.py",
        "key=lambda i: [column[i].rank for column in columns])",
        "key=lambda i: [*(column[i].rank for column in columns), -i])",
        (BEST, ANY),
    ),
    (
        "ties go by name",
        "declared position ends every tie",
        "winner.py",
        "key=lambda i: [column[i].rank for column in columns])",
        "key=lambda i: [*(column[i].rank for column in columns), candidates[i].id])",
        BEST,
    ),
    (
        "partial success is as good as success",
        "status",
        "winner.py",
        "Standing((0 if each.end is End.SUCCESS else 1, 0), each.end.value)",
        "Standing((0, 0), each.end.value)",
        BEST,
    ),
    (
        "scores are compared as floats",
        "max",
        "winner.py",
        "return Standing((0, sign * value), _brief(value))",
        "return Standing((0, sign * float(min(value, 10**308))), _brief(value))",
        BEST,
    ),
    (
        "whoever has no score counts as 0",
        "max",
        "winner.py",
        "    if written is None:\n        return Standing(_LAST)",
        "    if written is None:\n        return Standing((0, 0))",
        BEST,
    ),
    (
        "1 and 1.0 vote together",
        "vote",
        "winner.py",
        "votes = Counter(texts)",
        "votes = Counter(\n"
        "        text.removesuffix('.0') if text else text for text in texts for _ in '11'\n"
        "    )",
        BEST,
    ),
    (
        "a key in priority counts where it stands last",
        "priority",
        "winner.py",
        "reversed(list(enumerate(key.branches, 1)))",
        "enumerate(reversed(key.branches), 1)",
        BEST,
    ),
    (
        "a value that is too deep is kept",
        "values",
        "settle.py",
        "return settlement, valued(checked(settlement.value))",
        "return settlement, valued(settlement.value)",
        f"{MERGES}::test_a_value_that_would_nest_too_deep_is_a_conflict_and_no_traceback",
    ),
)

MUTANTS = (*JOIN_MUTANTS, *DECIDE_MUTANTS, *MERGE_MUTANTS)

SAMPLE = (
    "a quorum is rounded down",
    "ends are taken as they come",
    "same lets the last writer win",
)
"""The ones that `make test` tries; one of each room."""
