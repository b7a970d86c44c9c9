#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # text for the container's shell; what lib/common sets
# sockets - --console-socket, --pidfd-socket: file descriptors for an engine; and
# NOTIFY_SOCKET: what the program says to the caller's supervisor.
load lib/common

setup() {
	requires_tool python3
	common_setup
	bundle
}
teardown() {
	[ -z "${receiver-}" ] || { kill "$receiver" 2>/dev/null && wait "$receiver" 2>/dev/null; } || :
	clean_up
}

# receive HOW PATH [TEXT]: the engine's end; what it says goes to $said.
receive() {
	said=$BATS_TEST_TMPDIR/said
	rm -f "$said"
	[ -z "${receiver-}" ] || kill "$receiver" 2>/dev/null || :
	python3 "$BATS_TEST_DIRNAME/lib/receiver" "$@" </dev/null >"$said" 2>&1 3>&- &
	receiver=$!
	until_true 5 says listening
}
says() { tr -d '\r' <"$said" 2>/dev/null | grep -qxE -e "$1"; }
terminal() { config '.process.terminal = true'; }

@test "create: the terminal goes over the socket, with its name and its size" {
	terminal
	config '.process.consoleSize = {height: 11, width: 77}'
	receive fd s typed
	create 'stty size; tty; test -t 0 && test -t 1 && test -t 2 && echo all-three; echo to-console >/dev/console; read a; echo "read $a"; for i in 3 4 5 6 7 8 9; do [ ! -e /proc/$$/fd/$i ] || echo "open $i"; done' --console-socket s
	until_true 5 says 'tty: 11 77'
	says 'message: /dev/(pts/0|console)'
	says 'descriptors: 1'
	says 'rest: 0'
	[ "$(state_of .status)" = created ]
	rootlet start c1
	until_true 5 says 'hung up'
	for line in '11 77' '/dev/(pts/0|console)' all-three to-console 'read typed'; do
		says "$line" || { cat "$said" && return 1; }
	done
	not says 'open .'
	until_true 5 is_status stopped
}

@test "nobody of ours keeps the terminal: it hangs up when the receiver ends" {
	terminal
	config '.root.readonly = false'
	receive fd s text
	detached 'trap "echo hup >/tmp/hup; exit 3" HUP; echo ready; while :; do sleep 0.02; done' --console-socket "$BATS_TEST_TMPDIR/s"
	until_true 5 says ready
	kill "$receiver"
	until_true 5 test -s "$ROOTFS/tmp/hup"
	until_true 5 is_status stopped
}

@test "in the foreground: the terminal is the receiver's, our stdio is left alone" {
	terminal
	receive fd s text
	script 'read a; echo "read $a"; exit 4'
	go rootlet run --console-socket=s --bundle "$BUNDLE" c1 <<<input
	ended 4
	[ -z "$output$stderr" ] || complain
	until_true 5 says 'read text'
}

@test "what does not fit together is told, and nothing is made" {
	terminal
	for command in create 'run --detach'; do
		# shellcheck disable=SC2086 # it is several words
		go rootlet $command --bundle "$BUNDLE" c1
		refused process.terminal --console-socket
	done
	go rootlet create --console-socket missing/s --bundle "$BUNDLE" c1
	refused '--console-socket: ' missing/s
	touch file
	go rootlet create --console-socket file --bundle "$BUNDLE" c1
	refused file 'not a socket'
	config '.process.terminal = false'
	go rootlet create --console-socket s --bundle "$BUNDLE" c1
	refused --console-socket 'set process.terminal to true'
	go rootlet create --pidfd-socket missing --bundle "$BUNDLE" c1
	refused '--pidfd-socket: ' missing
	config '.annotations = {"run.oci.pidfd_receiver": "missing"}'
	go rootlet create --bundle "$BUNDLE" c1
	refused run.oci.pidfd_receiver missing
	[ -z "$(ls "$ROOT")" ]
}

@test "a socket that is closed, and a reader that goes away" {
	terminal
	receive gone s
	go rootlet create --console-socket s --bundle "$BUNDLE" c1
	refused --console-socket 'has closed the socket'
	[ ! -e "$ROOT/c1" ]
	wait "$receiver"
	go rootlet create --console-socket s --bundle "$BUNDLE" c1
	refused 'nobody listens'
	[ ! -e "$ROOT/c1" ]
}

@test "a path longer than an address" {
	local deep
	deep=$BATS_TEST_TMPDIR/$(printf 'd%.0s' {1..120})
	mkdir "$deep"
	terminal
	receive fd s
	mv s "$deep/s"
	create 'exit 0' --console-socket "$deep/s"
	until_true 5 says 'tty: .*'
}

@test "pidfd: of init, to a socket and to the receiver of the annotation" {
	receive fd s
	create 'exec sleep 100' --pidfd-socket s
	until_true 5 says "pidfd: $(state_of .pid)"
	says 'message: standard'
	rootlet delete --force c1
	config '.annotations = {"run.oci.pidfd_receiver": "s2"}'
	receive fd s2
	detached 'exec sleep 100'
	until_true 5 says "pidfd: $(state_of .pid)"
}

# --- sd_notify(3)

# speaking: /say in the container sends its arguments as one notification.
speaking() {
	config '.mounts += [{destination: "/usr", type: "bind", source: "/usr", options: ["rbind", "ro"]}]'
	mkdir "$ROOTFS/usr"
	ln -s usr/lib usr/lib64 "$ROOTFS"
	cat >"$ROOTFS/say" <<-'SAY'
		#!/usr/bin/python3 -I
		import os, socket, sys
		to = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
		to.connect(os.environ["NOTIFY_SOCKET"])
		to.send("\n".join(sys.argv[1:]).encode())
	SAY
	chmod +x "$ROOTFS/say"
	receive notify "$BATS_TEST_TMPDIR/n"
	export NOTIFY_SOCKET=$BATS_TEST_TMPDIR/n
}
unsaid() { [ "$(tail -n +2 "$said")" = "" ]; }

@test "notify: in the foreground what the program says is passed on, as far as it is about us" {
	speaking
	inside '[ "$NOTIFY_SOCKET" = /run/notify/notify.sock ] || exit 9
		/say STATUS=starting "X=1" MAINPID=1
		/say FDSTORE=1 FDNAME=x
		/say READY=1 NOTIFYACCESS=all
		rm /run/notify/notify.sock 2>/dev/null && exit 8
		/say STOPPING=1; exit 5'
	ended 5
	[ -z "$stderr" ] || complain
	until_true 5 says STOPPING=1
	[ "$(tail -n +2 "$said")" = $'STATUS=starting\nREADY=1\nSTOPPING=1' ] || { cat "$said" && return 1; }
}

@test "notify: run --detach and start end when the program is ready, and name init as the main process" {
	speaking
	detached 'until [ -e /tmp/go ]; do sleep 0.02; done; /say READY=1 STATUS=up; exec sleep 100' &
	until_true 5 is_status running
	kill -0 $!
	unsaid
	touch "$ROOTFS/tmp/go"
	wait $!
	says "READY=1 \| STATUS=up \| MAINPID=$(state_of .pid)"
	says BARRIER=1
	rootlet delete --force c1
	receive notify "$BATS_TEST_TMPDIR/n2"
	export NOTIFY_SOCKET=$BATS_TEST_TMPDIR/n2
	create '/say READY=1; exec sleep 100'
	unsaid
	rootlet start c1
	says "READY=1 \| MAINPID=$(state_of .pid)"
}

@test "notify: nobody waits where nothing will come" {
	speaking
	create 'exit 0'
	go timeout 20 "$ROOTLET" --root "$ROOT" start c1
	ok
	rootlet delete --force c1
	create 'exec sleep 100'
	NOTIFY_SOCKET='' go timeout 20 "$ROOTLET" --root "$ROOT" start c1
	ok
	rootlet delete --force c1
	# One that an ancestor left behind.
	NOTIFY_SOCKET=/nowhere/notify inside 'exit 6'
	ended 6
	[[ $stderr == *"NOTIFY_SOCKET /nowhere/notify"* ]] || complain
}
