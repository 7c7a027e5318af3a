#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Applications written in Python, and what they reach their keys in Azure with,
# against the emulator: applications-python.sh BUILD-DIR FOLDER. FOLDER is for
# what PyPI gives. Few of them let the verification of the challenge be switched
# off, or another authority be named: it is all by the service's own names.

# shellcheck source=applications.sh
. "$(dirname "${BASH_SOURCE[0]}")/applications.sh"
sources=$sdk_dir/applications/python
# NAME.txt has the newest versions, that of the application first.
programs=(mongocrypt settings)

command -v python3 >/dev/null || skip 'Python is not installed'

# install NAME: if it cannot be, NAME.skipped tells the run in the namespace why.
install()
{
    local log=$folder/$1.log

    rm -f "$folder/$1.skipped"
    ! cmp -s "$sources/$1.txt" "$folder/$1/installed" || return 0
    rm -rf "${folder:?}/$1"
    trace pip install -r "$sources/$1.txt"
    python3 -m venv "$folder/$1" >"$log" 2>&1 9>&- \
        && "$folder/$1/bin/pip" install -q --disable-pip-version-check \
            --only-binary :all: -r "$sources/$1.txt" >"$log" 2>&1 9>&- \
        && cp "$sources/$1.txt" "$folder/$1/installed" && return
    show "$log"
    tail -n 1 "$log" | cut -c 1-300 >"$folder/$1.skipped"
}

install_all()
{
    local name

    mkdir -p "$folder"
    (
        exec 8>"$folder/lock"
        flock 8
        for name in "${programs[@]}"; do
            install "$name"
        done
    )
}

# client NAME ARGUMENT...: its output is in out. Its environment has the
# credential, which is never an argument.
client()
{
    trace "$@"
    timeout -k 5 60 env "${sdk_vars[@]}" "REQUESTS_CA_BUNDLE=$ca_file" \
        "SSL_CERT_FILE=$ca_file" PYTHONDONTWRITEBYTECODE=1 \
        "$folder/$1/bin/python" "$sources/$1.py" "${@:2}" \
        >"$work/out" 2>"$work/err" 9>&- && return
    show "$work/out" "$work/err"
    fail "$(tail -n 1 "$work/err")"
}

# version NAME: of the application.
version()
{
    sed -n '/==/{s/.*==//p;q}' "$sources/$1.txt"
}

# A key by its version and by its name alone, in a vault and in a Managed HSM.
try_mongocrypt()
{
    good key create "akv://$vault/keys/wrapping" --ops wrapKey,unwrapKey
    good key create "akv://$hsm/keys/wrapping" --kty RSA-HSM
    reset_counters
    client mongocrypt sdk.vault.azure.net/wrapping \
        "sdk.vault.azure.net/wrapping/$(newest_version wrapping)" \
        hsm.managedhsm.azure.net/wrapping
    # Each wraps twice, and later unwraps for each who has no data key yet.
    expect_count wrap_key 6 unwrap_key 12
}

# A dash stands for what names in Python cannot have; two are between the parts
# of a name.
try_settings()
{
    put api-key sesame
    put database--host db.example
    put database--port 5432
    client settings
}

[ -n "${SDK_IN_NAMESPACE:-}" ] || install_all
in_namespace "$@"
start_whole_vault names
for program in "${programs[@]}"; do
    try "$program" "$(version "$program")"
done
tell_sum Python
[ "$ok" -gt 0 ] || skip 'none of the applications can be had'
