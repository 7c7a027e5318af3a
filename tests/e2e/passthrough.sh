#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Keys that are in no vault: whatever is done with them gives the same return
# codes, sizes, bytes and reasons as without our provider, in every order of
# providers, and after a provider was looked up by name (which sorts them).

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# results FILE [PROVIDER-TO-LOOK-UP...]: of the configuration that is set.
results()
{
    local file=$1

    shift
    patience=120
    vars=("${sanitizer[@]}")
    run "$build/tests/e2e/passthrough" "$@" >"$file" 2>err || {
        show err
        fail 'the cases do not run to their end'
    }
    vars=()
}

# compare WHAT [PROVIDER-TO-LOOK-UP...]
compare()
{
    local what=$1 differences

    shift
    results ours "$@"
    differences=$(diff -U0 expected ours | grep -c '^[-+][^-+]') || true
    printf '%-24s cases: %d, differences: %d\n' "$what" \
        "$(wc -l <ours)" "$differences" >&9
    [ "$differences" -eq 0 ] || {
        diff -U0 expected ours | grep '^[-+]' | head -n 40 >different || true
        show different
        fail "$what: with our provider local keys work otherwise"
    }
}

cd "$work"
make_keys
plain genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa2.pem 2>dots
plain genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 \
    -pkeyopt rsa_pss_keygen_md:sha256 -out pss.pem 2>dots
plain genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec2.pem

export OPENSSL_MODULES=$build OPENSSL_CONF=$work/plain.cnf
results expected
# Fewer would be no proof. (Where OpenSSL itself crashes it does so with us.)
[ "$(wc -l <expected)" -gt 20000 ] || fail 'there are too few cases'

export OPENSSL_CONF=$work/order.cnf
write_config order.cnf default keyvault </dev/null
compare 'behind'
compare 'behind, after a look-up' base
write_config order.cnf keyvault default </dev/null
compare 'first'
compare 'first, after a look-up' null
properties='?provider=keyvault' write_config order.cnf default keyvault \
    </dev/null
compare 'preferred'
