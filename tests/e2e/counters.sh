#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What the vault is asked for: one token, one request per private operation,
# on one connection; nothing for what is local, nothing for a provider that is
# only loaded. Usage: counters.sh BUILD-DIR

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
programs=$build/tests/e2e

# costs SIGNS COMMAND...: of a process of its own, which loads the key.
costs()
{
    local signs=$1

    shift
    reset_counters
    "$@"
    expect_count sign "$signs" get_key 1 tokens 1 challenges 1 401 1 \
        tcp_accepts 1 total $((signs + 1))
}

# The files would block whoever opens one of them.
loaded()
{
    local name

    reset_counters
    for name in ca.fifo token.fifo secret.fifo; do
        mkfifo "$name"
    done
    (
        export AKV_CA_FILE=ca.fifo AKV_ACCESS_TOKEN_FILE=token.fifo \
            AZURE_CLIENT_SECRET_FILE=secret.fifo
        unset AZURE_CLIENT_SECRET
        run "$programs/loaded" "$(uri ec)"
        ossl list -providers
        ossl dgst -sha256 data
    )
    expect_count total 0 tokens 0 challenges 0 tcp_accepts 0
}

signatures()
{
    costs 1 ossl dgst -sha256 -sign "$key" -out sig data
    costs 1 ossl pkeyutl -sign -inkey "$key" -rawin -in data -out sig
    costs 1 ossl req -new -key "$key" -subj /CN=x -out x.csr
    costs 1 ossl req -new -verify -key "$key" -subj /CN=x -out x.csr
    costs 1 ossl req -x509 -key "$key" -subj /CN=x -out x.crt
    costs 1 ossl x509 -req -in x.csr -CA x.crt -CAkey "$key" \
        -CAcreateserial -out y.crt
    costs 1 ossl cms -sign -in data -signer x.crt -inkey "$key" -out cms
    costs 1 ossl smime -sign -in data -signer x.crt -inkey "$key" -out smime
}

what_is_local()
{
    ossl dgst -sha256 -sign "$key" -out sig data
    costs 0 ossl dgst -sha256 -prverify "$key" -signature sig data
    costs 0 ossl dgst -sha256 -verify "$key" -signature sig data
    costs 0 ossl pkey -in "$key" -pubout -out pub
    costs 0 ossl pkey -in "$key" -noout -check
    costs 0 ossl storeutl -noout "$key"
    if [ "$1" = rsa ]; then
        costs 0 ossl pkeyutl -encrypt -inkey "$key" -in small -out cipher
        expect_count encrypt 0 wrap_key 0 verify 0
    fi
    # With openssl.cnf, since the program knows nothing of providers.
    order conf
    costs 0 run "$programs/sizes" "$key"
    expect_count decrypt 0 unwrap_key 0
    order options
}

decryption()
{
    echo secret >small
    plain pkeyutl -encrypt -pubin -inkey rsa.pub -in small -out cipher \
        -pkeyopt rsa_padding_mode:oaep
    costs 0 ossl pkeyutl -encrypt -inkey "$(uri rsa)" -in small -out again
    reset_counters
    ossl pkeyutl -decrypt -inkey "$(uri rsa)" -in cipher -out out \
        -pkeyopt rsa_padding_mode:oaep
    same out small
    expect_count decrypt 1 get_key 1 tokens 1 tcp_accepts 1 total 2
}

# One connection of the server's to the vault, however many clients it has.
handshakes()
{
    local i

    ossl req -x509 -key "$key" -subj /CN=localhost -days 2 -out ca.crt
    reset_counters
    serve ossl server -cert ca.crt -key "$key"
    expect_count get_key 1 tokens 1 tcp_accepts 1 sign 0
    for i in {1..5}; do
        connect plain "page.$i" -tls1_3
        connect plain "page.$i" -tls1_2
    done
    expect_count sign 10 get_key 1 tokens 1 tcp_accepts 1 challenges 1 \
        total 11
    resumption
    stop "$server"
}

# A ticket saves the signature.
resumption()
{
    connect plain page -tls1_3 -sess_out ticket
    expect_count sign 11
    connect plain page -tls1_3 -sess_in ticket
    contains page '^Reused, TLSv1.3'
    expect_count sign 11 total 12
}

client_certificate()
{
    plain req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
        -keyout peer.key -subj /CN=peer -days 2 -out peer.crt
    ossl req -x509 -key "$key" -subj /CN=client -days 2 -out client.crt
    cp peer.crt ca.crt
    serve plain peer -cert peer.crt -key peer.key -CAfile client.crt \
        -Verify 1 -verify_return_error
    costs 1 connect ossl page -cert client.crt -key "$key"
    contains page '^Client certificate'
    stop "$server"
}

# What the provider says of itself, by parameters and in its log.
own_counters()
{
    run "$programs/stats" "$(uri ec)"
    vars=("AKV_LOG=info,file:stats.log" AKV_LOG_STATS=60s)
    ossl dgst -sha256 -sign "$(uri ec)" -out sig data
    vars=()
    # OpenSSL 4.0 tears nothing down when a process ends.
    [ "$version" -ge 400 ] || contains stats.log \
        'info: statistics: calls=2 failures=0 requests=3 retries=0 tokens=1 '
    contains stats.log 'info: .*sign with keys/ec.*status=200 attempts='
}

start_emulator
cd "$work"
echo something >data
loaded
decryption
own_counters
for type in rsa ec; do
    key=$(uri "$type")
    signatures
    what_is_local "$type"
    handshakes
    client_certificate
done
