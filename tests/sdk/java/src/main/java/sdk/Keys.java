// SPDX-License-Identifier: Apache-2.0
package sdk;

import com.azure.core.exception.HttpResponseException;
import com.azure.core.util.BinaryData;
import com.azure.core.util.Context;
import com.azure.security.keyvault.keys.KeyClient;
import com.azure.security.keyvault.keys.KeyClientBuilder;
import com.azure.security.keyvault.keys.cryptography.CryptographyClient;
import com.azure.security.keyvault.keys.cryptography.CryptographyClientBuilder;
import com.azure.security.keyvault.keys.cryptography.models.EncryptParameters;
import com.azure.security.keyvault.keys.cryptography.models.EncryptResult;
import com.azure.security.keyvault.keys.cryptography.models.DecryptParameters;
import com.azure.security.keyvault.keys.cryptography.models.EncryptionAlgorithm;
import com.azure.security.keyvault.keys.cryptography.models.KeyWrapAlgorithm;
import com.azure.security.keyvault.keys.cryptography.models.SecureKeyWrapAlgorithm;
import com.azure.security.keyvault.keys.cryptography.models.SignatureAlgorithm;
import com.azure.security.keyvault.keys.models.CreateEcKeyOptions;
import com.azure.security.keyvault.keys.models.CreateExternalKeyOptions;
import com.azure.security.keyvault.keys.models.CreateOctKeyOptions;
import com.azure.security.keyvault.keys.models.CreateRsaKeyOptions;
import com.azure.security.keyvault.keys.models.ExternalKey;
import com.azure.security.keyvault.keys.models.JsonWebKey;
import com.azure.security.keyvault.keys.models.KeyAttestation;
import com.azure.security.keyvault.keys.models.KeyCurveName;
import com.azure.security.keyvault.keys.models.KeyExportEncryptionAlgorithm;
import com.azure.security.keyvault.keys.models.KeyOperation;
import com.azure.security.keyvault.keys.models.KeyReleasePolicy;
import com.azure.security.keyvault.keys.models.KeyRotationLifetimeAction;
import com.azure.security.keyvault.keys.models.KeyRotationPolicy;
import com.azure.security.keyvault.keys.models.KeyRotationPolicyAction;
import com.azure.security.keyvault.keys.models.KeyType;
import com.azure.security.keyvault.keys.models.KeyVaultKey;
import com.azure.security.keyvault.keys.models.ReleaseKeyOptions;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.KeyPair;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
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

    private static KeyPair pair() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2048);
        return generator.generateKeyPair();
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
        Main.check(area, "import", () ->
            signs(client.importKey("java-imported", JsonWebKey.fromRsa(pair())
                .setKeyOps(List.of(KeyOperation.SIGN, KeyOperation.VERIFY))), SignatureAlgorithm.RS256));
    }

    private void symmetric() {
        for (int bits : new int[] {128, 192, 256}) {
            Main.check(area, "AES of " + bits, () -> {
                CryptographyClient keys = cryptography(
                    client.createOctKey(new CreateOctKeyOptions("java-oct-" + bits).setKeySize(bits).setHardwareProtected(true)));
                byte[] text = new byte[16];
                EncryptParameters gcm = bits == 128 ? EncryptParameters.createA128GcmParameters(text)
                    : bits == 192 ? EncryptParameters.createA192GcmParameters(text) : EncryptParameters.createA256GcmParameters(text);
                EncryptResult made = keys.encrypt(gcm, Context.NONE);
                DecryptParameters back = bits == 128
                    ? DecryptParameters.createA128GcmParameters(made.getCipherText(), made.getIv(), made.getAuthenticationTag())
                    : bits == 192
                        ? DecryptParameters.createA192GcmParameters(made.getCipherText(), made.getIv(), made.getAuthenticationTag())
                        : DecryptParameters.createA256GcmParameters(made.getCipherText(), made.getIv(), made.getAuthenticationTag());
                Main.expect(Arrays.equals(keys.decrypt(back, Context.NONE).getPlainText(), text), bits);
                KeyWrapAlgorithm wrap = KeyWrapAlgorithm.fromString("A" + bits + "KW");
                Main.expect(Arrays.equals(keys.unwrapKey(wrap, keys.wrapKey(wrap, text).getEncryptedKey()).getKey(), text), wrap);
            });
        }
        Main.check(area, "secure wrap by AES", () ->
            wrapsSecurely(client.getCryptographyClient("java-oct-256"), SecureKeyWrapAlgorithm.A256KW, KeyWrapAlgorithm.A256KW));
        Main.check(area, "attestation", () -> {
            KeyAttestation attestation = client.getKeyAttestation("java-rsa-2048").getProperties().getKeyAttestation();
            Main.expect(attestation.getCertificatePemFile().length > 0 && attestation.getPrivateKeyAttestation().length > 0, attestation);
        });
        // No external key manager is behind this HSM.
        Main.check(area, "an external key is refused", () -> {
            try {
                client.createExternalKey(new CreateExternalKeyOptions("java-external", new ExternalKey("elsewhere")));
            } catch (HttpResponseException e) {
                Main.expect(e.getResponse().getStatusCode() == 400, e);
                return;
            }
            Main.expect(false, "an external key");
        });
        Main.check(area, "random bytes", () -> Main.expect(client.getRandomBytes(32).length == 32, "length"));
    }

    private static String encode(byte[] data) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(data);
    }

    /** What says where a key may go, by the authority of the seed: to who has the private part of this one. */
    private static String statement(JsonWebKey target) throws Exception {
        String key = String.format("{\"kty\":\"RSA\",\"kid\":\"k\",\"use\":\"enc\",\"key_ops\":[\"encrypt\"],\"n\":\"%s\",\"e\":\"%s\"}",
            encode(target.getN()), encode(target.getE()));
        String claims = "{\"iss\":\"https://a.example\",\"exp\":4000000000,\"c\":true,\"x-ms-runtime\":{\"keys\":[" + key + "]}}";
        String text = encode("{\"alg\":\"RS256\",\"typ\":\"JWT\"}".getBytes(StandardCharsets.UTF_8)) + "."
            + encode(claims.getBytes(StandardCharsets.UTF_8));
        String pem = Files.readString(Path.of(Main.WORK, "attest.pem")).replaceAll("-----.*-----", "");
        Signature signer = Signature.getInstance("SHA256withRSA");
        signer.initSign(KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(pem))));
        signer.update(text.getBytes(StandardCharsets.UTF_8));
        return text + "." + encode(signer.sign());
    }

    /** What is wrapped nobody has seen, but the key undoes it in the usual way, too. */
    private static void wrapsSecurely(CryptographyClient client, SecureKeyWrapAlgorithm algorithm, KeyWrapAlgorithm usual)
        throws Exception {
        byte[] wrapped = client.secureWrapKey(algorithm).getEncryptedKey();
        byte[] key = client.secureUnwrapKey(algorithm, wrapped, statement(JsonWebKey.fromRsa(pair()))).getKey();
        Main.expect(Arrays.equals(client.unwrapKey(usual, wrapped).getKey(), key), algorithm);
    }

    private void releases() throws Exception {
        String policy = "{\"version\":\"1.0.0\",\"anyOf\":[{\"authority\":\"https://a.example\","
            + "\"allOf\":[{\"claim\":\"c\",\"equals\":\"true\"}]}]}";
        KeyVaultKey key = client.createEcKey(new CreateEcKeyOptions("java-released").setHardwareProtected(true).setExportable(true)
            .setReleasePolicy(new KeyReleasePolicy(BinaryData.fromString(policy))));
        String target = statement(JsonWebKey.fromRsa(pair()));
        String token = client.releaseKey(key.getName(), target).getValue();
        Main.expect(token.split("\\.").length == 3, token);
        token = client.releaseKeyWithResponse(key.getName(), key.getProperties().getVersion(), target, new ReleaseKeyOptions()
            .setNonce("abc").setAlgorithm(KeyExportEncryptionAlgorithm.RSA_AES_KEY_WRAP_256), Context.NONE).getValue().getValue();
        String payload = new String(Base64.getUrlDecoder().decode(token.split("\\.")[1]), StandardCharsets.UTF_8);
        Main.expect(payload.contains("\"abc\""), payload);
    }

    private void others() {
        Main.check(area, "create by type, get of a version", () -> {
            KeyVaultKey key = client.createKey("java-typed", hsm ? KeyType.EC_HSM : KeyType.EC);
            String id = client.getKey("java-typed", key.getProperties().getVersion()).getId();
            Main.expect(id.equals(key.getId()) && client.getKey("java-typed").getId().equals(id), id);
        });
        Main.check(area, "sign and verify data", () -> {
            CryptographyClient keys = client.getCryptographyClient("java-rsa-2048");
            Main.expect(keys.getKey().getName().equals("java-rsa-2048"), keys.getKey().getId());
            byte[] data = new byte[1000];
            byte[] signature = keys.signData(SignatureAlgorithm.PS256, data).getSignature();
            Main.expect(keys.verifyData(SignatureAlgorithm.PS256, data, signature).isValid(), "signature");
            data[0]++;
            Main.expect(!keys.verifyData(SignatureAlgorithm.PS256, data, signature).isValid(), "signature");
        });
        Main.check(area, "secure wrap by RSA", () -> wrapsSecurely(client.getCryptographyClient("java-rsa-2048"),
            SecureKeyWrapAlgorithm.RSA_OAEP_256, KeyWrapAlgorithm.RSA_OAEP_256));
        Main.check(area, "release", this::releases);
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
            Main.expect(client.getDeletedKey(name).getRecoveryId() != null, name);
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
        vault.others();
        vault.life();
        Keys managed = new Keys("HSM keys", Main.HSM, true);
        managed.asymmetric();
        managed.others();
        managed.symmetric();
        managed.life();
    }
}
