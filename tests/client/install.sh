#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# install.sh BUILD-DIR SOURCE-DIR CMAKE CC: what is installed is complete. The
# programs of docs/library.md are built with nothing else, and work.

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
    '*/pkgconfig/akv.pc' '*/man7/provider-keyvault.7' 'include/akv/secret.h'; do
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

# The programs of the manual: each is a block of C.
awk -v out="$work/example" '/^```c$/ { n++; on = 1; next } /^```$/ { on = 0 }
    on { print > out n ".c" }' "$source/docs/library.md"

# build_example NUMBER NAME LIBRARY...
build_example()
{
    local -a flags

    read -ra flags < <(pkg-config --cflags akv)
    trace "$cc" -o "$2" "example$1.c" "${flags[@]}" "${@:3}"
    "$cc" -Wall -Wextra -Werror -o "$work/$2" "$work/example$1.c" \
        "${flags[@]}" "${@:3}" || fail "example $1 cannot be built"
}

read -ra libraries < <(pkg-config --libs akv)
build_example 1 get "${libraries[@]}"
build_example 2 several "${libraries[@]}"
build_example 1 get-static "$libdir/libakv.a" -lcurl -ljson-c -lssl -lcrypto \
    -pthread

# By CMake, in C and, where there is its compiler, in C++.
awk -v out="$work/example.cpp" '/^```cpp$/ { on = 1; next } /^```$/ { on = 0 }
    on { print > out }' "$source/docs/library.md"
languages=C
names=(get get-static get-cmake)
if command -v g++ >/dev/null; then
    languages='C CXX'
    names+=(get-cpp)
fi
mkdir "$work/cmake"
cat >"$work/cmake/CMakeLists.txt" <<END
cmake_minimum_required(VERSION 3.25)
project(get LANGUAGES $languages)
find_package(akv 0.1 REQUIRED)
add_executable(get-cmake $work/example1.c)
target_link_libraries(get-cmake akv::akv)
if(CMAKE_CXX_COMPILER)
  set(CMAKE_CXX_STANDARD 17)
  add_executable(get-cpp $work/example.cpp)
  target_compile_options(get-cpp PRIVATE -Wall -Wextra -Wpedantic -Werror)
  target_link_libraries(get-cpp akv::akv)
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
cp "$work/cmake/build"/get-* "$work"

echo '{"secrets":[{"name":"a","value":"Xyzzy"},{"name":"b","value":"four"}]}' \
    >"$work/seed.json"
start_emulator
secrets=akv://$vault/secrets
for name in "${names[@]}"; do
    LD_LIBRARY_PATH=$libdir run "$work/$name" "$secrets/a" >"$work/out"
    [ "$(cat "$work/out")" = Xyzzy ] || fail "$name: $(cat "$work/out")"
done
ldd "$work/get-static" | { ! grep -q libakv; } || fail 'it is not static'
LD_LIBRARY_PATH=$libdir run "$work/several" "$secrets"/{a,b} >"$work/out"
contains "$work/out" '/a: 5 bytes$'
contains "$work/out" '/b: 4 bytes$'
! LD_LIBRARY_PATH=$libdir run "$work/get" "$secrets/none" 2>"$work/err" \
    || fail 'a secret that does not exist was found'
contains "$work/err" 'HTTP 404'

# The command is complete, too.
run "$prefix/bin/akv" secret show "$secrets/a" >"$work/out"
contains "$work/out" Xyzzy
