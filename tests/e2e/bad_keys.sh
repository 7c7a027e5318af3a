#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Keys that are not there or must not be used, and vaults that are not who
# they say they are.

# shellcheck source=bad_input.sh
. "$(dirname "${BASH_SOURCE[0]}")/bad_input.sh"

# bad_key NAME PATTERN
bad_key()
{
    key=$(uri "$1") sign_fails "$2"
}

keys()
{
    bad_key unknown 'not found.*404 KeyNotFound.*unknown'
    key=$(uri rsa)/0123456789abcdef0123456789abcdef \
        sign_fails 'not found.*404 KeyNotFound'
    bad_key disabled 'forbidden.*KeyDisabled'
    bad_key expired 'forbidden.*KeyExpired'
    bad_key future 'forbidden.*KeyNotYetValid'
    bad_key verify-only 'forbidden.*KeyOperationForbidden|not in key_ops.*sign'
    head -c 256 /dev/zero >block
    expect_error 'not in key_ops.*decrypt' ossl pkeyutl -decrypt \
        -inkey "$(uri verify-only)" -in block
}

# TLS with somebody else's CA, or with none that is known.
wrong_authority()
{
    local other=other.example:${vault#*:}

    plain req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
        -keyout other.key -subj /CN=other -days 2 -out other.crt
    reset_counters
    sign_fails 'cannot be reached.*certificate' AKV_CA_FILE=other.crt
    sign_fails 'cannot be reached.*certificate' -u AKV_CA_FILE \
        SSL_CERT_FILE=other.crt
    # The right CA, the wrong name.
    key=akv://$other/keys/rsa sign_fails 'cannot be reached.*other.example' \
        AKV_RESOLVE="$other:127.0.0.1" AKV_TRUSTED_HOSTS=other.example
    # The authority is checked as the vault is.
    sign_fails "no token: POST https://$other/.*'other.example'" \
        AKV_RESOLVE="$other:127.0.0.1" AZURE_AUTHORITY_HOST="https://$other"
    expect_count tokens 0 total 0
}

begin
keys
wrong_authority
end
