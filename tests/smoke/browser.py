# SPDX-License-Identifier: BSD-3-Clause
"""A headless Chromium, driven by the DevTools protocol over a pair of pipes: nothing but Python's
own library is needed for it."""

import base64
import contextlib
import json
import os
import select
import subprocess
import tempfile
import time

FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run "
    "--disable-background-networking --log-level=3 --disable-component-update --disable-sync --hide-scrollbars "
    "--force-device-scale-factor=1 --remote-debugging-pipe"
).split()
PATIENCE = 60  # seconds for an answer: the machine may be busy


class Browser:
    """One page in one browser; use it in a `with` statement."""

    def __init__(self, log):
        self.files = contextlib.ExitStack()
        self.errors = []  # what the page's console got: (source, text)
        self.number, self.rest = 0, b""
        folder = self.files.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
        theirs_in, self.to = os.pipe()
        self.back, theirs_out = os.pipe()

        def pipes():  # as 3 and 4, where Chromium looks for them
            read, write = os.dup(theirs_in), os.dup(theirs_out)
            os.dup2(read, 3)
            os.dup2(write, 4)

        self.process = subprocess.Popen(
            ["chromium", *FLAGS, f"--user-data-dir={folder}", "about:blank"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=pipes,
            close_fds=False,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self.session = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self.session = attached["sessionId"]
        for domain in "Page", "Runtime", "Log":
            self.call(domain + ".enable")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.to)
        os.close(self.back)
        self.files.close()

    def message(self, deadline):
        """The next one."""
        while b"\0" not in self.rest:
            ready, _, _ = select.select([self.back], [], [], max(0, deadline - time.monotonic()))
            chunk = os.read(self.back, 1 << 16) if ready else b""
            if not chunk:
                raise SystemExit("Chromium does not answer")
            self.rest += chunk
        text, _, self.rest = self.rest.partition(b"\0")
        return json.loads(text)

    def note(self, message):
        """What happened in the page."""
        parameters = message.get("params", {})
        if message.get("method") == "Runtime.exceptionThrown":
            details = parameters["exceptionDetails"]
            text = details.get("exception", {}).get("description") or details["text"]
            self.errors.append(("script", text))
        elif message.get("method") == "Log.entryAdded":
            entry = parameters["entry"]
            if entry["level"] == "error":
                self.errors.append((entry["source"], entry["text"]))
        elif message.get("method") == "Runtime.consoleAPICalled":
            if parameters["type"] in ("error", "assert"):
                self.errors.append(("console", str(parameters["args"])))

    def call(self, method, **parameters):
        """Its result."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + PATIENCE
        while (answer := self.message(deadline)).get("id") != self.number:
            self.note(answer)
        if "error" in answer:
            raise SystemExit(f"{method}: {answer['error']}")
        return answer["result"]

    def look(self, width, height, scheme="light"):
        """How large the page is shown, and in which colours."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self.call("Emulation.setEmulatedMedia", features=[feature])

    def go(self, url):
        """Until it is there."""
        self.call("Page.navigate", url=url)
        there = f"document.readyState === 'complete' && location.href === {json.dumps(url)}"
        if not self.wait(there):
            raise SystemExit(f"{url} does not load")

    def run(self, script):
        """A script's value; a promise is waited for."""
        result = self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in result:
            raise SystemExit(f"{script}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def wait(self, script, seconds=30):
        """Until it is true; whether it came to be."""
        deadline = time.monotonic() + seconds
        while not self.run(script):
            if time.monotonic() > deadline:
                return False
            self.run("new Promise(done => setTimeout(done, 50))")
        return True

    def picture(self, path, whole=True):
        """A PNG of the page, or of what is seen of it."""
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        with open(path, "wb") as file:
            file.write(base64.b64decode(shot["data"]))
