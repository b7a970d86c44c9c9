#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # text for the container's shell; what lib/common sets
# ctr - containerd with this runtime, as root and in the guest only, for its shims
# keep their sockets in /run/containerd.  One containerd for all tests of the file.
load lib/common

in_guest_as_root() { [ "$ME" = 0 ] && [ -n "$ROOTLET_GUEST" ] && command -v ctr >/dev/null; }

setup_file() {
	in_guest_as_root || return 0
	export P=$BATS_FILE_TMPDIR/p
	mkdir -p "$P"
	template
	cp -a "$BATS_FILE_TMPDIR/template/rootfs" "$P/rootfs"
	echo text >"$P/rootfs/bin/text"
	# Its other plugins look for a network, or for file systems that are not there.
	cat >"$P/config.toml" <<-END
		version = 2
		root = "$P/root"
		state = "$P/state"
		disabled_plugins = [$(printf '"io.containerd.%s", ' grpc.v1.cri internal.v1.opt internal.v1.tracing \
			tracing.processor.v1.otlp snapshotter.v1.{aufs,btrfs,devmapper,overlayfs,zfs} | sed 's/, $//')]
		[grpc]
		  address = "$P/s"
	END
	containerd --config "$P/config.toml" >"$P/log" 2>&1 </dev/null 3>&- &
	echo $! >"$P/pid"
	until_true 10 test -S "$P/s"
}
setup() {
	[ -n "$ROOTLET_GUEST" ] || skip "in the guest"
	requires_root
	requires_tool ctr
	common_setup
}
teardown() {
	[ -d "${ROOT-}" ] || return 0
	clean_up
	[ -z "$(ls "$P/runc/default" 2>/dev/null)" ] || { echo "in the state root: $(ls "$P/runc/default")" && return 1; }
}
teardown_file() {
	[ -n "${P-}" ] || return 0
	kill "$(cat "$P/pid")"
	until_true 10 pid_gone "$(cat "$P/pid")"
}

RUN=(--runc-root "$BATS_FILE_TMPDIR/p/runc" --env PATH=/bin --env A=b)
ctr() { go timeout 120 ctr --address "$P/s" "$@" </dev/null; }
# in_new ID OPTION... -- COMMAND...: run from the folder.
in_new() {
	local id=$1 options=()
	shift
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	ctr run --runc-binary "$ROOTLET" "${RUN[@]}" "${options[@]}" --rootfs "$P/rootfs" "$id" "$@"
}
# at_terminal WORDS: ctr at one; what it shows is $output.
at_terminal() { go timeout 120 script -qec "ctr --address $P/s $1" /dev/null </dev/null; }
task_is() { [ "$(command ctr --address "$P/s" task ls | awk -v id="$1" '$1 == id { print $3 }')" = "$2" ]; }

@test "run: both streams, the exit status, a missing program, one that is none" {
	in_new c1 --rm -- sh -c 'echo said; echo complained >&2; id -u; echo $A; exit 3'
	ended 3 && has said 0 b
	[ "$stderr" = complained ] || complain "both streams"
	in_new c1 --rm -- nothere
	ended 1
	[[ "$stderr" == *'executable file not found in $PATH'* ]]
	in_new c1 --rm -- /bin/text
	ended 1
	[[ "$stderr" == *'permission denied'* ]]
}

@test "run at a terminal" {
	at_terminal "run -t --rm --runc-binary $ROOTLET ${RUN[*]} --rootfs $P/rootfs c1 sh -c 'tty; test -t 1 && test -t 2 && echo all-three; exit 5'"
	ended 5
	grep -qE '/dev/(pts/0|console)' <<<"$output"
	[[ "$output" == *all-three* ]]
}

@test "run --detach, ps, exec, exec at a terminal, kill, delete" {
	in_new c1 --detach -- sleep 1000
	ok
	ctr task ls
	ok && like 'c1 +[0-9]+ +RUNNING *'
	ctr task exec --exec-id e1 c1 sh -c 'echo said; echo complained >&2; exit 7'
	ended 7
	[ "$output $stderr" = "said complained" ] || complain "both streams"
	go timeout 120 ctr --address "$P/s" task exec --exec-id e2 c1 cat <<<piped
	ok && has piped
	ctr task exec --exec-id e3 c1 nothere
	ended 1
	[[ "$stderr" == *'executable file not found in $PATH'* ]]
	at_terminal "task exec -t --exec-id e4 c1 sh -c 'tty; exit 5'"
	ended 5
	grep -qE '/dev/(pts/[0-9]|console)' <<<"$output"
	ctr task exec --detach --exec-id e5 c1 sleep 1001
	ok
	ctr task ps c1
	ok
	[ "$(grep -cE '^[0-9]+ ' <<<"$output")" = 2 ]
	ctr task kill --signal KILL c1
	ok
	until_true 10 task_is c1 STOPPED
	ctr task delete c1
	ended 0
	[[ "$stderr" == *'exit code 137'* ]]
	ctr container delete c1
	ok
}

@test "an image: imported, run with its defaults" {
	tar -C "$P/rootfs" --owner=0 --group=0 -cf layer.tar .
	jq -n --arg layer "sha256:$(sha256sum layer.tar | cut -d ' ' -f 1)" '{architecture: "amd64", os: "linux",
		config: {Cmd: ["/bin/pwd"], WorkingDir: "/home/user", Env: ["PATH=/bin"]},
		rootfs: {type: "layers", diff_ids: [$layer]}}' >config.json
	echo '[{"Config": "config.json", "RepoTags": ["localhost/box:latest"], "Layers": ["layer.tar"]}]' >manifest.json
	tar -cf image.tar manifest.json config.json layer.tar
	ctr images import --snapshotter native image.tar
	ended 0
	ctr run --rm --snapshotter native --runc-binary "$ROOTLET" --runc-root "$P/runc" localhost/box:latest c1
	ok && has /home/user
}
