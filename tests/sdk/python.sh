#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Azure's libraries for Python against the emulator, called as
# python.sh BUILD-DIR TEST...: each TEST is a module of python/.

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" "$@"

# Debian's own Python is the one that has Debian's packages.
python=
for name in /usr/bin/python3 python3; do
    command -v "$name" >/dev/null || continue
    if "$name" -c 'import azure.identity, azure.keyvault.certificates, \
        azure.keyvault.keys, azure.keyvault.secrets' 2>/dev/null; then
        python=$name
        break
    fi
done
[ -n "$python" ] || skip "Azure's libraries for Python are not installed" \
    "(package python3-azure)"
start_sdk_vault "${@:2}"
export PYTHONPATH=$sdk_dir/python PYTHONDONTWRITEBYTECODE=1
# The libraries leave their connections open to the end.
sdk "$python" -W ignore::ResourceWarning -m unittest -v "${@:2}"
