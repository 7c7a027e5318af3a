#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# A vault that has no time or says nothing at all: the command ends when its
# time is up, or at once where waiting is of no use.

# shellcheck source=bad_input.sh
. "$(dirname "${BASH_SOURCE[0]}")/bad_input.sh"

# With two seconds to go. More than five are a hang even on a busy machine.
slow()
{
    fault "[$1]"
    sign_fails "$2" AKV_TIMEOUT=2s
}

throttled()
{
    # Tried again as long as there is time.
    reset_counters
    slow '{"match":{"op":"sign"},"action":{"status":429}}' \
        'throttled.*next try would be in [0-9]+ ms.*HTTP 429'
    took_between 500 6000
    [ "$(count sign)" -ge 2 ] || fail 'not tried again'
    slow '{"match":{"op":"sign"},"action":{"status":503}}' \
        'no answer in time.*[0-9]+ ms.*HTTP 503'
    slow '{"match":{"op":"get_key"},"action":{"status":500}}' \
        'no answer in time.*[0-9]+ ms.*HTTP 500'
    slow '{"match":{"op":"token"},"action":{"status":503}}' 'AADSTS90033'
    # Not even begun, where the vault itself says that there is no use.
    reset_counters
    slow '{"match":{"op":"sign"},"action":{"status":{"code":429,
        "headers":{"Retry-After":"60"}}}}' \
        'throttled.*next try would be in 60000 ms.*HTTP 429'
    took_between 0 1900
    expect_count sign 1
    slow '{"match":{"op":"sign"},"action":{"status":{"code":503,
        "headers":{"Retry-After":{"date_in_s":60}}}}}' \
        'no answer in time.*HTTP 503'
    took_between 0 1900
}

# Whoever says nothing: vault, authority, or what is no TLS server at all.
silence()
{
    local op

    for op in get_key sign token; do
        slow '{"match":{"op":"'$op'"},"action":{"stall":true}}' \
            'no answer in time.*[0-9]+ ms'
        took_between 1900 6000
    done
    slow '{"match":{"op":"token"},"action":{"stall":true}}' \
        'no answer in time.*no token: POST https://localhost'
    slow '{"match":{"op":"sign"},"action":{"delay_ms":60000}}' \
        'no answer in time'
    took_between 1900 6000
    fault '[]'
    # Nobody listens on port 1. That is tried three times again, which ends
    # before the time does.
    key=akv://localhost:1/keys/rsa sign_fails \
        'cannot be reached.*connect to localhost(:| port )1' AKV_TIMEOUT=9s
    took_between 0 8900
    sign_fails 'cannot be reached.*no token.*connect to localhost(:| port )1' \
        AZURE_AUTHORITY_HOST=https://localhost:1 AKV_TIMEOUT=9s
    took_between 0 8900
    key=akv://localhost:1/keys/rsa sign_fails \
        'cannot be reached.*connect to localhost(:| port )1' AKV_TIMEOUT=300ms
}

# The kernel accepts for a stopped process.
stopped_server()
{
    plain req -x509 -key ec.pem -subj /CN=localhost -days 2 -out self.crt
    serve plain stopped -cert self.crt -key ec.pem
    kill -STOP "$server"
    key=akv://localhost:$port/keys/rsa sign_fails \
        'no answer in time|cannot be reached' AKV_TIMEOUT=2s
    took_between 900 6000
    key=akv://localhost:$port/keys/rsa sign_fails \
        'no answer in time|cannot be reached' AKV_TIMEOUT=2s \
        AKV_CONNECT_TIMEOUT=100ms
    took_between 90 6000
    kill -CONT "$server"
    stop "$server"
}

begin
throttled
silence
stopped_server
end
