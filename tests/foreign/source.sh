#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Debian's source package of OpenSSL, for openssl.sh, which sources this file.
# Nothing of this machine's apt is changed: lists and files go to a folder.

keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# apt itself reads its sources and knows its proxies: the base of each, and
# that of security updates, which lie beside.
bases()
{
    apt-get --print-uris update 2>/dev/null \
        | sed -n "s,^'\([^']*\)/dists/.*,\1,p" \
        | awk '{ print; if (sub(/\/debian$/, "/debian-security")) print }' \
        | awk '!seen[$0]++'
}

# sources SUITE FOLDER: those of Debian's that have the suite.
sources()
{
    local suite=$1 file=$2/InRelease url dist

    bases | while IFS= read -r url; do
        for dist in "$suite" "$suite-updates" "$suite-security"; do
            # apt-helper takes a file that is there for a partial download.
            rm -f "$file"
            if /usr/lib/apt/apt-helper download-file \
                "$url/dists/$dist/InRelease" "$file" >/dev/null 2>&1 \
                && grep -qx 'Origin: Debian' "$file"; then
                echo "deb-src [signed-by=$keyring] $url $dist main"
            fi
        done
    done
}

# by_nearness VERSION: versions of the standard input, of the same series, the
# nearest first.
by_nearness()
{
    awk -v wanted="$1" '
        BEGIN { split(wanted, want, /[.~+-]/) }
        {
            split($0, is, /[.~+-]/)
            far = is[3] - want[3]
            if (is[1] == want[1] && is[2] == want[2])
                print ($0 == wanted ? -1 : far < 0 ? -far : far) "\t" $0
        }' | sort -k1,1n -k2,2rV -u | cut -f2
}

# apt with lists of its own.
apt_source()
{
    local command=$1 tmp=$2

    shift 2
    "$command" -q -o Dir::Etc::sourcelist="$tmp/sources.list" \
        -o Dir::Etc::sourceparts=/dev/null -o Dir::State::lists="$tmp/lists" \
        -o Dir::Cache="$tmp/cache" -o APT::Sandbox::User=root "$@"
}

# download WANTED SUITE TMP: prints the version that there is. Not every file
# of every version that is listed is on every mirror.
download()
{
    local wanted=$1 suite=$2 tmp=$3 version

    mkdir -p "$tmp/lists/partial" "$tmp/cache/archives/partial" "$tmp/files"
    sources "$suite" "$tmp" >"$tmp/sources.list"
    [ -s "$tmp/sources.list" ] || {
        echo "no Debian mirror with '$suite' in reach (of apt's sources)" >&2
        return 1
    }
    cd "$tmp/files" || return 1
    apt_source apt-get "$tmp" update >&2 || true # one list may still do
    apt_source apt-cache "$tmp" showsrc --only-source openssl \
        | sed -n 's/^Version: //p' | by_nearness "$wanted" >"$tmp/versions"
    while IFS= read -r version; do
        if apt_source apt-get "$tmp" source --download-only \
            "openssl=$version" >&2; then
            echo "$version"
            return 0
        fi
        rm -f ./*
    done <"$tmp/versions"
    echo "of no version are there all files" >&2
    return 1
}

# With Debian's patches, for those are in the library that is installed; and
# with the files of tests that a patch cannot hold.
unpack()
{
    local files=$1 source=$2

    dpkg-source --no-check -x "$files"/*.dsc "$source" || return 1
    [ ! -e "$source/debian/binary.tar" ] \
        || tar -x -C "$source" -f "$source/debian/binary.tar"
}

# fetch FOLDER INSTALLED SUITE: its folder source, unless it is there for that
# version, and the version in source.version.
fetch()
{
    local folder=$1 installed=$2 suite=$3
    local tmp=$folder/fetch log=$folder/fetch.log version

    [ "$(cat "$folder/source.for" 2>/dev/null)" != "$installed" ] || return 0
    need apt-get apt
    need dpkg-source dpkg-dev
    rm -rf "$tmp" "$folder/source.for"
    mkdir "$tmp"
    if ! version=$(download "$installed" "$suite" "$tmp" 2>"$log") \
        || ! unpack "$tmp/files" "$tmp/source" >>"$log" 2>&1; then
        skip "the source of openssl $installed, or one near it, cannot be" \
            "had: $(tail -n 1 "$log")"
    fi
    rm -rf "$folder/source"
    mv "$tmp/source" "$folder/source"
    rm -rf "$tmp"
    echo "$version" >"$folder/source.version"
    echo "$installed" >"$folder/source.for"
}
