"""The look at the site in a browser sees what is wrong; where there is no Chromium, it is skipped."""

from __future__ import annotations

import runpy
import shutil
from pathlib import Path

import pytest

SCRIPT = runpy.run_path(str(Path(__file__).parents[1] / "docs" / "browser.py"))
PIXEL = "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAACAkQBADs="
GOOD = f"""<!doctype html><meta name="viewport" content="width=device-width"><h1>Here</h1>
<article><img src="{PIXEL}" alt="a pixel"></article>"""
BAD = f"""<!doctype html><meta name="viewport" content="width=device-width"><p style="width: 600px">Wide</p>
<article><img src="gone.png" alt="nothing"><img src="{PIXEL}"></article><script>throw new Error("no")</script>
<script src="https://elsewhere.invalid/a.js"></script>"""


@pytest.mark.skipif(not any(map(shutil.which, SCRIPT["NAMES"])), reason="there is no Chromium")
def test_faults_of_pages_are_seen_and_good_pages_have_none(tmp_path: Path) -> None:
    for name, text in (("good", GOOD), ("bad", BAD)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "index.html").write_text(text, "utf-8")
    out = tmp_path / "out"
    out.mkdir()
    assert SCRIPT["pages"](tmp_path) == ["bad/", "good/"]
    with SCRIPT["served"](tmp_path) as home, SCRIPT["browser"]() as tab:
        assert SCRIPT["faults"](tab, home, ["good/"], out) == []
        wrong = SCRIPT["faults"](tab, home, ["bad/"], None)
    assert {path.name for path in out.iterdir()} == {f"good-{look}.png" for look in SCRIPT["LOOKS"]}
    phone = [fault for fault in wrong if fault.startswith("bad/ (phone): ")]
    for what in ("no heading", "no picture at", "no words for", "wider than", "404", "asks another site", "Uncaught"):
        assert len([fault for fault in phone if what in fault]) == 1, (what, phone)
    assert not [fault for fault in wrong if "(wide): wider" in fault]
