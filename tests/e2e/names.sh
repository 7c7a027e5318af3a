#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Names as they are in Azure, on port 443 of a network of the test's own:
# vaults by their short name, the default vault, the identifiers of other
# modules, and the public cloud's authority. Usage: names.sh BUILD-DIR

if [ "${2:-}" != inside ]; then
    for options in --net '--net --map-root-user'; do
        # shellcheck disable=SC2086 # two words
        if unshare $options ip link set lo up 2>/dev/null; then
            # shellcheck disable=SC2086
            exec unshare $options "$0" "$1" inside
        fi
    done
    echo 'skipped: no network namespace can be made here'
    exit 77
fi
ip link set lo up

# shellcheck source=bad_input.sh
. "$(dirname "${BASH_SOURCE[0]}")/bad_input.sh"

# Nothing but addresses and the CA is special.
stock=(-u AKV_TRUSTED_HOSTS -u AZURE_AUTHORITY_HOST)

# names URI [NAME=VALUE]...: the key there signs. PUB has its public half.
names()
{
    local key=$1
    local -a vars=("${stock[@]}" "AKV_RESOLVE=$resolve" "${@:2}")

    sign_works
}

refuses()
{
    local pattern=$1 key=$2

    sign_fails "$pattern" "${stock[@]}" "AKV_RESOLVE=$resolve" "${@:3}"
}

vaults()
{
    names akv://first/keys/one
    names akv://FIRST/keys/one
    names akv://first.vault.azure.net/keys/one
    names akv://first.vault.azure.net:443/keys/one
    names akv://First.Vault.Azure.Net/keys/one
    names vault:first:one
    names akv:vault=first,name=one
    names akv:name=one,vault=first.vault.azure.net
    names akv:///keys/one AKV_DEFAULT_VAULT=first
    names akv:///keys/one AKV_DEFAULT_VAULT=first.vault.azure.net
    names akv:name=one AKV_DEFAULT_VAULT=first
    names vault::one AKV_DEFAULT_VAULT=first
    names akv://first/keys/one AKV_DNS_SUFFIX=vault.azure.net
    names akv://first/keys/one AKV_DNS_SUFFIX=.vault.azure.net
    pub=ec.pub
    names akv://second/keys/two
    names akv://second/keys/two AKV_DEFAULT_VAULT=first
    pub=rsa.pub
    refuses 'not found.*404' akv://first/keys/two
}

# Where a short name goes is told by the suffix.
suffixes()
{
    refuses 'first.vault.azure.cn' akv://first/keys/one \
        AKV_DNS_SUFFIX=vault.azure.cn
    refuses 'first.vaults.example' akv://first/keys/one \
        AKV_DNS_SUFFIX=vaults.example
    refuses 'first.managedhsm.azure.net' managedhsm:first:one
    refuses 'first.managedhsm.azure.net' akv:type=managedhsm,vault=first,name=one
    refuses 'first.hsm.example' managedhsm:first:one AKV_HSM_DNS_SUFFIX=hsm.example
}

# The emulator asks for a token for vaults, which is not for an HSM: the host
# may have none, unless the administrator says so.
hsm()
{
    local row

    for row in managedhsm:first:one 'managedhsm:first:one?version=' \
        akv:type=managedhsm,vault=first,name=one \
        akv://first.managedhsm.azure.net/keys/one; do
        case $row in
        *version=) row+=$version ;;
        esac
        reset_counters
        refuses 'not trusted with a token.*vault.azure.net.*not simply a domain' "$row"
        expect_count challenges 1 tokens 0
        names "$row" AKV_TRUSTED_HOSTS=.managedhsm.azure.net
        expect_count tokens 1 sign 1
    done
}

# A name that is not of this machine goes through the proxy.
proxies()
{
    refuses 'cannot be reached.*of the setting proxy' akv://first/keys/one \
        AKV_PROXY=http://127.0.0.1:1
    names akv://first/keys/one AKV_PROXY=http://127.0.0.1:1 \
        AKV_NO_PROXY=.azure.net,login.microsoftonline.com
    refuses 'cannot be reached.*of the setting proxy' akv://first/keys/one \
        HTTPS_PROXY=http://127.0.0.1:1
    names akv://first/keys/one https_proxy=http://127.0.0.1:1 \
        no_proxy=.azure.net,login.microsoftonline.com
}

make_keys
cat >"$work/seed.json" <<'END'
{"vaults": ["first", "second"],
 "keys": [
  {"name": "one", "kty": "RSA", "pem_file": "rsa.pem"},
  {"name": "two", "kty": "EC", "pem_file": "ec.pem", "vault": "second"}]}
END
emulator_options=(--port 443)
start_emulator
cd "$work"
head -c 300 /dev/zero >data
resolve=login.microsoftonline.com:443:127.0.0.1
for name in first.vault.azure.net second.vault.azure.net first.vault.azure.cn \
    first.vaults.example first.managedhsm.azure.net first.hsm.example; do
    resolve+=,$name:443:127.0.0.1
done
version=$(newest_version one)
vaults
suffixes
hsm
proxies
