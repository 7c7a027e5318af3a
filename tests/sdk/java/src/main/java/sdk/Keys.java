// SPDX-License-Identifier: Apache-2.0
package sdk;

import com.azure.security.keyvault.keys.KeyClient;
import com.azure.security.keyvault.keys.KeyClientBuilder;
import com.azure.security.keyvault.keys.cryptography.CryptographyClient;
import com.azure.security.keyvault.keys.cryptography.CryptographyClientBuilder;
import com.azure.security.keyvault.keys.cryptography.models.EncryptParameters;
import com.azure.security.keyvault.keys.cryptography.models.EncryptResult;
import com.azure.security.keyvault.keys.cryptography.models.DecryptParameters;
import com.azure.security.keyvault.keys.cryptography.models.EncryptionAlgorithm;
import com.azure.security.keyvault.keys.cryptography.models.KeyWrapAlgorithm;
import com.azure.security.keyvault.keys.cryptography.models.SignatureAlgorithm;
import com.azure.security.keyvault.keys.models.CreateEcKeyOptions;
import com.azure.security.keyvault.keys.models.CreateOctKeyOptions;
import com.azure.security.keyvault.keys.models.CreateRsaKeyOptions;
import com.azure.security.keyvault.keys.models.JsonWebKey;
import com.azure.security.keyvault.keys.models.KeyCurveName;
import com.azure.security.keyvault.keys.models.KeyOperation;
import com.azure.security.keyvault.keys.models.KeyRotationLifetimeAction;
import com.azure.security.keyvault.keys.models.KeyRotationPolicy;
import com.azure.security.keyvault.keys.models.KeyRotationPolicyAction;
import com.azure.security.keyvault.keys.models.KeyVaultKey;
import java.security.KeyPairGenerator;
import java.security.KeyPair;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

final class Keys {
    private static final SignatureAlgorithm[] RSA = {SignatureAlgorithm.RS256, SignatureAlgorithm.RS384,
        SignatureAlgorithm.RS512, SignatureAlgorithm.PS256, SignatureAlgorithm.PS384, SignatureAlgorithm.PS512};

    private final String area;
    private final KeyClient client;
    private final boolean hsm;

    private Keys(String area, String url, boolean hsm) {
        KeyClientBuilder builder = new KeyClientBuilder().vaultUrl(url).credential(Main.service());
        this.area = area;
        this.hsm = hsm;
        client = Main.BY_NAME ? builder.buildClient() : builder.disableChallengeResourceVerification().buildClient();
    }

    private static CryptographyClient cryptography(KeyVaultKey key) {
        CryptographyClientBuilder builder = new CryptographyClientBuilder().keyIdentifier(key.getId()).credential(Main.service());
        return Main.BY_NAME ? builder.buildClient() : builder.disableChallengeResourceVerification().buildClient();
    }

    private static int size(SignatureAlgorithm algorithm) {
        String name = algorithm.toString();
        return name.contains("256") ? 32 : name.contains("384") ? 48 : 64;
    }

    private static void signs(KeyVaultKey key, SignatureAlgorithm... algorithms) {
        CryptographyClient client = cryptography(key);
        for (SignatureAlgorithm algorithm : algorithms) {
            byte[] digest = new byte[size(algorithm)];
            byte[] signature = client.sign(algorithm, digest).getSignature();
            Main.expect(client.verify(algorithm, digest, signature).isValid(), algorithm);
            digest[0]++;
            Main.expect(!client.verify(algorithm, digest, signature).isValid(), algorithm);
        }
    }

    private static void encrypts(KeyVaultKey key) {
        CryptographyClient client = cryptography(key);
        byte[] text = new byte[32];
        for (EncryptionAlgorithm algorithm : List.of(EncryptionAlgorithm.RSA1_5, EncryptionAlgorithm.RSA_OAEP,
            EncryptionAlgorithm.RSA_OAEP_256)) {
            byte[] cipher = client.encrypt(algorithm, text).getCipherText();
            Main.expect(Arrays.equals(client.decrypt(algorithm, cipher).getPlainText(), text), algorithm);
        }
        for (KeyWrapAlgorithm algorithm : List.of(KeyWrapAlgorithm.RSA1_5, KeyWrapAlgorithm.RSA_OAEP, KeyWrapAlgorithm.RSA_OAEP_256)) {
            byte[] wrapped = client.wrapKey(algorithm, text).getEncryptedKey();
            Main.expect(Arrays.equals(client.unwrapKey(algorithm, wrapped).getKey(), text), algorithm);
        }
    }

    private void asymmetric() {
        for (int bits : hsm ? new int[] {2048} : new int[] {2048, 3072, 4096}) {
            Main.check(area, "RSA of " + bits, () -> {
                KeyVaultKey key = client.createRsaKey(new CreateRsaKeyOptions("java-rsa-" + bits).setKeySize(bits).setHardwareProtected(hsm));
                signs(key, RSA);
                encrypts(key);
            });
        }
        Map<KeyCurveName, SignatureAlgorithm> curves = Map.of(KeyCurveName.P_256, SignatureAlgorithm.ES256, KeyCurveName.P_384,
            SignatureAlgorithm.ES384, KeyCurveName.P_521, SignatureAlgorithm.ES512, KeyCurveName.P_256K, SignatureAlgorithm.ES256K);
        curves.forEach((curve, algorithm) -> Main.check(area, "EC on " + curve, () ->
            signs(client.createEcKey(new CreateEcKeyOptions("java-ec-" + curve).setCurveName(curve).setHardwareProtected(hsm)), algorithm)));
        Main.check(area, "import", () -> {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2048);
            KeyPair pair = generator.generateKeyPair();
            signs(client.importKey("java-imported", JsonWebKey.fromRsa(pair)
                .setKeyOps(List.of(KeyOperation.SIGN, KeyOperation.VERIFY))), SignatureAlgorithm.RS256);
        });
    }

    private void symmetric() {
        for (int bits : new int[] {128, 192, 256}) {
            Main.check(area, "AES of " + bits, () -> {
                CryptographyClient keys = cryptography(
                    client.createOctKey(new CreateOctKeyOptions("java-oct-" + bits).setKeySize(bits).setHardwareProtected(true)));
                byte[] text = new byte[16];
                EncryptParameters gcm = bits == 128 ? EncryptParameters.createA128GcmParameters(text)
                    : bits == 192 ? EncryptParameters.createA192GcmParameters(text) : EncryptParameters.createA256GcmParameters(text);
                EncryptResult made = keys.encrypt(gcm, com.azure.core.util.Context.NONE);
                DecryptParameters back = bits == 128
                    ? DecryptParameters.createA128GcmParameters(made.getCipherText(), made.getIv(), made.getAuthenticationTag())
                    : bits == 192
                        ? DecryptParameters.createA192GcmParameters(made.getCipherText(), made.getIv(), made.getAuthenticationTag())
                        : DecryptParameters.createA256GcmParameters(made.getCipherText(), made.getIv(), made.getAuthenticationTag());
                Main.expect(Arrays.equals(keys.decrypt(back, com.azure.core.util.Context.NONE).getPlainText(), text), bits);
                KeyWrapAlgorithm wrap = KeyWrapAlgorithm.fromString("A" + bits + "KW");
                Main.expect(Arrays.equals(keys.unwrapKey(wrap, keys.wrapKey(wrap, text).getEncryptedKey()).getKey(), text), wrap);
            });
        }
        Main.check(area, "random bytes", () -> Main.expect(client.getRandomBytes(32).length == 32, "length"));
    }

    private void life() {
        String name = "java-life";
        Main.check(area, "update, rotate, policy", () -> {
            KeyVaultKey key = client.createRsaKey(new CreateRsaKeyOptions(name).setHardwareProtected(hsm));
            client.updateKeyProperties(key.getProperties().setTags(Map.of("a", "b")));
            client.getKeyRotationPolicy(name);
            KeyRotationPolicy policy = client.updateKeyRotationPolicy(name, new KeyRotationPolicy().setExpiresIn("P90D")
                .setLifetimeActions(List.of(new KeyRotationLifetimeAction(KeyRotationPolicyAction.ROTATE).setTimeAfterCreate("P60D"))));
            Main.expect("P90D".equals(policy.getExpiresIn()), policy.getExpiresIn());
            client.rotateKey(name);
        });
        Main.check(area, "lists", () -> {
            long keys = client.listPropertiesOfKeys().stream().count();
            long versions = client.listPropertiesOfKeyVersions(name).stream().count();
            Main.expect(keys > 3 && versions == 2, keys + " keys, " + versions + " versions");
        });
        Main.check(area, "backup, delete, recover, purge, restore", () -> {
            byte[] backup = client.backupKey(name);
            client.beginDeleteKey(name).waitForCompletion();
            client.beginRecoverDeletedKey(name).waitForCompletion();
            client.beginDeleteKey(name).waitForCompletion();
            Main.expect(client.listDeletedKeys().stream().count() == 1, "deleted keys");
            client.purgeDeletedKey(name);
            Main.until(() -> client.restoreKeyBackup(backup));
        });
    }

    static void run() {
        Keys vault = new Keys("keys", Main.VAULT, false);
        vault.asymmetric();
        vault.life();
        Keys managed = new Keys("HSM keys", Main.HSM, true);
        managed.asymmetric();
        managed.symmetric();
        managed.life();
    }
}
