#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# akv-emulator against curl and openssl, which share no code with it.
# Usage: test_emulator.sh PATH-OF-AKV-EMULATOR

set -u

emulator=${1:?usage: test_emulator.sh PATH-OF-AKV-EMULATOR}
for tool in curl openssl mkfifo od; do
    if ! command -v "$tool" >/dev/null; then
        echo "skipped: $tool is not there"
        exit 77
    fi
done

work=$(mktemp -d)
# What it makes for itself goes there too, so that nothing can be left behind.
export TMPDIR=$work
failed=0
checks=0
section=start

finish()
{
    [ -z "${pid:-}" ] || kill "$pid" 2>/dev/null
    rm -rf "$work"
}
trap finish EXIT

ok()
{
    checks=$((checks + 1))
}

not_ok()
{
    failed=$((failed + 1))
    printf 'FAILED [%s] %s\n' "$section" "$*"
}

# is WHAT GOT WANTED
is()
{
    if [ "$2" = "$3" ]; then ok; else not_ok "$1: got '$2', want '$3'"; fi
}

# has WHAT TEXT PART
has()
{
    case $2 in
        *"$3"*) ok ;;
        *) not_ok "$1: '$3' is not in: $2" ;;
    esac
}

lacks()
{
    case $2 in
        *"$3"*) not_ok "$1: '$3' is in: $2" ;;
        *) ok ;;
    esac
}

# The value of the first member of that name.
get()
{
    sed -n "s/.*\"$1\":\"\{0,1\}\([^\",}]*\).*/\1/p" <<<"$2" | head -n 1
}

b64u()
{
    openssl base64 -A | tr '+/' '-_' | tr -d '='
}

# Bytes to hex and back.
to_hex()
{
    od -An -v -tx1 | tr -d ' \n'
}

from_hex()
{
    # shellcheck disable=SC2059 # the escapes are the point
    printf "$(sed 's/../\\x&/g')"
}

unb64u()
{
    local text

    text=$(tr -- '-_' '+/' <<<"$1" | tr -d '\n')
    while [ $((${#text} % 4)) -ne 0 ]; do text+='='; done
    openssl base64 -d -A <<<"$text"
}

# start ARGUMENT...: sets ready, pid and what the ready text holds.
start()
{
    [ -p "$work/fifo" ] || mkfifo "$work/fifo"
    "$emulator" --ready-fd 3 --parent $$ "$@" 3>"$work/fifo" 2>"$work/stderr" &
    pid=$!
    if ! IFS= read -r -t 30 ready <"$work/fifo"; then
        not_ok "akv-emulator does not start: $(cat "$work/stderr")"
        exit 1
    fi
    vault=$(get vault_url "$ready")
    ca=$(get ca_file "$ready")
    socket=$(get control_socket "$ready")
    tenant=$(get tenant_id "$ready")
    client=$(get client_id "$ready")
    secret=$(get client_secret "$ready")
    token=
}

stop()
{
    kill -TERM "$pid"
    wait "$pid"
    is 'exit status after SIGTERM' $? 0
    pid=
}

control()
{
    if ! kill -0 "$pid" 2>/dev/null; then
        not_ok "the emulator is gone: $(cat "$work/stderr")"
        exit 1
    fi
    curl -sS --unix-socket "$socket" "http://emulator$1" "${@:2}"
}

faults()
{
    local reply

    reply=$(control /faults -d "$1")
    is "POST /faults $1" "$reply" '{}'
}

# token_request [NAME=VALUE]...: replaces or, with an empty value, drops.
token_request()
{
    local -A field=([grant_type]=client_credentials [client_id]=$client
        [client_secret]=$secret [scope]=https://vault.azure.net/.default)
    local args=() name pair

    for pair in "$@"; do field[${pair%%=*}]=${pair#*=}; done
    for name in "${!field[@]}"; do
        [ -z "${field[$name]}" ] || args+=(--data-urlencode "$name=${field[$name]}")
    done
    curl -sS --cacert "$ca" "${args[@]}" "$vault/$tenant/oauth2/v2.0/token"
}

# kv PATH [CURL ARGUMENT]...: sets status and body; version 7.5 if none is given.
kv()
{
    local url=$vault$1

    case $1 in
        *api-version* | *api%2D*) ;;
        *\?*) url+='&api-version=7.5' ;;
        *) url+='?api-version=7.5' ;;
    esac
    body=$(curl -sS --cacert "$ca" -D "$work/headers" -w '\n%{http_code}' \
        ${token:+-H "Authorization: Bearer $token"} "${@:2}" "$url" 2>"$work/curl")
    curl_rc=$?
    status=${body##*$'\n'}
    body=${body%$'\n'*}
}

# expect WHAT STATUS PART-OF-BODY
expect()
{
    is "$1: status" "$status" "$2"
    has "$1: body" "$body" "$3"
}

counter()
{
    get "$1" "$(control /counters)"
}

section=options
for bad in '--port x' '--port 70000' '--vault a' '--auth maybe' '--hsm h' \
    '--parent 0' '--seed' '--help=1' '--dir x' 'word'; do
    # shellcheck disable=SC2086 # two words
    text=$("$emulator" $bad 2>&1)
    is "$bad: exit" $? 2
    has "$bad: message" "$text" "${bad%%[ =]*}"
done
text=$("$emulator" --help)
is 'help: exit' $? 0
has 'help' "$text" --until-stdin-eof

section=seed
while IFS='|' read -r seed want; do
    printf '%s' "$seed" >"$work/bad.json"
    text=$("$emulator" --seed "$work/bad.json" 2>&1)
    is "$seed: exit" $? 2
    has "$seed" "$text" "$want"
done <<'END'
{|not valid JSON
{"keyz":[]}|keyz: unknown member
{"vaults":["x"]}|vaults[0]
{"keys":[{"name":"k","kty":"RSA","crv":"P-256"}]}|keys[0].crv
{"keys":[{"name":"k","kty":"oct"}]}|keys[0].kty
{"keys":[{"name":"k_","kty":"EC"}]}|keys[0].name
{"keys":[{"name":"k","kty":"EC","colour":1}]}|keys[0].colour
{"keys":[{"name":"k","kty":"EC","vault":"other"}]}|keys[0].vault
{"keys":[{"name":"k","kty":"EC","pem":"x"}]}|keys[0].pem
{"keys":[{"name":"k","kty":"EC","attributes":{"exp":"soon"}}]}|keys[0].attributes.exp
{"keys":[{"name":"k","kty":"EC","key_ops":["fly"]}]}|keys[0].key_ops
{"principals":[{"client_id":"a","client_secret":"b","operations":["fly"]}]}|principals[0].operations
END

# Keys that both sides have, so that each can check the other.
curves='P-256:prime256v1 P-384:secp384r1 P-521:secp521r1 P-256K:secp256k1'
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 \
    -out "$work/rsa.pem" 2>/dev/null
openssl pkey -in "$work/rsa.pem" -pubout -out "$work/rsa.pub"
for pair in $curves; do
    openssl genpkey -algorithm EC -pkeyopt "ec_paramgen_curve:${pair#*:}" \
        -out "$work/${pair%:*}.pem" 2>/dev/null
    openssl pkey -in "$work/${pair%:*}.pem" -pubout -out "$work/${pair%:*}.pub"
done
cat >"$work/seed.json" <<'END'
{"vaults": ["first", "second"],
 "keys": [
  {"name": "rsa", "kty": "RSA", "pem_file": "rsa.pem", "tags": {"made": "here"}},
  {"name": "ec-P-256", "kty": "EC", "pem_file": "P-256.pem"},
  {"name": "ec-P-384", "kty": "EC", "pem_file": "P-384.pem"},
  {"name": "ec-P-521", "kty": "EC", "pem_file": "P-521.pem"},
  {"name": "ec-P-256K", "kty": "EC", "pem_file": "P-256K.pem"},
  {"name": "verify-only", "kty": "EC", "key_ops": ["verify"]},
  {"name": "disabled", "kty": "RSA", "pem_file": "rsa.pem",
   "attributes": {"enabled": false}},
  {"name": "expired", "kty": "RSA", "pem_file": "rsa.pem",
   "attributes": {"exp": "-1h"}},
  {"name": "future", "kty": "EC", "attributes": {"nbf": "+1h", "exp": "+90d"}},
  {"name": "elsewhere", "kty": "EC", "vault": "second"}],
 "principals": [
  {"client_id": "reader", "client_secret": "a+b c&d", "operations": ["get_key"]}]}
END

section=start
start --seed "$work/seed.json" --ready-file "$work/ready.json"
is 'ready file' "$(cat "$work/ready.json")" "$ready"
is 'no temporary ready file' "$(find "$work" -name 'ready.json*')" "$work/ready.json"
is 'ready: pid' "$(get pid "$ready")" "$pid"
is 'ready: authority' "$(get authority_url "$ready")" "$vault"
[ -S "$socket" ] || not_ok 'no control socket'
[ -s "$ca" ] || not_ok 'no CA file'
openssl verify -x509_strict -CAfile "$ca" "$ca" >/dev/null || not_ok 'CA certificate'

section=challenge
kv /keys/rsa
expect 'no token' 401 '{"error":{"code":"Unauthorized","message":"AKV10000: Request is missing a Bearer or PoP token."}}'
has 'header' "$(cat "$work/headers")" "WWW-Authenticate: Bearer authorization=\"https://login.microsoftonline.com/$tenant\", resource=\"https://vault.azure.net\""
kv /keys/new/create -X POST
is 'no token, no body' "$status" 401
token=nonsense
kv /keys/rsa
expect 'not a token' 401 AKV10001

section=token
reply=$(token_request)
is 'type' "$(get token_type "$reply")" Bearer
is 'life' "$(get expires_in "$reply")" 3599
good=$(get access_token "$reply")
while IFS='|' read -r change want; do
    reply=$(token_request "$change")
    has "$change" "$reply" "$want"
done <<'END'
client_secret=wrong|"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret
client_secret=|AADSTS7000216
client_id=nobody|"error":"unauthorized_client","error_description":"AADSTS700016
client_id=|AADSTS900144: The request body must contain the following parameter: 'client_id'
grant_type=password|AADSTS70003
grant_type=|'grant_type'
scope=|'scope'
scope=https://vault.azure.net|AADSTS1002012
scope=https://example.com/.default|AADSTS500011
END
for member in error_codes timestamp trace_id correlation_id; do
    has "error has $member" "$(token_request scope=)" "\"$member\":"
done
has 'content type' "$(curl -sS --cacert "$ca" -H 'Content-Type: text/plain' -d grant_type=client_credentials "$vault/$tenant/oauth2/v2.0/token")" AADSTS900144
has 'tenant' "$(curl -sS --cacert "$ca" -d a=b "$vault/other/oauth2/v2.0/token")" AADSTS90002
has 'openid configuration' "$(curl -sS --cacert "$ca" "$vault/$tenant/v2.0/.well-known/openid-configuration")" "\"token_endpoint\":\"$vault/$tenant/oauth2/v2.0/token\""
has 'discovery' "$(curl -sS --cacert "$ca" "$vault/common/discovery/instance?api-version=1.1")" tenant_discovery_endpoint
has 'jwks' "$(curl -sS --cacert "$ca" "$vault/common/discovery/v2.0/keys")" '"e":"AQAB"'
for scope in https://management.azure.com/.default https://vault.azure.net//.default; do
    token=$(get access_token "$(token_request "scope=$scope")")
    kv /keys/rsa
    expect "$scope" 401 'AKV10022: Invalid audience. Expected https://vault.azure.net, found: '
done
token=${good}x
kv /keys/rsa
expect 'changed token' 401 AKV10046
token=$good

section=names
is 'vault by name' "$(curl -sS --cacert "$ca" -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $token" --connect-to "second.vault.azure.net:443:localhost:${vault##*:}" 'https://second.vault.azure.net/keys/elsewhere?api-version=7.5')" 200
has 'id of the vault dialled' "$(curl -sS --cacert "$ca" -H "Authorization: Bearer $token" --connect-to "second.vault.azure.net:443:localhost:${vault##*:}" 'https://second.vault.azure.net/keys/elsewhere?api-version=7.5')" '"kid":"https://second.vault.azure.net/keys/elsewhere/'
is 'no such vault' "$(curl -sS --cacert "$ca" -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $token" --connect-to "third.vault.azure.net:443:localhost:${vault##*:}" 'https://third.vault.azure.net/keys?api-version=7.5')" 404
is 'X.localhost' "$(curl -sS --cacert "$ca" -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $token" --resolve "second.localhost:${vault##*:}:127.0.0.1" "https://second.localhost:${vault##*:}/keys/elsewhere?api-version=7.5")" 200
if grep -q ' lo$' /proc/net/if_inet6 2>/dev/null; then
    is '::1' "$(curl -sS --cacert "$ca" -o /dev/null -w '%{http_code}' "https://[::1]:${vault##*:}/keys?api-version=7.5")" 401
fi

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
kv /secrets/x
expect 'not served yet' 501 NotImplemented

section='create'
kv /keys/made/create -d '{"kty":"EC"}'
expect 'EC' 200 '"kty":"EC","key_ops":["sign","verify"],"crv":"P-256"'
kv /keys/made/create -d '{"kty":"EC","crv":"P-521","attributes":{},"tags":{"a":"b"},"later":{"x":1}}'
expect 'EC, unknown member' 200 '"crv":"P-521"'
is 'x of P-521' "$(get x "$body" | tr -d '\n' | wc -c | tr -d ' ')" 88
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
n=$(get n "$body")
kv /keys/rsa
is 'no leading zero in n' "$n" "$(get n "$body")"
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
lacks 'tags are replaced' "$body" '"tags"'
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
is 'number of keys' "$(grep -c . <<<"$names")" 13
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

section='sign'
# digest NAME: 'text' hashed, raw
printf text >"$work/text"
digest()
{
    openssl dgst "-$1" -binary "$work/text" >"$work/digest"
    b64u <"$work/digest"
}
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
rs256="{\"alg\":\"RS256\",\"value\":\"$(digest sha256)\"}"
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
/keys/rsa/sign|{"alg":"RS256","value":"a+b/"}|400|Content of 'value' is not base64url.
/keys/rsa/sign|{"alg":"RS256","value":"AAAAA"}|400|Content of 'value' is not base64url.
/keys/rsa/sign|{"alg":"RS257","value":"AAAA"}|400|RS257
/keys/rsa/sign|{"alg":"RSA1_5","value":"AAAA"}|400|RSA1_5
/keys/ec-P-384/sign|{"alg":"ES256","value":"AAAA"}|400|uses curve 'P-384', and algorithm 'ES256' can only be used with curve 'P-256'.
/keys/rsa/sign|{"alg":"ES256","value":"AAAA"}|400|is of type 'RSA', and algorithm 'ES256' can only be used with key type 'EC' or 'EC-HSM'.
/keys/rsa/decrypt|{"alg":"RSA1_5","value":"AAAA"}|400|Invalid length of 'value'
END

section=principals
admin=$token
token=$(get access_token "$(token_request client_id=reader 'client_secret=a+b c&d')")
kv /keys/rsa
is 'may get' "$status" 200
kv /keys/rsa/sign -d '{}'
expect 'may not sign, before the body' 403 '"innererror":{"code":"ForbiddenByPolicy"}'
has 'names the operation' "$body" 'does not have keys sign permission on key vault '"'first;"
token=$admin

section=counters
is 'reset' "$(control /counters/reset -X POST)" '{}'
is 'sign' "$(counter sign)" 0
token=
kv /keys/rsa
token=$admin
kv /keys/rsa/sign -d "$rs256"
kv /keys/rsa/sign -d '{}'
kv /keys/none
is 'sign' "$(counter sign)" 2
is 'get_key' "$(counter get_key)" 1
is 'total' "$(counter total)" 3
is 'challenges' "$(counter challenges)" 1
is 'tokens' "$(counter tokens)" 0
is 'tcp_accepts' "$(counter tcp_accepts)" 4
is 'max_in_flight' "$(counter max_in_flight)" 1
has 'statuses' "$(control /counters)" '"statuses":{"200":1,"400":1,"401":1,"404":1}'
has 'by_key' "$(control /counters)" '{"vault":"first","key":"rsa","operations":{"sign":2}}'

section='wait'
is 'at once' "$(control '/wait?op=sign&count=2&ms=0' -o /dev/null -w '%{http_code}')" 200
is 'in vain' "$(control '/wait?op=sign&count=3&ms=50' -o /dev/null -w '%{http_code}')" 408
is 'what is that' "$(control '/wait?op=fly' -o /dev/null -w '%{http_code}')" 400
control '/wait?op=sign&count=3&ms=20000' -o /dev/null -w '%{http_code}' >"$work/waited" &
waiter=$!
kv /keys/rsa/sign -d "$rs256"
wait "$waiter"
is 'woken' "$(cat "$work/waited")" 200

section=tls
openssl s_client -connect "localhost:${vault##*:}" -CAfile "$ca" -tls1_1 \
    -cipher 'DEFAULT@SECLEVEL=0' </dev/null >/dev/null 2>&1 && not_ok 'TLS 1.1 is spoken'

section=resumption
control /counters/reset -X POST >/dev/null
port=${vault##*:}
for tls in -tls1_2 -tls1_3; do
    # Quitting at once leaves no time for a ticket of TLS 1.3.
    printf 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' \
        | openssl s_client -connect "localhost:$port" -CAfile "$ca" "$tls" \
            -ign_eof -sess_out "$work/session" >/dev/null 2>&1
    printf 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' \
        | openssl s_client -connect "localhost:$port" -CAfile "$ca" "$tls" \
            -ign_eof -sess_in "$work/session" >/dev/null 2>&1
done
is 'full handshakes' "$(counter tls_full)" 2
is 'resumed handshakes' "$(counter tls_resumed)" 2

section=faults
while IFS='|' read -r rules want; do
    has "$rules" "$(control /faults -d "$rules")" "$want"
done <<'END'
{|not valid JSON
{"rulez":[]}|rulez: unknown member
[{}]|rules[0].action: missing
[{"action":{}}]|rules[0].action: missing
[{"action":{"delay":1}}]|rules[0].action.delay: unknown member
[{"action":{"delay_ms":-1}}]|rules[0].action.delay_ms
[{"action":{"status":{"kode":1}}}]|rules[0].action.status.kode: unknown member
[{"action":{"status":{}}}]|rules[0].action.status.code: missing
[{"action":{"body":"ugly"}}]|rules[0].action.body: unknown value \"ugly\"
[{"action":{"field":{"value":"ugly"}}}]|rules[0].action.field.value: unknown value \"ugly\"
[{"match":{"op":"fly"},"action":{"delay_ms":1}}]|rules[0].match.op: there is no operation 'fly'
[{"match":{"who":"me"},"action":{"delay_ms":1}}]|rules[0].match.who: unknown member
[{"phase":"never","action":{"delay_ms":1}}]|rules[0].phase: unknown value \"never\"
[{"phase":"before_auth","action":{"body":"truncated"}}]|rules[0].phase
[{"action":{"token":"expired"}}]|rules[0].action.token
[{"match":{"prob":2},"action":{"delay_ms":1}}]|rules[0].match.prob
END
sign()
{
    kv /keys/rsa/sign -d "$rs256" "$@"
}
# What each action does to a signature: status of HTTP, exit of curl, body.
while IFS='|' read -r rule code rc want; do
    faults "[$rule]"
    sign
    is "$rule: status" "$status" "$code"
    # shellcheck disable=SC2254 # a pattern: what TLS says of it differs
    case $curl_rc in $rc) ok ;; *) not_ok "$rule: curl says $curl_rc" ;; esac
    has "$rule: body" "$body" "$want"
done <<'END'
{"match":{"op":"sign"},"action":{"status":429}}|429|0|"code":"Throttled"
{"match":{"op":"sign"},"action":{"status":{"code":503,"error":"Busy","inner":"VeryBusy","message":"later"}}}|503|0|{"error":{"code":"Busy","message":"later","innererror":{"code":"VeryBusy"}}}
{"match":{"op":"sign","key":"rsa","vault":"first"},"action":{"status":500}}|500|0|InternalServerError
{"match":{"op":"sign","key":"other"},"action":{"status":500}}|200|0|"value"
{"match":{"op":"verify"},"action":{"status":500}}|200|0|"value"
{"match":{"op":"sign"},"phase":"before_auth","action":{"status":401}}|401|0|AKV10000
{"match":{"op":"sign"},"phase":"after_op","action":{"status":500}}|500|0|InternalServerError
{"action":{"status":503,"body":"html"}}|503|0|<html>
{"action":{"body":"not_json"}}|200|0|this is not JSON
{"action":{"body":"empty"}}|200|0|
{"action":{"body":"truncated"}}|200|0|{"kid":
{"action":{"drop":"before_response"}}|000|5?|
{"action":{"field":{"value":"missing"}}}|200|0|"kid":
{"action":{"field":{"kid":"null"}}}|200|0|"kid":null
{"action":{"field":{"value":"wrong_type"}}}|200|0|"value":1
{"action":{"field":{"value":"padded"}}}|200|0|==
END
for header in 'Retry-After: 7' 'x-other: y'; do
    faults '[{"action":{"status":{"code":429,"headers":{"Retry-After":"7","x-other":"y"}}}}]'
    sign
    has "$header" "$(cat "$work/headers")" "$header"
done
faults '[{"action":{"status":{"code":429,"headers":{"Retry-After":{"date_in_s":3}}}}}]'
sign
has 'date' "$(cat "$work/headers")" ' GMT'
faults '[{"action":{"status":401}}]'
sign
has 'challenge of an injected 401' "$(cat "$work/headers")" 'WWW-Authenticate: Bearer'
faults '[{"action":{"body":"huge","bytes":3000000}}]'
sign -o "$work/huge"
is 'huge' "$(wc -c <"$work/huge" | tr -d ' ')" 3000000
faults '[]'
sign
value=$(get value "$body") kid=$(get kid "$body")
length()
{
    unb64u "$1" | wc -c | tr -d ' '
}
for pair in short:255 long:257 leading_zero:257 bit_flipped:256; do
    faults "[{\"action\":{\"field\":{\"value\":\"${pair%:*}\"}}}]"
    sign
    is "${pair%:*}" "$(length "$(get value "$body")")" "${pair#*:}"
    [ "$(get value "$body")" != "$value" ] || not_ok "${pair%:*}: nothing changed"
done
for how in wrong_host wrong_name wrong_version; do
    faults "[{\"action\":{\"field\":{\"kid\":\"$how\"}}}]"
    sign
    is "$how: the same length" "$(get kid "$body" | wc -c)" "$(wc -c <<<"$kid")"
    [ "$(get kid "$body")" != "$kid" ] || not_ok "$how: nothing changed"
done
faults '[{"action":{"field":{"value":"bad_base64url"}}}]'
sign
has 'bad base64url' "$(get value "$body")" +
faults '[{"match":{"op":"get_key"},"action":{"field":{"key.n":"missing"}}}]'
kv /keys/rsa
lacks 'member of a member' "$body" '"n":'
statuses()
{
    for _ in 1 2 3 4 5 6; do
        sign
        printf '%s ' "$status"
    done
}
for pair in '"nth":2=200 500 200 200 200 200 ' '"every":3=200 200 500 200 200 500 ' \
    '"count":2=500 500 200 200 200 200 ' '"prob":0=200 200 200 200 200 200 '; do
    faults "[{\"match\":{${pair%%=*}},\"action\":{\"status\":500}}]"
    is "${pair%%=*}" "$(statuses)" "${pair#*=}"
done
faults '[{"match":{"prob":0.5,"seed":7},"action":{"status":500}}]'
first=$(statuses)
faults '[{"match":{"prob":0.5,"seed":7},"action":{"status":500}}]'
is 'the same seed' "$(statuses)" "$first"
has 'both happen' "$first" 200
has 'both happen' "$first" 500
faults '[{"match":{"op":"sign","nth":1},"action":{"status":500}},{"match":{"op":"sign"},"action":{"status":503}}]'
is 'the first that ends it wins' "$(statuses)" '500 503 503 503 503 503 '
has 'seen and fired' "$(control /faults)" '"seen":6,"fired":1'

section=delay
faults '[{"match":{"op":"sign"},"action":{"delay_ms":150}},{"match":{"op":"sign"},"action":{"delay_ms":150}}]'
sign -o /dev/null -w '%{http_code} %{time_total}'
has 'slow' "$body" 200
took=${body#* }
case $took in
    0.[0-2]*) not_ok "delays add up to 300 ms, but it took $took" ;;
    *) ok ;;
esac
faults '[{"match":{"op":"sign"},"action":{"stall":true}}]'
sign --max-time 0.3
is 'stall' "$status:$curl_rc" 000:28
faults '[]'
sign
is 'none' "$status" 200

section='token faults'
faults '[{"match":{"op":"token"},"action":{"token":"expired"}}]'
token=$(get access_token "$(token_request)")
kv /keys/rsa
expect 'expired' 401 expired
faults '[{"match":{"op":"token"},"action":{"token":"wrong_audience"}}]'
token=$(get access_token "$(token_request)")
kv /keys/rsa
expect 'audience' 401 AKV10022
faults '[{"match":{"op":"token"},"action":{"status":503}}]'
has 'status' "$(token_request)" '"error":"temporarily_unavailable"'
faults '[]'
token=$admin

section=clock
kv /keys/future/sign -d '{"alg":"ES256","value":"'"$(digest sha256)"'"}'
is 'before nbf' "$status" 403
has 'set' "$(control /clock -d '{"freeze":true,"advance_s":3500}')" '"offset_s":3500,"freeze":true'
kv /keys/future/sign -d '{"alg":"ES256","value":"'"$(digest sha256)"'"}'
is 'after nbf, within the leeway' "$status" 200
control /clock -d '{"advance_s":1000}' >/dev/null
kv /keys/rsa
expect 'token has expired' 401 expired
token=$(get access_token "$(token_request)")
kv /keys/rsa
is 'fresh token' "$status" 200
has 'unknown member' "$(control /clock -d '{"minutes":1}')" 'minutes: unknown member'
control /clock -d '{"offset_s":0,"freeze":false}' >/dev/null
token=$admin

section=log
is 'reset' "$(control /log/reset -X POST)" '{}'
kv '/keys/rsa/?api%2Dversion=7.5' -H 'X-Odd: 1'
token_request >/dev/null
log=$(control /log)
has 'target' "$log" '"method":"GET","target":"/keys/rsa/?api%2Dversion=7.5"'
has 'header' "$log" '"X-Odd":"1"'
has 'token' "$log" '"Authorization":"Bearer token-'
lacks 'token' "$log" "$token"
has 'secret' "$log" 'client_secret=***'
lacks 'secret' "$log" 'emu8Q'

section=end
dir=${ca%/*}
start_stalled()
{
    faults '[{"match":{"op":"sign"},"action":{"delay_ms":60000}}]'
    control /counters/reset -X POST >/dev/null
    sign >/dev/null 2>&1 &
    stalled=$!
    control '/wait?op=sign&count=1&ms=20000' >/dev/null
}
start_stalled
stop
wait "$stalled"
[ ! -e "$dir" ] || not_ok "$dir is left behind"
[ ! -e "$work/ready.json" ] || not_ok 'the ready file is left behind'

start --auth off
kv /keys/k/create -d '{"kty":"EC"}'
expect 'no token asked for' 200 '"kty":"EC"'
kill -INT "$pid"
wait "$pid"
is 'exit status after SIGINT' $? 0

mkfifo "$work/input"
start --until-stdin-eof <"$work/input" &
starter=$!
exec 4>"$work/input"
exec 4>&-
wait "$starter"
"$emulator" --until-stdin-eof --ready-fd 3 3>/dev/null 2>/dev/null </dev/null
is 'exit status at the end of input' $? 0
sh -c 'exit 0' &
gone=$!
wait "$gone"
text=$("$emulator" --parent "$gone" --ready-fd 3 3>/dev/null 2>&1)
is 'no such parent' $? 2
has 'no such parent' "$text" "--parent '$gone'"
pid=
# shellcheck disable=SC2016 # for the inner shell
parented=$(bash -c '"$0" --parent $$ --ready-fd 3 3>"$1" 2>/dev/null & echo $!
    read -r line <"$1"' "$emulator" "$work/fifo")
for _ in $(seq 100); do
    kill -0 "$parented" 2>/dev/null || break
    read -r -t 0.1 _ <>"$work/fifo" || :
done
if kill -0 "$parented" 2>/dev/null; then
    not_ok 'it outlives its parent'
    kill "$parented"
fi
left=$(find "$work" -maxdepth 1 -name 'akv-emulator-*')
is 'nothing is left behind' "$left" ''

printf '%d checks, %d failed\n' "$((checks + failed))" "$failed"
[ "$failed" -eq 0 ]
