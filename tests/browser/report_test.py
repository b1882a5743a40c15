#!/usr/bin/env python3
"""Opens a real run's page in headless Chromium: sorting, records under the pointer, keyboard, themes, widths,
and that it asks nothing of any network.

Ends with 77 where Playwright (of PyPI; it need not fetch a browser) or Chromium is missing.
`--shots DIR` keeps pictures of what was seen.
"""

import argparse
import pathlib
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77
ROOT = pathlib.Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "docs/results/notebook-h200"
LIMIT_BYTES = 1_500_000


def skip(why):
    print(f"skipped: {why}")
    sys.exit(SKIPPED)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ablate", required=True)
    parser.add_argument("--run", default=str(NOTEBOOK), help="another run; checks that name the notebook's cells are left out")
    parser.add_argument("--shots")
    return parser.parse_args()


def chromium_path():
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    return skip("no Chromium on PATH")


def make_page(ablate, run, directory):
    """The page of a copy of the run, as a file."""
    copy = pathlib.Path(directory) / "runs" / pathlib.Path(run).name
    shutil.copytree(run, copy)
    report = [pathlib.Path(ablate).resolve(), "report", copy.relative_to(directory), "--html"]
    subprocess.run(report, check=True, cwd=directory, stdout=subprocess.DEVNULL)
    return copy / "report.html"


def check_sorting(page):
    """By click and by keyboard; up, then down; numbers by their value."""
    table = page.locator("#section-channels table.sortable").first
    heads = table.locator("thead th")
    column = next(i for i in range(heads.count()) if "median" in heads.nth(i).inner_text())
    values = lambda: table.locator("tbody tr").evaluate_all(  # noqa: E731
        "(rows, i) => rows.map((row) => Number(row.cells[i].dataset.value))", column
    )
    before = values()
    heads.nth(column).locator("button").click()
    assert heads.nth(column).get_attribute("aria-sort") == "ascending"
    assert values() == sorted(before) and values() != before
    heads.nth(column).locator("button").focus()
    page.keyboard.press("Enter")
    assert heads.nth(column).get_attribute("aria-sort") == "descending"
    assert values() == sorted(before, reverse=True)
    others = table.locator("thead th[aria-sort]:not([aria-sort=none])")
    assert others.count() == 1


def check_record(page):
    """Under the pointer over a number and over a point of a picture; a click keeps it, Escape takes it away."""
    card = page.locator("#card")
    number = page.locator("#section-gpu td[data-cell]").first
    number.hover()
    card.wait_for(state="visible")
    text = card.inner_text()
    for part in ("DWBlock", "kernel_size=7", "cuda", "float32", "params", "MACs", "host", "device", "graph"):
        assert part in text, f"{part} is not in the card: {text}"
    assert "ablate run" in text and "--cell" in text
    page.mouse.move(2, 2)
    card.wait_for(state="hidden")

    point = page.locator("#section-channels svg .point").nth(3)
    point.scroll_into_view_if_needed()
    point.hover(force=True)
    card.wait_for(state="visible")
    assert point.get_attribute("aria-label") in card.inner_text()
    page.mouse.down()
    page.mouse.up()
    page.mouse.move(2, 2)
    page.wait_for_timeout(500)
    assert card.is_visible(), "a click keeps the card"
    card.locator("button").click()
    card.get_by_role("button", name="Copied", exact=True).wait_for()  # the clipboard answers in its own time
    page.keyboard.press("Escape")
    card.wait_for(state="hidden")


def check_keyboard(page):
    """One stop a table; arrows move within it, Enter goes to the card, Escape back to the number."""
    table = page.locator("#section-gpu table.sortable").first
    assert table.locator("td[tabindex='0']").count() == 1
    table.locator("thead button").last.focus()
    page.keyboard.press("Tab")
    where = "document.activeElement.closest('tr').rowIndex + ',' + document.activeElement.cellIndex"
    assert page.evaluate(where) == "1,2"
    page.keyboard.press("ArrowDown")
    assert page.evaluate(where) == "2,2"
    page.keyboard.press("ArrowRight")
    assert page.evaluate(where) == "2,3"
    card = page.locator("#card")
    assert card.is_visible() and "STMBlock" in card.inner_text()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.closest('#card') !== null")
    page.keyboard.press("Escape")
    assert card.is_hidden() and page.evaluate(where) == "2,3"

    page.locator("#section-channels svg.figure .point[tabindex='0']").first.focus()
    page.keyboard.press("ArrowRight")
    assert "DWBlock, 48 channels" in page.evaluate("document.activeElement.getAttribute('aria-label')")
    page.keyboard.press("Escape")


def check_claims(page):
    rows = page.locator("#claims tbody tr:visible")
    everything = rows.count()
    page.locator(".filters button[data-show=refuted]").click()
    assert 0 < rows.count() < everything
    assert set(rows.evaluate_all("rows => rows.map((row) => row.dataset.outcome)")) == {"refuted"}
    page.locator(".filters button[data-show='']").click()
    assert rows.count() == everything


def contrast(page, selector):
    """Of an element's text against what lies behind it (WCAG 2)."""
    return page.locator(selector).first.evaluate("""(element) => {
      const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
      const channels = (colour) => {
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map((c) => c / 255)
          .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
      };
      const luminance = (colour) => channels(colour).reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
      const style = getComputedStyle(element);
      const ink = luminance(element.namespaceURI.endsWith('svg') ? style.fill : style.color);
      const paper = luminance(getComputedStyle(document.body).backgroundColor);
      return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
    }""")


def check_theme(browser, url, scheme):
    page = browser.new_page(color_scheme=scheme, viewport={"width": 1280, "height": 900})
    page.goto(url)
    texts = ("body", ".note", "nav a", "thead button", ".supported", ".refuted", ".undecided", ".untested",
             "svg text.ink", "svg text.muted", "summary")
    for selector in (text for text in texts if page.locator(text).count()):  # a run need not have every verdict
        assert contrast(page, selector) >= 4.5, f"{selector} in {scheme}: {contrast(page, selector):.2f}"
    for number in range(1, 4):
        assert contrast(page, f"svg .s{number}") >= 3, f"series {number} in {scheme}"
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    other = "dark" if scheme == "light" else "light"
    while page.locator("#theme").inner_text() != f"Theme: {other}":
        page.locator("#theme").click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != paper
    page.close()
    return paper


def check_narrow(browser, url):
    """A telephone's width: nothing but boxes that scroll is wider than the screen."""
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(url)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.close()


def shoot(browser, url, directory):
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    for name, scheme, width in (("light", "light", 1280), ("dark", "dark", 1280), ("narrow", "light", 390)):
        page = browser.new_page(color_scheme=scheme, viewport={"width": width, "height": 900 if width > 400 else 844})
        page.goto(url)
        page.screenshot(path=directory / f"{name}.png")
        if width > 400:
            page.locator("#section-channels td[data-cell]").nth(1).hover()
            page.screenshot(path=directory / f"{name}-card.png")
        for anchor in ("section-channels", "section-components", "summary"):
            page.evaluate("id => document.getElementById(id)?.scrollIntoView({behavior: 'instant'})", anchor)
            page.screenshot(path=directory / f"{name}-{anchor}.png")
        page.close()
    page = browser.new_page()
    page.goto(url)
    page.pdf(path=directory / "print.pdf", format="A4")
    page.close()


def main():
    given = arguments()
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        skip("no playwright for this Python")
    chromium = chromium_path()
    with tempfile.TemporaryDirectory() as directory, sync_playwright() as playwright:
        file = make_page(given.ablate, given.run, directory)
        assert file.stat().st_size < LIMIT_BYTES, f"{file.stat().st_size} bytes"
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
        requests, faults = [], []
        page.on("request", lambda request: requests.append(request.url))
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(file.as_uri())
        if given.shots:
            shoot(browser, file.as_uri(), given.shots)
        named = (check_record, check_keyboard) if pathlib.Path(given.run) == NOTEBOOK else ()
        for check in (check_sorting, *named, check_claims):
            check(page)
            print(f"{check.__name__}: well")
        assert check_theme(browser, file.as_uri(), "light") != check_theme(browser, file.as_uri(), "dark")
        check_narrow(browser, file.as_uri())
        outside = [url for url in requests if url != file.as_uri() and not url.startswith("data:")]
        assert not outside, f"requests: {outside}"
        assert not faults, f"console: {faults}"
        browser.close()
        print(f"well; the page has {file.stat().st_size} bytes")


if __name__ == "__main__":
    main()
