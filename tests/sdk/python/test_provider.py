# SPDX-License-Identifier: Apache-2.0
"""One vault for these libraries, the akv command and openssl with the
provider: what one of them makes, the others use."""

import hashlib
import os
import subprocess
import unittest

from azure.keyvault.certificates import CertificatePolicy
from azure.keyvault.keys.crypto import EncryptionAlgorithm as Encryption
from azure.keyvault.keys.crypto import KeyWrapAlgorithm as Wrap
from azure.keyvault.keys.crypto import SignatureAlgorithm as Signature
from clients import QUICK, certificates, crypto, keys, secrets
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from test_crosswise import MESSAGE, WORK, akv, file, uri

CONFIG = f"""
openssl_conf = init
config_diagnostics = 1
[init]
providers = providers
[providers]
default = default_provider
keyvault = keyvault_provider
[default_provider]
activate = 1
[keyvault_provider]
module = {os.environ["SDK_MODULE"]}
activate = 1
[req]
distinguished_name = dn
[dn]
"""
# Of openssl's pkeyutl, for a digest.
SIGNERS = {
    "RS256": ("rsa", "sha256", []),
    "PS256": ("rsa", "sha256",
              ["rsa_padding_mode:pss", "rsa_pss_saltlen:digest"]),
    "ES256": ("P-256", "sha256", []),
    "ES384": ("P-384", "sha384", []),
}
OAEP = {"RSA-OAEP": "sha1", "RSA-OAEP-256": "sha256"}


def path(name):
    return os.path.join(WORK, name)


def env_of(config):
    return {
        **os.environ,
        "AZURE_AUTHORITY_HOST": os.environ["SDK_AUTHORITY"],
        "OPENSSL_CONF": config,
    }


def openssl(*args, given=b"", config=None):
    """What it prints."""
    ended = subprocess.run(
        ["openssl", *args], input=given, capture_output=True, timeout=60,
        env=env_of(config or file("provider.cnf", CONFIG.encode())),
    )
    if ended.returncode != 0:
        raise AssertionError(f"openssl {args}: {ended.stderr.decode()}")
    return ended.stdout


def raw(signature):
    """r and s one behind the other, as the vault has them, of DER's."""
    numbers = []
    rest = signature[2 if signature[1] < 128 else 3:]
    while rest:
        size = rest[1]
        numbers.append(int.from_bytes(rest[2:2 + size], "big"))
        rest = rest[2 + size:]
    return numbers


def options_of(settings):
    return [word for setting in settings for word in ("-pkeyopt", setting)]


class Keys(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        for name in ("P-256", "P-384"):
            keys.create_ec_key(name, curve=name)
        keys.create_rsa_key("rsa", size=2048)

    def test_provider_signs(self):
        for algorithm, (name, hashed, settings) in SIGNERS.items():
            with self.subTest(algorithm):
                digest = hashlib.new(hashed, MESSAGE).digest()
                signature = openssl(
                    "pkeyutl", "-sign", "-inkey", uri("key", name),
                    *options_of([f"digest:{hashed}", *settings]),
                    given=digest,
                )
                if name != "rsa":
                    size = int(name[2:]) // 8
                    r, s = raw(signature)
                    signature = r.to_bytes(size, "big") + s.to_bytes(size, "big")
                result = crypto(keys.get_key(name)).verify(
                    Signature(algorithm), digest, signature)
                self.assertTrue(result.is_valid)

    def test_library_signs(self):
        for algorithm in ("RS256", "PS256"):
            name, hashed, settings = SIGNERS[algorithm]
            with self.subTest(algorithm):
                digest = hashlib.new(hashed, MESSAGE).digest()
                signature = crypto(keys.get_key(name)).sign(
                    Signature(algorithm), digest).signature
                said = openssl(
                    "pkeyutl", "-verify", "-pubin", "-inkey", uri("key", name),
                    "-sigfile", file("signature", signature),
                    *options_of([f"digest:{hashed}", *settings]),
                    given=digest,
                )
                self.assertIn(b"Verified Successfully", said)

    def test_encryption(self):
        client = crypto(keys.get_key("rsa"))
        for algorithm, hashed in OAEP.items():
            how = options_of(["rsa_padding_mode:oaep", f"rsa_oaep_md:{hashed}"])
            with self.subTest(algorithm):
                sealed = client.encrypt(Encryption(algorithm), MESSAGE).ciphertext
                opened = openssl("pkeyutl", "-decrypt", "-inkey",
                                 uri("key", "rsa"), *how, given=sealed)
                self.assertEqual(opened, MESSAGE)
                sealed = openssl("pkeyutl", "-encrypt", "-pubin", "-inkey",
                                 uri("key", "rsa"), *how, given=MESSAGE)
                opened = client.decrypt(Encryption(algorithm), sealed).plaintext
                self.assertEqual(opened, MESSAGE)

    def test_wrapping(self):
        secret = MESSAGE[:32]
        how = options_of(["rsa_padding_mode:oaep", "rsa_oaep_md:sha256"])
        client = crypto(keys.get_key("rsa"))
        wrapped = client.wrap_key(Wrap("RSA-OAEP-256"), secret).encrypted_key
        self.assertEqual(secret, openssl(
            "pkeyutl", "-decrypt", "-inkey", uri("key", "rsa"), *how,
            given=wrapped))

    def test_backup(self):
        """Of a key of the library, restored by akv, used by the provider."""
        keys.create_ec_key("moved")
        public = openssl("pkey", "-pubin", "-in", uri("key", "moved"), "-pubout")
        saved = file("moved.backup", keys.backup_key("moved"))
        akv("key", "delete", uri("key", "moved"))
        akv("key", "purge", uri("key", "moved"))
        akv("key", "restore", "https://" + os.environ["SDK_VAULT"], "--file", saved)
        signature = openssl("dgst", "-sha256", "-sign", uri("key", "moved"),
                            given=MESSAGE)
        said = openssl(
            "dgst", "-sha256", "-verify", file("moved.pub", public),
            "-signature", file("moved.sig", signature), given=MESSAGE,
            config="/dev/null")
        self.assertEqual(said, b"Verified OK\n")


class Certificates(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        file("ca.cnf", b"[req]\ndistinguished_name = dn\n[dn]\n")
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj",
                "/CN=ca", "-keyout", path("their-ca.key"), "-out",
                path("their-ca.pem"), config=path("ca.cnf"))

    def signed(self, request):
        """The certificate, by an authority of our own."""
        return openssl(
            "x509", "-req", "-CA", path("their-ca.pem"), "-CAkey",
            path("their-ca.key"), "-set_serial", "7", given=request,
            config="/dev/null")

    def serves(self, name):
        """openssl s_server with certificate and key by URI."""
        server = subprocess.Popen(
            ["openssl", "s_server", "-accept", "127.0.0.1:0", "-naccept", "1",
             "-cert", uri("certificate", name), "-key", uri("key", name)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=env_of(file("provider.cnf", CONFIG.encode())))
        try:
            said = []
            for line in server.stdout:
                said.append(line.decode())
                if line.startswith(b"ACCEPT "):
                    break
            else:
                self.fail("".join(said))
            where = said[-1].split()[1]
            shown = openssl("s_client", "-connect", where, config="/dev/null")
            server.stdin.close()
            server.stdout.read()
        finally:
            server.kill()
            server.wait()
            server.stdout.close()
        return shown

    def test_tls_by_uri(self):
        policy = CertificatePolicy("Self", subject="CN=served.example")
        made = certificates.begin_create_certificate(
            "served", policy, **QUICK).result(20)
        shown = self.serves("served").decode()
        begin = shown.index("-----BEGIN CERTIFICATE")
        cert = x509.load_pem_x509_certificate(shown[begin:].encode())
        self.assertEqual(
            cert.public_bytes(serialization.Encoding.DER), bytes(made.cer))

    def test_request_of_the_library(self):
        policy = CertificatePolicy("Unknown", subject="CN=theirs")
        certificates.begin_create_certificate("begun", policy, **QUICK)
        request = akv("certificate", "pending", uri("certificate", "begun"),
                      "--csr")
        akv("certificate", "merge", uri("certificate", "begun"), "--file",
            file("begun.pem", self.signed(request)))
        cert = x509.load_der_x509_certificate(
            bytes(certificates.get_certificate("begun").cer))
        self.assertEqual(cert.issuer.rfc4514_string(), "CN=ca")
        self.assertIn(b"issuer=CN", self.serves("begun").replace(b" ", b""))

    def test_request_of_akv(self):
        policy = (b'{"issuer": {"name": "Unknown"},'
                  b' "x509_props": {"subject": "CN=ours"}}')
        akv("certificate", "create", uri("certificate", "ordered"), "--policy",
            file("ordered.json", policy), "--no-wait")
        der = certificates.get_certificate_operation("ordered").csr
        request = openssl("req", "-inform", "DER", given=bytes(der),
                          config="/dev/null")
        lines = self.signed(request).split(b"\n")
        made = certificates.merge_certificate(
            "ordered", [b"".join(lines[1:-2])])
        got = openssl("x509", "-in", uri("certificate", "ordered"), "-outform",
                      "DER")
        self.assertEqual(got, bytes(made.cer))

    def test_secrets_by_uri(self):
        """A PEM that the library keeps as a secret, found by the provider."""
        with open(path("their-ca.pem"), encoding="ascii") as pem:
            text = pem.read()
        secrets.set_secret("chain", text, content_type="application/x-pem-file")
        got = openssl("x509", "-in", uri("secret", "chain"))
        self.assertEqual(
            x509.load_pem_x509_certificate(got),
            x509.load_pem_x509_certificate(text.encode()))


if __name__ == "__main__":
    unittest.main()
