#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Azure's libraries for JavaScript against the emulator, called as
# js.sh BUILD-DIR MODULES TEST... or js.sh BUILD-DIR MODULES WAY: MODULES is the
# folder that modules.sh has filled, each TEST a file of js/, and a WAY, see go.sh,
# runs those that say what works.

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" "$@"
modules=${2:?usage: $0 BUILD-DIR MODULES TEST...}

[ -e "$modules/stamp" ] || skip "npm has not installed Azure's libraries"
tests=("${@:3}")
case $3 in
names | localhost)
    [ "$3" != names ] || in_namespace "$@"
    start_whole_vault "$3"
    keep_results "javascript-$3"
    export NODE_EXTRA_CA_CERTS=$ca_file
    tests=(credentials secrets keys crypto certificates)
    ;;
*) start_sdk_vault "${tests[@]}" ;;
esac
export NODE_PATH=$modules/node_modules
for name in "${tests[@]}"; do
    sdk node --test-reporter=spec "$sdk_dir/js/$name.js"
done
