# SPDX-License-Identifier: Apache-2.0

import base64
import datetime
import json
import os
import unittest

from azure.keyvault.keys import (
    JsonWebKey,
    KeyReleasePolicy,
    KeyRotationLifetimeAction,
    KeyRotationPolicy,
    KeyRotationPolicyAction,
)
from azure.keyvault.keys.crypto import SignatureAlgorithm
from clients import (
    CURVES,
    QUICK,
    crypto,
    done,
    fails,
    freed,
    hsm_keys,
    jwk_of,
    keys,
    names,
    public_key,
)
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

UTC = datetime.timezone.utc
NOT_BEFORE = datetime.datetime(2020, 1, 31, tzinfo=UTC)
EXPIRES_ON = datetime.datetime(2099, 1, 31, 12, tzinfo=UTC)


def base64url(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def statement(public):
    """What says where the released key may go, by the authority of the seed."""
    numbers = public.public_numbers()
    key = {
        "kty": "RSA",
        "kid": "k",
        "use": "enc",
        "key_ops": ["encrypt"],
        "n": base64url(numbers.n.to_bytes(256, "big")),
        "e": "AQAB",
    }
    claims = {
        "iss": "https://a.example",
        "exp": 4000000000,
        "c": True,
        "x-ms-runtime": {"keys": [key]},
    }
    parts = ({"alg": "RS256", "typ": "JWT"}, claims)
    text = ".".join(base64url(json.dumps(p).encode()) for p in parts)
    with open(os.environ["SDK_WORK"] + "/attest.pem", "rb") as file:
        private = serialization.load_pem_private_key(file.read(), None)
    signature = private.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
    return text + "." + base64url(signature)


class Keys(unittest.TestCase):
    def test_rsa(self):
        for size in (2048, 3072):
            key = keys.create_rsa_key(f"rsa{size}", size=size)
            self.assertEqual(key.key_type, "RSA")
            self.assertEqual(public_key(key).key_size, size)
            self.assertIsNone(key.key.d)
        hard = keys.create_rsa_key("rsahsm", hardware_protected=True)
        self.assertEqual(hard.key_type, "RSA-HSM")

    def test_ec(self):
        for curve in CURVES:
            key = keys.create_ec_key(f"ec-{curve}", curve=curve)
            self.assertEqual((key.key_type, key.key.crv), ("EC", curve))
            public_key(key)  # is on the curve

    def test_aes(self):
        for size in (128, 192, 256):
            key = hsm_keys.create_oct_key(
                f"oct{size}", size=size, hardware_protected=True
            )
            self.assertEqual(key.key_type, "oct-HSM")
            self.assertIsNone(key.key.k)

    def test_attributes_and_update(self):
        created = keys.create_ec_key(
            "attributes",
            key_operations=["sign"],
            enabled=False,
            not_before=NOT_BEFORE,
            expires_on=EXPIRES_ON,
            tags={"a": "b"},
        )
        self.assertEqual(created.key_operations, ["sign"])
        self.assertFalse(created.properties.enabled)
        self.assertEqual(created.properties.not_before, NOT_BEFORE)
        self.assertEqual(created.properties.expires_on, EXPIRES_ON)
        updated = keys.update_key_properties(
            "attributes",
            created.properties.version,
            enabled=True,
            key_operations=["sign", "verify"],
            tags={"c": "d"},
        )
        self.assertTrue(updated.properties.enabled)
        self.assertEqual(updated.properties.tags, {"c": "d"})
        got = keys.get_key("attributes")
        self.assertEqual(got.key_operations, ["sign", "verify"])
        self.assertEqual(got.properties.expires_on, EXPIRES_ON)
        self.assertEqual(got.properties.version, created.properties.version)
        with fails(self, 404, "KeyNotFound"):
            keys.get_key("absent")
        with fails(self, 400, "BadParameter"):
            keys.create_rsa_key("odd", size=1000)

    def test_import(self):
        pairs = {
            "rsa": rsa.generate_private_key(65537, 2048),
            "ec": ec.generate_private_key(ec.SECP384R1()),
        }
        for name, private in pairs.items():
            key = keys.import_key(
                f"{name}-in", JsonWebKey(**jwk_of(private)), tags={"from": "file"}
            )
            self.assertEqual(key.key_type, name.upper())
            self.assertEqual(key.properties.tags, {"from": "file"})
            self.assertEqual(
                public_key(key).public_numbers(),
                private.public_key().public_numbers(),
            )
        client = crypto(keys.get_key("ec-in"))
        result = client.sign(SignatureAlgorithm.es384, os.urandom(48))
        self.assertEqual(len(result.signature), 96)
        hard = keys.import_key(
            "hard-in", JsonWebKey(**jwk_of(pairs["rsa"])), hardware_protected=True
        )
        self.assertEqual(hard.key_type, "RSA-HSM")

    def test_versions_rotation_and_its_policy(self):
        first = keys.create_ec_key("rotated")
        rotate = KeyRotationLifetimeAction(
            KeyRotationPolicyAction.rotate, time_after_create="P90D"
        )
        policy = keys.update_key_rotation_policy(
            "rotated",
            KeyRotationPolicy(),
            expires_in="P2Y",
            lifetime_actions=[rotate],
        )
        self.assertEqual(policy.expires_in, "P2Y")
        got = keys.get_key_rotation_policy("rotated")
        rotations = [
            action.time_after_create
            for action in got.lifetime_actions
            if action.action.lower() == "rotate"
        ]
        self.assertEqual(rotations, ["P90D"])
        self.assertIsNotNone(got.updated_on)

        second = keys.rotate_key("rotated")
        self.assertGreater(
            second.properties.expires_on, datetime.datetime.now(UTC)
        )
        self.assertEqual(
            {v.version for v in keys.list_properties_of_key_versions("rotated")},
            {first.properties.version, second.properties.version},
        )
        self.assertNotEqual(first.properties.version, second.properties.version)
        old = keys.get_key("rotated", first.properties.version)
        self.assertEqual(old.key.x, first.key.x)

    def test_random_bytes(self):
        for count in (1, 128):
            self.assertEqual(len(hsm_keys.get_random_bytes(count)), count)
        with fails(self, 400):
            hsm_keys.get_random_bytes(129)

    def test_release(self):
        policy = {
            "version": "1.0.0",
            "anyOf": [
                {
                    "authority": "https://a.example",
                    "allOf": [{"claim": "c", "equals": "true"}],
                }
            ],
        }
        created = keys.create_ec_key(
            "released",
            hardware_protected=True,
            exportable=True,
            release_policy=KeyReleasePolicy(json.dumps(policy).encode()),
        )
        self.assertTrue(created.properties.exportable)
        self.assertEqual(
            json.loads(created.properties.release_policy.encoded_policy), policy
        )
        private = rsa.generate_private_key(65537, 2048)
        released = keys.release_key(
            "released",
            statement(private.public_key()),
            nonce="abc",
            algorithm="RSA_AES_KEY_WRAP_256",
        )
        payload = released.value.split(".")[1]
        payload = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
        self.assertEqual(json.loads(payload)["request"]["nonce"], "abc")

    def test_deletion_recovery_purge_and_backup(self):
        for client in (keys, hsm_keys):
            with self.subTest(client.vault_url):
                self.deletion(client)

    def deletion(self, client):
        created = client.create_ec_key(
            "gone", hardware_protected=client is hsm_keys
        )
        deleted = done(client.begin_delete_key("gone", **QUICK))
        self.assertTrue(deleted.recovery_id.endswith("/deletedkeys/gone"))
        self.assertGreater(deleted.scheduled_purge_date, deleted.deleted_date)
        with fails(self, 404, "KeyNotFound"):
            client.get_key("gone")
        self.assertEqual(client.get_deleted_key("gone").name, "gone")
        self.assertEqual(names(client.list_deleted_keys()), ["gone"])

        recovered = done(client.begin_recover_deleted_key("gone", **QUICK))
        self.assertEqual(recovered.key.x, created.key.x)
        blob = client.backup_key("gone")
        with fails(self, 409):
            client.restore_key_backup(blob)
        done(client.begin_delete_key("gone", **QUICK))
        client.purge_deleted_key("gone")
        with fails(self, 404, "KeyNotFound"):
            client.get_deleted_key("gone")
        restored = freed(lambda: client.restore_key_backup(blob))
        self.assertEqual(restored.key.x, created.key.x)
        self.assertEqual(restored.properties.version, created.properties.version)

    def test_pages(self):
        wanted = [f"page-{i}" for i in range(10, 70)]
        for name in wanted:
            keys.create_ec_key(name)
        found = names(keys.list_properties_of_keys())
        self.assertEqual([n for n in found if n.startswith("page-")], wanted)
