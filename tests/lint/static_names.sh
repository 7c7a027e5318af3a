#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# A backtrace, a profile or a breakpoint names functions without their files: a
# static function of the product has a name that no other file's has, and that
# is more than one word.

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" "$@"

findings < <(c_files_in common provider tools | { grep '\.c$' || true; } | code \
    | perl -ne '
        next unless /^([^:]*):(\d+):static [^;{}=()]*?[\s*]([a-z_0-9]+)\(/;
        my ($file, $line, $name) = ($1, $2, $3);
        if ($name !~ /_/) {
            print "$file:$line: $name: one word says too little; put that of the file in front\n"
                unless $told{"$file $name"}++;
        }
        push @{$files{$name}}, "$file:$line" unless $in{"$file $name"}++;
        END {
            for my $name (sort keys %files) {
                my @places = @{$files{$name}};
                next if @places < 2;
                my ($first, @rest) = @places;
                print "$_: $name: $first has a function of that name\n" for @rest;
            }
        }')
finish
