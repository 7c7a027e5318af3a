#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Azure's libraries for JavaScript against the emulator, called as
# js.sh BUILD-DIR MODULES TEST...: MODULES is the folder that modules.sh has
# filled, each TEST a file of js/.

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" "$@"
modules=${2:?usage: $0 BUILD-DIR MODULES TEST...}

[ -e "$modules/stamp" ] || skip "npm has not installed Azure's libraries"
start_sdk_vault "${@:3}"
export NODE_PATH=$modules/node_modules
for name in "${@:3}"; do
    sdk node --test-reporter=spec "$sdk_dir/js/$name.js"
done
