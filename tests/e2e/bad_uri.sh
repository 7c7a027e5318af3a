#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Malformed identifiers, each with the part at fault named, and hosts that get
# no token, and not even a connection.

# shellcheck source=bad_input.sh
. "$(dirname "${BASH_SOURCE[0]}")/bad_input.sh"

bad_uri()
{
    key=$1 sign_fails "malformed key identifier.*$2"
}

# The part at fault is named, with what it is.
identifiers()
{
    local long

    printf -v long '%0128d' 0
    reset_counters
    table bad_uri <<END
akv://$vault/keys/a_b|name 'a_b'
akv://$vault/keys/caf%C3%A9|character '%'
akv://$vault/keys/café|name 'caf
akv://$vault/keys/$long|name '0{128}'
akv://$vault/keys/ rsa|name ' rsa'
akv://$vault/keys//v1|name ''
akv://$vault/keys/rsa/v_1|version 'v_1'
akv://$vault/keys/rsa/$long|version '0{128}'
akv://$vault/keys/rsa/v1/more|path 'more'
akv://$vault/keys/../rsa|name '..'
akv://$vault/kyes/rsa|collection 'kyes'
akv://$vault/keys/rsa?x=1|character '\?'
akv://$vault/keys/rsa#x|character '#'
akv://user@$vault/keys/rsa|character '@'
akv://localhost:99999/keys/rsa|port '99999'
akv://localhost:0/keys/rsa|port '0'
akv://localhost:/keys/rsa|port ''
akv://localhost:80a/keys/rsa|port '80a'
akv://a..b/keys/rsa|host 'a..b'
akv://-a/keys/rsa|host '-a'
akv://a\\b.vault.azure.net/keys/rsa|host 'a.b.vault.azure.net'
akv://[::1/keys/rsa|host
akv://[::g]/keys/rsa|host '\[::g\]'
akv://a_b/keys/rsa|vault 'a_b'
managedhsm:only|name ''
managedhsm:hsm:a_b|name 'a_b'
vault:v:name?colour=red|query '\?colour=red'
vault:v:name?version=a_b|version 'a_b'
vault:a b:name|host 'a b'
akv:vault=v|name=NAME is missing
akv:name=n,vault=a b|host 'a b'
akv:colour=red,name=n|attribute 'colour=red'
akv:vault=v,name=a_b|name 'a_b'
END
    key=akv:///keys/rsa sign_fails 'bad setting.*default-vault.*not set'
    # As long as an argument may be.
    printf -v long '%0100000d' 0
    key=akv://$vault/keys/$long sign_fails 'malformed key identifier.*name'
    key=akv://$long/keys/rsa sign_fails 'malformed key identifier.*host'
    expect_count tcp_accepts 0
}

untrusted()
{
    local port=${vault#*:}

    # What it resolves to is the emulator, which would count a connection.
    key=akv://$1/keys/rsa sign_fails "not trusted with a token.*$2" \
        "AKV_RESOLVE=$1:127.0.0.1"
}

hosts()
{
    local port=${vault#*:}

    reset_counters
    table untrusted <<END
evil.example:$port|evil.example
vault.azure.net.evil.example:$port|evil.example
myvault.azure.net:$port|myvault.azure.net
xvault.azure.net:$port|xvault.azure.net
my-vault.azure.net:$port|my-vault.azure.net
localhost.evil.example:$port|localhost.evil.example
login.microsoftonline.com:$port|login.microsoftonline.com
END
    key=akv://127.0.0.1:$port/keys/rsa sign_fails 'not trusted with a token'
    key="akv://[::1]:$port/keys/rsa" sign_fails 'not trusted with a token'
    key=akv://evil.example/keys/rsa sign_fails 'not trusted with a token'
    expect_count tcp_accepts 0
    # Proof that the above could have failed: a connection is counted.
    key=akv://evil.example:$port/keys/rsa sign_fails 'cannot be reached' \
        "AKV_RESOLVE=evil.example:$port:127.0.0.1" \
        AKV_TRUSTED_HOSTS=.example
    [ "$(count tcp_accepts)" -gt 0 ] || fail 'no connection was counted'
    # May be a vault by its name, but asks for a token for another domain.
    reset_counters
    key=akv://127.0.0.1:$port/keys/rsa sign_fails \
        'not trusted with a token.*vault.azure.net' AKV_DNS_SUFFIX=0.0.1
    expect_count challenges 1 tokens 0 total 0
}

begin
identifiers
hosts
end
