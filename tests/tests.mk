# tests.mk - what `make check` runs and what the tests bring along.

# Unit tests: tests/unit/test_x, made of tests/unit/test_x.c and librootlet.a.
unit_tests =
unit_headers =
EXTRA_DIST += $(unit_headers)

# Fuzzers: tests/fuzz/fuzz_x, made of tests/fuzz/fuzz_x.c and librootlet.a.
fuzz_targets =

# Scripts that need no privileges and say TAP.
script_tests =
