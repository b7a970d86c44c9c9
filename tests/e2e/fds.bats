#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # text for the container's shell; what lib/common sets
# fds - --preserve-fds, and what socket activation hands over.
load lib/common

setup() {
	common_setup
	bundle
	for i in 3 4 5 6 7; do echo "fd $i" >"$BATS_TEST_TMPDIR/f$i"; done
}

# What is open, by what is in it; a shell may keep its script at 10 or above.
show='for i in 3 4 5 6 7 8 9; do [ ! -e /proc/$$/fd/$i ] || echo "open $i"; done
	for i in 3 4 5 6 7; do [ ! -e /proc/$$/fd/$i ] || eval "cat <&$i"; done'

# with_fds N COMMAND...: with the files 3 to N open, and 7 always.
with_fds() {
	local n=$1
	shift
	(
		exec 4>&- 5>&-
		[ "$n" -lt 3 ] || exec 3<"$BATS_TEST_TMPDIR/f3"
		[ "$n" -lt 4 ] || exec 4<"$BATS_TEST_TMPDIR/f4"
		[ "$n" -lt 5 ] || exec 5<"$BATS_TEST_TMPDIR/f5"
		exec 7<"$BATS_TEST_TMPDIR/f7"
		exec "$@" >"$BATS_TEST_TMPDIR/with.out" 2>"$BATS_TEST_TMPDIR/with.err"
	) 3>&- && status=0 || status=$?
	output=$(cat "$BATS_TEST_TMPDIR/with.out") stderr=$(cat "$BATS_TEST_TMPDIR/with.err")
}
# activated NAMES COMMAND...: as systemd starts the service of a socket.
activated() { LISTEN_FDNAMES=$1 sh -c 'shift; LISTEN_PID=$$ exec "$@"' sh "$@"; }

@test "those that were asked for arrive under their numbers, and no other" {
	script "$show"
	with_fds 5 "$ROOTLET" --root "$ROOT" --log "$BATS_TEST_TMPDIR/log" run --preserve-fds 2 --bundle "$BUNDLE" c1
	ok
	[ "$output" = $'open 3\nopen 4\nfd 3\nfd 4' ] || complain
	with_fds 5 "$ROOTLET" --root "$ROOT" run --bundle "$BUNDLE" c1
	ok
	[ -z "$output" ] || complain
}

@test "through create: init keeps them until start" {
	script "$show"
	with_fds 5 "$ROOTLET" --root "$ROOT" create --preserve-fds=3 --bundle "$BUNDLE" c1
	[ "$status" = 0 ] || complain
	[ "$(readlink "/proc/$(state_of .pid)/fd/5")" = "$BATS_TEST_TMPDIR/f5" ]
	rootlet start c1
	until_true 5 is_status stopped
	[ "$(cat "$BATS_TEST_TMPDIR/with.out")" = $'open 3\nopen 4\nopen 5\nfd 3\nfd 4\nfd 5' ]
}

@test "through the sealed copy of ourselves, and a user namespace that is joined" {
	cp "$ROOTLET" "$BATS_TEST_TMPDIR/own"
	script "$show"
	with_fds 4 "$BATS_TEST_TMPDIR/own" --root "$ROOT" run --preserve-fds 1 --bundle "$BUNDLE" c1
	ok
	[ "$output" = $'open 3\nfd 3' ] || complain
}

@test "one that is not open: an error that names the first, before anything is made" {
	with_fds 4 "$ROOTLET" --root "$ROOT" --log "$BATS_TEST_TMPDIR/log" run --preserve-fds 4 --bundle "$BUNDLE" c1
	refused '--preserve-fds 4: file descriptor 5 is not open'
	with_fds 2 "$ROOTLET" --root "$ROOT" --log "$BATS_TEST_TMPDIR/log" create --preserve-fds 4294967295 --bundle "$BUNDLE" c1
	refused 'file descriptor 3 is not open'
	[ -z "$(ls "$ROOT")" ]
}

@test "socket activation: LISTEN_FDS come before the others, LISTEN_PID is the program's" {
	config '.process.env += ["LISTEN_FDS=7", "LISTEN_PID=7"]'
	script "$show"'; env | grep ^LISTEN_ | sort; [ "$LISTEN_PID" = $$ ] && echo mine'
	LISTEN_FDS=1 with_fds 5 bash -c '. "$0" && "$@"' <(declare -f activated) activated http.socket "$ROOTLET" --root "$ROOT" run --preserve-fds 1 --bundle "$BUNDLE" c1
	ok
	[ "$output" = $'open 3\nopen 4\nfd 3\nfd 4\nLISTEN_FDNAMES=http.socket\nLISTEN_FDS=1\nLISTEN_PID=1\nmine' ] || complain
	# With the pids of the host it is another one.
	config 'del(.linux.namespaces[] | select(.type == "pid"))'
	LISTEN_FDS=1 with_fds 5 bash -c '. "$0" && "$@"' <(declare -f activated) activated http.socket "$ROOTLET" --root "$ROOT" run --bundle "$BUNDLE" c1
	[ "$status" = 0 ] || complain
	has 'open 3' mine
	lacks 'open 4'
	# It promises what is not there.
	LISTEN_FDS=2 with_fds 3 bash -c '. "$0" && "$@"' <(declare -f activated) activated http.socket "$ROOTLET" --root "$ROOT" run --bundle "$BUNDLE" c1
	refused 'LISTEN_FDS=2: file descriptor 4 is not open'
}

@test "LISTEN_FDS of somebody else is none of ours" {
	script "$show; env | grep ^LISTEN_ | sort"
	LISTEN_FDS=1 LISTEN_PID=1 with_fds 5 "$ROOTLET" --root "$ROOT" run --bundle "$BUNDLE" c1
	[ -z "$output$stderr" ] || complain
}

@test "neither we nor a hook keep them: the other end of a pipe hears when the program closes it" {
	config '.hooks = {createRuntime: [{path: "/bin/sh", args: ["sh", "-c", "for i in 3 4 5 6 7; do [ ! -e /proc/$$/fd/$i ] || echo open $i; done >\($dir)/hook"]}]}' --arg dir "$BATS_TEST_TMPDIR"
	script 'echo from-inside >&3; exec 3>&-; until [ -e /tmp/go ]; do sleep 0.02; done'
	mkfifo fifo
	"$ROOTLET" --root "$ROOT" run --preserve-fds 1 --bundle "$BUNDLE" c1 3>fifo </dev/null &
	[ "$(timeout 30 cat fifo)" = from-inside ]
	[ "$(state_of .status)" = running ]
	touch "$ROOTFS/tmp/go"
	wait $!
	[ -e "$BATS_TEST_TMPDIR/hook" ] && [ ! -s "$BATS_TEST_TMPDIR/hook" ]
}
