#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The status page in Chromium: page_check.py URL PREFIX DIRECTORY PICTURES

That it shows telemetry's figures, fits a phone, and has nothing to complain about; then that it says
so when natterjack is gone, and goes on when it is back: for that it makes the files `gone` and `back`
in the directory, and waits for `here`. What the page looks like is left in the folder PICTURES."""

import pathlib
import sys
import time

from browser import Browser
from serve_check import NOBODY

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "scripts/lib"))
from telemetry import Telemetry  # noqa: E402

TEXT = "document.getElementById({!r}).textContent"
TABLE = """[...document.querySelectorAll('#{} tbody tr')].map(
    row => [...row.cells].map(cell => cell.textContent))"""


class Page:
    """The page, and what is amiss with it."""

    def __init__(self, browser):
        self.browser, self.faults = browser, []

    def text(self, name):
        return self.browser.run(TEXT.format(name))

    def table(self, name):
        return self.browser.run(TABLE.format(name))

    def wait(self, name, text):
        """Until an element has a text in it."""
        if not self.browser.wait(f"{TEXT.format(name)}.includes({text!r})"):
            self.faults.append(f"{name} is {self.text(name)!r} and never {text!r}")

    def expect(self, what, found, wanted):
        if found != wanted:
            self.faults.append(f"{what}: {found!r}, not {wanted!r}")

    def quiet(self, when):
        """No error so far."""
        self.expect(f"errors {when}", self.browser.errors, [])


def figures(page, telemetry, sessions):
    """Everything that the page shows is telemetry's, which stands still."""
    stats = telemetry.ask("/natterjack/stats")
    info = telemetry.ask("/natterjack/info")
    page.wait("pill", "live")
    page.wait("sessions", str(sessions))
    for chain in telemetry.ask("/natterjack/filters"):  # what came last, some seconds ago at the most
        page.wait("filters", str(chain["write_packets"]))
    page.wait("sessions-note", "0 half-open")
    page.expect("the name", page.text("id"), info["id"])
    page.expect("the title", page.browser.run("document.title"), info["id"] + " · natterjack")
    if f"natterjack {info['version']} " not in page.text("about"):
        page.faults.append(f"about: {page.text('about')!r}")
    page.expect("in all", page.text("dropped-note"), f"{sum(stats['dropped'].values())} in all")
    drops = [[reason, str(n)] for reason, n in stats["dropped"].items() if n]
    page.expect("drops", sorted([row[0], row[2]] for row in page.table("drops")), sorted(drops))
    page.expect(
        "workers",
        [[row[0], row[1], row[3]] for row in page.table("workers")],
        [
            [str(worker["worker"]), "polling", str(worker["sessions_active"])]
            for worker in telemetry.ask("/natterjack/workers")
        ],
    )
    page.expect(
        "endpoints",
        [[row[0], row[1], row[3]] for row in page.table("endpoints")],
        [
            [endpoint["address"], endpoint["state"], str(endpoint["sessions"])]
            for endpoint in telemetry.ask("/natterjack/clusters")
        ],
    )
    page.expect(
        "filters",
        [row[1:] for row in page.table("filters")],
        [
            [
                f"{one['name']} · {one['label']}",
                *(str(one[k]) for k in ("read_packets", "read_dropped", "write_packets", "write_dropped")),
            ]
            for one in telemetry.ask("/natterjack/filters")
        ],
    )
    page.expect("alarm", page.browser.run("document.getElementById('alarm').hidden"), True)


def find(page, client):
    """Asks for a client's sessions as a person does."""
    page.browser.run(
        f"document.getElementById('client').value = {client!r};"
        "document.getElementById('search').requestSubmit()"
    )


def search(page, telemetry):
    one = telemetry.ask("/natterjack/sessions,0,32")[3]
    find(page, one["client"])
    page.wait("found", one["endpoint"])
    row = [one["client"], one["state"], *(str(one[d + "_packets"]) for d in ("downstream", "upstream"))]
    page.expect("found", [cells[:4] for cells in page.table("found")], [row])
    find(page, "192.0.2.2")
    page.wait("found", "There may be more than these 32")
    find(page, "192.0.2.99")
    page.wait("found", "192.0.2.99 has no session.")


def charts(page):
    """Four, each with as many lines as it names, and something in them."""
    drawn = "document.querySelectorAll('.chart path[stroke-width]').length"
    page.expect("lines", page.browser.run(drawn), 6)
    page.browser.wait("[...document.querySelectorAll('.chart path[stroke-width]')].every("
                      "path => (path.getAttribute('d').match(/L/g) || []).length > 2)")
    points = page.browser.run("document.querySelector('.chart path[stroke-width]').getAttribute('d')")
    if points.count("L") < 2 or "NaN" in points:
        page.faults.append(f"a chart's line is {points!r}")


def sizes(page, pictures):
    """Nothing is wider than the screen, light or dark."""
    pictures.mkdir(exist_ok=True)
    for name, width, scheme in (
        ("wide", 1280, "light"),
        ("dark", 1280, "dark"),
        ("phone", 390, "light"),
        ("phone-dark", 390, "dark"),
    ):
        page.browser.look(width, 900, scheme)
        page.browser.run("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        page.browser.picture(pictures / f"page-{name}.png")
        wide = page.browser.run("document.documentElement.scrollWidth")
        if wide > width:
            page.faults.append(f"{name}: {wide} wide on a screen of {width}")
    back = page.browser.run("getComputedStyle(document.body).backgroundColor")
    page.browser.look(1280, 900, "light")
    light = page.browser.run("getComputedStyle(document.body).backgroundColor")
    if back == light:
        page.faults.append(f"light and dark have the same background, {light}")


def over_an_end(page, directory):
    """natterjack goes, and comes back as another one, with other sessions."""
    (directory / "gone").touch()
    page.wait("pill", "no answer")
    page.wait("alarm", NOBODY)
    page.expect("dimmed", page.browser.run("document.body.className"), "stale")
    find(page, "192.0.2.2")
    page.wait("found", NOBODY)
    only = {source for source, _ in page.browser.errors}
    page.expect("errors of others than the network", only - {"network"}, set())
    (directory / "back").touch()
    deadline = time.monotonic() + 60
    while not (directory / "here").exists() and time.monotonic() < deadline:
        page.browser.run("new Promise(done => setTimeout(done, 50))")
    page.wait("pill", "live")
    page.wait("sessions", "7")
    page.browser.errors.clear()


def main(url, prefix, directory, pictures):
    directory = pathlib.Path(directory)
    with open(directory / "chromium.log", "w") as log, Browser(log) as browser:
        page = Page(browser)
        browser.look(1280, 900)
        browser.go(url)
        with Telemetry(prefix) as telemetry:
            figures(page, telemetry, 41)
            search(page, telemetry)
        charts(page)
        sizes(page, pathlib.Path(pictures))
        page.quiet("at first")
        over_an_end(page, directory)
        with Telemetry(prefix) as telemetry:
            figures(page, telemetry, 7)
        page.quiet("in the end")
    print(f"page: {len(page.faults)} faults", *page.faults, sep="\n")
    return 1 if page.faults else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
