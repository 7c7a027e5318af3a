#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Counters, faults, clock and log of akv-emulator.

# shellcheck disable=SC2119 # functions with optional arguments

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" "$@"

start_seeded

section=counters
is 'reset' "$(control /counters/reset -X POST)" '{}'
is 'sign' "$(counter sign)" 0
token=
kv /keys/rsa
token=$admin
kv /keys/rsa/sign -d "$rs256"
kv /keys/rsa/sign -d '{}'
kv /keys/none
is 'sign' "$(counter sign)" 2
is 'get_key' "$(counter get_key)" 1
is 'total' "$(counter total)" 3
is 'challenges' "$(counter challenges)" 1
is 'tokens' "$(counter tokens)" 0
is 'tcp_accepts' "$(counter tcp_accepts)" 4
is 'max_in_flight' "$(counter max_in_flight)" 1
has 'statuses' "$(control /counters)" '"statuses":{"200":1,"400":1,"401":1,"404":1}'
has 'by_key' "$(control /counters)" '{"vault":"first","key":"rsa","operations":{"sign":2}}'

section='wait'
is 'at once' "$(control '/wait?op=sign&count=2&ms=0' -o /dev/null -w '%{http_code}')" 200
is 'in vain' "$(control '/wait?op=sign&count=3&ms=50' -o /dev/null -w '%{http_code}')" 408
is 'what is that' "$(control '/wait?op=fly' -o /dev/null -w '%{http_code}')" 400
control '/wait?op=sign&count=3&ms=20000' -o /dev/null -w '%{http_code}' >"$work/waited" &
waiter=$!
kv /keys/rsa/sign -d "$rs256"
wait "$waiter"
is 'woken' "$(cat "$work/waited")" 200

section=faults
while IFS='|' read -r rules want; do
    has "$rules" "$(control /faults -d "$rules")" "$want"
done <<'END'
{|not valid JSON
{"rulez":[]}|rulez: unknown member
[{}]|rules[0].action: missing
[{"action":{}}]|rules[0].action: missing
[{"action":{"delay":1}}]|rules[0].action.delay: unknown member
[{"action":{"delay_ms":-1}}]|rules[0].action.delay_ms
[{"action":{"status":{"kode":1}}}]|rules[0].action.status.kode: unknown member
[{"action":{"status":{}}}]|rules[0].action.status.code: missing
[{"action":{"body":"ugly"}}]|rules[0].action.body: unknown value \"ugly\"
[{"action":{"field":{"value":"ugly"}}}]|rules[0].action.field.value: unknown value \"ugly\"
[{"match":{"op":"fly"},"action":{"delay_ms":1}}]|rules[0].match.op: there is no operation 'fly'
[{"match":{"who":"me"},"action":{"delay_ms":1}}]|rules[0].match.who: unknown member
[{"phase":"never","action":{"delay_ms":1}}]|rules[0].phase: unknown value \"never\"
[{"phase":"before_auth","action":{"body":"truncated"}}]|rules[0].phase
[{"action":{"token":"expired"}}]|rules[0].action.token
[{"match":{"prob":2},"action":{"delay_ms":1}}]|rules[0].match.prob
END
# What each action does to a signature: status of HTTP, exit of curl, body.
while IFS='|' read -r rule code rc want; do
    faults "[$rule]"
    sign
    is "$rule: status" "$status" "$code"
    # shellcheck disable=SC2254 # a pattern: what TLS says of it differs
    case $curl_rc in $rc) ok ;; *) not_ok "$rule: curl says $curl_rc" ;; esac
    has "$rule: body" "$body" "$want"
done <<'END'
{"match":{"op":"sign"},"action":{"status":429}}|429|0|"code":"Throttled"
{"match":{"op":"sign"},"action":{"status":{"code":503,"error":"Busy","inner":"VeryBusy","message":"later"}}}|503|0|{"error":{"code":"Busy","message":"later","innererror":{"code":"VeryBusy"}}}
{"match":{"op":"sign","key":"rsa","vault":"first"},"action":{"status":500}}|500|0|InternalServerError
{"match":{"op":"sign","key":"other"},"action":{"status":500}}|200|0|"value"
{"match":{"op":"verify"},"action":{"status":500}}|200|0|"value"
{"match":{"op":"sign"},"phase":"before_auth","action":{"status":401}}|401|0|AKV10000
{"match":{"op":"sign"},"phase":"after_op","action":{"status":500}}|500|0|InternalServerError
{"action":{"status":503,"body":"html"}}|503|0|<html>
{"action":{"body":"not_json"}}|200|0|this is not JSON
{"action":{"body":"empty"}}|200|0|
{"action":{"body":"truncated"}}|200|0|{"kid":
{"action":{"drop":"before_response"}}|000|5?|
{"action":{"field":{"value":"missing"}}}|200|0|"kid":
{"action":{"field":{"kid":"null"}}}|200|0|"kid":null
{"action":{"field":{"value":"wrong_type"}}}|200|0|"value":1
{"action":{"field":{"value":"padded"}}}|200|0|==
END
for header in 'Retry-After: 7' 'x-other: y'; do
    faults '[{"action":{"status":{"code":429,"headers":{"Retry-After":"7","x-other":"y"}}}}]'
    sign
    has "$header" "$(cat "$work/headers")" "$header"
done
faults '[{"action":{"status":{"code":429,"headers":{"Retry-After":{"date_in_s":3}}}}}]'
sign
has 'date' "$(cat "$work/headers")" ' GMT'
faults '[{"action":{"status":401}}]'
sign
has 'challenge of an injected 401' "$(cat "$work/headers")" 'WWW-Authenticate: Bearer'
faults '[{"action":{"body":"huge","bytes":3000000}}]'
sign -o "$work/huge"
is 'huge' "$(wc -c <"$work/huge" | tr -d ' ')" 3000000
faults '[]'
sign
value=$(get value "$body") kid=$(get kid "$body")
length()
{
    unb64u "$1" | wc -c | tr -d ' '
}
for pair in short:255 long:257 leading_zero:257 bit_flipped:256; do
    faults "[{\"action\":{\"field\":{\"value\":\"${pair%:*}\"}}}]"
    sign
    is "${pair%:*}" "$(length "$(get value "$body")")" "${pair#*:}"
    [ "$(get value "$body")" != "$value" ] || not_ok "${pair%:*}: nothing changed"
done
for how in wrong_host wrong_name wrong_version; do
    faults "[{\"action\":{\"field\":{\"kid\":\"$how\"}}}]"
    sign
    is "$how: the same length" "$(get kid "$body" | wc -c)" "$(wc -c <<<"$kid")"
    [ "$(get kid "$body")" != "$kid" ] || not_ok "$how: nothing changed"
done
faults '[{"action":{"field":{"value":"bad_base64url"}}}]'
sign
has 'bad base64url' "$(get value "$body")" +
faults '[{"match":{"op":"get_key"},"action":{"field":{"key.n":"missing"}}}]'
kv /keys/rsa
lacks 'member of a member' "$body" '"n":'
statuses()
{
    for _ in 1 2 3 4 5 6; do
        sign
        printf '%s ' "$status"
    done
}
for pair in '"nth":2=200 500 200 200 200 200 ' '"every":3=200 200 500 200 200 500 ' \
    '"count":2=500 500 200 200 200 200 ' '"prob":0=200 200 200 200 200 200 '; do
    faults "[{\"match\":{${pair%%=*}},\"action\":{\"status\":500}}]"
    is "${pair%%=*}" "$(statuses)" "${pair#*=}"
done
faults '[{"match":{"prob":0.5,"seed":7},"action":{"status":500}}]'
first=$(statuses)
faults '[{"match":{"prob":0.5,"seed":7},"action":{"status":500}}]'
is 'the same seed' "$(statuses)" "$first"
has 'both happen' "$first" 200
has 'both happen' "$first" 500
faults '[{"match":{"op":"sign","nth":1},"action":{"status":500}},{"match":{"op":"sign"},"action":{"status":503}}]'
is 'the first that ends it wins' "$(statuses)" '500 503 503 503 503 503 '
has 'seen and fired' "$(control /faults)" '"seen":6,"fired":1'

section=delay
faults '[{"match":{"op":"sign"},"action":{"delay_ms":150}},{"match":{"op":"sign"},"action":{"delay_ms":150}}]'
sign -o /dev/null -w '%{http_code} %{time_total}'
has 'slow' "$body" 200
took=${body#* }
case $took in
    0.[0-2]*) not_ok "delays add up to 300 ms, but it took $took" ;;
    *) ok ;;
esac
faults '[{"match":{"op":"sign"},"action":{"delay_ms":100,"jitter_ms":200}}]'
times=
for _ in 1 2 3 4 5; do
    sign -o /dev/null -w '%{time_total}'
    times+=${body%?????}' '
    case $body in
        0.0*) not_ok "a delay of 100 to 300 ms took $body" ;;
        *) ok ;;
    esac
done
[ "$(tr ' ' '\n' <<<"$times" | sort -u | wc -l)" -gt 2 ] || not_ok "no jitter: $times"
for phase in before_auth:0 after_auth:1; do
    control /counters/reset -X POST >/dev/null
    faults "[{\"phase\":\"${phase%:*}\",\"action\":{\"status\":500}}]"
    sign
    is "${phase%:*}" "$status:$(counter total)" "500:${phase#*:}"
done
faults '[{"match":{"op":"sign"},"action":{"stall":true}}]'
sign --max-time 0.3
is 'stall' "$status:$curl_rc" 000:28
faults '[]'
sign
is 'none' "$status" 200

section=clock
kv /keys/future/sign -d '{"alg":"ES256","value":"'"$(digest sha256)"'"}'
is 'before nbf' "$status" 403
has 'set' "$(control /clock -d '{"freeze":true,"advance_s":3500}')" '"offset_s":3500,"freeze":true'
kv /keys/future/sign -d '{"alg":"ES256","value":"'"$(digest sha256)"'"}'
is 'after nbf, within the leeway' "$status" 200
control /clock -d '{"advance_s":1000}' >/dev/null
kv /keys/rsa
expect 'token has expired' 401 expired
token=$(get access_token "$(token_request)")
kv /keys/rsa
is 'fresh token' "$status" 200
has 'unknown member' "$(control /clock -d '{"minutes":1}')" 'minutes: unknown member'
control /clock -d '{"offset_s":0,"freeze":false}' >/dev/null
token=$admin

section=log
is 'reset' "$(control /log/reset -X POST)" '{}'
kv '/keys/rsa/?api%2Dversion=7.5' -H 'X-Odd: 1'
token_request >/dev/null
log=$(control /log)
has 'target' "$log" '"method":"GET","target":"/keys/rsa/?api%2Dversion=7.5"'
has 'header' "$log" '"X-Odd":"1"'
has 'reply' "$log" '"status":200,"reply":"{\"key\":{'
has 'token' "$log" '"Authorization":"Bearer token-'
lacks 'token' "$log" "$token"
lacks 'the reply that had it' "$log" access_token
has 'secret' "$log" 'client_secret=***'
lacks 'secret' "$log" 'emu8Q'

summary
