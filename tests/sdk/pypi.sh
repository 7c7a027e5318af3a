#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The newest of Azure's libraries for Python against the emulator, called as
# pypi.sh BUILD-DIR FOLDER WAY; see go.sh. Debian's own are older: python.sh.

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" "$@"
folder=${2:?usage: $0 BUILD-DIR FOLDER WAY}
way=${3:?usage: $0 BUILD-DIR FOLDER WAY}
tests=(test_credentials test_secrets test_keys test_crypto test_certificates)

command -v python3 >/dev/null || skip 'Python is not installed'
install_libraries()
{
    mkdir -p "$folder"
    (
        exec 8>"$folder/lock"
        flock 8
        cmp -s "$sdk_dir/python/requirements.txt" "$folder/installed" && exit 0
        python3 -m venv "$folder/venv" >"$work/download.log" 2>&1 9>&- \
            && "$folder/venv/bin/pip" install -q --disable-pip-version-check \
                --only-binary :all: -r "$sdk_dir/python/requirements.txt" \
                >"$work/download.log" 2>&1 9>&- \
            && cp "$sdk_dir/python/requirements.txt" "$folder/installed"
    )
}
if [ -z "${SDK_IN_NAMESPACE:-}" ] && ! install_libraries; then
    show "$work/download.log"
    skip "the newest of Azure's libraries for Python cannot be had"
fi
if [ "$way" = example ]; then
    AKV_EMULATOR=$build/akv-emulator PYTHONDONTWRITEBYTECODE=1 \
        sdk "$folder/venv/bin/python" -m pytest -q -p no:cacheprovider \
        "$sdk_dir/python/example"
    exit
fi
[ "$way" != names ] || in_namespace "$@"
start_whole_vault "$way"
keep_results "python-$way"
export PYTHONPATH=$sdk_dir/python PYTHONDONTWRITEBYTECODE=1
export REQUESTS_CA_BUNDLE=$ca_file SSL_CERT_FILE=$ca_file
sdk "$folder/venv/bin/python" -W ignore::ResourceWarning -m unittest -v \
    "${tests[@]}"
