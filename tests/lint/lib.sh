# lib.sh - what the scripts of this folder share.  Sourced; each of them runs on
# the tree at $LINT_ROOT (the one it lies in), prints what is wrong as
# file:line: text, and exits with 1 if there was something.
#
# A line of C that a rule of ours (not a tool's) has to let pass says so, with
# its reason:	/* lint-ok: RULE: reason */
# shellcheck shell=bash disable=SC2034 # "bad" is read by those who source this

set -euo pipefail
shopt -s nullglob globstar
lint_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
LINT_ROOT=${LINT_ROOT:-$(cd "$lint_dir/../.." && pwd)}
# Where config.h is, and where the results of files that have not changed stay.
LINT_BUILD=${LINT_BUILD:-$LINT_ROOT}
LINT_JOBS=${LINT_JOBS:-$(nproc)}
export LINT_ROOT LINT_BUILD LINT_JOBS
cd "$LINT_ROOT"

# The C of the program, and all C with the tests'.
lines() { [ $# = 0 ] || printf '%s\n' "$@"; }
program_files() { lines src/**/*.[ch] helpers/**/*.[ch]; }
c_files() {
	program_files
	lines tests/unit/*.[ch] tests/plan/*.[ch] tests/fuzz/*.[ch] tests/e2e/**/*.[ch] \
		tests/bench/**/*.[ch]
}
units() { c_files | sed -n '/\.c$/p'; }
headers() { c_files | sed -n '/\.h$/p'; }

# Every shell script: by its name or by its first line.
shell_files() {
	find autogen.sh .ci contrib tests completions -type f \
		\( -name '*.sh' -o -name '*.bash' -o -name '*.bats' -o ! -name '*.*' \) \
		-size -200k -print0 2>/dev/null |
		xargs -0 -r awk '
			FNR == 1 && (FILENAME ~ /\.(sh|bash|bats)$/ ||
				/^#!.*[\/ ](sh|bash|bats)( |$)/) { print FILENAME }
			{ nextfile }' | LC_ALL=C sort -u
}

# code RULE FILE... : the code without its comments and without the lines that
# RULE lets pass, each as file:line:text.
code() {
	RULE=$1 perl -e '
		for my $file (@ARGV[1 .. $#ARGV]) {
			open(my $in, "<", $file) or die "$file: $!\n";
			local $/;
			my $text = <$in>;
			my @all = split(/\n/, $text, -1);
			my %pass;
			for my $i (0 .. $#all) {
				$pass{$i} = 1 if $all[$i] =~ /lint-ok: \Q$ENV{RULE}\E: \S/;
			}
			$text =~ s{("(?:\\.|[^"\\\n])*"|\x27(?:\\.|[^\x27\\\n])*\x27)|(/\*.*?\*/|//[^\n]*)}
				{ defined $1 ? $1 : do { my $c = $2; $c =~ s/[^\n]//g; " $c" } }gse;
			my @code = split(/\n/, $text, -1);
			for my $i (0 .. $#code) {
				next if $pass{$i} or $code[$i] !~ /\S/;
				print "$file:", $i + 1, ":", $code[$i], "\n";
			}
		}' -- "$@"
}

# refuse RULE PATTERN WHY FILE... : says WHY at each line of code that matches
# the extended regular expression.
refuse() {
	local rule=$1 pattern=$2 why=$3 lines
	shift 3
	[ $# -gt 0 ] || return 0
	lines=$(code "$rule" "$@" | grep -E "^[^:]*:[0-9]*:.*($pattern)" || :)
	[ -n "$lines" ] || return 0
	printf '%s\n' "$lines" | sed -E "s|^([^:]*:[0-9]*):.*|\1: $why|"
	bad=1
}
bad=0

# per_file TARGET FILE... : one rule of per-file.mk over the files, side by
# side; files that have not changed since they were good are not looked at.
per_file() {
	local target=$1
	shift
	[ $# -gt 0 ] || return 0
	if ! make --no-print-directory -s -k -j"$LINT_JOBS" --output-sync=target \
		-f "$lint_dir/per-file.mk" "$target" LIST="$*" 2>&1; then
		bad=1
	fi
}
