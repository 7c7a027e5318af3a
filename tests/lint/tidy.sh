#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# tidy.sh ROOT BUILD: clang-tidy (checks: .clang-tidy) on what the build
# compiles of the product and the emulator. A file that passed is not looked
# at again until its preprocessed text, its flags or the checks change.

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" "${1:-}"
need_llvm clang-tidy

build=$(realpath -m "${2:-build/dev}")
[ -e "$build/compile_commands.json" ] \
    || skip "no $build/compile_commands.json: configure a preset first"
mkdir -p "$build/lint-tidy"

# Prints FILE and its compiler command. CMake writes one member a line.
commands()
{
    perl -ne '
        /^\s*"command": "(.*)",?\s*$/ and $command = $1 =~ s/\\(.)/$1/gr;
        /^\s*"file": "(.*)",?\s*$/ and print "$1\t$command\n"' \
        "$build/compile_commands.json"
}

checked()
{
    local file command
    local -A seen=()

    while IFS=$'\t' read -r file command; do
        file=$(realpath -m --relative-to=. "$file")
        [[ $file =~ ^(common|provider|tools|tests/emulator)/ ]] || continue
        # A file may be compiled for several targets.
        [ -z "${seen[$file]:-}" ] || continue
        seen[$file]=1
        printf '%s\0%s\0' "$file" "$command"
    done < <(commands)
}

# Next to this file, so that xargs can run it.
checked | xargs -0 -r -n 2 -P "$(nproc)" \
    "$(dirname "${BASH_SOURCE[0]}")/tidy_one.sh" "$build" || found=1
finish
