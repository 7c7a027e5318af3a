#!/usr/bin/env perl
# SPDX-License-Identifier: Apache-2.0
#
# man3.pl VERSION OUTPUT-DIR HEADER...: writes the manual pages of section 3, one
# a header and libakv.3 for all, and a link for each function. What they say is
# what the headers' comments say: functions are documented in one place.
#
# A header has its opening comment, then declarations. Lines without a blank one
# between them are a group, which the comment above it is about; a comment within
# a group begins another. A function without a comment is an error.

use strict;
use warnings;

# Of the pages' last change that a reader notices: they are to be the same
# wherever they are made.
my $date = 'December 1, 2026';
my @months = qw(January February March April May June July August September
    October November December);

my $code_width = 73; # what is left of 80 columns, indented by man
my $text_width = 76; # of the pages' source

# Each by its name, with the page that it is on; %page by the header's.
my (%function, %type, %constant, %page);
my $complaints = 0;

sub complain
{
    my ($where, $what) = @_;

    print STDERR "$where: $what\n";
    $complaints++;
}

# ---- Reading headers.

sub without_comments
{
    my ($code) = @_;

    $code =~ s{/\*.*?\*/}{}gs;
    return $code;
}

# A comment's text, a line each, without what makes it a comment.
sub comment_lines
{
    my @lines = @_;

    $lines[-1] =~ s{\s*\*/$}{};
    $lines[0] =~ s{^/\*\s*}{};
    s{^ \* ?}{} for @lines[1 .. $#lines];
    shift @lines while @lines && $lines[0] eq '';
    pop @lines while @lines && $lines[-1] eq '';
    return \@lines;
}

# Whether these lines are one whole declaration or macro.
sub is_whole
{
    my $code = without_comments($_[0]);
    my $open = () = $code =~ /[{(]/g;
    my $closed = () = $code =~ /[)}]/g;

    return 0 if $code =~ m{/\*};
    return $code !~ /\\\s*$/ if $code =~ /^#/;
    return $open == $closed && $code =~ /;\s*$/;
}

sub split_parameters
{
    my ($text) = @_;
    my @parameters;
    my $current = '';
    my $depth = 0;

    for my $c (split //, $text) {
        $depth++ if $c eq '(';
        $depth-- if $c eq ')';
        if ($c eq ',' && $depth == 0) {
            push @parameters, $current;
            $current = '';
        } else {
            $current .= $c;
        }
    }
    push @parameters, $current;
    s/^ +| +$//g for @parameters;
    return \@parameters;
}

# What a declaration declares: kind, name and, of functions, the rest.
sub classify
{
    my ($code, $where) = @_;
    my %decl = (kind => '', code => $code, where => $where);
    my $text = without_comments($code);

    $text =~ s/\s+/ /g;
    $text =~ s/^ | $//g;
    if ($text =~ /^# ?define (\w+)/) {
        @decl{qw(kind name)} = ('macro', $1);
    } elsif ($text =~ /^(?:struct|union) (\w+);$/) {
        @decl{qw(kind name)} = ('opaque', $1);
    } elsif ($text =~ /^((?:struct|enum|union) (\w+)) ?\{(.*)\}/) {
        my $body = $3;

        @decl{qw(kind name shown)} = ('type', $2, $1);
        $decl{constants} = [ $body =~ /\b([A-Z]\w+)(?= ?[,=]| ?$)/g ]
            if $text =~ /^enum/;
    } else {
        $text =~ s/(?: ?AKV_[A-Z_]+(?:\([^()]*\))?)+;$/;/;
        if ($text =~ /^(.*?[ *])(\w+) ?\((.*)\);$/) {
            @decl{qw(kind returns name)} = ('function', $1, $2);
            $decl{parameters} = split_parameters($3);
            $decl{kind} = 'typedef' if $text =~ /^typedef /;
            $decl{shown} = $decl{name};
        } else {
            complain($where, 'is no declaration that can be told of');
        }
    }
    return \%decl;
}

# The items of a header: 'include', 'blank', a comment or a declaration.
sub read_items
{
    my ($file) = @_;
    my @items;
    my $in_cplusplus = 0;

    open(my $in, '<', $file) or die "$file: $!\n";
    chomp(my @lines = <$in>);
    close($in);
    for (my $i = 0; $i < @lines; $i++) {
        my $where = "$file:" . ($i + 1);
        my $text = $lines[$i];

        $in_cplusplus = 1 if $text =~ /^#ifdef __cplusplus/;
        if ($text =~ /^\s*$/ || $in_cplusplus || $text =~ /^#define \w+_H$/) {
            push @items, { kind => 'blank' };
            $in_cplusplus = 0 if $text =~ /^#endif/;
        } elsif ($text =~ /^#\s*include "(\w+)\.h"/) {
            push @items, { kind => 'include', stem => $1 };
        } elsif ($text =~ /^#/ && $text !~ /^#\s*define/) {
            push @items, { kind => 'blank' };
        } else {
            my $is_comment = $text =~ m{^/\*};
            my $first = $i;

            $i++ while $i < $#lines
                && !($is_comment ? $lines[$i] =~ m{\*/\s*$}
                    : is_whole(join("\n", @lines[ $first .. $i ])));
            push @items, $is_comment
                ? { kind => 'comment', where => $where,
                    lines => comment_lines(@lines[ $first .. $i ]) }
                : classify(join("\n", @lines[ $first .. $i ]), $where);
        }
    }
    return grep { $_->{kind} ne 'comment' || "@{$_->{lines}}" !~ /^SPDX/ } @items;
}

sub read_header
{
    my ($file) = @_;
    my ($stem) = $file =~ m{([^/]+)\.h$} or die "$file: is no header\n";
    my %header = (file => $file, stem => $stem, page => "akv_$stem",
        include => [], groups => []);
    my $group;

    for my $item (read_items($file)) {
        if ($item->{kind} eq 'include') {
            push @{ $header{include} }, $item->{stem};
        } elsif ($item->{kind} eq 'comment' && !$header{opening}) {
            $header{opening} = $item;
        } elsif ($item->{kind} eq 'blank') {
            $group = undef;
        } elsif ($item->{kind} eq 'comment') {
            $group = { comment => $item, decls => [] };
            push @{ $header{groups} }, $group;
        } elsif ($item->{kind} ne '') {
            push @{ $header{groups} }, $group = { decls => [] } if !$group;
            push @{ $group->{decls} }, $item;
        }
    }
    complain("$file:1", 'has no opening comment') if !$header{opening};
    return \%header;
}

sub declarations
{
    my ($header, @kinds) = @_;

    return grep { my $decl = $_; grep { $decl->{kind} eq $_ } @kinds }
        map { @{ $_->{decls} } } @{ $header->{groups} };
}

# ---- What comments have to be like.

my $one_of_ours = qr/(?<![\w\/<])([a-z_]+)\.h\b/; # headers

sub check_names
{
    my ($comment) = @_;
    my $text = join("\n", @{ $comment->{lines} });

    for my $name ($text =~ /\b(akv_[a-z0-9_]+)\(/g) {
        complain($comment->{where}, "$name() is declared by no header")
            if !$function{$name} && $text !~ /\b\Q$name\E\([1-9]\)/;
    }
    for my $stem ($text =~ /$one_of_ours/g) {
        complain($comment->{where}, "$stem.h is not one of the headers")
            if !$page{$stem};
    }
}

sub check_header
{
    my ($header) = @_;

    check_names($header->{opening}) if $header->{opening};
    for my $group (@{ $header->{groups} }) {
        if ($group->{comment}) {
            check_names($group->{comment});
            complain($group->{comment}{where}, 'this comment is above nothing')
                if !@{ $group->{decls} };
            next;
        }
        complain($_->{where}, "$_->{name} has no comment")
            for grep { $_->{kind} eq 'function' } @{ $group->{decls} };
    }
}

# ---- mdoc(7).

sub escape_text
{
    my ($text) = @_;

    $text =~ s/\\/\\e/g;
    $text =~ s/(?<![\w\\])-/\\-/g;
    $text =~ s/\^/\\(ha/g;
    $text =~ s/~/\\(ti/g;
    $text =~ s/`/\\(ga/g;
    return $text;
}

# What is to be copied: no typographic quotes and hyphens.
sub escape_code
{
    my ($text) = @_;

    $text =~ s/\\/\\e/g;
    $text =~ s/-/\\-/g;
    $text =~ s/'/\\(aq/g;
    $text =~ s/\^/\\(ha/g;
    $text =~ s/~/\\(ti/g;
    $text =~ s/`/\\(ga/g;
    $text =~ s/^\./\\&./;
    return $text;
}

# One argument of a macro.
sub argument
{
    my ($text) = @_;

    $text =~ s/"/\\(dq/g;
    $text =~ s/^(?=[A-Z%][A-Za-z0-9]$)/\\&/;
    return $text =~ / / ? "\"$text\"" : $text;
}

# Words that have a macro of their own, in the comments of a page.
my $marked = qr/(?<!\w)(?:
    [A-Za-z_][\w.+-]*\([1-9]\) | [a-z_]\w*\(\) | (?:struct|enum)\ akv_\w+
    | (?<![\/<])[a-z_]+\.h\b | \*[a-z]\w*\b | akv_\w+_fn\b
    | NULL\b | (?:AKV|AZURE)_[A-Z]\w*)/x;

sub macro
{
    my ($word, $page) = @_;

    return "Xr $1 $2" if $word =~ /^(.*)\(([1-9])\)$/;
    if ($word =~ /^(.*)\(\)$/) {
        return !$function{$1} || $function{$1} eq $page ? "Fn $1" : "Xr $1 3";
    }
    if ($word =~ /^(.*)\.h$/) {
        return $page{$1} eq $page ? "In akv/$word" : "Xr $page{$1} 3";
    }
    return "Fa $word" if $word =~ /^\*/;
    return "Vt $word" if $word =~ / / || $type{$word};
    return "Dv $word" if $word eq 'NULL' || $constant{$word};
    return "Ev $word" if $word =~ /^[A-Z]/;
    return undef;
}

# A word with marked parts, each of them \x01 NUMBER \x01, as a line of macros.
sub macro_line
{
    my ($word, @marks) = @_;
    my ($prefix, @rest) = split /\x01(\d+)\x01/, $word, -1;
    my $line = $prefix ne '' ? 'Pf ' . argument(escape_text($prefix)) . ' ' : '';

    while (@rest) {
        my ($mark, $text) = splice(@rest, 0, 2);
        my ($more, $closing) = $text =~ /^(.*?)([.,:;)\]?!]*)$/;

        $line .= $marks[$mark];
        $line .= ' Ns ' . argument(escape_text($more)) if $more ne '';
        $line .= " $_" for split //, $closing;
        $line .= ' Ns ' if @rest;
    }
    return ".$line";
}

# A paragraph of a comment: each sentence begins a line.
sub flow
{
    my ($text, $page) = @_;
    my (@marks, @out);
    my $line = '';

    $text =~ s{($marked)}{
        my $macro = macro($1, $page);
        push @marks, $macro if defined $macro;
        defined $macro ? "\x01$#marks\x01" : $1;
    }ge;
    my @words = split / +/, $text;
    while (@words) {
        my $word = shift @words;
        my $ends = !@words || $word =~ /[^.][.?!]["')]*$/;

        if ($word =~ /\x01/) {
            push @out, $line if $line ne '';
            push @out, macro_line($word, @marks);
            $line = '';
            next;
        }
        $word = escape_text($word);
        if ($line ne '' && length("$line $word") > $text_width) {
            # That the line ends there does not end the sentence.
            $line .= '\\&' if $line =~ /[.?!]["')]*$/;
            push @out, $line;
            $line = '';
        }
        $word =~ s/^(?=[.'])/\\&/ if $line eq '';
        $line .= $line eq '' ? $word : " $word";
        if ($ends) {
            push @out, $line;
            $line = '';
        }
    }
    return join('', map { "$_\n" } @out);
}

sub literal
{
    my ($options, @lines) = @_;

    return ".Bd -literal$options\n"
        . join('', map { escape_code($_) . "\n" } @lines) . ".Ed\n";
}

# Indented lines of a comment. Sentences that are indented under something are a
# list, all else is code.
sub indented
{
    my ($page, @lines) = @_;
    my ($indent) = $lines[0] =~ /^( +)/;
    my @entries;

    s/^$indent// for @lines;
    for my $line (@lines) {
        if ($line =~ /^ +(.*)/ && @entries) {
            $entries[-1]{text} .= $entries[-1]{text} eq '' ? $1 : " $1";
        } else {
            push @entries, { term => $line, text => '' };
        }
    }
    # No further in: a header's widest line has to fit.
    return literal(' -offset 2n', @lines)
        if grep { $_->{text} !~ /[a-z)]\.$/ } @entries;
    return ".Bl -tag -width Ds\n"
        . join('', map {
            '.It Li ' . argument(escape_code($_->{term})) . "\n"
            . flow($_->{text}, $page)
        } @entries) . ".El\n";
}

# The whole of a comment.
sub comment
{
    my ($lines, $page) = @_;
    my (@blocks, $kind);

    $kind = '';
    for my $line (@$lines) {
        my $is = $line eq '' ? '' : $line =~ /^    / ? 'code' : 'text';

        push @blocks, { kind => $is, lines => [] } if $is ne $kind && $is ne '';
        push @{ $blocks[-1]{lines} }, $line if $is ne '';
        $kind = $is;
    }
    my $out = '';
    my $before = '';
    for my $block (@blocks) {
        if ($block->{kind} eq 'code') {
            $out .= indented($page, @{ $block->{lines} });
        } else {
            $out .= ".Pp\n" if $before ne '';
            $out .= flow(join(' ', @{ $block->{lines} }), $page);
        }
        $before = $block->{kind};
    }
    return $out;
}

# What a header is, in few words: its first sentence, up to a colon.
sub summary
{
    my ($header) = @_;
    my ($text) = "@{ $header->{opening}{lines} }" =~ /^(.*?)(?:[.:](?: |$)|$)/;

    return $text;
}

# ---- Parts of a page.

# Trailing comments, wrapped anew where the code is too wide for a page.
sub narrow
{
    my ($code) = @_;
    my @lines = split /\n/, $code;

    return @lines if !grep { length > $code_width } @lines;
    my @out;
    $code =~ s{(/\*.*?\*/)}{my $c = $1; $c =~ s/\s+/ /g; $c}gse;
    for my $line (split /\n/, $code) {
        my ($before, $text) = $line =~ m{^(.*)/\* (.*) \*/$};

        if (length($line) <= $code_width || !defined $text) {
            push @out, $line;
            next;
        }
        my $margin = ' ' x (length($before) + 3);
        my $row = "$before/*";
        # The end stays with the last word.
        for my $word (split(/ /, $text =~ s/(\S+)$/$1\x01*\//r)) {
            if (length("$row $word") > $code_width) {
                push @out, $row;
                $row = "$margin$word";
            } else {
                $row .= " $word";
            }
        }
        push @out, $row =~ tr/\x01/ /r;
    }
    return @out;
}

# What a macro of several lines stands for is nobody's business but the
# header's.
sub code_of
{
    my ($decl) = @_;

    return narrow($decl->{code}) if $decl->{code} !~ /\\\n/;
    my ($head, $body) = $decl->{code} =~ /^(.*?)\s*\\\n\s*(.)/;
    return $head . ($body eq '{' ? ' { ... }' : ' ...');
}

# Types and macros as they stand in the header.
sub synopsis_types
{
    my ($header) = @_;
    my @lines;

    for my $group (@{ $header->{groups} }) {
        my @code = map { code_of($_) } grep {
            $_->{kind} eq 'macro' || $_->{kind} eq 'type'
            # Another header's are named there.
            || ($_->{kind} eq 'opaque' && $type{ $_->{name} } eq $header->{page})
        } @{ $group->{decls} };

        push @lines, '' if @lines && @code;
        push @lines, @code;
    }
    return @lines ? literal('', @lines) : '';
}

sub synopsis_function
{
    my ($decl) = @_;
    my $out = '.Ft ' . ($decl->{returns} =~ s/ +$//r) . "\n";

    if ("@{ $decl->{parameters} }" eq 'void') {
        return "$out.Fn $decl->{name} void\n";
    }
    return "$out.Fo $decl->{name}\n"
        # A pointer to a function is the only one that a line may break in.
        . join('', map { '.Fa ' . argument(s/, /,\\: /gr) . "\n" }
            @{ $decl->{parameters} })
        . ".Fc\n";
}

# The names that a group's comment stands under, a line each.
sub tag
{
    my ($group) = @_;
    my @decls = grep { $_->{kind} eq 'function' } @{ $group->{decls} };

    @decls = @{ $group->{decls} } if !@decls;
    return join('', map {
        '.It ' . ($_->{kind} eq 'function' ? "Fn $_->{name}"
            : $_->{kind} eq 'macro' ? "Dv $_->{name}"
            : 'Vt ' . ($_->{shown} // "struct $_->{name}")) . "\n"
    } @decls);
}

sub description
{
    my ($header) = @_;
    my $page = $header->{page};
    my @groups = grep { $_->{comment} } @{ $header->{groups} };
    my $out = comment($header->{opening}{lines}, $page);

    return $out if !@groups;
    return "$out.Pp\n.Bl -tag -width Ds -compact\n" . join(".Pp\n", map {
        tag($_) . comment($_->{comment}{lines}, $page)
    } @groups) . ".El\n";
}

# What holds for all functions that take an error; the comments tell the rest.
sub return_values
{
    my ($header) = @_;
    my @functions = declarations($header, 'function');

    return '' if $header->{page} eq 'akv_error' # which is about the error itself
        || !grep { "@{ $_->{parameters} }" =~ /struct akv_error \*err/ } @functions;
    my $out = <<'END';
.Sh RETURN VALUES
Functions with a parameter
.Fa err
return true or a pointer on success, and false or
.Dv NULL
on failure, with the cause in
.Fa *err .
What others return is said above.
END
    $out .= <<'END' if grep { $_->{name} =~ /_start$/ } @functions;
Functions with
.Ql _start
return a call, which the caller gives back by
.Xr akv_call_free 3 .
END
    return $out . <<'END';
.Sh ERRORS
.Xr akv_error 3
has the codes and what they mean.
END
}

# What the header includes and mentions.
sub see_also
{
    my ($header) = @_;
    my %seen;
    my $text = join("\n", map { @{ $_->{lines} } } $header->{opening},
        map { $_->{comment} || () } @{ $header->{groups} });
    my $code = join("\n", map { without_comments($_->{code}) }
        map { @{ $_->{decls} } } @{ $header->{groups} });

    $seen{$_} = 1 for grep { defined } @page{ @{ $header->{include} },
        $text =~ /$one_of_ours/g },
        @constant{ $text =~ /\b(AKV_\w+)/g }, @type{ $code =~ /\b(akv_\w+)/g };
    delete $seen{ $header->{page} };
    return ".Sh SEE ALSO\n" . join(" ,\n", map { ".Xr $_" } 'akv 1',
        (map { "$_ 3" } sort(keys %seen, 'libakv')), 'provider-keyvault 7') . "\n";
}

sub names
{
    my ($header) = @_;
    my %seen;
    my @names = grep { !$seen{$_}++ } $header->{page},
        map { $_->{name} } declarations($header, 'function');
    my $summary = summary($header);

    return ".Sh NAME\n" . join(" ,\n", map { ".Nm $_" } @names) . "\n.Nd "
        . escape_text($summary =~ /^[A-Z]{2}/ ? $summary : lcfirst $summary) . "\n";
}

sub head
{
    my ($page, $version) = @_;

    return ".\\\" SPDX-License-Identifier: Apache-2.0\n"
        . ".\\\" Made by tools/man3.pl: changes belong there, or into the header.\n"
        . ".Dd $date\n"
        . '.Dt ' . uc($page) . " 3\n.Os libakv $version\n";
}

sub header_page
{
    my ($header, $version) = @_;
    my $out = head($header->{page}, $version) . names($header);

    $out .= ".Sh LIBRARY\nClient of Azure Key Vault and Managed HSM\n"
        . ".Pq libakv, \\-lakv\n.Sh SYNOPSIS\n.In akv/$header->{stem}.h\n";
    my $types = synopsis_types($header);
    my @functions = declarations($header, 'typedef', 'function');

    $out .= $types;
    $out .= ".Pp\n" if $types ne '' && @functions;
    $out .= synopsis_function($_) for @functions;
    $out .= ".Sh DESCRIPTION\n" . description($header);
    return $out . return_values($header) . see_also($header);
}

sub overview
{
    my ($version, @headers) = @_;
    my $out = head('libakv', $version);
    my %part = (
        VERSION => $version =~ s/^(\d+\.\d+).*/$1/r,
        HEADERS => join('', map {
            ".It Xr $_->{page} 3\n" . flow(summary($_) . '.', 'libakv')
        } @headers),
        PAGES => join('', map { ".Xr $_->{page} 3 ,\n" } @headers),
    );

    while (my $line = <DATA>) {
        $line =~ s/\@(HEADERS|PAGES)\@\n/$part{$1}/;
        $line =~ s/\@VERSION\@/$part{VERSION}/;
        $out .= $line;
    }
    return $out;
}

# ---- All of it.

sub register
{
    my ($header) = @_;

    $page{ $header->{stem} } = $header->{page};
    for my $decl (declarations($header, qw(function type opaque typedef macro))) {
        my $name = $decl->{name};

        if ($decl->{kind} eq 'function') {
            $function{$name} = $header->{page};
        } elsif ($decl->{kind} eq 'macro') {
            $constant{$name} = $header->{page};
        } elsif ($decl->{kind} ne 'opaque' || !$type{$name}
            || $header->{page} eq $name) {
            $type{$name} = $header->{page};
        }
        $constant{$_} = $header->{page} for @{ $decl->{constants} || [] };
    }
}

sub write_page
{
    my ($dir, $page, $text) = @_;

    open(my $out, '>', "$dir/$page.3") or die "$dir/$page.3: $!\n";
    print $out $text;
    close($out) or die "$dir/$page.3: $!\n";
}

my ($version, $dir, @files) = @ARGV;
die "usage: man3.pl VERSION OUTPUT-DIR HEADER...\n" if !@files;
if (($ENV{SOURCE_DATE_EPOCH} // '') =~ /^\d+$/) {
    my (undef, undef, undef, $day, $month, $year) = gmtime $ENV{SOURCE_DATE_EPOCH};

    $date = "$months[$month] $day, " . ($year + 1900);
}

my @headers = map { read_header($_) } sort @files;
# What includes all of them is what libakv.3 is about.
$_->{page} = 'libakv' for grep { $_->{stem} eq 'akv' } @headers;
register($_) for @headers;
check_header($_) for @headers;
exit 1 if $complaints;

@headers = grep { $_->{page} ne 'libakv' } @headers;
-d $dir || mkdir $dir or die "$dir: $!\n";
for my $header (@headers) {
    write_page($dir, $header->{page}, header_page($header, $version));
    write_page($dir, $_->{name}, ".so man3/$header->{page}.3\n")
        for grep { $_->{name} ne $header->{page} }
        declarations($header, 'function');
}
# The last: where it is, all are.
write_page($dir, 'libakv', overview($version, @headers));

__DATA__
.Sh NAME
.Nm libakv
.Nd client of Azure Key Vault and Managed HSM
.Sh LIBRARY
Client of Azure Key Vault and Managed HSM
.Pq libakv, \-lakv
.Sh SYNOPSIS
.In akv/akv.h
.Pp
.Dl cc \-o get get.c $(pkg\-config \-\-cflags \-\-libs akv)
.Sh DESCRIPTION
The library is for programs in C and C++ that use what is in a vault: secrets, keys,
and certificates.
It reads, writes and lists them, and has keys sign, verify, encrypt, decrypt, wrap and
unwrap; private keys stay in the vault.
.Xr akv 1
and
.Xr provider-keyvault 7
are built on it, and share its settings and credentials.
.Pp
Everything begins with settings
.Pq Xr akv_settings 3 ,
a client that has them
.Pq Xr akv_client 3 ,
and an identifier of what is meant
.Pq Xr akv_uri 3 .
.Ss Headers
.In akv/akv.h
includes all of them.
Each has a page, and each function has one by its name, which is its header's.
.Pp
.Bl -tag -width "akv_secret_cache(3)" -compact
@HEADERS@
.El
.Ss Compiling
The headers compile in C11 and C++17.
With
.Xr pkg-config 1
it is the command above; in CMake:
.Bd -literal -offset indent
find_package(akv @VERSION@ REQUIRED)
target_link_libraries(get akv::akv)
.Ed
.Pp
Before 1.0 each minor version is an interface of its own, and has another shared
library; see
.Xr akv_version 3 .
.Ss Three ways
An operation waits, or is begun and told of at its end:
.Bd -literal -offset indent
ok = akv_key_sign(client, &id, AKV_ES256, digest, 32,
                  &signature, &err);

call = akv_key_sign_start(client, &id, AKV_ES256, digest, 32,
                          on_signed, arg, &err);

static void on_signed(void *arg, struct akv_call *call)
{
    if (akv_key_sign_result(call, &signature, &err))
        ...
}
.Ed
.Pp
The function with
.Ql _result
waits if it has to: many may be begun, and then read in turn.
.Xr akv_call 3
has more of it.
.Ss Threads and event loops
A client may be used by any number of threads.
All requests are made by one thread of the library per process, over connections that
stay open, and each ends within the setting
.Cm timeout .
In it
.Fn on_signed
is called, unless the program has an event loop and asks for the client's descriptor:
.Bd -literal -offset indent
epoll_ctl(epoll, EPOLL_CTL_ADD, akv_client_fd(client, &err), &event);
\&...
akv_client_dispatch(client); /* when it is readable */
.Ed
.Pp
Where that thread cannot be started, or the setting
.Cm threads
is
.Ql never ,
operations go on while the program is in one of the client's functions; see
.Xr akv_client 3 .
.Ss Forks
After a fork the child goes on with connections and tokens of its own.
Operations that were under way are the parent's; the child may free their calls, and
nothing else.
.Ss Memory
What a function makes is given back by the function of its noun with
.Ql _free ;
results are structures of the caller's, and what is in them is freed so.
What is secret is wiped before it is freed.
Nothing is kept of what was read, unless a program makes a cache for secrets
.Pq Xr akv_secret_cache 3 .
.Sh RETURN VALUES
Functions that can fail return true or a pointer on success, and false or
.Dv NULL
on failure, with the cause in their last parameter.
.Sh EXAMPLES
The value of a secret:
.Bd -literal -offset indent
struct akv_error err = AKV_ERROR_INIT;
struct akv_settings *settings = akv_settings_new();
struct akv_client *client = NULL;
struct akv_secret secret = { 0 };
struct akv_id id;
bool ok;

ok = settings != NULL
     && akv_settings_read_environment(settings, &err)
     && akv_id_parse(&id, "akv://myvault/secrets/db\-pw", settings,
                     &err);
if (ok)
    client = akv_client_new(settings);
ok = client != NULL && akv_secret_get(client, &id, &secret, &err);
if (ok)
    fwrite(secret.value.data, 1, secret.value.len, stdout);
else
    fprintf(stderr, "%s\en", err.message);
akv_secret_free(&secret);
akv_client_free(client);
akv_settings_free(settings);
.Ed
.Pp
Whole programs are in the folder
.Pa conf-examples/c
of the documentation:
.Pp
.Bl -tag -width "certificate.c" -compact
.It Pa get.c
prints a secret.
.It Pa sign.c
makes signatures, 32 of them in flight, in an event loop.
.It Pa certificate.c
has a certificate made, and follows that in an event loop.
.It Pa secrets.cc
asks for many secrets at once, in C++17.
.El
.Sh ERRORS
A
.Vt struct akv_error
has a code such as
.Dv AKV_E_NOT_FOUND ,
the HTTP status, the service's own codes, its request id, and a message of one line
that says what was attempted.
.Xr akv_error 3
has the codes.
.Sh SEE ALSO
.Xr akv 1 ,
.Xr pkg-config 1 ,
@PAGES@
.Xr provider-keyvault 7
