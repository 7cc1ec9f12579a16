"""A page in headless Chromium: a script runs in it, and what it finds comes back."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), "")
needs_chromium = pytest.mark.skipif(not CHROMIUM, reason="no Chromium is installed")

# Its own policy lets a page run no script but its own.
POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')


def ask(page: Path, script: str, *, width: int = 1280, dark: bool = False) -> Any:
    """What the JavaScript function body `script` returns, or its promise comes to, in the page."""
    text = POLICY.sub("", page.read_text(encoding="utf-8"))
    asked = page.with_name(f"asked-{page.name}")
    asked.write_text(text.replace("</body>", f"<script>{_told(script)}</script></body>"), "utf-8")
    found = re.search(r'<pre id="told">(.*?)</pre>', dump(asked, width, dark), re.DOTALL)
    assert found is not None, "the script did not come to an end"
    said = json.loads(html.unescape(found[1]))
    assert "error" not in said, said["error"]
    return said["found"]


def dump(page: Path, width: int = 1280, dark: bool = False) -> str:
    """The page as it stands once its scripts are through."""
    settings = f"--blink-settings=preferredColorScheme={0 if dark else 1}"
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", settings]
    command += [f"--window-size={width},1200", "--virtual-time-budget=60000", "--dump-dom"]
    done = subprocess.run([*command, page.as_uri()], capture_output=True, timeout=120, check=True)
    return done.stdout.decode()


def _told(script: str) -> str:
    return f"""
    const tell = (said) => {{
      const told = document.body.appendChild(document.createElement("pre"));
      told.id = "told";
      told.textContent = JSON.stringify(said);
    }};
    const found = (async () => {{ {script} }})();
    found.then((found) => tell({{ found }}), (error) => tell({{ error: `${{error}}` }}));
    """
