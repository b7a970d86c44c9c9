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
	sleep 0.3
	key C-c
	shows '^slept 130$|^in> ?$'
	type_line 'cat; echo "cat $?"'
	sleep 0.3
	key C-d
	shows '^cat 0$'
	key C-d
	shows '^ended 0$'
	sane
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
	sleep 0.3
	kill -TERM "$pid"
	shows '^ended 3$'
	sane
}

@test "a window that goes away ends the container" {
	run_it
	init=$(state_of .pid)
	type_line 'trap "" HUP; while :; do sleep 0.05; done'
	tm kill-session -t t
	until_true 5 pid_gone "$init" || rootlet kill c1 KILL
	until_true 5 no_process
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
