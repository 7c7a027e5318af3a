#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Cryptography of akv-emulator, checked with openssl.

# shellcheck disable=SC2119 # functions with optional arguments

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" "$@"

start_seeded

section='sign'
version=$(kv /keys/rsa; get kid "$body")
version=${version##*/}
# The DER of an r || s in hex.
ecdsa_der()
{
    local half=$((${#1} / 2))

    printf 'asn1=SEQUENCE:s\n[s]\nr=INTEGER:0x%s\ns=INTEGER:0x%s\n' \
        "${1:0:half}" "${1:half}" >"$work/asn1"
    openssl asn1parse -genconf "$work/asn1" -noout -out "$work/sig"
}
vault_verifies()
{
    kv "/keys/$1/verify" -d "{\"alg\":\"$2\",\"digest\":\"$3\",\"value\":\"$4\"}"
    printf %s "$body"
}
while read -r alg key md length options; do
    value=$(digest "$md")
    kv "/keys/$key/sign" -d "{\"alg\":\"$alg\",\"value\":\"$value\"}"
    is "$alg: status" "$status" 200
    has "$alg: kid" "$body" "\"kid\":\"$vault/keys/$key/"
    sig=$(get value "$body")
    hex=$(unb64u "$sig" | to_hex)
    is "$alg: length" $((${#hex} / 2)) "$length"
    if [ "$key" = rsa ]; then
        printf %s "$hex" | from_hex >"$work/sig"
    else
        ecdsa_der "$hex"
    fi
    # shellcheck disable=SC2086 # several options
    openssl pkeyutl -verify -pubin -inkey "$work/${key#ec-}.pub" \
        -in "$work/digest" -sigfile "$work/sig" $options >/dev/null 2>&1 \
        || not_ok "$alg: openssl does not verify it"
    is "$alg: verify" "$(vault_verifies "$key" "$alg" "$value" "$sig")" '{"value":true}'
    is "$alg: verify another" "$(vault_verifies "$key" "$alg" "$(printf x | openssl dgst "-$md" -binary | b64u)" "$sig")" '{"value":false}'
    is "$alg: verify garbage" "$(vault_verifies "$key" "$alg" "$value" AAAA)" '{"value":false}'
    kv "/keys/$key/sign" -d "{\"alg\":\"$alg\",\"value\":\"AAAA\"}"
    expect "$alg: short digest" 400 "Invalid length of 'value': 3 bytes. $alg requires $(wc -c <"$work/digest" | tr -d ' ') bytes, encoded with base64url."
done <<'END'
RS256 rsa sha256 256 -pkeyopt digest:sha256
RS384 rsa sha384 256 -pkeyopt digest:sha384
RS512 rsa sha512 256 -pkeyopt digest:sha512
PS256 rsa sha256 256 -pkeyopt rsa_padding_mode:pss -pkeyopt rsa_pss_saltlen:32 -pkeyopt digest:sha256
PS384 rsa sha384 256 -pkeyopt rsa_padding_mode:pss -pkeyopt rsa_pss_saltlen:48 -pkeyopt digest:sha384
PS512 rsa sha512 256 -pkeyopt rsa_padding_mode:pss -pkeyopt rsa_pss_saltlen:64 -pkeyopt digest:sha512
ES256 ec-P-256 sha256 64
ES384 ec-P-384 sha384 96
ES512 ec-P-521 sha512 132
ES256K ec-P-256K sha256 64
END
kv /keys/rsa/sign -d "{\"alg\":\"RSNULL\",\"value\":\"$(b64u <"$work/text")\"}"
unb64u "$(get value "$body")" >"$work/sig"
is 'RSNULL' "$(openssl pkeyutl -verifyrecover -pubin -inkey "$work/rsa.pub" -in "$work/sig")" text
sig=$(get value "$body")
is 'RSNULL: verify' "$(vault_verifies rsa RSNULL "$(b64u <"$work/text")" "$sig")" '{"value":true}'
kv /keys/rsa/sign -d "{\"alg\":\"RSNULL\",\"value\":\"$(head -c 246 /dev/zero | b64u)\"}"
expect 'RSNULL: too long' 400 "Invalid length of 'value': 246 bytes"
kv "/keys/rsa//sign" -d "{\"alg\":\"RS256\",\"value\":\"$(digest sha256)=\"}"
is 'padded base64url, empty version' "$status" 200
kv "/keys/rsa/$version/SIGN" -d "{\"alg\":\"RS256\",\"value\":\"$(digest sha256)\"}"
is 'with a version' "$status" 200

section=encrypt
while read -r alg max options; do
    printf secret >"$work/plain"
    for pair in encrypt:decrypt wrapkey:unwrapkey; do
        kv "/keys/rsa/${pair%:*}" -d "{\"alg\":\"$alg\",\"value\":\"$(b64u <"$work/plain")\"}"
        is "$alg ${pair%:*}" "$status" 200
        unb64u "$(get value "$body")" >"$work/cipher"
        # shellcheck disable=SC2086 # several options
        is "$alg: openssl decrypts" "$(openssl pkeyutl -decrypt -inkey "$work/rsa.pem" -in "$work/cipher" $options)" secret
        # shellcheck disable=SC2086 # several options
        openssl pkeyutl -encrypt -pubin -inkey "$work/rsa.pub" -in "$work/plain" -out "$work/cipher" $options
        kv "/keys/rsa/${pair#*:}" -d "{\"alg\":\"$alg\",\"value\":\"$(b64u <"$work/cipher")\"}"
        is "$alg ${pair#*:}" "$status:$(unb64u "$(get value "$body")")" 200:secret
        kv "/keys/rsa/${pair#*:}" -d "{\"alg\":\"$alg\",\"value\":\"$(head -c 256 "$work/rsa.pem" | tr -c '' '\1' | b64u)\"}"
        expect "$alg: bad padding" 400 '"code":"BadParameter","message":"Error occurred while decoding'
    done
    kv /keys/rsa/encrypt -d "{\"alg\":\"$alg\",\"value\":\"$(head -c "$max" /dev/zero | b64u)\"}"
    is "$alg: $max bytes" "$status" 200
    kv /keys/rsa/encrypt -d "{\"alg\":\"$alg\",\"value\":\"$(head -c $((max + 1)) /dev/zero | b64u)\"}"
    expect "$alg: one more" 400 BadParameter
done <<'END'
RSA1_5 245
RSA-OAEP 214 -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha1
RSA-OAEP-256 190 -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256
END

section=refusals
while IFS='|' read -r path text code want; do
    [ "$text" != rs256 ] || text=$rs256
    kv "$path" -d "$text"
    expect "$path $text" "$code" "$want"
done <<'END'
/keys/verify-only/sign|{"alg":"ES256","value":"AAAA"}|403|"code":"Forbidden","message":"Operation sign is not permitted on this key.","innererror":{"code":"KeyOperationForbidden"}
/keys/ec-P-256/decrypt|{"alg":"RSA1_5","value":"AAAA"}|403|Operation decrypt is not permitted on this key.
/keys/ec-P-256/wrapkey|{"alg":"RSA1_5","value":"AAAA"}|403|Operation wrapKey is not permitted on this key.
/keys/disabled/sign|rs256|403|"message":"Operation sign is not allowed on a disabled key.","innererror":{"code":"KeyDisabled"}
/keys/disabled/encrypt|{"alg":"RSA1_5","value":"AAAA"}|200|"value"
/keys/expired/sign|rs256|403|expired
/keys/expired/wrapkey|{"alg":"RSA1_5","value":"AAAA"}|403|expired
/keys/expired/verify|{"alg":"RS256","digest":"AAAA","value":"AAAA"}|400|Invalid length of 'digest'
/keys/future/sign|{"alg":"ES256","value":"AAAA"}|403|not yet valid
/keys/none/sign|rs256|404|KeyNotFound
/keys/none/sign|{}|400|alg is missing
/keys/rsa/sign|{"alg":"RS256"}|400|value is missing
/keys/rsa/sign|{"alg":"RS256","value":"a+b!"}|400|Content of 'value' is not base64url.
/keys/rsa/sign|{"alg":"RS256","value":"a+b/"}|400|3 bytes. RS256 requires 32 bytes
/keys/rsa/sign|{"alg":"RS256","value":"AAAAA"}|400|Content of 'value' is not base64url.
/keys/rsa/sign|{"alg":"RS257","value":"AAAA"}|400|RS257
/keys/rsa/sign|{"alg":"RSA1_5","value":"AAAA"}|400|RSA1_5
/keys/ec-P-384/sign|{"alg":"ES256","value":"AAAA"}|400|uses curve 'P-384', and algorithm 'ES256' can only be used with curve 'P-256'.
/keys/rsa/sign|{"alg":"ES256","value":"AAAA"}|400|is of type 'RSA', and algorithm 'ES256' can only be used with key type 'EC' or 'EC-HSM'.
/keys/rsa/decrypt|{"alg":"RSA1_5","value":"AAAA"}|400|Invalid length of 'value'
END

summary
