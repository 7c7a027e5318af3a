#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What the product does not call, certificate checks it does not turn off, and
# readers of PEM that would ask a terminal for a passphrase.

# shellcheck disable=SC2016 # Perl in single quotes

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" "$@"

# Unbounded, or without a way to tell failure.
names='strcpy|strcat|v?sprintf|gets|strtok|ato[ifl]|atoll'
# A shell between us and a command; posix_spawn has none.
names+='|system|popen'
# A host process is not ours to end, or to make wait.
names+='|assert|abort|sleep|usleep|nanosleep'

files()
{
    c_files_in common provider tools
}

banned_calls()
{
    files | code | perl -ne '
        BEGIN { $names = shift }
        my ($where, $code) = /^([^:]*:\d+):(.*)/ or next;
        while ($code =~ /(?<![\w.>])($names)\s*\(/g) {
            print "$where: $1() is not to be used here\n";
        }' "$names"
}

# Anything but the plain constant for "on" is refused, and a value that comes
# from elsewhere with it.
unverified_tls()
{
    files | xargs -r -d '\n' perl -0777 -ne "$strip"'
        for my $on (["PEER", 1], ["HOST", 2]) {
            my ($what, $value) = @$on;
            while (/\b(CURLOPT_\w*SSL_VERIFY$what)\b
                    (?! \s*,\s* ${value}L? \s*[,)}] )/gx) {
                my $line = 1 + (substr($_, 0, $-[0]) =~ tr/\n//);
                print "$ARGV:$line: $1 may only be ${value}L\n";
            }
        }'
}

# PEM_read_bio() itself decrypts nothing.
prompts()
{
    c_files_in common provider tools tests/emulator \
        | xargs -r -d '\n' perl -0777 -ne "$strip"'
        while (/\b(PEM_read_(?!bio\s*\()\w+|PEM_bytes_read_bio)\s*
                (\((?:[^()]++|(?2))*\))/gx) {
            my ($name, $arguments, $at) = ($1, $2, $-[0]);
            next if $arguments =~ /no_passphrase/;
            my $line = 1 + (substr($_, 0, $at) =~ tr/\n//);
            print "$ARGV:$line: $name() would ask the terminal for a " .
                "passphrase; give it ..._no_passphrase\n";
        }'
}

findings < <(banned_calls)
findings < <(unverified_tls)
findings < <(prompts)
finish
