# SPDX-License-Identifier: Apache-2.0
"""A vault of one's own for the tests of a program, by pytest.

AKV_EMULATOR names the binary. It ends with the tests, however they end.
"""

import json
import os
import subprocess
import urllib.request

import pytest
from azure.identity import ClientSecretCredential


class Vault:
    """An emulator that serves; url, credential and faults for its clients."""

    # It has another name than a vault of Azure.
    options = {"verify_challenge_resource": False}

    def __init__(self, ready):
        self.url = ready["vault_url"]
        self.control = ready["control_url"]
        self.credential = ClientSecretCredential(
            ready["tenant_id"], ready["client_id"], ready["client_secret"],
            authority=ready["authority_url"], disable_instance_discovery=True)

    def ask(self, path, value):
        """One of the control calls."""
        request = urllib.request.Request(
            self.control + path, json.dumps(value).encode())
        with urllib.request.urlopen(request, timeout=30) as reply:
            return json.load(reply)


@pytest.fixture(scope="session")
def emulator():
    ours, its = os.pipe()
    process = subprocess.Popen(
        [os.environ.get("AKV_EMULATOR", "akv-emulator"), "--ready-fd", str(its),
         "--control-port", "0", "--until-stdin-eof"],
        stdin=subprocess.PIPE, pass_fds=[its])
    os.close(its)
    with os.fdopen(ours) as pipe:
        ready = json.load(pipe)  # ends when it serves
    os.environ["REQUESTS_CA_BUNDLE"] = ready["ca_file"]
    yield Vault(ready)
    process.stdin.close()
    process.wait()


@pytest.fixture
def vault(emulator):
    yield emulator
    emulator.ask("/faults", [])
    emulator.ask("/clock", {"offset_s": 0})
