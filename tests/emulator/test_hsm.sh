#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Managed HSM in akv-emulator: its style, symmetric keys, random bytes.

# shellcheck disable=SC2119 # functions with optional arguments

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" "$@"

k=$(printf '0123456789abcdef0123456789abcdef' | b64u)
cat >"$work/seed.json" <<END
{"keys": [{"name": "seeded", "vault": "myhsm", "kty": "oct-HSM", "k": "$k"},
          {"name": "made", "vault": "myhsm", "kty": "oct-HSM", "size": 128},
          {"name": "seeded-ec", "vault": "myhsm", "kty": "EC"},
          {"name": "mine", "vault": "first", "kty": "RSA-HSM"}]}
END
start --vault first --hsm myhsm --seed "$work/seed.json"
hsm_scope=scope=https://managedhsm.azure.net/.default
login
vault_token=$token
first=$vault
vault=$hsm

section=style
token=
kv /keys
is 'challenge: status and body' "$status:$body" 401:
has 'challenge' "$(cat "$work/headers")" 'resource="https://managedhsm.azure.net"'
has 'content type' "$(cat "$work/headers")" 'Content-Type: application/json'
lacks 'no region in a 401' "$(cat "$work/headers")" x-ms-keyvault-region
token=$vault_token
kv /keys
is 'token of a vault' "$status:$body" 401:
login "$hsm_scope"
for key in seeded-ec:EC-HSM seeded:oct-HSM made:oct-HSM; do
    kv "/keys/${key%:*}"
    expect "seeded $key" 200 "\"kty\":\"${key#*:}\""
    kv "/keys/${key%:*}" -X DELETE
done
kv /keys
is 'empty list, no nextLink' "$status:$body" '200:{"value":[]}'
headers=$(cat "$work/headers")
for header in "content-security-policy: default-src 'self'" \
    'x-frame-options: SAMEORIGIN' 'x-ms-server-latency: ' \
    'max-age=31536000; includeSubDomains' 'x-ms-keyvault-region: '; do
    has 'header' "$headers" "$header"
done
for header in Date: x-ms-keyvault-service-version Pragma; do
    lacks 'header' "$headers" "$header"
done
kv /secrets
is 'no secrets' "$status" 400
kv '/keys?api-version=9'
is 'api-version' "$status" 400
for version in 2026-01-01-preview 2026-03-01-preview 2026-05-01-preview 2026-07-01-preview; do
    kv "/keys?api-version=$version"
    is "$version" "$status" 200
    kv "/keys?api-version=${version%-preview}"
    is "${version%-preview}, which there is not" "$status" 400
done
kv /keys/aes/create -d '{"kty":"AES","key_size":256}'
expect 'AES' 200 '"kty":"oct-HSM"'
kv /keys/aes -X DELETE
kv /deletedkeys/aes -X DELETE
is 'no api-version' "$(curl -sS --cacert "$ca" -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $token" "$hsm/keys")" 200
is 'no api-version, by POST' "$(curl -sS --cacert "$ca" -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $token" -H 'Content-Type: application/json' -d '{"kty":"EC-HSM"}' "$hsm/keys/unversioned/create")" 400
is 'by name, on the port of the vaults' "$(curl -sS --cacert "$ca" -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $token" --connect-to "myhsm.managedhsm.azure.net:443:localhost:${first##*:}" 'https://myhsm.managedhsm.azure.net/keys?api-version=7.5')" 200

section=keys
kv /keys/r/create -d '{"kty":"RSA"}'
expect 'RSA' 200 '"kty":"RSA-HSM"'
has 'sorted' "$body" '{"attributes":{"created":'
has 'sorted' "$body" '"exportable":false,"recoverableDays":7,"recoveryLevel":"CustomizedRecoverable+Purgeable","updated":'
lacks 'no hsmPlatform' "$body" hsmPlatform
one=$(grep -o '"key_ops":[^]]*' <<<"$body")
kv /keys/r
[ "$(grep -o '"key_ops":[^]]*' <<<"$body")" != "$one" ] \
    || not_ok 'key_ops are always in the same order'
kv /keys/e/create -d '{"kty":"EC"}'
expect 'EC' 200 '"kty":"EC-HSM"'
kv /keys/x/create -d '{}'
expect 'no kty' 400 '"message":"JSON Web Key: kty is missing"'
kv '/keys/a_b/create' -d '{"kty":"EC"}'
expect 'name' 400 '"message":"Invalid key identifier or name (Activity ID: '
kv /keys/none
expect 'none' 404 "\"code\":\"KeyNotFound\",\"message\":\"Key not found: $hsm/keys/none (Activity ID: "
kv '/keys?maxresults=1'
has 'link' "$body" "\"nextLink\":\"$hsm/keys?maxresults=1&\$skiptoken="
link=$(get nextLink "$body")
page=$(curl -sS -g --cacert "$ca" -H "Authorization: Bearer $token" "$link")
has 'link as it is' "$page" '"value":[{"attributes"'
lacks 'last page' "$page" nextLink
kv /keys/r -X DELETE
expect 'delete' 200 "\"recoveryId\":\"$hsm/deletedkeys/r\""
control /slow-delete -d '{"polls":3}' >/dev/null
kv /deletedkeys/r
is 'at once' "$status" 200
kv /deletedkeys/r/recover -X POST
is 'recover' "$status" 200
kv /keys/e/backup -X POST
blob=$(get value "$body")
has 'JWE' "$(unb64u "$blob" | head -c 8)" eyJ
kv /keys/restore -d '{"value":"AAAA"}'
expect 'bad blob' 400 '"code":"MalformedBackupBlob"'
kv /keys/e -X DELETE
kv /deletedkeys/e -X DELETE
is 'purge' "$status" 204
kv /keys/restore -d "{\"value\":\"$blob\"}"
expect 'restore' 200 '"kty":"EC-HSM"'

section=sign
value=$(digest sha256)
kv /keys/e/sign -d "{\"alg\":\"ES256\",\"value\":\"$value\"}"
expect 'sign' 200 '{"alg":"ES256","kid":"'
sig=$(get value "$body")
kv /keys/e/verify -d "{\"alg\":\"ES256\",\"digest\":\"$value\",\"value\":\"$sig\"}"
expect 'verify' 200 '{"alg":"ES256","kid":"'
has 'verify' "$body" '"value":true'

section=random
for n in 1 128; do
    kv /rng -d "{\"count\":$n}"
    is "$n bytes" "$(unb64u "$(get value "$body")" | wc -c | tr -d ' ')" "$n"
done
for n in 0 129 -1 '"8"' null; do
    kv /rng -d "{\"count\":$n}"
    expect "$n bytes" 400 'GetRandomBytesRequest: count cannot be greater than 128 or less than 1'
done
vault=$first
token=$vault_token
kv /keys/mine
expect 'seeded HSM key of a vault' 200 '"kty":"RSA-HSM"'
kv /rng -d '{"count":1}'
is 'not on a vault' "$status" 400
kv /keys/o/create -d '{"kty":"oct-HSM"}'
expect 'no oct on a vault' 400 'Property  has invalid value'
vault=$hsm
token=$admin

section=aes
kv /deletedkeys/seeded/recover -X POST
is 'recover' "$status" 200
k=$(printf '0123456789abcdef0123456789abcdef' | b64u)
hexkey=$(printf '0123456789abcdef0123456789abcdef' | to_hex)
kv /keys/o -X PUT -d "{\"key\":{\"kty\":\"oct-HSM\",\"k\":\"$k\"}}"
expect 'import' 200 '"kty":"oct-HSM"'
lacks 'no material' "$body" "$k"
kv /keys/o2/create -d '{"kty":"oct-HSM","key_size":128}'
expect 'create' 200 '"kty":"oct-HSM"'
kv /keys/o3/create -d '{"kty":"oct-HSM","key_size":100}'
is 'size' "$status" 400
plain=$(printf 'sixteen bytes!!!and a few more' | b64u)
iv=$(printf 'iviviviviviviviv' | b64u)
ivhex=$(printf 'iviviviviviviviv' | to_hex)
kv /keys/o/encrypt -d "{\"alg\":\"A256CBCPAD\",\"value\":\"$plain\",\"iv\":\"$iv\"}"
expect 'CBCPAD' 200 "\"alg\":\"A256CBCPAD\",\"iv\":\"$iv\""
is 'CBCPAD by openssl' "$(unb64u "$(get value "$body")" | openssl enc -d -aes-256-cbc -K "$hexkey" -iv "$ivhex")" 'sixteen bytes!!!and a few more'
kv /keys/o/decrypt -d "{\"alg\":\"A256CBCPAD\",\"value\":\"$(get value "$body")\",\"iv\":\"$iv\"}"
is 'CBCPAD back' "$(get value "$body")" "$plain"
kv /keys/o/encrypt -d "{\"alg\":\"A256CBC\",\"value\":\"$plain\",\"iv\":\"$iv\"}"
cipher=$(get value "$body")
is 'CBC is filled up' "$(unb64u "$cipher" | wc -c | tr -d ' ')" 32
kv /keys/o/decrypt -d "{\"alg\":\"A256CBC\",\"value\":\"$cipher\",\"iv\":\"$iv\"}"
is 'CBC back' "$(unb64u "$(get value "$body")" | tr -d '\0')" 'sixteen bytes!!!and a few more'
kv /keys/o/encrypt -d "{\"alg\":\"A256GCM\",\"value\":\"$plain\",\"aad\":\"$k\"}"
expect 'GCM' 200 "\"aad\":\"$k\",\"alg\":\"A256GCM\",\"iv\":\""
cipher=$(get value "$body") giv=$(get iv "$body") tag=$(get tag "$body")
is 'GCM: iv' "$(unb64u "$giv" | wc -c | tr -d ' ')" 12
is 'GCM: tag' "$(unb64u "$tag" | wc -c | tr -d ' ')" 16
kv /keys/o/decrypt -d "{\"alg\":\"A256GCM\",\"value\":\"$cipher\",\"iv\":\"$giv\",\"tag\":\"$tag\",\"aad\":\"$k\"}"
is 'GCM back' "$(get value "$body")" "$plain"
lacks 'GCM back' "$body" '"iv"'
kv /keys/o/decrypt -d "{\"alg\":\"A256GCM\",\"value\":\"$cipher\",\"iv\":\"$giv\",\"tag\":\"$tag\"}"
expect 'GCM: wrong aad' 400 BadParameter
kv /keys/o/wrapkey -d "{\"alg\":\"A256KW\",\"value\":\"$k\"}"
is 'KW' "$status" 200
cipher=$(get value "$body")
if openssl_wraps; then
    is 'KW by openssl' "$(unb64u "$cipher" | openssl enc -d -id-aes256-wrap -K "$hexkey" -iv a6a6a6a6a6a6a6a6)" 0123456789abcdef0123456789abcdef
fi
kv /keys/o/unwrapkey -d "{\"alg\":\"A256KW\",\"value\":\"$cipher\"}"
is 'KW back' "$(get value "$body")" "$k"
kv /keys/seeded/unwrapkey -d "{\"alg\":\"CKM_AES_KEY_WRAP\",\"value\":\"$cipher\"}"
is 'by its other name, with the seeded key' "$(get value "$body")" "$k"
for bits in 128 192 256; do
    kv "/keys/w$bits/create" -d "{\"kty\":\"oct-HSM\",\"key_size\":$bits}"
    for alg in "A${bits}KW" "A${bits}KWPAD" CKM_AES_KEY_WRAP CKM_AES_KEY_WRAP_PAD; do
        kv "/keys/w$bits/wrapkey" -d "{\"alg\":\"$alg\",\"value\":\"$k\"}"
        cipher=$(get value "$body")
        is "$alg, $bits bits: wrapped" "$(unb64u "$cipher" | wc -c | tr -d ' ')" 40
        kv "/keys/w$bits/unwrapkey" -d "{\"alg\":\"$alg\",\"value\":\"$cipher\"}"
        is "$alg, $bits bits: back" "$(get value "$body")" "$k"
    done
done
kv /keys/o/wrapkey -d "{\"alg\":\"CKM_AES_KEY_WRAP_PAD\",\"value\":\"AAAA\"}"
kv /keys/o/unwrapkey -d "{\"alg\":\"CKM_AES_KEY_WRAP_PAD\",\"value\":\"$(get value "$body")\"}"
is 'padded wrap' "$(get value "$body")" AAAA
kv '/keys/o/securewrapkey?api-version=2026-04-01' -d '{"alg":"A256KW"}'
expect 'secure wrap' 200 '"alg":"A256KW"'
is 'secure wrap' "$(unb64u "$(get value "$body")" | wc -c | tr -d ' ')" 40
while IFS='|' read -r op text want; do
    kv "/keys/o/$op" -d "$text"
    expect "$op $text" 400 "$want"
done <<END
encrypt|{"alg":"A256CBC","value":"AAAA"}|iv is missing
encrypt|{"alg":"A256CBC","value":"AAAA","iv":"AAAA"}|Invalid length of 'iv': 3 bytes. A256CBC requires 16 bytes
encrypt|{"alg":"A128GCM","value":"AAAA"}|is of a size
encrypt|{"alg":"A256KW","value":"$k"}|A256KW
encrypt|{"alg":"RSA1_5","value":"AAAA"}|can only be used with key type 'RSA' or 'RSA-HSM'
wrapkey|{"alg":"A256KW","value":"AAAA"}|multiple of 8 bytes
unwrapkey|{"alg":"A256KW","value":"$k"}|decoding AES padding
decrypt|{"alg":"A256GCM","value":"AAAA","iv":"AAAA"}|tag is missing
sign|{"alg":"HS384","value":"AAAA"}|is of a size
END

section=hmac
kv /keys/o/sign -d "{\"alg\":\"HS256\",\"value\":\"$plain\"}"
is 'HS256' "$(unb64u "$(get value "$body")" | to_hex)" \
    "$(printf 'sixteen bytes!!!and a few more' | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$hexkey" -r | cut -d' ' -f1)"
sig=$(get value "$body")
kv /keys/o/verify -d "{\"alg\":\"HS256\",\"digest\":\"$plain\",\"value\":\"$sig\"}"
has 'verify' "$body" '"value":true'
kv /keys/o/verify -d "{\"alg\":\"HS256\",\"digest\":\"AAAA\",\"value\":\"$sig\"}"
has 'verify another' "$body" '"value":false'
kv /keys/o4/create -d '{"kty":"oct-HSM","key_size":512}'
for alg in HS384:48 HS512:64; do
    kv /keys/o4/sign -d "{\"alg\":\"${alg%:*}\",\"value\":\"$plain\"}"
    is "$alg" "$(unb64u "$(get value "$body")" | wc -c | tr -d ' ')" "${alg#*:}"
done

section='rotation'
kv /keys/e/rotationpolicy
expect 'id' 200 '"id":"keys/e/rotationpolicy"'
kv /keys/e/rotationpolicy -X PUT -d '{"lifetimeActions":[{"trigger":{"timeAfterCreate":"P30D"},"action":{"type":"rotate"}}]}'
expect 'type as it came' 200 '"lifetimeActions":[{"action":{"type":"rotate"},"trigger":{"timeAfterCreate":"P30D"}}]'
kv /keys/o/rotate -X POST
expect 'oct' 200 '"kty":"oct-HSM"'
stop

summary
