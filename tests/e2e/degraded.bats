#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # text for the container's shell; what lib/common sets
# degraded - what an unprivileged caller can't have is listed, with a reason and
# a remedy, in the plan and in the state; --strict makes it an error.
load lib/common

@test "every row has item, wanted, got and why" {
	bundle '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 1000, hard: 9000000000000000}] | .process.oomScoreAdj = -900 |
		.linux.resources = {memory: {limit: 100000000}, pids: {limit: 10}, cpu: {shares: 100}} | .process.user.additionalGids = [70000000]'
	inside true --keep
	[ "$status" = 0 ] || complain
	jq -e '.degraded | length > 0 and all(.[]; (.item | length > 0) and (.wanted | length > 0) and (.got | length > 0) and (.why | length > 0) and has("fix"))' <<<"$(rootlet state c1)"
}

@test "limits that the bundle names are listed until cgroups are there" {
	bundle '.linux.resources = {memory: {limit: 100000000}, pids: {limit: 10}} | .linux.cgroupsPath = "/some/where"'
	inside 'echo runs' --keep
	[ "$status" = 0 ] || complain
	has runs
	degraded "$(rootlet state c1)" memory pids cgroup
}

@test "plan and state agree on what is known before" {
	bundle '.linux.resources = {memory: {limit: 100000000}} | .process.rlimits = [{type: "RLIMIT_NOFILE", soft: 1000, hard: 9000000000000000}]'
	plan=$(rootlet plan --bundle "$BUNDLE" c1)
	inside true --keep
	[ "$status" = 0 ] || complain
	state=$(rootlet state c1)
	# All of the plan's stand in the state; stages may add some.
	jq -en --argjson p "$plan" --argjson s "$state" '($p.degraded | map(.item)) - ($s.degraded | map(.item)) == []'
}

@test "--strict makes each of them an error, and nothing is left" {
	requires_many_ids # a single id is one of them
	bundle '.linux.resources = {memory: {limit: 100000000}}'
	script 'echo ran'
	go "$ROOTLET" --root "$ROOT" --strict run --bundle "$BUNDLE" c1
	refused memory
	bundle 'del(.linux.resources) | .process.rlimits = []'
	script 'echo ran'
	go "$ROOTLET" --root "$ROOT" --strict run --bundle "$BUNDLE" c1
	[ "$status" = 0 ] && has ran || refused
	# Found out by a stage, inside.
	requires_unprivileged
	bundle 'del(.linux.resources) | .linux.namespaces |= map(select(.type != "network"))'
	script 'echo ran'
	go "$ROOTLET" --root "$ROOT" --strict run --bundle "$BUNDLE" c1
	refused /sys
	[ ! -e "$ROOT/c1" ]
}

@test "a plain bundle of spec is hardly degraded, and nothing is said about it" {
	bundle
	inside 'echo ran' --keep
	ok
	jq -e '[.degraded[]? | select(.item | test("^linux.resources") | not)] | length == 0' <<<"$(rootlet state c1)" || {
		requires_unprivileged
		has_subids && complain "$(rootlet state c1 | jq -c .degraded)"
		true
	}
}

@test "nothing of it on stderr when that is no terminal, nothing in --log" {
	bundle '.linux.resources = {memory: {limit: 100000000}}'
	script true
	go rootlet --log "$BATS_TEST_TMPDIR/log" run --bundle "$BUNDLE" c1
	ok
	[ ! -s "$BATS_TEST_TMPDIR/log" ]
}

@test "the plan changes nothing and can be made for somebody else" {
	bundle
	before=$(find "$BATS_TEST_TMPDIR" | sort | md5sum)
	go rootlet plan --bundle "$BUNDLE" c1
	ok
	jq -e . <<<"$output"
	after=$(find "$BATS_TEST_TMPDIR" ! -name 'go.*' | sort | md5sum)
	[ -z "$(find "$ROOT" -mindepth 1)" ]
	go rootlet plan --stages
	ok
	[ "$(awk -F'\t' 'NF == 4 && $1 ~ /^[0-9]+$/ && $3 ~ /^(HOST|INSIDE)$/' <<<"$output" | wc -l)" = "${#lines[@]}" ]
	[ "${#lines[@]}" -gt 20 ]
}

# --- one test per row of src/plan/degrade.c

# The program's own nice value, real-time priority and policy, without a fork.
scheduling='read -r line </proc/self/stat; set -- ${line##*) }; echo "nice ${17} priority ${38} policy ${39}"'

# strict ITEM: the same bundle with --strict is an error that names ITEM.
strict() {
	has_subids || return 0 # a single id is the first to be refused
	config 'del(.linux.resources)'
	go "$ROOTLET" --root "$ROOT" --strict run --bundle "$BUNDLE" c2
	refused "$1" --strict
}

@test "row scheduler: real-time refused: the caller's policy" {
	requires_unprivileged
	requires_tool chrt
	not chrt -f 5 true || skip "this user may"
	bundle '.process.scheduler = {policy: "SCHED_FIFO", priority: 5}'
	inside "$scheduling" --keep
	[ "$status" = 0 ] || complain
	has "nice $(nice) priority 0 policy 0"
	degraded "$(rootlet state c1)" '^process.scheduler.policy$'
	strict process.scheduler.policy
}

@test "row nice: below the caller's refused: the policy, with the caller's" {
	requires_unprivileged
	not renice -n $(($(nice) - 1)) $BASHPID || skip "this user may"
	bundle '.process.scheduler = {policy: "SCHED_BATCH", nice: $n}' --argjson n $(($(nice) - 1))
	inside "$scheduling" --keep
	[ "$status" = 0 ] || complain
	has "nice $(nice) priority 0 policy 3"
	degraded "$(rootlet state c1)" '^process.scheduler.nice$'
	strict process.scheduler.nice
}

@test "row io_priority: real-time refused: best effort" {
	requires_unprivileged
	requires_tool ionice
	not ionice -c 1 -n 2 true || skip "this user may"
	bundle '.process.ioPriority = {class: "IOPRIO_CLASS_RT", priority: 2}'
	inside 'busybox ionice -p $$' --keep
	[ "$status" = 0 ] || complain
	has "best-effort: prio 2"
	degraded "$(rootlet state c1)" '^process.ioPriority.class$'
	strict process.ioPriority.class
}

@test "row cpus: CPUs that are not there: the others, or all as before" {
	bundle
	detached "exec sleep 100"
	allowed=$(sed -n 's/^Cpus_allowed_list:\t//p' /proc/self/status)
	first=${allowed%%[,-]*}
	for list in 4000 "$first,4000"; do
		not taskset -c 4000 true
		jq -n --arg l "$list" '{args: ["grep", "Cpus_allowed_list", "/proc/self/status"], cwd: "/", execCPUAffinity: {final: $l}}' >process.json
		go rootlet exec --process process.json c1
		ok
		case $list in
		4000) like "Cpus_allowed_list:.$allowed" ;;
		*) like "Cpus_allowed_list:.$first" ;;
		esac
		go "$ROOTLET" --root "$ROOT" --strict exec --process process.json c1
		ended 255
		[[ "$stderr" == *process.execCPUAffinity.final* ]]
	done
}
