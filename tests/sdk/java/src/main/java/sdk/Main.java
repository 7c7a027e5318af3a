// SPDX-License-Identifier: Apache-2.0
package sdk;

import com.azure.core.credential.TokenCredential;
import com.azure.core.exception.HttpResponseException;
import com.azure.identity.ClientSecretCredentialBuilder;
import java.util.concurrent.Callable;

/**
 * Azure's own libraries for Java, unmodified, against a vault: each kind of
 * credential, and each operation once. What is to be known of the vault comes in
 * the environment, see ../lib.sh. Prints a line for each check, and how many
 * have failed. An argument names the only credential to try, whose variables are
 * those of the process.
 */
public final class Main {
    static final String VAULT = "https://" + System.getenv("SDK_VAULT");
    static final String HSM = "https://" + System.getenv("SDK_HSM");
    static final String AUTHORITY = System.getenv("SDK_AUTHORITY");
    static final String TENANT = System.getenv("SDK_TENANT");
    static final String WORK = System.getenv("SDK_WORK");
    /** By names of their own the libraries verify whom a token is for. */
    static final boolean BY_NAME = System.getenv("SDK_BY_NAME") != null;

    private static int total;
    private static int failed;

    private Main() {
    }

    /** Something that may fail. */
    interface Body {
        void run() throws Exception;
    }

    static void check(String area, String name, Body body) {
        total++;
        try {
            body.run();
            System.out.println("ok " + area + ": " + name);
        } catch (Throwable e) {
            failed++;
            System.out.println("FAILED " + area + ": " + name + ": " + e);
        }
    }

    static void expect(boolean ok, Object what) {
        if (!ok) {
            throw new IllegalStateException("not what was expected: " + what);
        }
    }

    /** Asks again while the answer is 404 or 409: what is purged is so some time later only. */
    static <T> T until(Callable<T> ask) throws Exception {
        for (int n = 0;; n++) {
            try {
                return ask.call();
            } catch (HttpResponseException e) {
                int status = e.getResponse().getStatusCode();
                if ((status != 404 && status != 409) || n > 600) {
                    throw e;
                }
                Thread.sleep(50);
            }
        }
    }

    static TokenCredential service() {
        return service(System.getenv("SDK_SECRET"));
    }

    static TokenCredential service(String secret) {
        ClientSecretCredentialBuilder builder = new ClientSecretCredentialBuilder().tenantId(TENANT)
            .clientId(System.getenv("SDK_CLIENT")).clientSecret(secret).authorityHost(AUTHORITY);
        return BY_NAME ? builder.build() : builder.disableInstanceDiscovery().build();
    }

    public static void main(String[] arguments) {
        if (arguments.length > 0) {
            Credentials.ofProcess(arguments[0]);
        } else {
            Credentials.run();
            Secrets.run();
            Keys.run();
            Certificates.run();
        }
        System.out.println("java: " + (total - failed) + " ok, " + failed + " failed");
        System.exit(failed == 0 && total > 0 ? 0 : 1);
    }
}
