#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Operations on secrets of akv-emulator.

# shellcheck disable=SC2119 # functions with optional arguments

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" "$@"

cat >"$work/seed.json" <<'END'
{"vaults": ["first"],
 "secrets": [{"name": "seeded", "value": "from the seed", "contentType": "text",
              "tags": {"a": "b"}, "attributes": {"exp": "-1d"}}]}
END
start --seed "$work/seed.json"
login

section='set'
kv /secrets/s1 -X PUT -d '{"value":"one","contentType":"text/plain","tags":{"a":"b"},"attributes":{"enabled":true,"nbf":1893459661,"exp":2208992461}}'
expect 'set' 200 '"value":"one"'
has 'id' "$body" "\"id\":\"$vault/secrets/s1/"
has 'content type' "$body" '"contentType":"text/plain"'
has 'dates' "$body" '"nbf":1893459661,"exp":2208992461'
has 'level' "$body" '"recoveryLevel":"CustomizedRecoverable+Purgeable","recoverableDays":7'
lacks 'not as on a key' "$body" '"exportable"'
first=$(get id "$body")
kv '/secrets/s1?api-version=2025-07-01' -X PUT -d '{"value":"two"}'
expect 'second version' 200 '"value":"two"'
has 'previous version' "$body" "\"previousVersion\":\"${first##*/}\""
lacks 'nothing is inherited' "$body" contentType
second=$(get id "$body")
kv /secrets/empty -X PUT -d '{"value":""}'
expect 'empty value' 200 '"value":""'
kv /secrets/odd -X PUT -d '{"value":"a\u0000b\u00e9"}'
expect 'NUL' 200 '"value":"a\u0000b'
kv /secrets/odd
expect 'NUL again' 200 '"value":"a\u0000b'
value=$(head -c 25600 /dev/zero | tr '\0' x)
kv /secrets/large -X PUT -d "{\"value\":\"$value\"}"
is '25,600 bytes' "$status" 200
kv /secrets/large -X PUT -d "{\"value\":\"x$value\"}"
expect 'one more' 400 'must not exceed 25600'
tags=$(for i in $(seq 15); do printf '"t%d":"x",' "$i"; done)
kv /secrets/tags -X PUT -d "{\"value\":\"x\",\"tags\":{${tags%,}}}"
is '15 tags' "$status" 200
kv /secrets/tags -X PUT -d "{\"value\":\"x\",\"tags\":{$tags\"one\":\"more\"}}"
expect '16 tags' 400 Tags
type=$(head -c 255 /dev/zero | tr '\0' x)
kv /secrets/type -X PUT -d "{\"value\":\"x\",\"contentType\":\"$type\"}"
is 'content type of 255' "$status" 200
kv /secrets/type -X PUT -d "{\"value\":\"x\",\"contentType\":\"x$type\"}"
expect 'content type of 256' 400 'content type'
for bad in '{}' '{"value":1}' '{"value":null}'; do
    kv /secrets/bad -X PUT -d "$bad"
    expect "$bad" 400 'value is missing'
done
kv /secrets/bad_name -X PUT -d '{"value":"x"}'
expect 'name' 400 'invalid name: bad_name'
kv /secrets/bad
expect 'none was made' 404 SecretNotFound

section='get'
kv /secrets/seeded
expect 'seeded and expired' 200 '"value":"from the seed"'
has 'tags' "$body" '"tags":{"a":"b"}'
kv /secrets/s1/
is 'latest' "$(get value "$body")" two
kv "/secrets/s1/${first##*/}"
is 'first' "$(get value "$body")" one
kv /secrets/none
expect 'none' 404 '"code":"SecretNotFound","message":"A secret with (name/id) none was not found in this key vault.'
kv '/secrets/s1?outContentType=application/x-pem-file&api-version=2025-07-01'
expect 'transformation' 400 "The 'Unsupported' to 'PEM' transformation is not supported. Only PFX to PEM transformation is supported."
kv '/secrets/s1?outContentType=application/x-pem-file&api-version=7.6'
is 'unknown to an older version' "$status" 200

section='update'
kv "/secrets/s1/${second##*/}" -X PATCH -d '{"tags":{"x":"y"},"contentType":"new"}'
expect 'update' 200 '"contentType":"new"'
lacks 'no value' "$body" '"value"'
has 'tags' "$body" '"tags":{"x":"y"}'
kv /secrets/s1 -X PATCH -d '{"attributes":{"enabled":false}}'
expect 'latest' 200 '"enabled":false'
has 'tags stay' "$body" '"tags":{"x":"y"}'
kv /secrets/s1
expect 'disabled' 403 '{"error":{"code":"Forbidden","message":"Operation get is not allowed on a disabled secret.","innererror":{"code":"SecretDisabled"}}}'
kv "/secrets/s1/${first##*/}"
is 'the other version is not' "$status" 200
kv /secrets/none -X PATCH -d '{}'
expect 'none' 404 SecretNotFound
kv /secrets/s1 -X PATCH -d '{"contentType":7}'
is 'bad content type' "$status" 400

section='list'
kv /secrets
expect 'list' 200 "\"id\":\"$vault/secrets/seeded\""
lacks 'no values' "$body" '"value":"'
lacks 'nothing deleted' "$body" '"recoveryId"'
kv '/secrets?maxresults=1'
has 'link' "$body" "\"nextLink\":\"$vault/secrets?api-version=7.5&\$skiptoken="
kv /secrets/s1/versions
expect 'versions' 200 "\"id\":\"$first\""
has 'versions' "$body" "\"id\":\"$second\""
kv /secrets/none/versions
is 'of none' "$status:$body" '200:{"value":[],"nextLink":null}'

section=delete
kv /secrets/s1 -X DELETE
expect 'delete' 200 "\"recoveryId\":\"$vault/deletedsecrets/s1\""
lacks 'no value' "$body" '"value"'
has 'id' "$body" "\"id\":\"$second\""
is 'purge date' "$(($(get scheduledPurgeDate "$body") - $(get deletedDate "$body")))" $((7 * 86400))
kv /secrets/s1
expect 'gone' 404 SecretNotFound
kv /secrets/s1 -X DELETE
expect 'twice' 404 SecretNotFound
kv /deletedsecrets/s1
expect 'disabled and deleted' 403 SecretDisabled
kv /secrets/empty -X DELETE
kv /deletedsecrets/empty
expect 'deleted' 200 "\"recoveryId\":\"$vault/deletedsecrets/empty\""
kv /deletedsecrets
expect 'list' 200 "\"recoveryId\":\"$vault/deletedsecrets/empty\""
has 'list' "$body" '"scheduledPurgeDate":'
kv '/deletedsecrets?maxresults=1'
has 'link' "$body" "\"nextLink\":\"$vault/deletedsecrets?api-version=7.5&"
kv /secrets
lacks 'not among the living' "$body" /secrets/empty
kv /secrets/empty -X PUT -d '{"value":"x"}'
expect 'name is taken' 409 '"code":"Conflict","message":"Secret empty is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the secret can only be recovered or purged.","innererror":{"code":"ObjectIsDeletedButRecoverable"}'
kv /deletedsecrets/none
expect 'none' 404 '"message":"Deleted Secret not found: none"'

section=recover
kv /deletedsecrets/empty/recover -X POST
expect 'recover' 200 "\"id\":\"$vault/secrets/empty/"
lacks 'no recoveryId' "$body" recoveryId
kv /secrets/empty
expect 'back' 200 '"value":""'
kv /deletedsecrets/empty/recover -X POST
expect 'not deleted' 400 '"code":"MethodNotAllowed","message":"Secret exists already: empty","innererror":{"code":"RequestNotAllowedOnNonDeletedObject"}'
kv /deletedsecrets/none/recover -X POST
expect 'none' 404 'A secret with (name/id) none was not found'

section='backup'
kv /secrets/seeded/backup -X POST
is 'backup' "$status" 200
blob=$(get value "$body")
is 'how it begins' "$(unb64u "$blob" | head -c 42 | tail -c 41)" AzureKeyVaultSecretBackupV1.microsoft.com
lacks 'closed' "$(unb64u "$blob" | tr -d '\0')" 'from the seed'
kv /secrets/none/backup -X POST
expect 'none' 404 SecretNotFound
kv /secrets/restore -d "{\"value\":\"$blob\"}"
expect 'live' 409 "\"message\":\"There was a conflict restoring the secret '$vault/secrets/seeded/"
kv /secrets/seeded -X DELETE
kv /secrets/restore -d "{\"value\":\"$blob\"}"
expect 'deleted' 409 '"code":"Conflict"'
kv /deletedsecrets/seeded -X DELETE
is 'purge' "$status:$body" 204:
kv /deletedsecrets/seeded -X DELETE
expect 'purge again' 404 'Deleted Secret not found: seeded'
kv /secrets/restore -d "{\"value\":\"$blob\"}"
expect 'restore' 200 "\"id\":\"$vault/secrets/seeded/"
lacks 'no value' "$body" '"value"'
kv /secrets/seeded
expect 'restored' 200 '"value":"from the seed"'
for bad in "A$blob" "${blob%????}" AAAA x; do
    kv /secrets/restore -d "{\"value\":\"$bad\"}"
    expect 'bad blob' 400 '{"error":{"code":"Malformed backup blob","message":"Backup blob contains invalid or corrupt version."}}'
done
kv /keys/restore -d "{\"value\":\"$blob\"}"
expect 'of another kind' 400 'Malformed backup blob'
kv /secrets/restore -d '{}'
expect 'no blob' 400 'value is missing'
stop

summary
