#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # text for the container's shell; what lib/common sets
# exec-terminal - a terminal for a program of exec: in the foreground on a real
# one, which tmux is; for an engine over --console-socket.
load lib/common

setup() {
	common_setup
	bundle '.process.env += ["PS1=in> "] | .root.readonly = false'
	detached 'exec sleep 100'
}
teardown() {
	[ -z "${TMUX_SOCKET-}" ] || tm kill-server 2>/dev/null || :
	[ -z "${receiver-}" ] || { kill "$receiver" 2>/dev/null && wait "$receiver" 2>/dev/null; } || :
	clean_up
}

window() {
	requires_tool tmux
	TMUX_SOCKET=$BATS_TEST_TMPDIR/tmux
	unset TMUX
	tm new-session -d -x 100 -y 30 -s t "env PS1='out> ' ROOTLET='$ROOTLET' ROOT='$ROOT' bash --norc --noprofile" 3>&-
	shows '^out> ?$'
}
tm() { tmux -f /dev/null -S "$TMUX_SOCKET" "$@"; }
screen() { tm capture-pane -p -t t; }
type_line() { tm send-keys -t t -l "$1" && tm send-keys -t t Enter; }
key() { tm send-keys -t t "$1"; }
screen_like() { screen | grep -qE "$1"; }
# What was typed has arrived, and what was started runs.
pause() { sleep "$((${#ROOTLET_GUEST} > 0 ? 2 : 0)).3"; }
shows() { until_true 5 screen_like "$1" || { screen | grep . || :; return 1; }; }
enter() { # [OPTION]...: a shell in the container
	type_line "clear; \"\$ROOTLET\" --root \"\$ROOT\" exec --tty $* c1 sh; echo \"ended \$?\""
	shows '^in> ?$'
}
sane() {
	type_line 'clear; stty -a | tr " ;" "\n\n" | grep -xE -- "-?(icanon|echo|isig|icrnl|opost)" | sort | tr "\n" ,; echo end'
	shows '^echo,icanon,icrnl,isig,opost,end$'
}

@test "an interactive shell: its terminal, its size, ^C, job control, its exit status" {
	window
	enter
	type_line 'tty; test -t 0 && test -t 1 && test -t 2 && echo all-three; stty size'
	shows '^/dev/pts/0$'
	shows '^all-three$'
	shows '^30 100$'
	tm resize-window -t t -x 80 -y 24
	type_line 'sleep 0.2; stty size'
	shows '^24 80$'
	type_line 'clear; sleep 100; echo "slept $?"'
	pause
	key C-c
	shows '^slept 130$|^in> ?$'
	type_line 'clear; sleep 100 & jobs; kill %1; echo killed'
	shows '^\[1\]\+? +Running'
	not screen_like "can't access tty"
	type_line 'exit 7'
	shows '^ended 7$'
	sane
	is_status running
}

@test "the terminal is restored when the program, the container, the window ends" {
	window
	enter --pid-file "$BATS_TEST_TMPDIR/pid"
	kill -KILL "$(cat "$BATS_TEST_TMPDIR/pid")"
	shows 'ended 137$'
	sane
	enter --pid-file "$BATS_TEST_TMPDIR/pid"
	tm kill-session -t t
	until_true 5 pid_gone "$(cat "$BATS_TEST_TMPDIR/pid")"
	is_status running
	window
	enter
	rootlet kill c1 KILL
	shows 'ended 137$'
	sane
}

@test "another user's terminal is that user's" {
	requires_many_ids
	window
	enter --user 1000:1000
	type_line 'stat -c "%u" $(tty); id -u; echo hello >$(tty)'
	shows '^1000$'
	shows '^hello$'
	key C-d
	shows '^ended 0$'
}

@test "all of the output comes, and a flood does not grow the runtime" {
	# Something else than tmux, which may be slower than the flood.
	requires_tool python3
	cat >flood.py <<-'END'
		import os, sys
		pid, fd = os.forkpty()
		if pid == 0:
		    os.execv(sys.argv[1], sys.argv[1:])
		lines, last, peak = 0, b"", 0
		while True:
		    try:
		        data = os.read(fd, 65536)
		    except OSError:
		        break
		    lines += data.count(b"\n")
		    last = (last + data)[-100:]
		    for line in open("/proc/%d/status" % pid):
		        if line.startswith("VmHWM:"):
		            peak = max(peak, int(line.split()[1]))
		status = os.waitpid(pid, 0)[1]
		print(lines, os.waitstatus_to_exitcode(status), last.split()[-1].decode(), peak < 16384)
	END
	go python3 flood.py "$ROOTLET" --root "$ROOT" exec -t c1 sh -c 'i=0; while [ $i -lt 20000 ]; do echo "line $i of a flood"; i=$((i + 1)); done; printf the-end; exit 5'
	ok
	has '20000 5 the-end True'
}

receive() {
	requires_tool python3
	said=$BATS_TEST_TMPDIR/said
	python3 "$BATS_TEST_DIRNAME/lib/receiver" "$@" </dev/null >"$said" 2>&1 3>&- &
	receiver=$!
	until_true 5 says listening
}
says() { tr -d '\r' <"$said" 2>/dev/null | grep -qxE -e "$1"; }

@test "--console-socket: the terminal goes to the engine, detached and in the foreground" {
	receive fd s typed
	jq -n '{terminal: true, consoleSize: {height: 11, width: 77}, cwd: "/", args: ["sh", "-c", "stty size; tty; read a; echo \"read $a\""], env: ["PATH=/bin"]}' >p.json
	go rootlet exec --detach --process p.json --console-socket s --pid-file pid c1
	ok
	until_true 5 says 'hung up'
	for line in 'message: /dev/(pts/0|console)' 'descriptors: 1' 'tty: 11 77' '11 77' '/dev/pts/0' 'read typed'; do
		says "$line" || { cat "$said" && return 1; }
	done
	receive fd s2 text
	go rootlet exec --tty --console-socket s2 c1 sh -c 'read a; echo "read $a"; exit 4'
	ended 4
	[ -z "$output$stderr" ] || complain
	until_true 5 says 'read text'
}

@test "a console socket that is closed, is none, or is not asked for" {
	go rootlet exec -t --console-socket none c1 true
	ended 255 && [[ $stderr == *--console-socket*none* ]]
	touch file
	go rootlet exec -t -d --console-socket file c1 true
	ended 255 && [[ $stderr == *'not a socket'* ]]
	go rootlet exec -t -d c1 true
	ended 255 && [[ $stderr == *--console-socket* ]]
	receive fd s typed
	go rootlet exec --console-socket s c1 true
	ended 255 && [[ $stderr == *'not true'* ]]
	config '.mounts |= map(select(.destination != "/dev/pts"))'
	CID=c2
	detached 'exec sleep 100'
	go rootlet exec -t c2 true </dev/null
	ended 255 && [[ $stderr == *devpts* ]]
	is_status running c1
}
