# SPDX-License-Identifier: Apache-2.0
"""QEMU's monitor: what physical memory really holds, past all that translates."""

import json
import pathlib
import socket
import tempfile


class Monitor:
    """Of a QEMU that was started with Monitor.options(path)."""

    @staticmethod
    def options(path):
        return ["-qmp", f"unix:{path},server=on,wait=off"]

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(30)
        self.socket.connect(str(path))
        self.file = self.socket.makefile("rw")
        self.file.readline()
        self.ask("qmp_capabilities")

    def ask(self, command, **arguments):
        self.file.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.file.flush()
        while True:
            answer = json.loads(self.file.readline())
            assert "error" not in answer, answer
            if "return" in answer:
                return answer["return"]

    def memory(self, address, size):
        with tempfile.NamedTemporaryFile() as file:
            self.ask("pmemsave", val=address, size=size, filename=file.name)
            return pathlib.Path(file.name).read_bytes()
