#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Rotation and release policies of keys in akv-emulator.

# shellcheck disable=SC2119 # functions with optional arguments

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" "$@"

start --vault first
login

section='rotate'
kv /keys/k/create -d '{"kty":"EC","crv":"P-384","key_ops":["sign"],"tags":{"a":"b"}}'
first=$(get kid "$body")
kv /keys/k/rotate -X POST
expect 'rotate' 200 '"key_ops":["sign"],"crv":"P-384"'
has 'tags stay' "$body" '"tags":{"a":"b"}'
lacks 'no date without a policy' "$body" '"exp"'
[ "$(get kid "$body")" != "$first" ] || not_ok 'the version is the same'
kv "/keys/k/${first##*/}"
is 'the old version' "$status" 200
kv /keys/none/rotate -X POST
expect 'none' 404 KeyNotFound
kv /keys/k -X PATCH -d '{"attributes":{"enabled":false}}'
kv /keys/k/rotate -X POST
expect 'disabled' 403 KeyDisabled
kv /keys/k -X PATCH -d '{"attributes":{"enabled":true}}'

section='policy'
kv /keys/k/rotationpolicy
expect 'default' 200 "{\"id\":\"$vault/keys/k/rotationpolicy\",\"lifetimeActions\":[{\"trigger\":{\"timeBeforeExpiry\":\"P30D\"},\"action\":{\"type\":\"Notify\"}}],\"attributes\":{\"created\":"
kv /keys/none/rotationpolicy
expect 'none' 404 KeyNotFound
kv /keys/none/rotationpolicy -X PUT -d '{}'
expect 'none' 404 KeyNotFound
kv /keys/k/rotationpolicy -X PUT -d '{"attributes":{"expiryTime":"P90D"},"lifetimeActions":[{"action":{"type":"rotate"},"trigger":{"timeAfterCreate":"P2M"}}]}'
want='"lifetimeActions":[{"trigger":{"timeAfterCreate":"P2M"},"action":{"type":"Rotate"}},{"trigger":{"timeBeforeExpiry":"P30D"},"action":{"type":"Notify"}}],"attributes":{"expiryTime":"P90D","created":'
expect 'set' 200 "$want"
kv /keys/k/rotationpolicy
expect 'get' 200 "$want"
kv /keys/k/rotate -X POST
is 'expiry' "$(($(get exp "$body") - $(get created "$body")))" $((90 * 86400))
while IFS='|' read -r text want; do
    kv /keys/k/rotationpolicy -X PUT -d "$text"
    expect "$text" 400 "$want"
done <<'END'
{"attributes":{"expiryTime":"P27D"}}|at least 28 days
{"attributes":{"expiryTime":"28"}}|at least 28 days
{"attributes":{"expiryTime":5}}|at least 28 days
{"lifetimeActions":[{"action":{"type":"Fly"},"trigger":{"timeAfterCreate":"P2M"}}]}|lifetimeActions
{"lifetimeActions":[{"action":{"type":"Rotate"},"trigger":{}}]}|lifetimeActions
{"lifetimeActions":[{"action":{"type":"Rotate"},"trigger":{"timeAfterCreate":"2M"}}]}|lifetimeActions
{"lifetimeActions":[{"action":{"type":"Rotate"},"trigger":{"timeAfterCreate":"P2M","timeBeforeExpiry":"P2M"}}]}|lifetimeActions
END

section='by the clock'
kv /keys/k
before=$(get kid "$body")
control /clock -d '{"advance_s":5400000}' >/dev/null
login
kv /keys/k
after=$(get kid "$body")
[ "$after" != "$before" ] || not_ok 'not rotated after two months'
kv /keys/k
is 'once' "$(get kid "$body")" "$after"
kv /keys/k/rotationpolicy -X PUT -d '{"attributes":{"expiryTime":"P90D"},"lifetimeActions":[{"action":{"type":"Rotate"},"trigger":{"timeBeforeExpiry":"P30D"}}]}'
kv /keys/k/rotate -X POST
before=$(get kid "$body")
control /clock -d '{"advance_s":5180000}' >/dev/null
login
kv /keys/k
is 'not yet' "$(get kid "$body")" "$before"
control /clock -d '{"advance_s":10000}' >/dev/null
login
kv /keys/k
[ "$(get kid "$body")" != "$before" ] || not_ok 'not rotated before expiry'

section='release policy'
data=$(printf '{"version":"1.0.0","anyOf":[]}' | b64u)
kv /keys/x/create -d '{"kty":"EC-HSM","attributes":{"exportable":true}}'
expect 'none' 400 'must be an HSM key and have a release policy'
kv /keys/x/create -d "{\"kty\":\"EC\",\"attributes\":{\"exportable\":true},\"release_policy\":{\"data\":\"$data\"}}"
is 'no HSM key' "$status" 400
kv /keys/x/create -d '{"kty":"EC-HSM","attributes":{"exportable":true},"release_policy":{"data":"AAAA"}}'
is 'not JSON' "$status" 400
kv /keys/x/create -d "{\"kty\":\"EC-HSM\",\"attributes\":{\"exportable\":true},\"release_policy\":{\"data\":\"$data\"}}"
expect 'create' 200 "\"release_policy\":{\"contentType\":\"application/json; charset=utf-8\",\"data\":\"$data\",\"immutable\":false}"
has 'exportable' "$body" '"exportable":true'
kv /keys/x -X PATCH -d '{"attributes":{"exportable":false}}'
expect 'stays exportable' 400 exportable
kv /keys/x -X PATCH -d "{\"release_policy\":{\"data\":\"$data\",\"immutable\":true}}"
expect 'immutable' 200 '"immutable":true'
kv /keys/x -X PATCH -d "{\"release_policy\":{\"data\":\"$data\"}}"
expect 'is' 400 'AKV.SKR.1020: Immutable Key Release Policy cannot be modified.'

section='release'
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$work/target.pem" 2>/dev/null
n=$(openssl rsa -in "$work/target.pem" -noout -modulus 2>/dev/null | sed 's/^Modulus=//' | tr A-F a-f | from_hex | b64u)
target=$(printf '{"alg":"none"}' | b64u).$(printf '{"x-ms-runtime":{"keys":[{"kty":"RSA","n":"%s","e":"AQAB"}]}}' "$n" | b64u).x
for enc in CKM_RSA_AES_KEY_WRAP:sha1 RSA_AES_KEY_WRAP_256:sha256 RSA_AES_KEY_WRAP_384:sha384; do
    kv /keys/x/release -d "{\"target\":\"$target\",\"nonce\":\"n1\",\"enc\":\"${enc%:*}\"}"
    expect "$enc" 200 '"value":"ey'
    jws=$(get value "$body")
    header=$(unb64u "${jws%%.*}")
    has 'header' "$header" '"x5c":["'
    payload=${jws#*.}
    payload=$(unb64u "${payload%.*}")
    has 'request' "$payload" "\"enc\":\"${enc%:*}\",\"kid\":\"$vault/keys/x/"
    has 'nonce' "$payload" '"nonce":"n1"'
    # shellcheck disable=SC2001 # a pattern
    sed 's/.*"x5c":\["\([^"]*\)".*/\1/' <<<"$header" | openssl base64 -d -A | openssl x509 -inform DER -noout -pubkey >"$work/signer.pub"
    unb64u "${jws##*.}" >"$work/sig"
    printf %s "${jws%.*}" | openssl dgst -sha256 -verify "$work/signer.pub" -signature "$work/sig" >/dev/null || not_ok 'signature of the JWS'
    unb64u "$(get key_hsm "$payload")" >"$work/key_hsm"
    has 'blob' "$(cat "$work/key_hsm")" '"schema_version":"1.0"'
    unb64u "$(get ciphertext "$(cat "$work/key_hsm")")" >"$work/wrapped"
    head -c 256 "$work/wrapped" | openssl pkeyutl -decrypt -inkey "$work/target.pem" -pkeyopt rsa_padding_mode:oaep -pkeyopt "rsa_oaep_md:${enc#*:}" -pkeyopt "rsa_mgf1_md:${enc#*:}" -out "$work/kek"
    is 'AES key' "$(wc -c <"$work/kek" | tr -d ' ')" 32
    openssl_wraps || continue
    tail -c +257 "$work/wrapped" | openssl enc -d -id-aes256-wrap-pad -K "$(to_hex <"$work/kek")" -iv a65959a6 2>/dev/null | openssl pkey -inform DER -pubout -out "$work/released.pub"
    is 'the key' "$(openssl pkey -pubin -in "$work/released.pub" -outform DER | tail -c 32 | b64u)" "$(get y "$payload")"
done
kv /keys/k/release -d "{\"target\":\"$target\"}"
expect 'not exportable' 403 KeyOperationForbidden
for bad in '{}' '{"target":"x"}' '{"target":"e30.e30.x"}' "{\"target\":\"$target\",\"enc\":\"x\"}"; do
    kv /keys/x/release -d "$bad"
    is "$bad" "$status" 400
done
kv /keys/none/release -d "{\"target\":\"$target\"}"
expect 'none' 404 KeyNotFound

section='attestation'
kv '/keys/x/attestation?api-version=7.6'
expect 'attestation' 200 '"attestation":{"certificatePemFile":"'
has 'certificate' "$(unb64u "$(get certificatePemFile "$body")")" 'BEGIN CERTIFICATE'
kv '/keys/k/attestation?api-version=7.6'
is 'no HSM key' "$status" 400
kv '/keys/x/attestation?api-version=7.5'
is 'older version' "$status" 400
stop

summary
