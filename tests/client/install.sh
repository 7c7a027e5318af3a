#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# install.sh BUILD-DIR SOURCE-DIR CMAKE CC: what is installed is complete. The
# programs of conf-examples/c are built with nothing else, and work.

# shellcheck source=../e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh" "$@"

source=$2
cmake=$3
cc=$4
prefix=$work/prefix

! is_sanitized "$build/libakv.so" \
    || skip "programs would need the sanitizer, too"
need pkg-config pkgconf

manifest=$build/install_manifest.txt
[ ! -e "$manifest" ] || manifest=
DESTDIR='' "$cmake" --install "$build" --prefix "$prefix" >"$work/log" 2>&1 || {
    show "$work/log"
    fail "it cannot be installed"
}

[ -z "$manifest" ] || rm -f "$manifest" # CMake's, in the build folder

# there PATTERN: exactly one file.
there()
{
    local count

    count=$(find "$prefix" -path "$prefix/$1" | wc -l)
    [ "$count" -eq 1 ] || fail "$1: installed $count times"
}

for file in 'bin/akv' '*/ossl-modules/keyvault.so' '*/libakv.a' '*/libakv.so' \
    '*/pkgconfig/akv.pc' '*/man7/provider-keyvault.7' '*/man3/akv_key_sign.3' \
    'include/akv/secret.h'; do
    there "$file"
done
library=$(find "$prefix" -name libakv.so)
libdir=$(dirname "$library")
export PKG_CONFIG_PATH=$libdir/pkgconfig

# Whoever includes one header needs no other, and none that is not there.
for header in "$prefix"/include/akv/*.h; do
    echo "#include <akv/${header##*/}>"
    echo "int main(void) { return 0; }"
done | split -l 2 - "$work/header." --additional-suffix=.c
for file in "$work"/header.*.c; do
    # shellcheck disable=SC2046 # words
    "$cc" -Wall -Wextra -Werror -fsyntax-only $(pkg-config --cflags akv) \
        "$file" || fail "$(head -n 1 "$file")"
done

# The shared library shows what programs may call, and nothing else.
command -v nm >/dev/null && {
    nm -D --defined-only "$library" | sed 's/.* //;s/@.*//' >"$work/symbols"
    contains "$work/symbols" '^akv_secret_get$'
    ! grep -v -e '^akv_' -e '^AKV_0' "$work/symbols" >&9 \
        || fail "other symbols are visible"
}

# build_example SOURCE NAME LIBRARY...
build_example()
{
    local -a flags compiler=("$cc")

    [[ $1 != *.cc ]] || compiler=(g++ -std=c++17)
    read -ra flags < <(pkg-config --cflags akv)
    trace "${compiler[@]}" -o "$2" "$1" "${flags[@]}" "${@:3}"
    "${compiler[@]}" -Wall -Wextra -Werror -o "$work/$2" "$1" "${flags[@]}" \
        "${@:3}" || fail "$1 cannot be built"
}

examples=$source/conf-examples/c
read -ra libraries < <(pkg-config --libs akv)
for name in get sign certificate; do
    build_example "$examples/$name.c" "$name" "${libraries[@]}"
done
build_example "$examples/get.c" get-static "$libdir/libakv.a" -lcurl -ljson-c \
    -lssl -lcrypto -pthread
build_example "$source/tests/client/many.c" many "${libraries[@]}"
has_cxx=
if command -v g++ >/dev/null; then
    has_cxx=yes
    build_example "$examples/secrets.cc" secrets "${libraries[@]}"
    build_example "$source/tests/client/many.cc" many-cxx "${libraries[@]}"
fi

# By CMake, in C and, where there is its compiler, in C++.
mkdir "$work/cmake"
cat >"$work/cmake/CMakeLists.txt" <<END
cmake_minimum_required(VERSION 3.25)
project(get LANGUAGES C ${has_cxx:+CXX})
find_package(akv 0.1 REQUIRED)
add_executable(get-cmake $examples/get.c)
target_link_libraries(get-cmake akv::akv)
if(CMAKE_CXX_COMPILER)
  set(CMAKE_CXX_STANDARD 17)
  add_executable(secrets-cmake $examples/secrets.cc)
  target_compile_options(secrets-cmake PRIVATE -Wall -Wextra -Wpedantic -Werror)
  target_link_libraries(secrets-cmake akv::akv)
endif()
END
for step in "-S $work/cmake -B $work/cmake/build -DCMAKE_PREFIX_PATH=$prefix" \
    "--build $work/cmake/build"; do
    # shellcheck disable=SC2086 # words
    "$cmake" $step >"$work/log" 2>&1 || {
        show "$work/log"
        fail "cmake $step"
    }
done
cp "$work/cmake/build"/*-cmake "$work"

{
    echo '{"keys":[{"name":"ec","kty":"EC","crv":"P-256"}],"secrets":['
    echo '{"name":"a","value":"Xyzzy"},{"name":"b","value":"four"}'
    for ((i = 0; i < 500; i++)); do
        echo ",{\"name\":\"s$i\",\"value\":\"v$i\"}"
    done
    echo ']}'
} >"$work/seed.json"
start_emulator
secrets=akv://$vault/secrets
export LD_LIBRARY_PATH=$libdir
for name in get get-static get-cmake; do
    run "$work/$name" "$secrets/a" >"$work/out"
    [ "$(cat "$work/out")" = Xyzzy ] || fail "$name: $(cat "$work/out")"
done
ldd "$work/get-static" | { ! grep -q libakv; } || fail 'it is not static'
! run "$work/get" "$secrets/none" 2>"$work/err" \
    || fail 'a secret that does not exist was found'
contains "$work/err" 'HTTP 404'

reset_counters
run "$work/sign" "$(uri ec)" 100 >"$work/out"
grep -cE '^[0-9]+ [0-9a-f]{128}$' "$work/out" | grep -qx 100 \
    || fail "$(wc -l <"$work/out") signatures"
expect_count sign 100 tokens 1
run "$work/certificate" "akv://$vault/certificates/c" CN=c >"$work/out"
contains "$work/out" '^[0-9A-F]{40}$'
many=(many)
if [ -n "$has_cxx" ]; then
    many+=(many-cxx)
    for name in secrets secrets-cmake; do
        ! run "$work/$name" "$secrets"/{a,b,none} >"$work/out" 2>"$work/err" \
            || fail "$name: a secret that does not exist was found"
        contains "$work/out" '/a: 5 bytes$'
        contains "$work/out" '/b: 4 bytes$'
        contains "$work/err" 'HTTP 404'
    done
fi

# Another user, who may start no thread.
as=()
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
    as=(setpriv --reuid=65534 --regid=65534 --clear-groups prlimit --nproc=1)
    chmod -R a+rX "$work"
fi
for name in "${many[@]}"; do
    run "${as[@]}" "$work/$name" "akv://$vault" >"$work/out"
    contains "$work/out" '^500 secrets, 32 signatures, 50[0-9] listed'
done
unset LD_LIBRARY_PATH

# The command is complete, too.
run "$prefix/bin/akv" secret show "$secrets/a" >"$work/out"
contains "$work/out" Xyzzy
