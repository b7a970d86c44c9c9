# tests.mk - what `make check` runs and what the tests bring along.

# Unit tests: tests/unit/test_x, made of tests/unit/test_x.c and librootlet.a.
unit_tests = \
	tests/unit/test_err \
	tests/unit/test_field \
	tests/unit/test_json \
	tests/unit/test_mem \
	tests/unit/test_spec \
	tests/unit/test_str \
	tests/unit/test_template \
	tests/unit/test_walk

# Fuzzers: tests/fuzz/fuzz_x, made of tests/fuzz/fuzz_x.c and librootlet.a.
fuzz_targets = \
	tests/fuzz/fuzz_json \
	tests/fuzz/fuzz_spec

test_headers = \
	tests/fuzz/fuzz.h \
	tests/unit/test.h
# Files that the tests read; folders are taken as they are.
EXTRA_DIST += $(test_headers) tests/fuzz/corpus

# Scripts that need no privileges and say TAP.
script_tests =
