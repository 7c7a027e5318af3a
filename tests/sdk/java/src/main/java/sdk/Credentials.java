// SPDX-License-Identifier: Apache-2.0
package sdk;

import com.azure.core.credential.TokenCredential;
import com.azure.identity.ClientAssertionCredentialBuilder;
import com.azure.identity.ClientCertificateCredentialBuilder;
import com.azure.identity.DefaultAzureCredentialBuilder;
import com.azure.identity.EnvironmentCredentialBuilder;
import com.azure.identity.ManagedIdentityCredentialBuilder;
import com.azure.identity.WorkloadIdentityCredentialBuilder;
import com.azure.security.keyvault.secrets.SecretClient;
import com.azure.security.keyvault.secrets.SecretClientBuilder;
import java.nio.file.Files;
import java.nio.file.Path;

final class Credentials {
    private static final String AREA = "credential";

    private Credentials() {
    }

    static SecretClient client(TokenCredential credential) {
        SecretClientBuilder builder = new SecretClientBuilder().vaultUrl(Main.VAULT).credential(credential);
        return Main.BY_NAME ? builder.buildClient() : builder.disableChallengeResourceVerification().buildClient();
    }

    private static void reads(TokenCredential credential) {
        String value = client(credential).getSecret("seeded").getValue();
        Main.expect("seeded value".equals(value), value);
    }

    private static ClientCertificateCredentialBuilder certificate() {
        ClientCertificateCredentialBuilder builder =
            new ClientCertificateCredentialBuilder().tenantId(Main.TENANT).clientId("robot").authorityHost(Main.AUTHORITY);
        return Main.BY_NAME ? builder : builder.disableInstanceDiscovery();
    }

    private static TokenCredential assertion() {
        ClientAssertionCredentialBuilder builder = new ClientAssertionCredentialBuilder().tenantId(Main.TENANT)
            .clientId("pod").authorityHost(Main.AUTHORITY).clientAssertion(() -> {
                try {
                    return Files.readString(Path.of(Main.WORK, "federated"));
                } catch (java.io.IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
        return Main.BY_NAME ? builder.build() : builder.disableInstanceDiscovery().build();
    }

    private static TokenCredential workload() {
        WorkloadIdentityCredentialBuilder builder = new WorkloadIdentityCredentialBuilder().tenantId(Main.TENANT)
            .clientId("pod").authorityHost(Main.AUTHORITY).tokenFilePath(Main.WORK + "/federated");
        return Main.BY_NAME ? builder.build() : builder.disableInstanceDiscovery().build();
    }

    static void run() {
        Main.check(AREA, "client secret", () -> reads(Main.service()));
        Main.check(AREA, "certificate", () -> reads(certificate().pemCertificate(Main.WORK + "/robot.pem").build()));
        Main.check(AREA, "certificate in PKCS#12", () ->
            reads(certificate().pfxCertificate(Main.WORK + "/robot.pfx").clientCertificatePassword("sesame").build()));
        Main.check(AREA, "certificate with its chain", () ->
            reads(certificate().pemCertificate(Main.WORK + "/robot.pem").sendCertificateChain(true).build()));
        Main.check(AREA, "assertion", () -> reads(assertion()));
        Main.check(AREA, "workload identity", () -> reads(workload()));
        Main.check(AREA, "a wrong secret is refused", () -> {
            try {
                reads(Main.service("wrong"));
            } catch (RuntimeException e) {
                Main.expect(e.toString().contains("AADSTS7000215"), e);
                return;
            }
            Main.expect(false, "a token");
        });
    }

    /** What is told of by variables. */
    static void ofProcess(String kind) {
        switch (kind) {
        case "environment":
            Main.check(AREA, kind, () -> reads(new EnvironmentCredentialBuilder().authorityHost(Main.AUTHORITY).build()));
            break;
        case "default chain":
            DefaultAzureCredentialBuilder chain = new DefaultAzureCredentialBuilder().authorityHost(Main.AUTHORITY);
            Main.check(AREA, kind, () -> reads(Main.BY_NAME ? chain.build() : chain.disableInstanceDiscovery().build()));
            break;
        case "IMDS of a client id":
            Main.check(AREA, kind, () ->
                reads(new ManagedIdentityCredentialBuilder().clientId("machine").build()));
            break;
        default:
            Main.check(AREA, kind, () -> reads(new ManagedIdentityCredentialBuilder().build()));
        }
    }
}
