#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # text for the container's shell; what lib/common sets
# concurrency - many containers at once, and many commands on one.
load lib/common

# All of our own jobs; bats has some too, so a bare wait is not it.
pids=()
wait_for_jobs() {
	local pid
	for pid in "${pids[@]}"; do wait "$pid" || :; done
	pids=()
}

@test "8 at once, again and again" {
	requires_fast
	bundle '.process.args = ["true"]'
	rounds=50
	job() {
		local i
		for ((i = 0; i < rounds; i++)); do
			"$ROOTLET" --root "$ROOT" run --bundle "$BUNDLE" "j$1-$i" </dev/null 2>>"$BATS_TEST_TMPDIR/err.$1" 3>&- || echo "$1-$i: $?" >>"$BATS_TEST_TMPDIR/failed"
		done
	}
	for n in {1..8}; do
		job "$n" 3>&- &
		pids+=($!)
	done
	wait_for_jobs
	[ ! -e "$BATS_TEST_TMPDIR/failed" ] || complain "$(cat "$BATS_TEST_TMPDIR"/failed "$BATS_TEST_TMPDIR"/err.*)"
	[ -z "$(cat "$BATS_TEST_TMPDIR"/err.*)" ] || complain "$(cat "$BATS_TEST_TMPDIR"/err.*)"
	[ -z "$(find "$ROOT" -mindepth 1 -maxdepth 1 ! -name '.*')" ]
}

@test "8 creations of one id: one wins, the others say why" {
	bundle
	script 'exec sleep 100'
	for n in {1..8}; do
		{
			"$ROOTLET" --root "$ROOT" create --bundle "$BUNDLE" c1 </dev/null >"$BATS_TEST_TMPDIR/out.$n" 2>"$BATS_TEST_TMPDIR/err.$n" 3>&-
			echo $? >"$BATS_TEST_TMPDIR/status.$n"
		} 3>&- &
		pids+=($!)
	done
	wait_for_jobs
	[ "$(cat "$BATS_TEST_TMPDIR"/status.* | grep -c '^0$')" = 1 ]
	[ "$(cat "$BATS_TEST_TMPDIR"/err.* | grep -c 'container with given ID already exists')" = 7 ] || complain "$(cat "$BATS_TEST_TMPDIR"/err.*)"
	is_status created
}

@test "8 deletions and 8 starts of one id" {
	bundle
	create 'exec sleep 100'
	for n in {1..8}; do
		{ "$ROOTLET" --root "$ROOT" start c1 2>/dev/null && echo ok >"$BATS_TEST_TMPDIR/started.$n"; } 3>&- &
		pids+=($!)
	done
	wait_for_jobs
	[ "$(cat "$BATS_TEST_TMPDIR"/started.* | wc -l)" = 1 ]
	for n in {1..8}; do
		{ "$ROOTLET" --root "$ROOT" delete --force c1 || echo "failed" >"$BATS_TEST_TMPDIR/failed"; } 3>&- &
		pids+=($!)
	done
	wait_for_jobs
	[ ! -e "$BATS_TEST_TMPDIR/failed" ]
	[ ! -e "$ROOT/c1" ]
}

@test "list and state while containers come and go" {
	bundle '.process.args = ["true"]'
	{ for i in {1..30}; do "$ROOTLET" --root "$ROOT" run --bundle "$BUNDLE" "x$((i % 3))" </dev/null; done; } 3>&- &
	maker=$!
	while kill -0 $maker 2>/dev/null; do
		go rootlet list
		ok
		go rootlet list -f json
		ok
		jq -e 'type == "array" or . == null' <<<"$output" >/dev/null
	done
	wait $maker
}

# --- cgroups

# A name that no other test gives to a cgroup, and all that has it.
cgroups_named() { find /sys/fs/cgroup -xdev -type d -name "*$1*" 2>/dev/null; find /sys/fs/cgroup/unified -type d -name "*$1*" 2>/dev/null; }

# It runs to its end, or is killed at some moment; what that leaves is deleted.
run_or_kill() { # ID
	local pid
	"$ROOTLET_PLAIN" --root "$ROOT" run --bundle "$BUNDLE" "$1" </dev/null >/dev/null 2>>"$BATS_TEST_TMPDIR/err" &
	pid=$!
	if [ $((RANDOM % 3)) = 0 ]; then
		sleep "0.0$((RANDOM % 2))$((RANDOM % 10))"
		! kill -KILL "$pid" 2>/dev/null || echo "$1" >>"$BATS_TEST_TMPDIR/killed"
	fi
	wait "$pid" || :
	[ ! -e "$ROOT/$1" ] || "$ROOTLET_PLAIN" --root "$ROOT" delete --force "$1" || echo "$1" >>"$BATS_TEST_TMPDIR/failed"
}

@test "500 starts, 8 at once, a third of them killed: no cgroup is left" {
	requires_fast
	bundle '.process.args = ["true"]'
	name="left$BASHPID"
	job() {
		local i
		for ((i = 0; i < 63; i++)); do run_or_kill "$name-$1-$i" 2>/dev/null 3>&-; done
	}
	for n in {1..8}; do
		job "$n" 3>&- &
		pids+=($!)
	done
	wait_for_jobs
	[ ! -e "$BATS_TEST_TMPDIR/failed" ] || complain "$(cat "$BATS_TEST_TMPDIR"/failed "$BATS_TEST_TMPDIR"/err)"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/killed")" -gt 50 ] || complain "only $(wc -l <"$BATS_TEST_TMPDIR/killed") were killed"
	[ ! -s "$BATS_TEST_TMPDIR/err" ] || complain "$(cat "$BATS_TEST_TMPDIR/err")"
	[ -z "$(find "$ROOT" -mindepth 1 -maxdepth 1 ! -name '.*')" ]
	[ -z "$(cgroups_named "$name")" ] || complain "$(cgroups_named "$name")"
}
