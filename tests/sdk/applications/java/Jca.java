// SPDX-License-Identifier: Apache-2.0
package applications;

import com.azure.security.keyvault.jca.KeyVaultJcaProvider;
import com.azure.security.keyvault.jca.KeyVaultLoadStoreParameter;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Security;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.util.Collections;
import java.util.concurrent.CompletableFuture;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/**
 * The vault as a key store of Java's, whose keys "rsa" and "ec" never leave it:
 * signatures, and TLS where both sides have a certificate of the vault. An alias
 * as the argument is that of an exportable certificate, which is signed with here.
 */
final class Jca {
    private static final byte[] TEXT = "what is signed".getBytes(StandardCharsets.UTF_8);

    private Jca() {
    }

    private static void expect(boolean ok, String what) {
        if (!ok) {
            throw new IllegalStateException(what);
        }
    }

    private static void sign(KeyStore vault, String alias, String algorithm, boolean remote) throws Exception {
        PrivateKey key = (PrivateKey) vault.getKey(alias, null);
        expect(key != null, "there is no key " + alias);
        Signature signer = Signature.getInstance(algorithm);
        Signature verifier = Signature.getInstance(algorithm, algorithm.endsWith("ECDSA") ? "SunEC" : "SunRsaSign");
        // Parameters before the key would choose a provider that does not know it.
        signer.initSign(key);
        if (algorithm.equals("RSASSA-PSS")) {
            var pss = new PSSParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, 32, 1);
            signer.setParameter(pss);
            verifier.setParameter(pss);
        }
        String provider = signer.getProvider().getName();
        expect(remote == provider.equals("AzureKeyVault"), alias + " signs by " + provider);
        signer.update(TEXT);
        byte[] signature = signer.sign();
        verifier.initVerify(vault.getCertificate(alias).getPublicKey());
        verifier.update(TEXT);
        expect(verifier.verify(signature), "the signature by " + alias + ", " + algorithm);
    }

    private static SSLContext context(KeyStore vault) throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        for (String alias : Collections.list(vault.aliases())) {
            trusted.setCertificateEntry(alias, vault.getCertificate(alias));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(vault, new char[0]);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }

    /** Each side says something by which the other knows that the handshake has ended. */
    private static String peer(SSLContext context, String protocol, String suite) throws Exception {
        try (var server = (SSLServerSocket) context.getServerSocketFactory().createServerSocket(0)) {
            server.setNeedClientAuth(true);
            var served = CompletableFuture.runAsync(() -> {
                try (var socket = server.accept()) {
                    socket.getOutputStream().write(socket.getInputStream().read());
                } catch (java.io.IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            try (var socket = (SSLSocket) context.getSocketFactory().createSocket("localhost", server.getLocalPort())) {
                socket.setEnabledProtocols(new String[] {protocol});
                socket.setEnabledCipherSuites(new String[] {suite});
                var parameters = socket.getSSLParameters();
                parameters.setEndpointIdentificationAlgorithm("HTTPS");
                socket.setSSLParameters(parameters);
                socket.getOutputStream().write(42);
                expect(socket.getInputStream().read() == 42, "the echo by " + suite);
                served.get();
                return socket.getSession().getPeerCertificates()[0].getPublicKey().getAlgorithm();
            }
        }
    }

    public static void main(String[] arguments) throws Exception {
        Security.addProvider(new KeyVaultJcaProvider());
        KeyStore vault = KeyStore.getInstance("AzureKeyVault");
        vault.load(new KeyVaultLoadStoreParameter("https://" + System.getenv("SDK_VAULT"), System.getenv("SDK_TENANT"),
            System.getenv("SDK_CLIENT"), System.getenv("SDK_SECRET")));
        if (arguments.length > 0) {
            sign(vault, arguments[0], "SHA256withRSA", false);
            return;
        }
        expect(vault.getCertificate("rsa") instanceof X509Certificate, "there is no certificate rsa");
        for (String algorithm : new String[] {"SHA256withRSA", "SHA512withRSA", "RSASSA-PSS"}) {
            sign(vault, "rsa", algorithm, true);
        }
        sign(vault, "ec", "SHA256withECDSA", true);
        SSLContext context = context(vault);
        String server = peer(context, "TLSv1.2", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
        expect(server.equals("RSA"), "the server's key is of " + server);
        server = peer(context, "TLSv1.2", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");
        expect(server.equals("EC"), "the server's key is of " + server);
        peer(context, "TLSv1.3", "TLS_AES_128_GCM_SHA256");
    }
}
