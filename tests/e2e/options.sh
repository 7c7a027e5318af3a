#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Settings that let the provider do more than it does by itself.

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# Digests that a vault has no algorithm for: it pads what it is given.
rsnull()
{
    local digest

    for digest in sha1 sha224 sha3-256 sha512-256 md5-sha1 sha256; do
        vars=(AKV_ALLOW_RSNULL=yes)
        ossl dgst "-$digest" -sign "$key" -out sig data
        plain dgst "-$digest" -verify rsa.pub -signature sig data
        [ "$digest" != sha256 ] || continue
        vars=()
        reset_counters
        expect_error 'unsupported digest.*allow-rsnull' \
            ossl dgst "-$digest" -sign "$key" -out sig data
        expect_count sign 0
    done
    # Data that is no digest, as PKCS#1 v1.5 signs it.
    vars=(AKV_ALLOW_RSNULL=yes)
    echo 'not a digest' >raw
    ossl pkeyutl -sign -inkey "$key" -in raw -out sig
    plain pkeyutl -verify -pubin -inkey rsa.pub -in raw -sigfile sig
    # PSS has no such way out.
    expect_error 'unsupported digest' ossl dgst -sha1 \
        -sigopt rsa_padding_mode:pss -sign "$key" -out sig data
    vars=()
}

fips()
{
    local query='provider=keyvault,fips=yes'

    ! ossl pkey -propquery "$query" -in "$key" -pubout -out pub 2>text \
        || fail 'fips=yes was claimed'
    # Nothing here has fips=yes, so nothing may do a key's public half. (Where
    # there is a module of OpenSSL's: fips.sh.)
    vars=(AKV_ASSUME_FIPS=yes)
    expect_error 'not allowed with fips=yes.*assume-fips.*activate fips' \
        ossl pkey -propquery "$query" -in "$key" -pubout -out pub
    vars=(AKV_ASSUME_FIPS=maybe)
    expect_error "AKV_ASSUME_FIPS: 'maybe' will not do" \
        ossl pkey -propquery "$query" -in "$key" -pubout -out pub
    vars=()
}

start_emulator
cd "$work"
key=$(uri rsa)
printf 'line %d\n' {1..50} >data
rsnull
fips
