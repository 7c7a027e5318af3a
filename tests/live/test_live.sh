#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# live.sh against the emulator by the service's own names, as it would be run:
# nothing is trusted but its CA. Called as test_live.sh BUILD-DIR.

# shellcheck source=../sdk/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../sdk/lib.sh" "$@"

# live.sh runs the system's openssl with the module.
[ ${#sanitizer[@]} -eq 0 ] || skip 'the module needs a sanitizer of the program'
in_namespace "$@"
start_whole_vault names
# What takes no time in the end does so here at once.
control /slow-delete -d '{"create_polls": 1}' >&9

export AZURE_AUTHORITY_HOST=$SDK_AUTHORITY AZURE_TENANT_ID=$tenant_id \
    AZURE_CLIENT_ID=$client_id AZURE_CLIENT_SECRET=$client_secret \
    AKV_CA_FILE=$ca_file AKV_CREDENTIAL=environment
live=(env -u OPENSSL_CONF -u OPENSSL_MODULES -u AKV_TRUSTED_HOSTS
    timeout -k 60 300 "$(readlink -f "$(dirname "${BASH_SOURCE[0]}")")/live.sh" "$build")

live()
{
    "${live[@]}" "$@" 9>&-
}

nothing_is_left()
{
    local kind

    for kind in secret key certificate; do
        good "$kind" list https://sdk.vault.azure.net
        ! grep -q akvlive "$work/out" || fail "$kind: left behind"
        good "$kind" list-deleted https://sdk.vault.azure.net
        ! grep -q akvlive "$work/out" || fail "$kind: not purged"
    done
}

# None of these asks anything of anybody.
while read -r -a arguments; do
    status=0
    live "${arguments[@]}" >"$work/out" 2>&1 || status=$?
    equal "$status" 2 "live.sh ${arguments[*]}"
    contains "$work/out" "${arguments[-1]}"
done <<'END'
http://sdk.vault.azure.net
https://sdk.vault.azure.net/
my_vault
sdk --report /absent/report
sdk --hsm a.b
sdk --colour
END

live sdk --hsm hsm --report "$work/report" >"$work/out" 2>&1 || {
    show "$work/out"
    fail "live.sh ended with $?"
}
show "$work/out"
contains "$work/out" 'passed, 0 failed'
nothing_is_left

# What differs is told, by whom it was recorded, and nothing of the vault.
tells_differences()
{
    local status=0

    control /faults -d '[{"match": {"op": "update_key"}, "action": {"status": {"code": 403,
    "error": "Forbidden", "message": "not at sdk.vault.azure.net"}}}]' >&9
    live https://sdk.vault.azure.net --report "$work/report" \
        --recordings 'keys-update-disabled*' >"$work/out" 2>&1 || status=$?
    show "$work/out"
    equal "$status" 1 'the exit status'
    contains "$work/report" 'differs from the service, recorded in keys-update-disabled'
    contains "$work/report" 'PATCH /keys/N/N 200: status: 403, not 200'
    ! grep -E 'sdk|akvlive' "$work/report" || fail 'the report names the vault'
    control /faults -d '[]' >&9
}
if [ -d "$(dirname "${BASH_SOURCE[0]}")/../../../shared/recordings" ]; then
    tells_differences
fi

# A signal ends it, and what it made is purged.
control /counters/reset -X POST >&9
"${live[@]}" sdk --recordings none --report "$work/report" >"$work/out" 2>&1 9>&- &
pid=$!
control '/wait?op=create_key&count=1&ms=60000' >&9
status=0
kill -TERM "$pid"
wait "$pid" || status=$?
equal "$status" 143 'the exit status after a signal'
nothing_is_left

# Where nobody can tell what is left, it does not say that nothing is.
control /faults -d '[{"match": {"op": "list_deleted_secrets"}, "action": {"status": 403}}]' >&9
status=0
live sdk --recordings none --report "$work/report" >"$work/out" 2>&1 || status=$?
equal "$status" 1 'the exit status if deleted secrets cannot be listed'
contains "$work/report" 'a secret may be left behind'
