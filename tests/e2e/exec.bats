#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # text for the container's shell; what lib/common sets
# exec - another program in a container that is there: its options, looked at from
# inside; what it keeps of the container's process; its exit status; its errors.
# Terminals are in exec-terminal.bats.
load lib/common

setup() {
	common_setup
	bundle '.root.readonly = false'
}
# live [JQ [OPTION]...]: a container that runs by itself.
live() {
	config "${1:-.}"
	shift || :
	detached 'exec sleep 100' "$@" || complain "$(cat "$BATS_TEST_TMPDIR/err")"
}
ex() { go rootlet exec "$@" </dev/null; }
# fails TEXT...: 255, one line on stderr, and the container is as it was.
fails() {
	local text
	ended 255 || return
	[ -z "$output" ] || complain "expected an empty stdout" || return
	[ "$(wc -l <<<"$stderr")" = 1 ] || complain "expected one line on stderr" || return
	for text in "$@"; do
		grep -qF -e "$text" <<<"$stderr" || complain "the error does not say: $text" || return
	done
}

@test "the program runs in every namespace of the container, with its root" {
	live
	echo here >"$ROOTFS/mark"
	ex "$CID" sh -c 'cat /mark; for n in user mnt pid net ipc uts cgroup; do [ "$(readlink /proc/1/ns/$n)" = "$(readlink /proc/self/ns/$n)" ] && echo "same $n"; done; ps'
	ok
	has here 'same user' 'same mnt' 'same pid' 'same net' 'same ipc' 'same uts' 'same cgroup'
	like ' *1 .*sleep 100'
	# A child of nobody in there, not of its init.
	ex "$CID" sh -c 'sed -n "s/^PPid:[[:space:]]*//p" /proc/$$/status'
	ok
	has 0
}

@test "the exit status: the program's, 128 and the signal's, 255 where the runtime fails" {
	live
	ex "$CID" sh -c 'exit 37' && ended 37
	ex "$CID" sh -c 'kill -9 $$' && ended 137
	ex "$CID" sh -c 'kill -TERM $$' && ended 143
	ex "$CID" nothing-there && fails 'executable file not found in $PATH'
	ex "$CID" /nothing/there && fails 'no such file or directory'
	ex "$CID" /proc && fails 'permission denied'
	printf 'no program' >"$ROOTFS/bin/text"
	chmod 755 "$ROOTFS/bin/text"
	ex "$CID" text && fails 'exec format error'
	is_status running
}

@test "what it keeps of the container's process: capabilities, limits, no_new_privs, umask, seccomp, oom score, groups" {
	live '.process.capabilities = ({bounding: 1, effective: 1, permitted: 1, inheritable: 1, ambient: 1} | map_values(["CAP_KILL", "CAP_CHOWN"])) |
		.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 77, hard: 88}] | .process.noNewPrivileges = true | .process.user.umask = 23 |
		.process.oomScoreAdj = 321 | .process.env += ["OF_THE=bundle"] | .process.cwd = "/mnt/a" |
		.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 95}]}'
	local facts='grep -E "^(Cap|NoNew|Seccomp:|Groups|Uid|Gid)" /proc/$p/status; cat /proc/$p/oom_score_adj; grep -E "open files" /proc/$p/limits; grep Umask /proc/$p/status'
	ex "$CID" sh -c "p=1; $facts" && ok
	of_init=$output
	ex "$CID" sh -c "p=self; $facts" && ok
	[ "$output" = "$of_init" ] || complain "init has: $of_init"
	like 'NoNewPrivs:.1' 'CapEff:.0000000000000021' 'CapAmb:.0000000000000021' 'Umask:.0027' 'Seccomp:.2' 'Max open files *77 *88 *files *' 321
	ex "$CID" sh -c 'mkdir /tmp/x 2>/tmp/e; cat /tmp/e; pwd; echo "$OF_THE $HOME"'
	has /mnt/a 'bundle /root'
	like '.*Operation not supported|.*Not supported'
}

@test "--env, --cwd, --user, --additional-gids" {
	requires_many_ids
	live '.process.env += ["A=old", "B=kept"]'
	ex -e A=new --env=C=x=y -e 'D=two
lines' --cwd /new/dir -u 1000:7 -g 5 --additional-gids 6,8 "$CID" sh -c 'env; pwd; id -u; id -g; id -G; echo "home $HOME"'
	ok
	has A=new B=kept C=x=y lines /new/dir 1000 7 'home /home/user'
	like '(7 )?5 6 8'
	lacks A=old
	ex -u 1000 "$CID" sh -c 'id -u; id -g' && ok
	has 1000 0
	ex -e HOME=/else "$CID" sh -c 'echo $HOME' && has /else
}

@test "--cap adds to what the container's process has, for other users too" {
	requires_many_ids
	live '.process.capabilities = ({bounding: 1, effective: 1, permitted: 1} | map_values(["CAP_KILL"]))'
	ex -c CAP_CHOWN "$CID" grep ^Cap /proc/self/status && ok
	like 'CapEff:.0000000000000021' 'CapBnd:.0000000000000021'
	ex --cap chown --cap CAP_FOWNER --user 1000 "$CID" grep ^Cap /proc/self/status && ok
	like 'CapEff:.0000000000000009' 'CapAmb:.0000000000000009' 'CapBnd:.0000000000000029'
	ex "$CID" grep ^CapEff /proc/self/status && like 'CapEff:.0000000000000020'
	ex --cap CAP_NOTHING "$CID" true && fails '--cap CAP_NOTHING: there is no such capability'
}

@test "--no-new-privs, --ignore-paused" {
	live '.process.noNewPrivileges = false'
	ex "$CID" grep NoNewPrivs /proc/self/status && like 'NoNewPrivs:.0'
	ex --no-new-privs --ignore-paused "$CID" grep NoNewPrivs /proc/self/status && like 'NoNewPrivs:.1'
}

@test "--cgroup: below the container's, and nowhere else" {
	live
	dir=$(jq -r '.cgroup // empty' "$ROOT/c1/state.json")
	if [ -z "$dir" ]; then
		ex --cgroup sub "$CID" true
		fails '--cgroup sub: container c1 has no cgroup of its own'
		return 0
	fi
	mkdir -p "$dir/sub/below"
	for path in sub /sub sub/below cpu,memory:sub; do
		ex --cgroup "$path" "$CID" sed -n 's/^0:://p' /proc/self/cgroup
		ok && has "/$(sed 's/.*://; s,^/,,' <<<"$path")" || complain "$path"
	done
	for path in / '' .; do
		ex --cgroup "$path" "$CID" sed -n 's/^0:://p' /proc/self/cgroup
		ok && has / || complain "$path"
	done
	ex --cgroup cpu:sub --cgroup memory:/ "$CID" true
	fails 'one cgroup for all controllers'
	for path in .. ../other sub/../.. cpu:../x; do
		ex --cgroup "$path" "$CID" true
		fails "--cgroup $path: \"..\" leads out" || complain "$path"
	done
	ex --cgroup missing "$CID" true
	fails "--cgroup: open missing in $dir" ENOENT
}

@test "--process: a file says it all, and what it does not say is the container's" {
	live '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 70, hard: 80}] | .process.env += ["OLD=1"]'
	jq -n '{cwd: "/mnt/b", args: ["sh", "-c", "pwd; env; ulimit -n; umask; grep -E \"^(Cap|NoNew)\" /proc/self/status"], env: ["PATH=/bin", "NEW=2"],
		user: {uid: 0, gid: 0, umask: 31}, noNewPrivileges: false}' >p.json
	ex --process p.json "$CID" && ok
	has /mnt/b NEW=2 70 0037
	lacks OLD=1
	like 'NoNewPrivs:.0' 'CapEff:.0000000020000420'
	# Options are laid over it.
	ex -p p.json -e MORE=3 --cwd / "$CID" && ok
	has / NEW=2 MORE=3
	# The file may be a pipe, and then it is read once.
	go rootlet exec --process /dev/stdin "$CID" <p.json
	ok
	has /mnt/b
	jq '.args = ["true"] | .rlimits = [] | .capabilities = {}' p.json >p2.json
	ex --process p2.json "$CID" && ok
}

@test "--process: bad files, each with one sentence" {
	live
	bad() { # TEXT-OF-FILE WORD...
		printf '%s' "$1" >p.json
		shift
		ex --process p.json "$CID" && fails --process "$@"
	}
	bad '{' 'line 1'
	bad '[]' object
	bad '{"cwd": "/", "args": ["x"], "user": {"uid": "no"}}' process.user.uid 'a number'
	bad '{"args": ["x"]}' process.cwd
	bad '{"cwd": "here", "args": ["x"]}' process.cwd 'an absolute path'
	bad '{"cwd": "/", "args": ["x"], "rlimits": [{"type": "RLIMIT_NOFILE", "soft": 2, "hard": 1}]}' 'process.rlimits[0]'
	echo '{"cwd": "/", "args": []}' >p.json
	ex --process p.json "$CID" && fails process.args
	ex --process none.json "$CID" && fails 'none.json (ENOENT)'
	ex --process p.json "$CID" true && fails '--process names the program already'
	ex "$CID" && fails 'no program is named'
	ex && fails 'too few arguments'
}

@test "options end at the id" {
	live
	ex "$CID" echo -e --user 5 -d && ok
	has '--user 5 -d'
	ex "$CID" sh -c 'echo "$0 $1"' --tty --cwd && ok
	has '--tty --cwd'
}

@test "bad options: a user out of the map, a directory that is none, a group, a variable" {
	live
	ex -u root "$CID" true && fails '--user root: is not of the form UID or UID:GID'
	ex -u 1:2:3 "$CID" true && fails --user
	ex -u 4294967295 "$CID" true && fails --user
	ex -g five "$CID" true && fails --additional-gids
	ex -e NOTHING "$CID" true && fails '--env NOTHING'
	ex --cwd here "$CID" true && fails '--cwd here'
	touch "$ROOTFS/file"
	ex --cwd /file "$CID" true && fails 'process.cwd /file' ENOTDIR
	ex --detach --tty "$CID" true && fails '--console-socket'
	ex --pid-file /not/there/p "$CID" true && fails /not/there
	is_status running
	no_exec
}
# no_exec: init is alone in the container.
no_exec() {
	until_true 3 alone || complain "not alone: $(rootlet exec "$CID" ps)"
}

@test "a user that the map does not hold" {
	requires_unprivileged
	live '.process.args = ["sleep", "100"]'
	if has_subids; then
		ex --user 4000000 "$CID" id && fails 'process.user.uid: 4000000 is not mapped'
	else
		# A single id: another one gets a namespace of its own, as at create.
		ex --user 1000:1000 "$CID" id && ok
		like 'uid=1000\(?.*gid=1000.*'
	fi
}

@test "a container whose user namespace is a nested one: its own user, root, another" {
	requires_unprivileged
	live '.process.user = {uid: 1000, gid: 1000} | .process.args = ["sleep", "100"]' --userns single
	ex "$CID" sh -c 'id -u; id -g; readlink /proc/self/ns/user >/tmp/u; [ "$(readlink /proc/1/ns/user)" = "$(cat /tmp/u)" ] && echo same' && ok
	has 1000 same
	# The one around it: root there has the container's files and names.
	ex -u 0:0 -c CAP_SYS_ADMIN "$CID" sh -c 'id -u; stat -c "%u" /tmp/u; hostname other && hostname; kill -0 1 && echo may' && ok
	has 0 other
	ex -u 2000:3000 "$CID" sh -c 'id -u; id -g; echo x >/tmp/y; stat -c "%u:%g" /tmp/y; cat /proc/self/uid_map' && ok
	has 2000 3000 2000:3000
	go rootlet --strict exec -u 2000:3000 "$CID" true
	fails nested
}

@test "a created container: its program waits, another one runs" {
	create 'echo started; exec sleep 100'
	ex "$CID" sh -c 'cat /proc/1/comm; mount | grep -c "on /proc type"' && ok
	has rootlet
	is_status created
	ex "$CID" sh -c 'ls /proc/1/fd /proc/1/root 2>&1; cat /proc/1/environ' || :
	rootlet start "$CID"
	until_true 3 grep -q started "$BATS_TEST_TMPDIR/out"
}

@test "a stopped container, and one that is not there" {
	create true
	rootlet kill "$CID" KILL
	until_true 3 is_status stopped
	ex "$CID" true && fails 'cannot exec in a stopped container'
	ex nothing true && fails 'container does not exist'
	ex ../x true && fails 'container'
}

@test "stdin, stdout and stderr are the caller's" {
	live
	seq 1 20000 >in
	rootlet exec "$CID" cat <in >out && cmp in out
	[ "$(seq 1 50000 | rootlet exec "$CID" wc -l)" = 50000 ]
	rootlet exec "$CID" sh -c 'echo out; echo err >&2' >o 2>e
	[ "$(cat o) $(cat e)" = 'out err' ]
	# A reader that goes away ends the writer.
	rootlet exec "$CID" sh -c 'while :; do echo y; done' | head -n 1
	no_exec
}

@test "no file of the runtime is open in the program" {
	live
	exec 7<"$BUNDLE/config.json" 9</
	ex "$CID" ls /proc/self/fd && ok
	exec 7<&- 9<&-
	[ "${lines[*]}" = '0 1 2 3' ] || complain "3 is of ls"
	ex --cwd /proc/self/fd/9 "$CID" pwd && ended 255
	# One of them may be the container's own root.
	for fd in 3 4 5 6 7 8 9 10; do
		ex --cwd "/proc/self/fd/$fd" "$CID" stat -c %d:%i . /
		[ "$status" = 255 ] || [ "${lines[0]}" = "${lines[1]}" ] || complain "cwd by fd $fd was taken" || return
	done
}

runs_sleep() { [ "$(tr '\0' ' ' <"/proc/$1/cmdline")" = "sleep 100 " ]; }

@test "--detach: back when the program was executed; --pid-file" {
	live
	ex --detach --pid-file pid "$CID" sh -c 'echo up >/tmp/up; exec sleep 100' && ok
	[[ "$(od -c <pid)" != *'\n'* ]]
	pid=$(cat pid)
	until_true 3 runs_sleep "$pid"
	ex "$CID" cat /tmp/up && has up
	kill "$pid"
	until_true 3 pid_gone "$pid"
	ex -d --pid-file pid2 "$CID" nothing-there && fails 'not found'
	[ ! -e pid2 ]
	printf 'no program' >"$ROOTFS/bin/text"
	chmod 755 "$ROOTFS/bin/text"
	ex -d --pid-file pid2 "$CID" text && fails 'exec format error'
	[ ! -e pid2 ]
}

@test "signals are passed on" {
	live
	"$ROOTLET" --root "$ROOT" exec --pid-file pid "$CID" sh -c 'trap "echo usr1" USR1; trap "exit 9" TERM; echo ready; while :; do sleep 0.05; done' >o 2>e </dev/null 3>&- &
	until_true 3 grep -q ready o
	kill -USR1 $!
	until_true 3 grep -q usr1 o
	kill -TERM $!
	status=0
	wait $! || status=$?
	ended 9
	# KILL of the runtime: the program goes on, as with other runtimes.
	rm pid
	"$ROOTLET" --root "$ROOT" exec --pid-file pid "$CID" sleep 100 >o 2>e </dev/null 3>&- &
	until_true 3 test -s pid
	until_true 3 runs_sleep "$(cat pid)"
	kill -KILL $!
	wait $! 2>/dev/null || :
	[ -e "/proc/$(cat pid)/exe" ]
}

@test "the container ends while a program of exec runs in it" {
	live
	"$ROOTLET" --root "$ROOT" exec --pid-file pid "$CID" sleep 100 </dev/null >o 2>e 3>&- &
	until_true 3 test -s pid
	rootlet kill "$CID" KILL
	status=0
	wait $! || status=$?
	ended 137
	until_true 3 pid_gone "$(cat pid)"
}

@test "a container that joined another's namespaces" {
	live
	host=c1
	pid=$(state_of .pid c1)
	CID=c2
	live '.linux.namespaces |= map(if .type == "mount" then . else .path = "/proc/'"$pid"'/ns/" + ({network: "net"}[.type] // .type) end) |
		if any(.linux.namespaces[]; .type == "user") then . elif '"$ME"' == 0 then . else .linux.namespaces += [{type: "user", path: "/proc/'"$pid"'/ns/user"}] end |
		del(.hostname) | del(.linux.uidMappings, .linux.gidMappings)'
	ex c2 sh -c 'echo "ps $(ps | grep -c "[s]leep 100")"; readlink /proc/self/ns/mnt' && ok
	has 'ps 2'
	[ "$(rootlet exec c2 readlink /proc/self/ns/mnt)" != "$(rootlet exec c1 readlink /proc/self/ns/mnt)" ]
}

@test "nobody in the container sees into the process before its program runs" {
	requires_many_ids
	# A busy watcher, with the rights of the container's root and CAP_SYS_PTRACE.
	script 'while :; do for p in /proc/[0-9]*; do
			read -r name <$p/comm || continue
			[ "$name" = rootlet ] || continue
			echo "$p" >>/tmp/met
			read -r line <$p/environ && echo "$line" >>/tmp/seen
			ls -l $p/fd $p/exe >>/tmp/seen
		done; done 2>/dev/null'
	# Over the host's own user namespace that one would be a right to everything.
	local caps='["CAP_SYS_PTRACE", "CAP_DAC_READ_SEARCH"]'
	[ "$ME" != 0 ] || caps='["CAP_DAC_READ_SEARCH"]'
	config ".process.capabilities = ({bounding: 1, effective: 1, permitted: 1} | map_values($caps))"
	rootlet run --detach --bundle "$BUNDLE" "$CID" </dev/null >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" 3>&-
	for _ in {1..40}; do SECRET=in-the-environment rootlet exec "$CID" true; done
	# What it sees of a program that was just executed is the program's.
	ex "$CID" cat /tmp/seen
	lacks in-the-environment "$ROOTLET"
	ex "$CID" cat /tmp/met
	like '/proc/.*'
}

@test "1,000 in a row and 100 at once leave no process, file or fd" {
	requires_fast
	ROOTLET=$ROOTLET_PLAIN # a sanitizer takes 50 ms to start
	live
	files=$(find "$ROOT" "$BATS_TEST_TMPDIR" -maxdepth 2 ! -name 'go.*' | sort)
	for _ in {1..1000}; do rootlet exec "$CID" true || complain "one failed"; done </dev/null
	for i in {1..100}; do
		rootlet exec "$CID" sh -c "exit $i" </dev/null &
		pids[i]=$!
	done
	for i in {1..100}; do
		status=0
		wait "${pids[i]}" || status=$?
		ended "$i" || return
	done
	no_exec
	[ "$(find "$ROOT" "$BATS_TEST_TMPDIR" -maxdepth 2 ! -name 'go.*' | sort)" = "$files" ]
	is_status running
}

@test "--preserve-fds: those and no others; --pidfd-socket" {
	requires_tool python3
	live
	status=0
	"$ROOTLET" --root "$ROOT" exec --preserve-fds 2 "$CID" sh -c 'cat <&3; cat <&4; ls /proc/self/fd | tr "\n" ,' 3<<<three 4<<<four 5<<<five >o 2>e || status=$?
	ended 0
	[ "$(cat o)" = $'three\nfour\n0,1,2,3,4,5,' ] || complain "$(cat o e)"
	ex --preserve-fds 200 "$CID" true && fails --preserve-fds 'is not open'
	python3 "$BATS_TEST_DIRNAME/lib/receiver" fd s </dev/null >said 2>&1 3>&- &
	until_true 5 grep -q listening said
	ex --detach --pidfd-socket s --pid-file pid "$CID" sleep 100 && ok
	until_true 5 grep -qx "pidfd: $(cat pid)" said
	grep -qx 'message: setns' said
	ex --pidfd-socket nowhere "$CID" true && fails --pidfd-socket nowhere
}

@test "a seccomp filter that asks an agent: exec asks it, too" {
	requires_tool python3
	"$BATS_TEST_DIRNAME/lib/agent" "$BATS_TEST_TMPDIR/agent" mkdir=errno:28 mkdirat=errno:28 >agent.log 2>&1 3>&- &
	agent=$!
	until_true 5 grep -q ready agent.log
	live '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", listenerPath: "'"$BATS_TEST_TMPDIR"'/agent", syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_NOTIFY"}]}'
	ex --pid-file pid "$CID" sh -c 'mkdir /tmp/new 2>&1'
	ended 1 && like '.*No space left on device'
	until_true 5 grep -q "\"pid\": *$(cat pid)\b" agent.log || complain "$(cat agent.log)"
	grep '^{' agent.log | tail -n 1 | jq -e '.state.status == "running" and .state.id == "c1" and .pid != .state.pid' || complain "$(cat agent.log)"
	kill "$agent"
	wait "$agent" 2>/dev/null || :
	ex "$CID" true && fails linux.seccomp.listenerPath
	is_status running
}

@test "a program whose interpreter is the runtime itself can't write it (CVE-2019-5736)" {
	ldd "$ROOTLET_PLAIN" 2>&1 | grep -q 'statically linked\|not a dynamic' || skip "needs a static rootlet"
	live
	cp "$ROOTLET_PLAIN" copy # the caller's own: with a file of root's a user has nothing to fear
	cp copy before
	mkfifo "$ROOTFS/tmp/fifo"
	printf '#!/proc/self/exe plan\n' >"$ROOTFS/bin/evil"
	chmod 755 "$ROOTFS/bin/evil"
	./copy --root "$ROOT" exec --pid-file pid "$CID" evil --config /tmp/fifo >o 2>e </dev/null 3>&- &
	until_true 5 test -s pid
	# Somebody inside takes hold of it, waits until it has ended, and writes.
	ex "$CID" sh -c 'i=0; while [ $i -lt 200 ]; do
			for p in /proc/[0-9]*; do
				read -r name <$p/comm
				[ "$name" = evil ] && [ -e $p/exe ] && exec 5<$p/exe && break 2
			done
			i=$((i + 1)); sleep 0.05
		done 2>/dev/null
		echo "found $name"; ls -l /proc/self/fd/5
		kill -9 ${p#/proc/}; sleep 0.5; echo overwritten >>/proc/self/fd/5'
	has 'found evil'
	[[ $stderr == *'Read-only file system'* || $stderr == *'Permission denied'* || $stderr == *'not permitted'* ]] || complain
	cmp copy before
}
