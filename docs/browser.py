"""Looks at the built site in headless Chromium: every page, wide and on a phone, light and dark, and the search.

python docs/browser.py SITE [--out PICTURES] [--only PAGE ...]

SITE is what `make docs` builds. Nothing beside Chromium and Python is needed: they talk by a pipe.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome")
LOOKS = {"wide": (1280, 900, "light"), "dark": (1280, 900, "dark"), "phone": (390, 844, "light")}
"""Width and height in CSS pixels, and what the reader's system prefers."""
PIPES = """
import fcntl, os, sys
read, write = (fcntl.fcntl(int(number), fcntl.F_DUPFD, 10) for number in sys.argv[1:3])
os.dup2(read, 3)
os.dup2(write, 4)
os.execvp(sys.argv[3], sys.argv[3:])
"""
"""Chromium reads from 3 and writes to 4, whatever numbers the pipes have here."""
FAULTS = """(() => {
  const faults = [];
  if (!document.querySelector('h1')) faults.push('no heading');
  for (const image of document.querySelectorAll('article img'))
    if (!image.naturalWidth) faults.push('no picture at ' + image.src);
    else if (!image.alt) faults.push('no words for ' + image.src);
  const page = document.documentElement;
  if (page.scrollWidth > screen.width + 1) faults.push('wider than the window: ' + page.scrollWidth + ' px');
  return faults;
})()"""
FOUND = "[...document.querySelectorAll('.md-search-result__link')].map(link => link.href)"


class Browser:
    """A headless Chromium, spoken to by the DevTools protocol over a pipe."""

    def __init__(self, program: str, profile: str) -> None:
        theirs, self._out = os.pipe()
        self._in, ours = os.pipe()
        command = [
            *(sys.executable, "-c", PIPES, str(theirs), str(ours), program, "--headless", "--no-sandbox"),
            *("--disable-gpu", "--hide-scrollbars", "--remote-debugging-pipe", f"--user-data-dir={profile}"),
        ]
        self._process = subprocess.Popen(
            command, pass_fds=(theirs, ours), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        os.close(theirs)
        os.close(ours)
        self._number, self._left = 0, b""
        self._session = ""
        self.failed: list[str] = []

    def ask(self, method: str, **words: Any) -> dict[str, Any]:
        """Send a request, and wait for its answer; what happens meanwhile is noted."""
        self._number += 1
        request = {"id": self._number, "method": method, "params": words}
        if self._session:
            request["sessionId"] = self._session
        os.write(self._out, json.dumps(request).encode() + b"\0")
        while (answer := self._next()).get("id") != self._number:
            self._note(answer)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def wait(self, event: str) -> None:
        """Until something happens."""
        while (told := self._next()).get("method") != event:
            self._note(told)

    def evaluate(self, script: str) -> Any:
        """What JavaScript gives on the page."""
        return self.ask("Runtime.evaluate", expression=script, returnByValue=True)["result"].get("value")

    def look(self, width: int, height: int, scheme: str) -> None:
        """A new tab that remembers nothing: what window and what preference pages see from now on."""
        self._session = ""
        place = self.ask("Target.createBrowserContext")["browserContextId"]
        tab = self.ask("Target.createTarget", url="about:blank", browserContextId=place)["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=tab, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime"):
            self.ask(f"{domain}.enable")
        window = {"width": width, "height": height, "screenWidth": width, "screenHeight": height}
        self.ask("Emulation.setDeviceMetricsOverride", **window, deviceScaleFactor=1, mobile=width < 600)
        self.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def open(self, url: str) -> None:
        """Go to a page, and wait until it is there."""
        self.failed.clear()
        self.ask("Page.navigate", url=url)
        self.wait("Page.loadEventFired")

    def picture(self, path: Path, whole: bool = True) -> None:
        """Write what is to be seen; all of the page, or the window."""
        told = self.ask("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(told["data"]))

    def close(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait()
        os.close(self._out)
        os.close(self._in)

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._left:
            more = os.read(self._in, 1 << 16)
            if not more:
                raise RuntimeError("Chromium has ended")
            self._left += more
        first, _, self._left = self._left.partition(b"\0")
        return json.loads(first)

    def _note(self, told: dict[str, Any]) -> None:
        method, words = told.get("method"), told.get("params", {})
        if method == "Network.responseReceived" and words["response"]["status"] >= 400:
            self.failed.append(f"{words['response']['status']}: {words['response']['url']}")
        elif method == "Network.requestWillBeSent" and not _own(words["request"]["url"]):
            self.failed.append(f"asks another site: {words['request']['url']}")
        elif method == "Runtime.exceptionThrown":
            self.failed.append(words["exceptionDetails"]["text"])


def _own(url: str) -> bool:
    return url.startswith(("http://127.0.0.1:", "data:", "blob:", "about:"))


@contextmanager
def served(site: Path) -> Iterator[str]:
    """The site at an address of this machine."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def browser() -> Iterator[Browser]:
    """A browser, if there is one."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        sys.exit("no Chromium here; on Debian and Ubuntu: apt-get install chromium")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        opened = Browser(program, profile)
        try:
            yield opened
        finally:
            opened.close()


def pages(site: Path) -> list[str]:
    """The addresses of all pages, from the site's own list."""
    found = sorted(path.parent.relative_to(site).as_posix() for path in site.rglob("index.html"))
    return ["" if name == "." else f"{name}/" for name in found]


def faults(tab: Browser, home: str, names: list[str], out: Path | None) -> list[str]:
    """What is wrong with pages, in every look."""
    wrong = []
    for look, measures in LOOKS.items():
        tab.look(*measures)
        for name in names:
            tab.open(f"{home}/{name}")
            found = [*tab.evaluate(FAULTS), *tab.failed]
            wrong += [f"{name or 'home'} ({look}): {fault}" for fault in found]
            if out:
                tab.picture(out / f"{name.strip('/').replace('/', '-') or 'home'}-{look}.png")
    return wrong


def search(tab: Browser, home: str, word: str, seconds: float = 30) -> list[str]:
    """Where the search leads for a word, best first."""
    tab.look(*LOOKS["wide"])
    tab.open(f"{home}/?q={word}")
    until = time.monotonic() + seconds
    while not (found := tab.evaluate(FOUND)) and time.monotonic() < until:
        time.sleep(0.2)
    return [link.removeprefix(home) for link in found]


def main() -> None:
    """Say what is wrong, and end with 1 if anything is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("site", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--only", nargs="*", metavar="PAGE")
    given = parser.parse_args()
    if given.out:
        given.out.mkdir(parents=True, exist_ok=True)
    with served(given.site) as home, browser() as tab:
        names = pages(given.site) if given.only is None else given.only
        wrong = faults(tab, home, names, given.out)
        found = search(tab, home, "equivariance")
        if not any("equivariance" in link for link in found):
            wrong.append(f"the search for equivariance leads to {found}")
    print(f"{len(names)} pages in {len(LOOKS)} looks, {len(wrong)} faults", *wrong, sep="\n")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
