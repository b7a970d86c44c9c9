#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # text for the container's shell; what lib/common sets
# hooks - six points: their order, namespaces, state, failures.
load lib/common

# hooks POINT...: a hook for each, which appends a line to $LOG.
hooks() {
	local point
	LOG=$BATS_TEST_TMPDIR/log
	: >"$LOG"
	chmod 666 "$LOG"
	cat >"$BATS_TEST_TMPDIR/hook" <<-'END'
		#!/bin/bash
		state=$(cat)
		echo "$1 $(jq -r '"\(.status) \(.id) \(.pid > 0)"' <<<"$state") pidns=$([ "$(readlink /proc/self/ns/mnt)" = "$HOSTMNT" ] && echo host || echo container)" >>"$LOG"
		[ "$1" != "$FAIL" ]
	END
	chmod +x "$BATS_TEST_TMPDIR/hook"
	for point in "$@"; do
		config '.hooks[$point] += [{path: $path, args: ["hook", $point], env: ["LOG=\($log)", "PATH=/usr/bin:/bin", "HOSTMNT=\($mnt)", "FAIL=\($fail)"]}]' \
			--arg point "$point" --arg path "$BATS_TEST_TMPDIR/hook" --arg log "$LOG" --arg mnt "$(readlink /proc/self/ns/mnt)" --arg fail "${FAIL-}"
	done
}
# A hook that runs inside, by the container's shell.
inner_hook() { # POINT SCRIPT
	config '.hooks[$point] += [{path: "/bin/sh", args: ["sh", "-c", $script]}]' --arg point "$1" --arg script "$2"
}
order() { cut -d' ' -f1 "$LOG" | tr '\n' ' '; }

@test "order and state of the hooks outside: prestart, createRuntime, createContainer, poststart, poststop" {
	bundle
	hooks prestart createRuntime createContainer poststart poststop
	inside 'sleep 0.2'
	ok
	[ "$(order)" = "prestart createRuntime createContainer poststart poststop " ] || complain "$(cat "$LOG")"
	grep -qx "prestart creating c1 true pidns=host" "$LOG"
	grep -qx "createRuntime creating c1 true pidns=host" "$LOG"
	grep -qx "createContainer creating c1 true pidns=container" "$LOG"
	grep -qx "poststart running c1 true pidns=host" "$LOG"
	grep -qE "^poststop stopped c1 (true|false) pidns=host$" "$LOG"
}

@test "with create, start and delete: each at its command" {
	bundle
	hooks prestart createRuntime createContainer poststart poststop
	create 'exec sleep 100'
	[ "$(order)" = "prestart createRuntime createContainer " ]
	rootlet start c1
	[ "$(order)" = "prestart createRuntime createContainer poststart " ]
	rootlet delete -f c1
	[ "$(order)" = "prestart createRuntime createContainer poststart poststop " ]
}

@test "startContainer runs inside, before the program, with the state on stdin" {
	bundle '.root.readonly = false'
	inner_hook startContainer 'cat >/state; hostname >/hookhost; echo $$ >/hookpid; readlink /proc/self/ns/pid >/hookns'
	inside 'cat /state; echo; cat /hookns; readlink /proc/self/ns/pid'
	ok
	jq -e '.id == "c1" and .status == "created"' <<<"${lines[0]}"
	[ "${lines[1]}" = "${lines[2]}" ]
}

@test "createRuntime sees the mounts in the root file system; the state names the bundle" {
	bundle
	cat >"$BATS_TEST_TMPDIR/look" <<-'END'
		#!/bin/bash
		state=$(cat)
		pid=$(jq -r .pid <<<"$state")
		jq -r '.bundle, .ociVersion, .annotations.a' <<<"$state" >"$1"
		grep -c proc "/proc/$pid/mountinfo" >>"$1"
		readlink "/proc/$pid/ns/net" >>"$1"
	END
	chmod +x "$BATS_TEST_TMPDIR/look"
	config '.annotations.a = "b" | .hooks.createRuntime = [{path: $p, args: ["look", $o]}]' --arg p "$BATS_TEST_TMPDIR/look" --arg o "$BATS_TEST_TMPDIR/seen"
	inside 'readlink /proc/self/ns/net'
	ok
	mapfile -t seen <"$BATS_TEST_TMPDIR/seen"
	[ "${seen[0]}" = "$BUNDLE" ]
	[ "${seen[2]}" = b ]
	[ "${seen[3]}" -gt 0 ]
	[ "${seen[4]}" = "$output" ]
}

@test "argv[0] as given, no environment but the hook's own" {
	bundle
	printf '#!/bin/bash\ncat /proc/$$/cmdline | tr "\\0" "|" >"$1"; tr "\\0" "\\n" </proc/$$/environ >>"$1"\n' >"$BATS_TEST_TMPDIR/look"
	chmod +x "$BATS_TEST_TMPDIR/look"
	config '.hooks.createRuntime = [{path: "/bin/sh", args: ["my-name", "-c", "tr \"\\\\0\" \"|\" </proc/$$/cmdline >\($o); echo >>\($o); env >>\($o)"], env: ["ONE=1"]}]' --arg o "$BATS_TEST_TMPDIR/seen"
	SECRET=2 inside true
	ok
	grep -q '^my-name|-c|' "$BATS_TEST_TMPDIR/seen"
	grep -qx 'ONE=1' "$BATS_TEST_TMPDIR/seen"
	not grep -q -e SECRET -e BATS "$BATS_TEST_TMPDIR/seen"
}

@test "a failing prestart, createRuntime, createContainer, startContainer: everything is undone" {
	for point in prestart createRuntime createContainer; do
		bundle
		FAIL=$point hooks "$point" poststop
		inside 'echo ran'
		[ "$status" = 1 ] || complain "$point"
		lacks ran
		[[ "$stderr" == *hook* ]]
		[ ! -e "$ROOT/c1" ]
		no_process
		[ "$(order)" = "$point poststop " ] || complain "$point: $(order)"
	done
	bundle
	hooks poststop
	inner_hook startContainer 'exit 3'
	inside 'echo ran'
	[ "$status" = 1 ]
	lacks ran
	[[ "$stderr" == *hook* ]]
	[ ! -e "$ROOT/c1" ]
	[ "$(order)" = "poststop " ] || complain "startContainer: $(order)"
}

# fails_after ORDER JQ: create of such a bundle fails, and these hooks have run.
fails_after() {
	bundle
	hooks createContainer poststop
	config "$2"
	go rootlet create --bundle "$BUNDLE" c1
	[ "$status" = 1 ] || complain
	[ "$(order)" = "$1" ] || complain "$2: $(order)"
	[ ! -e "$ROOT/c1" ]
}

@test "a failing createContainer after one that ran, and what fails later: poststop runs; what fails before any hook: it does not" {
	fails_after "createContainer poststop " '.hooks.createContainer += [{path: "/bin/false"}]'
	fails_after "createContainer poststop " '.process.args = ["/no/such/program"]'
	fails_after "" '.mounts += [{destination: "/mnt/a", type: "bind", source: "/no/such/source", options: ["bind"]}]'
}

@test "a start that fails leaves a container that has stopped; delete runs poststop" {
	local point turn
	for point in startContainer poststart; do
		for turn in 1 2 3; do
			bundle
			hooks poststop
			config '.hooks[$point] = [{path: "/bin/sh", args: ["sh", "-c", "sleep 0.5; exit 1"]}]' --arg point "$point"
			# With so many in it, its end takes a while.
			create 'i=0; while [ $i -lt 50 ]; do sleep 100 & i=$((i + 1)); done; wait'
			status=0
			rootlet start c1 2>"$BATS_TEST_TMPDIR/err" || status=$?
			rootlet state c1 >"$BATS_TEST_TMPDIR/out" # at once
			[ "$status" = 1 ] || complain "$point"
			grep -q "$point" "$BATS_TEST_TMPDIR/err"
			[ "$(jq -r .status "$BATS_TEST_TMPDIR/out")" = stopped ] || complain "$point, turn $turn"
			[ "$(order)" = "" ] || complain "$point: $(order)"
			go rootlet delete c1
			ok
			[ "$(order)" = "poststop " ] || complain "$point: $(order)"
		done
	done
}

@test "a failing poststart stops the container" {
	bundle
	FAIL=poststart hooks poststart poststop
	inside 'exec sleep 100'
	[ "$status" = 1 ]
	[[ "$stderr" == *hook* ]]
	go rootlet state c1
	[ "$status" = 1 ] || [ "$(jq -r .status <<<"$output")" = stopped ]
}

@test "a failing poststop only warns, and the next still runs" {
	bundle
	FAIL=poststop hooks poststop poststop
	create 'exec sleep 100'
	go rootlet delete -f c1
	[ "$status" = 0 ] || complain
	[ "$(order)" = "poststop poststop " ]
	[[ "$stderr" == *hook* ]]
	[ ! -e "$ROOT/c1" ]
}

@test "a hook that outlives its timeout is killed" {
	bundle '.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", "sleep 30; echo late"], timeout: 1}]'
	start=$SECONDS
	inside 'echo ran'
	[ "$status" = 1 ]
	[ $((SECONDS - start)) -lt 10 ]
	[[ "$stderr" == *hook* && "$stderr" == *1* ]]
	lacks ran
}

@test "a hook that is missing, not executable, relative" {
	bundle '.hooks.createRuntime = [{path: "/no/such/hook"}]'
	inside true
	refused /no/such/hook
	config '.hooks.createRuntime = [{path: "/etc/passwd"}]'
	inside true
	refused /etc/passwd
	config '.hooks.createRuntime = [{path: "hook"}]'
	inside true
	refused hooks.createRuntime
	config '.hooks.createRuntime = [{path: "/bin/true", timeout: 0}]'
	inside true
	refused timeout
}

@test "a hook that does not read its stdin, and one that fills it" {
	bundle '.hooks.createRuntime = [{path: "/bin/true"}, {path: "/bin/sh", args: ["sh", "-c", "exec <&-; exit 0"]}] | .annotations = ([range(0; 500) | {key: "key\(.)", value: ("x" * 200)}] | from_entries)'
	inside 'echo ran'
	ok && has ran
}

@test "what a hook prints goes to the caller's stderr or stdout, not into the container's errors" {
	bundle '.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", "echo said >&2"]}]'
	inside 'echo ran'
	[ "$status" = 0 ]
	has ran
}

@test "kill -9 of the runtime while a hook runs: nothing stays" {
	bundle '.hooks.createRuntime = [{path: "/bin/sleep", args: ["sleep", "30"]}]'
	script true
	"$ROOTLET" --root "$ROOT" create --bundle "$BUNDLE" c1 3>&- &
	pid=$!
	until_true 5 is_status creating
	init=$(state_of .pid)
	sleep 0.2
	kill -KILL $pid
	status=0 && wait $pid || status=$?
	go rootlet delete --force c1
	ok
	[ "$init" = 0 ] || until_true 2 pid_gone "$init"
}
