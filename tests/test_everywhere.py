"""Every page there is, found by a crawler: hostile words stay words, axe finds nothing, and what axe
cannot see is looked at by hand (WCAG 2.2 AA)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Dialog
from playwright.sync_api import Page as TabPage

from tests.everywhere import NO_PAGES, Crawler, World, as_customer, signed_in, templates
from tests.test_browser import axe_of, wider

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SOAK: Final = bool(os.environ.get("FINGERPOST_SOAK"))
SIZES: Final = {"phone": (320, 640), "desk": (1280, 900)}


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    found = World()
    yield found
    found.stop()


def tab_of(world: World, browser: Browser, whose: str, **context: Any) -> TabPage:
    # Without the policy, what should be text and is none would run: nothing but the page holds it.
    made = browser.new_context(bypass_csp=True, **context)
    return as_customer(world, made) if whose == "customer" else signed_in(world, made)


# --------------------------------------------------------------------------------- hostile words

# What no page of ours has; and words that turn the direction of what stands beside them.
_EVIL: Final = r"""() => {
  const wrong = [];
  const never = 'x-evil, script:not([src^="/static/"]), iframe, object, embed, base, style, img[src="x"], [href^="javascript:"], [src^="javascript:"]';
  for (const e of document.querySelectorAll(never)) wrong.push('an element: ' + e.outerHTML.slice(0, 200));
  for (const e of document.querySelectorAll('*'))
    for (const a of e.attributes) if (/^on|^x-evil/i.test(a.name)) wrong.push('an attribute: ' + e.outerHTML.slice(0, 200));
  if (/[\u202a-\u202e\u2066-\u2069]/.test(document.title)) wrong.push('the title is turned');
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (words.nextNode()) {
    const node = words.currentNode;
    if (!/[\u202a-\u202e\u2066-\u2069]/.test(node.data)) continue;
    for (let e = node.parentElement; e; e = e.parentElement) {
      const style = getComputedStyle(e);
      if (/isolate|plaintext/.test(style.unicodeBidi) && style.display === 'inline' || /TEXTAREA|OPTION|SCRIPT/.test(e.tagName)) break;
      if (style.display !== 'inline') {
        if (e.textContent.trim() !== node.data.trim()) wrong.push('turns what is beside it: ' + e.outerHTML.slice(0, 200));
        break;
      }
    }
  }
  return wrong;
}"""


@pytest.mark.parametrize("whose", ["agent", "customer"])
def test_hostile_words_are_words_on_every_page(world: World, browser: Browser, whose: str) -> None:
    wide, high = SIZES["phone"]
    tab = tab_of(world, browser, whose, viewport={"width": wide, "height": high})
    ran: list[str] = []

    def opened(dialog: Dialog) -> None:
        ran.append(dialog.message)
        dialog.dismiss()

    tab.on("dialog", opened)
    tab.on("pageerror", lambda error: ran.append(str(error)))
    crawler, shown, wrong = Crawler(world, tab, whose), 0, []
    for address in crawler.pages():
        wrong += [f"{address}: {what}" for what in tab.evaluate(_EVIL)]
        if "233331" in tab.content():
            wrong.append(f"{address}: a template was run")
        if wider(tab) > 0:
            wrong.append(f"{address}: {wider(tab)} px wider than a small phone")
        shown += "<x-evil" in tab.inner_text("body")
    assert not wrong, "\n".join(wrong)
    assert not ran, ran
    assert shown > 5
    if whose == "agent":
        missed = templates().keys() - NO_PAGES.keys() - crawler.answered
        assert not missed - OF_CUSTOMERS, (
            f"no link leads there, and no walk was made for it: {missed}"
        )


OF_CUSTOMERS: Final = frozenset(
    name for name in templates() if name.startswith("/help/walks/")
)  # what the other crawler sees


# ------------------------------------------------------------------- axe, and what it cannot see

_LOOKED: Final = r"""async () => {
  const wrong = [];
  const seen = (e) => e.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !e.closest('[inert]');
  const named = (e) => `<${e.tagName.toLowerCase()} ${e.id || e.name || ''}> ${(e.innerText || '').slice(0, 30)}`;
  if (!document.title.trim()) wrong.push('no title');
  if (!document.documentElement.lang) wrong.push('no language');
  const first = [...document.querySelectorAll('h1')].filter(seen);
  if (first.length !== 1) wrong.push(`${first.length} headings of the first order`);
  if (document.querySelectorAll('[autofocus]').length > 1) wrong.push('the focus is given twice');
  const ids = [...document.querySelectorAll('[id]')].map((e) => e.id);
  const twice = ids.filter((id, n) => ids.indexOf(id) !== n);
  if (twice.length) wrong.push('ids that stand twice: ' + twice);
  for (const e of document.querySelectorAll('[tabindex]')) if (e.tabIndex > 0) wrong.push('an order of its own: ' + named(e));
  const presses = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]')].filter(seen);
  for (const e of presses) {
    const target = e.matches('[type=radio], [type=checkbox]') ? e.closest('label') ?? e : e;
    const box = target.getBoundingClientRect();
    const inLine = e.tagName === 'A' && getComputedStyle(e).display === 'inline';
    const skips = e.classList.contains('skip');
    if (!inLine && !skips && (box.width < 24 || box.height < 24)) wrong.push(`${box.width} x ${box.height}: ${named(e)}`);
  }
  for (const e of presses.slice(0, 60)) {
    e.focus({ preventScroll: false });
    if (document.activeElement !== e) continue;
    e.scrollIntoView({ block: 'nearest' });
    const box = (e.matches('[type=radio], [type=checkbox]') ? e.closest('label') ?? e : e).getBoundingClientRect();
    const [x, y] = [box.left + Math.min(box.width / 2, 20), Math.max(box.top, 0) + Math.min(box.height / 2, 20)];
    const there = document.elementFromPoint(x, y);
    const over = there && !there.contains(e) && !e.contains(there) && !e.closest('label')?.contains(there);
    if (!there || over) wrong.push(`hidden while it has the focus: ${named(e)} under ${there ? named(there) : 'nothing'}`);
    const look = [e, e.closest('label'), e.closest('.option'), e.closest('li')].filter(Boolean).map((one) => getComputedStyle(one));
    if (!look.some((style) => style.outlineStyle !== 'none')) wrong.push('focus cannot be seen: ' + named(e));
  }
  return wrong;
}"""

DRESSES: Final = [("light", "phone"), ("dark", "desk")]
ALL: Final = [(scheme, width) for scheme in ("light", "dark") for width in SIZES]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("whose", ["agent", "customer"])
@pytest.mark.parametrize(("scheme", "width"), ALL if SOAK else DRESSES)
def test_every_page_is_for_everybody(
    world: World, browser: Browser, scheme: Any, width: str, whose: str
) -> None:
    wide, high = SIZES[width]
    tab = tab_of(
        world, browser, whose, viewport={"width": wide, "height": high}, color_scheme=scheme
    )
    seen, wrong = set(), []
    for address in Crawler(world, tab, whose, each=1).pages():
        seen.add(address.partition("?")[0])
        found = axe_of(tab)
        if found.violations_count:
            wrong.append(f"{address}: {found.generate_report()}")
        wrong += [f"{address}: {what}" for what in tab.evaluate(_LOOKED)]
        tab.evaluate("document.documentElement.style.fontSize = '200%'")
        if width == "desk" and wider(tab) > 0:
            wrong.append(f"{address}: with text twice as large {wider(tab)} px too wide")
    assert not wrong, "\n".join(wrong)
    assert len(seen) > 10
    if whose == "agent":
        assert seen >= {"/queues", "/follow-ups", "/notices", "/codes"}
        assert seen >= {world.walks["parked"], world.walks["taken"], world.walks["hand-over"]}
