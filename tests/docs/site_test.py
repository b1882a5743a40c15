"""The built site (scripts/docs): every page is there, and none asks another host for anything.

    python tests/docs/site_test.py

Exits 77 where the site is not built: CTest counts that as skipped.
"""

import re
import sys
import unittest
from html.parser import HTMLParser
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "build" / "site"

# Attributes that make a browser fetch something by itself. A link that a reader clicks may lead anywhere.
FETCHED = {"script": ["src"], "img": ["src", "srcset"], "iframe": ["src"],
           "source": ["src", "srcset"], "video": ["src", "poster"], "audio": ["src"],
           "embed": ["src"], "object": ["data"], "use": ["href"]}
FETCHING_LINKS = {"stylesheet", "icon", "preload", "prefetch", "preconnect", "dns-prefetch", "manifest"}
EXTERNAL = re.compile(r"\s*(https?:)?//", re.IGNORECASE)


class Fetches(HTMLParser):
    """Addresses on other hosts that a page asks for by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.external: list[str] = []

    def handle_starttag(self, tag, attributes):
        held = dict(attributes)
        asked = [held.get(name) for name in FETCHED.get(tag, [])]
        if tag == "link" and FETCHING_LINKS & set((held.get("rel") or "").split()):
            asked.append(held.get("href"))
        if "mermaid" in (held.get("class") or "").split():
            asked.append("//mermaid, which the theme's script fetches")
        self.external += [address for address in asked if address and EXTERNAL.match(address)]


def external_fetches(html: str) -> list[str]:
    parser = Fetches()
    parser.feed(html)
    return parser.external


class Site(unittest.TestCase):
    def test_every_page_of_docs_is_there_and_the_schema_has_its_page(self):
        sources = (ROOT / "docs").rglob("*.md")
        pages = {path.relative_to(ROOT / "docs").with_suffix(".html") for path in sources}
        pages = {page.with_name("index.html") if page.name == "README.html" else page for page in pages}
        pages.discard(Path("images/index.html"))
        for page in pages | {Path("study-reference.html")}:
            self.assertTrue((SITE / page).is_file(), page)
        self.assertIn("precision", (SITE / "study-reference.html").read_text(encoding="utf-8"))

    def test_no_page_asks_another_host_for_anything(self):
        pages = sorted(SITE.rglob("*.html"))
        self.assertGreater(len(pages), 20)
        for page in pages:
            self.assertEqual(external_fetches(page.read_text(encoding="utf-8")), [], page)

    def test_no_style_asks_another_host_for_anything(self):
        for style in SITE.rglob("*.css"):
            text = style.read_text(encoding="utf-8")
            addresses = re.findall(r"(?:url\(|@import\s)\s*[\"']?([^\"')]+)", text)
            self.assertEqual([address for address in addresses if EXTERNAL.match(address)], [], style)

    def test_a_request_to_another_host_would_be_found(self):
        self.assertEqual(external_fetches('<a href="https://x.org"><img src="a.png"></a>'), [])
        for html in ('<script src="https://x.org/a.js">', '<link rel="stylesheet" href="//x.org/a.css">',
                     '<img src="http://x.org/a.png">'):
            self.assertEqual(len(external_fetches(html)), 1, html)


if __name__ == "__main__":
    if not (SITE / "index.html").exists():
        print(f"skipped: {SITE} is not built, scripts/docs does that")
        sys.exit(77)
    unittest.main()
