#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2034,SC2154 # text for the container's shell; what lib/common sets
# update - other limits for a container that is there.  What they do is seen in
# the guest; here it is what stands in the kernel's files.
load lib/common

cgroup_of() { jq -r '.cgroup // empty' "$ROOT/$CID/state.json"; }
file() { cat "$(cgroup_of)/$1"; }
# Can its cgroup have this controller?
can_have() {
	local dir
	dir=$(cgroup_of)
	if [ -z "$dir" ] || ! grep -qw "$1" "$dir/../cgroup.controllers"; then
		skip "needs a cgroup of its own with the controller $1"
	fi
}
# update OPTION...: of c1.
update() { go rootlet update "$@" c1; }
resources() {
	status=0
	output='' stderr=$(rootlet update --resources - c1 2>&1 <<<"$1") || status=$?
}
waiting() {
	bundle
	create 'true'
}

@test "--memory, --memory-reservation, --memory-swap" {
	waiting
	can_have memory
	update --memory 100M --memory-reservation=50m
	ok
	[ "$(file memory.max)" = 104857600 ]
	[ "$(file memory.low)" = 52428800 ]
	if [ -e "$(cgroup_of)/memory.swap.max" ]; then
		update --memory-swap 150M
		ok
		[ "$(file memory.max) $(file memory.swap.max)" = "104857600 52428800" ]
	fi
	update --memory -1
	ok
	[ "$(file memory.max)" = max ]
	update --memory-swap 1G
	refused 'linux.resources.memory.swap' 'linux.resources.memory.limit'
}

@test "--cpu-quota and --cpu-period, both and each alone; --cpu-share, --cpu-burst, --cpu-idle" {
	waiting
	can_have cpu
	update --cpu-quota 50000 --cpu-period 100000
	ok
	[ "$(file cpu.max)" = "50000 100000" ]
	update --cpu-quota 30000
	ok
	[ "$(file cpu.max)" = "30000 100000" ]
	update --cpu-period 200000
	ok
	[ "$(file cpu.max)" = "30000 200000" ]
	update --cpu-quota=-1
	ok
	[ "$(file cpu.max)" = "max 200000" ]
	update --cpu-share 1024
	ok
	[ "$(file cpu.weight)" = 100 ]
	if [ -e "$(cgroup_of)/cpu.max.burst" ]; then
		update --cpu-quota 50000 --cpu-burst 10000
		ok
		[ "$(file cpu.max.burst)" = 10000 ]
	fi
}

@test "--pids-limit of one that had none, and of one that had; -1 takes it away" {
	waiting
	can_have pids
	update --pids-limit 20
	ok
	[ "$(file pids.max)" = 20 ]
	update --pids-limit 30
	ok
	[ "$(file pids.max)" = 30 ]
	update --pids-limit -1
	ok
	[ "$(file pids.max)" = max ]
}

@test "--cpuset-cpus, --blkio-weight" {
	waiting
	can_have cpuset
	update --cpuset-cpus 0
	ok
	[ "$(file cpuset.cpus)" = 0 ]
	update --cpuset-cpus 4000
	refused 'linux.resources.cpu.cpus'
	can_have io
	[ -e "$(cgroup_of)/io.weight" ] || [ -e "$(cgroup_of)/io.bfq.weight" ] || return 0
	update --blkio-weight 500
	ok
}

@test "--resources: a file, the standard input; what it does not name stays" {
	waiting
	[ -n "$(cgroup_of)" ] || skip "needs a cgroup of its own"
	limit='{"unified": {"cgroup.max.descendants": "9"}}' of=cgroup.max.descendants
	if grep -qw pids "$(cgroup_of)/../cgroup.controllers"; then
		limit='{"pids": {"limit": 9}}' of=pids.max
	elif grep -qw hugetlb "$(cgroup_of)/../cgroup.controllers"; then
		files=("$(cgroup_of)"/hugetlb.*.max)
		of=$(basename "${files[0]}")
		size=${of#hugetlb.} size=${size%.max}
		limit=$(jq -n --arg size "$size" '{hugepageLimits: [{pageSize: $size, limit: 0}]}')
	fi
	before=$(file "$of" 2>/dev/null) || before=none
	echo "$limit" >"$BATS_TEST_TMPDIR/r.json"
	update -r "$BATS_TEST_TMPDIR/r.json"
	ok
	set=$(file "$of")
	[ "$set" != "$before" ]
	resources '{"unified": {"cgroup.max.depth": "3"}}'
	ended 0
	[ "$(file cgroup.max.depth) $(file "$of")" = "3 $set" ]
	resources '{}'
	ended 0
	resources '{"unified": {"'"$of"'": "max"}, "memory": {}, "cpu": {}}'
	ended 0
	[ "$(file "$of")" = max ]
}

@test "an unknown controller, limits of cgroup v1, resctrl: each one clear error" {
	waiting
	[ -n "$(cgroup_of)" ] || skip "needs a cgroup of its own"
	resources '{"unified": {"nonsense.max": "1"}}'
	refused 'nonsense'
	update --cpu-rt-runtime 1000
	refused 'linux.resources.cpu.realtimeRuntime' 'cgroup v2'
	update --l3-cache-schema L3:0=f
	refused --l3-cache-schema resctrl
	update --kernel-memory 100M
	ok
	if ! grep -qw memory "$(cgroup_of)/../cgroup.controllers"; then
		update --memory 100M
		refused 'update container c1' memory
	fi
}

@test "bad values and options, each with one sentence" {
	bundle
	go rootlet update c1
	refused 'no limit is named'
	go rootlet update --memory 1x c1
	refused '--memory: "1x"' 1.5GiB
	go rootlet update --cpu-share=-5 c1
	refused '--cpu-share: "-5"'
	go rootlet update --memory 9999999P c1
	refused 'too large'
	go rootlet update -r /nowhere c1
	refused '--resources: read /nowhere'
	go rootlet update -r /dev/null --memory 1M c1
	refused '--resources names the limits already'
	resources '{"memory": {"limit": "1M"}}'
	refused 'linux.resources.memory.limit' 'the standard input'
	resources '[1]'
	refused 'the standard input'
	resources 'nonsense'
	refused 'the standard input'
	go rootlet update --memory 1M c1
	refused 'container does not exist'
	detached 'exit 0'
	until_true 10 is_status stopped
	go rootlet update --memory 1M c1
	refused 'container not running: c1'
}

@test "rules for devices replace those before; a user's stay, with a warning" {
	bundle '.linux.resources.devices = [{"allow": false, "access": "rwm"}, {"allow": true, "type": "c", "major": 1, "minor": 11, "access": "w"}]'
	[ "$ME" != 0 ] || mknod -m 666 "$ROOTFS/kmsg" c 1 11
	detached 'while :; do sleep 0.1; done'
	[ -n "$(cgroup_of)" ] || skip "needs a cgroup of its own"
	[ "$ME" != 0 ] || rootlet exec c1 sh -c ': >/kmsg'
	resources '{"devices": [{"allow": false, "access": "rwm"}]}'
	ended 0
	if [ "$ME" != 0 ]; then
		[[ "$stderr" == *'only root can change which devices'* ]] || complain warning
		return 0
	fi
	go rootlet exec c1 sh -c ': >/kmsg'
	ended 1
	rootlet exec c1 sh -c ': >/dev/null && : </dev/zero'
	resources '{"devices": [{"allow": true, "access": "rwm"}]}'
	ended 0
	go rootlet exec c1 sh -c ': >/kmsg'
	ok
}
