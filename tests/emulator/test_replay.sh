#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Real requests to the service, recorded, sent to akv-emulator: it has to
# answer as the service did. They lie beside the project where they are.
# Usage: test_replay.sh PATH-OF-AKV-EMULATOR PATH-OF-REPLAY

# shellcheck disable=SC2119 # functions with optional arguments

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" "$@"

recordings=$(readlink -f "$(dirname "${BASH_SOURCE[0]}")/../..")/../shared/recordings
if [ ! -d "$recordings" ]; then
    echo 'skipped: ../shared/recordings is not there'
    exit 77
fi
start --vault first --hsm myhsm
login
vault_token=$token
login scope=https://managedhsm.azure.net/.default
(umask 077 && echo "$vault_token" >"$work/vault.token" && echo "$token" >"$work/hsm.token")
"$2" --excuses "$(dirname "${BASH_SOURCE[0]}")/contract/excuses.txt" \
    --vault "$vault" --vault-token "$work/vault.token" \
    --hsm "$hsm" --hsm-token "$work/hsm.token" --ca "$ca" --control "$socket" \
    "$recordings"/*.json "$recordings"/*.yaml
rc=$?
stop
[ "$rc" -eq 0 ] && summary
