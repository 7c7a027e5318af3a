#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Azure's libraries for Rust against the emulator, called as
# rust.sh BUILD-DIR FOLDER WAY; see go.sh.

# Where rustup has its toolchains; the home folder of a test is its own.
export RUSTUP_HOME=${RUSTUP_HOME:-$HOME/.rustup}
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" "$@"
folder=${2:?usage: $0 BUILD-DIR FOLDER WAY}
way=${3:?usage: $0 BUILD-DIR FOLDER WAY}

command -v cargo >/dev/null || skip 'Rust is not installed'
make_program()
{
    mkdir -p "$folder"
    export CARGO_HOME=$folder/cargo
    (
        exec 8>"$folder/lock"
        flock 8
        cd "$sdk_dir/rust"
        cargo fetch -q --locked >"$work/download.log" 2>&1 9>&- || {
            show "$work/download.log"
            exit 77
        }
        cargo build -q --locked --offline --target-dir "$folder/target" 2>&9 9>&-
    )
}
if [ -z "${SDK_IN_NAMESPACE:-}" ]; then
    status=0
    make_program || status=$?
    [ "$status" -ne 77 ] || skip "Azure's libraries for Rust cannot be had"
    [ "$status" -eq 0 ] || fail 'the program is not built'
fi
[ "$way" != names ] || in_namespace "$@"
start_whole_vault "$way"
keep_results "rust-$way"
SSL_CERT_FILE=$ca_file sdk "$folder/target/debug/vault-sdk"
