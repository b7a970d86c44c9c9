#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # text for the container's shell; what lib/common sets
# seccomp_notify - filters that ask somebody outside: lib/agent answers.
load lib/common

setup() {
	requires_tool python3
	common_setup
}
teardown() {
	agent_ends
	clean_up
}

# agent [ARGUMENT]...: somebody who listens, one at a time; what he says is in
# agent.log.
agent() {
	agent_ends
	rm -f "$BATS_TEST_TMPDIR"/agent{,.log}
	"$BATS_TEST_DIRNAME/lib/agent" "$@" >"$BATS_TEST_TMPDIR/agent.log" 2>&1 3>&- &
	AGENT=$!
	until_true 5 said ready
}
agent_ends() {
	[ -n "${AGENT-}" ] || return 0
	kill "$AGENT" 2>/dev/null || :
	wait "$AGENT" || :
	AGENT=''
}
said() { grep -sqxF -e "$1" "$BATS_TEST_TMPDIR/agent.log"; }
no_process_but_agent() { ! processes | grep -qv "^$AGENT "; }
# The first container process state that came.
message() { grep -m 1 '^{' "$BATS_TEST_TMPDIR/agent.log"; }
connections() { grep -c '^message' "$BATS_TEST_TMPDIR/agent.log" || :; }
# notify NAMES [JQ]: a profile that asks about the calls NAMES.
notify() { bundle ".linux.seccomp = {defaultAction: \"SCMP_ACT_ALLOW\", listenerPath: \"$BATS_TEST_TMPDIR/agent\", syscalls: [{names: $1, action: \"SCMP_ACT_NOTIFY\"}]} | ${2:-.}"; }
MKDIR='["mkdir", "mkdirat"]'

@test "the agent answers: an errno, a value without the call, the call itself" {
	agent "$BATS_TEST_TMPDIR/agent" mkdir=errno:28 mkdirat=errno:28 kill=value:0
	notify '["mkdir", "mkdirat", "kill"]'
	inside 'mkdir /dev/shm/a 2>&1; kill -9 $$; echo lives; grep Seccomp: /proc/self/status'
	ok
	like '.*No space left on device' lives 'Seccomp:[[:space:]]2'
	until_true 5 said died
	[ "$(connections)" = 1 ]
	agent "$BATS_TEST_TMPDIR/agent"
	inside 'mkdir /dev/shm/a && ls /dev/shm'
	ok && has a
}

@test "what the agent is told: the container process state, in one message" {
	agent "$BATS_TEST_TMPDIR/agent"
	notify "$MKDIR" '.linux.seccomp.listenerMetadata = "for \"c1\"" | .annotations = {"a.key": "a value"}'
	inside 'true' --pid-file "$BATS_TEST_TMPDIR/pid"
	ok
	until_true 5 said died
	pid=$(cat "$BATS_TEST_TMPDIR/pid")
	grep -qx 'message: [0-9]* bytes, 1 fds' "$BATS_TEST_TMPDIR/agent.log"
	said eof
	[ "$(message | wc -c)" = "$(($(sed -n 's/^message: \([0-9]*\) .*/\1/p' "$BATS_TEST_TMPDIR/agent.log") + 1))" ]
	[ "$(message | jq -S -c .)" = "$(jq -n -S -c --argjson pid "$pid" --arg bundle "$(realpath "$BUNDLE")" '{ociVersion: "1.3.0", fds: ["seccompFd"], pid: $pid, metadata: "for \"c1\"",
		state: {ociVersion: "1.3.0", id: "c1", status: "creating", pid: $pid, bundle: $bundle, annotations: {"a.key": "a value"}}}')" ]
	# Without metadata there is no such member; a large state comes whole.
	agent "$BATS_TEST_TMPDIR/agent"
	notify "$MKDIR" '.annotations = {"large": ("x" * 60000)}'
	inside true
	ok
	until_true 5 said died
	[ "$(message | jq -c '[has("metadata"), (.state.annotations.large | length)]')" = '[false,60000]' ]
}

@test "create and start: the agent hears of it when the program starts" {
	agent "$BATS_TEST_TMPDIR/agent" mkdir=errno:28 mkdirat=errno:28
	notify "$MKDIR"
	create 'mkdir /dev/shm/a 2>&1; echo ended'
	[ "$(connections)" = 0 ]
	pid=$(state_of .pid)
	go rootlet start c1
	ok
	until_true 5 grep -q ended "$BATS_TEST_TMPDIR/out"
	grep -q 'No space left on device' "$BATS_TEST_TMPDIR/out"
	[ "$(message | jq -c '[.pid, .state.pid, .state.id]')" = "[$pid,$pid,\"c1\"]" ]
	[ "$(connections)" = 1 ]
}

@test "exec: a filter and a listener of its own, the same agent" {
	agent "$BATS_TEST_TMPDIR/agent" mkdir=errno:28 mkdirat=errno:28
	notify "$MKDIR" '.linux.seccomp.listenerMetadata = "m"'
	detached 'echo started; exec sleep 100'
	pid=$(state_of .pid)
	go rootlet exec --pid-file "$BATS_TEST_TMPDIR/pid" c1 sh -c 'mkdir /dev/shm/a 2>&1; grep Seccomp_filters: /proc/self/status'
	ok && like '.*No space left on device' 'Seccomp_filters:[[:space:]]*1'
	[ "$(connections)" = 2 ]
	[ "$(grep '^{' "$BATS_TEST_TMPDIR/agent.log" | tail -n 1 | jq -c '[.pid, .metadata, .state.pid, .state.status]')" = \
		"[$(cat "$BATS_TEST_TMPDIR/pid"),\"m\",$pid,\"running\"]" ]
	# Its set-up is notified as well.
	until_true 5 said died
	rootlet delete --force c1
	agent "$BATS_TEST_TMPDIR/agent"
	config '.linux.seccomp.syscalls[0].names += ["execve", "sendmsg", "capset", "close_range"] | .process.noNewPrivileges = false'
	detached 'exec sleep 100'
	go rootlet exec c1 sh -c 'mkdir /dev/shm/a && echo made'
	ok && has made
	# Nobody listens any more: an error, and the container goes on.
	agent_ends
	go rootlet exec c1 true
	[ "$status" = 255 ] || complain
	[[ "$stderr" == *linux.seccomp.listenerPath*ECONNREFUSED* ]] || complain
	is_status running
}

@test "calls of the set-up itself are notified: they wait for the agent and get his answers" {
	agent "$BATS_TEST_TMPDIR/agent"
	local all='["execve", "sendmsg", "write", "close", "close_range", "capset", "setresuid", "setresgid", "setgroups", "prctl", "nanosleep", "clock_nanosleep", "exit_group", "mkdir", "mkdirat"]'
	notify "$all" '.process.noNewPrivileges = true'
	inside 'mkdir /dev/shm/a && echo made'
	ok && has made
	said 'call: execve' && said 'call: write' && said 'call: exit_group'
	not said 'call: capset'
	agent "$BATS_TEST_TMPDIR/agent"
	config '.process.noNewPrivileges = false'
	inside 'mkdir /dev/shm/a && echo made; grep NoNewPrivs: /proc/self/status'
	ok && has made && like 'NoNewPrivs:[[:space:]]0'
	said 'call: execve' && said 'call: capset' && said 'call: setresuid'
	# The answer is no: an error, and nothing is left.
	agent "$BATS_TEST_TMPDIR/agent" execve=errno:13
	inside true
	refused 'execute the program' 'permission denied'
}

@test "defaultAction notify" {
	agent "$BATS_TEST_TMPDIR/agent" mkdir=errno:28 mkdirat=errno:28
	bundle ".linux.seccomp = {defaultAction: \"SCMP_ACT_NOTIFY\", listenerPath: \"$BATS_TEST_TMPDIR/agent\"}"
	inside 'mkdir /dev/shm/a 2>&1; true'
	ok && like '.*No space left on device'
	said 'call: execve'
}

@test "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, or a kernel that does not have it" {
	agent "$BATS_TEST_TMPDIR/agent"
	notify "$MKDIR" '.linux.seccomp.flags = ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]'
	inside 'mkdir /dev/shm/a && ls /dev/shm'
	if grep -q 'this kernel does not have' <<<"$stderr"; then
		refused linux.seccomp.flags SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
	else
		ok && has a
	fi
}

@test "the agent ends: calls fail, nothing hangs" {
	agent -q 2 "$BATS_TEST_TMPDIR/agent"
	notify "$MKDIR"
	inside 'mkdir /dev/shm/a && echo one; mkdir /dev/shm/b 2>&1; mkdir /dev/shm/c 2>&1; true'
	ok && has one
	[ "$(grep -c 'Function not implemented' <<<"$output")" = 2 ] || complain "ENOSYS twice"
}

@test "nobody listens: an error before there is a container" {
	notify "$MKDIR" '.hooks.createRuntime = [{path: "/bin/touch", args: ["touch", "'"$BATS_TEST_TMPDIR/made"'"]}]'
	inside true
	refused linux.seccomp.listenerPath "$BATS_TEST_TMPDIR/agent" ENOENT
	agent "$BATS_TEST_TMPDIR/agent"
	agent_ends
	inside true
	refused linux.seccomp.listenerPath ECONNREFUSED
	rm "$BATS_TEST_TMPDIR/agent"
	: >"$BATS_TEST_TMPDIR/agent"
	inside true
	refused linux.seccomp.listenerPath ENOTSOCK
	[ ! -e "$BATS_TEST_TMPDIR/made" ]
	# Ended between create and start.
	config 'del(.hooks)'
	agent "$BATS_TEST_TMPDIR/agent"
	create 'true'
	agent_ends
	go rootlet start c1
	refused 'pass the seccomp listener on' linux.seccomp.listenerPath
	is_status stopped
}

@test "paths: relative to the bundle, longer than an address, the annotation, the environment" {
	notify "$MKDIR"
	agent "$BUNDLE/agent" mkdir=errno:28 mkdirat=errno:28
	config '.linux.seccomp.listenerPath = "agent"'
	inside 'mkdir /dev/shm/a 2>&1; true'
	ok && like '.*No space left on device'
	long=$BATS_TEST_TMPDIR/$(printf 'x%.0s' {1..120})
	mkdir "$long"
	agent "$long/agent" mkdir=errno:28 mkdirat=errno:28
	config ".linux.seccomp.listenerPath = \"$long/agent\""
	inside 'mkdir /dev/shm/a 2>&1; true'
	ok && like '.*No space left on device'
	config "del(.linux.seccomp.listenerPath) | .annotations[\"run.oci.seccomp.receiver\"] = \"$long/agent\""
	inside 'mkdir /dev/shm/a 2>&1; true'
	ok && like '.*No space left on device'
	config 'del(.annotations)'
	inside true
	refused 'linux.seccomp.syscalls[0]' linux.seccomp.listenerPath
	# start takes the one of create.
	RUN_OCI_SECCOMP_RECEIVER=$long/agent create 'mkdir /dev/shm/a 2>&1; echo ended'
	go rootlet start c1
	ok
	until_true 5 grep -q ended "$BATS_TEST_TMPDIR/out"
	grep -q 'No space left on device' "$BATS_TEST_TMPDIR/out"
}

@test "a profile that does not notify has no use for a listener" {
	bundle '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", listenerPath: "/nowhere"}'
	inside 'echo runs'
	ok && has runs
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", listenerMetadata: "x"}'
	inside true
	refused linux.seccomp.listenerMetadata
}

@test "a filter that ends the program's thread alone is not waited for" {
	agent "$BATS_TEST_TMPDIR/agent"
	notify "$MKDIR" '.linux.seccomp.syscalls += [{names: ["execve"], action: "SCMP_ACT_KILL_THREAD"}]'
	inside true
	refused 'execute the program' 'the seccomp filter ended the program'
}

@test "another user, a terminal" {
	requires_many_ids
	agent "$BATS_TEST_TMPDIR/agent" mkdir=errno:28 mkdirat=errno:28
	notify "$MKDIR" '.process.user = {uid: 1000, gid: 1000} | .process.capabilities = {} | .process.noNewPrivileges = false | .process.terminal = true'
	inside 'id -u; mkdir /dev/shm/a 2>&1; test -t 1 && echo tty'
	[ "$status" = 0 ] || complain
	grep -q '^1000' <<<"$output"
	grep -q 'No space left on device' <<<"$output"
	grep -q '^tty' <<<"$output"
}

@test "faults while the listener is handed over: told, and nothing is left" {
	requires_faults
	requires_fast
	agent "$BATS_TEST_TMPDIR/agent"
	notify '["execve", "sendmsg"]'
	script 'exec sleep 100'
	# shellcheck disable=SC2153 # not ROOTLET_FAULT, which this sets
	local row side kind n=0 program=$ROOTLET_FAULTS
	while read -r row; do
		for side in HOST INSIDE; do
			for kind in error kill-before kill-after; do
				export ROOTLET_FAULT=$row:$side:$kind
				go timeout 10 "$program" --root "$ROOT" run --detach --bundle "$BUNDLE" c1
				unset ROOTLET_FAULT
				[ "$status" != 124 ] || complain "$row $side $kind: it hangs"
				[ "$kind" != error ] || [ "$status" = 0 ] || [ "$(wc -l <<<"$stderr")" = 1 ] || complain "$row $side $kind"
				[ "$status" = 0 ] || n=$((n + 1))
				rootlet delete --force c1
				until_true 5 no_process_but_agent || complain "$row $side $kind: $(processes)"
			done
		done
	done < <("$program" plan --stages | awk -F '\t' '$2 == "start" && $4 ~ /listener|execute/ { print $1 }')
	[ "$n" -ge 12 ] || complain "only $n faults hit"
}
