#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The manual pages that tools/man3.pl makes of the headers: each function has a
# comment and a page that tells of it, pages are as well formed as those in man/,
# and what they refer to in section 3 is there.

here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
# shellcheck source=lib.sh
. "$here/lib.sh" "$@"
need mandoc mandoc
need perl perl-base

mapfile -t headers < <(all_files | grep -E '^common/include/akv/[^/]*\.h$')
[ ${#headers[@]} -gt 0 ] || finish
mapfile -t manuals < <(all_files | grep -E '^man/.*\.[1-8]$')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
perl "$here/../../tools/man3.pl" 0.0 "$work/man3" "${headers[@]}" || exit 1

# What the library exports; headers.sh holds it against what is declared.
exported()
{
    sed -n 's/^    \(akv_[a-z0-9_]*\);$/\1/p' common/libakv.map
}

# Links are found from the folder that man3 is in.
text_of()
{
    (cd "$work" && mandoc -T ascii -O width=80 "man3/$1.3") | sed 's/.\x08//g'
}

# FILE:LINE:Xr NAME 3 for each in the pages of these files.
references()
{
    grep -HnoE '\bXr (lib)?akv[a-z0-9_]* 3\b' "$@" || true
}

while IFS= read -r name; do
    if [ ! -e "$work/man3/$name.3" ]; then
        finding "common/libakv.map: $name has no page"
    # Not a pipe: grep -q ends early.
    elif ! text=$(text_of "$name") || ! grep -q "^     $name(" <<<"$text"; then
        finding "man3/$name.3: does not say how $name() is called"
    fi
done < <(exported)

while IFS=: read -r file line reference; do
    read -r _ name _ <<<"$reference"
    [ -e "$work/man3/$name.3" ] || finding "$file:$line: $name(3) is not there"
done < <(references /dev/null "${manuals[@]}"; cd "$work" && references man3/*.3)

cd "$work"
mapfile -t pages < <(grep -L '^\.so ' man3/*.3)
check_manuals "${pages[@]}"
finish
