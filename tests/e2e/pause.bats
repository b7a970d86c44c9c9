#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2034,SC2154 # text for the container's shell; what lib/common sets
# pause - pause and resume, and the processes of a container's own cgroup: ps,
# kill --all, delete --force.
load lib/common

# The container's record says where its cgroup is.
cgroup_of() { jq -r '.cgroup // empty' "$ROOT/$CID/state.json"; }
listed() { rootlet list --format json | jq -r '.[0].status'; }
requires_cgroup() { [ -n "$(cgroup_of)" ] || skip "needs a cgroup of its own"; }

COUNT='i=0; while :; do i=$((i + 1)); echo $i >/count.new; mv /count.new /count; done'
count() { cat "$ROOTFS/count" 2>/dev/null || echo 0; }
counts_past() { [ "$(count)" -gt "$1" ]; }
# A container that counts as fast as it can.
counting() {
	bundle '.root.readonly = false'
	detached "$COUNT"
	requires_cgroup
	until_true 10 counts_past 0
}

# Tests of other files may have one of that name by now.
cgroup_is_gone() { [ "$(stat -c %i "$cgroup" 2>/dev/null)" != "$inode" ]; }

@test "everything stands still; resume: it goes on" {
	counting
	go rootlet pause c1
	ok
	[ "$(grep frozen "$(cgroup_of)/cgroup.events")" = "frozen 1" ]
	before=$(count)
	sleep 0.3
	[ "$(count)" = "$before" ]
	[ "$(state_of .status)" = paused ]
	[ "$(listed)" = paused ]
	[ "$(state_of .pid)" = "$(jq .pid "$ROOT/c1/state.json")" ]
	go rootlet pause c1
	refused 'container c1 is paused already'
	go rootlet resume c1
	ok
	until_true 10 counts_past "$before"
	[ "$(state_of .status)" = running ]
	go rootlet resume c1
	refused 'container c1 is not paused'
}

@test "what exec runs stands still, too" {
	counting
	go rootlet exec --detach c1 sh -c 'i=0; while :; do i=$((i + 1)); echo $i >/other.new; mv /other.new /other; done'
	ok
	until_true 10 test -s "$ROOTFS/other"
	rootlet pause c1
	before=$(cat "$ROOTFS/other")
	sleep 0.2
	[ "$(cat "$ROOTFS/other")" = "$before" ]
}

@test "a paused container: no exec, no delete, no start; KILL and delete --force end it" {
	counting
	rootlet pause c1
	go rootlet exec c1 true
	[ "$status" = 255 ]
	[[ "$stderr" == *'cannot exec in a paused container: c1'* && "$stderr" == *--ignore-paused* ]] || complain text
	go rootlet delete c1
	refused 'that is not stopped: paused'
	go rootlet start c1
	refused 'it is paused'
	go rootlet kill c1 KILL
	ok
	until_true 10 is_status stopped
	go rootlet resume c1
	refused 'container not running: c1'
	rootlet delete c1
	detached "$COUNT"
	rootlet pause c1
	cgroup=$(cgroup_of) inode=$(stat -c %i "$(cgroup_of)")
	go rootlet delete --force c1
	ok
	cgroup_is_gone
}

@test "exec --ignore-paused waits for resume" {
	counting
	rootlet pause c1
	rootlet exec --ignore-paused c1 echo waited >"$BATS_TEST_TMPDIR/exec.out" 2>"$BATS_TEST_TMPDIR/exec.err" 3>&- &
	exec_pid=$!
	sleep 0.3
	kill -0 "$exec_pid"
	[ ! -s "$BATS_TEST_TMPDIR/exec.out" ]
	rootlet resume c1
	wait "$exec_pid"
	[ "$(cat "$BATS_TEST_TMPDIR/exec.out")" = waited ]
	[ ! -s "$BATS_TEST_TMPDIR/exec.err" ]
}

@test "a created container can be paused, and started after resume" {
	bundle
	create 'echo ran'
	requires_cgroup
	go rootlet pause c1
	ok
	is_status paused
	[ "$(listed)" = paused ]
	go rootlet start c1
	refused 'it is paused'
	rootlet resume c1
	is_status created
	[ "$(listed)" = created ]
	not grep -q was_paused "$ROOT/c1/state.json"
	rootlet start c1
	until_true 10 grep -qx ran "$BATS_TEST_TMPDIR/out"
}

@test "a created container that somebody else froze: state sees it, list is told by pause" {
	bundle
	create 'exit 0'
	requires_cgroup
	echo 1 >"$(cgroup_of)/cgroup.freeze"
	until_true 10 is_status paused
	[ "$(listed)" = created ]
	go rootlet start c1
	refused 'it is paused'
	rootlet resume c1
	is_status created
	rootlet pause c1
	echo 0 >"$(cgroup_of)/cgroup.freeze"
	until_true 10 is_status created
	[ "$(listed)" = created ]
}

@test "pause and resume: stopped and unknown containers, a cgroup that is not there" {
	bundle
	go rootlet pause c1
	refused 'container does not exist'
	go rootlet resume c1
	refused 'container does not exist'
	detached 'exit 0'
	requires_cgroup
	until_true 10 is_status stopped
	go rootlet pause c1
	refused 'container not running: c1'
	go rootlet resume c1
	refused 'container not running: c1'
	rootlet delete c1
	detached "$COUNT"
	cp "$ROOT/c1/state.json" "$BATS_TEST_TMPDIR/state.json"
	jq -c '.cgroup += "-gone"' "$BATS_TEST_TMPDIR/state.json" >"$ROOT/c1/state.json"
	go rootlet pause c1
	refused 'open the cgroup' '-gone'
	jq -c '.cgroup_inode += 1' "$BATS_TEST_TMPDIR/state.json" >"$ROOT/c1/state.json"
	go rootlet pause c1
	refused 'another one of that name'
	cp "$BATS_TEST_TMPDIR/state.json" "$ROOT/c1/state.json"
}

@test "without a cgroup of its own pause, resume and update are refused" {
	bundle
	script 'sleep 1111'
	"$ROOTLET" --root "$ROOT" --cgroup-manager disabled run -d --bundle "$BUNDLE" c1 </dev/null >/dev/null 2>&1 3>&-
	for command in pause resume 'update --pids-limit 5'; do
		# shellcheck disable=SC2086 # it is several words
		go rootlet $command c1
		refused 'container c1 has no cgroup of its own' || complain "$command"
	done
	is_status running
}

@test "root: the record of somebody else's container can't name root's own cgroups" {
	requires_root
	id dev >/dev/null 2>&1 || skip "needs a user dev"
	counting
	chown dev "$ROOT/c1"
	go rootlet pause c1
	refused 'not of the container'"'"'s owner'
	go rootlet kill --all c1 USR1
	refused 'not of the container'"'"'s owner'
	rootlet kill c1 KILL
	until_true 10 is_status stopped
	go rootlet delete c1
	refused 'not of the container'"'"'s owner'
	chown root "$ROOT/c1"
}

# without_pidns JQ: a container in the caller's pid namespace.
without_pidns() { bundle '.linux.namespaces |= map(select(.type != "pid")) | .mounts |= map(select(.type != "proc"))'"$1"; }

@test "ps, kill --all and delete reach all processes of the cgroup, also when init has ended" {
	without_pidns ''
	detached 'sleep 1111 & sleep 1112 & sleep 1113 & echo ready; wait'
	requires_cgroup
	until_true 10 grep -qx ready "$BATS_TEST_TMPDIR/out"
	procs=$(cgroup_of)/cgroup.procs
	until_true 10 eval '[ "$(wc -l <"$procs")" = 4 ]'
	[ "$(rootlet ps -f json c1 | jq -c)" = "$(sort -n "$procs" | jq -sc)" ]
	pid=$(state_of .pid)
	kill -9 "$pid"
	until_true 10 is_status stopped
	[ "$(wc -l <"$procs")" = 3 ]
	go rootlet ps c1
	refused 'container not running: c1'
	go rootlet kill c1 TERM
	refused 'container not running: c1'
	go rootlet kill --all c1 TERM
	ok
	until_true 10 eval '[ -z "$(cat "$procs")" ]'
	go rootlet kill --all c1 TERM
	ok
}

@test "delete --force: the host's pid namespace and processes that ignore signals" {
	without_pidns ''
	detached 'trap "" TERM HUP INT; sleep 1111 & sleep 1112 & echo ready; while :; do sleep 0.1; done'
	requires_cgroup
	until_true 10 grep -qx ready "$BATS_TEST_TMPDIR/out"
	cgroup=$(cgroup_of) inode=$(stat -c %i "$(cgroup_of)")
	mapfile -t pids <"$cgroup/cgroup.procs"
	[ "${#pids[@]}" -ge 3 ]
	go rootlet delete --force c1
	ok
	cgroup_is_gone
	for pid in "${pids[@]}"; do until_true 5 pid_gone "$pid"; done
}

@test "kill --all: those of cgroups that were made below it" {
	without_pidns ''
	detached 'sleep 1111 & echo $! >/pid; echo ready; sleep 1112'
	requires_cgroup
	until_true 10 grep -qx ready "$BATS_TEST_TMPDIR/out"
	mkdir "$(cgroup_of)/below"
	pid=$(sort -n "$(cgroup_of)/cgroup.procs" | tail -1)
	echo "$pid" >"$(cgroup_of)/below/cgroup.procs"
	rootlet ps -f json c1 | jq -e "index($pid) != null"
	go rootlet kill --all c1 USR1
	ok
	until_true 10 is_status stopped
	until_true 10 pid_gone "$pid"
	cgroup=$(cgroup_of) inode=$(stat -c %i "$(cgroup_of)")
	rootlet delete c1
	cgroup_is_gone
}
