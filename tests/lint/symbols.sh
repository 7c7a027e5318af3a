#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# symbols.sh MODULE: the module exports its entry point and nothing else.
# (Hidden visibility would hide the entry point too: OPENSSL_EXPORT is only
# "extern" here. The version script does it.)

set -euo pipefail

module=${1:?usage: symbols.sh MODULE}
skip()
{
    echo "skipped: $*"
    exit 77
}

[ -e "$module" ] || skip "'$module' is not built"
command -v nm >/dev/null || skip "nm is not installed (package binutils)"
symbols=$(nm -D --defined-only "$module" | sed 's/.* //' | sort)
[ "$symbols" != OSSL_provider_init ] || exit 0
if ! grep -qx OSSL_provider_init <<<"$symbols"; then
    echo "$module: does not export OSSL_provider_init"
fi
grep -vx OSSL_provider_init <<<"$symbols" \
    | sed "s,^..*,$module: exports &; provider/keyvault.map has to hide it,"
exit 1
