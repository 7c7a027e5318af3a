#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# figures.sh [ROOT]: what can be counted of the sources, as a table, to hold two
# states of the tree against each other. It judges nothing.

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" "$@"
need pmccabe pmccabe

product=(common provider tools)

# Prints COMPLEXITY LINES for each function of the files that come in.
functions()
{
    { grep '\.c$' || true; } | xargs -r pmccabe | awk -F'\t' '{ print $1, $5 }'
}

# percentiles COLUMN: p50, p90 and the most of it.
percentiles()
{
    awk -v column="$1" '{ print $column }' | sort -n | awk '
        { value[NR] = $1 }
        END {
            if (NR > 0)
                print value[int(NR * 0.5 + 0.5)], value[int(NR * 0.9 + 0.999999)],
                    value[NR]
        }'
}

count()
{
    wc -l | tr -d ' '
}

row()
{
    printf '| %s | %s |\n' "$1" "$2"
}

# lines FOLDERS EXTENSIONS: of these files; both are alternatives of a pattern.
lines()
{
    all_files | { grep -E "^($1)/.*\.($2)$" || true; } | xargs -r cat | count
}

# lines_of FOLDERS
lines_of()
{
    echo "$(lines "$1" 'c|h') of C, $(lines "$1" 'sh|py') of shell and Python"
}

# Of C files, those whose first comment behind the licence's is above all else.
unexplained()
{
    local file

    c_files_in "${product[@]}" | grep '\.c$' | while IFS= read -r file; do
        [[ $(sed -n '/[^ ]/{2p;2q}' "$file" && sed -n 2,4p "$file") == *'/*'* ]] \
            || echo "$file"
    done
}

# Modules that include themselves by way of others: files of one name, or whose
# names begin alike where there is a NAME_impl.h. Not by folder, so that trees
# with other folders can be compared.
circles()
{
    local folder names

    for folder in "${product[@]}"; do
        names=$(c_files_in "$folder" | xargs -rn 1 basename | sed 's/\.[ch]$//')
        c_files_in "$folder" | code | perl -ne '
            BEGIN { $impl{$_} = 1 for grep { s/_impl$// } split /\n/, shift @ARGV }
            sub module {
                my ($name) = @_;
                $name =~ s,.*/,,; $name =~ s/\.[ch]$//;
                for (my $part = $name; $part =~ s/_[^_]*$//;) {
                    $name = $part if $impl{$part};
                }
                return $name;
            }
            next unless /^([^:]*):\d+:\s*#\s*include\s*"([^"]*)"/;
            my ($from, $to) = (module($1), module($2));
            print "$from $to\n" if $from ne $to;' "$names" \
            | { tsort 2>&1 >/dev/null || true; } \
            | sed -n 's/^tsort: \([a-z].*[a-z]\)$/\1/p'
    done | sort -u | count
}

# Static functions of the product that have the name of another file's.
same_names()
{
    c_files_in "${product[@]}" | grep '\.c$' | code | perl -ne '
        $seen{$2}{$1} = 1
            if /^([^:]*):\d+:static [^;{}=()]*?[\s*]([a-z_0-9]+)\(/;
        END { print scalar(grep { keys %$_ > 1 } values %seen), "\n" }'
}

# Runs of six lines of code that stand in two places or more.
repeated()
{
    c_files_in "${product[@]}" | code | perl -ne '
        next unless /^([^:]*):\d+:\s*(.*?)\s*$/;
        my ($file, $line) = ($1, $2);
        next if length $line < 2 || $line =~ /^#\s*include/;
        @last = () if $file ne $before;
        $before = $file;
        push @last, $line;
        shift @last if @last > 6;
        $seen{join "\n", @last}++ if @last == 6;
        END { print scalar(grep { $_ > 1 } values %seen), "\n" }'
}

echo '| figure | value |'
echo '|---|---|'
row 'functions of the product' "$(c_files_in "${product[@]}" | functions | count)"
row 'their lines: p50, p90, longest' \
    "$(c_files_in "${product[@]}" | functions | percentiles 2)"
row 'their complexity: p50, p90, most' \
    "$(c_files_in "${product[@]}" | functions | percentiles 1)"
row 'lines of the functions of tests: p50, p90, longest' \
    "$(c_files_in tests | functions | percentiles 2)"
row 'files of C over 600 lines' \
    "$(c_files | xargs wc -l | awk '$2 != "total" && $1 > 600' | count)"
row 'files of the product without an opening comment' "$(unexplained | count)"
row 'functions that the installed headers declare, and libakv exports' \
    "$(grep -c '^    akv_' common/libakv.map || true)"
row 'modules in circles of includes' "$(circles)"
row 'names of static functions that several files have' "$(same_names)"
row 'runs of six lines that stand in several places' "$(repeated)"
row 'lines of the product' "$(lines_of "$(IFS='|' && echo "${product[*]}")")"
row 'lines of tests' "$(lines_of tests)"
