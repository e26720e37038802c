# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the system tests."""

import pytest

import machine


def pytest_addoption(parser):
    parser.addoption("--attacks", help="of the attacker's, only these: NAME,NAME… (tests/mutations)")


@pytest.fixture
def boot(tmp_path):
    """boot(partitions, images=None, **options): a running Machine, ended with the test; or boot(text) of a whole system file."""
    running = []

    def start(partitions, images=None, *arguments, external=True, **options):
        text = partitions if isinstance(partitions, str) else machine.its(partitions, images, options.get("cpu"))
        system = machine.make_system(tmp_path, text, external)
        running.append(machine.Machine(system, *arguments, **options))
        return running[-1]

    yield start
    for each in running:
        each.close()
