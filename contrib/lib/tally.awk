# tally.awk - counts the TAP results of everything, prints the failures with
# their output, and holds the skips against the list of those that are expected.
#
#	awk -f tally.awk -v ci=0|1 -v shared=0|1 expected-skips SUITE.tap...
#
# The last line is "N passed, N failed, N skipped"; exit status 1 if one failed.

function trim(s)
{
	gsub(/^[ \t]+|[ \t]+$/, "", s)
	return s
}

# A glob as a regular expression: only * is special.
function pattern(glob)
{
	gsub(/[][\\.^$()+?{}|\/]/, "\\\\&", glob)
	gsub(/\*/, ".*", glob)
	return "^" glob "$"
}

# Whether a listed test has to skip here (1), must not (0), or either (-1).
function has_to_skip(where)
{
	if (where == "any")
		return 1
	if (where == "ci")
		return ci ? 1 : -1
	if (where == "no-shared")
		return shared ? 0 : 1
	return -1	# "may"
}

function fail(what, why)
{
	failed++
	print "not ok - " suite ": " what (why == "" ? "" : " - " why)
}

FNR == 1 {
	suite = FILENAME
	sub(/.*\//, "", suite)
	sub(/\.tap$/, "", suite)
	in_list = FILENAME == ARGV[1]
	if (!in_list)
		suites[suite] = 1
	showing = 0
}

in_list {
	if ($0 ~ /^[ \t]*(#|$)/)
		next
	if (split($0, part, "|") < 4 || trim(part[4]) == "" ||
	    trim(part[3]) !~ /^(any|ci|no-shared|may)$/) {
		print "tests/expected-skips:" FNR ": not SUITE | TEST | any, ci, no-shared or may | REASON"
		failed++
		next
	}
	listed++
	list_line[listed] = FNR
	list_suite[listed] = pattern(trim(part[1]))
	list_test[listed] = pattern(trim(part[2]))
	list_where[listed] = trim(part[3])
	next
}

/^(not )?ok([ \t]|$)/ {
	bad = $1 == "not"
	name = $0
	sub(/^(not )?ok[ \t]*[0-9]*[ \t]*(- )?/, "", name)
	skipped_here = 0
	if (match(name, /[ \t]*#[ \t]*[Ss][Kk][Ii][Pp]/)) {
		reason = trim(substr(name, RSTART + RLENGTH))
		name = trim(substr(name, 1, RSTART - 1))
		skipped_here = 1
	}
	entry = 0
	for (i = 1; i <= listed; i++)
		if (suite ~ list_suite[i] && name ~ list_test[i]) {
			entry = i
			matched[i] = 1
			break
		}
	must = entry ? has_to_skip(list_where[entry]) : 0
	showing = 0
	if (bad) {
		fail(name, "")
		showing = 1
	} else if (skipped_here && must == 0) {
		fail(name, "skipped (" reason "), and " (entry ? "not here, says" : "not listed in") \
			" tests/expected-skips:  " suite " | " name " | may | " reason)
	} else if (skipped_here) {
		skipped++
	} else if (must == 1) {
		fail(name, "ran, but is listed as always skipping in tests/expected-skips:" list_line[entry])
	} else {
		passed++
	}
	next
}

showing && /^#/ { print "    " $0 }

END {
	# Entries that no test of a suite that ran has: they would hide the next one.
	suite = "tests/expected-skips"
	for (i = 1; i <= listed; i++) {
		if (i in matched || has_to_skip(list_where[i]) == 0)
			continue
		for (s in suites)
			if (s ~ list_suite[i]) {
				fail("line " list_line[i], "no test of this name ran")
				break
			}
	}
	printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
	exit failed > 0
}
