#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Certificates by URI: the key, the certificate, its chain, and what the vault
# is asked for them. Usage: store_certificates.sh BUILD-DIR ORDER

# shellcheck source=objects.sh
. "$(dirname "${BASH_SOURCE[0]}")/objects.sh"

# --- What is in the vault -----------------------------------------------------

# make_policy KTY CONTENT-TYPE EXPORTABLE
make_policy()
{
    cat <<END
{"issuer": {"name": "Self"},
 "key_props": {"kty": "$1", "exportable": $3},
 "secret_props": {"contentType": "application/x-$2"},
 "x509_props": {"subject": "CN=made", "validity_months": 3}}
END
}

# Two authorities in PEM, root.crt and middle.crt.
make_authorities()
{
    plain req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
        -keyout root.key -subj /CN=root -days 30 -out root.crt 2>dots
    plain req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
        -keyout middle.key -subj /CN=middle -out middle.csr 2>dots
    plain x509 -req -in middle.csr -CA root.crt -CAkey root.key \
        -set_serial 2 -days 30 -extfile plain.cnf -extensions ca \
        -out middle.crt 2>dots
}

# import TYPE CONTENT-TYPE EXPORTABLE: chain-TYPE-..., issued by middle.
import()
{
    local name=chain-$1-$2-$3

    [ -e "leaf-$1.crt" ] || {
        plain req -new -key "$1.pem" -subj /CN=localhost -out leaf.csr
        plain x509 -req -in leaf.csr -CA middle.crt -CAkey middle.key \
            -set_serial 3 -days 30 -out "leaf-$1.crt" 2>dots
    }
    cat middle.crt root.crt >authorities.pem
    make_policy "${1^^}" "$2" "$3" | sed 's/"Self"/"Unknown"/' >policy
    cat "$1.pem" "leaf-$1.crt" authorities.pem >whole
    [ "$2" = pem-file ] || plain pkcs12 -export -inkey "$1.pem" \
        -in "leaf-$1.crt" -certfile authorities.pem -passout pass: -out whole
    akv certificate import "$certs/$name" --file whole --policy policy \
        >imported
}

fill_vault()
{
    local type kind exportable

    make_authorities
    for type in rsa ec; do
        for kind in pkcs12 pem-file; do
            for exportable in true false; do
                make_policy "${type^^}" "$kind" "$exportable" >policy
                akv certificate create "$certs/$type-$kind-$exportable" \
                    --policy policy >created
                import "$type" "$kind" "$exportable"
            done
        done
    done
}

# --- One by one ---------------------------------------------------------------

# version_of NAME: of the certificate, as the vault tells it.
version_of()
{
    akv certificate show "$certs/$1" | sed -n 's/^kid: .*\///p'
}

# The key and the certificate are of one version, and belong together.
self_signed()
{
    local uri=$certs/$1 bits=256 type=EC

    [[ $1 != rsa-* ]] || type=RSA bits=2048
    akv certificate download "$uri" --file want.crt
    plain x509 -in want.crt -noout -pubkey -out want.pub
    reset_counters
    yields any "$uri" "key $type $bits" 'cert CN=made'
    yields key "$uri" "key $type $bits"
    yields public "$uri" "public $type $bits"
    expect_count get_certificate 3 get_key 0
    reset_counters
    ossl x509 -in "$uri" -out got.crt
    same got.crt want.crt
    expect_count get_certificate 1 total 1
    ossl pkey -in "$uri" -pubout -out got.pub
    same got.pub want.pub
    reset_counters
    ossl dgst -sha256 -sign "$uri" -out sig data
    expect_count get_certificate 1 sign 1 total 2
    plain dgst -sha256 -verify want.pub -signature sig data
    ossl storeutl -noout "$uri" >text
    contains text '^0: Pkey'
    contains text '^1: Certificate'
    contains text 'Total found: 2'
    ossl storeutl -certs "$uri" >text
    plain x509 -in text -out got.crt
    same got.crt want.crt
    pinned "$1"
}

# The key is one version's, whatever comes after it.
pinned()
{
    local uri=$certs/$1 version

    version=$(version_of "$1")
    ossl pkey -in "$uri" -out ref.pem
    ossl pkey -in ref.pem -noout -text >text
    contains text " akv://$vault/keys/$1/$version\$"
    make_policy EC pkcs12 false >policy
    akv certificate create "$uri" --policy policy >created
    [ "$(version_of "$1")" != "$version" ] || fail 'there is no new version'
    for uri in "$certs/$1/$version" ref.pem; do
        ossl dgst -sha256 -sign "$uri" -out sig data
        plain dgst -sha256 -verify want.pub -signature sig data
    done
    ossl x509 -in "$certs/$1/$version" -out got.crt
    same got.crt want.crt
    ossl x509 -in "$certs/$1" -out got.crt
    ! cmp -s got.crt want.crt || fail 'the newest version is not the new one'
}

# --- Chains -------------------------------------------------------------------

# chained NAME: the chain follows the leaf, from the secret and from no key.
chained()
{
    local uri=$certs/$1
    shift

    local -a vars=("$@" AKV_LOG="warning,file:$work/log")
    rm -f log
    reset_counters
    yields any "$uri" 'key .*' 'cert CN=localhost' 'cert CN=middle' \
        'cert CN=root'
    expect_count get_certificate 1 get_secret 1 get_key 0 total 2
    yields cert "$uri" 'cert CN=localhost' 'cert CN=middle' 'cert CN=root'
    # OpenSSL 4.0 may have a libcurl of another one: that is not meant.
    [ ! -e log ] || ! grep -v ' warning: libcurl has another TLS library' log \
        || fail 'there is a chain, and yet a warning'
    reset_counters
    ossl storeutl -certs "$uri" >text
    contains text 'Total found: 3'
    plain verify -CAfile root.crt -untrusted text text
    # The leaf alone needs no secret.
    reset_counters
    ossl x509 -in "$uri" -noout -subject >text
    contains text 'CN *= *localhost'
    ossl dgst -sha256 -sign "$uri" -out sig data
    expect_count get_certificate 2 sign 1 get_secret 0 total 3
}

# unchained PATTERN NAME: the leaf alone, with a line in the log.
unchained()
{
    local -a vars=(AKV_LOG="warning,file:$work/log")

    rm -f log
    yields any "$certs/$2" 'key .*' 'cert CN=localhost'
    contains log " warning: certificates/$2 at .* without its chain: $1"
    [ "$(grep -c 'without its chain' log)" -eq 1 ] \
        || fail 'the log says it more than once'
}

chains()
{
    local type kind

    for type in rsa ec; do
        for kind in pkcs12 pem-file; do
            chained "chain-$type-$kind-false"
            chained "chain-$type-$kind-true" AKV_CHAIN_FROM_SECRET=yes
            reset_counters
            unchained '.*chain-from-secret' "chain-$type-$kind-true"
            expect_count get_certificate 1 total 1
        done
    done
}

# --- Servers ------------------------------------------------------------------

server()
{
    local name=chain-$1-pem-file-false

    cp root.crt ca.crt
    reset_counters
    serve ossl server -cert "$certs/$name" -key "$certs/$name" \
        -cert_chain authorities.pem
    connect plain page -tls1_3
    contains page 'Verify return code: 0|Verification: OK'
    stop "$server"
    expect_count get_certificate 2 sign 1 get_key 0 get_secret 0 total 3
}

# --- What the principal may not -----------------------------------------------

permissions()
{
    local version

    version=$(version_of chain-ec-pem-file-false)
    as certificates
    yields cert "$certs/ec-pem-file-true" 'cert CN=made'
    yields any "$certs/ec-pem-file-true" 'key EC 256' 'cert CN=made'
    ossl x509 -in "$certs/chain-rsa-pkcs12-true" -noout
    unchained '.*secrets get permission' chain-rsa-pkcs12-false
    unchained '.*secrets get permission' chain-ec-pem-file-false
    expect_error 'forbidden' ossl dgst -sha256 -sign \
        "$certs/ec-pem-file-true" -out sig data
    # Who may sign needs nothing else, with a pinned reference.
    as
    ossl pkey -in "$certs/chain-ec-pem-file-false" -out ref.pem
    ossl pkey -in ref.pem -noout -text >text
    contains text "/$version\$"
    as signer
    ossl dgst -sha256 -sign ref.pem -out sig data
    plain dgst -sha256 -verify ec.pub -signature sig data
    expect_error 'forbidden' objects all any "$certs/ec-pem-file-true"
    expect_error 'forbidden' ossl x509 -in "$certs/ec-pem-file-true" -noout
    as nobody
    expect_error 'forbidden' ossl dgst -sha256 -sign ref.pem -out sig data
    as
}

# --- What is expected ---------------------------------------------------------

expectations()
{
    local uri=$certs/chain-ec-pem-file-false type

    reset_counters
    for type in name params crl; do
        objects all "$type" "$uri" >out || fail "expect $type"
        [ ! -s out ] || fail "$type: there is something"
    done
    expect_count total 0 tcp_accepts 0
    yields key "$uri" 'key EC 256'
    yields public "$uri" 'public EC 256'
    expect_count get_certificate 2 total 2
    objects first any "$uri" >out
    objects first cert "$uri" >out
    expect_count get_certificate 4 total 4
}

# --- What goes wrong ----------------------------------------------------------

bad()
{
    refused 'not found.*absent' any "$certs/absent"
    refused 'not found' any "$certs/ec-pem-file-true/0123456789abcdef"
    akv certificate create "$certs/pending" --no-wait \
        --policy <(make_policy EC pem-file true | sed 's/Self/Unknown/') >created
    refused 'has not been issued yet' any "$certs/pending"
    refused 'has not been issued yet' cert "$certs/pending"
    expect_error 'has not been issued yet' ossl x509 -noout \
        -in "$certs/pending"
    akv certificate update "$certs/rsa-pkcs12-true" --enabled no >updated
    expect_error 'disabled' ossl dgst -sha256 -out sig \
        -sign "$certs/rsa-pkcs12-true" data
}

# bad_field PATTERN FIELDS: in what the vault says of a certificate.
bad_field()
{
    fault "[{\"match\": {\"op\": \"get_certificate\"},
        \"action\": {\"field\": $2}}]"
    refused "$1" any "$certs/ec-pem-file-true"
    fault '[]'
}

bad_replies()
{
    local value

    for value in missing null; do
        bad_field 'not been issued|bad reply' "{\"cer\": \"$value\"}"
        bad_field 'bad reply.*names no key' "{\"kid\": \"$value\"}"
    done
    for value in wrong_type bad_base64url; do
        bad_field 'bad reply' "{\"cer\": \"$value\"}"
    done
    for value in short long leading_zero; do
        bad_field 'bad reply.*(no X.509 certificate|cer)' "{\"cer\": \"$value\"}"
    done
    bad_field 'bad reply' '{"id": "missing"}'
    bad_field 'bad reply' '{"id": "wrong_name"}'
    bad_field 'bad reply' '{"kid": "wrong_type"}'
    # Another version is no key of this certificate: there is none.
    fault '[{"match": {"op": "get_certificate"},
        "action": {"field": {"kid": "wrong_version"}}}]'
    expect_error 'not found' ossl dgst -sha256 -sign \
        "$certs/ec-pem-file-true" -out sig data
    # Its host is never dialled.
    fault '[{"match": {"op": "get_certificate"},
        "action": {"field": {"kid": "wrong_host"}}}]'
    ossl dgst -sha256 -sign "$certs/ec-pem-file-true" -out sig data
    fault '[{"match": {"op": "get_secret"},
        "action": {"field": {"value": "bad_base64url"}}}]'
    yields key "$certs/chain-rsa-pkcs12-false" 'key RSA 2048'
    unchained 'no certificate can be read' chain-rsa-pkcs12-false
    fault '[]'
}

make_keys
cat >"$work/seed.json" <<'END'
{"principals": [
  {"client_id": "certificates", "client_secret": "certificates-secret",
   "operations": ["get_certificate"]},
  {"client_id": "signer", "client_secret": "signer-secret",
   "operations": ["sign"]},
  {"client_id": "nobody", "client_secret": "nobody-secret",
   "operations": []}]}
END
begin
certs=akv://$vault/certificates
fill_vault
for name in {rsa,ec}-{pkcs12,pem-file}-{true,false}; do
    self_signed "$name"
done
chains
server rsa
server ec
permissions
expectations
bad
bad_replies
