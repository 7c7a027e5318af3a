// SPDX-License-Identifier: Apache-2.0
package sdk;

import com.azure.core.exception.ResourceNotFoundException;
import com.azure.security.keyvault.secrets.SecretClient;
import com.azure.security.keyvault.secrets.models.KeyVaultSecret;
import com.azure.security.keyvault.secrets.models.SecretProperties;
import java.time.OffsetDateTime;
import java.util.Map;

final class Secrets {
    private static final String AREA = "secrets";
    private static final String NAME = "java-secret";

    private Secrets() {
    }

    static void run() {
        SecretClient client = Credentials.client(Main.service());
        Main.check(AREA, "set", () -> {
            KeyVaultSecret secret = client.setSecret(new KeyVaultSecret(NAME, "v\u00e4lue\n").setProperties(
                new SecretProperties().setContentType("text/plain").setTags(Map.of("a", "b"))
                    .setExpiresOn(OffsetDateTime.now().plusHours(1))));
            Main.expect("v\u00e4lue\n".equals(secret.getValue()), secret.getValue());
        });
        Main.check(AREA, "get", () -> {
            String version = client.getSecret(NAME).getProperties().getVersion();
            Main.expect("v\u00e4lue\n".equals(client.getSecret(NAME, version).getValue()), version);
        });
        Main.check(AREA, "get of none is 404", () -> {
            try {
                client.getSecret("none");
            } catch (ResourceNotFoundException e) {
                return;
            }
            Main.expect(false, "a secret");
        });
        Main.check(AREA, "update", () -> {
            SecretProperties properties = client.getSecret(NAME).getProperties().setContentType("application/json");
            Main.expect("application/json".equals(client.updateSecretProperties(properties).getContentType()), properties);
        });
        Main.check(AREA, "list and versions", () -> {
            long secrets = client.listPropertiesOfSecrets().stream().count();
            long versions = client.listPropertiesOfSecretVersions(NAME).stream().count();
            Main.expect(secrets == 2 && versions == 1, secrets + " secrets, " + versions + " versions");
        });
        Main.check(AREA, "backup, delete, recover, purge, restore", () -> {
            byte[] backup = client.backupSecret(NAME);
            client.beginDeleteSecret(NAME).waitForCompletion();
            Main.expect(client.getDeletedSecret(NAME).getRecoveryId() != null, NAME);
            client.beginRecoverDeletedSecret(NAME).waitForCompletion();
            client.beginDeleteSecret(NAME).waitForCompletion();
            Main.expect(client.listDeletedSecrets().stream().count() == 1, "deleted secrets");
            client.purgeDeletedSecret(NAME);
            Main.until(() -> client.restoreSecretBackup(backup));
        });
    }
}
