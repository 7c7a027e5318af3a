#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What is tried again, how often and how soon: statuses, broken connections
# and tokens that are no longer good. The counters prove each. Usage: retry.sh
# BUILD-DIR

# shellcheck source=bad_input.sh
. "$(dirname "${BASH_SOURCE[0]}")/bad_input.sh"

# after RULES: a signature works in spite of them. Sets took.
after()
{
    fault "[$1]"
    reset_counters
    timed sign_works
    fault '[]'
}

statuses()
{
    local code

    after '{"match":{"op":"sign","count":2},"action":{"status":503}}'
    expect_count sign 3 get_key 1 tokens 1 tcp_accepts 1 503 2 total 4
    # Back-off: 250 ms and 500 ms, give or take a fifth.
    took_between 600 10000
    for code in 408 429 500 502 503 504; do
        after '{"match":{"op":"sign","count":1},"action":{"status":'$code'}}'
        expect_count sign 2 get_key 1 tokens 1 "$code" 1 total 3
    done
    after '{"match":{"op":"get_key","count":2},"action":{"status":500}}'
    expect_count sign 1 get_key 3 tokens 1 total 4
    after '{"match":{"op":"get_key","count":1},"phase":"before_auth",
        "action":{"status":503}}'
    expect_count sign 1 get_key 1 tokens 1 503 1
    after '{"match":{"op":"token","count":1},"action":{"status":503}}'
    expect_count sign 1 get_key 1 tokens 1
    # An error page of some gateway is a 503 like any other.
    after '{"match":{"op":"sign","count":1},
        "action":{"status":503,"body":"html"}}'
    expect_count sign 2
}

# What cannot become better is not tried again.
final()
{
    local code

    for code in 400 403 404 409 501; do
        fault '[{"match":{"op":"sign"},"action":{"status":'$code'}}]'
        reset_counters
        sign_fails "HTTP $code"
        expect_count sign 1 "$code" 1 total 2
    done
    fault '[{"match":{"op":"token"},"action":{"status":400}}]'
    reset_counters
    sign_fails 'HTTP 400'
    expect_count tokens 0 total 0
    fault '[]'
}

# The service says when.
hints()
{
    local throttled='{"match":{"op":"sign","count":1},"action":
        {"status":{"code":429,"headers":{HINT}}}}'

    after "${throttled/HINT/\"Retry-After\":\"1\"}"
    expect_count sign 2 429 1
    took_between 1000 6000
    after "${throttled/HINT/\"Retry-After\":{\"date_in_s\":2}}"
    expect_count sign 2 429 1
    took_between 900 7000
    after "${throttled/HINT/\"Retry-After\":\"8\",\"retry-after-ms\":\"1100\"}"
    took_between 1090 7900
    after "${throttled/HINT/\"x-ms-retry-after-ms\":\"1200\"}"
    took_between 1190 6000
    after "${throttled/HINT/\"Retry-After\":\"0\"}"
    expect_count sign 2 429 1
    # Neither a number nor a date: as if it were not there.
    after "${throttled/HINT/\"Retry-After\":\"soon\"}"
    took_between 190 5000
    after "${throttled/HINT/\"Retry-After\":\"-1\"}"
    took_between 190 5000
}

# A connection that breaks before the answer: the vault may have signed, and
# signs again.
connections()
{
    local op

    for op in get_key sign; do
        after '{"match":{"op":"'$op'","count":1},
            "action":{"drop":"before_response"}}'
        expect_count $op 2 tokens 1 tcp_accepts 2 total 3
    done
    after '{"match":{"op":"sign","count":2},
        "action":{"drop":"before_response"}}'
    expect_count sign 3 get_key 1 tokens 1
    after '{"match":{"op":"token","count":1},
        "action":{"drop":"before_response"}}'
    expect_count sign 1 get_key 1 tcp_accepts 2
    # Not for ever, though.
    fault '[{"match":{"op":"sign"},"action":{"drop":"before_response"}}]'
    reset_counters
    sign_fails 'cannot be reached'
    [ "$(count sign)" -ge 2 ] || fail 'not tried again'
    [ "$(count sign)" -le 8 ] || fail 'tried too often'
    fault '[]'
}

# One more than before: what the client for the server below was told.
handshake()
{
    connect plain page -tls1_3
    contains page 'Verification: OK|Verify return code: 0'
}

# The server starts with a good token. The vault's clock then goes on without
# the client's: 401, one fresh token, one more try.
expired_token()
{
    reset_counters
    serve ossl server -cert ca.crt -key "$key"
    handshake
    expect_count sign 1 tokens 1 challenges 1 401 1
    control /clock -d '{"advance_s": 7200}' >reply
    handshake
    expect_count sign 2 tokens 2 challenges 2 401 2 get_key 1 total 3
    handshake
    expect_count sign 3 tokens 2 401 2
    stop "$server"
    control /clock -d '{"offset_s": 0}' >reply
    # Refused although it is fresh: told, not repeated for ever.
    fault '[{"match":{"op":"sign"},"phase":"before_auth",
        "action":{"status":401}}]'
    reset_counters
    sign_fails 'authentication failed.*HTTP 401'
    expect_count sign 0 tokens 2 401 3
    fault '[]'
}

# A server that could not sign once can do so again: the connection is not
# broken by it.
after_a_failure()
{
    vars=(AKV_RETRY_AFTER_FAILURE=0s)
    serve ossl server -cert ca.crt -key "$key"
    reset_counters
    fault '[{"match":{"op":"sign","count":1},"action":{"status":403}}]'
    if plain s_client -connect "127.0.0.1:$port" -tls1_3 </dev/null \
        >page 2>&1; then
        fail 'the handshake works without a signature'
    fi
    handshake
    expect_count sign 2 tcp_accepts 0 tokens 0 403 1
    stop "$server"
    contains server.log ':keyvault:.*forbidden.*HTTP 403'
    [ "$(grep -c ':keyvault:' server.log)" -eq 1 ] || fail 'more than one reason'
    vars=()
    fault '[]'
}

begin
plain req -x509 -key rsa.pem -subj /CN=localhost -days 2 -out ca.crt
statuses
final
hints
connections
expired_token
after_a_failure
end
