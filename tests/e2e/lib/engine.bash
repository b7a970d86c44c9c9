# engine.bash - for the tests that are driven by podman and buildah: a folder $P, one
# per file, with all that these keep, and no registry.
#
# The engines do not pass their environment on, so a build with sanitizers would
# miss its options: ROOTLET_PLAIN it is.
#
# shellcheck shell=bash disable=SC2034,SC2154 # used by the tests; set by lib/common

# engine_files PROGRAM: the folder, a root file system in it, and $P/PROGRAM to call it.
engine_files() {
	command -v "$1" >/dev/null || return 0
	export P=$BATS_FILE_TMPDIR/p
	mkdir -m 700 "$P" "$P"/{home,run}
	template
	cp -a "$BATS_FILE_TMPDIR/template/rootfs" "$P/rootfs"
	echo text >"$P/rootfs/bin/text"
	# Without a systemd that could be asked, the engine has to make cgroups itself, or none.
	cat >"$P/containers.conf" <<-END
		[engine]
		$([ -d /run/systemd/system ] || echo 'cgroup_manager = "cgroupfs"')
		events_logger = "file"
		lock_type = "file"
		runtime_supports_nocgroup = ["rootlet"]
		runtime_supports_nocgroups = ["rootlet"]
		[engine.runtimes]
		rootlet = ["$ROOTLET_PLAIN"]
	END
	cat >"$P/$1" <<-END
		#!/bin/sh
		export HOME=$P/home XDG_RUNTIME_DIR=$P/run CONTAINERS_CONF=$P/containers.conf
		exec $1 --log-level error --root $P/store --runroot $P/runroot --storage-driver overlay "\$@"
	END
	chmod +x "$P/$1"
}

# requires_engine PROGRAM: in setup.
requires_engine() {
	requires_tool "$1"
	requires_many_ids
	[ "$ME" != 0 ] || [ -z "$ROOTLET_GUEST" ] || skip "containerd is root's there"
	ROOTLET=$ROOTLET_PLAIN
}

# engine_state_left: what our runtime still remembers; root's place is everybody's.
engine_state_left() { [ "$ME" = 0 ] || ls "$P/run/rootlet" 2>/dev/null || :; }
no_engine_state() { [ -z "$(engine_state_left)" ]; }
no_engine_state_left() {
	until_true 5 no_engine_state || {
		echo "in the state root: $(engine_state_left)"
		return 1
	}
}

# engine_down PROGRAM: in teardown_file.
engine_down() {
	local pid
	[ -n "${P-}" ] || return 0
	# The engine's files belong to ids of its user namespace.
	if [ "$ME" = 0 ]; then
		rm -rf "$P/store"
	else
		"$P/$1" unshare rm -rf "$P/store" 2>/dev/null 3>&- || : # it may be mounted there
	fi
	# podman keeps a process that holds the user namespace.
	pid=$(cat "$P/run/libpod/tmp/pause.pid" 2>/dev/null) && kill "$pid"
	rm -rf "$P"
}
