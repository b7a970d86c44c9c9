#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # text for the container's shell; what lib/common sets
# conmon - the monitor of podman and CRI-O, driven by hand the way podman does:
# it calls create and exec, has the pipes or the terminal, and waits for the end.
load lib/common

setup() {
	requires_tool conmon
	common_setup
	mkdir exits persist attach
	bundle '.process.args = ["sh", "/script"]'
}
teardown() {
	local file pid
	clean_up || return
	# It ends by itself when the container has.
	for file in "$BATS_TEST_TMPDIR"/*.conmon; do
		[ -e "$file" ] || continue
		pid=$(cat "$file")
		until_true 5 pid_gone "$pid" || { echo "conmon $pid is still there" && kill -9 "$pid" && return 1; }
	done
}

# conmon_says FILE ARGUMENT...: conmon in the background; what it says to its
# parent, a line of JSON at a time, is in FILE.
conmon_says() {
	local file=$1
	shift
	: >"$file"
	_OCI_SYNCPIPE=3 conmon --cid "$CID" --name "$CID" --runtime "$ROOTLET" \
		--runtime-arg --root --runtime-arg "$ROOT" --runtime-arg --log --runtime-arg "$PWD/runtime.log" \
		--runtime-arg --log-format=json --bundle "$BUNDLE" --socket-dir-path "$PWD/attach" \
		--log-level error --full-attach "$@" </dev/null >>conmon.out 2>>conmon.err 3>"$file"
	until_true 10 grep -q . "$file" || complain "conmon said nothing: $(cat conmon.err)"
}
# monitored [OPTION...]: create under conmon.
monitored() {
	conmon_says created --cuuid "$CID" --persist-dir "$PWD/persist" --exit-dir "$PWD/exits" --container-pidfile "$PWD/pid" \
		--conmon-pidfile "$PWD/c.conmon" --log-path "k8s-file:$PWD/log" "$@"
}
# logged TEXT...: lines of the log, whichever stream.
logged() {
	local text
	for text in "$@"; do
		grep -qE "^[^ ]+ std(out|err) [FP] $text"$'\r?$' log || complain "not in the log: $text: $(cat log)" || return
	done
}
# exited CODE: the exit file is there and says so.
exited() {
	until_true 5 test -s "exits/$CID"
	[ "$(cat "exits/$CID")" = "$1" ] || complain "conmon saw exit code $(cat "exits/$CID")"
}
# soon: conmon came to the end of the pipes within a second of the last line.
soon() {
	[ -z "$ROOTLET_GUEST" ] || return 0
	local last
	last=$(date -d "$(tail -n 1 log | cut -d ' ' -f 1)" +%s%N)
	[ $(($(date -r "exits/$CID" +%s%N) - last)) -lt 1000000000 ] || complain "conmon waited long after $(tail -n 1 log)"
}

@test "create, start, the log and the exit file" {
	script 'echo said; echo complained >&2; exit 7'
	monitored
	[ "$(jq .pid created)" = "$(cat pid)" ]
	[ "$(jq .pid created)" = "$(state_of .pid)" ]
	is_status created
	# Init is conmon's child now: conmon is who gets to know the exit status.
	[ "$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$(cat pid)/status")" = "$(cat c.conmon)" ]
	[ ! -s log ]
	rootlet start "$CID"
	exited 7
	soon
	logged said complained
	is_status stopped
	rootlet delete "$CID"
	[ ! -s runtime.log ]
}

@test "a container that is killed: 128 and the signal" {
	script 'exec sleep 1000'
	monitored
	rootlet start "$CID"
	rootlet kill "$CID" KILL
	exited 137
	is_status stopped
}

@test "one that is deleted before it was started" {
	script 'echo never'
	monitored
	rootlet delete --force "$CID"
	exited 137
	not logged never 2>/dev/null
}

@test "what the program leaves behind does not keep conmon waiting" {
	script 'sleep 1000 & echo said; exit 3'
	monitored
	rootlet start "$CID"
	exited 3
	soon
	logged said
}

@test "a create that fails: conmon's parent gets the sentence, and nothing is left" {
	config '.process.args = ["nothere"]'
	monitored || :
	jq -e '.pid == -1 and (.message | contains("executable file not found in $PATH"))' created
	jq -e '.level == "error" and (.msg | contains("executable file not found in $PATH"))' runtime.log
	[ ! -e "$ROOT/$CID" ]
}

@test "options that podman passes on: --systemd-cgroup, --no-new-keyring, --no-pivot" {
	script 'exit 4'
	systemd=()
	[ ! -d /run/systemd/system ] || systemd=(--systemd-cgroup)
	monitored "${systemd[@]}" --no-new-keyring --no-pivot
	rootlet start "$CID"
	exited 4
}
@test "a terminal: create, start, the log and the exit file" {
	config '.process.terminal = true'
	script 'tty; test -t 0 && test -t 1 && test -t 2 && echo all-three; exit 5'
	monitored --terminal
	[ "$(jq .pid created)" = "$(state_of .pid)" ]
	rootlet start "$CID"
	exited 5
	soon
	logged '/dev/(pts/0|console)' all-three
}

@test "a terminal that a process left behind still has" {
	config '.process.terminal = true'
	script '(trap "" HUP; exec sleep 1000) & echo said; exit 3'
	monitored --terminal
	rootlet start "$CID"
	exited 3
	logged said
}

# --- exec

# process_spec JQ: what podman writes for a session.
process_spec() {
	jq "{terminal: false, user: {uid: 0, gid: 0}, cwd: \"/\", env: [\"PATH=/bin\", \"SESSION=1\"]} + ($1)" <<<null >process.json
}
# session [OPTION...]: exec under a conmon of its own.
session() {
	mkdir -p session
	conmon_says said --cuuid "$CID" --exec --exec-process-spec "$PWD/process.json" --persist-dir "$PWD/session" \
		--exit-dir "$PWD/session" --container-pidfile "$PWD/session/pid" --conmon-pidfile "$PWD/s.conmon" \
		--log-path "k8s-file:$PWD/log" "$@"
}
session_exited() {
	until_true 5 test -s "session/$CID"
	[ "$(cat "session/$CID")" = "$1" ] || complain "conmon saw exit code $(cat "session/$CID")"
}

@test "exec: its output, its pid and its exit code" {
	script 'exec sleep 1000'
	monitored
	rootlet start "$CID"
	process_spec '{args: ["sh", "-c", "echo in $SESSION; echo complained >&2; exit 9"]}'
	session
	session_exited 9
	jq -e '.exit_code == 9' said
	[ "$(cat session/pid)" -gt 1 ]
	[ "$(cat session/pid)" != "$(cat pid)" ]
	logged 'in 1' complained
	is_status running
}

@test "exec with a terminal" {
	script 'exec sleep 1000'
	monitored
	rootlet start "$CID"
	process_spec '{terminal: true, args: ["sh", "-c", "test -t 0 && test -t 1 && test -t 2 && echo all-three; exit 9"]}'
	session --terminal
	session_exited 9
	logged all-three
}

@test "exec of what is not there: conmon's parent gets the sentence" {
	script 'exec sleep 1000'
	monitored
	rootlet start "$CID"
	process_spec '{args: ["nothere"]}'
	session
	jq -e '.exit_code < 0 and (.message | contains("executable file not found in $PATH"))' said
	[ ! -e session/pid ]
	is_status running
}

@test "exec in a container that has stopped" {
	script 'exit 3'
	monitored
	rootlet start "$CID"
	exited 3
	process_spec '{args: ["true"]}'
	session
	jq -e '.exit_code < 0 and (.message | contains("cannot exec in a stopped container"))' said
}
