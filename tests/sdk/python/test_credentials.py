# SPDX-License-Identifier: Apache-2.0
"""A secret with each kind of credential, waiting and asynchronous."""

import asyncio
import contextlib
import os
import unittest
from unittest import mock

import azure.identity
import azure.identity.aio
from azure.core.exceptions import ClientAuthenticationError
from azure.keyvault.secrets import SecretClient
from azure.keyvault.secrets.aio import SecretClient as AioSecretClient

from clients import OPTIONS, VAULT

WORK = os.environ["SDK_WORK"]
TENANT = os.environ["SDK_TENANT"]
IDENTITY = os.environ["SDK_IDENTITY"]
BY_NAME = "SDK_BY_NAME" in os.environ
AUTHORITY = {"authority": os.environ["SDK_AUTHORITY"]}
if not BY_NAME:
    AUTHORITY["disable_instance_discovery"] = True
SERVICE = {
    "AZURE_TENANT_ID": TENANT,
    "AZURE_CLIENT_ID": os.environ["SDK_CLIENT"],
    "AZURE_CLIENT_SECRET": os.environ["SDK_SECRET"],
}


def assertion():
    with open(f"{WORK}/federated", encoding="ascii") as file:
        return file.read()


def of(kind, *args, **kwargs):
    """What makes the credential, of either package."""

    def make(package):
        return getattr(package, kind)(*args, **kwargs)

    return make


PFX = {"certificate_path": f"{WORK}/robot.pfx", "password": "sesame"}
PEM = {"certificate_path": f"{WORK}/robot.pem"}
POD = {"client_id": "pod", "token_file_path": f"{WORK}/federated"}
# Name, variables, what makes it.
ROWS = [
    ("client secret", {},
     of("ClientSecretCredential", TENANT, SERVICE["AZURE_CLIENT_ID"],
        SERVICE["AZURE_CLIENT_SECRET"], **AUTHORITY)),
    ("certificate", {},
     of("CertificateCredential", TENANT, "robot", **PEM, **AUTHORITY)),
    ("certificate in PKCS#12", {},
     of("CertificateCredential", TENANT, "robot", **PFX, **AUTHORITY)),
    ("certificate with its chain", {},
     of("CertificateCredential", TENANT, "robot", **PEM, **AUTHORITY,
        send_certificate_chain=True)),
    ("assertion", {},
     of("ClientAssertionCredential", TENANT, "pod", assertion, **AUTHORITY)),
    ("workload identity", {},
     of("WorkloadIdentityCredential", tenant_id=TENANT, **POD, **AUTHORITY)),
    ("IMDS", {"AZURE_POD_IDENTITY_AUTHORITY_HOST": IDENTITY},
     of("ManagedIdentityCredential")),
    ("IMDS of a client id", {"AZURE_POD_IDENTITY_AUTHORITY_HOST": IDENTITY},
     of("ManagedIdentityCredential", client_id="machine")),
    ("App Service",
     {"IDENTITY_ENDPOINT": IDENTITY + "/msi/token",
      "IDENTITY_HEADER": os.environ["SDK_IDENTITY_HEADER"]},
     of("ManagedIdentityCredential")),
    ("Cloud Shell", {"MSI_ENDPOINT": IDENTITY + "/cloudshell/token"},
     of("ManagedIdentityCredential")),
    ("environment", SERVICE, of("EnvironmentCredential", **AUTHORITY)),
    ("default chain", SERVICE, of("DefaultAzureCredential", **AUTHORITY)),
]
if "SDK_ARC" in os.environ:
    ROWS.append(
        ("Azure Arc",
         {"IDENTITY_ENDPOINT":
          IDENTITY + "/arc/metadata/identity/oauth2/token",
          "IMDS_ENDPOINT": IDENTITY},
         of("ManagedIdentityCredential")))


class Credentials(unittest.TestCase):
    @contextlib.contextmanager
    def row(self, name, variables):
        """One of the rows; it says how it went."""
        with self.subTest(name), mock.patch.dict(os.environ, variables):
            try:
                yield
            except Exception:
                print(f"\nFAILED credential: {name}", flush=True)
                raise
            print(f"\nok credential: {name}", flush=True)

    def test_waiting(self):
        for name, variables, make in ROWS:
            with self.row(name, variables):
                credential = make(azure.identity)
                with SecretClient(VAULT, credential, **OPTIONS) as client:
                    self.assertEqual(
                        client.get_secret("seeded").value, "seeded value"
                    )

    def test_asynchronous(self):
        async def read(make):
            credential = make(azure.identity.aio)
            async with credential, AioSecretClient(
                VAULT, credential, **OPTIONS
            ) as client:
                return (await client.get_secret("seeded")).value

        for name, variables, make in ROWS:
            with self.row(name, variables):
                self.assertEqual(asyncio.run(read(make)), "seeded value")

    def test_refusal(self):
        credential = azure.identity.ClientSecretCredential(
            TENANT, SERVICE["AZURE_CLIENT_ID"], "wrong", **AUTHORITY
        )
        with (
            self.row("a wrong secret is refused", {}),
            SecretClient(VAULT, credential, **OPTIONS) as client,
            self.assertRaisesRegex(ClientAuthenticationError, "AADSTS7000215"),
        ):
            client.get_secret("seeded")


if __name__ == "__main__":
    unittest.main()
