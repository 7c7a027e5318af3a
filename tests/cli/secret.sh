#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# akv secret: every verb, and what is refused.

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" "$@"
need jq jq

start_vault
secrets=akv://$vault/secrets
s=$secrets/one

# --- Values -------------------------------------------------------------------

# The first set, from standard input: all that is said of it, but its value.
printf '%s' "$secret_value" >"$work/value"
good secret set "$s" --content-type text/plain --tag a=1 --tag 'b=x y=z' \
    --not-before 2020-01-31 --expires 2099-01-31T12:00:00Z <"$work/value"
is name one contentType text/plain tags.a 1 tags.b 'x y=z' \
    attributes.enabled true attributes.notBefore 2020-01-31T00:00:00Z \
    attributes.expires 2099-01-31T12:00:00Z
lacks "$work/out" "$secret_value"
first=$(result_version)
is uri "$s/$first"

good secret show "$s" --output raw
same "$work/out" "$work/value"
good secret show "$s"
is value "$secret_value" version "$first" tags.b 'x y=z'
good secret show "$s" --output json
equal "$(json .value)" "$secret_value" "the value in JSON"
equal "$(json .attributes.enabled)" true "a flag in JSON"
equal "$(json '.tags | length')" 2 "the tags in JSON"
good secret show --output=raw -- "$s/$first"
same "$work/out" "$work/value"
good secret download "$s"
same "$work/out" "$work/value"

# From a file; the second version, with the first still there.
printf 'grüße\nand a line' >"$work/text"
good secret set "$s" --file "$work/text"
second=$(result_version)
[ "$first" != "$second" ] || fail "there is no new version"
good secret show "$s" --output raw
same "$work/out" "$work/text"
good secret show "$s/$first" --output raw
same "$work/out" "$work/value"
good secret list-versions "$s"
equal "$(sort "$work/out")" \
    "$(printf '%s\n' "$s/$first" "$s/$second" | sort)" "the versions"

# A file, for its owner only, whatever was there before.
(
    umask 000
    echo old >"$work/got"
    good secret download "$s" --file "$work/got"
)
same "$work/got" "$work/text"
equal "$(stat -c %a "$work/got")" 600 "the mode of a downloaded secret"
[ ! -s "$work/out" ] || fail "something was printed besides the file"
no_leftovers "$work/got"

# Binary: each byte, and NUL among them.
for byte in {0..255}; do
    printf '%b' "\\x$(printf %x "$byte")"
done >"$work/bytes"
for encoding in base64 hex; do
    good secret set "$secrets/$encoding" --encoding "$encoding" \
        <"$work/bytes"
    is tags.file-encoding "$encoding"
    good secret download "$secrets/$encoding"
    same "$work/out" "$work/bytes"
    good secret download "$secrets/$encoding" --encoding utf-8 \
        --file "$work/got"
    if [ "$encoding" = base64 ]; then
        base64 -w0 "$work/bytes" >"$work/text2"
    else
        od -An -v -tx1 "$work/bytes" | tr -d ' \n' >"$work/text2"
    fi
    same "$work/got" "$work/text2"
done
put plain 68656c6c6f
good secret download "$secrets/plain" --encoding hex
equal "$(cat "$work/out")" hello "decoded by --encoding"
bad 1 "not hex" secret download "$secrets/base64" --encoding hex
bad 2 "--encoding 'latin1'" secret set "$s" --encoding latin1 <"$work/value"

# What is not text is not guessed at, and nothing is sent.
reset_counters
for bytes in '\xff' 'a\xc3' '\xc0\x80' '\xed\xa0\x80'; do
    printf '%b' "$bytes" >"$work/bad"
    bad 2 '--encoding base64 or --encoding hex' secret set "$s" <"$work/bad"
done
expect_count total 0 challenges 0

# NUL is legal in JSON, and in UTF-8.
printf 'a\0b' >"$work/nul"
good secret set "$secrets/nul" <"$work/nul"
good secret show "$secrets/nul" --output raw
same "$work/out" "$work/nul"
good secret show "$secrets/nul" --output json
equal "$(json '.value | length')" 3 "characters of a value with NUL"
good secret download "$secrets/nul" --file "$work/got"
same "$work/got" "$work/nul"
# Text does not end at it: what cannot be shown as it is becomes JSON.
good secret show "$secrets/nul"
is value '"a\u0000b"'

good secret set "$secrets/empty" </dev/null
good secret show "$secrets/empty" --output raw
[ ! -s "$work/out" ] || fail "an empty value is not empty"
good secret show "$secrets/empty" --output json
equal "$(json '.value')" '' "an empty value in JSON"
good secret download "$secrets/empty" --file "$work/got"
[ ! -s "$work/got" ] || fail "an empty value makes a file with something"

# 25,600 bytes are the limit, of what is stored.
head -c 25600 /dev/zero | tr '\0' x >"$work/large"
good secret set "$secrets/large" <"$work/large"
good secret show "$secrets/large" --output raw
same "$work/out" "$work/large"
reset_counters
printf x >>"$work/large"
bad 2 '25600|25,600' secret set "$secrets/large" <"$work/large"
bad 2 '25600|25,600' secret set "$secrets/large" --file "$work/large"
head -c 12801 /dev/zero >"$work/large"
bad 2 '25600|25,600' secret set "$secrets/large" --encoding hex \
    <"$work/large"
expect_count total 0 challenges 0

# --- Attributes, tags, names ----------------------------------------------------

tags=()
for i in {1..15}; do
    tags+=(--tag "t$i=$i")
done
put tagged x "${tags[@]}"
good secret show "$secrets/tagged" --output json
equal "$(json '.tags | length')" 15 "the tags"
reset_counters
bad 2 '16 tags' secret set "$secrets/tagged" --tag one=more "${tags[@]}" \
    <"$work/value"
bad 2 "--tag 'novalue'" secret set "$s" --tag novalue <"$work/value"
bad 2 "--tag '=v'" secret set "$s" --tag =v <"$work/value"
bad 2 "--expires 'tomorrow'" secret set "$s" --expires tomorrow <"$work/value"
bad 2 "--not-before '2026-13-01'" secret set "$s" --not-before 2026-13-01 \
    <"$work/value"
bad 2 "--enabled 'maybe'" secret set "$s" --enabled maybe <"$work/value"
bad 2 "no-such-file" secret set "$s" --file "$work/no-such-file"
for name in under_score 'a b' 'ü' 'a%20b' "$(printf 'a%.0s' {1..128})"; do
    bad 2 "name '|character '%'" secret set "$secrets/$name" <"$work/value"
done
bad 2 'expected' secret show "akv://$vault/keys/one"
bad 2 'expected' secret show "$secrets"
bad 2 . secret show ''
expect_count total 0 challenges 0

# As the portal has it, and az; options before group and verb.
good secret show "https://$vault/secrets/one" --output raw
cp "$work/out" "$work/one"
good secret show --output raw --id "https://$vault/secrets/one"
same "$work/out" "$work/one"
good --output raw secret --set timeout=9s show "$secrets/one"
same "$work/out" "$work/one"
vars+=("AKV_DEFAULT_VAULT=https://$vault/")
good secret list
contains "$work/out" "^akv://$vault/secrets/one"
unset 'vars[-1]'
bad 2 'URI is missing.* default-vault' secret list
for way in --help -h; do
    good secret show "$way"
    contains "$work/out" '^usage: akv secret show URI'
done
good help secret show
contains "$work/out" '^usage: akv secret show URI'
good help
contains "$work/out" '^usage: akv GROUP VERB'
good -h
contains "$work/out" '^usage: akv GROUP VERB'
good secret -h
contains "$work/out" '^usage: akv secret VERB'

# Without the white space at its end; as lines of base64.
printf 'typed 

' >"$work/typed"
good secret set "$secrets/trimmed" --trim --file "$work/typed"
good secret show "$secrets/trimmed" --output raw
equal "$(cat "$work/out")" typed "a value that was trimmed"
[ "$(wc -c <"$work/out")" -eq 5 ] || fail 'white space is left'
printf 'aGVsbG8g
d29ybGQ=
' >"$work/lines"
good secret set "$secrets/lines" --file "$work/lines"
good secret download "$secrets/lines" --encoding base64
equal "$(cat "$work/out")" 'hello world' "lines of base64"

# Update: what is not named stays; the value is not touched.
good secret update "$s/$second" --content-type application/json --tag c=3
is contentType application/json tags.c 3 tags.a '' version "$second"
good secret update "$s/$second" --expires 4102444800
is attributes.expires 2100-01-01T00:00:00Z contentType application/json \
    tags.c 3
good secret update "$s/$second" --enabled no
is attributes.enabled false
bad 4 'SecretDisabled|disabled' secret show "$s"
bad 4 'SecretDisabled|disabled' secret download "$s" --file "$work/absent"
[ ! -e "$work/absent" ] || fail "a failed download has left a file"
no_leftovers "$work/absent"
good secret list-versions "$s"
contains "$work/out" "$second	disabled\$"
good secret update "$s/$second" --enabled yes
good secret show "$s" --output raw
same "$work/out" "$work/text"
bad 3 'SecretNotFound|not found' secret update "$secrets/missing/$second" \
    --enabled no
put off x --enabled no
is attributes.enabled false

# --- Lists ------------------------------------------------------------------------

for i in {1..60}; do
    printf '"list-%s",' "$i"
done >"$work/names"
for i in {1..60}; do
    printf x | akv secret set "$secrets/list-$i" >"$work/out"
done
reset_counters
good secret list "$secrets"
equal "$(grep -c "^$secrets/list-[0-9]*\$" "$work/out")" 60 "names in a list"
equal "$(sort -u "$work/out" | wc -l)" "$(wc -l <"$work/out")" "names but once"
contains "$work/out" "^$secrets/off	disabled\$"
[ "$(count list_secrets)" -ge 3 ] || fail "60 names came in too few pages"
cp "$work/out" "$work/listed"
good secret list "akv://$vault"
same "$work/out" "$work/listed"
good secret list "$secrets" --output json
equal "$(json length)" "$(wc -l <"$work/listed")" "the list in JSON"
equal "$(json '.[].uri' | sort)" "$(cut -f1 "$work/listed" | sort)" "the URIs"
good secret list-versions "$secrets/missing"
[ ! -s "$work/out" ] || fail "there are versions of what is not there"

# --- Deletion -----------------------------------------------------------------------

for slow in '{}' '{"polls": 1}'; do
    control /slow-delete -d "$slow" >&9
    put gone "$secret_value"
    good secret delete "$secrets/gone"
    is name gone
    contains "$work/out" '^recoveryId: https://.*/deletedsecrets/gone$'
    contains "$work/out" '^scheduledPurge: 20'
    bad 3 'SecretNotFound' secret show "$secrets/gone"
    bad 6 'Conflict' secret set "$secrets/gone" <"$work/value"
    good secret show-deleted "$secrets/gone"
    is name gone
    good secret list-deleted "$secrets"
    contains "$work/out" '/secrets/gone$'
    good secret recover "$secrets/gone"
    good secret show "$secrets/gone" --output raw
    equal "$(cat "$work/out")" "$secret_value" "a recovered value"

    good secret backup "$secrets/gone" --file "$work/blob.$slow"
    equal "$(stat -c %a "$work/blob.$slow")" 600 "the mode of a backup"
    lacks "$work/blob.$slow" "$secret_value"
    bad 6 'Conflict' secret restore "$secrets" --file "$work/blob.$slow"
    good secret delete "$secrets/gone"
    control /slow-delete -d '{}' >&9
    good secret purge "$secrets/gone"
    [ ! -s "$work/out" ] || fail "purge has printed something"
    bad 3 'not found' secret show-deleted "$secrets/gone"
    good secret restore "$secrets" --file "$work/blob.$slow"
    is name gone
    good secret show "$secrets/gone" --output raw
    equal "$(cat "$work/out")" "$secret_value" "a restored value"
    good secret backup "$secrets/gone"
    cp "$work/out" "$work/blob"
    good secret delete "$secrets/gone" --no-wait
    good secret purge "$secrets/gone"
    good secret restore "$secrets" <"$work/blob"
    good secret show "$secrets/gone" --output raw
    equal "$(cat "$work/out")" "$secret_value" "a value restored from a pipe"
    good secret delete "$secrets/gone"
    good secret purge "$secrets/gone"
done

# A name that was purged is free only some seconds later.
control /slow-delete -d '{"polls": 2}' >&9
echo a | good secret set "$secrets/again"
good secret delete "$secrets/again"
good secret purge "$secrets/again"
echo b | good secret set "$secrets/again"
good secret delete "$secrets/again"
control /slow-delete -d '{"polls": 99}' >&9
good secret purge "$secrets/again"
vars+=(AKV_TIMEOUT=1s)
echo c | bad 6 'ObjectIsBeingDeleted' secret set "$secrets/again"
control /slow-delete -d '{}' >&9
unset 'vars[-1]'

bad 2 'single version' secret delete "$s/$first"
bad 3 'not found' secret delete "$secrets/missing"
bad 3 'not found' secret purge "$secrets/missing"
bad 3 'not found' secret recover "$secrets/missing"
bad 3 'not found' secret backup "$secrets/missing" --file "$work/absent"
[ ! -e "$work/absent" ] || fail "a failed backup has left a file"

# What is no backup, and a backup of another kind.
echo 'not a backup' >"$work/noblob"
bad 1 'backup' secret restore "$secrets" --file "$work/noblob"
bad 2 'cannot be read' secret restore "$secrets" --file "$work/absent"

# --- Nothing half-written -----------------------------------------------------------

echo before >"$work/kept"
fault '[{"match": {"op": "get_secret"}, "action": {"body": "truncated"}}]'
bad 1 . secret download "$s" --file "$work/kept"
fault '[{"match": {"op": "get_secret"}, "action": {"body": "not_json"}}]'
bad 1 . secret download "$s" --file "$work/kept"
fault '[{"match": {"op": "get_secret"}, "action": {"field": {"value": "missing"}}}]'
bad 1 . secret download "$s" --file "$work/kept"
fault '[]'
equal "$(cat "$work/kept")" before "a file after failed downloads"
no_leftovers "$work/kept"
bad 2 'cannot be written' secret download "$s" --file "$work/no/folder"

# A disk that is full: a limit on the size of files is as good. The signal of
# it must be ignored, as a write to a full disk gives an error and no signal.
good secret set "$secrets/large" --file <(head -c 25600 "$work/large" \
    | tr '\0' x | head -c 12800)
status=0
(
    trap '' XFSZ
    ulimit -f 4
    akv secret download "$secrets/large" --file "$work/kept" \
        >/dev/null 2>"$work/err.full"
) || status=$?
show "$work/err.full"
contains "$work/err.full" "kept' cannot be written: File too large"
[ "$status" -ne 0 ] || fail "a file that did not fit is a success"
equal "$(cat "$work/kept")" before "a file after a full disk"
no_leftovers "$work/kept"
