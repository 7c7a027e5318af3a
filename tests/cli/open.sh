#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# A host that asks for no token: each operation is done once, and the question
# before it is a list.

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" "$@"

emulator_options=(--auth off)
start_vault
keys=akv://$vault/keys
secrets=akv://$vault/secrets
cd "$work"

# once OPERATION LIST ARGUMENT...: akv does the operation, once, and has asked
# by the list before.
once()
{
    local operation=$1 list=$2

    shift 2
    reset_counters
    good "$@"
    expect_count "$operation" 1 "$list" 1 tokens 0
}

once create_key list_keys key create "$keys/k" --kty EC
once rotate_key list_keys key rotate "$keys/k"
once backup_key list_keys key backup "$keys/k" --file k.backup
once delete_key list_keys key delete "$keys/k"
once recover_deleted_key list_keys key recover "$keys/k"
once delete_key list_keys key delete "$keys/k"
once purge_deleted_key list_keys key purge "$keys/k"
once restore_key list_keys key restore "$keys" --file k.backup
good key list-versions "$keys/k"
[ "$(grep -c "$keys/k/" out)" -eq 2 ] || {
    show out
    fail "there are not two versions"
}
echo value >value
once set_secret list_secrets secret set "$secrets/s" --file value
once delete_secret list_secrets secret delete "$secrets/s"
once purge_deleted_secret list_keys secret purge "$secrets/s"

