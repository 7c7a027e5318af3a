#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# tidy_one.sh BUILD FILE COMMAND: what tidy.sh runs for each file.

set -euo pipefail

build=$1
file=$2
command=$3
noise='^[0-9]+ (warning|error)s? .*(generated|treated)|^Suppressed '
noise+='|^Use -header-filter|^Error while processing'

# The text as the compiler sees it, comments included: they may hold NOLINT.
# What cannot be preprocessed has no key, and is always looked at.
text()
{
    clang-tidy --version
    cat .clang-tidy
    echo "$command"
    bash -c "${command%% -o *} -E -C '$file'" 2>/dev/null || date +%s%N
}

passed=$build/lint-tidy/$(text | sha256sum | cut -c1-32)
[ ! -e "$passed" ] || exit 0
if output=$(clang-tidy --quiet -p "$build" "$file" 2>&1); then
    : >"$passed"
else
    output=${output//"$PWD/"/}
    # One at a time, so that the files' findings do not mix.
    exec 9>"$build/lint-tidy/.lock"
    flock 9
    grep -vE "$noise" <<<"$output" || echo "$file:1: clang-tidy failed"
    exit 1
fi
