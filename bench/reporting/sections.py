"""What stands in `docs/performance.md` of each measurement: a table of its figures, made of its result and nothing else."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Result = Mapping[str, Any]


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table of Markdown. Numbers have thousands apart; what is not there is a dash."""
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return "\n".join(lines + [f"| {' | '.join(map(_shown, row))} |" for row in rows])


def _shown(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "**no**"
    if isinstance(value, int | float):
        return f"{value:,}"
    return str(value).replace("|", "\\|")


def national_month(result: Result) -> str:
    """The whole month beside the bare script."""
    rows = [
        ("reports", result["reports"]),
        ("wall time, s", result["wall_s"]),
        ("reports a second", result["reports_per_s"]),
        ("the bare script, s", result["bare_script_s"]),
        ("price of the guarantees (wall time, times)", result["ratio"]),
        ("processor time of the hub, s", result.get("hub_cpu_s")),
        ("processor time of the stand-ins, s", result.get("stand_in_cpu_s")),
        ("processor time of Prefect's server, s", result.get("prefect_cpu_s")),
        ("single REST requests", result.get("rest_requests")),
        ("balanced", result["balanced"]),
    ]
    stages = table(("stage", "s"), list(result.get("stages", {}).items()))
    memory = table(("process", "MB at most"), list(result.get("peak_rss_mb", {}).items()))
    return "\n\n".join((table(("", ""), rows), stages, memory))


def scaling(result: Result) -> str:
    """More and more reports, and more processes."""
    sizes = [(one["reports"], one["wall_s"], one["reports_per_s"], one["hub_cpu_s"], one["peak_rss_mb"]) for one in result["sizes"]]
    found = [table(("reports", "wall time, s", "reports/s", "CPU of the hub, s", "MB of its largest process"), sizes)]
    if "time_exponent" in result:
        found.append(
            f"From {result['from']:,} reports on time grows as reports^{result['time_exponent']}, and memory as "
            f"reports^{result['memory_exponent']}: to {result['memory_growth']} times."
        )
    if result["workers"]:
        rows = [(one["workers"], one["wall_s"], one["reports_per_s"], one["hub_cpu_s"], one["stand_in_cpu_s"]) for one in result["workers"]]
        head = ("processes", "wall time, s", "reports/s", "CPU of the hub, s", "CPU of the stand-ins, s")
        found.append(f"{result['workers'][0]['reports']:,} reports on PostgreSQL, which shares the cores:\n\n{table(head, rows)}")
    return "\n\n".join(found)


def as_it_is(result: Result) -> str:
    """Whatever a result has: its single figures in one table, and each of its lists in a table of its own."""
    single = [(name.replace("_", " "), value) for name, value in result.items() if not isinstance(value, list | dict)]
    found = [table(("", ""), single)] if single else []
    for name, value in result.items():
        if isinstance(value, dict):
            found.append(f"{name.replace('_', ' ')}\n\n{as_it_is(value)}")
        elif isinstance(value, list) and value and all(isinstance(each, dict) for each in value):
            head = list(dict.fromkeys(key for each in value for key in each if not isinstance(each[key], list | dict)))
            rows = [[each.get(key) for key in head] for each in value]
            found.append(f"{name.replace('_', ' ')}\n\n{table([key.replace('_', ' ') for key in head], rows)}")
    return "\n\n".join(found)


def latency(result: Result) -> str:
    """From the arrival of an urgent report to its receipt."""
    rows = []
    for name, words in (("alone", "alone"), ("under_load", f"while {result['load']:,} reports are carried")):
        one = result[name]
        rows.append((words, one["reports"], one["missing"], *(one.get(f"p{part}_s") for part in (50, 95, 99)), one.get("longest_s")))
    found = table(("", "reports", "missing", "p50, s", "p95, s", "p99, s", "longest, s"), rows)
    loaded = result["under_load"]
    return (
        f"{found}\n\nOne every {result['every_s']} s, in a file of its own that must have been left alone for {result['settled_s']} s; "
        f"target: p95 under {result['target_s']:.0f} s. While those under load came, {loaded['reports_carried_meanwhile']:,} others "
        f"arrived at their forces; {loaded['files_left_in_the_intake']:,} files were still to be picked up at the end."
    )


def single_files(result: Result) -> str:
    """One file a report onto one OpenSSH server."""
    ours = result["ours"]
    rows = [
        ("the hub, with its ledger", ours["files_per_s"]),
        ("OpenSSH's `sftp -b`, no rename, no ledger", result["sftp_b"]["files_per_s"]),
        ("paramiko, one after the other, no ledger", result["paramiko_serial"]["files_per_s"]),
        ("asyncssh, 32 in flight, no ledger", result["asyncssh_32"]["files_per_s"]),
    ]
    cost = f"{result['files']:,} files; {ours['cpu_us_per_file']:,} µs of the hub's processor time a file."
    return f"{table(('', 'files a second'), rows)}\n\n{cost}"


def peers(result: Result) -> str:
    """The same work by others, with few reports and with many: what a run costs, and what each report costs."""
    sizes = result["sizes"]
    each = [f"{word}, {size['reports']:,}" for size in sizes for word in ("reports/s", "the hub is times as fast")]
    head = ("", "what", *each, f"CPU, s, {sizes[-1]['reports']:,}", "a run, s", "a report, ms", "all arrived right", "what it does not do")
    found = []
    for name, shape in sizes[0]["shapes"].items():
        rows = [_peer(peer, [(size["reports"], size["shapes"][name]["peers"][peer]) for size in sizes]) for peer in shape["peers"]]
        found.append(f"**{shape['what']}**\n\n{table(head, rows)}")
    return "\n\n".join([*found, _RUN_AND_REPORT] if len(sizes) > 1 else found)


_RUN_AND_REPORT = (
    "What a run costs, and what each report in it costs, is a line through the smallest and the largest number of reports: no more exact "
    "than these two, and a dash where a run's cost is too small to be told so."
)


def _peer(name: str, measured: Sequence[tuple[int, Result]]) -> Sequence[object]:
    (few, first), (many, last) = measured[0], measured[-1]
    a_report = (last["seconds"] - first["seconds"]) / (many - few) if many > few else None
    a_run = None if a_report is None else round(first["seconds"] - few * a_report, 2)
    if a_run is not None and a_run < 0:
        a_run = None
    speeds = [figure for _, one in measured for figure in (one["reports_per_s"], one.get("hub_is_times_as_fast"))]
    right = all(one["right"] for _, one in measured)
    return (
        name,
        first["what"],
        *speeds,
        last["cpu_s"],
        a_run,
        None if a_report is None else round(1000 * a_report, 2),
        right,
        first["lacks"] or "–",
    )


def large_attachment(result: Result) -> str:
    """One large file over each transport."""
    rows = [
        (name, one["delivered_mb_per_s"], one["bare_mb_per_s"], one["peak_mb_small"], one["peak_mb"], one["resumed"])
        for name in ("sftp", "rest")
        if (one := result.get(name))
    ]
    head = ("", "MB/s", "bare upload, MB/s", "MB of memory, 1 MB file", "MB of memory, this file", "goes on after a cut")
    return f"{result['bytes'] / 1e6:,.0f} MB.\n\n{table(head, rows)}"


def mapping(result: Sequence[Result]) -> str:  # a list: one for each profile
    """The field maps beside the same work written by hand."""
    rows = [(one["profile"], one["records_per_second"], one["by_hand_per_second"], one["ratio"]) for one in result]
    return table(("profile", "records/s", "by hand, records/s", "times the hand-written time"), rows)


SECTIONS: Mapping[str, tuple[str, Callable[[Any], str]]] = {
    "national_month": ("A national month", national_month),
    "scaling": ("As it grows", scaling),
    "guarantees": ("What encryption and the sealed history cost", as_it_is),
    "latency": ("Urgent reports", latency),
    "single_files": ("One file for each report", single_files),
    "peers": ("Beside what people use", peers),
    "large_attachment": ("A large attachment", large_attachment),
    "mapping": ("Field maps", mapping),
}
