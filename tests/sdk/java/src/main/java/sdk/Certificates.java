// SPDX-License-Identifier: Apache-2.0
package sdk;

import com.azure.core.exception.HttpResponseException;
import com.azure.security.keyvault.certificates.CertificateClient;
import com.azure.security.keyvault.certificates.CertificateClientBuilder;
import com.azure.security.keyvault.certificates.models.CertificateContact;
import com.azure.security.keyvault.certificates.models.CertificateContentType;
import com.azure.security.keyvault.certificates.models.CertificateIssuer;
import com.azure.security.keyvault.certificates.models.CertificateOperation;
import com.azure.security.keyvault.certificates.models.CertificatePolicy;
import com.azure.security.keyvault.certificates.models.CertificatePolicyAction;
import com.azure.security.keyvault.certificates.models.ImportCertificateOptions;
import com.azure.security.keyvault.certificates.models.KeyVaultCertificateWithPolicy;
import com.azure.security.keyvault.certificates.models.LifetimeAction;
import com.azure.security.keyvault.certificates.models.MergeCertificateOptions;
import com.azure.security.keyvault.secrets.SecretClient;
import java.io.ByteArrayInputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;

final class Certificates {
    private static final String AREA = "certificates";

    private Certificates() {
    }

    private static CertificateClient client() {
        CertificateClientBuilder builder = new CertificateClientBuilder().vaultUrl(Main.VAULT).credential(Main.service());
        return Main.BY_NAME ? builder.buildClient() : builder.disableChallengeResourceVerification().buildClient();
    }

    private static void makes(CertificateClient client) {
        Main.check(AREA, "self-signed, get, update, policy", () -> {
            client.beginCreateCertificate("java", new CertificatePolicy("Self", "CN=java").setValidityInMonths(6)
                .setLifetimeActions(new LifetimeAction(CertificatePolicyAction.AUTO_RENEW).setLifetimePercentage(80)))
                .waitForCompletion();
            KeyVaultCertificateWithPolicy made = client.getCertificate("java");
            CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(made.getCer()));
            byte[] same = client.getCertificateVersion("java", made.getProperties().getVersion()).getCer();
            Main.expect(Arrays.equals(same, made.getCer()), "a version");
            client.updateCertificateProperties(made.getProperties().setTags(Map.of("a", "b")));
            CertificatePolicy policy = client.updateCertificatePolicy("java", client.getCertificatePolicy("java").setValidityInMonths(7));
            Main.expect(policy.getValidityInMonths() == 7, policy.getValidityInMonths());
        });
        Main.check(AREA, "the secret is PKCS#12 that Java reads", () -> {
            byte[] pfx = Base64.getDecoder().decode(Credentials.client(Main.service()).getSecret("java").getValue());
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(new ByteArrayInputStream(pfx), new char[0]);
            String alias = store.aliases().nextElement();
            Main.expect(store.getKey(alias, new char[0]) != null, alias);
        });
        Main.check(AREA, "the secret as PEM", () -> {
            SecretClient secrets = Credentials.client(Main.service());
            String version = secrets.getSecret("java").getProperties().getVersion();
            String pem = secrets.getSecret("java", version, "application/x-pem-file").getValue();
            Main.expect(pem.contains("-----BEGIN CERTIFICATE-----"), "what is no PEM");
        });
    }

    /** Not by a library: neither the JDK nor Azure's has what issues certificates. */
    private static byte[] issued(byte[] request) throws Exception {
        Process openssl = new ProcessBuilder("openssl", "x509", "-req", "-inform", "DER", "-outform", "DER", "-days", "2",
            "-set_serial", "2", "-CA", Main.WORK + "/issuer.crt", "-CAkey", Main.WORK + "/issuer.key")
            .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        try (OutputStream in = openssl.getOutputStream()) {
            in.write(request);
        }
        byte[] made = openssl.getInputStream().readAllBytes();
        Main.expect(openssl.waitFor() == 0, "openssl");
        return made;
    }

    private static void pending(CertificateClient client) {
        Main.check(AREA, "cancel and drop", () -> {
            client.beginCreateCertificate("java-cancelled", new CertificatePolicy("Unknown", "CN=x")).poll();
            Main.expect(client.cancelCertificateOperation("java-cancelled").getCancellationRequested(), "cancelled");
            client.deleteCertificateOperation("java-cancelled");
        });
        Main.check(AREA, "cancel by the poller", () -> {
            var poller = client.beginCreateCertificate("java-cancelled", new CertificatePolicy("Unknown", "CN=x"));
            poller.poll();
            poller.cancelOperation();
            client.deleteCertificateOperation("java-cancelled");
        });
        Main.check(AREA, "merge of a stranger is refused", () -> {
            client.beginCreateCertificate("java-merged", new CertificatePolicy("Unknown", "CN=merged")).poll();
            byte[] stranger = CertificateFactory.getInstance("X.509")
                .generateCertificate(Files.newInputStream(Path.of(Main.WORK, "robot.crt"))).getEncoded();
            try {
                client.mergeCertificate(new MergeCertificateOptions("java-merged", List.of(stranger)));
            } catch (HttpResponseException e) {
                Main.expect(e.getResponse().getStatusCode() == 400, e);
                return;
            }
            Main.expect(false, "a merged certificate");
        });
        Main.check(AREA, "operation and merge", () -> {
            CertificateOperation operation = client.getCertificateOperation("java-merged").poll().getValue();
            byte[] made = issued(operation.getCsr());
            byte[] merged = client.mergeCertificate(new MergeCertificateOptions("java-merged", List.of(made))).getCer();
            Main.expect(Arrays.equals(merged, made), "a merged certificate");
        });
    }

    private static void imports(CertificateClient client) {
        Main.check(AREA, "import PKCS#12", () -> client.importCertificate(
            new ImportCertificateOptions("java-certificate", Files.readAllBytes(Path.of(Main.WORK, "robot.pfx"))).setPassword("sesame")));
        Main.check(AREA, "import PEM", () -> client.importCertificate(
            new ImportCertificateOptions("java-certificate", Files.readAllBytes(Path.of(Main.WORK, "robot.pem")))
                .setPolicy(new CertificatePolicy("Self", "CN=robot").setContentType(CertificateContentType.PEM))));
    }

    private static void ofTheVault(CertificateClient client) {
        Main.check(AREA, "contacts", () -> {
            client.setContacts(List.of(new CertificateContact().setEmail("a@b.example"))).forEach(contact -> { });
            Main.expect(client.listContacts().stream().count() == 1, "contacts");
            client.deleteContacts().forEach(contact -> { });
        });
        Main.check(AREA, "issuers", () -> {
            client.createIssuer(new CertificateIssuer("java", "Test").setAccountId("me").setPassword("x"));
            client.updateIssuer(client.getIssuer("java").setEnabled(false));
            Main.expect(client.listPropertiesOfIssuers().stream().count() == 1, "issuers");
            client.deleteIssuer("java");
        });
    }

    static void run() {
        CertificateClient client = client();
        makes(client);
        pending(client);
        imports(client);
        ofTheVault(client);
        Main.check(AREA, "lists", () -> {
            long all = client.listPropertiesOfCertificates().stream().count();
            long versions = client.listPropertiesOfCertificateVersions("java").stream().count();
            Main.expect(all >= 2 && versions == 1, all + " certificates, " + versions + " versions");
        });
        Main.check(AREA, "backup, delete, recover, purge, restore", () -> {
            byte[] backup = client.backupCertificate("java");
            client.beginDeleteCertificate("java").waitForCompletion();
            Main.expect(client.getDeletedCertificate("java").getRecoveryId() != null, "java");
            client.beginRecoverDeletedCertificate("java").waitForCompletion();
            client.beginDeleteCertificate("java").waitForCompletion();
            Main.expect(client.listDeletedCertificates().stream().count() == 1, "deleted certificates");
            client.purgeDeletedCertificate("java");
            Main.until(() -> client.restoreCertificateBackup(backup));
        });
    }
}
