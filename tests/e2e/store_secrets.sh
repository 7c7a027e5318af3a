#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Secrets by URI: keys for HMAC, and the keys and certificates of PKCS#12 and
# PEM files. Usage: store_secrets.sh BUILD-DIR ORDER

# shellcheck source=objects.sh
. "$(dirname "${BASH_SOURCE[0]}")/objects.sh"

# put NAME CONTENT-TYPE: the standard input.
put()
{
    akv secret set "$secrets/$1" ${2:+--content-type "$2"} >put.txt
}

# put_json NAME VALUE [CONTENT-TYPE]: a JSON string, so that it can be anything.
put_json()
{
    ask -H "Authorization: Bearer $token" -X PUT \
        -H 'Content-Type: application/json' \
        -d "{\"value\": \"$2\", \"contentType\": ${3:-null}}" \
        "$vault_url/secrets/$1?api-version=7.5" >put.txt
    contains put.txt '"id":"https'
}

# --- Keys for HMAC ------------------------------------------------------------

# hmac NAME HEX: the secret of that name has these bytes.
hmac()
{
    local digest

    reset_counters
    objects raw "$secrets/$1" >bytes
    [ "$(<bytes)" = "$2" ] || {
        show bytes
        fail "secrets/$1: the key is not $2"
    }
    expect_count get_secret 1 total 1
    yields any "$secrets/$1" 'key HMAC .*'
    yields key "$secrets/$1" 'key HMAC .*'
    yields public "$secrets/$1"
    yields cert "$secrets/$1"
    [ -n "$2" ] || return 0 # no key for openssl's own option
    for digest in sha256 sha512; do
        ossl dgst "-$digest" -sign "$secrets/$1" -out mac data
        plain dgst "-$digest" -mac HMAC -macopt "hexkey:$2" -binary -out want \
            data
        same mac want
    done
}

hmac_keys()
{
    local long

    printf -v long '%05000d' 0
    put_json text 'attack at dawn'
    hmac text "$(printf 'attack at dawn' | od -An -v -tx1 | tr -d ' \n')"
    put_json nul 'a\u0000b\u0000'
    hmac nul 61006200
    put_json utf8 'gr\u00fc\u00dfe \ud83d\ude00'
    hmac utf8 6772c3bcc39f6520f09f9880
    put_json newline 'a\n'
    hmac newline 610a
    put_json long "$long"
    hmac long "${long//0/30}"
    put_json empty ''
    hmac empty ''
    put_json typed abc '"text/plain"'
    hmac typed 616263
    put_json begins '-----BEGIN '
    hmac begins "$(printf -- '-----BEGIN ' | od -An -v -tx1 | tr -d ' \n')"
    # Nothing of it is shown by those who print keys. Whether they can print
    # one of this kind at all differs between releases.
    ossl storeutl "$secrets/text" >out 2>&1 || true
    ossl pkey -in "$secrets/text" -text -out shown >>out 2>&1 || true
    lacks out 'attack|61:74:74'
    [ ! -s shown ] || lacks shown 'attack|61:74:74'
}

# --- Files --------------------------------------------------------------------

make_files()
{
    plain req -x509 -key rsa.pem -subj /CN=rsa -days 9 -out rsa.crt
    plain req -x509 -key ec.pem -subj /CN=ec -days 9 -out ec.crt
    plain rsa -in rsa.pem -traditional -out rsa.old 2>dots \
        || plain rsa -in rsa.pem -out rsa.old 2>dots
    plain ec -in ec.pem -out ec.old 2>dots
    plain pkcs8 -topk8 -in ec.pem -passout pass:right -out ec.locked
    plain ec -in ec.pem -aes256 -passout pass:right -out old.locked 2>dots
    plain pkcs12 -export -inkey rsa.pem -in rsa.crt -certfile ec.crt \
        -passout pass: -out open.pfx
    plain pkcs12 -export -inkey ec.pem -in ec.crt -passout pass:right \
        -out locked.pfx
}

# key_of NAME TYPE: it is the one that we have made.
key_of()
{
    reset_counters
    ossl pkey -in "$secrets/$1" -pubout -out pub
    same pub "$2.pub"
    ossl dgst -sha256 -sign "$secrets/$1" -out sig data
    plain dgst -sha256 -verify "$2.pub" -signature sig data
    expect_count get_secret 2 sign 0 total 2
}

pkcs12()
{
    local type=application/x-pkcs12

    base64 -w0 open.pfx | put open "$type"
    key_of open rsa
    yields key "$secrets/open" 'key RSA 2048'
    yields cert "$secrets/open" 'cert CN=rsa' 'cert CN=ec'
    yields any "$secrets/open" 'key RSA 2048' 'cert CN=rsa' 'cert CN=ec'
    ossl x509 -in "$secrets/open" -out got.crt
    same got.crt rsa.crt
    # Lines, and letter case of the type.
    base64 -w64 open.pfx | put lines Application/X-PKCS12
    key_of lines rsa
    ossl storeutl -noout "$secrets/open" >text
    contains text 'Total found: 3'
    # Whoever writes it does not choose how long we work.
    plain pkcs12 -export -inkey ec.pem -in ec.crt -passout pass: \
        -keypbe NONE -certpbe NONE -macalg sha1 -iter 3000001 -out slow.pfx
    base64 -w0 slow.pfx | put slow "$type"
    ! ossl pkey -in "$secrets/slow" -noout >text 2>&1 || fail 'it loads'
    contains text 'secrets/slow.* wants more than 3000000 iterations'
}

# asks URI OPTION...: a password, which must be right; with none, and nobody to
# ask, it ends as well, and says why.
asks()
{
    local uri=$1 status=0

    ossl pkey -in "$uri" -passin pass:right -pubout -out pub
    same pub ec.pub
    ossl storeutl -noout -passin pass:right "$uri" >text
    contains text '^0: Pkey'
    ! ossl pkey -in "$uri" -passin pass:wrong -noout >text 2>&1 \
        || fail 'it loads with another password'
    contains text 'keyvault:.*another password'
    patience=10 alone pkey -in "$uri" -noout >text 2>&1 || status=$?
    [ "$status" -eq 1 ] || {
        show text
        fail "exit status $status without a password (124: it hangs)"
    }
    contains text 'keyvault:.*another password'
}

# openssl without a terminal to ask at.
alone()
{
    local -a wrapper=(setsid -w)

    ossl "$@"
}

locked()
{
    base64 -w0 locked.pfx | put locked application/x-pkcs12
    asks "$secrets/locked"
    put locked-pem application/x-pem-file <ec.locked
    asks "$secrets/locked-pem"
    # What is not locked is there for all.
    cat ec.crt ec.locked rsa.crt | put half application/x-pem-file
    yields cert "$secrets/half" 'cert CN=ec' 'cert CN=rsa'
    put old-locked application/x-pem-file <old.locked
    refused 'encrypted in the old form of PEM' any "$secrets/old-locked"
}

pem()
{
    local name type=application/x-pem-file

    for name in rsa.pem rsa.old ec.pem ec.old; do
        put "${name/./-}" "$type" <"$name"
        key_of "${name/./-}" "${name%.*}"
        # Most people do not say that it is PEM.
        put "bare-${name/./-}" '' <"$name"
        key_of "bare-${name/./-}" "${name%.*}"
    done
    {
        echo 'some words'
        cat ec.crt rsa.old
        plain ecparam -name prime256v1 -genkey
        cat rsa.crt ec.pub ec.pem
    } | put many "$type"
    # Of the certificates that of the first key comes first.
    yields any "$secrets/many" 'cert CN=rsa' 'key RSA 2048' 'key EC 256' \
        'cert CN=ec' 'public EC 256' 'key EC 256'
    yields key "$secrets/many" 'key RSA 2048' 'key EC 256' 'key EC 256'
    yields cert "$secrets/many" 'cert CN=rsa' 'cert CN=ec'
    yields public "$secrets/many" 'public EC 256'
    ossl storeutl -noout "$secrets/many" >text
    contains text 'Total found: 6'
    ossl x509 -in "$secrets/many" -out got.crt
    same got.crt rsa.crt
    tr '\n' '\r' <ec.pem | sed 's/\r/\r\n/g' | put crlf "$type"
    key_of crlf ec
}

# What the vault keeps of a certificate.
of_certificate()
{
    cat ec.pem ec.crt >whole
    akv certificate import "akv://$vault/certificates/managed" --file whole \
        >imported
    yields any "$secrets/managed" 'key EC 256' 'cert CN=ec'
    key_of managed ec
}

servers()
{
    cp rsa.crt ca.crt
    plain req -new -key rsa.pem -subj /CN=localhost -out tls.csr
    plain x509 -req -in tls.csr -CA rsa.crt -CAkey rsa.pem -set_serial 2 \
        -days 2 -out tls.crt 2>dots
    cat tls.crt rsa.pem | put server application/x-pem-file
    serve ossl server -cert "$secrets/server" -key "$secrets/server"
    connect plain page -tls1_3
    contains page 'Verify return code: 0|Verification: OK'
    stop "$server"
}

# --- Versions, expectations, and what goes wrong ------------------------------

versions()
{
    local version

    put_json twice first
    version=$(sed -E 's/.*"id":"[^"]*\/([0-9a-f]{32})".*/\1/' put.txt)
    put_json twice second
    objects raw "$secrets/twice/$version" >bytes
    [ "$(<bytes)" = 6669727374 ] || fail 'it is not the first version'
    objects raw "$secrets/twice" >bytes
    [ "$(<bytes)" = 7365636f6e64 ] || fail 'it is not the second version'
}

expectations()
{
    local type

    reset_counters
    for type in name params; do
        yields "$type" "$secrets/many"
    done
    expect_count total 0 tcp_accepts 0
    for type in any key public cert crl; do
        objects all "$type" "$secrets/many" >out
    done
    objects first any "$secrets/many" >out
    expect_count get_secret 6 total 6
}

bad()
{
    local marker='\n-----END CERTIFICATE-----\n'

    refused 'not found.*absent' any "$secrets/absent"
    refused 'not found' key "$secrets/text/0123456789abcdef"
    put_json junk 'no base64!' '"application/x-pkcs12"'
    refused 'bad reply.*not base64' any "$secrets/junk"
    put_json junk bm8gcGtjczEy '"application/x-pkcs12"'
    refused 'bad reply.*PKCS#12' any "$secrets/junk"
    put_json junk 'no pem' '"application/x-pem-file"'
    refused 'bad reply.*PEM' any "$secrets/junk"
    put_json junk '-----BEGIN NOTHING-----'
    refused 'bad reply.*begins like a PEM file' any "$secrets/junk"
    put_json junk '' '"application/x-pem-file"'
    refused 'bad reply.*PEM' any "$secrets/junk"
    put_json junk '' '"application/x-pkcs12"'
    refused 'bad reply.*PKCS#12' any "$secrets/junk"
    put_json junk "-----BEGIN CERTIFICATE-----\\nAAAA$marker"
    refused 'bad reply.*a certificate that cannot be read' any "$secrets/junk"
    akv secret update "$secrets/text" --enabled no >updated
    refused 'forbidden.*disabled' any "$secrets/text"
    as nobody
    refused 'forbidden.*secrets get' any "$secrets/nul"
    expect_error 'forbidden.*secrets get' \
        ossl dgst -sha256 -sign "$secrets/nul" -out sig data
    as
    fault '[{"match": {"op": "get_secret"},
        "action": {"field": {"value": "missing"}}}]'
    refused 'bad reply.*value' any "$secrets/nul"
    fault '[{"match": {"op": "get_secret"},
        "action": {"field": {"value": "wrong_type"}}}]'
    refused 'bad reply.*value' any "$secrets/nul"
    fault '[]'
}

make_keys
cat >"$work/seed.json" <<'END'
{"principals": [
  {"client_id": "nobody", "client_secret": "nobody-secret",
   "operations": []}]}
END
begin
secrets=akv://$vault/secrets
token=$(get_token)
make_files
hmac_keys
pkcs12
pem
locked
of_certificate
servers
versions
expectations
bad
