#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # text for the container's shell; what lib/common sets
# limits - linux.resources in the files of the container's cgroup, and what is
# said of those that can't be had.  That they have effects is tests/vm's to show.
load lib/common

requires_cgroup() {
	bundle
	[ "$(rootlet plan --bundle "$BUNDLE" c1 | jq -r .cgroup.manager)" != none ] || skip "the caller can have no cgroup made"
}
requires_controller() {
	requires_cgroup
	has_controller "$1" || skip "the caller has no controller $1 with cgroup2"
}
# Would the container's cgroup have it?
has_controller() {
	bundle '.linux.resources = {unified: {($f): "1"}}' --arg f "$1.any"
	rootlet plan --bundle "$BUNDLE" c1 2>/dev/null | jq -e '.cgroup.settings | length > 0' >/dev/null
}
# with_limits RESOURCES: a container that waits; DIR is its cgroup.
with_limits() {
	bundle ".linux.resources = $1"
	detached 'exec sleep 100' || complain "$(cat "$BATS_TEST_TMPDIR/err")"
	DIR=$(jq -r .cgroup "$ROOT/c1/state.json")
}
# fails TEXT: an error that says this.
fails() {
	ended 1 || return
	[[ "$stderr" == *"$1"* ]] || complain "expected an error: $1"
}
# holds FILE LINE: that line is in it.
holds() { grep -qxF "$2" "$DIR/$1" || complain "$1: $(cat "$DIR/$1"), not $2"; }
# alone COMMAND...: as on a host that has nothing but cgroup2.
alone() {
	if [ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ]; then
		"$@"
	else
		unshare --mount sh -c 'mount -t cgroup2 none /sys/fs/cgroup && exec "$@"' sh "$@"
	fi
}
listed() { jq -e --arg i "linux.resources.$1" 'any(.degraded[]; .item == $i)' <<<"$(rootlet state c1)" >/dev/null || complain "$1 is not listed"; }
nothing_listed() { [ "$(rootlet state c1 | jq -c '[.degraded[]?.item | select(startswith("linux.resources."))]')" = '[]' ] || complain; }

@test "memory: limit, swap, reservation" {
	requires_controller memory
	with_limits '{memory: {limit: 104857600, swap: 157286400, reservation: 52428800}}'
	holds memory.max 104857600
	[ ! -e "$DIR/memory.swap.max" ] || holds memory.swap.max 52428800
	holds memory.low 52428800
	nothing_listed
}

@test "memory: no limit, no swap, rounded down to pages" {
	requires_controller memory
	with_limits '{memory: {limit: 104857601, swap: 104857601, checkBeforeUpdate: true}}'
	holds memory.max 104857600
	[ ! -e "$DIR/memory.swap.max" ] || holds memory.swap.max 0
	rootlet delete --force c1
	with_limits '{memory: {limit: -1, swap: -1}}'
	holds memory.max max
}

@test "cpu: shares, quota, period, burst" {
	requires_controller cpu
	with_limits '{cpu: {shares: 512, quota: 50000, period: 200000, burst: 1000}}'
	holds cpu.weight 59
	holds cpu.max '50000 200000'
	holds cpu.max.burst 1000
	nothing_listed
}

@test "cpu: idle" {
	requires_controller cpu
	with_limits '{cpu: {idle: 1, shares: 512}}'
	holds cpu.idle 1
}

@test "cpu: cpus and mems" {
	requires_controller cpuset
	with_limits '{cpu: {cpus: "0", mems: "0"}}'
	holds cpuset.cpus.effective 0
	holds cpuset.mems.effective 0
	nothing_listed
}

@test "pids: the limit counts from the program on" {
	requires_controller pids
	with_limits '{pids: {limit: 1}}'
	holds pids.max 1
	nothing_listed
}

@test "blockIO: weights and rates" {
	requires_controller io
	local disk
	disk=$(lsblk -dnro MAJ:MIN,TYPE | awk '$2 == "disk" { print $1; exit }')
	[ -n "$disk" ] || skip "the host has no disk"
	with_limits "{blockIO: {weight: 500, throttleReadBpsDevice: [{major: ${disk%:*}, minor: ${disk#*:}, rate: 1048576}],
		throttleWriteIOPSDevice: [{major: ${disk%:*}, minor: ${disk#*:}, rate: 100}]}}"
	holds io.max "$disk rbps=1048576 wbps=max riops=max wiops=100"
	if [ -e "$DIR/io.bfq.weight" ]; then holds io.bfq.weight 'default 500'; else holds io.weight 'default 4950'; fi
}

@test "blockIO: a disk that is not there is refused" {
	requires_root
	requires_controller io
	bundle '.linux.resources = {blockIO: {throttleReadBpsDevice: [{major: 4000, minor: 1, rate: 1}]}}'
	inside true
	fails 'linux.resources.blockIO.throttleReadBpsDevice[0]: write 4000:1 rbps=1 to io.max (ENODEV)'
}

@test "huge pages: both kinds of limit; a size that the kernel does not have" {
	requires_controller hugetlb
	with_limits '{hugepageLimits: [{pageSize: "2MB", limit: 5000000}]}'
	holds hugetlb.2MB.max 4194304
	holds hugetlb.2MB.rsvd.max 4194304
	nothing_listed
	rootlet delete --force c1
	bundle '.linux.resources = {hugepageLimits: [{pageSize: "3MB", limit: 0}]}'
	inside true
	fails 'linux.resources.hugepageLimits[0]: write 0 to hugetlb.3MB.max (ENOENT)'
}

@test "unified: files by name, which have the last word" {
	requires_cgroup
	with_limits '{unified: {"cgroup.max.depth": "3", "cgroup.max.descendants": "max"}}'
	holds cgroup.max.depth 3
	rootlet delete --force c1
	! has_controller hugetlb || {
		with_limits '{hugepageLimits: [{pageSize: "2MB", limit: 4194304}], unified: {"hugetlb.2MB.max": "0"}}'
		holds hugetlb.2MB.max 0
	}
}

@test "unified: what is no limit, and what no controller has" {
	for file in cgroup.procs cgroup.kill cgroup.subtree_control foo.max memory; do
		bundle '.linux.resources = {unified: {($f): "1"}}' --arg f "$file"
		inside true
		fails "linux.resources.unified[$file]"
	done
}

@test "values that make no sense are refused whoever asks" {
	while read -r key resources; do
		bundle ".linux.resources = $resources"
		inside true
		fails "linux.resources.$key: "
	done <<-'END'
		memory.limit {memory: {limit: -2}}
		memory.swap {memory: {swap: 1000}}
		memory.swap {memory: {limit: 2000, swap: 1000}}
		cpu.period {cpu: {period: 10}}
		cpu.quota {cpu: {quota: 10}}
		cpu.idle {cpu: {idle: 2}}
		pids.limit {pids: {limit: -2}}
		blockIO.weight {blockIO: {weight: 9}}
		blockIO.weightDevice[0].weight {blockIO: {weightDevice: [{major: 8, minor: 0, weight: 1001}]}}
	END
}

@test "a controller that is not there is an error of root, which says where" {
	requires_root
	[ "$(stat -f -c %T /sys/fs/cgroup)" != cgroup2fs ] || skip "the host has all controllers with cgroup2"
	bundle '.linux.resources = {memory: {limit: 104857600}}'
	script true
	go alone "$ROOTLET" --root "$ROOT" run --bundle "$BUNDLE" c1
	fails 'linux.resources.memory.limit: the controller memory is not available in /sys/fs/cgroup'
	bundle '.linux.resources = {rdma: {mlx5_1: {hcaHandles: 3}}}'
	go alone "$ROOTLET" --root "$ROOT" run --bundle "$BUNDLE" c1
	fails 'linux.resources.rdma[mlx5_1]: the controller rdma is not available in /sys/fs/cgroup'
}

@test "on a host with cgroup v1 beside it, it is listed" {
	requires_root
	[ "$(stat -f -c %T /sys/fs/cgroup/unified)" = cgroup2fs ] || skip "the host has no cgroup v1 beside cgroup2"
	with_limits '{memory: {limit: 104857600}, pids: {limit: 10}, cpu: {shares: 512}, rdma: {mlx5_1: {hcaHandles: 3}}}'
	for item in memory.limit pids.limit cpu.shares 'rdma[mlx5_1]'; do listed "$item"; done
	rootlet delete --force c1
	go rootlet --strict run --bundle "$BUNDLE" c1
	fails 'linux.resources.memory.limit: --strict'
}

@test "what only cgroup v1 had: an error of root, else listed" {
	for resources in '{memory: {kernel: 1000000}}' '{memory: {kernelTCP: 1000000}}' '{memory: {swappiness: 10}}' '{memory: {disableOOMKiller: true}}' \
		'{cpu: {realtimePeriod: 1000000}}' '{cpu: {realtimeRuntime: 950000}}' '{blockIO: {leafWeight: 100}}' \
		'{blockIO: {weightDevice: [{major: 8, minor: 0, leafWeight: 100}]}}' \
		'{network: {classID: 1}}' '{network: {priorities: [{name: "eth0", priority: 5}]}}'; do
		bundle ".linux.resources = $resources"
		if [ "$ME" = 0 ]; then
			script true
			go alone "$ROOTLET" --root "$ROOT" run --bundle "$BUNDLE" c1
			fails "linux.resources."
			[[ "$stderr" == *"cgroup v2"* ]] || complain
		else
			detached 'exec sleep 100'
			rootlet state c1 | jq -e '.degraded | any(.why | contains("cgroup v2"))' || complain "$resources"
			rootlet delete --force c1
		fi
	done
}

@test "what takes a limit away is no limit" {
	bundle '.linux.resources = {memory: {limit: -1, swap: -1, reservation: -1, useHierarchy: true, kernel: -1}, cpu: {quota: -1, shares: 0}, pids: {limit: -1},
		unified: {"memory.high": "max"}}'
	detached 'exec sleep 100'
	nothing_listed
}
