#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# A selection of good and bad commands under valgrind: no access out of
# bounds, nothing used before it is set, nothing lost. Usage: valgrind_cli.sh
# BUILD-DIR good|bad|programs

# shellcheck source=bad_input.sh
. "$(dirname "${BASH_SOURCE[0]}")/bad_input.sh"
need valgrind valgrind
[ ${#sanitizer[@]} -eq 0 ] || skip 'valgrind runs no module with a sanitizer'
[[ $libraries != *libubsan* ]] \
    || skip 'valgrind runs no module with a sanitizer'

# memcheck COMMAND...: what it finds ends the command with status 99.
memcheck()
{
    local patience=120
    local -a wrapper=(valgrind --quiet --error-exitcode=99)

    # OpenSSL 4.0 tears nothing down at exit: threads hold what they have.
    [ "$version" -ge 400 ] || wrapper+=(--leak-check=full
        --show-leak-kinds=definite --errors-for-leak-kinds=definite)
    "$@"
}

good()
{
    local rsa ec

    rsa=$(uri rsa) ec=$(uri ec)
    memcheck ossl list -providers
    memcheck ossl dgst -sha256 -sign "$rsa" -out sig \
        -sigopt rsa_padding_mode:pss data
    plain dgst -sha256 -verify rsa.pub -signature sig \
        -sigopt rsa_padding_mode:pss data
    memcheck ossl dgst -sha256 -prverify "$rsa" -signature sig \
        -sigopt rsa_padding_mode:pss data
    echo secret >small
    plain pkeyutl -encrypt -pubin -inkey rsa.pub -in small -out cipher \
        -pkeyopt rsa_padding_mode:oaep
    memcheck ossl pkeyutl -decrypt -inkey "$rsa" -in cipher -out out \
        -pkeyopt rsa_padding_mode:oaep
    same out small
    memcheck ossl req -x509 -key "$ec" -subj /CN=localhost -days 2 -out ca.crt
    plain verify -check_ss_sig -CAfile ca.crt ca.crt
    memcheck ossl pkey -in "$ec" -pubout -out pub
    same pub ec.pub
    server_and_preference
}

# The server ends by itself, and so tells what it has lost.
server_and_preference()
{
    local status=0

    order propquery
    memcheck serve ossl server -cert ca.crt -key "$(uri ec)" -naccept 2
    connect plain page -tls1_3
    connect plain page -tls1_2
    wait "$server" || status=$?
    [ "$status" -eq 0 ] || {
        show server.log
        fail "the server ends with $status"
    }
    # All plain keys go through us, too.
    memcheck ossl dgst -sha1 -sign ec.pem -out sig data
    memcheck ossl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 \
        -out made
    order options
}

bad()
{
    key=akv://localhost/keys/a_b memcheck sign_fails 'malformed.*a_b'
    memcheck sign_fails 'bad setting.*AKV_RSA1_5' AKV_RSA1_5=maybe
    memcheck sign_fails 'AADSTS7000215' AZURE_CLIENT_SECRET=wrong
    memcheck sign_fails 'certificate' AKV_CA_FILE=other.crt
    key=$(uri unknown) memcheck sign_fails 'not found'
    fault '[{"match":{"op":"get_key"},"action":{"body":"truncated"}}]'
    memcheck sign_fails 'bad reply'
    fault '[{"match":{"op":"sign"},"action":{"body":"huge"}}]'
    memcheck sign_fails 'larger'
    fault '[{"match":{"op":"sign"},"action":{"stall":true}}]'
    memcheck sign_fails 'no answer in time' AKV_TIMEOUT=4s
    fault '[{"match":{"op":"sign"},"action":{"field":
        {"value":"bit_flipped"}}}]'
    memcheck sign_fails 'bad signature'
    fault '[{"match":{"op":"sign"},"action":{"status":{"code":429,
        "headers":{"Retry-After":"120"}}}}]'
    memcheck sign_fails 'throttled'
    fault '[{"match":{"op":"sign"},"action":{"drop":"before_response"}}]'
    memcheck sign_fails 'cannot be reached'
}

programs()
{
    local name

    memcheck run "$build/tests/e2e/threads" "$(uri rsa)" "$(uri ec)"
    order conf
    for name in rsa ec; do
        memcheck run "$build/tests/e2e/sizes" "$(uri $name)"
    done
    order options
}

begin
# It takes its time.
export AKV_TIMEOUT=60s AKV_CONNECT_TIMEOUT=30s
plain req -x509 -key ec.pem -subj /CN=other -days 2 -out other.crt
"${2:?}"
end
