#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Faults of akv-emulator beyond statuses and fields: how bytes, connections
# and TLS go wrong, redirects, the limits of the service, empty pages.

# shellcheck disable=SC2119 # functions with optional arguments

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" "$@"

start_seeded

section=rules
while IFS='|' read -r rules want; do
    has "$rules" "$(control /faults -d "$rules")" "$want"
done <<'END'
[{"action":{"drop":"later"}}]|rules[0].action.drop
[{"action":{"drop":{"after":1}}}]|rules[0].action.drop
[{"action":{"drop":{"after_bytes":-1}}}]|rules[0].action.drop
[{"action":{"content_length":"wrong"}}]|rules[0].action.content_length
[{"action":{"redirect":1}}]|rules[0].action.redirect
[{"action":{"throttle":"aws"}}]|rules[0].action.throttle
[{"action":{"throttle":"azure","scale":0}}]|rules[0].action.scale
[{"action":{"empty_page":1}}]|rules[0].action.empty_page
[{"action":{"tls":"old"}}]|rules[0].action.tls
[{"match":{"op":"sign"},"action":{"tls":"expired"}}]|rules[0].action.tls
[{"phase":"before_auth","action":{"drop":"after_headers"}}]|rules[0].phase
[{"match":{"op":"sign"},"action":{"token":"expired"}}]|rules[0].action.token
[{"match":{"op":"token"},"action":{"token":"claims_challenge"}}]|rules[0].action.token
END

section=manual
# Every example of the manual is one that is taken, and none is missing.
manual=$(dirname "${BASH_SOURCE[0]}")/../../docs/emulator.md
examples=$(sed -n '/^One example of each action/,/^- /p' "$manual" | grep '^    {')
[ "$(wc -l <<<"$examples")" -gt 30 ] || not_ok 'the manual has no examples'
while IFS= read -r rule; do
    faults "[${rule#    }]"
done <<<"$examples"
for action in delay_ms jitter_ms status headers date_in_s body '"truncated"' \
    '"not_json"' '"empty"' '"html"' '"huge"' '"deep"' '"duplicate_members"' \
    field '"missing"' stall '"before_response"' '"rst"' '"after_headers"' \
    after_bytes '"long"' '"short"' redirect throttle scale empty_page \
    '"tls": "expired"' '"wrong_host"' '"other_ca"' '"closed"' \
    '"token": "expired"' '"wrong_audience"' '"claims_challenge"'; do
    has 'manual' "$examples" "$action"
done
faults '[]'

section=connections
# Exit status of curl: 18 partial, 52 nothing, 56 reset; TLS may say it otherwise.
while IFS='|' read -r rule code rcs want; do
    faults "[$rule]"
    control /counters/reset -X POST >/dev/null
    sign
    is "$rule: status" "$status" "$code"
    case " $rcs " in *" $curl_rc "*) ok ;; *) not_ok "$rule: curl says $curl_rc" ;; esac
    [ -z "$want" ] || has "$rule: body" "$body" "$want"
    is "$rule: was done" "$(counter sign)" 1
done <<'END'
{"action":{"drop":"rst"}}|000|35 52 55 56|
{"action":{"drop":"after_headers"}}|200|18 56|
{"action":{"drop":{"after_bytes":8}}}|200|18 56|{"kid":"
{"action":{"content_length":"long"}}|200|18 56|{"kid":
{"action":{"content_length":"short"}}|200|0 56|{"kid":
{"action":{"body":"deep"}}|200|0|{"value":[[[[
{"action":{"body":"duplicate_members"}}|200|0|"value":"duplicate"}
END
faults '[{"action":{"content_length":"short"}}]'
sign
[ "${body: -1}" != '}' ] || not_ok 'short: it is all there'

section=redirect
faults '[{"match":{"op":"sign"},"action":{"redirect":"https://attacker.example/keys"}}]'
sign
is 'status' "$status" 307
has 'Location' "$(cat "$work/headers")" 'Location: https://attacker.example/keys'
faults '[{"match":{"op":"sign"},"action":{"redirect":"https://other.example/","status":302}}]'
sign
is 'status' "$status" 302

section=tls
for pair in expired:60 wrong_host:60 other_ca:60 closed:35; do
    faults "[{\"match\":{\"count\":1},\"action\":{\"tls\":\"${pair%:*}\"}}]"
    sign
    is "${pair%:*}" "$curl_rc" "${pair#*:}"
    sign
    is "${pair%:*}: only once" "$status" 200
done

section=throttle
faults '[{"action":{"throttle":"azure","scale":0.001}}]'
statuses=
for _ in 1 2 3 4 5; do
    sign
    statuses+="$status "
done
is '4 signatures with RSA-2048' "$statuses" '200 200 200 200 429 '
has 'reason' "$body" '"code":"Throttled","message":"Request was not processed because too many requests were received. Reason: VaultRequestTypeLimitReached"'
lacks 'no Retry-After' "$(cat "$work/headers")" Retry-After
kv /secrets
is 'secrets have a budget of their own' "$status" 200
# The budget fills with time alone: there is no event to wait for.
sleep 3
sign
is 'and there after a while' "$status" 200

section='empty pages'
faults '[{"match":{"op":"list_keys","every":2},"action":{"empty_page":true}},{"match":{"op":"list_keys","nth":1},"action":{"empty_page":true}}]'
link="$vault/keys?api-version=7.5&maxresults=3" found=0 empty=0 pages=0
while [ -n "$link" ] && [ "$pages" -lt 20 ]; do
    page=$(curl -sS -g --cacert "$ca" -H "Authorization: Bearer $token" "$link")
    pages=$((pages + 1))
    case $page in *'"value":[]'*) empty=$((empty + 1)) ;; esac
    found=$((found + $(grep -o '"kid"' <<<"$page" | wc -l)))
    case $page in
        *'"nextLink":null}') link= ;;
        *) link=$(get nextLink "$page") ;;
    esac
done
is 'all keys' "$found" 9
is 'empty pages' "$empty" 4
faults '[]'
stop

summary
