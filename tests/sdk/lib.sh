#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What the tests of other clients share: those of the akv command, and an
# emulator for Azure's own libraries. Each is called as NAME.sh BUILD-DIR
# [ARGUMENT]...

# shellcheck source=../cli/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../cli/lib.sh" "$@"

# shellcheck disable=SC2034 # for the tests
sdk_dir=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")

# start_sdk_vault TEST...: a vault and a Managed HSM for these, with what an SDK
# has to be told of them.
start_sdk_vault()
{
    # Who attests where keys may be released to; the tests have its key.
    plain genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 \
        -out "$work/attest.pem" 2>&9
    plain pkey -in "$work/attest.pem" -pubout -out "$work/attest.pub"
    echo '{"principals": [{"client_id": "no-get", "client_secret": "no-get",
        "operations": ["sign", "verify", "encrypt", "decrypt", "wrap_key",
            "unwrap_key"]}],
        "authorities": [{"issuer": "https://a.example",
            "key_file": "attest.pub"}]}' >"$work/seed.json"
    emulator_options+=(--hsm hsm)
    start_vault
    # What is deleted, recovered or created is there some time later only, so
    # that who does not wait is found out; but akv asks every two seconds.
    [[ $* == *crosswise* ]] \
        || control /slow-delete -d '{"ms": 50, "create_polls": 1}' >&9
    export SDK_VAULT=$vault SDK_HSM=$hsm SDK_CLI=$build/akv SDK_WORK=$work
    export SDK_AUTHORITY
    SDK_AUTHORITY=$(member authority_url "$(cat "$work/ready.json")")
    # How each is told of a CA.
    export NODE_EXTRA_CA_CERTS=$ca_file REQUESTS_CA_BUNDLE=$ca_file
    # None of them may ask anything else, such as Azure's own authority. Port
    # 9 is closed.
    export HTTPS_PROXY=http://127.0.0.1:9 HTTP_PROXY=http://127.0.0.1:9 \
        NO_PROXY=localhost,127.0.0.1
    # Not what an SDK might find by itself, nor what is for openssl with our
    # provider.
    sdk_vars=(-u AZURE_AUTHORITY_HOST -u OPENSSL_CONF -u OPENSSL_MODULES)
}

# sdk PROGRAM ARGUMENT...
sdk()
{
    trace "$@"
    timeout -k 5 150 env "${sdk_vars[@]}" "$@" >&9 2>&1 9>&- \
        || fail "${*: -1} ended with $?"
}
