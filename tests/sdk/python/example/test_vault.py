# SPDX-License-Identifier: Apache-2.0
"""What a program's own tests may look like."""

import datetime

import pytest
from azure.core.exceptions import HttpResponseError
from azure.keyvault.keys import KeyClient
from azure.keyvault.secrets import SecretClient


def test_secret(vault):
    client = SecretClient(vault.url, vault.credential, **vault.options)
    client.set_secret("password", "sesame")
    assert client.get_secret("password").value == "sesame"


def test_vault_that_is_busy(vault):
    client = SecretClient(vault.url, vault.credential, **vault.options,
                          retry_backoff_factor=0)
    client.set_secret("busy", "after all")
    vault.ask("/faults", [{"match": {"op": "get_secret", "count": 2},
                           "action": {"status": 503}}])
    assert client.get_secret("busy").value == "after all"


def test_vault_that_refuses(vault):
    client = SecretClient(vault.url, vault.credential, **vault.options)
    vault.ask("/faults", [{"match": {"op": "get_secret"},
                           "action": {"status": 403}}])
    with pytest.raises(HttpResponseError, match="Forbidden"):
        client.get_secret("password")


def test_key_that_expires(vault):
    client = KeyClient(vault.url, vault.credential, **vault.options)
    soon = datetime.datetime.now(datetime.timezone.utc)
    key = client.create_ec_key("short", expires_on=soon + datetime.timedelta(hours=1))
    crypto = client.get_cryptography_client("short", key_version=key.properties.version)
    vault.ask("/clock", {"advance_s": 2 * 3600})
    with pytest.raises(HttpResponseError):
        crypto.sign("ES256", bytes(32))
