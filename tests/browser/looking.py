"""What is asked of every page in a real browser: nothing leaves it, it fits, it can be read, and axe-core has nothing to say."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], "resultTypes": ["violations"]}

# Every visible text with its colour and the first opaque ground below it. WCAG 2.2, 1.4.3: 4.5 to 1, or 3 to 1 for large text.
_CONTRASTS = """() => {
  const parts = text => { const c = text.match(/[\\d.]+/g).map(Number); return c.length < 4 ? [...c, 1] : c };
  const light = c => { const [r, g, b] = c.slice(0, 3).map(v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b };
  const ground = e => { for (; e; e = e.parentElement) { const c = parts(getComputedStyle(e).backgroundColor); if (c[3] === 1) return c }
    return [255, 255, 255] };
  const found = []; const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) { const e = walk.currentNode.parentElement; const style = getComputedStyle(e);
    if (!walk.currentNode.data.trim() || !e.checkVisibility() || e.closest('.hidden, svg, option, style')) continue;
    const [a, b] = [light(parts(style.color)), light(ground(e))].sort((x, y) => y - x);
    const size = parseFloat(style.fontSize); const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    found.push([walk.currentNode.data.trim().slice(0, 40), (a + 0.05) / (b + 0.05), large ? 3 : 4.5]) }
  return found }"""

# The outline of what has the focus: its width, and its contrast with what is around it.
_FOCUS = """() => { const e = document.activeElement; const s = getComputedStyle(e);
  return [e.tagName + ' ' + (e.name || e.textContent.trim().slice(0, 60)), s.outlineStyle, parseFloat(s.outlineWidth)] }"""


def complaints(page: Page) -> list[str]:
    """What axe-core finds against WCAG 2.2 AA and good practice; empty on a good page."""
    found: dict[str, Any] = Axe().run(page, options=_RULES).response
    return [f"{page.url}: {one['id']}: {node['html'][:160]}" for one in found["violations"] for node in one["nodes"]]


def hard_to_read(page: Page) -> list[str]:
    """Visible texts with less contrast than they need. There must be some text at all."""
    texts: list[tuple[str, float, float]] = page.evaluate(_CONTRASTS)
    assert len(texts) > 3, page.url
    return [f"{page.url}: {text!r} {ratio:.2f}" for text, ratio, least in texts if ratio < least]


def overflow(page: Page) -> int:
    """Pixels by which anything stands out of the page at the right."""
    wide: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return wide


def walk(page: Page, most: int = 400) -> list[str]:
    """Everything that the Tab key reaches, in its order, each with a focus that can be seen; once round the page."""
    page.evaluate("document.activeElement.blur()")
    seen: list[str] = []
    for _ in range(most):
        page.keyboard.press("Tab")
        name, style, width = page.evaluate(_FOCUS)
        if name.startswith("BODY") or (seen and name == seen[0]):
            break
        assert (style, width >= 2) == ("solid", True), f"{page.url}: the focus on {name} cannot be seen"
        seen.append(name)
    return seen
