#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The one place that names the Debian packages this project needs.
#
#   tests/packages.sh list GROUP...      print the names, one a line
#   tests/packages.sh missing GROUP...   print those that are not installed
#   tests/packages.sh install GROUP...   install those with apt-get
#
# Nothing is done, and no root needed, when nothing is missing.

set -euo pipefail
shopt -s inherit_errexit
# comm wants the order of sort, and both depend on the locale.
export LC_ALL=C

# What compiling needs.
build=(gcc libc6-dev cmake ninja-build pkgconf libssl-dev
    libcurl4-openssl-dev libjson-c-dev libcunit1-dev libmicrohttpd-dev
    libgnutls28-dev)
# What ./demo runs.
demo=(openssl curl ca-certificates)
# What the tests run.
test=(openssl curl ca-certificates jq valgrind util-linux mount iproute2
    nginx haproxy squid-openssl dovecot-imapd postgresql strace libcap2-bin)
# OpenSSL's FIPS module, which is not in bookworm, and programs to try it with.
fips=(openssl-provider-fips python3-cryptography)
# What tests/lint runs.
lint=(clang-format clang-tidy shellcheck codespell pmccabe mandoc binutils g++)
# What tests/sdk runs: Azure's own client libraries, and what gets some of them.
sdk=(nodejs npm python3-azure)
# What builds OpenSSL for its own tests, and runs them (tests/foreign).
foreign=(dpkg-dev make perl)
# What makes a root of another suite (tests/suite.sh).
suite=(mmdebstrap util-linux)

usage()
{
    echo "usage: tests/packages.sh list|missing|install GROUP..." >&2
    echo "groups: build demo test fips lint sdk foreign suite" >&2
    exit 2
}

list()
{
    local group

    for group in "$@"; do
        case $group in
        build) printf '%s\n' "${build[@]}" ;;
        demo) printf '%s\n' "${demo[@]}" ;;
        test) printf '%s\n' "${test[@]}" ;;
        fips) printf '%s\n' "${fips[@]}" ;;
        lint) printf '%s\n' "${lint[@]}" ;;
        sdk) printf '%s\n' "${sdk[@]}" ;;
        foreign) printf '%s\n' "${foreign[@]}" ;;
        suite) printf '%s\n' "${suite[@]}" ;;
        *)
            echo "packages.sh: unknown group '$group'" >&2
            usage
            ;;
        esac
    done | sort -u
}

missing()
{
    local -a names
    local listed

    listed=$(list "$@")
    mapfile -t names <<<"$listed"
    # dpkg-query fails when it has never heard of one of them: that one is
    # simply missing.
    comm -23 <(echo "$listed") <(installed "${names[@]}")
}

# Those of the packages that are here; with the names that they provide, for
# others build them, too: there is a nodejs with npm in it.
installed()
{
    # shellcheck disable=SC2016 # fields of dpkg-query, not of the shell
    dpkg-query -W -f '${db:Status-Status} ${Package}, ${Provides}\n' "$@" \
        2>/dev/null | sed -n 's/^installed //p' | tr -s ', ' '\n' | sort -u
}

as_root()
{
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

apt()
{
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q \
        -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@" </dev/null
}

install()
{
    local -a names
    local listed

    listed=$(missing "$@")
    [ -n "$listed" ] || return 0
    mapfile -t names <<<"$listed"
    if ! command -v apt-get >/dev/null; then
        echo "packages.sh: no apt-get here; install: ${names[*]}" >&2
        return 1
    fi
    if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
        echo "packages.sh: not root and no sudo; as root run:" \
            "apt-get install ${names[*]}" >&2
        return 1
    fi
    echo "installing: ${names[*]}"
    # A stale list may still do, so a failure here is not the end.
    apt update || echo "packages.sh: apt-get update failed" >&2
    start_no_services
    apt install -y --no-install-recommends "${names[@]}"
}

# The tests start servers themselves; a package must not do so. A machine that
# has a policy of its own keeps it.
start_no_services()
{
    local policy=/usr/sbin/policy-rc.d

    [ ! -e "$policy" ] || return 0
    # shellcheck disable=SC2064 # it is this path
    trap "as_root rm -f $policy" EXIT
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod 755 "$policy"
}

[ $# -ge 2 ] || usage
action=$1
shift
case $action in
list | missing | install) "$action" "$@" ;;
*) usage ;;
esac
