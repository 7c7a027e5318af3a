#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Soft delete in akv-emulator: states, dates, and how slowly they change.

# shellcheck disable=SC2119 # functions with optional arguments

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" "$@"

cat >"$work/seed.json" <<'END'
{"vaults": ["first",
            {"name": "kept", "recoverable_days": 90, "purge_protection": true},
            {"name": "month", "recoverable_days": 30},
            {"name": "guarded", "recoverable_days": 30, "purge_protection": true},
            {"name": "quarter", "recoverable_days": 90},
            {"name": "old", "soft_delete": false}]}
END
start --seed "$work/seed.json"
login
# in_vault NAME PATH [CURL ARGUMENT]...
in_vault()
{
    local host=$1.localhost:${vault##*:}

    vault=https://$host kv "$2" --resolve "$host:127.0.0.1" "${@:3}"
}

section=keys
kv /keys/k/create -d '{"kty":"EC"}'
kid=$(get kid "$body")
kv /keys/k/create -d '{"kty":"EC"}'
kv /keys/k -X DELETE
expect 'delete' 200 "\"recoveryId\":\"$vault/deletedkeys/k\",\"deletedDate\":"
kv /keys/k -X DELETE
expect 'twice' 404 KeyNotFound
kv "/keys/k/${kid##*/}"
expect 'all versions are gone' 404 KeyNotFound
kv /keys/k/sign -d '{"alg":"ES256","value":"AAAA"}'
expect 'no signature' 404 KeyNotFound
kv /deletedkeys/k
expect 'deleted' 200 '"scheduledPurgeDate":'
kv /deletedkeys
expect 'list' 200 "\"recoveryId\":\"$vault/deletedkeys/k\""
kv /keys/k/create -d '{"kty":"EC"}'
expect 'taken' 409 '"message":"Key k is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the key can only be recovered or purged.","innererror":{"code":"ObjectIsDeletedButRecoverable"}'
kv /deletedkeys/k/recover -X POST
expect 'recover' 200 "\"kid\":\"$vault/keys/k/"
kv "/keys/k/${kid##*/}"
is 'all versions are back' "$status" 200
kv /deletedkeys/k
expect 'no longer' 404 '"message":"Deleted Key not found: k"'
kv /deletedkeys/k/recover -X POST
expect 'again' 400 RequestNotAllowedOnNonDeletedObject
kv /deletedkeys/k -X DELETE
expect 'purge of a live key' 404 'Deleted Key not found: k'
kv /keys/k/backup -X POST
blob=$(get value "$body")
kv /keys/restore -d "{\"value\":\"$blob\"}"
expect 'restore of a live key' 409 'There was a conflict restoring the key'
kv /keys/k -X DELETE
kv /deletedkeys/k -X DELETE
is 'purge' "$status:$body" 204:
kv /keys/restore -d "{\"value\":\"$blob\"}"
expect 'restore' 200 "\"kid\":\"$vault/keys/k/"
kv "/keys/k/${kid##*/}"
is 'with all versions' "$status" 200
kv /keys/restore -d '{"value":"AAAA"}'
expect 'bad blob' 400 'Malformed backup blob'
kv /keys/none/backup -X POST
expect 'none' 404 KeyNotFound

section=slow
has 'set' "$(control /slow-delete -d '{"polls":2}')" '"polls":2'
has 'unknown' "$(control /slow-delete -d '{"poll":2}')" 'poll: unknown member'
has 'negative' "$(control /slow-delete -d '{"ms":-1}')" 'ms: want a number'
kv /keys/k -X DELETE
is 'delete' "$status" 200
kv /keys/k/create -d '{"kty":"EC"}'
expect 'being deleted' 409 '"message":"Key k is currently being deleted and cannot be re-created; retry later.","innererror":{"code":"ObjectIsBeingDeleted"}'
for want in 404 404 200; do
    kv /deletedkeys/k
    is 'poll' "$status" "$want"
done
kv /deletedkeys/k/recover -X POST
is 'recover' "$status" 200
for want in 404 404 200; do
    kv /keys/k
    is 'poll' "$status" "$want"
done
control /slow-delete -d '{"ms":60000}' >/dev/null
kv /keys/k -X DELETE
kv /deletedkeys/k
is 'milliseconds' "$status" 404
kv /deletedkeys/k/recover -X POST
is 'not to be recovered yet' "$status" 404
control /slow-delete -d '{}' >/dev/null
kv /keys/k2/create -d '{"kty":"EC"}'
kv /keys/k2/backup -X POST
blob=$(get value "$body")
kv /keys/k2 -X DELETE
control /slow-delete -d '{"polls":2}' >/dev/null
kv /deletedkeys/k2 -X DELETE
is 'purge' "$status" 204
kv /deletedkeys/k2
is 'purged at once' "$status" 404
kv /keys/restore -d "{\"value\":\"$blob\"}"
expect 'being purged' 409 'There was a conflict restoring the key'
kv /keys/k2/create -d '{"kty":"EC"}'
expect 'being purged' 409 ObjectIsBeingDeleted
kv /keys/restore -d "{\"value\":\"$blob\"}"
is 'purged' "$status" 200
kv /keys/k2 -X DELETE
for want in 404 404 200; do
    kv /deletedkeys/k2
    is 'delete again' "$status" "$want"
done
kv /deletedkeys/k2/recover -X POST
for want in 409 409 200; do
    kv /keys/k2/create -d '{"kty":"EC"}'
    is 'a new version of what is being recovered' "$status" "$want"
done

section='slow certificate'
control /slow-delete -d '{}' >/dev/null
kv /certificates/c/create -d '{"policy":{"x509_props":{"subject":"CN=c"},"issuer":{"name":"Self"},"key_props":{"kty":"EC"}}}'
kv /certificates/c -X DELETE
control /slow-delete -d '{"polls":1}' >/dev/null
kv /deletedcertificates/c/recover -X POST
is 'recover' "$status" 200
for want in 404 200; do
    kv /certificates/c/backup -X POST
    is 'backup of what is being recovered' "$status" "$want"
done
blob=$(get value "$body")
kv /certificates/c -X DELETE
for want in 404 204; do
    kv /deletedcertificates/c -X DELETE
    is 'purge' "$status" "$want"
done
for want in 409 200; do
    kv /certificates/restore -d "{\"value\":\"$blob\"}"
    is 'restore of what is being purged' "$status" "$want"
done
kv /secrets/c
is 'its secret was in the backup' "$status" 200
kv /keys/c
is 'its key was in the backup' "$status" 200
control /slow-delete -d '{}' >/dev/null

section=levels
while read -r name level days purge; do
    in_vault "$name" /secrets/s -X PUT -d '{"value":"x"}'
    has "$name" "$body" "\"recoveryLevel\":\"$level\",\"recoverableDays\":$days"
    in_vault "$name" /secrets/s -X DELETE
    is "$name: delete" "$status" 200
    in_vault "$name" /deletedsecrets/s -X DELETE
    is "$name: purge" "$status" "$purge"
done <<'END'
first CustomizedRecoverable+Purgeable 7 204
month CustomizedRecoverable+Purgeable 30 204
quarter Recoverable+Purgeable 90 204
guarded CustomizedRecoverable 30 403
kept Recoverable 90 403
old Purgeable 0 404
END
in_vault kept /deletedsecrets/s -X DELETE
has 'protected' "$body" 'Operation \"purge\" is not allowed because purge protection is enabled for this vault.'
in_vault old /secrets/s -X PUT -d '{"value":"x"}'
in_vault old /secrets/s -X DELETE
lacks 'no soft delete' "$body" recoveryId
in_vault old /secrets/s -X PUT -d '{"value":"x"}'
is 'the name is free at once' "$status" 200

section=dates
in_vault month /secrets/s2 -X PUT -d '{"value":"x"}'
in_vault month /secrets/s2 -X DELETE
control /clock -d '{"advance_s":2591000}' >/dev/null
login
in_vault month /deletedsecrets/s2
is 'before the date' "$status" 200
control /clock -d '{"advance_s":2000}' >/dev/null
in_vault month /deletedsecrets/s2
is 'after the date' "$status" 404
in_vault month /secrets/s2 -X PUT -d '{"value":"x"}'
is 'the name is free' "$status" 200
stop

summary
