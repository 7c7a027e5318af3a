#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# secrets.sh BUILD-DIR [COUNT [IN-FLIGHT [DELAY-MS]]]: gets secrets from an
# emulator that takes its time for each, by the library and by a plain libcurl
# program in turn. Prints the rates, what part of the possible they are, and
# the ratio of their peaks of memory. To be run by hand.

# shellcheck source=../e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh" "$@"

count=${2:-1000}
in_flight=${3:-64}
delay=${4:-20}
patience=120

for ((i = 0; i < count; i++)); do
    echo "{\"name\":\"s$i\",\"value\":\"v$i\"}"
done | paste -sd, | sed 's/^/{"secrets":[/;s/$/]}/' >"$work/seed.json"
start_emulator
fault "[{\"match\":{\"op\":\"get_secret\"},\"action\":{\"delay_ms\":$delay}}]"
get_token >"$work/token"

for _ in 1 2 3; do
    for kind in akv bare; do
        reset_counters
        run "$build/bench_secrets" "$kind" "$vault_url" "$count" "$in_flight" \
            <"$work/token" 9>/dev/null
        expect_count get_secret "$count"
        echo "  tokens $(count tokens), connections $(count tcp_accepts)," \
            "in flight at most $(count max_in_flight)"
    done
done | tee "$work/results"
awk -v ideal="$((in_flight * 1000 / delay))" '
    /^akv:/ { rate += $2; akv += $5; n++ }
    /^bare:/ { bare_rate += $2; bare += $5 }
    END {
        printf "rate/ideal (%d/s): akv %.2f, bare %.2f; ", ideal,
            rate / n / ideal, bare_rate / n / ideal
        printf "peak memory: akv/bare %.2f\n", akv / bare
    }' "$work/results"
