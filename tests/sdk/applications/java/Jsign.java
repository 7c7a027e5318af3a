// SPDX-License-Identifier: Apache-2.0
package applications;

import java.io.File;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import net.jsign.DigestAlgorithm;
import net.jsign.Signable;
import net.jsign.bouncycastle.cms.CMSSignedData;
import net.jsign.bouncycastle.cms.jcajce.JcaSignerInfoVerifierBuilder;
import net.jsign.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;

/** Makes a program for Windows ("make FILE"), or looks at who has signed ("check FILE CERTIFICATE DIGEST"). */
final class Jsign {
    private Jsign() {
    }

    /** The smallest that has all a signature covers: headers, and one section that holds nothing. */
    private static void make(String file) throws Exception {
        ByteBuffer pe = ByteBuffer.allocate(0x400).order(ByteOrder.LITTLE_ENDIAN);
        int header = 0x40;
        int optional = header + 24;
        int section = optional + 240;
        pe.put(0, "MZ".getBytes(StandardCharsets.US_ASCII)).putInt(60, header);
        pe.put(header, "PE".getBytes(StandardCharsets.US_ASCII));
        pe.putShort(header + 4, (short) 0x8664).putShort(header + 6, (short) 1);
        pe.putShort(header + 20, (short) 240).putShort(header + 22, (short) 0x22);
        pe.putShort(optional, (short) 0x20b).putInt(optional + 32, 0x1000).putInt(optional + 36, 0x200);
        pe.putInt(optional + 56, 0x2000).putInt(optional + 60, 0x200).putShort(optional + 68, (short) 3);
        pe.putInt(optional + 108, 16);
        pe.put(section, ".text".getBytes(StandardCharsets.US_ASCII));
        pe.putInt(section + 8, 0x200).putInt(section + 12, 0x1000);
        pe.putInt(section + 16, 0x200).putInt(section + 20, 0x200);
        Files.write(Path.of(file), pe.array());
    }

    private static void check(String file, String certificate, String digest) throws Exception {
        X509Certificate signer;
        try (var in = Files.newInputStream(Path.of(certificate))) {
            signer = (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
        }
        try (Signable signable = Signable.of(new File(file))) {
            if (signable.getSignatures().size() != 1) {
                throw new IllegalStateException(file + " has not one signature");
            }
            // Of some files, its own parser leaves the content out.
            CMSSignedData signed = new CMSSignedData(signable.getSignatures().get(0).toASN1Structure());
            var content = signable.createIndirectData(DigestAlgorithm.of(digest));
            if (!content.equals(signed.getSignedContent().getContent())) {
                throw new IllegalStateException(file + " is not what was signed");
            }
            var digests = new JcaDigestCalculatorProviderBuilder().build();
            var verifier = new JcaSignerInfoVerifierBuilder(digests).build(signer.getPublicKey());
            if (!signed.getSignerInfos().iterator().next().verify(verifier)) {
                throw new IllegalStateException(file + " has a bad signature");
            }
        }
    }

    public static void main(String[] arguments) throws Exception {
        if (arguments[0].equals("make")) {
            make(arguments[1]);
        } else {
            check(arguments[1], arguments[2], arguments[3]);
        }
    }
}
