#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # text for the container's shell; what lib/common sets
# scheduling - scheduler, I/O priority, CPUs, memory nodes and personality: seen
# from inside, or refused by the kernel to us as well, and then listed.
load lib/common

# Of a program that does not fork: nice, real-time priority, policy.
numbers='read -r line </proc/self/stat; set -- ${line##*) }; echo "nice ${17} priority ${38} policy ${39}"'

# may COMMAND...: what this caller may on this host.
may() { "$@" >"$BATS_TEST_TMPDIR/may" 2>&1; }
may_nice() { (may renice -n "$1" "$BASHPID"); }
own=$(nice) # the caller's own value: a slower machine's tests may be run by nice
higher=$((own < 19 ? own + 1 : 19))

@test "scheduler: batch, idle and a higher nice value" {
	bundle '.process.scheduler = {policy: "SCHED_BATCH", nice: $n}' --argjson n "$higher"
	inside "$numbers" --keep
	ok
	has "nice $higher priority 0 policy 3"
	not_degraded "$(rootlet state c1)" scheduler
	rootlet delete c1
	config '.process.scheduler = {policy: "SCHED_IDLE", nice: $n}' --argjson n "$higher"
	inside "$numbers"
	ok
	has "nice $higher priority 0 policy 5"
	config '.process.scheduler = {policy: "SCHED_OTHER", flags: ["SCHED_FLAG_RESET_ON_FORK"], nice: $n}' --argjson n "$higher"
	inside "$numbers"
	ok
	has "nice $higher priority 0 policy 0"
}

@test "scheduler: real-time where the kernel grants it, else listed and as before" {
	requires_tool chrt
	bundle '.process.scheduler = {policy: "SCHED_RR", priority: 7}'
	inside "$numbers" --keep
	[ "$status" = 0 ] || complain
	state=$(rootlet state c1)
	if may chrt -r 7 true; then
		has "nice $own priority 7 policy 2"
		not_degraded "$state" scheduler
	else
		has "nice $own priority 0 policy 0"
		degraded "$state" '^process.scheduler.policy$'
	fi
}

@test "scheduler: deadline, with its three times" {
	requires_tool chrt
	bundle '.process.scheduler = {policy: "SCHED_DEADLINE", runtime: 2000000, deadline: 40000000, period: 50000000}'
	create "$numbers" || complain "$(cat "$BATS_TEST_TMPDIR/err")"
	if may chrt -d -T 2000000 -D 40000000 -P 50000000 0 true; then
		go chrt -p "$(state_of .pid)"
		[[ "$output" == *SCHED_DEADLINE*2000000/40000000/50000000* ]] || complain
		not_degraded "$(rootlet state c1)" scheduler
		want=6
	else
		degraded "$(rootlet state c1)" '^process.scheduler.policy$'
		want=0
	fi
	rootlet start c1
	until_true 5 grep -qx "nice $own priority 0 policy $want" "$BATS_TEST_TMPDIR/out"
}

@test "scheduler: hooks inside a container of SCHED_DEADLINE" {
	requires_root
	requires_tool chrt
	may chrt -d -T 2000000 -D 40000000 -P 0 0 true || skip "root may not, either"
	bundle '.process.scheduler = {policy: "SCHED_DEADLINE", runtime: 2000000, deadline: 40000000} | .hooks.startContainer = [{path: "/bin/true"}]'
	inside "$numbers"
	refused startContainer SCHED_FLAG_RESET_ON_FORK
	config '.process.scheduler.flags = ["SCHED_FLAG_RESET_ON_FORK"]'
	inside "$numbers"
	ok
	has "nice $own priority 0 policy 6"
}

@test "scheduler: a lower nice value where the kernel grants it, else the policy alone" {
	bundle '.process.scheduler = {policy: "SCHED_BATCH", nice: $n}' --argjson n $((own - 5))
	inside "$numbers" --keep
	[ "$status" = 0 ] || complain
	state=$(rootlet state c1)
	if may_nice $((own - 5)); then
		has "nice $((own - 5)) priority 0 policy 3"
		not_degraded "$state" scheduler
	else
		has "nice $own priority 0 policy 3"
		degraded "$state" '^process.scheduler.nice$'
		not_degraded "$state" '^process.scheduler.policy$'
	fi
}

@test "scheduler and I/O priority: root's rights reach into a user namespace" {
	requires_root
	bundle '.process.scheduler = {policy: "SCHED_BATCH", nice: $n} | .process.ioPriority = {class: "IOPRIO_CLASS_RT", priority: 2} |
		.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings' --argjson n $((own - 5))
	chmod 755 "$BATS_TEST_TMPDIR" "$BUNDLE"
	inside "$numbers; busybox ionice -p \$\$" --keep
	[ "$status" = 0 ] || complain
	may_nice $((own - 5)) || skip "root may not, either"
	has "nice $((own - 5)) priority 0 policy 3" "realtime: prio 2"
	not_degraded "$(rootlet state c1)" 'scheduler|ioPriority'
}

@test "I/O priority: best effort and idle; real-time where the kernel grants it" {
	requires_tool ionice
	bundle '.process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 6}'
	inside 'busybox ionice -p $$'
	ok
	has "best-effort: prio 6"
	config '.process.ioPriority = {class: "IOPRIO_CLASS_IDLE", priority: 0}'
	inside 'busybox ionice -p $$'
	ok
	has idle
	config '.process.ioPriority = {class: "IOPRIO_CLASS_RT", priority: 3}'
	inside 'busybox ionice -p $$' --keep
	[ "$status" = 0 ] || complain
	if may ionice -c 1 -n 3 true; then
		has "realtime: prio 3"
		not_degraded "$(rootlet state c1)" ioPriority
	else
		has "best-effort: prio 3"
		degraded "$(rootlet state c1)" '^process.ioPriority.class$'
	fi
}

@test "for another user and without capabilities: set before they go" {
	requires_many_ids
	bundle '.process.scheduler = {policy: "SCHED_BATCH", nice: $n} | .process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 1} |
		.process.user = {uid: 1000, gid: 1000} | .process.capabilities = {} | .process.noNewPrivileges = true' --argjson n "$higher"
	inside "$numbers; busybox ionice -p \$\$; id -u"
	ok
	has "nice $higher priority 0 policy 3" "best-effort: prio 1" 1000
}

@test "exec: scheduler, I/O priority, memory policy and personality as the container's program has them" {
	bundle '.process.scheduler = {policy: "SCHED_BATCH", nice: $n} | .process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 6} |
		.linux.personality = {domain: "LINUX32"}' --argjson n "$higher"
	[ ! -e /proc/self/numa_maps ] || config '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "0"}'
	setarch linux32 true || config 'del(.linux.personality)'
	detached "exec sleep 100"
	go rootlet exec c1 sh -c "$numbers; busybox ionice -p \$\$; uname -m; head -n 1 /proc/self/numa_maps || :"
	[ "$status" = 0 ] || complain
	has "nice $higher priority 0 policy 3" "best-effort: prio 6"
	! setarch linux32 true || like 'i[3-6]86|armv.*'
	[ ! -e /proc/self/numa_maps ] || like '[0-9a-f]+ bind:0 .*'
	# A process of its own says something else.
	echo '{"args": ["sh", "-c", "'"${numbers//\"/\\\"}"'"], "cwd": "/", "scheduler": {"policy": "SCHED_IDLE"}}' >process.json
	go rootlet exec --process process.json c1
	ok
	like 'nice [0-9]+ priority 0 policy 5'
}

@test "exec: CPUs, the first and the last; a bad list" {
	bundle '.process.execCPUAffinity = {initial: "0"}'
	detached "exec sleep 100"
	allowed=$(sed -n 's/^Cpus_allowed_list:\t//p' /proc/self/status)
	cpus='sed -n "s/^Cpus_allowed_list:.//p" /proc/self/status'
	(taskset -c 0 true) || skip "CPU 0 is not ours"
	# Without the last ones it is the container's cgroup that decides: the first
	# stay, unless its cpuset is another one than the caller's.
	go rootlet exec c1 sh -c "$cpus"
	ok
	[ "$output" = 0 ] || [ "$output" = "$allowed" ] || complain
	with() { echo '{"args": ["sh", "-c", "'"${cpus//\"/\\\"}"'"], "cwd": "/", "execCPUAffinity": '"$1"'}' | jq . >process.json; }
	with '{"initial": "0", "final": "'"$allowed"'"}'
	go rootlet exec --process process.json c1
	ok
	has "$allowed"
	with '{"final": "0-"}'
	go rootlet exec --process process.json c1
	ended 255
	[[ "$stderr" == *process.execCPUAffinity.final* ]]
}

@test "CPUs: not for the container's first process; a bad list is refused all the same" {
	bundle '.process.execCPUAffinity = {initial: "0", final: "0"}'
	inside 'grep Cpus_allowed_list /proc/self/status'
	ok
	has "$(grep Cpus_allowed_list /proc/self/status)"
	for list in x 0-; do
		config '.process.execCPUAffinity = {final: $l}' --arg l "$list"
		inside true
		refused process.execCPUAffinity.final
	done
}

@test "memory policy: bind, prefer, local; a node that is not there" {
	[ -e /proc/self/numa_maps ] || skip "needs a kernel with NUMA"
	bundle '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "0"}'
	inside 'head -n 1 /proc/self/numa_maps'
	ok
	like '[0-9a-f]+ bind:0 .*'
	config '.linux.memoryPolicy = {mode: "MPOL_PREFERRED", nodes: "0", flags: ["MPOL_F_STATIC_NODES"]}'
	inside 'head -n 1 /proc/self/numa_maps'
	ok
	like '[0-9a-f]+ prefer=static:0 .*'
	config '.linux.memoryPolicy = {mode: "MPOL_LOCAL"}'
	inside 'head -n 1 /proc/self/numa_maps'
	ok
	like '[0-9a-f]+ local .*'
	config '.linux.memoryPolicy = {mode: "MPOL_INTERLEAVE", nodes: "0,1000"}'
	inside true
	refused linux.memoryPolicy.nodes 1000
	config '.linux.memoryPolicy = {mode: "MPOL_INTERLEAVE", nodes: "1000", flags: ["MPOL_F_STATIC_NODES"]}'
	inside true
	refused linux.memoryPolicy EINVAL
	[ ! -e "$ROOT/c1" ]
}

@test "personality: a 32-bit machine, and the one that it is" {
	bundle '.linux.personality = {domain: "LINUX32"}'
	inside 'uname -m; cat /proc/self/personality'
	if [ "$status" != 0 ]; then # arm64 without 32-bit programs
		refused linux.personality.domain
		not setarch linux32 true
	else
		like 'i[3-6]86|armv.*'
		has 00000008
	fi
	config '.linux.personality.domain = "LINUX"'
	inside 'uname -m; cat /proc/self/personality'
	ok
	has "$(uname -m)" 00000000
	config '.linux.personality.flags = ["NO_SUCH_FLAG"]'
	inside true
	refused linux.personality.flags NO_SUCH_FLAG
}
