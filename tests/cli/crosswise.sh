#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What akv writes into a vault, openssl uses with the provider, and the other
# way round.

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" "$@"

start_vault
keys=akv://$vault/keys
certs=akv://$vault/certificates
cd "$work"
head -c 100 /dev/urandom >msg

# --- Keys -----------------------------------------------------------------------

good key create "$keys/rsa" --kty RSA --size 2048
good key create "$keys/ec" --kty EC --curve P-256
version=$(result_version)
for name in rsa ec; do
    ossl pkey -in "$keys/$name" -pubout -out "$name.pub"
done

# Signed by one, verified by the other, and by who knows neither.
ossl dgst -sha256 -sign "$keys/rsa" -out sig msg
plain dgst -sha256 -verify rsa.pub -signature sig msg >&9
good key verify "$keys/rsa" --algorithm RS256 --signature sig <msg
good key sign "$keys/rsa" --algorithm PS256 --file sig <msg
ossl dgst -sha256 -verify "$keys/rsa" -sigopt rsa_padding_mode:pss \
    -sigopt rsa_pss_saltlen:digest -signature sig msg >&9
good key sign "$keys/ec/$version" --algorithm ES256 --file sig <msg
to_der sig
ossl dgst -sha256 -verify "$keys/ec/$version" -signature sig.der msg >&9
plain dgst -sha256 -verify ec.pub -signature sig.der msg >&9

# Encrypted by one, decrypted by the other.
oaep=(-pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256
    -pkeyopt rsa_mgf1_md:sha256)
good key encrypt "$keys/rsa" --algorithm RSA-OAEP-256 --file ct <msg
ossl pkeyutl -decrypt -inkey "$keys/rsa" "${oaep[@]}" -in ct -out pt
same pt msg
ossl pkeyutl -encrypt -inkey "$keys/rsa" "${oaep[@]}" -in msg -out ct
good key decrypt "$keys/rsa" --algorithm RSA-OAEP-256 <ct
same out msg

# A key that akv has imported is the one of the file.
plain genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out mine.pem
plain pkey -in mine.pem -pubout -out mine.pub
good key import "$keys/mine" --file mine.pem
ossl dgst -sha384 -sign "$keys/mine" -out sig msg
plain dgst -sha384 -verify mine.pub -signature sig msg >&9

# Deleted by akv is gone for openssl; recovered is there again.
good key delete "$keys/ec"
expect_error 'not found' ossl dgst -sha256 -sign "$keys/ec" -out sig msg
good key recover "$keys/ec"
ossl dgst -sha256 -sign "$keys/ec" -out sig msg
plain dgst -sha256 -verify ec.pub -signature sig msg >&9

# --- Certificates -----------------------------------------------------------------

plain req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
    -keyout ca.key -config plain.cnf -extensions ca -subj /CN=authority \
    -days 9 -out ca.crt 2>&9
cat >policy <<'END'
{"issuer": {"name": "Unknown"},
 "key_props": {"kty": "EC", "crv": "P-256", "exportable": false},
 "secret_props": {"contentType": "application/x-pem-file"},
 "x509_props": {"subject": "CN=localhost"}}
END
good certificate create "$certs/web" --policy policy
good certificate pending "$certs/web" --csr --file web.csr
plain x509 -req -in web.csr -CA ca.crt -CAkey ca.key -set_serial 7 -days 9 \
    -out web.crt 2>&9
good certificate merge "$certs/web" --file web.crt
good certificate download "$certs/web" --file got.crt
# The key stays in the vault; it signs each handshake.
reset_counters
serve ossl web -cert got.crt -key "$keys/web" -naccept 1
connect plain session
contains session 'Verify return code: 0 \(ok\)'
contains session 'CN ?= ?localhost'
[ "$(count sign)" -ge 1 ] || fail "the vault has signed no handshake"
# What was sold as not exportable is not in the secret.
good certificate download "$certs/web" --with-key
lacks out 'PRIVATE KEY'
