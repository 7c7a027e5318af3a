#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What people get wrong on their first day: each is told with what was given and
# what to do, by the provider and by akv alike. (Files for libcrypto that leave out
# the default provider, or name another module: tests/cli/config.sh.)

# shellcheck source=bad_input.sh
. "$(dirname "${BASH_SOURCE[0]}")/bad_input.sh"

# mistake PATTERN [WORD OF ENV]...: openssl and akv fail with the same reason.
mistake()
{
    local pattern=$1

    sign_fails "$@"
    shift
    trace akv key show "$key"
    timeout -k 5 "$patience" env "$@" "$build/akv" key show "$key" \
        >out 2>err 9>&- && fail 'akv has no objection'
    contains err "$pattern"
}

tenant()
{
    mistake 'tenant-id .AZURE_TENANT_ID. is not set' -u AZURE_TENANT_ID
    mistake 'tenant-id other.example' AZURE_TENANT_ID=other.example
    mistake "'a/b' will not do" AZURE_TENANT_ID=a/b
}

# set_clock SECONDS: the vault's and the authority's, ahead of this machine's.
set_clock()
{
    control /clock -d '{"offset_s":'"$1"'}' >/dev/null
}

a_clock()
{
    fault '[{"match": {"op": "token"}, "action": {"token": "expired"}}]'
    mistake 'HTTP 401 .*has expired'
    lacks err 'clock'
    set_clock 7200
    mistake 'has expired.*clock is 7[0-9]{3} s behind the server.s'
    set_clock -7200
    mistake 'clock is 7[0-9]{3} s ahead of the server.s'
    set_clock 0
    fault '[]'
}

# What the portal shows, with our scheme before it; a name without its vault.
a_url()
{
    local key=$1

    mistake "$1: .*$2"
}

permission()
{
    local text='Caller is not authorized to perform action on resource.'

    mistake 'forbidden|HTTP 403' AZURE_CLIENT_ID=nobody \
        AZURE_CLIENT_SECRET=nobody-secret
    # As the service words it.
    text+='\r\nIf role assignments, deny assignments or role definitions were'
    text+=' changed recently, please observe propagation time.'
    text+='\r\nCaller: appid=robot;oid=1234;iss=https://sts.windows.net/t/'
    text+="\r\nAction: 'Microsoft.KeyVault/vaults/keys/read'\r\nResource:"
    text+=" '/subscriptions/s/providers/microsoft.keyvault/vaults/v/keys/k'"
    text+='\r\nAssignment: (not found)\r\nVault: v;location=westeurope'
    fault '[{"match": {"op": "get_key"}, "action": {"status": {"code": 403,
        "error": "Forbidden", "inner": "ForbiddenByRbac",
        "message": "'"$text"'"}}}]'
    mistake "ForbiddenByRbac.*assignment not found: 'Microsoft.KeyVault/vaults/keys/read' on vaults/v/keys/k.* for oid=1234. Caller is not authorized"
    fault '[]'
}

begin
settings_to_environment
tenant
a_clock
a_url "akv:https://$vault/keys/rsa" 'one scheme is expected: akv://HOST'
a_url "akv://https://$vault/keys/rsa" 'one scheme is expected: akv://HOST'
a_url 'akv:rsa' 'one each of type=managedhsm, vault=, name='
a_url "akv://$vault/rsa" 'keys, secrets or certificates is expected'
a_url 'akv:name=rsa' 'default-vault'
permission
end
