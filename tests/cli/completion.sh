#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# akv.bash-completion, as bash would use it: words in, candidates out.

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" "$@"

# shellcheck source=../../tools/akv.bash-completion
. "$(dirname "${BASH_SOURCE[0]}")/../../tools/akv.bash-completion"
cd "$work"

# The builtin works in bash's own completion only.
compopt()
{
    options+=" $*"
}

# complete_words WORD...: the candidates for the last are in out, one a line.
# The words are split as bash does it, at = and :.
complete_words()
{
    local COMP_CWORD
    local -a COMP_WORDS=("$build/akv") COMPREPLY=()

    COMP_WORDS+=("$@")
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    options=
    trace complete "${COMP_WORDS[@]}"
    _akv
    printf '%s\n' "${COMPREPLY[@]}" | sed '/^$/d' >out
}

# gives CANDIDATES WORD...: exactly these, in their order.
gives()
{
    local wanted=$1

    complete_words "${@:2}"
    equal "$(paste -sd' ' out)" "$wanted" "the candidates for '${*:2}'"
}

# --- What there is, and --help's opinion of it ---------------------------------------

complete -p akv | grep -q -- '-F _akv akv' || fail "akv is not completed"
good --help
cp out all
gives 'secret key certificate login --help --version' ''
for group in secret key certificate login; do
    gives "$(sed -n "s/^  $group \([a-z-]*\).*/\1/p" all | paste -sd' ') --help" \
        "$group" ''
    while read -r verb; do
        good "$group" "$verb" --help
        gives "$(sed -n 's/^  \(--[a-z-]*\).*/\1/p' out | paste -sd' ')" \
            "$group" "$verb" --
        # Each option that takes words or a file offers them.
        sed -n 's/^  --\([a-z-]*\) \([^ ]*\)  .*/\1 \2/p' out >listed
        while read -r option argument; do
            case $argument in
            *\|*) gives "${argument//|/ }" "$group" "$verb" x "--$option" '' ;;
            FILE)
                : >some-file
                gives some-file "$group" "$verb" "--$option" some-f
                equal "$options" ' -o filenames' "what bash is told"
                gives some-file "$group" "$verb" "--$option" = some-f
                rm some-file
                ;;
            esac
        done <listed
    done < <(sed -n "s/^  $group \([a-z-]*\).*/\1/p" all)
done

# --- Beginnings of words -------------------------------------------------------------

gives secret se
gives '' sx
gives '' nothing ''
gives '' key nothing ''
gives 'set show show-deleted' secret s
gives 'akv://' key sign ''
equal "$options" ' -o nospace' "what bash is told"
gives 'akv://' key sign ak
gives '//' key sign akv :
gives '//' key sign akv : /
gives --algorithm key sign akv : //v/keys/k --al
gives 'ES256 ES256K ES384 ES512' key sign akv : //v/keys/k --algorithm E
gives 'ES256 ES256K ES384 ES512' key verify --algorithm = E
gives 'RSA1_5 RSA-OAEP RSA-OAEP-256' key decrypt --algorithm RSA
gives 'text json raw' key sign --output =
gives json key show akv : //v/keys/k --output j
gives 'P-384' key create --curve P-3
gives 'EC EC-HSM' key create --kty EC
gives base64 secret set --encoding b
gives 'yes no' key update --enabled ''
gives 'ca-file= ca-path=' key show --set ca
# A secret has no place on the command line.
complete_words key show --set ''
contains out '^timeout=$'
lacks out 'client-secret='
lacks out 'access-token='
# An option behind the URI, and what follows --.
gives '' login check x
complete_words login check ''
contains out '^--scope$'
complete_words key show -- ''
equal "$(cat out)" akv:// "candidates behind --"
# A program that is not there has nothing to say.
COMP_WORDS=("$work/absent" '') COMP_CWORD=1 COMPREPLY=()
_akv
equal "${#COMPREPLY[@]}" 0 "candidates without a program"
