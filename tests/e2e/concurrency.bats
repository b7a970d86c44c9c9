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
