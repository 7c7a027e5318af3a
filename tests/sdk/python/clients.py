# SPDX-License-Identifier: Apache-2.0
"""The clients of the local vault, with no more than their own switches for a
private host."""

import contextlib
import os
import time

from azure.core.exceptions import HttpResponseError
from azure.identity import ClientSecretCredential
from azure.keyvault.certificates import CertificateClient
from azure.keyvault.keys import KeyClient
from azure.keyvault.keys.crypto import CryptographyClient
from azure.keyvault.secrets import SecretClient
from cryptography.hazmat.primitives.asymmetric import ec, rsa

VAULT = "https://" + os.environ["SDK_VAULT"]
HSM = "https://" + os.environ["SDK_HSM"]
CURVES = {
    "P-256": ec.SECP256R1(),
    "P-384": ec.SECP384R1(),
    "P-521": ec.SECP521R1(),
    "P-256K": ec.SECP256K1(),
}
# Pollers ask again after this time, in seconds.
QUICK = {"_polling_interval": 0.01}

# By names of its own the vault's challenges are verified.
BY_NAME = "SDK_BY_NAME" in os.environ
OPTIONS = {} if BY_NAME else {"verify_challenge_resource": False}


def _credential(client_id, client_secret):
    # Two names of one switch: that of the version in Debian 12, and the later.
    return ClientSecretCredential(
        os.environ["SDK_TENANT"],
        client_id,
        client_secret,
        authority=os.environ["SDK_AUTHORITY"],
        instance_discovery=BY_NAME,
        disable_instance_discovery=not BY_NAME,
    )


_ALL = _credential(
    os.environ["SDK_CLIENT"], os.environ["SDK_SECRET"]
)
# Of somebody who may not read public keys: nothing can be done locally.
_NO_GET = _credential("no-get", "no-get")

secrets = SecretClient(VAULT, _ALL, **OPTIONS)
keys = KeyClient(VAULT, _ALL, **OPTIONS)
hsm_keys = KeyClient(HSM, _ALL, **OPTIONS)
certificates = CertificateClient(VAULT, _ALL, **OPTIONS)


def crypto(key):
    return CryptographyClient(key, _ALL, **OPTIONS)


def remote(key):
    return CryptographyClient(key.id, _NO_GET, **OPTIONS)


def names(items):
    return sorted(item.name for item in items)


def done(poller):
    """The result of an operation that takes a while; result() alone does not
    wait."""
    poller.wait(20)
    return poller.result()


@contextlib.contextmanager
def fails(test, status, code=None):
    with test.assertRaises(HttpResponseError) as caught:
        yield
    test.assertEqual(caught.exception.status_code, status, caught.exception)
    if code:
        test.assertEqual(caught.exception.error.code, code)


def freed(action, patience=5):
    """What was purged may hold its name for a while."""
    end = time.monotonic() + patience
    while True:
        try:
            return action()
        except HttpResponseError as err:
            if err.status_code != 409 or time.monotonic() > end:
                raise
        time.sleep(QUICK["_polling_interval"])


def number(data):
    return int.from_bytes(data, "big")


def public_key(key):
    """As the package cryptography has it."""
    jwk = key.key
    if jwk.kty.startswith("RSA"):
        return rsa.RSAPublicNumbers(number(jwk.e), number(jwk.n)).public_key()
    return ec.EllipticCurvePublicNumbers(
        number(jwk.x), number(jwk.y), CURVES[jwk.crv]
    ).public_key()


def _octets(value, size=None):
    return value.to_bytes(size or (value.bit_length() + 7) // 8, "big")


def jwk_of(private):
    """A private key in the members of a JWK."""
    numbers = private.private_numbers()
    if isinstance(private, rsa.RSAPrivateKey):
        members = {
            "n": numbers.public_numbers.n,
            "e": numbers.public_numbers.e,
            "d": numbers.d,
            "p": numbers.p,
            "q": numbers.q,
            "dp": numbers.dmp1,
            "dq": numbers.dmq1,
            "qi": numbers.iqmp,
        }
        jwk = {name: _octets(value) for name, value in members.items()}
        return {"kty": "RSA", **jwk}
    size = (private.curve.key_size + 7) // 8
    crv = next(
        name for name, curve in CURVES.items() if curve.name == private.curve.name
    )
    return {
        "kty": "EC",
        "crv": crv,
        "x": _octets(numbers.public_numbers.x, size),
        "y": _octets(numbers.public_numbers.y, size),
        "d": _octets(numbers.private_value, size),
    }
