#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # text for the container's shell; what lib/common sets
# effects - what a limit does to a container, under both managers: memory is killed
# for, a fork is refused, the processor and the disk are throttled, a cpuset confines.
#
# For the guest of tests/vm, where every controller is delegated.
load ../e2e/lib/common

setup() {
	[ -n "$ROOTLET_GUEST" ] || skip "needs the guest of tests/vm"
	common_setup
	# The name of a scope: one for all tests of the machine.
	CID=effects$BATS_TEST_NUMBER
}

# limited_by MANAGER SCRIPT JQ [JQ-OPTION]...: runs it, and the cgroup is gone when the
# container is.
limited_by() {
	local manager=$1 script=$2
	shift 2
	bundle "$@"
	config '.root.readonly = false'
	# The cgroup's own files, and the time since the machine started in 1/100 s.
	script 'cd /sys/fs/cgroup
	value() { while read -r key number; do [ "$key" != "$2" ] || echo "$key=$number"; done <"$1"; }
	now() { read -r up _ </proc/uptime; echo "$1=${up%.*}${up#*.}"; }
	'"$script"
	go rootlet --cgroup-manager "$manager" run --bundle "$BUNDLE" "$CID"
	ok
	left=$(find /sys/fs/cgroup -name "*$CID*")
	[ -z "$left" ] || complain "left: $left"
}
# said NAME: the number that the container said of it.
said() { sed -n "s/^$1=//p" <<<"$output"; }
# between LOW NAME NUMBER HIGH
between() { { [ "$3" -ge "$1" ] && [ "$3" -le "$4" ]; } || complain "$2 is $3, not between $1 and $4"; }

memory() {
	limited_by "$1" '
		dd if=/dev/zero of=/dev/null bs=4M count=1 2>/dev/null; echo "small=$?"
		dd if=/dev/zero of=/dev/null bs=64M count=1 2>/dev/null; echo "large=$?"
		value memory.events oom_kill; read -r max <memory.max; echo "max=$max"' \
		'.linux.resources.memory = {limit: 25165824, swap: 25165824}'
	has small=0 large=137 oom_kill=1 max=25165824
}
@test "cgroupfs: more memory than the limit is killed for" { memory cgroupfs; }
@test "systemd: more memory than the limit is killed for" { memory systemd; }

pids() {
	limited_by "$1" '
		sh -c "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 60 & done" 2>/tmp/err; echo "shell=$?"
		read -r n <pids.current; echo "current=$n"; read -r max <pids.max; echo "max=$max"
		value pids.events max; read -r why </tmp/err; echo "why=${why##*: }"' \
		'.linux.resources.pids.limit = 8'
	# Init and six of them; the shell that forked has gone.
	has max=8 current=7 "why=Resource temporarily unavailable"
	between 1 'the shell that forked' "$(said shell)" 2
	like 'max=[1-9][0-9]*'
}
@test "cgroupfs: a fork above the limit is refused" { pids cgroupfs; }
@test "systemd: a fork above the limit is refused" { pids systemd; }

# A fifth of one processor, as long as two seconds of work take.
cpu() {
	local used took
	limited_by "$1" '
		value cpu.stat usage_usec | sed s/^/before_/; now start
		/bin/busybox timeout 2 sh -c "while :; do :; done" 2>/dev/null
		now end; value cpu.stat usage_usec; value cpu.stat nr_throttled' \
		'.linux.resources.cpu = {quota: 20000, period: 100000}'
	used=$(($(said usage_usec) - $(said before_usage_usec)))
	took=$((($(said end) - $(said start)) * 10000))
	between 5 nr_throttled "$(said nr_throttled)" 1000
	between 10000 "used in $took us" "$used" $((took * 3 / 10))
}
@test "cgroupfs: a cpu quota throttles" { cpu cgroupfs; }
@test "systemd: a cpu quota throttles" { cpu systemd; }

# 3 MB at 1 MB a second, past the page cache.
io() {
	local disk
	disk=$(awk '$5 == "/" { print $3 }' /proc/self/mountinfo)
	limited_by "$1" '
		now start; dd if=/dev/zero of=/tmp/data bs=512k count=6 oflag=direct 2>/dev/null; echo "dd=$?"; now end
		read -r max <io.max; echo "max:$max"' \
		'.linux.resources.blockIO.throttleWriteBpsDevice = [{major: $major, minor: $minor, rate: 1048576}]' \
		--argjson major "${disk%:*}" --argjson minor "${disk#*:}"
	has dd=0 "max:$disk rbps=max wbps=1048576 riops=max wiops=max"
	between 150 'the time for 3 MB, in 1/100 s' $(($(said end) - $(said start))) 10000
}
@test "cgroupfs: a throttled disk is slow" { io cgroupfs; }
@test "systemd: a throttled disk is slow" { io systemd; }

cpuset() {
	limited_by "$1" '
		/bin/busybox nproc; value /proc/self/status Cpus_allowed_list:
		/bin/busybox taskset -c 0 true 2>/dev/null; echo "other=$?"
		/bin/busybox taskset -c 1 true; echo "own=$?"' \
		'.linux.resources.cpu = {cpus: "1"}'
	has 1 Cpus_allowed_list:=1 own=0
	between 1 'the status of taskset' "$(said other)" 126
}
@test "cgroupfs: a cpuset confines" { cpuset cgroupfs; }
@test "systemd: a cpuset confines" { cpuset systemd; }
