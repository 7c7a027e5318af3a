#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Who serves local RSA and EC keys, by the order of providers and by what was
# looked up before. It is us only where we are listed first and nobody has
# looked up a provider (which sorts them by name), where a query prefers us, or
# where there is nobody else. The table is kept as tests/e2e/orders.table of the
# build folder.

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

lookups=(none available:fips available:base available:nobody available:keyvault
    load:null load:legacy)

# served FILE [LOOK-UP...]
served()
{
    local file=$1

    shift
    vars=("${sanitizer[@]}")
    run "$build/tests/e2e/served" rsa.pem ec.pem "$@" >"$file" 2>err || {
        show err
        fail "nobody tells who serves"
    }
    vars=()
}

# who TYPE USE: in the file out.
who()
{
    sed -n "s/^$1 $2: //p" out | sort -u | paste -sd,
}

# add ORDER LOOK-UP: the file out, to the table; a letter a use.
add()
{
    local type use row letters=

    for type in RSA EC; do
        letters+=" $type "
        for use in management generation signature '\(decryption\|exchange\)' \
            PEM store 'TLS 1.[23] P-256'; do
            case $(who "$type" "$use") in
            default) letters+=d ;;
            keyvault) letters+=k ;;
            none) letters+=. ;;
            *) letters+="?" ;;
            esac
        done
    done
    printf -v row '%-20s %-20s%s' "$1" "$2" "$letters"
    echo "$row" >>table
}

# Everything is served, or not, as without our provider: the same lines but for
# the name.
as_without()
{
    sed 's/: keyvault$/: default/' out >uses
    cmp -s uses plainly || {
        diff plainly uses >different || true
        show different
        fail "$1: others are served than without our provider"
    }
}

# Keys that are read stay whose decoder has read them.
ours_are_used()
{
    local use

    for use in management generation signature '\(decryption\|exchange\)' \
        'TLS 1.[23] P-256'; do
        [ "$(who RSA "$use")/$(who EC "$use")" = keyvault/keyvault ] || {
            show out
            fail "$1: $use is not ours"
        }
    done
    contains out '^RSA PEM: default$'
    contains out '^EC store: default$'
}

# rows ORDER AT-ONCE AFTER-A-LOOK-UP: whether it is "ours" or "theirs" then.
rows()
{
    local order=$1 at_once=$2 after=$3 lookup whose
    local -a arguments

    for lookup in "${lookups[@]}"; do
        arguments=("$lookup")
        whose=$after
        if [ "$lookup" = none ]; then
            arguments=()
            whose=$at_once
        fi
        served out "${arguments[@]}"
        add "$order" "$lookup"
        as_without "$order, $lookup"
        if [ "$whose" = ours ]; then
            ours_are_used "$order, $lookup"
        else
            cmp out plainly || fail "$order, $lookup: something is ours"
        fi
    done
}

# Without others there is nobody to read a key's file.
alone()
{
    served out
    add alone none
    lacks out ': \(default\|base\)$'
    contains out '^RSA management: keyvault$'
    contains out '^EC generation: keyvault$'
    contains out '^EC store: none$'
}

cd "$work"
make_keys
export OPENSSL_MODULES=$build OPENSSL_CONF=$work/plain.cnf
served plainly
contains plainly '^EC TLS 1.3 P-256: default$'
contains plainly '^groups TLS 1.2 brainpoolP256r1: default$'
export OPENSSL_CONF=$work/order.cnf
: >table
write_config order.cnf default keyvault </dev/null
rows behind theirs theirs
write_config order.cnf keyvault default </dev/null
rows first ours theirs
properties='?provider=keyvault' write_config order.cnf default keyvault \
    </dev/null
rows preferred ours ours
properties='?provider=keyvault' write_config order.cnf keyvault default \
    </dev/null
rows 'first and preferred' ours ours
write_config order.cnf keyvault </dev/null
alone
{
    echo "OpenSSL $version. Who serves local keys, default (d), keyvault (k) or"
    echo 'nobody: management, generation, signature, decryption or exchange, PEM,'
    echo 'store, TLS.'
    cat table
} | tee "$build/tests/e2e/orders.table"
