#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Bad settings: the provider loads with each, and the first use names it.

# shellcheck source=bad_input.sh
. "$(dirname "${BASH_SOURCE[0]}")/bad_input.sh"

loads()
{
    ossl list -providers >out 2>err
    contains out '^  keyvault$'
    [ ! -s err ] || {
        show err
        fail 'a bad setting is reported too early'
    }
}

# bad_variable NAME=VALUE PATTERN: loading works, the first use tells.
bad_variable()
{
    local -a vars=("$1")

    loads
    sign_fails "bad setting.*${1%%=*}: .*$2" "$1"
}

bad_line()
{
    (config_lines && echo "$1") | write_config order.cnf default keyvault
    loads
    sign_fails "bad setting.*${1%% *}: .*$2"
}

# Others may call their variables as we do; the log says that they are not read.
foreign_variables()
{
    local -a vars=(AKV_SERVICE_HOST=10.0.0.5 AKV_PORT=tcp://10.0.0.5:443
        AKV_TIMEOT=3s)

    sign_works 2>err
    grep -v '^+' err >said || true
    [ ! -s said ] || fail "a foreign variable is told of: $(cat said)"
    vars+=("AKV_LOG=warning,file:$work/log")
    sign_works
    contains "$work/log" 'variable AKV_PORT is no setting, and is not read$'
    contains "$work/log" 'variable AKV_TIMEOT is no .* is AKV_TIMEOUT meant[?]$'
    rm "$work/log"
}

variables()
{
    local secret='not-one-word but-three words'

    reset_counters
    table bad_variable <<'END'
AKV_TIMEOUT=10|'10'.*unit
AKV_TIMEOUT=0s|'0s'.*between
AKV_TIMEOUT=ten|'ten'.*unit
AKV_TIMEOUT=25h|'25h'.*unit
AKV_TIMEOUT=99999999999999999999s|99999s'
AKV_TIMEOUT=-1s|'-1s'
AKV_TIMEOUT=1500m|between
AKV_CONNECT_TIMEOUT=3 s|'3 s'
AKV_MAX_CONNECTIONS=0|'0'.*number
AKV_MAX_CONNECTIONS=many|'many'.*number
AKV_TRUSTED_HOSTS=a b|'a b'.*host names
AKV_TRUSTED_HOSTS=localhost:443|'localhost:443'
AKV_DNS_SUFFIX=local|'local'.*suffix
AKV_DNS_SUFFIX=a..b|'a..b'.*suffix
AKV_HSM_DNS_SUFFIX=*.azure.net|azure\.net'.*suffix
AKV_RESOLVE=localhost:443|host:port:address
AKV_RESOLVE=localhost:x:127.0.0.1|host:port:address
AKV_CREDENTIAL=magic|'magic'
AKV_VERIFY_SIGNATURES=perhaps|'perhaps'.*yes or no
AKV_RSA1_5=2|'2'.*yes or no
AKV_API_VERSION=7.5&x=y|'7.5&x=y'.*version
AKV_LOG=loud|'loud'
AKV_LOG=debug,/tmp/log|file:PATH
AZURE_AUTHORITY_HOST=http://localhost|http://localhost'.*https
AZURE_AUTHORITY_HOST=https://a b|https
AZURE_AUTHORITY_HOST=login|'login'.*https
END
    expect_count tcp_accepts 0 total 0 tokens 0
    sign_fails "bad setting.*tenant-id: 'a/b'" AZURE_TENANT_ID=a/b
    sign_fails 'bad setting.*AKV_ACCESS_TOKEN|token given is not one word' \
        "AKV_ACCESS_TOKEN=$secret"
    lacks "$work/err" but-three
    expect_count total 0 tokens 0
}

lines()
{
    order conf
    reset_counters
    table bad_line <<'END'
timeout = 10|'10'.*unit
trusted-hosts = /etc/passwd|'/etc/passwd'
verify-signatures = Nein|'Nein'.*yes or no
END
    # One bad setting is told, not hidden by the others being good.
    (config_lines && echo 'timeout = 10' && echo 'rsa1_5 = 10') \
        | write_config order.cnf default keyvault
    sign_fails 'bad setting.*timeout'
    expect_count tcp_accepts 0
    order options
}

files()
{
    mkdir empty
    : >none
    echo 'not a certificate' >text
    table bad_file <<'END'
AKV_CA_FILE=missing|bad setting.*ca-file: 'missing' cannot be read: No such
AKV_CA_FILE=empty|bad setting.*ca-file: 'empty' cannot be read
AKV_CA_FILE=none|bad setting.*no certificate in PEM form
AKV_CA_FILE=text|bad setting.*no certificate in PEM form
AKV_CA_PATH=missing|bad setting.*ca-path: 'missing'
AKV_CA_PATH=empty|bad setting.*ca-path: 'empty'
AKV_ACCESS_TOKEN_FILE=missing|access-token-file: 'missing' cannot be read
AKV_ACCESS_TOKEN_FILE=none|access-token-file: 'none' is empty
END
    sign_fails "client-secret-file: 'missing' cannot be read" \
        -u AZURE_CLIENT_SECRET AZURE_CLIENT_SECRET_FILE=missing
}

bad_file()
{
    sign_fails "$2" "$1"
}

begin
foreign_variables
variables
lines
files
end
