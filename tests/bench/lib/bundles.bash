# bundles.bash - the two bundles of the benchmark, and what they look like from
# inside.  Sourced by ../lifecycle, which sets WORK, USER_NAME, USER_ID, BENCH.
# shellcheck shell=bash

# rootfs DIR: busybox and a link for each applet that the bundles use.
rootfs() {
	local applet dir
	mkdir -p "$1"/{bin,etc,proc,dev,sys,tmp,data}
	cp "$(command -v busybox)" "$1/bin/busybox"
	for applet in sh true cat ls readlink id env sort sed cut stat hostname awk head wc find; do
		ln -s busybox "$1/bin/$applet"
	done
	for dir in {1..20}; do mkdir -p "$1/data/$dir"; done
	cp "$BENCH/lib/facts" "$1/facts"
}

# id_maps CALLER: the jq program that gives the bundle CALLER's id maps.
id_maps() {
	local one="{containerID: 0, hostID: $USER_ID, size: 1}" grant
	local gid_one="{containerID: 0, hostID: $USER_GID, size: 1}"
	case $1 in
	root) echo . ;;
	single)
		# As `runc spec --rootless` does: a gid of 5 does not map.
		echo ".linux.namespaces += [{type: \"user\"}] |
			.linux.uidMappings = [$one] | .linux.gidMappings = [$gid_one] |
			(.mounts[] | select(.options) | .options) |= map(select(startswith(\"gid=\") | not))"
		;;
	user)
		grant="{containerID: 1, hostID: $SUBUID, size: 65536}"
		echo ".linux.namespaces += [{type: \"user\"}] |
			.linux.uidMappings = [$one, $grant] |
			.linux.gidMappings = [$gid_one, {containerID: 1, hostID: $SUBGID, size: 65536}]"
		;;
	esac
}

# bundle CALLER NAME JQ-PROGRAM...: the one of Debian's `runc spec`, changed.
bundle() {
	local caller=$1 dir=$WORK/$1/$2
	shift 2
	mkdir -p "$dir"
	rootfs "$dir/rootfs"
	jq --slurpfile seccomp "$WORK/seccomp.json" --arg data "$dir/data" \
		".process.terminal = false | del(.linux.resources) | $(id_maps "$caller") | $1" \
		"$WORK/spec/config.json" >"$dir/config.json"
	mkdir -p "$dir"/data/{1..20}
	[ "$caller" = root ] || chown -R "$USER_ID:$USER_GID" "$dir"
}

# The profile's architectures are those of this machine.
seccomp_profile() {
	local archs='["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]'
	[ "$(uname -m)" != aarch64 ] || archs='["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"]'
	jq ".architectures = $archs" "$BENCH/seccomp.json" >"$WORK/seccomp.json"
}

make_bundles() { # CALLER...
	local caller binds
	mkdir "$WORK/spec"
	(cd "$WORK/spec" && runc spec)
	seccomp_profile
	# shellcheck disable=SC2016 # $data and $seccomp are jq's
	binds='.mounts += [range(1; 21) | tostring |
		{destination: "/data/\(.)", type: "bind", source: "\($data)/\(.)", options: ["rbind", "ro", "nosuid"]}] |
		.process.args = ["sh", "-c", "exit 3"]'
	for caller in "$@"; do
		bundle "$caller" true '.process.args = ["/bin/true"]'
		bundle "$caller" pause '.process.args = ["/bin/busybox", "sleep", "100"]'
		bundle "$caller" facts '.process.args = ["/bin/sh", "/facts"]'
		bundle "$caller" binds "$binds"
		bundle "$caller" engine "$binds | .linux.seccomp = \$seccomp[0]"
	done
}
