"""Medians, the table and the bounds of the bench."""
import statistics

# (what, numerator, denominator, size, bound): CPU of numerator / CPU of denominator <= bound
RATIOS = [
    ("postern / noop", "postern", "noop", "2k", 1.8),
    ("postern / noop", "postern", "noop", "20k", 1.8),
    ("postern / (opendkim + opendmarc)", "postern", "opendkim+opendmarc", "2k", 1 / 4),
    ("postern / (opendkim + opendmarc)", "postern", "opendkim+opendmarc", "20k", 1 / 4),
    ("postern / (opendkim + opendmarc)", "postern", "opendkim+opendmarc", "1m", 1 / 4),
    ("postern / rspamd", "postern", "rspamd", "2k", 1 / 2.5),
    ("postern / rspamd", "postern", "rspamd", "20k", 1 / 10),
    ("postern / SHA-256 of the body", "postern", "sha256", "1m", 3.2),
]
MAX_RSS_MB = 30  # with 64 connections

COLUMNS = [
    ("CPU ms/msg", lambda run: run["cpu_ms_per_1000"] / 1000, "{:.3f}"),
    ("msgs/s", lambda run: run["messages_per_second"], "{:.0f}"),
    ("p50 ms", lambda run: run["latency_ms"]["p50"], "{:.2f}"),
    ("p99 ms", lambda run: run["latency_ms"]["p99"], "{:.2f}"),
    ("peak RSS MB", lambda run: run["peak_rss_mb"], "{:.1f}"),
    ("PSS MB", lambda run: run["pss_mb"], "{:.1f}"),
]


def medians(runs):
    """{(peer, size): [run, ...]} -> {(peer, size): {column: median, "spread": of CPU}}"""
    found = {}
    for key, rounds in runs.items():
        values = {name: statistics.median(map(of, rounds)) for name, of, _ in COLUMNS}
        cpu = [COLUMNS[0][1](run) for run in rounds]
        values["spread"] = (max(cpu) - min(cpu)) / statistics.median(cpu) if min(cpu) > 0 else 0
        found[key] = values
    return found


def table(found, sizes):
    """The lines of the table, one block for each size."""
    head = f"{'size':<5}{'milter':<22}" + "".join(f"{name:>13}" for name, _, _ in COLUMNS)
    lines = [head + f"{'CPU spread':>13}"]
    for size in sizes:
        for (peer, of_size), values in found.items():
            if of_size != size:
                continue
            cells = "".join(f"{form.format(values[name]):>13}" for name, _, form in COLUMNS)
            lines.append(f"{size:<5}{peer:<22}{cells}{values['spread']:>12.0%} ")
        lines.append("")
    return lines


def verdict(value, bound):
    return "ok" if value <= bound else "over"


def check_bounds(found, sha256_ms, rss_mb):
    """[{"what", "size", "value", "bound", "verdict"}], verdict "ok", "over" or "not measured"."""
    cpu = {key: values["CPU ms/msg"] for key, values in found.items()}
    if sha256_ms:
        cpu["sha256", "1m"] = sha256_ms
    rows = []
    for what, numerator, denominator, size, bound in RATIOS:
        over, under = cpu.get((numerator, size)), cpu.get((denominator, size))
        value = over / under if over and under else None
        rows.append({"what": what, "size": size, "value": value, "bound": bound})
    rows.append({"what": "postern peak RSS MB, 64 connections", "size": "20k", "value": rss_mb,
                 "bound": MAX_RSS_MB})
    for row in rows:
        measured = row["value"] is not None
        row["verdict"] = verdict(row["value"], row["bound"]) if measured else "not measured"
    return rows


def bound_lines(rows):
    lines = [f"{'ratio of CPU time':<38}{'size':<6}{'value':>8}{'bound':>8}"]
    for row in rows:
        value = "-" if row["value"] is None else f"{row['value']:.2f}"
        lines.append(f"{row['what']:<38}{row['size']:<6}{value:>8}{row['bound']:>8.2f}"
                     f"  {row['verdict']}")
    return lines
