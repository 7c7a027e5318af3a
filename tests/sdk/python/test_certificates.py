# SPDX-License-Identifier: Apache-2.0

import datetime
import hashlib
import unittest

from azure.keyvault.certificates import (
    AdministratorContact,
    CertificateContact,
    CertificatePolicy,
    LifetimeAction,
)
from clients import (
    QUICK,
    certificates,
    fails,
    done,
    freed,
    keys,
    names,
    public_key,
    secrets,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12

ENCODING = serialization.Encoding


def policy(**changes):
    members = {
        "issuer_name": "Self",
        "subject": "CN=self.example",
        "san_dns_names": ["self.example", "two.example"],
        "key_type": "EC",
        "key_curve_name": "P-256",
        "exportable": True,
        "content_type": "application/x-pem-file",
        "key_usage": ["digitalSignature"],
        "enhanced_key_usage": ["1.3.6.1.5.5.7.3.1"],
        "validity_in_months": 3,
        "lifetime_actions": [LifetimeAction("EmailContacts", days_before_expiry=7)],
    }
    return CertificatePolicy(**{**members, **changes})


def create(name, how=None, **options):
    poller = certificates.begin_create_certificate(
        name, how or policy(), **QUICK, **options
    )
    return poller.result(20)


def spki(public):
    return public.public_bytes(
        ENCODING.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def issue(subject, public, issuer, private):
    """A certificate for the public key by the issuer's private key."""
    now = datetime.datetime.utcnow()
    name = x509.Name.from_rfc4514_string
    return (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=9))
        .sign(private, hashes.SHA256())
    )


class Certificates(unittest.TestCase):
    def test_self_signed(self):
        created = create("self", tags={"a": "b"})
        self.assertEqual(created.name, "self")
        self.assertEqual(created.properties.tags, {"a": "b"})
        der = bytes(created.cer)
        cert = x509.load_der_x509_certificate(der)
        self.assertEqual(cert.subject.rfc4514_string(), "CN=self.example")
        alternatives = cert.extensions.get_extension_for_class(
            x509.SubjectAlternativeName
        ).value.get_values_for_type(x509.DNSName)
        self.assertEqual(alternatives, ["self.example", "two.example"])
        self.assertEqual(
            bytes(created.properties.x509_thumbprint), hashlib.sha1(der).digest()
        )
        version = created.properties.version
        got = certificates.get_certificate_version("self", version)
        self.assertEqual(bytes(got.cer), der)
        key = keys.get_key("self", version)
        self.assertTrue(key.properties.managed)
        self.assertEqual(spki(public_key(key)), spki(cert.public_key()))
        pem = secrets.get_secret("self", version).value.encode()
        private = serialization.load_pem_private_key(pem, None)
        self.assertEqual(spki(private.public_key()), spki(cert.public_key()))

    def test_policy(self):
        create("ruled")
        got = certificates.get_certificate_policy("ruled")
        wanted = policy()
        for name in (
            "issuer_name",
            "subject",
            "key_type",
            "key_curve_name",
            "exportable",
            "content_type",
            "key_usage",
            "enhanced_key_usage",
            "validity_in_months",
        ):
            self.assertEqual(getattr(got, name), getattr(wanted, name), name)
        self.assertEqual(list(got.san_dns_names), ["self.example", "two.example"])
        (action,) = got.lifetime_actions
        self.assertEqual(action.action, "EmailContacts")
        self.assertEqual(action.days_before_expiry, 7)
        changed = certificates.update_certificate_policy(
            "ruled", policy(validity_in_months=6)
        )
        self.assertEqual(changed.validity_in_months, 6)
        again = create("ruled", changed).properties
        days = (again.expires_on - again.not_before).days
        self.assertTrue(150 < days < 200, days)
        versions = certificates.list_properties_of_certificate_versions("ruled")
        self.assertEqual(len(list(versions)), 2)

    def test_update(self):
        version = create("changed-cert").properties.version
        updated = certificates.update_certificate_properties(
            "changed-cert", version, enabled=False, tags={"c": "d"}
        )
        self.assertFalse(updated.properties.enabled)
        self.assertEqual(updated.properties.tags, {"c": "d"})
        with fails(self, 404, "CertificateNotFound"):
            certificates.get_certificate("absent")

    def test_import(self):
        private = ec.generate_private_key(ec.SECP256R1())
        cert = issue("CN=in", private.public_key(), "CN=in", private)
        der = cert.public_bytes(ENCODING.DER)
        pfx = pkcs12.serialize_key_and_certificates(
            b"in", private, cert, None, serialization.BestAvailableEncryption(b"pw")
        )
        got = certificates.import_certificate("pfx", pfx, password="pw")
        self.assertEqual(bytes(got.cer), der)
        self.assertEqual(got.policy.content_type, "application/x-pkcs12")
        pem = private.private_bytes(
            ENCODING.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ) + cert.public_bytes(ENCODING.PEM)
        how = CertificatePolicy(content_type="application/x-pem-file")
        got = certificates.import_certificate("pem", pem, policy=how)
        self.assertEqual(bytes(got.cer), der)
        with fails(self, 400):
            certificates.import_certificate("bad", pfx, password="x")

    def test_signed_by_somebody_else(self):
        create("signed", policy(issuer_name="Unknown"))
        operation = certificates.get_certificate_operation("signed")
        self.assertEqual(operation.status, "inProgress")
        request = x509.load_der_x509_csr(bytes(operation.csr))
        self.assertTrue(request.is_signature_valid)
        private = ec.generate_private_key(ec.SECP256R1())
        subject = request.subject.rfc4514_string()
        cert = issue(subject, request.public_key(), "CN=authority", private)
        der = cert.public_bytes(ENCODING.DER)
        merged = certificates.merge_certificate("signed", [der])
        self.assertEqual(bytes(merged.cer), der)
        self.assertTrue(certificates.get_certificate("signed").properties.enabled)

    def test_cancellation(self):
        create("cancelled", policy(issuer_name="Unknown"))
        operation = certificates.cancel_certificate_operation("cancelled")
        self.assertTrue(operation.cancellation_requested)
        certificates.delete_certificate_operation("cancelled")
        with fails(self, 404):
            certificates.get_certificate_operation("cancelled")

    def test_issuers(self):
        contact = AdministratorContact("A", "B", "a@b.example", "1")
        certificates.create_issuer(
            "auth",
            "Test",
            account_id="account",
            password="word",
            organization_id="org",
            admin_contacts=[contact],
        )
        got = certificates.get_issuer("auth")
        self.assertEqual(
            (got.provider, got.account_id, got.organization_id),
            ("Test", "account", "org"),
        )
        self.assertEqual(got.admin_contacts[0].email, "a@b.example")
        certificates.update_issuer("auth", account_id="other")
        self.assertEqual(certificates.get_issuer("auth").account_id, "other")
        issuers = certificates.list_properties_of_issuers()
        self.assertEqual(names(issuers), ["auth"])
        certificates.delete_issuer("auth")
        with fails(self, 404):
            certificates.get_issuer("auth")

    def test_contacts(self):
        contact = CertificateContact(email="a@b.example", name="A", phone="1")
        certificates.set_contacts([contact])
        (got,) = certificates.get_contacts()
        self.assertEqual((got.email, got.name, got.phone), ("a@b.example", "A", "1"))
        certificates.delete_contacts()
        with fails(self, 404):
            certificates.get_contacts()

    def test_deletion_recovery_purge_and_backup(self):
        created = create("gone-cert")
        deleted = done(certificates.begin_delete_certificate("gone-cert", **QUICK))
        self.assertTrue(deleted.recovery_id.endswith("/deletedcertificates/gone-cert"))
        self.assertGreater(deleted.scheduled_purge_date, deleted.deleted_on)
        with fails(self, 404, "CertificateNotFound"):
            certificates.get_certificate("gone-cert")
        with fails(self, 404):
            secrets.get_secret("gone-cert")
        held = certificates.get_deleted_certificate("gone-cert")
        self.assertEqual(held.name, "gone-cert")
        listed = names(certificates.list_deleted_certificates())
        self.assertEqual(listed, ["gone-cert"])

        done(certificates.begin_recover_deleted_certificate("gone-cert", **QUICK))
        self.assertEqual(certificates.get_certificate("gone-cert").cer, created.cer)
        blob = certificates.backup_certificate("gone-cert")
        with fails(self, 409):
            certificates.restore_certificate_backup(blob)
        done(certificates.begin_delete_certificate("gone-cert", **QUICK))
        certificates.purge_deleted_certificate("gone-cert")
        with fails(self, 404):
            certificates.get_deleted_certificate("gone-cert")
        restored = freed(lambda: certificates.restore_certificate_backup(blob))
        self.assertEqual(restored.cer, created.cer)
        self.assertIn("PRIVATE KEY", secrets.get_secret("gone-cert").value)

    def test_lists(self):
        wanted = [f"cert-{i}" for i in range(10, 40)]
        pollers = [
            certificates.begin_create_certificate(name, policy(), **QUICK)
            for name in wanted
        ]
        for poller in pollers:
            poller.result(20)
        found = names(certificates.list_properties_of_certificates())
        self.assertEqual([n for n in found if n.startswith("cert-")], wanted)
