# SPDX-License-Identifier: Apache-2.0
"""What the vault signs, encrypts and wraps; the package cryptography, the
libraries and the vault have to agree."""

import hashlib
import os
import unittest

from azure.keyvault.keys.crypto import EncryptionAlgorithm as Encryption
from azure.keyvault.keys.crypto import KeyWrapAlgorithm as Wrap
from azure.keyvault.keys.crypto import SignatureAlgorithm as Signature
from clients import (
    CURVES,
    crypto,
    fails,
    hsm_keys,
    keys,
    number,
    public_key,
    remote,
)
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils

SIGNATURES = {
    "RS256": ("rsa", hashes.SHA256()),
    "RS384": ("rsa", hashes.SHA384()),
    "RS512": ("rsa", hashes.SHA512()),
    "PS256": ("rsa", hashes.SHA256()),
    "PS384": ("rsa", hashes.SHA384()),
    "PS512": ("rsa", hashes.SHA512()),
    "ES256": ("P-256", hashes.SHA256()),
    "ES384": ("P-384", hashes.SHA384()),
    "ES512": ("P-521", hashes.SHA512()),
    "ES256K": ("P-256K", hashes.SHA256()),
}


class Crypto(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.message = os.urandom(100)
        cls.key = {
            name: keys.create_ec_key(name, curve=name) for name in CURVES
        }
        cls.key["rsa"] = keys.create_rsa_key("rsa", size=2048)

    def check(self, algorithm, signature):
        """By the package cryptography."""
        name, hashed = SIGNATURES[algorithm]
        public = public_key(self.key[name])
        if algorithm.startswith("RS"):
            how = [padding.PKCS1v15(), hashed]
        elif algorithm.startswith("PS"):
            pss = padding.PSS(padding.MGF1(hashed), hashed.digest_size)
            how = [pss, hashed]
        else:
            half = len(signature) // 2
            signature = utils.encode_dss_signature(
                number(signature[:half]), number(signature[half:])
            )
            how = [ec.ECDSA(hashed)]
        public.verify(signature, self.message, *how)

    def test_signatures(self):
        for algorithm, (name, hashed) in SIGNATURES.items():
            with self.subTest(algorithm):
                digest = hashlib.new(hashed.name, self.message).digest()
                local, far = crypto(self.key[name]), remote(self.key[name])
                how = Signature(algorithm)
                result = local.sign(how, digest)
                self.assertEqual(result.key_id, self.key[name].id)
                self.check(algorithm, result.signature)
                other = bytes([digest[0] ^ 1]) + digest[1:]
                for client in (local, far):
                    for what, wanted in ((digest, True), (other, False)):
                        verified = client.verify(how, what, result.signature)
                        self.assertEqual(verified.is_valid, wanted)

    def test_encryption(self):
        local, far = crypto(self.key["rsa"]), remote(self.key["rsa"])
        secret = self.message[:32]
        for algorithm in ("RSA1_5", "RSA-OAEP", "RSA-OAEP-256"):
            with self.subTest(algorithm):
                how, wrap = Encryption(algorithm), Wrap(algorithm)
                for client in (local, far):
                    sealed = client.encrypt(how, self.message)
                    opened = local.decrypt(how, sealed.ciphertext)
                    self.assertEqual(opened.plaintext, self.message)
                    wrapped = client.wrap_key(wrap, secret)
                    opened = local.unwrap_key(wrap, wrapped.encrypted_key)
                    self.assertEqual(opened.key, secret)
                with fails(self, 400):
                    local.decrypt(how, self.message)

    def test_aes(self):
        for size in (128, 192, 256):
            with self.subTest(size):
                self.aes(size)

    def aes(self, size):
        # This library makes up a secret of its own for an AES key that it has
        # been given without, so it must not see the key.
        client = remote(
            hsm_keys.create_oct_key(
                f"aes{size}", size=size, hardware_protected=True
            )
        )
        gcm, cbc = Encryption(f"A{size}GCM"), Encryption(f"A{size}CBCPAD")
        wrap = Wrap(f"A{size}KW")
        sealed = client.encrypt(
            gcm, self.message, additional_authenticated_data=b"aad"
        )
        tag = {"iv": sealed.iv, "authentication_tag": sealed.tag}
        opened = client.decrypt(
            gcm, sealed.ciphertext, additional_authenticated_data=b"aad", **tag
        )
        self.assertEqual(opened.plaintext, self.message)
        with fails(self, 400):
            client.decrypt(
                gcm, sealed.ciphertext, additional_authenticated_data=b"x", **tag
            )
        iv = os.urandom(16)
        sealed = client.encrypt(cbc, self.message, iv=iv)
        opened = client.decrypt(cbc, sealed.ciphertext, iv=iv)
        self.assertEqual(opened.plaintext, self.message)
        secret = self.message[:32]
        wrapped = client.wrap_key(wrap, secret)
        self.assertEqual(len(wrapped.encrypted_key), 40)
        opened = client.unwrap_key(wrap, wrapped.encrypted_key)
        self.assertEqual(opened.key, secret)

    def test_what_a_key_is_not_for(self):
        client = remote(keys.create_rsa_key("signer", key_operations=["sign"]))
        data = os.urandom(256)
        with fails(self, 403):
            client.decrypt(Encryption.rsa_oaep, data)
        with fails(self, 403):
            client.verify(Signature.rs256, data[:32], data)
        client.sign(Signature.rs256, data[:32])
        with fails(self, 400):
            client.sign(Signature.es256, data[:32])
