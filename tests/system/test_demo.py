# SPDX-License-Identifier: Apache-2.0
"""The demo without a terminal: every partition arrives, it ends by itself, and says so."""

import subprocess

from machine import TOP


def test_demo_ends_by_itself():
    done = subprocess.run(
        [TOP / "scripts/demo"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, check=False
    )
    summary = done.stdout[done.stdout.find("The demo, in short:") :]
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    assert "MISSING" not in summary
    for said in ("BULKHEAD-GUEST user space on 2 CPUs", "Select a language", "control: 1000 ticks"):
        assert said in summary
