#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Rotation and release policies of keys in akv-emulator.

# shellcheck disable=SC2119 # functions with optional arguments

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" "$@"

for name in authority other; do
    openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$work/$name.pem" 2>/dev/null
    openssl pkey -in "$work/$name.pem" -pubout -out "$work/$name.pub"
done
cat >"$work/seed.json" <<'END'
{"vaults": ["first"],
 "authorities": [{"issuer": "https://attest.example", "key_file": "authority.pub"},
                 {"issuer": "https://other.example/", "key_file": "other.pub"}]}
END
start --seed "$work/seed.json"
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
expect 'default' 200 '{"lifetimeActions":[{"trigger":{"timeBeforeExpiry":"P30D"},"action":{"type":"Notify"}}],"attributes":null}'
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
# policy CONDITIONS: of the first authority, as data.
policy()
{
    printf '{"version":"1.0.0","anyOf":[{"authority":"https://attest.example/",%s}]}' "$1" | b64u
}
data=$(policy '"allOf":[{"claim":"tee","equals":"snp"},{"claim":"vm.debug","equals":"false"}]')
kv /keys/x/create -d '{"kty":"EC-HSM","attributes":{"exportable":true}}'
expect 'none' 400 'must be an HSM key and have a release policy'
kv /keys/x/create -d "{\"kty\":\"EC\",\"attributes\":{\"exportable\":true},\"release_policy\":{\"data\":\"$data\"}}"
is 'no HSM key' "$status" 400
kv /keys/x/create -d '{"kty":"EC-HSM","attributes":{"exportable":true},"release_policy":{"data":"AAAA"}}'
is 'not JSON' "$status" 400
while IFS= read -r bad; do
    kv /keys/x/create -d "{\"kty\":\"EC-HSM\",\"attributes\":{\"exportable\":true},\"release_policy\":{\"data\":\"$(printf %s "$bad" | b64u)\"}}"
    expect "$bad" 400 release_policy
done <<'END'
[]
{}
{"version":"1.0.0"}
{"version":"1.0.0","anyOf":[]}
{"version":"1.0.0","anyOf":[{}]}
{"version":"1.0.0","allOf":[{"authority":"https://a.example","allOf":[{"claim":"c","equals":1}]}]}
{"version":"2.0.0","anyOf":[{"authority":"https://a.example","allOf":[{"claim":"c","equals":1}]}]}
{"version":"1.0.0","anyOf":[{"authority":"http://a.example","allOf":[{"claim":"c","equals":1}]}]}
{"version":"1.0.0","anyOf":[{"authority":"https://a.example"}]}
{"version":"1.0.0","anyOf":[{"authority":"https://a.example","allOf":[]}]}
{"version":"1.0.0","anyOf":[{"authority":"https://a.example","allOf":[{"claim":"c"}]}]}
{"version":"1.0.0","anyOf":[{"authority":"https://a.example","allOf":[{"claim":"c","greater":1}]}]}
{"version":"1.0.0","anyOf":[{"authority":"https://a.example","allOf":[{"claim":"c","equals":[1]}]}]}
{"version":"1.0.0","anyOf":[{"authority":"https://a.example","allOf":[{"claim":"c","equals":1}],"anyOf":[{"claim":"c","equals":1}]}]}
{"version":"1.0.0","anyOf":[{"authority":"https://a.example","allOf":[{"anyOf":[{"claim":"c","equals":1}],"claim":"c"}]}]}
END
sent=$(printf '{"anyOf": [{"allOf": [{"equals": "snp", "claim": "tee"}, {"claim": "vm.debug", "equals": false}], "authority": "https://attest.example/"}], "version": "1.0.0"}' | b64u)
kv /keys/x/create -d "{\"kty\":\"EC-HSM\",\"attributes\":{\"exportable\":true},\"release_policy\":{\"data\":\"$sent\"}}"
expect 'create, and the data in the words of the service' 200 "\"release_policy\":{\"contentType\":\"application/json; charset=utf-8\",\"data\":\"$data\",\"immutable\":false}"
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
# The clock of the vault is months ahead.
now=$(get now "$(control /clock)")
# attest CLAIMS [KEY] [ISSUER] [EXP]: what an authority says of the target.
attest()
{
    local text

    text=$(printf '{"alg":"RS256","typ":"JWT"}' | b64u).$(printf '{"iss":"%s","exp":%s,%s"x-ms-runtime":{"keys":[{"kty":"EC"},{"kty":"RSA","n":"%s","e":"AQAB"}]}}' \
        "${3:-https://attest.example}" "${4:-$((now + 3600))}" "$1" "$n" | b64u)
    printf %s.%s "$text" "$(printf %s "$text" | openssl dgst -sha256 -sign "$work/${2:-authority}.pem" -binary | b64u)"
}
good='"tee":"snp","vm":{"debug":false},'
target=$(attest "$good")
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

section='attestation of the target'
# refused WHAT MESSAGE TARGET
refused()
{
    kv /keys/x/release -d "{\"target\":\"$3\"}"
    expect "$1" 403 "\"message\":\"Target environment attestation $2.\",\"innererror\":{\"code\":\"AccessDenied\"}"
}
unverified='statement cannot be verified'
refused 'another key' "$unverified" "$(attest "$good" other)"
refused 'no authority' "$unverified" "$(attest "$good" authority https://nobody.example)"
refused 'expired' "$unverified" "$(attest "$good" authority '' $((now - 301)))"
refused 'not yet' "$unverified" "$(attest "$good\"nbf\":$((now + 310)),")"
refused 'no signature' "$unverified" "${target%.*}."
refused 'no algorithm' "$unverified" "$(printf '{"alg":"none"}' | b64u).${target#*.}"
unmet='does not meet key release policy requirements'
refused 'another authority' "$unmet" "$(attest "$good" other https://other.example)"
refused 'another value' "$unmet" "$(attest '"tee":"sgx","vm":{"debug":false},')"
refused 'one of two' "$unmet" "$(attest '"tee":"snp",')"
refused 'another type' "$unmet" "$(attest '"tee":"snp","vm":{"debug":0},')"
refused 'no claims' "$unmet" "$(attest '')"
# judge CONDITIONS CLAIMS: the status.
judge()
{
    kv /keys/y -X PATCH -d "{\"release_policy\":{\"data\":\"$(policy "$1")\"}}"
    is 'policy' "$status" 200
    kv /keys/y/release -d "{\"target\":\"$(attest "$2")\"}"
}
kv /keys/y/create -d "{\"kty\":\"EC-HSM\",\"attributes\":{\"exportable\":true},\"release_policy\":{\"data\":\"$data\"}}"
while IFS='|' read -r conditions claims want; do
    judge "$conditions" "$claims"
    is "$conditions: $claims" "$status" "$want"
done <<'END'
"anyOf":[{"claim":"a","equals":"1"},{"claim":"b","equals":2}]|"b":2,|200
"anyOf":[{"claim":"a","equals":"1"},{"claim":"b","equals":2}]|"b":2.0,|200
"anyOf":[{"claim":"a","equals":"1"},{"claim":"b","equals":2}]|"b":3,|403
"allOf":[{"claim":"a","equals":true}]|"a":true,|200
"allOf":[{"claim":"a","equals":true}]|"a":"true",|200
"allOf":[{"claim":"a","equals":true}]|"a":false,|403
"allOf":[{"claim":"a","equals":"x"}]|"a":["x"],|403
"allOf":[{"claim":"a.b.c","equals":"x"}]|"a":{"b":{"c":"x"}},|200
"allOf":[{"claim":"a.b.c","equals":"x"}]|"a.b":{"c":"x"},|200
"allOf":[{"claim":"a.b.c","equals":"x"}]|"a":{"b":"x"},|403
"allOf":[{"claim":"a","equals":1},{"anyOf":[{"claim":"b","equals":2},{"claim":"c","equals":3}]}]|"a":1,"c":3,|200
"allOf":[{"claim":"a","equals":1},{"anyOf":[{"claim":"b","equals":2},{"claim":"c","equals":3}]}]|"a":1,"c":4,|403
END

section='secure wrap'
secure()
{
    kv "/keys/w/$1?api-version=2026-04-01" -d "$2"
}
kv /keys/w/create -d '{"kty":"RSA"}'
secure securewrapkey '{"alg":"RSA-OAEP-256"}'
expect 'wrap' 200 "{\"kid\":\"$vault/keys/w/"
has 'alg' "$body" '"alg":"RSA-OAEP-256"'
wrapped=$(get value "$body")
kv /keys/w/unwrapkey -d "{\"alg\":\"RSA-OAEP-256\",\"value\":\"$wrapped\"}"
plain=$(get value "$body")
is '256 bits' "$(unb64u "$plain" | wc -c | tr -d ' ')" 32
secure securewrapkey '{"alg":"RSA-OAEP-256"}'
kv /keys/w/unwrapkey -d "{\"alg\":\"RSA-OAEP-256\",\"value\":\"$(get value "$body")\"}"
[ "$(get value "$body")" != "$plain" ] || not_ok 'the same key again'
secure secureunwrapkey "{\"alg\":\"RSA-OAEP-256\",\"value\":\"$wrapped\",\"target\":\"$target\"}"
expect 'unwrap' 200 "\"value\":\"$plain\""
has 'alg' "$body" '"alg":"RSA-OAEP-256"'
secure secureunwrapkey "{\"alg\":\"RSA-OAEP-256\",\"value\":\"$wrapped\",\"target\":\"$(attest "$good" other)\"}"
expect 'not attested' 403 'cannot be verified'
while IFS='|' read -r op text want; do
    secure "$op" "$text"
    is "$op $text" "$status" "$want"
done <<END
securewrapkey|{}|400
securewrapkey|{"alg":"RS256"}|400
securewrapkey|{"alg":"A256KW"}|400
securewrapkey|{"alg":"A256GCM"}|400
secureunwrapkey|{"alg":"RSA-OAEP","value":"$wrapped"}|400
secureunwrapkey|{"alg":"RSA-OAEP","value":"$wrapped","target":"x"}|400
secureunwrapkey|{"alg":"RSA-OAEP","target":"$target"}|400
secureunwrapkey|{"alg":"RSA-OAEP","value":"$wrapped","target":"$target"}|400
END
kv /keys/w/securewrapkey -d '{"alg":"RSA-OAEP-256"}'
is 'older version' "$status" 400
kv /keys/none/securewrapkey?api-version=2026-04-01 -d '{"alg":"RSA-OAEP-256"}'
expect 'none' 404 KeyNotFound
kv /keys/w -X PATCH -d '{"key_ops":["wrapKey"]}'
secure secureunwrapkey "{\"alg\":\"RSA-OAEP-256\",\"value\":\"$wrapped\",\"target\":\"$target\"}"
expect 'key_ops' 403 KeyOperationForbidden
kv /keys/p/create -d "{\"kty\":\"RSA-HSM\",\"attributes\":{\"exportable\":true},\"release_policy\":{\"data\":\"$data\"}}"
kv /keys/p/securewrapkey?api-version=2026-04-01 -d '{"alg":"RSA-OAEP-256"}'
wrapped=$(get value "$body")
for claims in "$good:200" '"tee":"sgx",:403'; do
    kv /keys/p/secureunwrapkey?api-version=2026-04-01 -d "{\"alg\":\"RSA-OAEP-256\",\"value\":\"$wrapped\",\"target\":\"$(attest "${claims%:*}")\"}"
    is "release policy: $claims" "$status" "${claims##*:}"
done
kv '/keys/ext/create?api-version=2026-04-01' -d '{"kty":"RSA-HSM","attributes":{"external_key":{"id":"abc"}}}'
expect 'external key' 400 'External keys are not supported'
kv '/keys/ext/create?api-version=2026-04-01' -d '{"attributes":{"external_key":{"id":"abc"}}}'
expect 'external key without kty' 400 'External keys are not supported'

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
