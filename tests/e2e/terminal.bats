#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # text for the container's shell; what lib/common sets
# terminal - `terminal: true` in the foreground of run, on a real terminal: tmux.
load lib/common

setup() {
	requires_tool tmux
	common_setup
	bundle '.process.terminal = true | .process.args = ["sh"] | .process.env += ["PS1=in> "]'
	TMUX_SOCKET=$BATS_TEST_TMPDIR/tmux
	unset TMUX
	# A shell that shows how it finds the terminal after each command.
	tm new-session -d -x 100 -y 30 -s t "env PS1='out> ' ROOTLET='$ROOTLET' ROOT='$ROOT' BUNDLE='$BUNDLE' bash --norc --noprofile" 3>&-
	shows '^out> ?$'
}
teardown() {
	[ -z "${TMUX_SOCKET-}" ] || tm kill-server 2>/dev/null || :
	clean_up
}

tm() { tmux -f /dev/null -S "$TMUX_SOCKET" "$@"; }
screen() { tm capture-pane -p -t t; }
type_line() { tm send-keys -t t -l "$1" && tm send-keys -t t Enter; }
key() { tm send-keys -t t "$1"; }
screen_like() { screen | grep -qE "$1"; }
# What was typed has arrived, and what was started runs.
pause() { sleep "$((${#ROOTLET_GUEST} > 0 ? 2 : 0)).3"; }
shows() { until_true 5 screen_like "$1" || { screen | grep . || :; return 1; }; }
run_it() {
	type_line 'clear; "$ROOTLET" --root "$ROOT" run --bundle "$BUNDLE" c1; echo "ended $?"'
	shows '^in> ?$'
}
# sane: the caller's terminal is as it was: echo, lines, signals.
sane() {
	type_line 'clear; stty -a | tr " ;" "\n\n" | grep -xE -- "-?(icanon|echo|isig|icrnl|opost)" | sort | tr "\n" ,; echo end'
	shows '^echo,icanon,icrnl,isig,opost,end$'
}

@test "an interactive shell, as plain spec writes it" {
	run_it
	type_line 'tty; test -t 0 && test -t 1 && test -t 2 && echo all-three'
	shows '^/dev/(pts/0|console)$'
	shows '^all-three$'
	type_line 'stat -c "%u %F" /dev/console; ls -l /proc/self/fd/0'
	shows '^0 character special file$'
	shows '/dev/(pts/0|console)$'
	type_line 'exit 7'
	shows '^ended 7$'
	sane
}

@test "the window's size, also when it changes" {
	run_it
	type_line 'stty size'
	shows '^30 100$'
	tm resize-window -t t -x 80 -y 24
	type_line 'sleep 0.2; stty size'
	shows '^24 80$'
	key C-d
	shows '^ended 0$'
}

@test "consoleSize of the bundle" {
	config '.process.consoleSize = {height: 11, width: 77}'
	run_it
	type_line 'stty size'
	shows '^11 77$|^30 100$'
	key C-d
	shows '^ended 0$'
}

@test "^C and ^Z go to the program, ^D ends the shell" {
	run_it
	type_line 'sleep 100; echo "slept $?"'
	pause
	key C-c
	shows '^slept 130$|^in> ?$'
	type_line 'cat; echo "cat $?"'
	pause
	key C-d
	shows '^cat 0$'
	key C-d
	shows '^ended 0$'
	sane
}

@test "a program that asks at once gets the window's size" {
	config '.process.args = ["stty", "size"]'
	type_line 'clear; "$ROOTLET" --root "$ROOT" run --bundle "$BUNDLE" c1; echo "ended $?"'
	shows '^ended 0$'
	screen_like '^30 100$'
}

@test "an editor: the whole screen, a resize, what was typed is saved" {
	config '.root.readonly = false'
	ln -s busybox "$ROOTFS/bin/vi"
	run_it
	type_line 'TERM=vt100 vi /tmp/text'
	shows '^~$'
	tm send-keys -t t -l "ihello from vi"
	key Escape
	pause
	shows '^hello from vi$'
	tm resize-window -t t -x 60 -y 15
	pause
	tm send-keys -t t -l "osecond line"
	key Escape
	pause
	shows '^second line$'
	type_line ':wq'
	shows '^in> ?$'
	[ "$(cat "$ROOTFS/tmp/text")" = $'hello from vi\nsecond line' ]
	type_line 'clear; stty size; exit'
	shows '^15 60$'
	shows '^ended 0$'
	sane
}

@test "^Z stops what runs inside, fg lets it go on" {
	run_it
	type_line 'cat; echo "cat $?"'
	pause
	key C-z
	shows 'Stopped'
	type_line 'fg'
	pause
	type_line 'still-there'
	shows '^still-there$'
	key C-c
	type_line 'exit 2'
	shows '^ended 2$'
	sane
}

@test "without a terminal of its own: ^C, ^Z and fg are for all that the program has started" {
	config '.process.terminal = false | .process.args = ["sh", "-c", "trap : INT; sleep 100; echo slept $?; sleep 0.3; for i in 1 2 3 4 5; do echo $i; sleep 0.3; done; exit 4"]'
	type_line 'set -m; clear; "$ROOTLET" --root "$ROOT" run --bundle "$BUNDLE" c1; echo "ended $?"'
	until_true 5 is_status running
	sleep 0.3
	key C-c
	shows 'slept 130$'
	key C-z
	shows 'Stopped'
	sleep 2.5
	not screen_like '^5$'
	type_line 'fg'
	shows '^5$'
	sane
}

@test "the runtime is stopped and goes on: the shell outside has its terminal meanwhile" {
	type_line 'set -m; clear'
	for how in TSTP STOP; do
		run_it
		pid=$(pgrep -f "^$ROOTLET --root $ROOT run" | head -n 1)
		kill -"$how" "$pid"
		shows '^\[1\]\+ +Stopped'
		sane
		type_line 'clear; stty -a | head -n 1; fg'
		shows '^speed'
		# Raw again: the container's shell alone echoes, and ^C is its own.
		type_line 'clear; echo back'
		shows '^back$'
		[ "$(screen | grep -c 'echo back')" -le 1 ]
		type_line 'sleep 100; echo "slept $?"'
		pause
		key C-c
		shows '^slept 130$|^in> ?$'
		type_line 'exit 6'
		shows '^out> ?$'
		type_line 'echo "ended $?"'
		shows '^ended 6$'
		sane
	done
}

@test "job control works inside: the shell has a controlling terminal" {
	run_it
	type_line 'sleep 100 &'
	type_line 'jobs; kill %1'
	shows '^\[1\]\+? +Running'
	not screen_like "can't access tty"
	type_line exit
	shows '^ended 0$'
}

@test "the terminal is restored when the container is killed" {
	run_it
	rootlet kill c1 KILL
	shows 'ended 137$'
	sane
}

@test "the terminal is restored when the runtime is told to end" {
	run_it
	pid=$(pgrep -f "^$ROOTLET --root $ROOT run" | head -n 1)
	type_line 'trap "echo told; exit 3" TERM HUP; while :; do sleep 0.05; done'
	pause
	kill -TERM "$pid"
	shows '^ended 3$'
	sane
}

@test "a window that goes away ends the container" {
	run_it
	init=$(state_of .pid)
	type_line 'trap "exit 4" HUP; clear; echo waiting; while :; do sleep 0.05; done'
	shows '^waiting$'
	tm kill-session -t t
	until_true 5 pid_gone "$init"
	until_true 5 no_process
	[ ! -e "$ROOT/c1" ]
}

@test "much output arrives whole" {
	run_it
	type_line 'i=0; while [ $i -lt 3000 ]; do echo "line $i"; i=$((i+1)); done; echo last-line; exit 0'
	shows '^last-line$'
	shows '^ended 0$'
	screen_like '^line 2999$'
}

@test "without a terminal of our own: a pty all the same, no raw mode, input until its end" {
	config '.process.args = ["sh", "-c", "test -t 0 && test -t 1 && echo is-tty; stty size; read a; echo got $a"]'
	printf 'hello\n' >"$BATS_TEST_TMPDIR/in"
	go timeout 10 "$ROOTLET" --root "$ROOT" run --bundle "$BUNDLE" c1 <"$BATS_TEST_TMPDIR/in"
	[ "$status" = 0 ] || complain
	grep -q is-tty <<<"$output"
	grep -q 'got hello' <<<"$output"
}

@test "a flood that nobody reads: memory stays, the program waits, then all of it comes" {
	config '.process.args = ["sh", "-c", "stty -opost; i=0; while [ $i -lt 200 ]; do cat /flood; i=$((i+1)); done"]'
	head -c 10000 /dev/zero | tr '\0' x >"$ROOTFS/flood"
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	"$ROOTLET" --root "$ROOT" run --bundle "$BUNDLE" c1 </dev/null >"$BATS_TEST_TMPDIR/fifo" 3>&- &
	pid=$!
	exec 9<"$BATS_TEST_TMPDIR/fifo"
	until_true 5 is_status running
	sleep 0.2
	before=$(awk '$1 == "VmRSS:" { print $2 }' "/proc/$pid/status")
	head -c 1000000 <&9 >"$BATS_TEST_TMPDIR/first"
	sleep 0.2
	after=$(awk '$1 == "VmRSS:" { print $2 }' "/proc/$pid/status")
	[ "$((after - before))" -lt 200 ] || { echo "$before kB, then $after kB" && return 1; }
	wc -c <&9 >"$BATS_TEST_TMPDIR/rest"
	exec 9<&-
	wait "$pid"
	[ "$(($(wc -c <"$BATS_TEST_TMPDIR/first") + $(cat "$BATS_TEST_TMPDIR/rest")))" = 2000000 ]
}

@test "the last bytes before the end are not lost" {
	config '.process.args = ["sh", "-c", "stty -opost; cat /flood; echo -n the-end"]'
	head -c 100000 /dev/zero | tr '\0' x >"$ROOTFS/flood"
	for _ in 1 2 3 4 5; do
		"$ROOTLET" --root "$ROOT" run --bundle "$BUNDLE" c1 </dev/null 3>&- | tail -c 10 >"$BATS_TEST_TMPDIR/tail"
		[ "$(cat "$BATS_TEST_TMPDIR/tail")" = xxxthe-end ]
	done
}

@test "whoever reads goes away in the middle: the program is hung up" {
	config '.process.args = ["sh", "-c", "while echo y; do :; done; exit 1"]'
	timeout 60 "$ROOTLET" --root "$ROOT" run --bundle "$BUNDLE" c1 </dev/null 2>"$BATS_TEST_TMPDIR/err" 3>&- | head -n 3 >"$BATS_TEST_TMPDIR/out"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/out")" = 3 ]
	[ ! -s "$BATS_TEST_TMPDIR/err" ]
	[ ! -e "$ROOT/c1" ]
}

@test "the terminal belongs to the container's user" {
	requires_many_ids
	config '.process.user = {uid: 1000, gid: 1000}'
	run_it
	type_line 'stat -c "%u" "$(tty)"; echo x >"$(tty)" && echo writable'
	shows '^1000$'
	shows '^writable$'
	type_line exit
	shows '^ended 0$'
}
