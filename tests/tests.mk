# tests.mk - what `make check` runs and what the tests bring along.

# Unit tests: tests/unit/test_x, made of tests/unit/test_x.c and librootlet.a;
# tests/plan/plan_golden is the same for the golden plans.
unit_tests = \
	tests/unit/test_beneath \
	tests/unit/test_bits \
	tests/unit/test_caller \
	tests/unit/test_caller_cgroup \
	tests/unit/test_caps \
	tests/unit/test_client \
	tests/unit/test_console \
	tests/unit/test_degrade \
	tests/unit/test_dest \
	tests/unit/test_device_program \
	tests/unit/test_duration \
	tests/unit/test_err \
	tests/unit/test_exec \
	tests/unit/test_field \
	tests/unit/test_heap \
	tests/unit/test_hooks \
	tests/unit/test_idmap \
	tests/unit/test_json \
	tests/unit/test_log \
	tests/unit/test_mem \
	tests/unit/test_mount_options \
	tests/unit/test_notify \
	tests/unit/test_options \
	tests/unit/test_plan_exec \
	tests/unit/test_processes \
	tests/unit/test_resources \
	tests/unit/test_scope_properties \
	tests/unit/test_seccomp \
	tests/unit/test_seccomp_thread \
	tests/unit/test_settings \
	tests/unit/test_signal \
	tests/unit/test_spec \
	tests/unit/test_state \
	tests/unit/test_stats \
	tests/unit/test_store \
	tests/unit/test_str \
	tests/unit/test_supervise \
	tests/unit/test_template \
	tests/unit/test_unit_property \
	tests/unit/test_update_resources \
	tests/unit/test_user \
	tests/unit/test_walk

# The valgrind of Debian 12 knows neither openat2 nor pidfd_open, and takes the
# stacks that glibc keeps of ended threads (test_heap) for lost; contrib/check runs
# these with the sanitizers.
not_under_valgrind = \
	tests/unit/test_beneath \
	tests/unit/test_dest \
	tests/unit/test_exec \
	tests/unit/test_heap \
	tests/unit/test_processes \
	tests/unit/test_state \
	tests/unit/test_store

# Fuzzers: tests/fuzz/fuzz_x, made of tests/fuzz/fuzz_x.c and librootlet.a.
fuzz_targets = \
	tests/fuzz/fuzz_json \
	tests/fuzz/fuzz_passwd \
	tests/fuzz/fuzz_seccomp_cache \
	tests/fuzz/fuzz_spec \
	tests/fuzz/fuzz_state \
	tests/fuzz/fuzz_stats \
	tests/fuzz/fuzz_unit_property

test_headers = \
	tests/fuzz/fuzz.h \
	tests/unit/test.h
# Files that the tests read; folders are taken as they are.
EXTRA_DIST += $(test_headers) tests/fuzz/corpus tests/unit/cgroup \
	tests/e2e tests/vm tests/run-e2e tests/expected-skips tests/plan

# Golden plans: one program over the cases of tests/plan.
golden_tests = tests/plan/plan_golden

# Scripts that need no privileges and say TAP.
script_tests = tests/docs/check-conformance tests/docs/check-options \
	tests/docs/check-stages
EXTRA_DIST += $(script_tests)
