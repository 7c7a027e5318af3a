#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# OpenSSL's own tests as a judge of what must not differ with us loaded:
#
#   tests/foreign/openssl.sh BUILD-DIR       with this system's OpenSSL
#   tests/foreign/openssl.sh --suite NAME    with that of another Debian suite
#
# Takes Debian's source package of the OpenSSL that is installed, or of the
# nearest version that Debian has, builds it, and runs the recipes of
# openssl.recipes twice: as they are, and with our module loaded into every
# library context that has the default provider, and preferred (everywhere.c).
# Each case has to end alike. Those of openssl.exceptions may not: they compare
# the names of providers.
#
# Neither OpenSSL nor its tests are changed. But its shared libraries export
# all that they have, so that tests of internals, which are linked statically
# otherwise, use them, too, and load us.
#
# BUILD-DIR is where keyvault.so is; it is built there when it is missing.
# Source and build are kept in the folder of "tests/suite.sh --cache", and the
# output of the last run.
#
# Ends with the line "N passed, N failed, N skipped", of recipes. Exit status:
# 0, 1, or 77 where the source cannot be had.

set -euo pipefail
shopt -s inherit_errexit
exec </dev/null
# What tests print is not always text.
export LC_ALL=C

self=$(readlink -f "${BASH_SOURCE[0]}")
here=$(dirname "$self")
top=$(dirname "$(dirname "$here")")
# With fewer contexts that had us, nothing was judged.
min_contexts=1000

say()
{
    echo "-- $*"
}

skip()
{
    echo "skipped: $*"
    exit 77
}

# shellcheck source=source.sh
. "$here/source.sh"

usage()
{
    echo "usage: tests/foreign/openssl.sh BUILD-DIR | --suite NAME" >&2
    exit 2
}

need()
{
    command -v "$1" >/dev/null || skip "$1 is not installed (package $2)"
}

# step LOG COMMAND...: its output is shown only on failure, which ends it all.
step()
{
    local log=$1 status=0

    shift
    "$@" >"$log" 2>&1 || status=$?
    [ "$status" -ne 0 ] || return 0
    tail -n 40 "$log"
    echo "failed: '$*' ended with $status; the whole output: $log"
    echo "0 passed, 1 failed, 0 skipped"
    exit 1
}

# --- The build --------------------------------------------------------------

# Programs that would be linked statically, for internals, get the shared
# libraries: what is named like the static ones tells the linker so. Assembler
# code in what else is linked statically asks what the processor can do, by a
# name that libcrypto hides; it gets one that says "nothing".
link_to_shared()
{
    echo 'unsigned int OPENSSL_ia32cap_P[16];' >processor.c
    gcc -c -fPIC -o processor.o processor.c
    ar rc libprocessor.a processor.o
    echo "INPUT($PWD/libcrypto.so $PWD/libprocessor.a)" >libcrypto.a
    echo "INPUT($PWD/libssl.so)" >libssl.a
}

# In the folder of the build. What is local to the shared libraries is exported
# instead; by Bsymbolic each uses its own all the same. Make does not look at
# the "static" libraries (-o), for which it would compile everything again.
build_openssl()
{
    local -a jobs=(-s -j "$(nproc)")

    perl "$work/source/Configure" shared CFLAGS=-O1 LDFLAGS=-Wl,-Bsymbolic
    make "${jobs[@]}" build_generated libcrypto.ld libssl.ld
    sed -i 's/^\( *\)local: \*;/\1*;/' libcrypto.ld libssl.ld
    make "${jobs[@]}" libcrypto.so libssl.so
    link_to_shared
    make "${jobs[@]}" -o libcrypto.a -o libssl.a \
        build_programs_nodep build_modules_nodep
    rm -f ./*.a ./*/*.a
    touch .built
}

# In a shell of its own, which set -e ends at the first failure.
build_in()
{
    cd "$1"
    # shellcheck disable=SC2119 # it takes none
    build_openssl
}

# Sets openssl to the folder. Its name tells of what it was made of.
provide_openssl()
{
    local hash

    hash=$({
        cat "$work/source.version"
        gcc --version
        declare -f build_openssl link_to_shared
    } | sha256sum | cut -c1-12)
    openssl=$work/build-$hash
    [ ! -e "$openssl/.built" ] || return 0
    rm -rf "$work"/build-*
    mkdir "$openssl"
    say "build OpenSSL"
    export work
    export -f build_in build_openssl link_to_shared
    # shellcheck disable=SC2016 # for the shell inside
    step "$work/build.log" bash -euo pipefail -c 'build_in "$1"' _ "$openssl"
}

provide_module()
{
    if [ ! -e "$build/keyvault.so" ]; then
        say "build keyvault.so"
        (cd "$top" && step "$work/module.log" cmake --preset dev -B "$build")
        step "$work/module.log" cmake --build "$build" --target akv_module \
            --parallel "$(nproc)"
    fi
    [[ ! $(ldd "$build/keyvault.so") =~ lib(asan|tsan) ]] \
        || skip 'a module with a sanitizer does not load into these tests'
    # A copy: whoever builds meanwhile is not in the way.
    cp "$build/keyvault.so" "$work/keyvault.so"
    step "$work/everywhere.log" gcc -std=c11 -shared -fPIC -O1 \
        -Wall -Wextra -Werror -I "$openssl/include" -I "$work/source/include" \
        -o "$work/everywhere.so" "$here/everywhere.c"
}

# --- The runs ---------------------------------------------------------------

# Lines of a list without comments.
lines_of()
{
    sed 's/[[:space:]]*#.*//; /^$/d' "$1"
}

# matches NAME PATTERNS: one of them, each in a line.
matches()
{
    local pattern

    while IFS= read -r pattern; do
        # shellcheck disable=SC2053 # it is a pattern
        [[ $1 != $pattern ]] || return 0
    done <<<"$2"
    return 1
}

# The recipes that this version has of those that are listed, in that order.
recipes()
{
    local pattern file name left_out

    left_out=$(lines_of "$here/openssl.recipes" | sed -n 's/^-//p')
    lines_of "$here/openssl.recipes" | grep -v '^-' \
        | while IFS= read -r pattern; do
            for file in "$work/source/test/recipes"/$pattern.t; do
                name=$(basename "$file" .t)
                if [ -e "$file" ] && ! matches "$name" "$left_out"; then
                    echo "$name"
                fi
            done
        done | awk '!seen[$0]++'
}

# run_recipe HOW RECIPE: its TAP is left in runs/HOW. Nothing of this
# environment gets through. Perl's hashes, and what the tests' own generator
# yields, are the same in each run; keys are not.
run_recipe()
{
    local out=$work/runs/$1 name=$2
    local -a vars=()

    [ "$1" = plain ] || vars=(LD_PRELOAD="$work/everywhere.so"
        AKV_FOREIGN_MODULE="$work/keyvault.so"
        AKV_FOREIGN_COUNT="$work/runs/contexts")
    mkdir -p "$out/results" "$out/tmp"
    cd "$openssl/test"
    env -i PATH="$PATH" LC_ALL=C.UTF-8 HOME="$out/tmp" TMPDIR="$out/tmp" \
        SRCTOP="$work/source" BLDTOP="$openssl" PERL=perl EXE_EXT= \
        PERL_HASH_SEED=0 OPENSSL_TEST_RAND_SEED=1 RESULT_D="$out/results" \
        HARNESS_TAP_COPY="$out/$name.tap" "${vars[@]}" \
        timeout -k 5 300 perl "$work/source/test/run_tests.pl" "${name#*-}" \
        >"$out/$name.out" 2>&1 || true # its TAP is what is compared
}

# Both runs of a recipe, one after the other.
run_both()
{
    run_recipe plain "$1"
    run_recipe ours "$1"
}

# Recipes come in.
run_all()
{
    export work openssl
    export -f run_both run_recipe
    # shellcheck disable=SC2016 # for the shell inside
    xargs -r -d '\n' -n 1 -P "$(nproc)" bash -c 'run_both "$1"' _
}

# --- The comparison ---------------------------------------------------------

# What is compared of a run: each case, that there are none, and how many
# vectors evp_test has worked off. A path is random; each recipe comes behind
# another, which is skipped.
cases()
{
    grep -aE '^ *(not )?ok |^1\.\.0|# Completed [0-9]+ tests' "$1" \
        | sed -E 's,(invalid output path: )[^/]*/,\1RANDOM/,
            /^1\.\.0 # SKIP FIPS module config file/d' || true
}

# compare RECIPE: what differs, "<" as it is and ">" with us; nothing else.
compare()
{
    diff <(cases "$work/runs/plain/$1.tap") <(cases "$work/runs/ours/$1.tap") \
        | grep -a '^[<>]' || true
}

# excepted yes|no RECIPE: of what compare prints, what is excepted or is not.
excepted()
{
    lines_of "$here/openssl.exceptions" | awk -v want="$1" -v recipe="$2" '
        NR == FNR { excepted[$0] = 1; next }
        {
            name = $0
            sub(/^[<>] *(not )?ok [0-9]* *-? */, "", name)
            if (((recipe ": " name) in excepted) == (want == "yes"))
                print
        }' - <(compare "$2")
}

# How many cases differ: mostly each has two lines.
count_differences()
{
    awk '/^</ { a++ } /^>/ { b++ } END { print (a > b ? a : b) + 0 }'
}

# differing RECIPE...: those that do.
differing()
{
    local recipe

    for recipe in "$@"; do
        [ -z "$(excepted no "$recipe")" ] || echo "$recipe"
    done
}

# What is due to the time of day or to the load of this machine does not
# happen twice.
run_again()
{
    local -a names

    mapfile -t names < <(differing "$@")
    [ ${#names[@]} -gt 0 ] && [ ${#names[@]} -le 5 ] || return 0
    say "once more: ${names[*]}"
    printf '%s\n' "${names[@]}" | run_all
}

count_cases()
{
    cases "$work/runs/plain/$1.tap" | grep -cE '^ *(not )?ok ' || true
}

is_skipped()
{
    [[ $(cases "$work/runs/plain/$1.tap") == 1..0* ]]
}

# tell RECIPE: sets differences.
tell()
{
    local name=$1

    differences=$(excepted no "$name" | count_differences)
    excepted yes "$name" \
        | sed -nE "s/^> *(not )?ok [0-9]+ - (.*)/excepted: $name: \2/p"
    cases "$work/runs/plain/$name.tap" \
        | sed -nE "s/^ *not ok [0-9]+ - (.*)/without us, too: $name: \1 fails/p"
    # Not even that it is skipped: it has not run.
    [ -n "$(cases "$work/runs/plain/$name.tap")" ] || differences=1
    [ "$differences" -gt 0 ] || return 0
    excepted no "$name" | sed -n '1,20p'
    tail -n 30 "$work/runs/ours/$name.out" | sed 's/^/    /'
    echo "failed: $name ($differences differences; $work/runs/ours/$name.out)"
}

report()
{
    local passed=0 failed=0 skipped=0 total=0 all=0 contexts name differences

    for name in "$@"; do
        tell "$name"
        all=$((all + $(count_cases "$name")))
        total=$((total + differences))
        if [ "$differences" -gt 0 ]; then
            failed=$((failed + 1))
        elif is_skipped "$name"; then
            skipped=$((skipped + 1))
        else
            passed=$((passed + 1))
        fi
    done
    contexts=$(wc -c <"$work/runs/contexts")
    if [ "$contexts" -lt "$min_contexts" ]; then
        echo "failed: too few contexts loaded us (wanted: $min_contexts)"
        failed=$((failed + 1))
    fi
    echo "contexts that loaded us: $contexts, cases: $all, differences: $total"
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" -eq 0 ]
}

# --- From outside -----------------------------------------------------------

installed_version()
{
    # shellcheck disable=SC2016 # a field of dpkg-query
    dpkg-query -W -f '${source:Version}' openssl 2>/dev/null
}

# The lock is held until the end: one run at a time.
judge()
{
    local installed start=$SECONDS
    local -a names

    need gcc gcc
    need make make
    need perl perl
    perl -MTest::More -MTAP::Harness -e 1 2>/dev/null \
        || skip "perl has no modules for tests (package perl)"
    installed=$(installed_version) || skip "no package openssl is installed"
    mkdir -p "$work"
    exec 8>"$work/lock"
    flock 8
    fetch "$work" "$installed" \
        "$(. /etc/os-release && echo "${VERSION_CODENAME:-sid}")"
    say "OpenSSL $(cat "$work/source.version")," \
        "the nearest source to $installed ($((SECONDS - start)) s)"
    provide_openssl
    provide_module
    rm -rf "$work/runs"
    mkdir "$work/runs"
    : >"$work/runs/contexts"
    mapfile -t names < <(recipes)
    say "run ${#names[@]} recipes twice ($((SECONDS - start)) s)"
    printf '%s\n' "${names[@]}" | run_all
    run_again "${names[@]}"
    say "compare ($((SECONDS - start)) s)"
    report "${names[@]}"
}

# There is no network inside, so that the source is had before.
judge_suite()
{
    local suite=$1 installed status=0

    # shellcheck disable=SC2016 # a field of dpkg-query
    installed=$("$top/tests/suite.sh" "$suite" \
        dpkg-query -W -f '${source:Version}' openssl) \
        || status=$?
    [ "$status" -ne 77 ] || skip "suite $suite cannot be had on this machine"
    if [ "$status" -ne 0 ]; then
        echo "failed: the root of $suite has no package openssl"
        echo "0 passed, 1 failed, 0 skipped"
        exit 1
    fi
    mkdir -p "$work"
    (
        flock 8
        fetch "$work" "$installed" "${suite/experimental/sid}"
    ) 8>"$work/lock"
    AKV_SUITE_OUT=$work exec "$top/tests/suite.sh" "$suite" \
        "$self" --work "$work" /var/tmp/akv-foreign
}

work=
suite=
while [ $# -gt 1 ]; do
    case $1 in
    --suite) suite=$2 ;;
    --work) work=$2 ;;
    *) usage ;;
    esac
    shift 2
done
cache=$("$top/tests/suite.sh" --cache)
work=${work:-$cache/foreign-${suite:-system}}
if [ -n "$suite" ]; then
    [ $# -eq 0 ] || usage
    judge_suite "$suite"
else
    [[ $# -eq 1 && $1 != -* ]] || usage
    build=$(realpath -m -- "$1")
    judge
fi
