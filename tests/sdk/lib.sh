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

# Of somebody who may not read public keys: nothing can be done locally.
no_get='{"client_id": "no-get", "client_secret": "no-get", "operations": ["sign",
    "verify", "encrypt", "decrypt", "wrap_key", "unwrap_key"]}'
# Who attests where keys may be released to; the tests have its key.
attester='{"issuer": "https://a.example", "key_file": "attest.pub"}'

make_attester()
{
    plain genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 \
        -out "$work/attest.pem" 2>&9
    plain pkey -in "$work/attest.pem" -pubout -out "$work/attest.pub"
}

# start_sdk_vault TEST...: a vault and a Managed HSM for these, with what an SDK
# has to be told of them.
start_sdk_vault()
{
    make_attester
    echo "{\"principals\": [$no_get], \"authorities\": [$attester]}" \
        >"$work/seed.json"
    emulator_options+=(--hsm hsm)
    start_vault
    # What is deleted, recovered or created is there some time later only, so
    # that who does not wait is found out; but akv asks every two seconds.
    [[ $* == *crosswise* ]] \
        || control /slow-delete -d '{"ms": 50, "create_polls": 1}' >&9
    export SDK_VAULT=$vault SDK_HSM=$hsm SDK_CLI=$build/akv SDK_WORK=$work \
        SDK_MODULE=$build/keyvault.so
    export SDK_TENANT=$tenant_id SDK_CLIENT=$client_id SDK_SECRET=$client_secret
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

# What the programs of one kind (go, java and so on) ask for: principals with
# each kind of credential, and files of theirs.
make_identities()
{
    local name

    for name in robot issuer; do
        plain req -x509 -newkey rsa:2048 -nodes -config "$work/plain.cnf" \
            -subj "/CN=$name" -days 30 -addext keyUsage=digitalSignature \
            -keyout "$work/$name.key" -out "$work/$name.crt" 2>&9
    done
    plain pkey -in "$work/issuer.key" -pubout -out "$work/issuer.pub"
    cat "$work/robot.key" "$work/robot.crt" >"$work/robot.pem"
    plain pkcs12 -export -inkey "$work/robot.key" -in "$work/robot.crt" \
        -passout pass:sesame -out "$work/robot.pfx"
    make_attester
    cat >"$work/seed.json" <<END
{"secrets": [{"name": "seeded", "value": "seeded value"}],
 "authorities": [$attester],
 "principals": [$no_get,
   {"client_id": "robot", "operations": ["get_secret"],
    "certificate_file": "robot.crt"},
   {"client_id": "pod", "operations": ["get_secret"],
    "federated": {"issuer": "https://cluster.example", "subject": "pod-1",
                  "key_file": "issuer.pub"}},
   {"client_id": "machine", "operations": ["get_secret"],
    "object_id": "object-of-machine", "resource_id": "/subscriptions/s/m"}]}
END
    # Kubernetes ends the file without a new line, as some libraries want it.
    (cd "$work" && assertion line pod-1 3600 && tr -d '\n' <line >federated)
}

# in_namespace ARGUMENT...: this script again, where port 443 and the service's
# own names are this machine's, and nothing else is reached.
in_namespace()
{
    local as=()

    [ -z "${SDK_IN_NAMESPACE:-}" ] || return 0
    [ "$(id -u)" -eq 0 ] || as=(--map-root-user --user)
    unshare "${as[@]}" --mount --net true 2>&9 \
        || skip 'a namespace of its own is not permitted here'
    SDK_IN_NAMESPACE=1 unshare "${as[@]}" --mount --net "$0" "$@"
    exit
}

# Sets the network of the namespace up, with Azure Arc's folder.
prepare_namespace()
{
    ip link set lo up
    ip address add 169.254.169.254/32 dev lo
    {
        echo '127.0.0.1 localhost'
        echo '127.0.0.1 sdk.vault.azure.net hsm.managedhsm.azure.net'
        echo '127.0.0.1 login.microsoftonline.com'
    } >"$work/hosts"
    mount --bind "$work/hosts" /etc/hosts
    mount -t tmpfs tmpfs /var/opt
    mkdir -p /var/opt/azcmagent/tokens
    emulator_options+=(--listen 0.0.0.0 --port 443 --identity-port 80 --vault sdk
        --arc-dir /var/opt/azcmagent/tokens)
}

# start_whole_vault WAY: "names" (see in_namespace) or "localhost".
start_whole_vault()
{
    make_identities
    [ "$1" != names ] || prepare_namespace
    emulator_options+=(--hsm hsm)
    start_vault
    control /slow-delete -d '{"ms": 50, "create_polls": 1}' >&9
    export SDK_VAULT=$vault SDK_HSM=$hsm SDK_WORK=$work SDK_AUTHORITY \
        SDK_TENANT=$tenant_id SDK_CLIENT=$client_id SDK_SECRET=$client_secret \
        SDK_IDENTITY=$identity_url SDK_IDENTITY_HEADER=$identity_header
    SDK_AUTHORITY=$(member authority_url "$(cat "$work/ready.json")")
    if [ "$1" = names ]; then
        export SDK_BY_NAME=1 SDK_ARC=1 SDK_VAULT=sdk.vault.azure.net \
            SDK_HSM=hsm.managedhsm.azure.net \
            SDK_AUTHORITY=https://login.microsoftonline.com \
            SDK_IDENTITY=http://169.254.169.254
    fi
    # Nothing that a library might find by itself.
    sdk_vars=(-u AZURE_AUTHORITY_HOST -u AZURE_TENANT_ID -u AZURE_CLIENT_ID
        -u AZURE_CLIENT_SECRET -u AZURE_POD_IDENTITY_AUTHORITY_HOST
        -u OPENSSL_CONF -u OPENSSL_MODULES)
}

# keep_results NAME: what sdk prints, for table.py.
keep_results()
{
    results=$build/sdk-results/$1
    mkdir -p "${results%/*}"
    : >"$results"
}

# sdk PROGRAM ARGUMENT...
sdk()
{
    local status=0

    trace "$@"
    timeout -k 5 150 env "${sdk_vars[@]}" "$@" >"$work/sdk.out" 2>&1 9>&- \
        || status=$?
    cat "$work/sdk.out" >&9
    if [ -n "${results:-}" ]; then
        echo "program ${*: -1}" >>"$results"
        cat "$work/sdk.out" >>"$results"
    fi
    [ "$status" = 0 ] || fail "${*: -1} ended with $status"
}
