#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Keys made in a vault by openssl: keygen.sh BUILD-DIR ORDER.

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

order=${2:-options}

# made NAME ALGORITHM ARGUMENT...: one request makes it, and it signs.
made()
{
    local name=$1 algorithm=$2

    shift 2
    reset_counters
    ossl genpkey "${query[@]}" -algorithm "$algorithm" "$@" \
        -pkeyopt "akv-uri:$(uri "$name")" -out "$name.ref"
    expect_count create_key 1 total 1
    ossl pkey -in "$name.ref" -noout -text >text
    contains text " $(uri "$name")/[0-9a-f]{32}\$"
    ossl pkey -in "$name.ref" -pubout -out "$name.pub"
    ossl pkey -in "$(uri "$name")" -pubout -out pub
    same pub "$name.pub"
    ossl dgst -sha256 -sign "$name.ref" -out sig data
    plain dgst -sha256 -verify "$name.pub" -signature sig data
}

kinds()
{
    local curve bits

    for curve in P-256 P-384 P-521 secp256k1; do
        made "ec-$curve" EC -pkeyopt "ec_paramgen_curve:$curve"
        plain pkey -pubin -in "ec-$curve.pub" -noout -text >text
        contains text 'ASN1 OID: (prime256v1|secp384r1|secp521r1|secp256k1)'
    done
    for bits in 2048 3072 4096; do
        made "rsa-$bits" RSA -pkeyopt "rsa_keygen_bits:$bits"
        plain pkey -pubin -in "rsa-$bits.pub" -noout -text >text
        contains text "Public-Key: \\($bits bit\\)"
    done
    made rsa-default RSA
}

attribute()
{
    ask -H "Authorization: Bearer $(get_token)" \
        "$vault_url/keys/$1?api-version=7.5" >key.json
    contains key.json "$2"
}

attributes()
{
    made full EC -pkeyopt ec_paramgen_curve:P-256 \
        -pkeyopt akv-key-ops:sign,verify -pkeyopt akv-hsm:yes \
        -pkeyopt akv-not-before:2026-01-01 \
        -pkeyopt akv-expires:2099-12-31T00:00:00Z \
        -pkeyopt akv-tags:env=test,owner=me
    attribute full '"kty":"EC-HSM"'
    attribute full '"key_ops":\["sign","verify"\]'
    attribute full '"exp":4102358400'
    attribute full '"nbf":1767225600'
    attribute full '"tags":\{"env":"test","owner":"me"\}'
    # A name that exists gets a new version.
    made full EC -pkeyopt ec_paramgen_curve:P-384
}

# Beside keys there are requests and certificates, in one command.
requests()
{
    reset_counters
    ossl req "${query[@]}" -newkey ec -pkeyopt ec_paramgen_curve:P-256 \
        -pkeyopt "akv-uri:$(uri by-req)" -nodes -keyout req.ref \
        -subj /CN=request -out req.csr 2>text
    expect_count create_key 1 sign 1 total 2
    plain req -in req.csr -verify -noout
    contains req.ref 'AKV KEY REFERENCE'
}

# Nothing is made in a vault that nobody names, and nothing plain is made by
# those who meant a vault.
refused()
{
    local -a ec=(-algorithm EC -pkeyopt ec_paramgen_curve:P-256)

    reset_counters
    ossl genpkey "${query[@]}" "${ec[@]}" -out soft.pem
    contains soft.pem 'BEGIN PRIVATE KEY'
    expect_error 'bad key generation.*akv-key-ops.*akv-uri names none' \
        ossl genpkey "${query[@]}" "${ec[@]}" -pkeyopt akv-key-ops:sign
    expect_error 'bad key generation.*akv-uri.*keys/NAME is expected' \
        ossl genpkey "${query[@]}" "${ec[@]}" \
        -pkeyopt "akv-uri:akv://$vault/secrets/s"
    expect_error "bad key generation.*akv-key-ops: 'fly' is no operation" \
        ossl genpkey "${query[@]}" "${ec[@]}" -pkeyopt akv-key-ops:fly
    expect_error "bad key generation.*akv-expires: 'soon'" \
        ossl genpkey "${query[@]}" "${ec[@]}" -pkeyopt akv-expires:soon
    expect_error "bad key generation.*akv-hsm: 'maybe'" \
        ossl genpkey "${query[@]}" "${ec[@]}" -pkeyopt akv-hsm:maybe
    expect_error "bad key generation.*akv-tags: 'x': NAME=VALUE" \
        ossl genpkey "${query[@]}" "${ec[@]}" -pkeyopt akv-tags:x
    expect_error "bad key generation.*group 'brainpoolP256r1'" \
        ossl genpkey "${query[@]}" -algorithm EC \
        -pkeyopt ec_paramgen_curve:brainpoolP256r1 \
        -pkeyopt "akv-uri:$(uri no)"
    expect_error 'bad key generation.*1024 bits' \
        ossl genpkey "${query[@]}" -algorithm RSA \
        -pkeyopt rsa_keygen_bits:1024 -pkeyopt "akv-uri:$(uri no)"
    expect_count total 0 challenges 0
}

# A failed request makes no file that looks like a key.
failing()
{
    fault '[{"match":{"op":"create_key"},"action":{"status":{"code":403,
        "error":"Forbidden","message":"told so"}}}]'
    expect_error 'forbidden.*told so' ossl genpkey "${query[@]}" \
        -algorithm RSA -pkeyopt "akv-uri:$(uri no)" -out no.ref
    [ ! -s no.ref ] || fail 'there is a file without a key'
    fault '[]'
}

start_emulator
cd "$work"
# An RSA key of 4096 bits takes a busy machine long.
export AKV_TIMEOUT=60s
order "$order"
query=(-propquery '?provider=keyvault')
[ "$order" != propquery ] || query=()
printf 'line %d\n' {1..50} >data
kinds
attributes
requests
refused
failing
