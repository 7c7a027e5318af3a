#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs a command on another Debian suite, and so with another OpenSSL:
#
#   tests/suite.sh bookworm|trixie|sid|experimental COMMAND [ARG...]
#
# bookworm has OpenSSL 3.0, trixie 3.5, sid 3.6, experimental 4.0. The suite's
# root is made once and kept in the cache; the command runs in an overlay of
# it, in namespaces of its own (mounts, processes, network with loopback only),
# in the project's folder, which is read-only there. Build in /var/tmp: the
# overlay is gone afterwards, and with it every process that was left.
# AKV_SUITE_OUT names a folder that the command may write to, at the same path.
#
# "tests/suite.sh --cache" prints the cache's folder.
#
# Exit status: the command's; 77 where this machine cannot do it; 1 when the
# root could not be made; 2 for a wrong argument.

set -euo pipefail
shopt -s inherit_errexit

self=$(readlink -f "${BASH_SOURCE[0]}")
top=$(dirname "$(dirname "$self")")
cache=${XDG_CACHE_HOME:-${HOME:+$HOME/.cache}}
cache=${cache:-/var/cache}/akv
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
# Part of the root's name: count up when the recipe below changes.
recipe=1
# Suites that move daily are made anew after this many days.
max_age=7

say()
{
    echo "suite.sh: $*" >&2
}

skip()
{
    say "skipped: $*"
    exit 77
}

usage()
{
    echo "usage: tests/suite.sh bookworm|trixie|sid|experimental COMMAND..." >&2
    exit 2
}

# --- The machine ------------------------------------------------------------

need_machine()
{
    local why

    [ "$(id -u)" -eq 0 ] \
        || skip "another suite needs root (mounts, namespaces);" \
            "run it as root or with sudo"
    # Seen in the new namespace only.
    why=$(unshare --mount --pid --net --fork --propagation private \
        mount -t tmpfs akv /tmp 2>&1) \
        || skip "this machine allows no namespaces or mounts: $why"
    grep -qw overlay /proc/filesystems || modprobe overlay 2>/dev/null \
        || skip "this kernel has no overlay file system"
}

# Proxies, retries and date checks of this machine's apt hold in the root too.
apt_settings()
{
    apt-config dump | grep -E '^Acquire::(https?|ftp|Retries|Check)[A-Za-z:_.-]* ' \
        | grep -v ' "";$' || true
}

# apt itself reads its sources, in whatever format, and fetches through its
# own proxies; the first source that has the suite is the mirror.
find_mirror()
{
    local release=$1 url tmp
    local -a found

    mapfile -t found < <(apt-get --print-uris update 2>/dev/null \
        | sed -n "s,^'\([^']*\)/dists/.*,\1,p" | awk '!seen[$0]++')
    tmp=$(mktemp)
    for url in "${found[@]}"; do
        if /usr/lib/apt/apt-helper download-file \
            "$url/dists/$release/InRelease" "$tmp" >/dev/null 2>&1 \
            && grep -qx 'Origin: Debian' "$tmp"; then
            rm -f "$tmp"
            echo "$url"
            return 0
        fi
        # apt-helper takes a file that is there for a partial download.
        rm -f "$tmp"
    done
    return 1
}

# --- The root ---------------------------------------------------------------

packages()
{
    local -a groups=(build test foreign)

    # The FIPS module is packaged since OpenSSL 3.5.
    [ "$suite" = bookworm ] || groups+=(fips)
    "$top/tests/packages.sh" list "${groups[@]}"
}

root_name()
{
    local hash

    hash=$({
        echo "$recipe $(uname -m)"
        packages
    } | sha256sum | cut -c1-12)
    echo "$suite-$hash"
}

# experimental is a part of sid: everything from sid but OpenSSL itself.
sources()
{
    local mirror=$1 release=$suite

    [ "$suite" != experimental ] || release=sid
    echo "deb [signed-by=$keyring] $mirror $release main"
    [ "$suite" != experimental ] \
        || echo "deb [signed-by=$keyring] $mirror experimental main"
}

# Written by mmdebstrap's setup hook, before anything is chosen.
# shellcheck disable=SC2016 # $1 is for the shell that runs the hook
pin_openssl='mkdir -p "$1/etc/apt/preferences.d" && printf "%s\n" \
    "Package: src:openssl" "Pin: release a=experimental" \
    "Pin-Priority: 990" >"$1/etc/apt/preferences.d/openssl"'

make_root()
{
    local dir=$1 mirror=$2 line include
    local -a options=(--variant=apt --mode=root
        --aptopt='APT::Install-Recommends "false"'
        --dpkgopt=force-unsafe-io
        --dpkgopt='path-exclude=/usr/share/doc/*')
    local -a from

    include=$(packages | paste -sd,)
    options+=(--include="$include")
    while IFS= read -r line; do
        [ -z "$line" ] || options+=(--aptopt="$line")
    done < <(apt_settings)
    [ "$suite" != experimental ] || options+=(--setup-hook="$pin_openssl")
    mapfile -t from < <(sources "$mirror")
    # minbase has no /etc/hosts. (One condition: the caller asks for it.)
    mmdebstrap "${options[@]}" "" "$dir" "${from[@]}" </dev/null \
        && printf '127.0.0.1 localhost\n::1 localhost\n' >"$dir/etc/hosts" \
        && touch "$dir/.made"
}

# Builds beside and renames, so that a root that is there is complete.
build_root()
{
    local root=$1 new=$1.new log=$cache/$suite.log mirror old
    local start=$SECONDS

    "$top/tests/packages.sh" install suite >"$log" 2>&1 \
        || skip "mmdebstrap cannot be installed: $(tail -n 1 "$log")"
    [ -e "$keyring" ] || skip "no $keyring: install debian-archive-keyring"
    mirror=$(find_mirror "${suite/experimental/sid}") \
        || skip "no Debian mirror with '$suite' in reach" \
            "(asked those of apt's sources)"
    say "making the root of $suite from $mirror (once; log: $log)"
    rm -rf --one-file-system "$new"
    if ! make_root "$new" "$mirror" >>"$log" 2>&1; then
        rm -rf --one-file-system "$new"
        tail -n 20 "$log" >&2
        say "making the root of $suite failed; the whole log: $log"
        return 1
    fi
    for old in "$cache/$suite"-*; do
        [ "$old" = "$new" ] || rm -rf --one-file-system "$old"
    done
    mv "$new" "$root"
    say "made in $((SECONDS - start)) s"
}

is_stale()
{
    case $suite in
    sid | experimental) [ -n "$(find "$1/.made" -mtime +$((max_age - 1)))" ] ;;
    *) false ;;
    esac
}

# Leaves the lock on descriptor 9 held, shared, for as long as the command
# runs: nobody may replace the lower layer of an overlay in use.
provide_root()
{
    local root=$1

    exec 9>"$cache/$suite.lock"
    flock -s 9
    if [ -e "$root/.made" ] && ! is_stale "$root"; then
        return 0
    fi
    if [ -e "$root/.made" ]; then
        refresh_root "$root"
        return
    fi
    flock -n -x 9 || {
        say "another run is at work on the root of $suite; waiting"
        flock -u 9
        flock -x 9
    }
    [ -e "$root/.made" ] || build_root "$root"
    flock -s 9
}

# An old root is better than none.
refresh_root()
{
    local root=$1

    if flock -n -x 9; then
        (build_root "$root") \
            || say "the root of $suite is older than $max_age days; it is used"
    fi
    flock -s 9
}

# --- Inside the namespaces --------------------------------------------------

bind_read_only()
{
    mkdir -p "$2"
    mount --bind "$1" "$2"
    mount -o remount,bind,ro "$2"
}

# The mount point is a folder of the cache; what is mounted there is seen in
# this namespace only.
lay_overlay()
{
    local lower=$1 work=$2

    mount -t tmpfs -o mode=755 akv "$work"
    mkdir "$work/upper" "$work/work" "$work/root"
    mount -t overlay -o \
        "lowerdir=$lower,upperdir=$work/upper,workdir=$work/work" \
        akv "$work/root"
    mount -t proc proc "$work/root/proc"
    # The device nodes themselves were made with the root.
    mkdir -p "$work/root/dev/shm" "$work/root/dev/pts"
    mount -t tmpfs -o mode=1777 shm "$work/root/dev/shm"
    mount -t devpts -o newinstance,ptmxmode=666 devpts "$work/root/dev/pts"
}

inside()
{
    local lower=$1 work=$2 root=$2/root shared status=0

    shift 2
    ip link set lo up
    lay_overlay "$lower" "$work"
    bind_read_only "$top" "$root$top"
    shared=$(dirname "$top")/shared
    [ ! -d "$shared" ] || bind_read_only "$shared" "$root$shared"
    if [ -n "${AKV_SUITE_OUT:-}" ]; then
        mkdir -p "$root$AKV_SUITE_OUT"
        mount --bind "$AKV_SUITE_OUT" "$root$AKV_SUITE_OUT"
    fi
    # Not exec: this shell is process 1, and stays to reap what is orphaned.
    # shellcheck disable=SC2016 # for the shell inside
    env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        HOME=/tmp LANG=C.UTF-8 TERM="${TERM:-dumb}" \
        chroot "$root" bash -c 'cd "$0" && exec "$@"' "$top" "$@" \
        || status=$?
    return "$status"
}

# --- From outside -----------------------------------------------------------

main()
{
    local root

    [ $# -ge 2 ] || usage
    suite=$1
    shift
    case $suite in
    bookworm | trixie | sid | experimental) ;;
    *)
        say "unknown suite '$suite'"
        usage
        ;;
    esac
    need_machine
    mkdir -p "$cache/mnt" 2>/dev/null \
        || skip "no cache folder can be made at '$cache'; set XDG_CACHE_HOME"
    root=$cache/$(root_name)
    provide_root "$root"
    # unshare blocks SIGTERM: without setpriv it would outlive this shell.
    setpriv --pdeathsig KILL \
        unshare --mount --pid --net --fork --kill-child --propagation private \
        bash "$self" --inside "$root" "$cache/mnt" "$@"
}

case ${1:-} in
--cache) echo "$cache" ;;
--inside)
    shift
    inside "$@"
    ;;
*) main "$@" ;;
esac
