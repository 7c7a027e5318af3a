#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# .ci/run keeps to its clock: whenever what decides has ended, no reported lane
# is planned to end behind minute 75; every lane runs first in its turn; and
# each is named once. Its table is what --list prints.

set -euo pipefail

root=${1:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
mapfile -t lanes < <(bash "$root/.ci/run" --list \
    | sed -nE 's/^([^ ]+) +([0-9]+) min .*/\1 \2/p')
last=75
status=0

complain()
{
    echo ".ci/run: $*"
    status=1
}

minutes_of()
{
    local lane

    for lane in "${lanes[@]}"; do
        [ "${lane% *}" != "$1" ] || echo "${lane#* }"
    done
}

# One plan: what it adds up to, and whose turn it is.
check_plan()
{
    local minute=$1 count=$2 end=$1 verb name first="" seen=' '

    while read -r verb name; do
        first=${first:-$name}
        [[ $seen != *" $name "* ]] || complain "names $name twice"
        seen+="$name "
        [ "$verb" != run ] || end=$((end + $(minutes_of "$name")))
    done < <(bash "$root/.ci/run" --plan "$minute" "$count")
    [ "$end" -le "$last" ] || [ "$end" -eq "$minute" ] \
        || complain "from minute $minute on, $count commits, it ends at $end"
    [ "$(wc -w <<<"$seen")" -eq ${#lanes[@]} ] \
        || complain "a plan has other lanes than the list"
    [ "$first" = "${lanes[$((count % ${#lanes[@]}))]% *}" ] \
        || complain "with $count commits $first comes first"
}

[ ${#lanes[@]} -gt 0 ] || complain "has no reported lanes"
for lane in "${lanes[@]}"; do
    [ "${lane#* }" -le $((last - 20)) ] \
        || complain "${lane% *} never has the time: what decides may take 20 min"
done
for minute in 0 13 20 44 60 75 89; do
    for ((count = 0; count <= ${#lanes[@]}; count++)); do
        check_plan "$minute" "$count"
    done
done
exit "$status"
