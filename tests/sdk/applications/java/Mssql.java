// SPDX-License-Identifier: Apache-2.0
package applications;

import com.azure.identity.ClientSecretCredentialBuilder;
import com.microsoft.sqlserver.jdbc.SQLServerColumnEncryptionAzureKeyVaultProvider;
import com.microsoft.sqlserver.jdbc.SQLServerException;
import java.security.SecureRandom;
import java.util.Arrays;

/**
 * How SQL Server's Always Encrypted has its column keys wrapped by a key of the
 * vault: no database is needed for that. The arguments are URLs of keys.
 */
final class Mssql {
    private Mssql() {
    }

    private static void expect(boolean ok, String what) {
        if (!ok) {
            throw new IllegalStateException(what);
        }
    }

    private static void roundTrip(SQLServerColumnEncryptionAzureKeyVaultProvider one,
        SQLServerColumnEncryptionAzureKeyVaultProvider other, String url) throws SQLServerException {
        byte[] key = new byte[32];
        new SecureRandom().nextBytes(key);
        byte[] wrapped = one.encryptColumnEncryptionKey(url, "RSA_OAEP", key);
        expect(Arrays.equals(key, other.decryptColumnEncryptionKey(url, "RSA_OAEP", wrapped)), "another key is back");
        byte[] signature = one.signColumnMasterKeyMetadata(url, true);
        expect(other.verifyColumnMasterKeyMetadata(url, true, signature), "the signature of the metadata");
        expect(!other.verifyColumnMasterKeyMetadata(url, false, signature), "a signature of other metadata");
        wrapped[wrapped.length - 1] ^= 1;
        try {
            other.decryptColumnEncryptionKey(url, "RSA_OAEP", wrapped);
        } catch (SQLServerException e) {
            return;
        }
        throw new IllegalStateException("what is not signed is taken");
    }

    public static void main(String[] arguments) throws SQLServerException {
        String client = System.getenv("SDK_CLIENT");
        String secret = System.getenv("SDK_SECRET");
        for (String url : arguments) {
            // It asks the vault who the authority is, and has the token from then on: one is for one service.
            var own = new SQLServerColumnEncryptionAzureKeyVaultProvider(client, secret);
            var identity = new SQLServerColumnEncryptionAzureKeyVaultProvider(new ClientSecretCredentialBuilder()
                .tenantId(System.getenv("SDK_TENANT")).clientId(client).clientSecret(secret).build());
            roundTrip(own, identity, url);
            roundTrip(identity, own, url);
        }
    }
}
