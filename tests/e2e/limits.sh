#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What a vault cannot do, or must not: it is refused with the reason, and
# without asking the vault.

# shellcheck source=bad_input.sh
. "$(dirname "${BASH_SOURCE[0]}")/bad_input.sh"

refused()
{
    local pattern=$1

    shift
    expect_error "$pattern" ossl "$@"
}

no_signature()
{
    local pss=rsa_padding_mode:pss

    reset_counters
    table no_digest <<'END'
-sha1|unsupported digest.*sha1
-sha224|unsupported digest
-md5|unsupported digest
-sha3-256|unsupported digest
-sha512-256|unsupported digest
END
    refused 'unsupported salt length.*max' dgst -sha256 -sign "$key" \
        -sigopt $pss -sigopt rsa_pss_saltlen:max -out sig data
    refused 'unsupported salt length.*20' dgst -sha256 -sign "$key" \
        -sigopt $pss -sigopt rsa_pss_saltlen:20 -out sig data
    refused 'unsupported digest.*MGF1' dgst -sha256 -sign "$key" \
        -sigopt $pss -sigopt rsa_mgf1_md:sha1 -out sig data
    refused 'unsupported padding' dgst -sha256 -sign "$key" \
        -sigopt rsa_padding_mode:x931 -out sig data
    refused 'unsupported padding' pkeyutl -sign -inkey "$key" \
        -pkeyopt rsa_padding_mode:none -in block -out sig
    refused 'unsupported digest.*none is named' pkeyutl -sign \
        -inkey "$key" -in short -out sig
    refused 'bad length|digest length' pkeyutl -sign -inkey "$key" -in short \
        -out sig -pkeyopt digest:sha256
    expect_count sign 0
}

no_digest()
{
    refused "$2" dgst "$1" -sign "$key" -out sig data
}

no_decryption()
{
    local oaep=rsa_padding_mode:oaep

    reset_counters
    refused 'unsupported digest.*OAEP' pkeyutl -decrypt -inkey "$key" \
        -pkeyopt $oaep -pkeyopt rsa_oaep_md:sha384 -in block -out out
    refused 'unsupported digest.*MGF1' pkeyutl -decrypt -inkey "$key" \
        -pkeyopt $oaep -pkeyopt rsa_oaep_md:sha256 \
        -pkeyopt rsa_mgf1_md:sha1 -in block -out out
    refused 'unsupported padding.*label' pkeyutl -decrypt -inkey "$key" \
        -pkeyopt $oaep -pkeyopt rsa_oaep_label:616263 -in block -out out
    refused 'unsupported padding' pkeyutl -decrypt -inkey "$key" \
        -pkeyopt rsa_padding_mode:none -in block -out out
    refused 'bad length' pkeyutl -decrypt -inkey "$key" -in data -out out
    vars=(AKV_RSA1_5=no)
    refused 'unsupported padding.*rsa1_5' pkeyutl -decrypt \
        -inkey "$key" -in block -out out
    vars=()
    expect_count decrypt 0
}

broken_padding()
{
    reset_counters
    # Whatever is wrong with a PKCS#1 v1.5 block, nobody is told what.
    refused 'decryption failed:[^:]*:[0-9]+:RSA1_5$' pkeyutl -decrypt \
        -inkey "$key" -in block -out out
    expect_count decrypt 1
    fault '[{"match":{"op":"decrypt"},"action":{"status":403}}]'
    refused 'decryption failed:[^:]*:[0-9]+:RSA1_5$' pkeyutl -decrypt \
        -inkey "$key" -in block -out out
    fault '[]'
}

# RSA key exchange would make the vault an oracle.
tls_key_exchange()
{
    reset_counters
    ossl req -x509 -key "$key" -subj /CN=localhost -days 2 -out ca.crt
    serve ossl server -cert ca.crt -key "$key" -cipher ALL
    if printf 'GET / HTTP/1.0\r\n\r\n' | plain s_client \
        -connect "127.0.0.1:$port" -ign_eof -tls1_2 -cipher kRSA \
        >page 2>&1; then
        fail 'TLS with RSA key exchange works'
    fi
    connect plain page -tls1_2
    contains page 'Cipher *: ECDHE-RSA'
    stop "$server"
    expect_count decrypt 0 unwrap_key 0
    contains server.log ':keyvault:.*unsupported padding.*ECDHE'
}

begin
head -c 256 /dev/zero >block
head -c 40 /dev/zero >short
no_signature
no_decryption
broken_padding
tls_key_exchange
end
