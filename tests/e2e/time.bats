#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # text for the container's shell; what lib/common sets
# time - time namespaces: new ones with and without offsets, by path, and the
# user namespace that owns them.
load lib/common

setup() {
	common_setup
	[ -e /proc/self/timens_offsets ] || skip "needs a kernel with time namespaces"
}

uptime_now() { cut -d. -f1 /proc/uptime; }
# The container's boottime is ours and SECONDS, give or take what the test takes.
shifted() {
	local up=$1 by=$2
	if [ "$up" -lt $((before + by)) ] || [ "$up" -gt $(($(uptime_now) + by + 1)) ]; then
		complain "uptime $up, ours $before to $(uptime_now), asked for $by more"
	fi
}
own_time='.linux.namespaces += [{type: "time"}]'
# What the container sees of its clocks and of the namespace.
times='cut -d. -f1 /proc/uptime; readlink /proc/self/ns/time; readlink /proc/self/ns/time_for_children; cat /proc/self/timens_offsets'

@test "a new time namespace without offsets: another one, the same clocks" {
	bundle "$own_time"
	before=$(uptime_now)
	inside "$times"
	ok
	shifted "${lines[0]}" 0
	lacks "$(readlink /proc/self/ns/time)"
	[ "${lines[1]}" = "${lines[2]}" ]
	like 'monotonic +0 +0' 'boottime +0 +0'
	jq -e '.intermediateProcess | not' <<<"$(rootlet plan --bundle "$BUNDLE" c1)"
}

@test "offsets of both clocks, forwards and backwards" {
	bundle "$own_time | .linux.timeOffsets = {monotonic: {secs: 777, nanosecs: 5}, boottime: {secs: 1337}}"
	before=$(uptime_now)
	inside "$times"
	ok
	shifted "${lines[0]}" 1337
	lacks "$(readlink /proc/self/ns/time)"
	[ "${lines[1]}" = "${lines[2]}" ]
	like 'monotonic +777 +5' 'boottime +1337 +0'
	config '.linux.timeOffsets = {boottime: {secs: -1}}'
	before=$(uptime_now)
	inside "$times"
	ok
	shifted "${lines[0]}" -1
	like 'monotonic +0 +0' 'boottime +-1 +0'
}

@test "offsets with what else a container has: user, own namespaces, pid 1, state and list" {
	bundle "$own_time | .linux.timeOffsets = {boottime: {secs: 100000}}"
	detached 'echo "$$ $(id -u)"; hostname; cat /proc/self/uid_map; for n in mnt pid net ipc uts user; do readlink /proc/self/ns/$n; done; exec sleep 100'
	until_true 5 grep -q user: "$BATS_TEST_TMPDIR/out"
	output=$(cat "$BATS_TEST_TMPDIR/out")
	has "1 0"
	for ns in mnt pid net ipc uts; do lacks "$(readlink "/proc/self/ns/$ns")"; done
	[ "$ME" = 0 ] || lacks "$(readlink /proc/self/ns/user)"
	is_status running
	rootlet list | grep -q "^c1 .*running"
	rootlet kill c1 KILL
	until_true 5 is_status stopped
}

@test "offsets for a user namespace with mappings, and for no pid namespace" {
	requires_many_ids
	bundle "$own_time | .linux.timeOffsets = {boottime: {secs: 5000}} | .linux.namespaces |= (map(select(.type != \"user\" and .type != \"pid\")) + [{type: \"user\"}])"
	if [ "$ME" = 0 ]; then
		config '.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
		chmod 755 "$BATS_TEST_TMPDIR" "$BUNDLE"
	fi
	before=$(uptime_now)
	inside "$times; cat /proc/self/uid_map"
	[ "$status" = 0 ] || complain
	shifted "${lines[0]}" 5000
	like ' +1 .*|.* 65536'
}

@test "by path: the clocks of another container; offsets are refused then" {
	bundle "$own_time | .linux.timeOffsets = {boottime: {secs: 4000}}"
	detached 'exec sleep 100'
	pid=$(state_of .pid)
	time=$(readlink "/proc/$pid/ns/time")
	# A user joins the user namespace that owns it, too.
	config 'del(.linux.timeOffsets, .linux.uidMappings, .linux.gidMappings) | .linux.namespaces |= (map(select(.type != "time" and .type != "user")) + [{type: "time", path: "/proc/\($pid)/ns/time"}])' --arg pid "$pid"
	[ "$ME" = 0 ] || config '.linux.namespaces += [{type: "user", path: "/proc/\($pid)/ns/user"}]' --arg pid "$pid"
	before=$(uptime_now)
	CID=c2 inside "$times"
	[ "$status" = 0 ] || complain
	shifted "${lines[0]}" 4000
	[ "${lines[1]}" = "$time" ]
	# And a new one of that user namespace.
	if [ "$ME" != 0 ]; then
		config '.linux.namespaces |= map(select(.type != "time")) + [{type: "time"}] | .linux.timeOffsets = {boottime: {secs: 90}}'
		before=$(uptime_now)
		CID=c2 inside "$times"
		[ "$status" = 0 ] || complain
		shifted "${lines[0]}" 90
		lacks "$time"
	fi
	config '.linux.namespaces |= map(select(.type != "time")) + [{type: "time", path: "/proc/\($pid)/ns/time"}] | .linux.timeOffsets = {boottime: {secs: 90}}' --arg pid "$pid"
	CID=c2 inside true
	refused linux.timeOffsets path
}

@test "bad offsets: without a namespace, out of range, not numbers" {
	bundle '.linux.timeOffsets = {monotonic: {secs: 1000}}'
	inside true
	refused linux.timeOffsets time
	bundle "$own_time | .linux.timeOffsets = {monotonic: {secs: 1, nanosecs: 1000000000}}"
	inside true
	refused linux.timeOffsets.monotonic.nanosecs
	config '.linux.timeOffsets = {boottime: {secs: -4000000000}}'
	inside true
	refused linux.timeOffsets.boottime ERANGE
	config '.linux.timeOffsets = {boottime: {secs: "one"}}'
	inside true
	refused linux.timeOffsets.boottime.secs
	[ ! -e "$ROOT/c1" ]
}

@test "exec: the container's clocks" {
	bundle "$own_time | .linux.timeOffsets = {boottime: {secs: 6000}}"
	detached 'exec sleep 100'
	before=$(uptime_now)
	go rootlet exec c1 sh -c "$times"
	ok
	shifted "${lines[0]}" 6000
	[ "${lines[1]}" = "$(readlink "/proc/$(state_of .pid)/ns/time")" ]
}
