#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Operations on keys of akv-emulator.

# shellcheck disable=SC2119 # functions with optional arguments

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" "$@"

start_seeded

section='get'
kv /keys/rsa
expect 'get' 200 "\"kid\":\"$vault/keys/rsa/"
has 'tags' "$body" '"tags":{"made":"here"}'
has 'default key_ops' "$body" '"key_ops":["encrypt","decrypt","sign","verify","wrapKey","unwrapKey"]'
is 'n' "$(unb64u "$(get n "$body")" | to_hex | tr a-f A-F)" \
    "$(openssl rsa -pubin -in "$work/rsa.pub" -noout -modulus 2>/dev/null | sed 's/^Modulus=//')"
lacks 'private parts' "$body" '"d":'
for header in 'Cache-Control: no-cache' 'x-ms-request-id: ' \
    'x-ms-keyvault-service-version: ' 'X-Content-Type-Options: nosniff'; do
    has "header $header" "$(cat "$work/headers")" "$header"
done
kv /keys/rsa -H 'x-ms-client-request-id: 11-22'
has 'client request id' "$(cat "$work/headers")" 'x-ms-client-request-id: 11-22'
kid=$(get kid "$body")
version=${kid##*/}
is 'version' "${version//[0-9a-f]/}:${#version}" :32
for path in /keys/rsa/ "/keys/rsa/$version" "/keys/rsa/$version/" /KEYS/RSA \
    //keys//rsa '/keys/rsa?api%2Dversion=2025-07-01' \
    '/keys/rsa?API-VERSION=7.6-preview.1' '/keys/rsa?api-version=2016-10-01'; do
    kv "$path"
    is "GET $path" "$status:$(get kid "$body")" "200:$kid"
done
kv /keys/none
expect 'no key' 404 '"code":"KeyNotFound","message":"A key with (name/id) none was not found in this key vault.'
kv /keys/rsa/0123456789abcdef0123456789abcdef
expect 'no version' 404 KeyNotFound
kv '/keys/rsa?api-version=9.9'
expect 'api-version' 400 'The specified version (9.9) is not recognized. Consider using the latest supported version (2026-04-01).'
kv '/keys/rsa?api-version='
expect 'no api-version' 400 BadParameter
kv '/keys/bad_name'
expect 'name' 400 'The request URI contains an invalid name: bad_name'
kv '/keys/rsa/%zz'
is 'bad escape' "$status" 400
kv /keys/rsa -X POST -d '{}'
expect 'method' 400 'Method POST does not allow operation'
head -c 1100000 /dev/zero | tr '\0' x >"$work/large"
kv /keys/rsa/sign --data-binary "@$work/large"
expect 'large body' 413 RequestBodyTooLarge
kv /storage/x
expect 'not served' 501 NotImplemented

section='create'
kv /keys/made/create -d '{"kty":"EC"}'
expect 'EC' 200 '"kty":"EC","key_ops":["sign","verify"],"crv":"P-256"'
kv /keys/made/create -d '{"kty":"EC","crv":"P-521","attributes":{},"tags":{"a":"b"},"later":{"x":1}}'
expect 'EC, unknown member' 200 '"crv":"P-521"'
is 'x of P-521' "$(get x "$body" | tr -d '\n' | wc -c | tr -d ' ')" 88
kv /keys/java/create -d '{"kty":"RSA","public_exponent":0}'
expect 'the default exponent' 200 '"e":"AQAB"'
kv /keys/made3/create -d '{"kty":"RSA","key_size":3072,"key_ops":["sign"],"attributes":{"exp":946684800}}'
expect 'RSA' 200 '"key_ops":["sign"]'
is 'n of 3072' "$(get n "$body" | tr -d '\n' | wc -c | tr -d ' ')" 512
has 'exp' "$body" '"exp":946684800'
while IFS='|' read -r text want; do
    kv /keys/made/create -d "$text"
    expect "$text" 400 "$want"
done <<'END'
{}|kty is missing
[]|JSON object
{"kty":"EC"|JSON object
{"kty":"oct-HSM"}|Property  has invalid value
{"kty":"RSA","key_size":1024}|key_size
{"kty":"EC","crv":"P-1"}|crv
{"kty":"EC","key_ops":["fly"]}|key_ops
{"kty":"EC","attributes":{"enabled":"yes"}}|attributes
{"kty":"EC","tags":{"a":1}}|Tags
END

section='import'
part()
{
    openssl pkey -in "$1" -text -noout | sed -n "/^$2:/,/^[^ ]/p" | grep '^ ' \
        | tr -d ' :\n' | from_hex | b64u
}
jwk="\"kty\":\"RSA\",\"e\":\"AQAB\""
for pair in n:modulus d:privateExponent p:prime1 q:prime2 dp:exponent1 \
    dq:exponent2 qi:coefficient; do
    # openssl writes a zero byte in front; the vault has to bear it.
    jwk+=",\"${pair%:*}\":\"$(part "$work/rsa.pem" "${pair#*:}")\""
done
kv /keys/brought -X PUT -d "{\"key\":{$jwk},\"tags\":{\"x\":\"y\"}}"
expect 'RSA' 200 "\"kty\":\"RSA\""
n=$(unb64u "$(get n "$body")" | od -An -tx1 | tr -d ' \n')
kv /keys/rsa
is 'the leading zero in n stays' "$n" "00$(unb64u "$(get n "$body")" | od -An -tx1 | tr -d ' \n')"
x=$(openssl pkey -in "$work/P-256.pem" -pubout -outform DER | tail -c 64 | head -c 32 | b64u)
y=$(openssl pkey -in "$work/P-256.pem" -pubout -outform DER | tail -c 32 | b64u)
d=$(part "$work/P-256.pem" priv)
kv /keys/brought-ec -X PUT -d "{\"key\":{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"$x\",\"y\":\"$y\",\"d\":\"$d\",\"key_ops\":[\"sign\"]}}"
expect 'EC' 200 "\"x\":\"$x\",\"y\":\"$y\""
for bad in '{}' '{"key":{}}' "{\"key\":{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"$y\",\"y\":\"$x\",\"d\":\"$d\"}}" \
    '{"key":{"kty":"RSA","n":"AQAB","e":"AQAB","d":"AQAB"}}'; do
    kv /keys/brought -X PUT -d "$bad"
    expect "import $bad" 400 'The property \"key\" must be a valid JsonWebKey object.'
done

section='update'
kv /keys/made3 -X PATCH -d '{"key_ops":["verify"],"tags":{"n":"1"},"attributes":{"enabled":false}}'
expect 'PATCH' 200 '"key_ops":["verify"]'
has 'enabled' "$body" '"enabled":false'
has 'exp stays' "$body" '"exp":946684800'
kv /keys/made3 -X POST -H 'X-HTTP-METHOD: PATCH' -d '{"tags":{}}'
is 'PATCH in a POST' "$status" 200
has 'tags are replaced' "$body" '"tags":{}'
has 'key_ops stay' "$body" '"key_ops":["verify"]'
kv /keys/none -X PATCH -d '{}'
expect 'no key' 404 KeyNotFound
kv /keys/made3 -X PATCH -d '{"attributes":{"nbf":"x"}}'
is 'bad body before 404' "$status" 400

section='paging'
pages=0 names=
link="$vault/keys?api-version=7.5&maxresults=3"
while [ -n "$link" ] && [ "$pages" -lt 20 ]; do
    page=$(curl -sS -g --cacert "$ca" -H "Authorization: Bearer $token" "$link")
    pages=$((pages + 1))
    names+=$(grep -o '"kid":"[^"]*"' <<<"$page" | sed 's/.*keys.//; s/"//')$'\n'
    case $page in
        *'"nextLink":null}') link= ;;
        *) link=$(get nextLink "$page") ;;
    esac
    [ -z "$link" ] || has 'link' "$link" "$vault/keys?api-version=7.5&\$skiptoken="
done
is 'keys listed' "$(sort -u <<<"$names" | grep -c .)" "$(grep -c . <<<"$names")"
is 'number of keys' "$(grep -c . <<<"$names")" 14
is 'pages' "$pages" 5
lacks 'no versions in the list' "$names" /
link=$(curl -sS --cacert "$ca" -H "Authorization: Bearer $token" -H 'Host: first.vault.azure.net' "$vault/keys?api-version=7.4&maxresults=1")
has 'port in the link' "$link" "\"nextLink\":\"https://first.vault.azure.net:443/keys?api-version=7.4&\$skiptoken="
kv '/keys/made/versions?maxresults=1'
expect 'versions' 200 "\"kid\":\"$vault/keys/made/"
has 'more versions' "$body" skiptoken
kv /keys/none/versions
is 'versions of no key' "$status:$body" '200:{"value":[],"nextLink":null}'
for n in 0 26 x; do
    kv "/keys?maxresults=$n"
    expect "maxresults=$n" 400 maxresults
done
kv "/keys?\$skiptoken=x"
is 'bad skiptoken' "$status" 400

summary
