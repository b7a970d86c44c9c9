#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # text for the container's shell; what lib/common sets
# podman - rootless podman with this runtime: run, exec, a terminal, stop, kill, logs,
# namespaces that are shared, the user namespaces that it makes, an image.
#
# The root file system is a folder, or imported.  What needs a cgroup of the container's
# own (pause, limits, stats) is in tests/vm/podman.bats.
load lib/common
load lib/engine

setup_file() { engine_files podman; }
setup() {
	requires_engine podman
	common_setup
	# What podman leaves of the cgroups that root lets it make would stay.
	OPTIONS=(--network=none)
	[ "$ME" != 0 ] || OPTIONS+=(--cgroups=disabled)
	RUNTIME=$ROOTLET
	[ "$ME" != 0 ] || RUNTIME=rootlet
}
teardown() {
	local bad=0
	[ -z "${TMUX_SOCKET-}" ] || tmux -S "$TMUX_SOCKET" kill-server 2>/dev/null || :
	[ -d "${ROOT-}" ] || return 0
	# A container that was removed is removed from our state, too.
	no_engine_state_left || bad=1
	"$P/podman" rm --all --force --time 0 >/dev/null 2>&1 3>&-
	clean_up && return "$bad"
}
teardown_file() { engine_down podman; }

# pm ARGUMENT...: podman, as lib/common's go; pm_in TEXT ARGUMENT... with this input.
pm() { go "$P/podman" --runtime "$RUNTIME" "$@" </dev/null; }
pm_in() {
	local text=$1
	shift
	go "$P/podman" --runtime "$RUNTIME" "$@" <<<"$text"
}
# pm_run [OPTION]... -- COMMAND...: run --rm from the folder, without a network.
pm_run() {
	local options=()
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	pm run --rm "${OPTIONS[@]}" "${options[@]}" --rootfs "$P/rootfs" "$@"
}
# up NAME SCRIPT: one that runs detached.
up() {
	pm run --detach --name "$1" "${OPTIONS[@]}" --rootfs "$P/rootfs" sh -c "$2"
	ok
}
inspected() { [ "$("$P/podman" inspect -f "$2" "$1")" = "$3" ] || complain "$2 of $1 is not $3"; }

@test "run: both streams, the exit status, and nothing is left" {
	pm_run -- sh -c 'echo said; echo complained >&2; exit 3'
	ended 3
	[ "$output $stderr" = "said complained" ] || complain "both streams"
	pm_in piped run --rm -i "${OPTIONS[@]}" --rootfs "$P/rootfs" cat
	ok && has piped
	pm ps --all --quiet
	ok && [ -z "$output" ]
}

@test "run of what is not there ends with 127, of what can't be executed with 126" {
	pm_run -- nothere
	ended 127
	[[ "$stderr" == *'executable file not found in $PATH'* ]]
	pm_run -- /nothere/either
	ended 127
	pm_run -- /bin/text
	ended 126
	pm_run -- /etc
	ended 126
}

@test "run --detach, logs, stop, rm" {
	up c1 'trap "echo bye; exit 4" TERM; echo up; while :; do sleep 0.1; done'
	pm stop c1
	ok
	pm logs c1
	ok && has up bye
	inspected c1 '{{.State.Status}} {{.State.ExitCode}}' 'exited 4'
	pm rm c1
	ok
}

@test "run --detach, kill, wait, restart, rm --force" {
	up c1 'exec sleep 1000'
	pm kill c1
	ok
	pm wait c1
	ok && has 137
	pm restart c1
	ok
	inspected c1 '{{.State.Status}}' running
	pm rm --force --time 0 c1
	ok
}

@test "create, init, start --attach" {
	requires_fast
	pm create --name c1 "${OPTIONS[@]}" --rootfs "$P/rootfs" sh -c 'echo said; exit 6'
	ok
	pm init c1
	ok
	inspected c1 '{{.State.Status}}' initialized
	pm start --attach c1
	ended 6 && has said
	pm rm c1
	ok
}

@test "another container's pid, ipc and network namespaces" {
	up c1 'exec sleep 1000'
	pm_run --pid=container:c1 --ipc=container:c1 --network=container:c1 -- \
		sh -c 'test $$ != 1 && kill -0 1 && readlink /proc/1/ns/net /proc/self/ns/net | sort -u | wc -l'
	ok && has 1
	pm rm --force --time 0 c1
	ok
}

@test "--userns=keep-id, and mappings of one's own" {
	requires_unprivileged
	pm_run --userns=keep-id -- sh -c 'id -u; id -g; cat /proc/self/uid_map | wc -l'
	ok && has "$ME" "$(id -g)" 3
	pm_run --uidmap 0:100:10 --gidmap 0:200:10 --user 5:6 -- sh -c 'echo $(id -u) $(id -g); cat /proc/self/[ug]id_map | tr -s " "'
	ok && has '5 6' ' 0 100 10' ' 0 200 10'
}

@test "options: what podman asks for is there" {
	mkdir volume
	pm_run --hostname box --user 1000:1000 --workdir /home/user --env A=b --ulimit nofile=100:200 --read-only \
		--tmpfs /tmp --volume "$PWD/volume:/mnt/b:ro" --cap-drop all --cap-add chown --security-opt no-new-privileges \
		--sysctl net.ipv4.ip_default_ttl=77 --shm-size 1m -- sh -c '
		hostname; id -u; pwd; echo $A; ulimit -n; ulimit -Hn; cat /proc/sys/net/ipv4/ip_default_ttl
		touch /new 2>/dev/null || echo read-only; touch /tmp/new && echo tmpfs; touch /mnt/b/new 2>/dev/null || echo volume-ro
		grep -E "^(CapBnd|NoNewPrivs|Seccomp):" /proc/self/status; grep " /dev/shm " /proc/mounts'
	ok
	has box 1000 /home/user b 100 200 77 read-only tmpfs volume-ro
	like 'CapBnd:\s0000000000000001' 'NoNewPrivs:\s1' 'Seccomp:\s2' '.*size=1024k.*'
}

@test "--privileged, the host's network, --cgroups=disabled" {
	requires_fast
	OPTIONS=(--cgroups=disabled --network=host)
	RUNTIME=rootlet
	pm_run --privileged -- sh -c 'readlink /proc/self/ns/net; test -c /dev/tty && echo device; grep Seccomp: /proc/self/status; touch /proc/sys/net/x 2>/dev/null; echo ready'
	ok
	has "$(readlink /proc/self/ns/net)" device ready
	like 'Seccomp:\s0'
}

@test "a network by slirp4netns" {
	requires_tool slirp4netns
	requires_unprivileged
	[ -w /dev/net/tun ] || skip "/dev/net/tun is not for users here"
	OPTIONS=(--network=slirp4netns)
	pm_run -- sh -c 'ip addr show tap0 | grep -o "inet 10[^/]*"'
	ok && has 'inet 10.0.2.100'
}

@test "an image: import, run with its defaults, commit it" {
	requires_fast
	tar -C "$P/rootfs" --owner=0 --group=0 -c . | "$P/podman" import -c CMD=/bin/pwd -c WORKDIR=/home/user - localhost/box >/dev/null 2>&1 3>&-
	pm run --rm "${OPTIONS[@]}" localhost/box
	ok && has /home/user
	pm create --name c1 "${OPTIONS[@]}" localhost/box sh -c 'echo kept >/kept; cat /kept'
	pm start --attach c1
	ok && has kept
	pm commit --quiet c1 localhost/two
	ok
	pm run --rm "${OPTIONS[@]}" localhost/two cat /kept
	ok && has kept
	pm rm c1
	ok
}

# --- a terminal

tm() { tmux -f /dev/null -S "$TMUX_SOCKET" "$@"; }
type_line() { tm send-keys -t t -l "$1" && tm send-keys -t t Enter; }
screen_like() { tm capture-pane -p -t t | grep -qE "$1"; }
shows() { until_true 10 screen_like "$1" || { tm capture-pane -p -t t | grep . || :; return 1; }; }
terminal() {
	requires_tool tmux
	TMUX_SOCKET=$BATS_TEST_TMPDIR/tmux
	unset TMUX
	tm new-session -d -x 100 -y 30 -s t "env PS1='out> ' bash --norc --noprofile" 3>&-
	shows '^out> ?$'
}

@test "run -it: a shell at a terminal, its size, and its exit status" {
	terminal
	type_line "clear; $P/podman --runtime $RUNTIME run --rm -it ${OPTIONS[*]} --env PS1='in> ' --rootfs $P/rootfs sh; echo \"ended \$?\""
	shows '^in> ?$'
	type_line 'clear; stty size; tty'
	shows '^30 100$'
	shows '^/dev/(pts/0|console)$'
	tm resize-window -t t -x 80 -y 24
	until_true 5 resized
	type_line 'sleep 100'
	sleep 0.3
	tm send-keys -t t C-c
	type_line 'exit 5'
	shows '^ended 5$'
}
resized() {
	type_line 'clear; stty size'
	sleep 0.1
	screen_like '^24 80$'
}

# --- exec

@test "exec: both streams, input, the exit status, 127 and 126" {
	up c1 'exec sleep 1000'
	pm exec c1 sh -c 'echo said; echo complained >&2; exit 7'
	ended 7
	[ "$output $stderr" = "said complained" ] || complain "both streams"
	pm_in piped exec -i --env A=b --user 1000:1000 --workdir /tmp c1 sh -c 'cat; echo $A; id -u; pwd'
	ok && has piped b 1000 /tmp
	echo passed on >file
	go sh -c 'exec "$@" 3<file' sh "$P/podman" --runtime "$RUNTIME" exec --preserve-fds 1 c1 cat /dev/fd/3
	ok && has "passed on"
	pm exec c1 nothere
	ended 127
	pm exec c1 /bin/text
	ended 126
	pm rm --force --time 0 c1
	ok
	pm exec c1 true
	ended 125
}

@test "exec -it, and exec --detach" {
	terminal
	up c1 'exec sleep 1000'
	pm exec --detach c1 sh -c 'echo detached >/tmp/there'
	ok
	type_line "clear; $P/podman --runtime $RUNTIME exec -it --env PS1='in> ' c1 sh; echo \"ended \$?\""
	shows '^in> ?$'
	type_line 'clear; stty size; cat /tmp/there'
	shows '^30 100$'
	shows '^detached$'
	type_line 'exit 5'
	shows '^ended 5$'
	pm rm --force --time 0 c1
	ok
}
