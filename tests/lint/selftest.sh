#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Each lint test is able to fail: it is given a small project with one fault
# and has to refuse it, naming file and line; given the same project without
# the fault it has to pass.

# shellcheck disable=SC2016 # samples are not to be expanded
set -euo pipefail
shopt -s inherit_errexit

here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
# Outside any git checkout, where every file that is there counts.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export GIT_CEILING_DIRECTORIES=$work
failed=0
skipped=0
proven=0

spdx='SPDX-License-Identifier: Apache-2.0'
c_head="/* $spdx */"
sh_head="#!/usr/bin/env bash
# $spdx"

# put FILE LINE...
put()
{
    local file=$work/$1

    shift
    mkdir -p "$(dirname "$file")"
    printf '%s\n' "$@" >"$file"
}

fresh()
{
    rm -rf "${work:?}"/*
    cp "$here"/../../.{clang-format,clang-tidy,codespellrc} "$work"
    put CMakeLists.txt "# $spdx" 'project(sample)'
    put common/base/buf.h "$c_head" 'int akv_buf(int size);'
    put provider/key.h "$c_head" 'int akv_key(void);'
    put common/base/buf.c "$c_head" '#include "base/buf.h"' 'int akv_buf(int size)' \
        '{' '    return size;' '}'
    put provider/key.c "$c_head" '#include <openssl/core.h>' '' \
        '#include "base/buf.h"' '#include "key.h"' 'int akv_key(void)' '{' \
        '    return akv_buf(1); /* no system(), no strcpy() */' '}'
    put common/transport/http_curl.c "$c_head" '#include <curl/curl.h>' \
        'void akv_tls(CURL *curl);' 'void akv_tls(CURL *curl)' '{' \
        '    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);' \
        '    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);' '}'
    put check "$sh_head" 'echo "$1"'
    put man/akv.1 ".\\\" $spdx" '.Dd $Mdocdate$' '.Dt AKV 1' '.Os' '.Sh NAME' \
        '.Nm akv' '.Nd sample' '.Sh DESCRIPTION' 'Text.'
    put build/compile_commands.json '[' '{' "  \"directory\": \"$work\"," \
        "  \"command\": \"cc -Icommon -o x.o -c $work/common/base/buf.c\"," \
        "  \"file\": \"$work/common/base/buf.c\"" '}' ']'
}

run()
{
    local name=$1

    "$here/$name.sh" "$work" "$work/build" 2>&1
}

# refused LINT WHERE WHAT: after the fault was put in, LINT has to end with 1
# and to print WHERE (file and line) and WHAT.
refused()
{
    local name=$1 where=$2 what=$3 output status=0

    output=$(run "$name") || status=$?
    if [ "$status" -eq 77 ]; then
        echo "not proven: $name ($output)"
        skipped=$((skipped + 1))
    elif [ "$status" -ne 1 ] || [[ $output != *$where* ]] \
        || [[ $output != *$what* ]]; then
        echo "FAILED: $name: wanted status 1, '$where' and '$what';" \
            "got status $status and:"
        echo "$output"
        failed=$((failed + 1))
    else
        proven=$((proven + 1))
    fi
    fresh
}

accepted()
{
    local name=$1 output status=0

    output=$(run "$name") || status=$?
    case $status in
    0 | 77) ;;
    *)
        echo "FAILED: $name refuses a project without fault:"
        echo "$output"
        failed=$((failed + 1))
        ;;
    esac
}

prove_layering()
{
    accepted layering
    put common/base/a.c "$c_head" '' '#include <openssl/core_names.h>'
    refused layering common/base/a.c:3: 'only provider/'
    put common/base/a.c "$c_head" '#  include  <openssl/evp.h>'
    refused layering common/base/a.c:2: tls_openssl.c
    put common/base/a.c "$c_head" '#include <curl/curl.h>'
    refused layering common/base/a.c:2: http_curl.c
    put provider/a.c "$c_head" '#include <curl/curl.h>'
    refused layering provider/a.c:2: http_curl.c
    put provider/a.c "$c_head" '/* two' 'lines */' '#include <json-c/json.h>'
    refused layering provider/a.c:4: json.c
    put common/base/a.c "$c_head" '#include "key.h"'
    refused layering common/base/a.c:2: 'may not include of provider'
    put tools/a.c "$c_head" '#include "../provider/key.h"'
    refused layering tools/a.c:2: 'may not include of provider'
    put common/base/a.c "$c_head" '#include "auth/cred.h"'
    put common/auth/cred.h "$c_head"
    refused layering common/base/a.c:2: 'common/base may not include of common/auth'
    put common/include/akv/a.h "$c_head" '#include "base/buf.h"'
    refused layering common/include/akv/a.h:2: 'a public header'
    put common/base/a.h "$c_head" '#include "base/b.h"'
    put common/base/b.h "$c_head"
    put common/base/b.c "$c_head" '#include "base/a.h"'
    refused layering common/base/a: circle
    put tests/emulator/a.c "$c_head" '#include "../../common/base/buf.h"'
    refused layering tests/emulator/a.c:2: 'not include of common/base'
    put tests/emulator/a.c "$c_head" '#include "base/buf.h"'
    refused layering tests/emulator/a.c:2: 'not include of common/base'
    put tests/emulator/a.c "$c_head" '#include "buf.h"' \
        '/* #include "key.h" */' '#include <curl/curl.h>'
    put tests/emulator/buf.h "$c_head"
    put common/base/json.h "$c_head"
    put common/base/cred.c "$c_head" '#include "json.h"'
    accepted layering
    fresh
}

prove_banned()
{
    accepted banned
    put common/base/a.c "$c_head" 'void f(char *s) { strcpy(s, "x"); }'
    refused banned common/base/a.c:2: strcpy
    put provider/a.c "$c_head" '/* \" */ /* "' '" */' 'int f(void)' \
        '{ return system ("x"); }'
    refused banned provider/a.c:5: system
    put tools/a.c "$c_head" 'void f(void) { sleep(1); }'
    refused banned tools/a.c:2: sleep
    put common/base/a.c "$c_head" 'void f(int x) { assert(x); }'
    refused banned common/base/a.c:2: assert
    put common/base/a.c "$c_head" 'curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER,' '0L);'
    refused banned common/base/a.c:2: CURLOPT_SSL_VERIFYPEER
    put common/base/a.c "$c_head" 'curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 1L);'
    refused banned common/base/a.c:2: CURLOPT_SSL_VERIFYHOST
    put tests/emulator/a.c "$c_head" 'X509 *f(BIO *b, X509 **x)' \
        '{ return PEM_read_bio_X509(b, x, NULL, g(NULL)); }'
    refused banned tests/emulator/a.c:3: PEM_read_bio_X509
    put tests/emulator/a.c "$c_head" 'X509 *f(BIO *b, X509 **x)' \
        '{ return PEM_read_bio_X509(b, x, emu_no_passphrase, NULL); }'
    put common/base/a.c "$c_head" 'static_assert(1, "");' 'int f(struct t *t)' \
        '{ return t->abort(t) + t->o.system() + my_sleep("strcpy(") ; }'
    accepted banned
    fresh
}

# function NAME LINES: prints a function of so many lines
function_of()
{
    local i

    echo "int $1(int x)"
    echo '{'
    for ((i = 0; i < $2 - 4; i++)); do echo '    x++;'; done
    echo '    return x;'
    echo '}'
}

prove_function_length()
{
    local -a lines

    accepted function_length
    mapfile -t lines < <(function_of long_one 101)
    put tests/unit/a.c "$c_head" "${lines[@]}"
    refused function_length tests/unit/a.c:2: 'long_one has 101 lines'
    # One in three of the product's functions is not nine in ten.
    mapfile -t lines < <(function_of middling 60)
    put provider/a.c "$c_head" "${lines[@]}"
    refused function_length provider/a.c:2: 'middling has 60 lines'
    mapfile -t lines < <(yes 'int x;' | head -n 600)
    put provider/a.h "$c_head" "${lines[@]}"
    refused function_length provider/a.h:600: '601 lines'
}

prove_text()
{
    put common/base/buf.c "$c_head" '' '/* Bytes. */' 'int x;'
    put provider/key.c "$c_head" '' '/*' ' * Keys.' ' */' 'int x;'
    put common/transport/http_curl.c "$c_head" '' '/* HTTP. */' 'int x;'
    accepted openings
    put common/base/a.c "$c_head" '' 'int x;' '/* late */'
    refused openings common/base/a.c:3: 'what the file is for'

    accepted static_names
    put common/base/a.c "$c_head" 'static int take(void)' '{' '}'
    refused static_names common/base/a.c:2: 'take: one word'
    put common/base/a.c "$c_head" 'static int take_it(void)' '{' '}'
    put provider/a.c "$c_head" '' 'static void take_it(int a)' '{' '}'
    refused static_names provider/a.c:3: 'common/base/a.c:2 has a function'

    accepted spdx
    put common/base/a.c 'int x;'
    refused spdx common/base/a.c:1: SPDX
    put demo '#!/bin/sh' 'echo'
    refused spdx demo:1: SPDX
    put tests/CMakeLists.txt 'project(x)'
    refused spdx tests/CMakeLists.txt:1: SPDX

    accepted words
    put common/base/a.c "$c_head" '' '/* TODO: the rest */'
    refused words common/base/a.c:3: unfinished
    put README.md 'See /root/project.'
    refused words README.md:1: 'path of one machine'
    put README.md 'https://host/work/x ../work/ mktemp -t XXXXXX'
    accepted words

    accepted codespell
    put README.md 'Right.' 'This is recieved.'
    refused codespell README.md:2: received
}

prove_tools()
{
    accepted shellcheck
    put demo "$sh_head" '' 'rm -rf $1/x'
    refused shellcheck demo:4: SC2086

    accepted man
    put man/akv.1 '.Dd $Mdocdate$' '.Dt AKV 1' '.Os' '.Sh NAME' '.Nm akv' \
        '.Nd sample' '.Xq nothing'
    refused man man/akv.1:7: 'unknown macro'

    accepted format
    put common/base/a.c "$c_head" 'int f(void)' '{' '  return 1;' '}'
    refused format common/base/a.c:3: clang-format

    accepted tidy
    put common/base/buf.c "$c_head" '#include <string.h>' '#include "buf.h"' \
        'int akv_buf(int size)' '{' \
        '    return memcmp(&size, &size, 4) == 0 || size == size;' '}'
    refused tidy common/base/buf.c:6: misc-redundant-expression
}

# man3_sample LINE...: the project's headers, since pages refer to each
# other, and one more.
man3_sample()
{
    mkdir -p "$work/common/include/akv"
    cp "$here"/../../common/include/akv/*.h "$work/common/include/akv"
    put common/libakv.map "$c_head" 'AKV_0 {' '    akv_sample;' '};'
    put common/include/akv/x.h "$c_head" '' '/* Sample. */' '' "$@"
}

prove_man3()
{
    local header=common/include/akv/x.h sample='void akv_sample(int a);'

    man3_sample '/* .\n of "akv_sample()". */' "$sample"
    accepted man3
    man3_sample '/* Text. */' '' "$sample"
    refused man3 "$header:7:" 'akv_sample has no comment'
    man3_sample '/* As akv_simple(). */' "$sample"
    refused man3 "$header:5:" 'akv_simple() is declared by no header'
    man3_sample '/* As akv_simple(3). */' "$sample"
    refused man3 man3/akv_x.3: 'akv_simple(3) is not there'
    man3_sample '/* Text. */' 'void akv_simple(int a);'
    refused man3 common/libakv.map: 'akv_sample has no page'
}

prove_symbols()
{
    local output status=0

    command -v cc >/dev/null || return 0
    put a.c 'int OSSL_provider_init(void) { return 1; }' \
        'int akv_leak(void) { return 1; }'
    cc -shared -fPIC -o "$work/a.so" "$work/a.c"
    output=$("$here/symbols.sh" "$work/a.so") || status=$?
    if [ "$status" -ne 1 ] || [[ $output != *a.so*akv_leak* ]]; then
        echo "FAILED: symbols: status $status and: $output"
        failed=$((failed + 1))
    fi
    put a.c 'int OSSL_provider_init(void) { return 1; }'
    cc -shared -fPIC -nostartfiles -o "$work/a.so" "$work/a.c"
    "$here/symbols.sh" "$work/a.so" || {
        echo "FAILED: symbols refuses a module without fault"
        failed=$((failed + 1))
    }
    proven=$((proven + 1))
}

prove_settings()
{
    local output status=0

    put common/base/settings.c 'TEXT("a-name", parse_text, a, NULL, "AKV_A_NAME"),'
    put man/provider-keyvault.7 '.It Cm a-name Pq Ev AKV_A_NAME'
    put conf-examples/openssl.cnf '# a-name = x'
    "$here/settings.sh" "$work" || {
        echo "FAILED: settings refuses a manual without fault"
        failed=$((failed + 1))
    }
    put man/provider-keyvault.7 '.It Cm a-name Pq Ev AKV_OTHER'
    output=$("$here/settings.sh" "$work") || status=$?
    if [ "$status" -ne 1 ] || [[ $output != *AKV_OTHER* ]]; then
        echo "FAILED: settings: status $status and: $output"
        failed=$((failed + 1))
    fi
    proven=$((proven + 1))
}

fresh
prove_layering
prove_banned
prove_function_length
prove_text
prove_tools
prove_man3
prove_symbols
prove_settings
echo "$proven faults refused as they must be, $failed not, $skipped not tried"
[ "$failed" -eq 0 ] || exit 1
if [ "$skipped" -gt 0 ]; then
    echo "skipped: a tool is missing or another version, see above"
    exit 77
fi
