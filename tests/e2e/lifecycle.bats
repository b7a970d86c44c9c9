#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # text for the container's shell; what lib/common sets
# lifecycle - run, create, start, state, kill, delete, list.
load lib/common

@test "run: stdio is the caller's, the exit status the program's" {
	bundle
	script 'read line; echo "in $line"; echo "err" >&2; exit 7'
	go rootlet run --bundle "$BUNDLE" c1 <<<"hello"
	ended 7
	[ "$output" = "in hello" ]
	[ "$stderr" = err ]
	run rootlet state c1
	[ "$status" = 1 ]
}

@test "run: 128 + N when a signal ends the program" {
	bundle
	inside 'trap - TERM; sh -c "kill -KILL \$PPID"; sleep 1; exit 3'
	# pid 1 of a pid namespace takes no signal from inside.
	ended 3
	detached 'sleep 100'
	CID=c2 script 'sleep 100'
	"$ROOTLET" --root "$ROOT" run --bundle "$BUNDLE" c2 3>&- &
	until_true 5 is_status running c2
	rootlet kill c2 KILL
	status=0 && wait $! || status=$?
	[ "$status" = 137 ]
}

@test "run: the bundle is the current directory by default; -b, --bundle=, -bDIR" {
	bundle '.process.args = ["echo", "hello"]'
	cd "$BUNDLE"
	go rootlet run c1
	ok && has hello
	cd /
	for option in "-b $BUNDLE" "--bundle=$BUNDLE" "-bundle $BUNDLE" "-b=$BUNDLE"; do
		# shellcheck disable=SC2086 # it is several words
		go rootlet run $option c1
		ok && has hello
	done
	cd "$BATS_TEST_TMPDIR"
	go rootlet run --bundle bundle c1
	ok && has hello
}

@test "run: --config names another config.json" {
	bundle '.process.args = ["echo", "one"]'
	jq '.process.args[1] = "two"' "$BUNDLE/config.json" >"$BATS_TEST_TMPDIR/other.json"
	go rootlet run --bundle "$BUNDLE" --config "$BATS_TEST_TMPDIR/other.json" c1
	ok && has two
	go rootlet run --bundle "$BUNDLE" -f "$BATS_TEST_TMPDIR/other.json" c1
	ok && has two
	go rootlet run --bundle "$BUNDLE" -f "$BATS_TEST_TMPDIR/missing.json" c1
	refused missing.json
}

@test "run: an id may be used again after the end" {
	bundle '.process.args = ["true"]'
	go rootlet run --bundle "$BUNDLE" c1
	ok
	go rootlet run --bundle "$BUNDLE" c1
	ok
}

@test "run --keep leaves the stopped container" {
	bundle '.process.args = ["true"]'
	go rootlet run --keep --bundle "$BUNDLE" c1
	ok
	[ "$(state_of .status)" = stopped ]
	[ "$(state_of .pid)" = 0 ]
	[ "$(state_of '"\(.exitCode) \(.exitSignal)"')" = "0 null" ]
	go rootlet run --bundle "$BUNDLE" c1
	refused "container with given ID already exists"
	rootlet delete c1
}

@test "run --keep: state tells how it ended, list is as ever" {
	bundle
	inside 'exit 7' --keep
	ended 7
	[ "$(state_of '"\(.exitCode) \(.exitSignal)"')" = "7 null" ]
	[ "$(rootlet list --format json | jq -c '.[0] | keys_unsorted - ["annotations"]')" = \
		'["ociVersion","id","pid","status","bundle","rootfs","created","owner"]' ]
	rootlet delete c1
	script 'echo ready; exec sleep 100'
	"$ROOTLET" --root "$ROOT" run --keep --bundle "$BUNDLE" c1 >"$BATS_TEST_TMPDIR/out" 3>&- &
	until_true 5 grep -qx ready "$BATS_TEST_TMPDIR/out"
	[ "$(state_of '"\(.exitCode) \(.exitSignal)"')" = "null null" ]
	rootlet kill c1 KILL
	status=0 && wait $! || status=$?
	[ "$status" = 137 ]
	[ "$(state_of '"\(.exitCode) \(.exitSignal)"')" = "null SIGKILL" ]
	rootlet delete c1
	# Nobody of ours sees how this one ends.
	detached 'exit 3'
	until_true 5 is_status stopped
	[ "$(state_of '"\(.exitCode) \(.exitSignal)"')" = "null null" ]
}

@test "run --detach ends when the program runs; init belongs to nobody of ours" {
	bundle
	detached 'echo started; exec sleep 100' --pid-file "$BATS_TEST_TMPDIR/pid"
	[ ! -s "$BATS_TEST_TMPDIR/err" ]
	pid=$(cat "$BATS_TEST_TMPDIR/pid")
	[ "$(state_of .status)" = running ]
	[ "$(state_of .pid)" = "$pid" ]
	# Digits only, no newline.
	[[ "$(od -An -c "$BATS_TEST_TMPDIR/pid" | tr -d ' ')" =~ ^[0-9]+$ ]]
	parent=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$pid/status")
	! grep -aqF rootlet "/proc/$parent/cmdline" || grep -aqF bats "/proc/$parent/cmdline"
	until_true 5 grep -qx started "$BATS_TEST_TMPDIR/out"
	go rootlet delete c1
	refused running
	rootlet kill c1 KILL
	until_true 5 is_status stopped
	rootlet delete c1
	go rootlet state c1
	refused "container does not exist"
}

@test "create, state, start, wait, delete" {
	bundle
	create 'echo "ran $(hostname)"' --pid-file "$BATS_TEST_TMPDIR/pid"
	[ "$(state_of .status)" = created ]
	[ "$(state_of .pid)" = "$(cat "$BATS_TEST_TMPDIR/pid")" ]
	[ ! -s "$BATS_TEST_TMPDIR/out" ]
	go rootlet start c1
	ok
	until_true 5 is_status stopped
	grep -qx "ran .*" "$BATS_TEST_TMPDIR/out"
	[ "$(state_of .pid)" = 0 ]
	go rootlet start c1
	refused
	go rootlet delete c1
	ok
	[ ! -e "$ROOT/c1" ]
}

@test "state: the JSON of the specification" {
	bundle '.annotations = {"a": "b", "org.x/y": "ü \"q\""}'
	create 'true'
	go rootlet state c1
	ok
	jq -e --arg bundle "$BUNDLE" '
		(.ociVersion | test("^1\\.[0-9]+\\.[0-9]+")) and .id == "c1" and .status == "created" and
		(.pid | type == "number" and . > 1) and .bundle == $bundle and .rootfs == "\($bundle)/rootfs" and
		.annotations == {"a": "b", "org.x/y": "ü \"q\""} and
		(.created | test("^20[0-9][0-9]-[0-1][0-9]-[0-3][0-9]T[0-9:]+(\\.[0-9]+)?(Z|[+-][0-9:]+)$"))
	' <<<"$output"
	[ "$(jq -c 'keys_unsorted - ["degraded"]' <<<"$output")" = \
		'["ociVersion","id","pid","status","bundle","rootfs","created","annotations","owner"]' ]
}

@test "start twice is refused, the second time too" {
	bundle
	create 'exec sleep 100'
	go rootlet start c1
	ok
	go rootlet start c1
	refused
	[ "$(state_of .status)" = running ]
}

@test "create: a second one with the same id is refused; the first goes on" {
	bundle
	create 'exec sleep 100'
	pid=$(state_of .pid)
	go rootlet create --bundle "$BUNDLE" c1
	refused "container with given ID already exists"
	go rootlet run --bundle "$BUNDLE" c1
	refused "container with given ID already exists"
	[ "$(state_of '"\(.status) \(.pid)"')" = "created $pid" ]
}

@test "delete: of a created container kills it; of a running one needs --force" {
	bundle
	create 'exec sleep 100'
	pid=$(state_of .pid)
	go rootlet delete c1
	ok
	pid_gone "$pid"
	detached 'exec sleep 100'
	pid=$(state_of .pid)
	go rootlet delete c1
	refused c1 running
	go rootlet delete --force c1
	ok
	pid_gone "$pid"
	detached 'exec sleep 100'
	go rootlet delete c1 -f
	ok
}

@test "delete: an unknown id is an error, with --force a success" {
	go rootlet delete nothere
	refused nothere "container does not exist"
	go rootlet delete --force nothere
	ok
	[ -z "$output" ]
}

@test "delete --regex and kill --regex take every container that matches" {
	bundle
	for CID in web1 web2 other; do detached 'exec sleep 100'; done
	go rootlet kill --regex '^web' KILL
	ok
	until_true 5 is_status stopped web1
	until_true 5 is_status stopped web2
	is_status running other
	go rootlet delete --regex 'web.'
	ok
	[ "$(rootlet list -q)" = other ]
	go rootlet delete --force --regex '.*'
	ok
	[ -z "$(rootlet list -q)" ]
	go rootlet delete --regex '['
	refused '['
}

@test "kill: names in any case, numbers, real-time signals; TERM by default" {
	bundle
	detached 'for s in HUP INT USR1 USR2 TERM 36; do trap "echo got $s" $s; done
		echo ready; while :; do sleep 0.02; done'
	until_true 5 grep -qx ready "$BATS_TEST_TMPDIR/out"
	for signal in HUP:HUP sigint:INT SigUsr1:USR1 12:USR2 RTMIN+2:36; do
		go rootlet kill c1 "${signal%:*}"
		ok
		until_true 5 grep -qx "got ${signal#*:}" "$BATS_TEST_TMPDIR/out"
	done
	go rootlet kill c1
	ok
	until_true 5 grep -qx "got TERM" "$BATS_TEST_TMPDIR/out"
	for signal in NOSUCH 0x 65 -1 "" RTMAX+1 SIGRTMIN+99; do
		go rootlet kill c1 "$signal"
		[ "$status" = 1 ] && [ "${#stderr_lines[@]}" = 1 ] || complain "signal '$signal'"
	done
	go rootlet kill --all c1 SIGKILL
	ok
	until_true 5 is_status stopped
	go rootlet kill c1 TERM
	refused "container not running"
	go rootlet kill nothere
	refused "container does not exist"
}

@test "kill works on a created container" {
	bundle
	create 'true'
	go rootlet kill c1 KILL
	ok
	until_true 5 is_status stopped
}

@test "ids: odd ones are refused, long and dotted ones work" {
	bundle '.process.args = ["true"]'
	long=$(printf 'a%.0s' {1..300})
	for id in . .. a/b ../x "a b" "" "a
b" .hidden "a*" ü "$long"; do
		go rootlet run --bundle "$BUNDLE" "$id"
		[ "$status" = 1 ] && [ "${#stderr_lines[@]}" = 1 ] || complain "id '$id'"
	done
	[ -z "$(find "$ROOT" -mindepth 1 ! -name '.*')" ]
	for id in a.b A_b-c+d 1 _x "${long:0:60}"; do
		go rootlet run --bundle "$BUNDLE" "$id"
		ok
	done
	go rootlet run --bundle "$BUNDLE" -- -x
	[ "$status" = 0 ] || [ "${#stderr_lines[@]}" = 1 ]
}

@test "list: table, quiet, JSON; foreign entries are skipped" {
	bundle '.annotations = {"k": "v"}'
	go rootlet list
	ok
	[[ "${lines[0]}" =~ ^ID\ +PID\ +STATUS\ +BUNDLE\ +CREATED\ +OWNER$ ]]
	[ "${#lines[@]}" = 1 ]
	go rootlet list -f json
	ok
	jq -e '. == [] or . == null' <<<"$output"
	mkdir "$ROOT/foreign" "$ROOT/c3"
	touch "$ROOT/file"
	CID=c2 create 'true'
	CID=c1 detached 'exec sleep 100'
	go rootlet list
	ok
	[ "${#lines[@]}" = 3 ]
	[[ "${lines[1]}" =~ ^c1\ +[0-9]+\ +running\ +$BUNDLE\ +20[^\ ]+\ +$(id -un) ]]
	[[ "${lines[2]}" =~ ^c2\ +[0-9]+\ +created\ +$BUNDLE ]]
	go rootlet list --quiet
	ok
	[ "$output" = $'c1\nc2' ]
	go rootlet list --format=json
	ok
	[ "${#lines[@]}" = 1 ]
	[ "$(jq -c '[.[] | [.id, .status]]' <<<"$output")" = '[["c1","running"],["c2","created"]]' ]
	[ "$(jq -c '.[0] | keys_unsorted' <<<"$output")" = \
		'["ociVersion","id","pid","status","bundle","rootfs","created","annotations","owner"]' ]
	go rootlet list --format xml
	[ "$status" = 1 ] && [ "${#stderr_lines[@]}" = 1 ]
	CID=c2 state_of .pid
	rootlet delete -f c1
	rootlet delete -f c2
	rm -r "$ROOT/foreign" "$ROOT/c3" "$ROOT/file"
}

@test "list: a --root that is missing is an error, a missing default one an empty list" {
	go "$ROOTLET" --root "$BATS_TEST_TMPDIR/missing" list
	refused missing
	[ ! -e "$BATS_TEST_TMPDIR/missing" ]
	requires_unprivileged
	mkdir -m 700 "$BATS_TEST_TMPDIR/xdg"
	XDG_RUNTIME_DIR=$BATS_TEST_TMPDIR/xdg go "$ROOTLET" list -q
	ok
	[ -z "$output" ]
	[ ! -e "$BATS_TEST_TMPDIR/xdg/rootlet" ]
}

@test "the state of a normal user: XDG_RUNTIME_DIR, else a place of our own" {
	requires_unprivileged
	bundle '.process.args = ["true"]'
	mkdir -m 700 "$BATS_TEST_TMPDIR/xdg"
	export XDG_RUNTIME_DIR=$BATS_TEST_TMPDIR/xdg
	go "$ROOTLET" create --bundle "$BUNDLE" c1
	ok
	[ -d "$XDG_RUNTIME_DIR/rootlet/c1" ]
	[ "$(stat -c %a "$XDG_RUNTIME_DIR/rootlet")" = 700 ]
	go "$ROOTLET" delete -f c1
	ok
	# Without it, and without HOME and PATH: never a crash, and always the same place.
	id=rootlet-e2e-$$-$BATS_TEST_NUMBER
	for variables in "" "XDG_RUNTIME_DIR=/nowhere" "XDG_RUNTIME_DIR=" "TMPDIR=$BATS_TEST_TMPDIR"; do
		# shellcheck disable=SC2086 # it is several words
		go env -i ASAN_OPTIONS="$ASAN_OPTIONS" $variables "$ROOTLET" run --keep --bundle "$BUNDLE" "$id"
		ok
		go env -i ASAN_OPTIONS="$ASAN_OPTIONS" "$ROOTLET" state "$id"
		ok
		go env -i ASAN_OPTIONS="$ASAN_OPTIONS" "$ROOTLET" delete "$id"
		ok
	done
}

@test "root of a user namespace has a place of the user outside" {
	bundle '.process.args = ["true"]'
	id=rootlet-e2e-$$-$BATS_TEST_NUMBER
	in_unshare() { env -u XDG_RUNTIME_DIR unshare -Ur "$ROOTLET" "$@"; }
	# With 0 in its name the first of all users would have it.
	go in_unshare run --keep --bundle "$BUNDLE" "$id"
	[ "$status" = 0 ] || complain
	# Root's may be below /run/user.
	[ "$ME" = 0 ] || [ -d "/tmp/rootlet-$ME/$id" ]
	go in_unshare state "$id"
	ok
	go in_unshare delete "$id"
	ok
}

@test "a place for the state that is not ours is not used" {
	requires_unprivileged
	bundle '.process.args = ["true"]'
	# Writable for others, so somebody else could put a container there.
	mkdir -m 777 "$BATS_TEST_TMPDIR/open"
	chmod 777 "$BATS_TEST_TMPDIR/open"
	XDG_RUNTIME_DIR=$BATS_TEST_TMPDIR/open go "$ROOTLET" run --keep --bundle "$BUNDLE" "e2e-$$"
	[ ! -e "$BATS_TEST_TMPDIR/open/rootlet/e2e-$$" ] || [ "$(stat -c %a "$BATS_TEST_TMPDIR/open/rootlet")" = 700 ]
	XDG_RUNTIME_DIR=$BATS_TEST_TMPDIR/open "$ROOTLET" delete -f "e2e-$$"
}

@test "foreground run forwards signals and leaves nothing after ^C" {
	bundle
	script 'trap "echo got HUP; exit 9" HUP; trap "echo got USR1" USR1; echo ready; while :; do sleep 0.02; done'
	"$ROOTLET" --root "$ROOT" run --bundle "$BUNDLE" c1 >"$BATS_TEST_TMPDIR/out" 3>&- &
	pid=$!
	until_true 5 grep -qx ready "$BATS_TEST_TMPDIR/out"
	kill -USR1 "$pid"
	until_true 5 grep -qx "got USR1" "$BATS_TEST_TMPDIR/out"
	# (A background job of a script ignores SIGINT; HUP goes the same way.)
	kill -HUP "$pid"
	status=0 && wait "$pid" || status=$?
	[ "$status" = 9 ]
	[ ! -e "$ROOT/c1" ]
	script 'echo ready; exec sleep 100'
	"$ROOTLET" --root "$ROOT" run --bundle "$BUNDLE" c1 >"$BATS_TEST_TMPDIR/out" 3>&- &
	pid=$!
	until_true 5 grep -qx ready "$BATS_TEST_TMPDIR/out"
	kill -KILL "$(state_of .pid)"
	status=0 && wait "$pid" || status=$?
	[ "$status" = 137 ]
	[ ! -e "$ROOT/c1" ]
}

@test "kill -9 of a foreground run: the container can be deleted" {
	bundle
	script 'echo ready; exec sleep 100'
	"$ROOTLET" --root "$ROOT" run --bundle "$BUNDLE" c1 >"$BATS_TEST_TMPDIR/out" 3>&- &
	pid=$!
	until_true 5 grep -qx ready "$BATS_TEST_TMPDIR/out"
	init=$(state_of .pid)
	kill -KILL "$pid"
	status=0 && wait "$pid" || status=$?
	go rootlet delete --force c1
	ok
	until_true 2 pid_gone "$init"
}

@test "a container of an earlier boot, and one whose pid is somebody else's, are stopped" {
	bundle '.process.args = ["true"]'
	go rootlet run --keep --bundle "$BUNDLE" c1
	ok
	cp "$ROOT/c1/state.json" "$BATS_TEST_TMPDIR/state.json"
	jq --argjson pid $$ '.pid = $pid | .status = "running"' "$BATS_TEST_TMPDIR/state.json" >"$ROOT/c1/state.json"
	[ "$(state_of .status)" = stopped ]
	go rootlet kill c1 TERM
	refused "container not running"
	go rootlet delete --force c1
	ok
	kill -0 $$
	rootlet run --keep --bundle "$BUNDLE" c1
	# Whatever has the name of its cgroup in this boot is not its own.
	cgroup=$(jq -r '.cgroup // empty' "$ROOT/c1/state.json")
	jq '.bootId = "x" | .boot_id = "x" | .status = "running"' "$ROOT/c1/state.json" >"$BATS_TEST_TMPDIR/state.json"
	cp "$BATS_TEST_TMPDIR/state.json" "$ROOT/c1/state.json"
	[ "$(state_of .status)" = stopped ]
	rootlet delete c1
	[ -z "$cgroup" ] || rmdir "$cgroup"
}

@test "the caller's deletion of the bundle does not stop delete" {
	bundle
	detached 'exec sleep 100'
	rm -rf "$BUNDLE"
	[ "$(state_of .status)" = running ]
	go rootlet delete -f c1
	ok
}

@test "a program that leaves orphans behind: they end with the container" {
	bundle
	inside 'sleep 100 & sleep 100 & echo over'
	ok && has over
}

@test "orphans of a container without its own pids are ours, unless --no-subreaper" {
	local option pid parent orphan
	bundle 'del(.linux.namespaces[] | select(.type == "pid"))'
	script 'sh -c "sleep 100 & echo \$!"; read wait'
	mkfifo go
	for option in '' --no-subreaper; do
		rm -f "$BATS_TEST_TMPDIR/out"
		# shellcheck disable=SC2086 # it may be no word at all
		"$ROOTLET" --root "$ROOT" run $option --bundle "$BUNDLE" c1 <go >"$BATS_TEST_TMPDIR/out" 3>&- &
		pid=$!
		exec 9>go
		until_true 5 test -s "$BATS_TEST_TMPDIR/out"
		orphan=$(cat "$BATS_TEST_TMPDIR/out")
		parent=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$orphan/status")
		kill -KILL "$orphan"
		if [ -z "$option" ]; then
			[ "$parent" = "$pid" ]
			until_true 5 test ! -e "/proc/$orphan" # not a zombie
		else
			[ "$parent" != "$pid" ]
		fi
		exec 9>&-
		wait "$pid" || :
	done
}

@test "pid file: a relative path, a changed directory, a folder that is missing" {
	bundle '.process.args = ["true"]'
	go rootlet create --bundle "$BUNDLE" --pid-file pid c1
	ok
	[ "$(cat "$BATS_TEST_TMPDIR/pid")" = "$(state_of .pid)" ]
	go rootlet run --bundle "$BUNDLE" --pid-file /nowhere/pid c2
	refused /nowhere
	[ ! -e "$ROOT/c2" ]
	mkdir directory
	touch directory/file
	go rootlet run --bundle "$BUNDLE" --pid-file directory c2
	refused 'write the pid file' directory
	[ -e directory/file ]
	[ "$(find "$BATS_TEST_TMPDIR" -maxdepth 1 -name '*pid*' -o -name '.dir*')" = "$BATS_TEST_TMPDIR/pid" ]
}

@test "a signal while the container is being made undoes it" {
	local pid
	bundle '.hooks.startContainer = [{path: "/bin/sh", args: ["sh", "-c", "exec sleep 100"]}]'
	script true
	"$ROOTLET" --root "$ROOT" run --bundle "$BUNDLE" "$CID" >out 2>err 3>&- &
	pid=$!
	until_true 5 test -f "$ROOT/$CID/state.json"
	sleep 0.3
	kill -TERM "$pid"
	status=0
	wait "$pid" || status=$?
	[ "$status" = 1 ]
	grep -q 'interrupted while the container was being made' err
	[ ! -e "$ROOT/$CID" ]
}
