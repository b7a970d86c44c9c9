#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2034,SC2154 # text for the container's shell; what lib/common sets
# podman-cgroups - what podman needs a cgroup of the container's own for, by systemd and
# without it: limits, pause, stats, update.
load ../e2e/lib/common
load ../e2e/lib/engine

setup_file() { engine_files podman; }
setup() {
	[ -n "$ROOTLET_GUEST" ] || skip "needs the guest of tests/vm"
	requires_engine podman
	common_setup
}
teardown() {
	[ -d "${ROOT-}" ] || return 0
	"$P/podman" rm --all --force --time 0 >/dev/null 2>&1 3>&-
	clean_up
}
teardown_file() { engine_down podman; }

pm() { go "$P/podman" --runtime "$ROOTLET" "$@" </dev/null; }
inspected() { [ "$("$P/podman" inspect -f "$1" c1)" = "$2" ] || complain "$1 is not $2"; }
# A file of its cgroup.
file() { cat "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$("$P/podman" inspect -f '{{.State.Pid}}' c1)/cgroup")/$1"; }

life() {
	pm --cgroup-manager "$1" run --detach --name c1 --network none --memory 100m --pids-limit 50 --cpus 0.5 \
		--rootfs "$P/rootfs" sh -c 'while :; do sleep 0.2; done'
	ok
	[ "$(file memory.max) $(file pids.max) $(file cpu.max)" = "104857600 50 50000 100000" ]
	pm --cgroup-manager "$1" pause c1
	ok
	inspected '{{.State.Status}}' paused
	[[ "$(file cgroup.events)" == *"frozen 1"* ]]
	pm --cgroup-manager "$1" unpause c1
	ok
	inspected '{{.State.Status}}' running
	pm --cgroup-manager "$1" update --memory 60m c1
	[ "$status" = 0 ] || complain update
	[ "$(file memory.max)" = 62914560 ]
	[ "$(file pids.max)" = 50 ]
	pm --cgroup-manager "$1" exec c1 true
	ok
	pm --cgroup-manager "$1" stats --no-stream --format '{{.MemLimit}} {{.PIDs}}' c1
	[ "$status" = 0 ] || complain stats
	[ -n "$output" ]
	pm --cgroup-manager "$1" rm --force --time 0 c1
	[ "$status" = 0 ] || complain rm
}

@test "limits, pause, update, stats: scopes of systemd" { life systemd; }
@test "limits, pause, update, stats: cgroupfs" { life cgroupfs; }
