#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Where settings come from and what they do: openssl.cnf alone, environment
# alone, which of them wins, every way to give a credential, and each setting
# that shows in what the vault is asked. Usage: config.sh BUILD-DIR

# shellcheck source=bad_input.sh
. "$(dirname "${BASH_SOURCE[0]}")/bad_input.sh"

# with [WORD OF ENV]...: a signature works.
with()
{
    local -a vars=("$@")

    sign_works
}

# Neither environment nor OPENSSL_MODULES: what systemd would start.
file_alone()
{
    local file=$work/alone.cnf

    order conf
    {
        config_lines
        echo "module = $build/keyvault.so"
    } | write_config "$file" default keyvault
    with -i PATH="$PATH" OPENSSL_CONF="$file"
    # Blanks around the value and a comment do not count.
    {
        config_lines | sed 's/$/   # as the emulator says/'
        echo 'timeout   =   9s'
    } | write_config "$file" default keyvault
    with OPENSSL_CONF="$file"
    order options
}

environment_alone()
{
    with -i PATH="$PATH" OPENSSL_CONF=/dev/null OPENSSL_MODULES="$build" \
        AZURE_TENANT_ID="$tenant_id" AZURE_CLIENT_ID="$client_id" \
        AZURE_CLIENT_SECRET="$client_secret" \
        AZURE_AUTHORITY_HOST="$vault_url" AKV_CA_FILE="$ca_file" \
        AKV_TRUSTED_HOSTS=localhost
    # An empty variable is none.
    with AKV_TIMEOUT= AKV_PROXY= AKV_CREDENTIAL= AKV_ACCESS_TOKEN=
    # A slash at the end of the authority is what Microsoft's clients take.
    with AZURE_AUTHORITY_HOST="$vault_url/"
}

# The file wins.
both()
{
    order conf
    with AZURE_CLIENT_SECRET=wrong AKV_CA_FILE=/nowhere \
        AKV_TRUSTED_HOSTS=elsewhere.example
    (config_lines && echo 'timeout = 1ms') \
        | write_config order.cnf default keyvault
    sign_fails 'no answer in time' AKV_TIMEOUT=20s
    config_lines | sed 's/^client-secret = .*/client-secret = wrong/' \
        | write_config order.cnf default keyvault
    sign_fails AADSTS7000215 AZURE_CLIENT_SECRET="$client_secret"
    # What the file does not say, the environment does.
    config_lines | grep -v '^client-secret' \
        | write_config order.cnf default keyvault
    with AZURE_CLIENT_SECRET="$client_secret"
    order options
}

access_token()
{
    local token

    token=$(get_token)
    echo "$token" >token # with a line's end
    reset_counters
    with AKV_ACCESS_TOKEN="$token"
    with AKV_ACCESS_TOKEN_FILE=token
    with -u AZURE_TENANT_ID -u AZURE_CLIENT_ID -u AZURE_CLIENT_SECRET \
        -u AZURE_AUTHORITY_HOST AKV_CREDENTIAL=token \
        AKV_ACCESS_TOKEN="$token"
    # Who gives a token means it to be used.
    with AKV_ACCESS_TOKEN="$token" AZURE_CLIENT_SECRET=wrong
    sign_fails 'HTTP 401' AKV_ACCESS_TOKEN=useless
    expect_count tokens 0 sign 4
    with AKV_ACCESS_TOKEN=useless AKV_CREDENTIAL=environment
    expect_count tokens 1
    token_in_file "$token"
}

token_in_file()
{
    order conf
    (config_lines && echo "access-token = $1") \
        | write_config order.cnf default keyvault
    reset_counters
    sign_works
    (config_lines && echo 'access-token-file = token') \
        | write_config order.cnf default keyvault
    sign_works
    expect_count tokens 0 sign 2
    order options
}

# A file that is written anew is read anew: by a server, for instance.
token_renewed()
{
    get_token >token
    plain req -x509 -key rsa.pem -subj /CN=localhost -days 2 -out ca.crt
    vars=(AKV_ACCESS_TOKEN_FILE=token)
    serve ossl server -cert ca.crt -key "$key"
    vars=()
    connect plain page -tls1_3
    # The vault's clock alone: its tokens of before have expired.
    control /clock -d '{"advance_s": 7200}' >reply
    get_token >token.new
    mv token.new token
    reset_counters
    connect plain page -tls1_3
    expect_count sign 1 challenges 1 tokens 0
    stop "$server"
    control /clock -d '{"offset_s": 0}' >reply
}

secret_file()
{
    printf '%s\n' "$client_secret" >secret
    with -u AZURE_CLIENT_SECRET AZURE_CLIENT_SECRET_FILE=secret
    # Given as such, it is the nearer of the two.
    echo wrong >secret
    with AZURE_CLIENT_SECRET_FILE=secret
    sign_fails AADSTS7000215 -u AZURE_CLIENT_SECRET \
        AZURE_CLIENT_SECRET_FILE=secret
}

certificates()
{
    mkdir hashed
    cp "$ca_file" hashed/ca.pem
    plain rehash hashed
    with -u AKV_CA_FILE SSL_CERT_FILE="$ca_file"
    with -u AKV_CA_FILE AKV_CA_PATH=hashed
    with -u AKV_CA_FILE SSL_CERT_DIR=hashed
    plain req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
        -keyout other.key -subj /CN=other -days 2 -out other.crt
    # The setting of ours wins; of several certificates, any will do.
    with SSL_CERT_FILE=other.crt
    cat other.crt "$ca_file" >both.crt
    with AKV_CA_FILE=both.crt
    sign_fails 'cannot be reached.*certificate' AKV_CA_FILE=other.crt
}

# Every way to write the same key.
identifiers()
{
    local version uri

    version=$(newest_version rsa)
    for uri in "akv://$vault/keys/rsa" "akv://$vault/keys/rsa/" \
        "akv://$vault/keys/rsa/$version" "akv://$vault/KEYS/RSA" \
        "AKV://LOCALHOST:${vault#*:}/keys/rsa" \
        "akv:vault=$vault,name=rsa" \
        "akv:name=rsa,version=$version,vault=$vault"; do
        key=$uri with
    done
    key=akv:///keys/rsa with AKV_DEFAULT_VAULT="$vault"
    key=akv:///keys/rsa/$version with AKV_DEFAULT_VAULT="$vault"
    key=akv:name=rsa with AKV_DEFAULT_VAULT="$vault"
}

# A vault's full name, with all checks of the host in force.
real_names()
{
    local host=second.vault.azure.net:${vault#*:}

    pub=ec.pub
    key=akv://$host/keys/elsewhere with -u AKV_TRUSTED_HOSTS \
        AKV_RESOLVE="$host:127.0.0.1"
    # Several, with blanks.
    key=akv://$host/keys/elsewhere with -u AKV_TRUSTED_HOSTS \
        AKV_RESOLVE="a.example:1:127.0.0.1, $host:127.0.0.1"
    pub=rsa.pub
    # There is such a key, but in the other vault.
    key=akv://$host/keys/rsa sign_fails 'not found' -u AKV_TRUSTED_HOSTS \
        AKV_RESOLVE="$host:127.0.0.1"
}

times()
{
    fault '[{"match":{"op":"sign"},"action":{"delay_ms":20000}}]'
    sign_fails 'no answer in time' AKV_TIMEOUT=700ms
    took_between 690 5000
    sign_fails 'no answer in time' AKV_TIMEOUT=1s
    took_between 990 6000
    fault '[]'
    with AKV_TIMEOUT=2m AKV_CONNECT_TIMEOUT=2s
    with AKV_TIMEOUT=24s AKV_CONNECT_TIMEOUT=1m
}

# asked PATTERN: in the emulator's log.
asked()
{
    control /log >log
    contains log "$1"
}

what_is_sent()
{
    control /log/reset -X POST >reply
    with AKV_API_VERSION=2025-07-01
    asked 'keys/rsa\?api-version=2025-07-01"'
    asked '/sign\?api-version=2025-07-01"'
    with AKV_API_VERSION=7.4
    asked '/sign\?api-version=7.4"'
    # Loopback is not proxied: nobody listens at port 1.
    with AKV_PROXY=http://127.0.0.1:1
    with HTTPS_PROXY=http://127.0.0.1:1 https_proxy=http://127.0.0.1:1
    with AKV_MAX_CONNECTIONS=1
}

# The log tells what was done and hides what is secret.
log()
{
    with AKV_LOG=debug,file:"$work/akv.log"
    [ -s akv.log ] || fail 'the log is empty'
    contains akv.log 'sign.*status=200'
    no_secrets akv.log
    sign_fails AADSTS7000215 AKV_LOG=debug,file:"$work/akv.log" \
        AZURE_CLIENT_SECRET=wrong-but-secret
    contains akv.log AADSTS7000215
    no_secrets akv.log
    lacks akv.log wrong-but-secret
    sign_fails 'HTTP 401' AKV_LOG=debug,file:"$work/akv.log" \
        AKV_ACCESS_TOKEN=useless-but-secret
    lacks akv.log useless-but-secret
    vars=(AKV_LOG=info)
    ossl dgst -sha256 -sign "$key" -out sig data 2>err
    vars=()
    contains err 'sign.*status=200'
    no_secrets err
    ossl dgst -sha256 -sign "$key" -out sig data 2>err
    [ ! -s err ] || fail 'something is said without being asked for'
    rm sig
}

# What is given behind the name of the provider, once it is loaded.
late_parameters()
{
    local -a before=("${prov[@]}")

    [ "$version" -ge 305 ] || return 0
    prov+=(-provparam keyvault:client-secret=wrong)
    expect_error AADSTS7000215 ossl dgst -sha256 -sign "$key" -out sig data
    prov=("${before[@]}" -provparam keyvault:timeout=wrong)
    expect_error "timeout: 'wrong' will not do" \
        ossl dgst -sha256 -sign "$key" -out sig data
    # They come before the environment, as those of openssl.cnf.
    prov=("${before[@]}" -provparam "keyvault:client-secret=$client_secret")
    with AZURE_CLIENT_SECRET=wrong
    prov=("${before[@]}")
}

# Without default, with a form that a key in a vault has not, and without the
# module: it works, or there is a reason.
alone()
{
    local before=("${prov[@]}")

    order options
    plain req -x509 -key rsa.pem -subj /CN=alone -days 2 -out alone.crt
    expect_error 'the private key is in a vault' ossl pkcs12 -export \
        -inkey "$key" -in alone.crt -passout pass:x -out alone.p12
    prov=(-provider keyvault)
    ossl pkey -in "$key" -out alone.pem
    contains alone.pem '^-----BEGIN AKV KEY REFERENCE-----$'
    ossl pkey -in "$key" -pubout -out pub
    same pub rsa.pub
    prov=("${before[@]}")
    echo "module = $work/nowhere.so" | write_config absent.cnf default keyvault
    OPENSSL_CONF=absent.cnf openssl list -providers 9>&- >text
    lacks text keyvault
    ! OPENSSL_CONF=absent.cnf openssl pkey -in "$key" 9>&- >text 2>&1 \
        || fail 'a key without the module'
    contains text 'No store loader found.*Scheme \(akv : 0\)'
    ! openssl list -providers -provider-path "$work" -provider keyvault 9>&- \
        >text 2>&1 || fail 'a module that is not there was loaded'
    contains text "$work/keyvault.so: .*No such file"
}

make_keys
cat >"$work/seed.json" <<'END'
{"vaults": ["first", "second"],
 "keys": [
  {"name": "rsa", "kty": "RSA", "pem_file": "rsa.pem"},
  {"name": "elsewhere", "kty": "EC", "pem_file": "ec.pem",
   "vault": "second"}]}
END
start_emulator
cd "$work"
head -c 300 /dev/zero >data
key=$(uri rsa)
sign_works
file_alone
environment_alone
both
access_token
token_renewed
secret_file
certificates
identifiers
real_names
times
what_is_sent
late_parameters
alone
log
sign_works
