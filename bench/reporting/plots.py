"""Plots of the results, as SVG: the same result gives the same file."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Result = Mapping[str, Any]
_SALT = "soh-hub"
_OURS, _THEIRS = "#1d70b8", "#b1b4b6"


def bars(path: Path, title: str, axis: str, values: Mapping[str, float], ours: str) -> None:
    """A bar for each, those whose names begin with `ours` in another colour, with its number beside it."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot as plt

    with mpl.rc_context({"svg.hashsalt": _SALT, "svg.fonttype": "none", "font.size": 10}):
        figure, axes = plt.subplots(figsize=(7, 0.45 * len(values) + 1.1))
        names = list(values)[::-1]
        colours = [_OURS if ours and name.startswith(ours) else _THEIRS for name in names]
        drawn = axes.barh(names, [values[name] for name in names], color=colours)
        axes.bar_label(drawn, labels=[f"{values[name]:,g}" for name in names], padding=4)
        axes.set_title(title, loc="left")
        axes.set_xlabel(axis)
        axes.margins(x=0.15)
        axes.spines[["top", "right"]].set_visible(False)
        figure.tight_layout()
        figure.savefig(path, metadata={"Date": None})
        plt.close(figure)


def growth(path: Path, sizes: Sequence[Result]) -> None:
    """Time and memory by the number of reports, time and reports by powers of ten: a line of slope 1 is time that grows as they do."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot as plt

    reports = [one["reports"] for one in sizes]
    with mpl.rc_context({"svg.hashsalt": _SALT, "svg.fonttype": "none", "font.size": 10}):
        figure, both = plt.subplots(1, 2, figsize=(8, 3.2))
        for axes, title, key in ((both[0], "Wall time, s", "wall_s"), (both[1], "MB of the largest process", "peak_rss_mb")):
            axes.plot(reports, [one[key] for one in sizes], "o-", color=_OURS)
            axes.set_xscale("log")
            axes.set_title(title, loc="left")
            axes.set_xlabel("reports")
            axes.spines[["top", "right"]].set_visible(False)
        both[0].set_yscale("log")
        both[1].set_ylim(0, 1.15 * max(one["peak_rss_mb"] for one in sizes))
        figure.tight_layout()
        figure.savefig(path, metadata={"Date": None})
        plt.close(figure)


def draw(folder: Path, name: str, result: Any) -> list[str]:
    """The plots of one result. Gives their file names."""
    made: list[tuple[str, str, str, dict[str, float], str]] = []
    if name == "national_month":
        stages = {stage: float(seconds) for stage, seconds in result.get("stages", {}).items()}
        made.append(("stages", "Stages of a national month", "seconds", stages, ""))
    if name == "single_files":
        ours = result["ours"]["files_per_s"]
        others = {"sftp -b, no rename": "sftp_b", "paramiko, serial": "paramiko_serial", "asyncssh, 32": "asyncssh_32"}
        speeds = {"the hub, with ledger": ours} | {words: result[key]["files_per_s"] for words, key in others.items()}
        made.append(("single-files", "One file for each report", "files a second", speeds, "the hub, with ledger"))
    if name == "peers":
        for shape, found in result["sizes"][0]["shapes"].items():
            speeds = {f"{peer}, {size['reports']:,}": float(size["shapes"][shape]["peers"][peer]["reports_per_s"])
                      for peer in found["peers"] for size in result["sizes"]}  # fmt: skip
            made.append((f"peers-{shape}", found["what"], "reports a second, by the number of reports in a run", speeds, "hub"))
    if name == "latency":
        times = {f"{case.replace('_', ' ')}, p{part}": float(result[case].get(f"p{part}_s", 0)) for case in ("alone", "under_load")
                 for part in (50, 95, 99)}  # fmt: skip
        made.append(("latency", "Urgent reports, from arrival to receipt", "seconds", times, ""))
    if name == "mapping":
        made.append(("mapping", "Field maps", "times the hand-written time", {one["profile"]: one["ratio"] or 0 for one in result}, ""))
    for file, title, axis, values, ours in made:
        if values:
            bars(folder / f"performance-{file}.svg", title, axis, values, ours)
    files = [f"performance-{file}.svg" for file, *_, values, _ in made if values]
    if name == "scaling":
        growth(folder / "performance-scaling.svg", result["sizes"])
        files.append("performance-scaling.svg")
    return files
