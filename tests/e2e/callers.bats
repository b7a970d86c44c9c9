#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # text for the container's shell; what lib/common sets
# callers - the command lines of the engines, replayed word by word, and what
# these engines then read.
#
# A line of a table is
#
#	EXIT :: OUTPUT :: WORDS
#
# EXIT is runc's for the same call, `!` any but 0.  OUTPUT is what both streams
# together are, since clients read them so: `-` nothing; `json FILTER` JSON for
# which the jq filter holds; `text REGEX` text that it matches; `error WORDS`
# one line that holds them, and the only record of the log with the level error.
# The words are split at blanks; 'one string' in quotes stays whole; @B @P @L @R are
# the bundle, a pid file, the log and the state root.
load lib/common

setup() {
	common_setup
	LOG=$BATS_TEST_TMPDIR/log.json
	PID=$BATS_TEST_TMPDIR/pid
	bundle '.process.args = ["sh", "-c", "exec sleep 1000"]'
}

# replay [PROGRAM ARGUMENT...]: the table on standard input, each line behind these words.
replay() {
	local table wanted output_is words
	mapfile -t table
	for line in "${table[@]}"; do
		wanted=${line%%::*}
		output_is=${line#*::}
		words=${output_is#*::}
		output_is=${output_is%%::*}
		words=${words//@B/$BUNDLE}
		words=${words//@P/$PID}
		words=${words//@L/$LOG}
		words=${words//@R/$ROOT}
		mapfile -t words < <(xargs printf '%s\n' <<<"$words")
		: >"$LOG"
		status=0
		"$@" "${words[@]}" </dev/null >"$BATS_TEST_TMPDIR/merged" 2>&1 3>&- || status=$?
		output=$(cat "$BATS_TEST_TMPDIR/merged")
		stderr='(both)'
		judge "${wanted// /}" "$output_is" || complain "replayed: $line" || return
	done
}

# judge EXIT OUTPUT: of one line.
judge() {
	local kind rest
	case $1 in
	'!') [ "$status" != 0 ] || return ;;
	*) [ "$status" = "$1" ] || return ;;
	esac
	read -r kind rest <<<"$2"
	case $kind in
	-) [ -z "$output" ] ;;
	json) jq -es "length == 1 and (.[0] | $rest)" <<<"$output" >/dev/null ;;
	text) grep -qE -e "$rest" <<<"$output" ;;
	error) [ "$(wc -l <<<"$output")" = 1 ] && grep -qiF -e "$rest" <<<"$output" && error_in_log "$rest" ;;
	*) return 1 ;;
	esac
}
error_in_log() {
	[[ "${words[*]}" == *--log-format* ]] || return 0
	jq -es --arg text "$1" '[.[] | select(.level == "error")] | length == 1 and
		(.[0].msg | ascii_downcase | contains($text | ascii_downcase))' "$LOG" >/dev/null
}

# go_on COMMAND...: in the background, as $going.
go_on() {
	"$@" </dev/null >"$BATS_TEST_TMPDIR/going" 2>&1 3>&- &
	going=$!
}
ended_by_itself() { pid_gone "$(cat "$PID")"; }

@test "containerd's shim (go-runc): a container's life" {
	replay "$ROOTLET" <<-'END'
		0 :: text ^spec: [0-9]              :: --version
		0 :: json .ociVersionMax and .hooks and .mountOptions and .linux.namespaces :: --root @R --log @L --log-format json features
		0 :: json . == null or . == []      :: --root @R --log @L --log-format json list --format=json
		0 :: -                              :: --root @R --log @L --log-format json create --bundle @B --pid-file @P c1
		0 :: json .status == "created" and (.pid > 1) and .id == "c1" and (.bundle | startswith("/")) :: --root @R --log @L --log-format json state c1
		1 :: error container with given id already exists :: --root @R --log @L --log-format json create --bundle @B --pid-file @P.2 c1
		0 :: -                              :: --root @R --log @L --log-format json start c1
		1 :: error                          :: --root @R --log @L --log-format json start c1
		0 :: json .status == "running"      :: --root @R --log @L --log-format json state c1
		0 :: json length == 1 and .[0].id == "c1" and .[0].status == "running" and (.[0].pid > 1) :: --root @R --log @L --log-format json list --format=json
		1 :: error                          :: --root @R --log @L --log-format json delete c1
		0 :: -                              :: --root @R --log @L --log-format json kill c1 0
		0 :: -                              :: --root @R --log @L --log-format json kill --all c1 9
	END
	[[ "$(od -An -c "$PID")" != *[!\ 0-9]* ]]
	until_true 5 ended_by_itself
	replay "$ROOTLET" <<-'END'
		0 :: json .status == "stopped" and (.pid == 0 or .pid == null) :: --root @R --log @L --log-format json state c1
		0 :: json .[0].status == "stopped" and .[0].pid == 0 :: --root @R --log @L --log-format json list --format=json
		1 :: error container not running    :: --root @R --log @L --log-format json kill c1 15
		0 :: -                              :: --root @R --log @L --log-format json kill --all c1 9
		0 :: -                              :: --root @R --log @L --log-format json delete c1
		1 :: error container does not exist :: --root @R --log @L --log-format json delete c1
		1 :: error container does not exist :: --root @R --log @L --log-format json kill c1 9
		1 :: error container does not exist :: --root @R --log @L --log-format json state c1
		0 :: -                              :: --root @R --log @L --log-format json delete --force c1
	END
}

@test "containerd's shim: what is not there yet is one error, in the log too" {
	requires_fast
	rootlet create --bundle "$BUNDLE" --pid-file "$PID" c1 </dev/null >/dev/null 2>&1
	replay "$ROOTLET" <<-'END'
		! :: error :: --root @R --log @L --log-format json checkpoint --image-path @B.image c1
		! :: error :: --root @R --log @L --log-format json restore --detach --pid-file @P -no-subreaper --bundle @B c2
	END
	is_status created
}

@test "containerd's shim: events, update, pause, resume" {
	requires_fast
	rootlet create --bundle "$BUNDLE" --pid-file "$PID" c1 </dev/null >/dev/null 2>&1 3>&-
	[ -n "$(jq -r '.cgroup // empty' "$ROOT/c1/state.json")" ] || skip "needs a cgroup of its own"
	rootlet start c1
	replay "$ROOTLET" <<-'END'
		0 :: json .type == "stats"     :: --root @R --log @L --log-format json events --stats c1
		0 :: -                         :: --root @R --log @L --log-format json pause c1
		0 :: json .status == "paused"  :: --root @R --log @L --log-format json state c1
		255 :: error cannot exec in a paused container :: --root @R --log @L --log-format json exec c1 true
		0 :: -                         :: --root @R --log @L --log-format json resume c1
		0 :: json .status == "running" :: --root @R --log @L --log-format json state c1
	END
	go rootlet --log "$LOG" --log-format json update --resources - c1 <<<'{"unified": {"cgroup.max.depth": "7"}}'
	ok
}

@test "containerd's shim: exec by a process file, ps" {
	rootlet create --bundle "$BUNDLE" --pid-file "$PID" c1 </dev/null >/dev/null 2>&1 3>&-
	rootlet start c1
	jq '.process | .args = ["sh", "-c", "echo payload; exit 3"]' "$BUNDLE/config.json" >"$BUNDLE.exec"
	jq '.process | .args = ["sleep", "1001"]' "$BUNDLE/config.json" >"$BUNDLE.sleep"
	jq '.process | .args = ["nothere"]' "$BUNDLE/config.json" >"$BUNDLE.missing"
	replay "$ROOTLET" <<-'END'
		3 :: text ^payload$ :: --root @R --log @L --log-format json exec --process @B.exec c1
		0 :: - :: --root @R --log @L --log-format json exec --process @B.sleep --detach --pid-file @P.exec c1
		255 :: error executable file not found in $PATH :: --root @R --log @L --log-format json exec --process @B.missing --detach --pid-file @P.missing c1
		0 :: json length == 2 and all(. > 1) :: --root @R --log @L --log-format json ps --format json c1
		0 :: text ^UID.* PID .*CMD$ :: --root @R --log @L --log-format json ps --format table c1 -ef
		0 :: text sleep 1001$ :: --root @R --log @L --log-format json ps --format table c1 '-o pid,args'
		0 :: - :: --root @R --log @L --log-format json kill --all c1 9
	END
	[[ "$(od -An -c "$PID.exec")" != *[!\ 0-9]* ]]
	[ ! -e "$PID.missing" ]
	until_true 5 ended_by_itself
	replay "$ROOTLET" <<-'END'
		255 :: error cannot exec in a stopped container :: --root @R --log @L --log-format json exec --process @B.exec c1
		! :: error :: --root @R --log @L --log-format json exec --process @B.exec nothere
	END
}

@test "containerd's shim: a create that fails" {
	requires_fast
	bundle '.process.args = ["nothere"]'
	replay "$ROOTLET" <<-'END'
		1 :: error executable file not found in $PATH :: --root @R --log @L --log-format json create --bundle @B --pid-file @P c1
		1 :: error container does not exist :: --root @R --log @L --log-format json state c1
		0 :: - :: --root @R --log @L --log-format json delete --force c1
	END
	config '.process.args = ["/nothere"]'
	replay "$ROOTLET" <<-'END'
		1 :: error no such file or directory :: --root @R --log @L --log-format json create --bundle @B --pid-file @P c1
		1 :: error :: --root @R --log @L --log-format json create --bundle @B.nothere --pid-file @P c1
	END
	config '.process.args = ["/etc/passwd"]'
	replay "$ROOTLET" <<-'END'
		1 :: error permission denied :: --root @R --log @L --log-format json create --bundle @B --pid-file @P c1
	END
	[ ! -e "$PID" ]
}

@test "an old go-runc: run -no-subreaper" {
	requires_fast
	config '.process.args = ["sh", "-c", "echo payload; exit 3"]'
	replay "$ROOTLET" <<-'END'
		3 :: text ^payload$ :: --root @R --log @L --log-format json run --bundle @B --pid-file @P -no-subreaper c1
		3 :: text ^payload$ :: -root @R -log @L -log-format json run -bundle @B -no-subreaper=true c1
		1 :: error container does not exist :: --root @R --log @L --log-format json state c1
	END
}

@test "Cloud Foundry's garden: --debug, and the streams are the container's" {
	requires_fast
	config '.process.args = ["sh", "-c", "echo payload; exit 3"]'
	replay "$ROOTLET" <<-'END'
		3 :: text ^payload$ :: --root @R --debug --log @L --log-format json run --no-new-keyring --bundle @B --pid-file @P c1
		0 :: - :: --root @R --debug --log @L --log-format json create --no-new-keyring --bundle @B --pid-file @P c1
		0 :: json .status == "created" :: --root @R --debug --log @L --log-format json state c1
		0 :: - :: --root @R --debug --log @L --log-format json delete --force c1
	END
	jq -es 'all(.level and .msg and .time)' "$LOG"
}

@test "BuildKit: run --keep, then delete" {
	config '.process.args = ["sh", "-c", "echo payload; exit 3"]'
	replay setsid -w "$ROOTLET" <<-'END'
		3 :: text ^payload$            :: --root @R --log @L --log-format json run --bundle @B --keep c1
		0 :: json .status == "stopped" :: --root @R --log @L --log-format json state c1
		1 :: error container not running :: --root @R --log @L --log-format json kill c1 9
		0 :: -                         :: --root @R --log @L --log-format json delete c1
		1 :: error container does not exist :: --root @R --log @L --log-format json delete c1
	END
	# Cancelled: killed from beside, and run ends with it.
	config '.process.args = ["sleep", "1000"]'
	go_on rootlet --log "$LOG" --log-format json run --bundle "$BUNDLE" --keep c1
	until_true 5 is_status running
	replay "$ROOTLET" <<-'END'
		0 :: - :: --root @R --log @L --log-format json kill c1 9
	END
	status=0
	wait "$going" || status=$?
	ended 137
	replay "$ROOTLET" <<-'END'
		0 :: - :: --root @R --log @L --log-format json delete c1
	END
}

@test "buildah: in the bundle, create, start, state until stopped, delete" {
	requires_fast
	cd "$BUNDLE"
	config '.process.args = ["sh", "-c", "sleep 0.3; exit 3"]'
	replay "$ROOTLET" <<-'END'
		0 :: - :: --root @R create --bundle @B --pid-file @P --no-new-keyring buildah-buildah789033157
		0 :: - :: --root @R start buildah-buildah789033157
	END
	# Anything but running and stopped ends the build.
	states=''
	until [ "${states##* }" = stopped ]; do
		states+=" $(state_of .status buildah-buildah789033157 2>&1)"
		[ "${#states}" -lt 5000 ]
	done
	[[ "$states" =~ ^(\ running)*\ stopped$ ]]
	replay "$ROOTLET" <<-'END'
		1 :: text container not running :: --root @R kill buildah-buildah789033157
		1 :: text container not running :: --root @R kill buildah-buildah789033157 SIGKILL
		0 :: - :: --root @R delete buildah-buildah789033157
	END
}

@test "a state that is asked for while create ends is never stopped" {
	requires_tool strace
	config '.hooks.createRuntime = [{path: "/bin/sh", env: ["PATH=/usr/bin:/bin"],
		args: ["sh", "-c", "while [ ! -e \($go) ]; do sleep 0.01; done"]}]' --arg go "$PWD/go"
	go_on rootlet create --bundle "$BUNDLE" --pid-file "$PID" c1
	until_true 5 is_status creating
	# It has read the record and is slow to look at the lock.
	strace -o trace -e trace=flock -e inject=flock:delay_enter=1000000 "$ROOTLET" --root "$ROOT" state c1 >said 3>&- &
	until_true 5 grep -q flock trace
	touch go
	wait "$going"
	wait $!
	# Where create is slower than a second, it is still at it.
	jq -e '.status == "created" and .pid > 1 or .status == "creating"' said
}

@test "podman and CRI-O: what they ask beside conmon" {
	replay "$ROOTLET" <<-'END'
		0 :: - :: --root=@R --log=@L --log-format=json create --bundle @B --pid-file @P c1
		0 :: - :: --root=@R start c1
		0 :: json .status == "running" :: --root=@R state c1
		3 :: text ^payload$ :: --root=@R exec c1 sh -c 'echo payload; exit 3'
		7 :: text ^b.1000./tmp$ :: --root=@R exec --env A=b --user 1000:1000 --cwd /tmp c1 sh -c 'echo $A-$(id -u)-$(pwd); exit 7'
		0 :: - :: --root=@R kill c1 15
		0 :: - :: --root=@R kill --all c1 9
	END
	until_true 5 ended_by_itself
	replay "$ROOTLET" <<-'END'
		0 :: - :: --root=@R delete --force c1
		1 :: text does not exist :: --root=@R state c1
		0 :: - :: --root=@R delete --force c1
	END
}

@test "Slurm: an empty environment, options after the id, both streams merged" {
	requires_fast
	id=node1.user.1234.4294967291.0
	config '.process.args = ["sh", "-c", "echo payload; exit 3"]'
	# Its examples for runc and for crun, with run.
	replay env -i "$ROOTLET" <<-END
		! :: text does not exist :: --rootless=true --root=@R state $id
		3 :: text ^payload$ :: --rootless=true --root=@R run $id -b @B
		3 :: text ^payload$ :: --rootless=true --root=@R run --bundle @B $id
		! :: text does not exist :: --rootless=true --root=@R kill -a $id
		0 :: - :: --rootless=true --root=@R delete --force $id
	END
	# And with create and start.
	config '.process.args = ["sleep", "1000"]'
	replay env -i "$ROOTLET" <<-END
		0 :: - :: --rootless=true --root=@R create $id -b @B
		0 :: json .status == "created" :: --rootless=true --root=@R state $id
		0 :: - :: --rootless=true --root=@R start $id
		0 :: json .status == "running" :: --rootless=true --root=@R state $id
		0 :: - :: --rootless=true --root=@R kill -a $id
		0 :: - :: --rootless=true --root=@R delete --force $id
	END
}

# --- the pipes of the engines

# pipes: named ones for the stdio of a container, each with somebody at its other
# end, who notes when it has come to its end.
pipes() {
	mkfifo in out err
	(exec 3>&-; cat out >out.text; touch out.end) &
	(exec 3>&-; cat err >err.text; touch err.end) &
	(exec 3>&-; trap '' PIPE; while echo x 2>/dev/null; do sleep 0.05; done >in; touch in.end) &
}
all_ended() { [ -e out.end ] && [ -e err.end ] && [ -e in.end ]; }
# The reader of a pipe must not wait for anybody of ours: at once, which on a
# machine with much else to do can be seconds.
at_once() {
	until_true 10 all_ended || complain "still open: $(find /proc/[0-9]*/fd -lname "$PWD/*" 2>/dev/null)"
	[ "$(cat out.text) $(cat err.text)" = "said complained" ]
}

@test "the pipes end with the program: create and start" {
	script 'echo said; echo complained >&2; sleep 0.1'
	config '.process.args = ["sh", "/script"]'
	pipes
	rootlet create --bundle "$BUNDLE" --pid-file "$PID" c1 <in >out 2>err 3>&-
	[ ! -e out.end ] && [ ! -e err.end ]
	rootlet start c1
	until_true 5 ended_by_itself
	at_once
}

@test "the pipes end with the program: run --detach, killed" {
	script 'echo said; echo complained >&2; exec sleep 1000'
	config '.process.args = ["sh", "/script"]'
	pipes
	rootlet run --detach --bundle "$BUNDLE" --pid-file "$PID" c1 <in >out 2>err 3>&-
	until_true 5 grep -q said out.text
	until_true 5 grep -q complained err.text
	[ ! -e out.end ] && [ ! -e err.end ] && [ ! -e in.end ]
	rootlet kill c1 KILL
	until_true 5 ended_by_itself
	at_once
}

@test "the pipes end with the container: created and deleted without a start" {
	pipes
	rootlet create --bundle "$BUNDLE" --pid-file "$PID" c1 <in >out 2>err 3>&-
	rootlet delete --force c1
	until_true 1 all_ended
}

@test "the pipes end when create fails" {
	requires_fast
	config '.process.args = ["nothere"]'
	pipes
	status=0
	rootlet create --bundle "$BUNDLE" --pid-file "$PID" c1 <in >out 2>err 3>&- || status=$?
	[ "$status" = 1 ]
	until_true 1 all_ended
}

@test "with a terminal, the pipes end when create has returned: containerd waits for it" {
	requires_tool python3
	config '.process.terminal = true | .process.args = ["sleep", "1000"]'
	pipes
	python3 "$BATS_TEST_DIRNAME/lib/receiver" fd s text </dev/null >said 2>&1 3>&- &
	receiver=$!
	until_true 5 grep -q listening said
	rootlet create --bundle "$BUNDLE" --pid-file "$PID" --console-socket s c1 <in >out 2>err 3>&-
	until_true 1 all_ended
	is_status created
	rootlet start c1
	go rootlet delete --force c1
	ok
	wait "$receiver"
	grep -q 'hung up' said
}
