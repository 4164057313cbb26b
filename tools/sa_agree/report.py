"""The comparison in words and as JSON."""

from . import comparison

COLUMNS = (
    "rule",
    "type",
    "both",
    "only SA",
    "only ours",
    "counts",
    "agree %",
    "kappa",
    "weight",
    "layer",
    "cause",
)
LISTED = 3  # messages named for each rule, unless all are asked for
FORM = "{:34} {:11} {:>6} {:>8} {:>9} {:>6} {:>8} {:>7} {:>8}  {:7} {}"


def in_words(tally, limit):
    """The report as lines; without a limit every difference is listed."""
    hit, same = tally.pairs
    return [
        *layers_in_words(tally),
        "",
        *rules_in_words(tally, limit),
        "",
        *inputs_in_words(tally, limit),
        f"score: differs by at most {tally.score_difference(1):.3f}, in 99 % of the messages "
        f"by at most {tally.score_difference(0.99):.3f}",
        f"verdict: {len(tally.flips)} messages are spam for one side only",
        *[
            f"  {name}: SpamAssassin {sa:.3f}, ours {ours:.3f}{', known' if known else ''}"
            for name, sa, ours, known in tally.flips
        ],
        *[f"failed: {name}: {why}" for name, why in tally.failures[:limit]],
        f"pairs of rule and message hit by either side: {hit}, "
        f"of them the same: {same} ({tally.agreement:.3f} %)",
        *verdict_in_words(tally),
    ]


def layers_in_words(tally):
    """One line for each layer."""
    lines = [f"{tally.messages} messages, {tally.identical} the same in all that was compared"]
    for layer in comparison.LAYERS[1:]:
        differing = tally.with_layer[layer]
        compared = tally.messages - len(tally.failures)
        share = 100.0 * (compared - differing) / compared if compared else 100.0
        lines.append(
            f"  {layer:8} {differing:6} differ, {share:7.3f} % agree; first difference of "
            f"{tally.first[layer]} messages"
        )
    return lines


def rules_in_words(tally, limit):
    """The table of rules with differences."""
    names = tally.differing_rules()
    if not names:
        return ["no rule differs"]
    lines = [f"{len(names)} rules differ", FORM.format(*COLUMNS)]
    for name in names[:limit]:
        lines.append(FORM.format(*rule_row(tally, name)))
        lines += messages_in_words(tally.counts[name].files, LISTED if limit else None)
    return lines + (
        [f"… and {len(names) - limit} more: --all"] if limit and len(names) > limit else []
    )


def messages_in_words(files, limit):
    """The messages in which a rule differs."""
    lines = [f"    {file}: SpamAssassin {sa:g}, ours {ours:g}" for file, sa, ours in files[:limit]]
    return lines + (
        [f"    … and {len(files) - limit} more"] if limit and len(files) > limit else []
    )


def rule_row(tally, name):
    """One row of the table."""
    count = tally.counts[name]
    because = ", ".join(reason for reason, _ in count.because.most_common(2))
    cause = tally.cause_of(name)
    return (
        name,
        tally.rules.get(name, {}).get("type", "unknown"),
        count.both,
        count.only_sa,
        count.only_ours,
        count.counts,
        f"{count.agreement:.2f}",
        f"{count.kappa(tally.messages):.3f}",
        f"{tally.weight(name):.2f}",
        count.layers.most_common(1)[0][0],
        f"known: {cause}" if cause else because,
    )


def inputs_in_words(tally, limit):
    """Which inputs differ, and what could not be compared."""
    lines = [
        f"input {name}: differs in {n} messages" for name, n in tally.inputs.most_common(limit)
    ]
    lines += [f"input {n}: only one side tells it; not compared" for n in tally.not_compared]
    if tally.kinds:
        lines.append(
            f"{tally.kinds} strings are characters for one side, bytes for the other, "
            "and else the same"
        )
    return lines


def verdict_in_words(tally):
    """The last lines."""
    problems = tally.beyond_bounds()
    return [f"beyond bounds: {problem}" for problem in problems] or ["within bounds"]


def as_json(tally):
    """The report as one value."""
    hit, same = tally.pairs
    return {
        "messages": tally.messages,
        "identical": tally.identical,
        "failures": tally.failures,
        "layers": {
            layer: {"differ": tally.with_layer[layer], "first": tally.first[layer]}
            for layer in comparison.LAYERS[1:]
        },
        "inputs": dict(tally.inputs),
        "not_compared": sorted(tally.not_compared),
        "pairs": hit,
        "same": same,
        "agreement": tally.agreement,
        "score": {"max": tally.score_difference(1), "p99": tally.score_difference(0.99)},
        "flips": tally.flips,
        "beyond_bounds": tally.beyond_bounds(),
        "rules": {name: rule_as_json(tally, name) for name in sorted(tally.counts)},
    }


def rule_as_json(tally, name):
    """One rule as a value."""
    count = tally.counts[name]
    return {
        "both": count.both,
        "only_sa": count.only_sa,
        "only_ours": count.only_ours,
        "counts": count.counts,
        "agreement": count.agreement,
        "kappa": count.kappa(tally.messages),
        "weight": tally.weight(name),
        "layers": dict(count.layers),
        "because": dict(count.because),
        "known": tally.cause_of(name),
        "files": count.files,
    }
