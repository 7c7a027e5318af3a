#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The state directory of akv-emulator: a restart finds everything.

# shellcheck disable=SC2119 # functions with optional arguments

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" "$@"

state=$work/state
echo '{"secrets":[{"name":"seeded","value":"one"}],"principals":[{"client_id":"p","client_secret":"x","operations":["get_key"]}]}' >"$work/seed.json"
start --dir "$state" --vault first --hsm myhsm --seed "$work/seed.json"
login

section=keep
kv /keys/K1/create -d '{"kty":"EC","tags":{"a":"b"},"attributes":{"exp":2208992461}}'
key=$(get x "$body")
kv /keys/k1/create -d '{"kty":"RSA","key_ops":["sign"]}'
kv /keys/k1/rotationpolicy -X PUT -d '{"attributes":{"expiryTime":"P90D"},"lifetimeActions":[]}'
kv /secrets/s1 -X PUT -d '{"value":"a\u0000b","contentType":"text"}'
kv /secrets/gone -X PUT -d '{"value":"x"}'
kv /secrets/gone -X DELETE
deleted=$(get deletedDate "$body")
kv /secrets/purged -X PUT -d '{"value":"x"}'
kv /secrets/purged -X DELETE
kv /deletedsecrets/purged -X DELETE
kv /certificates/c1/create -d '{"policy":{"x509_props":{"subject":"CN=c"},"issuer":{"name":"Self"}}}'
kv /certificates/c1
cert=$(get cer "$body")
kv /certificates/p1/create -d '{"policy":{"x509_props":{"subject":"CN=p"},"issuer":{"name":"Unknown"}}}'
kv /certificates/contacts -X PUT -d '{"contacts":[{"email":"a@b"}]}'
kv /secrets/seeded -X PUT -d '{"value":"two"}'
kv /keys/k1/backup -X POST
blob=$(get value "$body")
before=$admin
vault=$hsm login scope=https://managedhsm.azure.net/.default
vault=$hsm kv /keys/o1/create -d '{"kty":"oct-HSM"}'
vault=$hsm kv /keys/o1/encrypt -d '{"alg":"A256GCM","value":"AAAA"}'
sealed=$body
is 'files are private' "$(find "$state" -type f ! -perm 600)" ''
is 'directories are private' "$(find "$state" -type d ! -perm 700)" ''
is 'nothing is half-written' "$(find "$state" -name '*.tmp')" ''
[ -f "$state/vaults/first/keys/k1.json" ] || not_ok 'no file of a key'
[ ! -e "$state/vaults/first/secrets/purged.json" ] || not_ok 'purged, and still there'
old_ca=$(cat "$ca") old_client=$client old_secret=$secret old_tenant=$tenant
# Not even asked to end.
kill -KILL "$pid"
wait "$pid" 2>/dev/null
rm -rf "${ca%/*}"
: >"$state/vaults/first/keys/k9.json.tmp"

section=restart
start --dir "$state" --seed "$work/seed.json"
is 'CA' "$(cat "$ca")" "$old_ca"
is 'client' "$client $secret $tenant" "$old_client $old_secret $old_tenant"
token=$before
kv /keys/k1
expect 'an old token is good' 200 '"key_ops":["sign"]'
has 'kid' "$body" "/keys/K1/"
kv /keys/k1/versions
is 'versions' "$(grep -o '"kid"' <<<"$body" | wc -l | tr -d ' ')" 2
has 'tags' "$body" '"tags":{"a":"b"}'
version=$(grep -o "$vault/keys/K1/[0-9a-f]*" <<<"$body" | while IFS= read -r id; do kv "/keys/k1/${id##*/}"; case $body in *"$key"*) echo "${id##*/}" ;; esac; done)
[ -n "$version" ] || not_ok 'the EC version is lost'
kv "/keys/k1/$version/sign" -d "{\"alg\":\"ES256\",\"value\":\"$(digest sha256)\"}"
is 'signs' "$status" 200
kv /keys/k1/rotationpolicy
has 'rotation policy' "$body" '"expiryTime":"P90D"'
kv /secrets/s1
has 'secret' "$body" '"value":"a\u0000b"'
kv /secrets/seeded
has 'the seed does not come again' "$body" '"value":"two"'
kv /deletedsecrets/gone
is 'deleted' "$(get deletedDate "$body")" "$deleted"
kv /deletedsecrets/purged
is 'purged' "$status" 404
kv /certificates/c1
is 'certificate' "$(get cer "$body")" "$cert"
kv /secrets/c1
has 'its secret' "$body" '"managed":true'
kv /certificates/p1/pending
is 'operation' "$(get status "$body")" inProgress
kv /certificates/contacts
has 'contacts' "$body" a@b
kv /keys/k1 -X DELETE
kv /deletedkeys/k1 -X DELETE
kv /keys/restore -d "{\"value\":\"$blob\"}"
is 'backup of before' "$status" 200
vault=$hsm login scope=https://managedhsm.azure.net/.default
vault=$hsm kv /keys/o1/decrypt -d "{\"alg\":\"A256GCM\",\"value\":\"$(get value "$sealed")\",\"iv\":\"$(get iv "$sealed")\",\"tag\":\"$(get tag "$sealed")\"}"
is 'symmetric key of the mHSM' "$(get value "$body")" AAAA
has 'principals of the seed' "$(token_request client_id=p client_secret=x)" access_token
stop

section=missing
echo '{"keys":[{"name":"fresh","kty":"EC"}],"secrets":[{"name":"seeded","value":"one"},{"name":"gone","value":"x"}],"certificates":[{"name":"fresh-c","policy":{"x509_props":{"subject":"CN=a"}}}]}' >"$work/missing.json"
start --dir "$state" --seed "$work/missing.json"
login
kv /keys/fresh
is 'without --seed-missing' "$status" 404
stop
start --dir "$state" --seed "$work/missing.json" --seed-missing
login
kv /keys/fresh
is 'a key that was missing' "$status" 200
kv /certificates/fresh-c
is 'a certificate that was missing' "$status" 200
kv /secrets/seeded
has 'what is there stays' "$body" '"value":"two"'
kv /secrets/gone
is 'what is deleted stays deleted' "$status" 404
stop

section=damage
echo 'x' >"$state/vaults/first/keys/k1.json"
text=$("$emulator" --dir "$state" --ready-fd 3 3>/dev/null 2>&1)
is 'exit' $? 2
has 'names the file' "$text" keys/k1.json
text=$("$emulator" --dir "$work/none/state" --ready-fd 3 3>/dev/null 2>&1)
is 'exit' $? 2
has 'names the directory' "$text" "$work/none/state"

summary
