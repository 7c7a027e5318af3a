# SPDX-License-Identifier: Apache-2.0
"""What the akv command writes these libraries read, and the other way
round."""

import base64
import datetime
import hashlib
import json
import os
import re
import subprocess
import unittest

from azure.keyvault.certificates import CertificatePolicy
from azure.keyvault.keys import JsonWebKey, KeyRotationLifetimeAction, KeyRotationPolicy
from azure.keyvault.keys.crypto import EncryptionAlgorithm as Encryption
from azure.keyvault.keys.crypto import KeyWrapAlgorithm as Wrap
from azure.keyvault.keys.crypto import SignatureAlgorithm as Signature
from clients import (
    CURVES,
    QUICK,
    certificates,
    crypto,
    done,
    fails,
    hsm_keys,
    jwk_of,
    keys,
    public_key,
    remote,
    secrets,
)
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

UTC = datetime.timezone.utc
WORK = os.environ["SDK_WORK"]
MESSAGE = os.urandom(100)
SIGNERS = {
    "RS256": ("rsa", "sha256"),
    "PS256": ("rsa", "sha256"),
    "ES256": ("P-256", "sha256"),
    "ES384": ("P-384", "sha384"),
    "ES512": ("P-521", "sha512"),
    "ES256K": ("P-256K", "sha256"),
}


def uri(kind, name):
    host = os.environ["SDK_HSM" if kind == "hsm" else "SDK_VAULT"]
    return f"akv://{host}/{'keys' if kind == 'hsm' else kind + 's'}/{name}"


class Failed(Exception):
    """The akv command has failed, with this exit status."""


def run(*args, given=b""):
    env = {**os.environ, "AZURE_AUTHORITY_HOST": os.environ["SDK_AUTHORITY"]}
    return subprocess.run(
        [os.environ["SDK_CLI"], *args], input=given, capture_output=True, env=env
    )


def akv(*args, given=b""):
    """What it prints."""
    ended = run(*args, given=given)
    if ended.returncode != 0:
        raise Failed(ended.returncode, args, ended.stderr.decode())
    return ended.stdout


def shown(*args):
    return json.loads(akv(*args, "--output", "json"))


def file(name, data):
    path = os.path.join(WORK, name)
    with open(path, "wb") as out:
        out.write(data)
    return path


def pem(private):
    return private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def numbers(public):
    return public.public_numbers()


class Cryptography(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        for name in CURVES:
            keys.create_ec_key(name, curve=name)
        keys.create_rsa_key("rsa", size=2048)
        hsm_keys.create_oct_key("aes", size=256, hardware_protected=True)

    def test_signatures(self):
        for algorithm, (name, hashed) in SIGNERS.items():
            with self.subTest(algorithm):
                how = Signature(algorithm)
                options = [uri("key", name), "--algorithm", algorithm]
                digest = hashlib.new(hashed, MESSAGE).digest()
                client = crypto(keys.get_key(name))
                signature = akv("key", "sign", *options, given=MESSAGE)
                self.assertTrue(client.verify(how, digest, signature).is_valid)
                path = file("sig", client.sign(how, digest).signature)
                options += ["--signature", path]
                said = akv("key", "verify", *options, given=MESSAGE)
                self.assertEqual(said, b"valid\n")

    def test_encryption(self):
        client = crypto(keys.get_key("rsa"))
        for algorithm in ("RSA-OAEP", "RSA-OAEP-256"):
            with self.subTest(algorithm):
                how = Encryption(algorithm)
                options = [uri("key", "rsa"), "--algorithm", algorithm]
                sealed = akv("key", "encrypt", *options, given=MESSAGE)
                self.assertEqual(client.decrypt(how, sealed).plaintext, MESSAGE)
                sealed = client.encrypt(how, MESSAGE).ciphertext
                opened = akv("key", "decrypt", *options, given=sealed)
                self.assertEqual(opened, MESSAGE)

    # This library makes up a secret of its own for an AES key that it has been
    # given without, so it must not see the key: remote().
    def test_aes(self):
        client = remote(hsm_keys.get_key("aes"))
        aad = b"additional"
        how = Encryption.a256_gcm
        options = [uri("hsm", "aes"), "--algorithm", "A256GCM", "--aad", aad.hex()]
        ended = run("key", "encrypt", *options, given=MESSAGE)
        told = dict(re.findall(r"^(iv|tag): (.*)$", ended.stderr.decode(), re.M))
        opened = client.decrypt(
            how,
            ended.stdout,
            iv=bytes.fromhex(told["iv"]),
            authentication_tag=bytes.fromhex(told["tag"]),
            additional_authenticated_data=aad,
        )
        self.assertEqual(opened.plaintext, MESSAGE)
        sealed = client.encrypt(how, MESSAGE, additional_authenticated_data=aad)
        options += ["--iv", sealed.iv.hex(), "--tag", sealed.tag.hex()]
        opened = akv("key", "decrypt", *options, given=sealed.ciphertext)
        self.assertEqual(opened, MESSAGE)

    def test_wrapping(self):
        secret = MESSAGE[:32]
        for algorithm, kind, client in (
            ("RSA-OAEP-256", "key", crypto(keys.get_key("rsa"))),
            ("A256KW", "hsm", remote(hsm_keys.get_key("aes"))),
        ):
            with self.subTest(algorithm):
                how = Wrap(algorithm)
                name = "rsa" if kind == "key" else "aes"
                options = [uri(kind, name), "--algorithm", algorithm]
                wrapped = akv("key", "wrap", *options, given=secret)
                self.assertEqual(client.unwrap_key(how, wrapped).key, secret)
                wrapped = client.wrap_key(how, secret).encrypted_key
                opened = akv("key", "unwrap", *options, given=wrapped)
                self.assertEqual(opened, secret)


class Objects(unittest.TestCase):
    def test_secrets(self):
        value = 'gr\u00fc\u00dfe \U0001f511\n\0"\\end'
        tags = {"a": "1", "b": "\u00e4 y=z"}
        not_before = datetime.datetime(2020, 1, 31, tzinfo=UTC)
        expires_on = datetime.datetime(2099, 1, 31, 12, tzinfo=UTC)
        times = ["2020-01-31T00:00:00Z", "2099-01-31T12:00:00Z"]
        options = ["--content-type", "text/plain"]
        for name, text in tags.items():
            options += ["--tag", f"{name}={text}"]
        options += ["--not-before", times[0], "--expires", times[1]]
        akv("secret", "set", uri("secret", "ours"), *options, given=value.encode())
        got = secrets.get_secret("ours")
        self.assertEqual(got.value, value)
        self.assertEqual(got.properties.content_type, "text/plain")
        self.assertEqual(got.properties.tags, tags)
        self.assertEqual(got.properties.not_before, not_before)
        self.assertEqual(got.properties.expires_on, expires_on)

        secrets.set_secret(
            "theirs",
            value,
            content_type="text/plain",
            tags=tags,
            not_before=not_before,
            expires_on=expires_on,
        )
        theirs = uri("secret", "theirs")
        self.assertEqual(akv("secret", "download", theirs).decode(), value)
        read = shown("secret", "show", theirs)
        self.assertEqual(read["value"], value)
        self.assertEqual(read["contentType"], "text/plain")
        self.assertEqual(read["tags"], tags)
        attributes = read["attributes"]
        self.assertEqual(
            [attributes["notBefore"], attributes["expires"]], times
        )

        binary = [uri("secret", "binary"), "--encoding", "base64"]
        akv("secret", "set", *binary, given=MESSAGE)
        text = secrets.get_secret("binary").value
        self.assertEqual(base64.b64decode(text), MESSAGE)

    def test_imported_keys(self):
        private = ec.generate_private_key(ec.SECP256R1())
        path = file("key.pem", pem(private))
        akv("key", "import", uri("key", "ours-in"), "--file", path)
        theirs = keys.get_key("ours-in")
        public = private.public_key()
        self.assertEqual(numbers(public_key(theirs)), numbers(public))
        digest = hashlib.sha256(MESSAGE).digest()
        keys.import_key("theirs-in", JsonWebKey(**jwk_of(private)))
        # It is the same key: each verifies what the other has signed.
        options = [uri("key", "theirs-in"), "--algorithm", "ES256"]
        signature = akv("key", "sign", *options, given=MESSAGE)
        verified = crypto(theirs).verify(Signature.es256, digest, signature)
        self.assertTrue(verified.is_valid)
        signature = crypto(theirs).sign(Signature.es256, digest).signature
        options += ["--signature", file("import.sig", signature)]
        akv("key", "verify", *options, given=MESSAGE)

    def test_rotation(self):
        keys.create_ec_key("rotated")
        key = uri("key", "rotated")
        policy = {
            "lifetimeActions": [
                {
                    "trigger": {"timeAfterCreate": "P90D"},
                    "action": {"type": "Rotate"},
                }
            ],
            "attributes": {"expiryTime": "P2Y"},
        }
        path = file("policy", json.dumps(policy).encode())
        akv("key", "rotation-policy", key, "--file", path)
        got = keys.get_key_rotation_policy("rotated")
        self.assertEqual(got.expires_in, "P2Y")
        rotations = [
            action.time_after_create
            for action in got.lifetime_actions
            if action.action.lower() == "rotate"
        ]
        self.assertEqual(rotations, ["P90D"])
        action = KeyRotationLifetimeAction("Rotate", time_before_expiry="P30D")
        keys.update_key_rotation_policy(
            "rotated",
            KeyRotationPolicy(),
            expires_in="P3Y",
            lifetime_actions=[action],
        )
        read = shown("key", "rotation-policy", key)
        self.assertEqual(read["attributes"]["expiryTime"], "P3Y")
        triggers = [
            action["trigger"]
            for action in read["lifetimeActions"]
            if action["action"]["type"].lower() == "rotate"
        ]
        self.assertEqual(triggers, [{"timeBeforeExpiry": "P30D"}])
        ours = shown("key", "rotate", key)["version"]
        self.assertEqual(keys.get_key("rotated").properties.version, ours)
        theirs = keys.rotate_key("rotated").properties.version
        self.assertEqual(shown("key", "show", key)["version"], theirs)

    def test_certificates(self):
        ours = uri("certificate", "ours-web")
        akv("certificate", "create", ours, "--subject", "CN=ours.example")
        der = bytes(certificates.get_certificate("ours-web").cer)
        cert = x509.load_der_x509_certificate(der)
        self.assertEqual(cert.subject.rfc4514_string(), "CN=ours.example")
        self.assertEqual(akv("certificate", "download", ours, "--der"), der)

        policy = CertificatePolicy(
            "Self",
            subject="CN=theirs.example",
            content_type="application/x-pem-file",
            key_type="EC",
            key_curve_name="P-384",
        )
        poller = certificates.begin_create_certificate("theirs-web", policy, **QUICK)
        der = bytes(poller.result(20).cer)
        theirs = uri("certificate", "theirs-web")
        self.assertEqual(akv("certificate", "download", theirs, "--der"), der)
        whole = akv("certificate", "download", theirs, "--with-key")
        private = serialization.load_pem_private_key(whole, None)
        cert = x509.load_der_x509_certificate(der)
        self.assertEqual(
            numbers(private.public_key()), numbers(cert.public_key())
        )
        read = shown("certificate", "policy", theirs)
        self.assertEqual(read["key_props"]["crv"], "P-384")

        again = uri("certificate", "again-web")
        akv("certificate", "import", again, "--file", file("whole.pem", whole))
        got = certificates.get_certificate("again-web")
        self.assertEqual(bytes(got.cer), der)
        text = secrets.get_secret("again-web").value.encode()
        private = serialization.load_pem_private_key(text, None)
        self.assertEqual(
            numbers(private.public_key()), numbers(cert.public_key())
        )


class Kind:
    """One kind of objects, as these libraries have them: how one is made, and
    told from another. The methods of the client are named alike."""

    def __init__(self, kind, client, make, look):
        self.kind, self.client, self.make, self.look = kind, client, make, look
        self.name = f"{kind}-back"

    def call(self, method, *args, **options):
        return getattr(self.client, method.replace("X", self.kind))(*args, **options)

    def looked(self):
        return self.look(self.call("get_X", self.name))

    def remove(self):
        done(self.call("begin_delete_X", self.name, **QUICK))

    def recover(self):
        done(self.call("begin_recover_deleted_X", self.name, **QUICK))


def make_certificate(name):
    policy = CertificatePolicy("Self", subject=f"CN={name}")
    return certificates.begin_create_certificate(name, policy, **QUICK).result(20)


KINDS = [
    Kind(
        "secret",
        secrets,
        lambda name: secrets.set_secret(name, "value"),
        lambda secret: secret.value,
    ),
    Kind("key", keys, keys.create_ec_key, lambda key: key.key.x),
    Kind("certificate", certificates, make_certificate, lambda cert: cert.cer),
]


class Lives(unittest.TestCase):
    def test_here_and_there(self):
        for they in KINDS:
            with self.subTest(they.kind):
                they.make(they.name)
                self.deleted_and_recovered(they)
                self.saved_and_restored(they)

    def deleted_and_recovered(self, they):
        wanted = they.looked()
        ours = [they.kind, uri(they.kind, they.name)]
        akv(ours[0], "delete", ours[1])
        with fails(self, 404):
            they.looked()
        they.recover()
        self.assertEqual(they.looked(), wanted)
        they.remove()
        with self.assertRaises(Failed) as caught:
            akv(ours[0], "show", ours[1])
        self.assertEqual(caught.exception.args[0], 3)
        akv(ours[0], "recover", ours[1])
        self.assertEqual(they.looked(), wanted)

    def saved_and_restored(self, they):
        wanted = they.looked()
        ours = uri(they.kind, they.name)
        blob = akv(they.kind, "backup", ours)
        they.remove()
        akv(they.kind, "purge", ours)
        they.call("restore_X_backup", blob)
        self.assertEqual(they.looked(), wanted)
        blob = they.call("backup_X", they.name)
        akv(they.kind, "delete", ours)
        they.call("purge_deleted_X", they.name)
        akv(they.kind, "restore", os.path.dirname(ours), given=blob)
        self.assertEqual(they.looked(), wanted)
