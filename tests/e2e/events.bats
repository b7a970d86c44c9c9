#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # text for the container's shell; what lib/common sets
# events - what a container uses and what befalls it.
load lib/common

# The container's record says where its cgroup is.
cgroup_of() { jq -r '.cgroup // empty' "$ROOT/$CID/state.json"; }
# Without one of its own there is nothing to count.
counted() { [ -n "$(cgroup_of)" ] || skip "needs a cgroup of its own"; }
# follow OPTION...: events of the container to the file events, as $follower.
follow() {
	"$ROOTLET" --root "$ROOT" events "$@" "$CID" >"$BATS_TEST_TMPDIR/events" 2>"$BATS_TEST_TMPDIR/events.err" 3>&- &
	follower=$!
}
# It has a file open whose name has REGEX.
holds() { readlink "/proc/$follower/fd"/* | grep -q "$1"; }
has_events() { [ "$(jq -cs --arg t "$1" 'map(select(.type == $t)) | length' "$BATS_TEST_TMPDIR/events")" -ge "$2" ]; }
# How following ended: by itself, when the container did.
followed() {
	status=0
	wait "$follower" || status=$?
	stderr=$(cat "$BATS_TEST_TMPDIR/events.err") output=
	ok
}

@test "--stats: one line, in the words of runc's types/events.go" {
	bundle
	detached 'i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done; echo ready; sleep 1111 & sleep 2222'
	counted
	until_true 10 grep -qx ready "$BATS_TEST_TMPDIR/out"
	go rootlet events --stats c1
	ok
	[ "${#lines[@]}" = 1 ]
	jq -e '(keys == ["data", "id", "type"]) and .type == "stats" and .id == "c1"' <<<"$output"
	jq -e '.data | (.cpu.usage.total > 1000000) and (.cpu.usage | .user + .kernel <= .total + 1000000) and
		(.cpu.throttling | type == "object") and (.pids.current >= 2) and
		([.memory.usage, .memory.swap, .memory.kernel, .memory.kernelTCP][] | has("limit") and has("failcnt")) and
		(.hugetlb | type == "object") and (.blkio | type == "object") and
		.intel_rdt == {} and has("network_interfaces")' <<<"$output"
}

@test "--stats: a created container, too" {
	bundle
	create 'true'
	counted
	go rootlet events -stats=true c1
	ok
	jq -e '.type == "stats" and .data.pids.current == 1' <<<"$output"
}

@test "--stats: a paused container, too" {
	bundle
	detached 'sleep 1111'
	counted
	rootlet pause c1
	go rootlet events --stats c1
	rootlet resume c1
	ok
	jq -e '.type == "stats" and .data.pids.current >= 1' <<<"$output"
}

@test "as containerd's shim calls it (go-runc): nothing on stderr, nothing in the log" {
	bundle
	detached 'sleep 1111'
	counted
	go "$ROOTLET" --root "$ROOT" --log "$BATS_TEST_TMPDIR/log" --log-format json events --stats c1
	ok
	jq -e .data.memory.usage <<<"$output"
	[ ! -s "$BATS_TEST_TMPDIR/log" ]
}

@test "without --stats: at each interval, until the container ends" {
	bundle
	detached 'sleep 1111'
	counted
	follow --interval 50ms
	until_true 10 has_events stats 3
	rootlet kill c1 KILL
	followed
	# The last one may have been read while it ended.
	jq -es 'all(.type == "stats") and all(.[:3][]; .data.pids.current >= 1)' "$BATS_TEST_TMPDIR/events"
}

@test "without --stats: a container that ends before the first interval" {
	bundle
	create 'true'
	counted
	follow --interval 1h30m
	until_true 10 holds "$(cgroup_of)" # the last thing before it waits
	rootlet start c1
	followed
	[ ! -s "$BATS_TEST_TMPDIR/events" ]
}

# A container with 20 MiB, whose SCRIPT has not begun, followed.
short_of_memory() {
	bundle '.linux.resources.memory = {limit: 20971520, swap: 20971520}'
	create "$1"
	counted
	[ -e "$(cgroup_of)/memory.events" ] || skip "needs a memory controller"
	[ "$(cat "$(cgroup_of)/memory.max")" = 20971520 ] # or it takes all there is
	follow --interval 1h
	until_true 10 holds inotify
	rootlet start c1
}

@test "an oom event when the kernel kills for want of memory; the container goes on" {
	short_of_memory 'tail /dev/zero; echo still there; sleep 1111'
	until_true 30 grep -qx 'still there' "$BATS_TEST_TMPDIR/out"
	until_true 10 has_events oom 1
	[ "$(cat "$BATS_TEST_TMPDIR/events")" = '{"type":"oom","id":"c1"}' ]
	go rootlet events --stats c1
	ok
	jq -e '.data.memory | .usage.limit == 20971520 and .usage.failcnt > 0 and .usage.usage > 0 and
		.cache == (.raw.file // 0 | if . == 0 then null else . end) and (.raw.anon > 0)' <<<"$output"
	rootlet kill c1 KILL
	followed
	[ "$(wc -l <"$BATS_TEST_TMPDIR/events")" = 1 ]
}

@test "an oom event when the kernel kills init itself, before the end is told" {
	short_of_memory 'exec tail /dev/zero'
	followed
	[ "$(cat "$BATS_TEST_TMPDIR/events")" = '{"type":"oom","id":"c1"}' ]
}

@test "an interval that is none" {
	for interval in 0 0s 5 -5s five 5sec "" 999999999999h; do
		go rootlet events --interval "$interval" c1
		refused "--interval"
	done
}

@test "no container, one that has stopped, one without a cgroup" {
	go rootlet events --stats c1
	refused "container does not exist: c1"
	bundle
	CID=c2 detached 'true'
	until_true 5 is_status stopped c2
	go rootlet events c2
	refused "container not running: c2"
	script 'sleep 1111'
	rootlet --cgroup-manager disabled run --detach --bundle "$BUNDLE" c1 </dev/null >"$BATS_TEST_TMPDIR/out" 2>&1 3>&-
	[ -z "$(cgroup_of)" ]
	for options in "" --stats; do
		# shellcheck disable=SC2086 # it may be none
		go rootlet events $options c1
		refused "container c1 has no cgroup of its own"
	done
}
