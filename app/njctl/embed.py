#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Makes a C source of the status page, and of the policy that lets nothing but the page's own script
and style run, as serve.h declares them: embed.py PAGE.html SOURCE.c"""

import base64
import hashlib
import pathlib
import re
import sys


def source(page, tag):
    """The hash of an element's text, as a Content-Security-Policy names it."""
    (text,) = re.findall(f"<{tag}>(.*?)</{tag}>", page, re.S)
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def main(page_path, source_path):
    page = pathlib.Path(page_path).read_text("utf-8")
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src {source(page, 'script')}",
            f"style-src {source(page, 'style')}",
            "connect-src 'self'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )
    data = page.encode()
    rows = [", ".join(map(str, data[i : i + 16])) + "," for i in range(0, len(data), 16)]
    pathlib.Path(source_path).write_text(
        "/* Made by embed.py. */\n"
        '#include "serve.h"\n'
        f'const char page_policy[] = "{policy}";\n'
        f"const size_t page_length = {len(data)};\n"
        "const unsigned char page_html[] = {\n" + "\n".join(rows) + "\n};\n"
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
