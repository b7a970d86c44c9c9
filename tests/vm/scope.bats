#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # text for the container's shell; what lib/common sets
# scope - a container in a scope of a real systemd: what systemd knows of it, that it
# stays when systemd reloads, that it goes with the container; and podman, which asks for
# one by itself.
#
# For the guest of tests/vm.
load ../e2e/lib/common
load ../e2e/lib/engine

setup_file() {
	[ -n "$ROOTLET_GUEST" ] || return 0
	engine_files podman
}
setup() {
	[ -n "$ROOTLET_GUEST" ] || skip "needs the guest of tests/vm"
	common_setup
	# Units are the whole machine's.
	CID=scope$BATS_TEST_NUMBER
	UNIT=rootlet-$CID.scope
	CTL=(systemctl --user)
	[ "$ME" != 0 ] || CTL=(systemctl)
}
teardown_file() {
	[ -n "$ROOTLET_GUEST" ] || return 0
	engine_down podman
}

scoped() { rootlet --systemd-cgroup "$@"; }
property() { "${CTL[@]}" show -P "$1" "${2:-$UNIT}"; }
recorded() { jq -r ".$1" "$ROOT/$CID/state.json"; }
# The cgroup of that process.
seen() { sed -n 's/^0:://p' "/proc/$1/cgroup"; }
# known [PATTERN]: the units that systemd has not forgotten.
known() { "${CTL[@]}" list-units --all --plain --no-legend "${1:-*$CID*}"; }
forgotten() {
	[ -z "$(known)" ] || complain "systemd knows $(known)" || return
	[ -z "$(find /sys/fs/cgroup -name "*$CID*")" ] || complain "a cgroup is left"
}
up() {
	script 'exec sleep 300'
	scoped run --detach --bundle "$BUNDLE" "$CID" </dev/null >out 2>err 3>&-
}
limited='.linux.resources = {memory: {limit: 67108864}, pids: {limit: 40}, cpu: {quota: 50000, period: 100000}}'

@test "what systemd knows of it is what the files say, also after it reloads and after update" {
	bundle "$limited"' | .annotations = {"org.systemd.property.TimeoutStopSec": "uint64 7"}'
	up
	[ "$(recorded cgroup_manager)" = systemd ] && [ "$(recorded cgroup_unit)" = "$UNIT" ]
	dir=$(recorded cgroup)
	[ "$dir" = "/sys/fs/cgroup$(property ControlGroup)" ]
	[ "$dir" = "/sys/fs/cgroup$(seen "$(state_of .pid)")" ]
	[ "$(property MemoryMax) $(property TasksMax) $(property TimeoutStopUSec)" = '67108864 40 7s' ]
	[ "$(property Slice)" = "$([ "$ME" = 0 ] && echo system.slice || echo user.slice)" ]
	rootlet update --memory 33554432 --cpu-quota 20000 "$CID"
	"${CTL[@]}" daemon-reload
	[ "$(cat "$dir"/{memory,pids,cpu}.max | xargs)" = '33554432 40 20000 100000' ]
	[ "$(property MemoryMax)" = 33554432 ]
	rootlet delete --force "$CID"
	forgotten
}

@test "exec goes in, beside init where that has a place of its own" {
	bundle '.annotations = {"run.oci.systemd.subgroup": "inner"}'
	up
	[ "$(seen "$(state_of .pid)")" = "$(property ControlGroup)/inner" ]
	go rootlet exec "$CID" grep '^0:' /proc/self/cgroup
	ok && has 0::/
	rootlet exec --detach --pid-file pid "$CID" sleep 300 >/dev/null
	[ "$(seen "$(cat pid)")" = "$(property ControlGroup)/inner" ]
	rootlet delete --force "$CID"
	forgotten
}

@test "killed from outside, and by want of memory: systemd forgets it" {
	bundle '.linux.resources.memory = {limit: 20971520, swap: 20971520}'
	up
	kill -9 "$(state_of .pid)"
	until_true 5 is_status stopped
	rootlet delete "$CID"
	forgotten
	script 'dd if=/dev/zero of=/dev/null bs=64M count=1'
	go scoped run --bundle "$BUNDLE" "$CID"
	[ "$status" != 0 ]
	forgotten
}

@test "systemctl stop ends the container" {
	bundle '.annotations = {"org.systemd.property.TimeoutStopSec": "uint64 1"}'
	up
	"${CTL[@]}" stop "$UNIT"
	until_true 5 is_status stopped
	rootlet delete "$CID"
	forgotten
}

@test "one id in two state roots: two units; a unit that the bundle names is taken once" {
	bundle
	up
	"$ROOTLET" --root "$BATS_TEST_TMPDIR/other" --systemd-cgroup run --detach --bundle "$BUNDLE" "$CID" </dev/null >out2 2>err 3>&-
	[ "$(jq -r .cgroup_unit "other/$CID/state.json")" = "rootlet-$CID.2.scope" ]
	"$ROOTLET" --root "$BATS_TEST_TMPDIR/other" delete --force "$CID"
	[ "$(state_of .status)" = running ]
	config '.linux.cgroupsPath = $path' --arg path "::rootlet-$CID"
	go scoped run --bundle "$BUNDLE" named
	refused "$UNIT: a unit of that name is there already"
	rootlet delete --force "$CID"
	forgotten
}

@test "podman --cgroup-manager systemd: limits, exec, update, rm" {
	requires_engine podman
	local name=podman-$CID unit
	RUNTIME=$ROOTLET
	pm() { go "$P/podman" --cgroup-manager systemd --runtime "$RUNTIME" "$@" </dev/null; }
	pm run --detach --name "$name" --network none --memory 64m --pids-limit 40 --rootfs "$P/rootfs" sleep 300
	ok
	unit=libpod-${output##*$'\n'}.scope
	pm exec "$name" sh -c 'cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/pids.max; grep ^0: /proc/self/cgroup'
	ok && has 67108864 40 0::/
	[ "$(property MemoryMax "$unit")" = 67108864 ]
	pm update --memory 32m "$name"
	[ "$status" = 0 ] || complain
	[ "$(property MemoryMax "$unit")" = 33554432 ]
	pm rm --force --time 0 "$name"
	[ "$status" = 0 ] || complain
	[ -z "$(known "$unit")" ]
}
