"""Draws with matplotlib, into SVG that stands in a page: its text stays text, it is named and described, and it scales."""

import html
import re
from collections.abc import Callable
from io import StringIO
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.typing import RcKeyType

BLUE, PALE, ORANGE, RED, INK, GREY = (
    "#1d4f91",
    "#8fb1d9",
    "#b35900",
    "#9b1c1c",
    "#1c2430",
    "#5a6472",
)  # each at least 3:1 on white, or labelled
_STYLE: "dict[RcKeyType, object]" = {
    "svg.fonttype": "none",
    "font.size": 10.0,
    "text.color": INK,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "hatch.linewidth": 0.8,
}
_NAMED = re.compile(r'(\bid="|href="#|url\(#)')
_STYLE_ELEMENT = re.compile(r"<style[^>]*>.*?</style>", re.DOTALL)  # it would be for the whole page: style.css has it for the charts
_NOTHING = {"Date": None, "Creator": None, "Format": None, "Type": None}  # else it writes addresses of other hosts into the picture
_ONE_AT_A_TIME = Lock()  # matplotlib's settings are the whole process's


def picture(name: str, title: str, description: str, draw: "Callable[[Axes], None]", height: float = 2.6) -> str:
    """The SVG of what `draw` draws on axes of 6.4 by `height` inches. `name` makes its ids its own within the page."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with _ONE_AT_A_TIME, rc_context(_STYLE | {"svg.hashsalt": name}):
        figure = Figure(figsize=(6.4, height), layout="constrained")
        axes = figure.subplots()
        axes.spines[["top", "right"]].set_visible(False)
        draw(axes)
        out = StringIO()
        figure.savefig(out, format="svg", transparent=True, metadata=_NOTHING)
    return _named(out.getvalue(), name, title, description)


def _named(document: str, name: str, title: str, description: str) -> str:
    document = _STYLE_ELEMENT.sub("", document)
    body = _NAMED.sub(rf"\1{name}-", document[document.index("<svg") :])
    head, _, rest = body.partition(">")
    box = re.search(r'viewBox="[^"]+"', head)
    assert box, "matplotlib writes a viewBox"  # noqa: S101 - its own promise
    words = f'<title id="{name}-title">{html.escape(title)}</title><desc id="{name}-desc">{html.escape(description)}</desc>'
    labels = f'role="img" aria-labelledby="{name}-title" aria-describedby="{name}-desc"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" {box[0]} {labels}>{words}{rest}'
