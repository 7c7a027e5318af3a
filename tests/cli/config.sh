#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# akv with settings from openssl.cnf, as a server has them: the section that loads
# our module, and what wins over it.

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" "$@"
need jq jq

start_vault
s=akv://$vault/secrets/s
cd "$work"
printf v >value
good secret set "$s" --file value

# conf FILE SECTION-LINES...: one that loads the module as "keyvault".
conf()
{
    {
        printf '%s\n' 'openssl_conf = init' '[init]' 'providers = list' \
            '[list]' 'default = std' 'keyvault = ours' '[std]' 'activate = 1' \
            '[ours]' "module = $build/keyvault.so" 'activate = 1'
        printf '%s\n' "${@:2}"
    } >"$1"
}

# All that the environment had, in a file.
mapfile -t lines < <(config_lines)
settings=("${lines[@]}" "client-secret = $AZURE_CLIENT_SECRET"
    "client-id = $AZURE_CLIENT_ID" "tenant-id = $AZURE_TENANT_ID"
    "authority-host = $AZURE_AUTHORITY_HOST")
forget_environment
for name in "${!AZURE_@}" "${!AKV_@}"; do
    unset "$name"
done
conf whole.cnf "${settings[@]}"

# shows ARGUMENT...: the secret comes out.
shows()
{
    good "$@" secret show "$s" --output raw
    equal "$(cat out)" v "the secret"
}

# By option, by the variable that libcrypto looks at, and not at all.
export OPENSSL_CONF=/dev/null
bad 5 'no vault of a known|trusted-hosts' secret show "$s"
shows --config whole.cnf
OPENSSL_CONF=$work/whole.cnf
shows
good login check
contains out '^EnvironmentCredential: a token, which is used$'
OPENSSL_CONF=/dev/null

# What wins: --set before the file, the file before the environment.
conf wrong.cnf "${settings[@]}" 'client-secret = wrong'
bad 5 invalid_client --config wrong.cnf secret show "$s"
conf timeout.cnf "${settings[@]}" 'timeout = ten'
bad 2 "timeout: 'ten' will not do" --config timeout.cnf secret show "$s"
shows --config timeout.cnf --set timeout=9s
vars=(AKV_TIMEOUT=ten)
conf nine.cnf "${settings[@]}" 'timeout = 9s'
shows --config nine.cnf
bad 2 "AKV_TIMEOUT: 'ten' will not do" --config whole.cnf secret show "$s"
vars=()

# Under another name; and twice, of which one is chosen.
sed -e 's/^keyvault = ours/hsm = ours/' whole.cnf >named.cnf
shows --config named.cnf
{
    sed -e 's/^keyvault = ours/first = bad\nsecond = ours/' whole.cnf
    printf '%s\n' '[bad]' "module = keyvault" 'timeout = ten'
} >twice.cnf
akv --config twice.cnf secret show "$s" >out 2>err && fail 'the first is used'
contains err 'twice.cnf loads the module as several providers; first is the first'
contains err "timeout: 'ten' will not do"
shows --config twice.cnf --provider second
bad 2 "^akv: --provider 'third': twice.cnf has no such provider" \
    --config twice.cnf --provider third secret show "$s"

# Files that are not there, or are no configuration; sections of others.
bad 2 "^akv: --config 'absent' cannot be read: there is no such file" \
    --config absent secret show "$s"
echo '[ours' >broken.cnf
bad 2 "^akv: --config 'broken.cnf' cannot be read: line 1" \
    --config broken.cnf secret show "$s"
OPENSSL_CONF=$work/broken.cnf
akv secret show "$s" >out 2>err && fail 'it has settings'
contains err '^akv: warning: .*broken.cnf is not read: line 1$'
OPENSSL_CONF=/nonexistent
bad 2 '^akv: --provider: there is no configuration file' --provider x \
    secret show "$s"
sed 's/keyvault.so/other.so/' whole.cnf >other.cnf
akv --config other.cnf secret show "$s" >out 2>err && fail 'it has settings'
contains err '^akv: warning: no provider in other.cnf loads keyvault.so, so that no setting is read there$'
contains err 'trusted-hosts'
sed 's,^module = .*,module = /nowhere/keyvault.so,' whole.cnf >nowhere.cnf
akv --config nowhere.cnf secret show "$s" --output raw >out 2>err \
    || fail 'it has no settings'
contains err "^akv: warning: nowhere.cnf: module '/nowhere/keyvault.so' of keyvault: No such file or directory; programs do without the provider\$"

# The system's file, included as conf-examples/openssl.cnf does it.
{
    echo "x = 1"
    echo ".include $work/whole.cnf"
} >including.cnf
shows --config including.cnf

# The mistake that takes a program's digests away.
sed '/^default = std/d' whole.cnf >alone.cnf
akv --config alone.cnf secret show "$s" --output raw >out 2>err \
    || fail 'it has no settings'
equal "$(cat out)" v 'the secret'
contains err '^akv: warning: alone.cnf activates keyvault, and not the default provider, .*: add default = SECTION with activate = 1$'
# One that a program loads by itself, and others' names for the default one.
sed 's/^activate = 1//' alone.cnf >passive.cnf
shows --config passive.cnf
sed 's/^default = std/base = std/; s/^\[std\]/[std]\nidentity = default/' whole.cnf >renamed.cnf
shows --config renamed.cnf
