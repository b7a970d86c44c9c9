#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # text for the container's shell; what lib/common sets
# features - what it lists is so here, for this caller.
load lib/common

features() { rootlet features | jq -c "$1"; }

@test "as the schema asks, and nothing on stderr" {
	vectors
	# The checker finds what is wrong.
	for file in "$VECTORS"/test/features/good/*.json; do [ -z "$(complaints features-schema.json <"$file")" ]; done
	for file in "$VECTORS"/test/features/bad/*.json; do [ -n "$(complaints features-schema.json <"$file")" ]; done
	go rootlet features
	ok
	[ -z "$(complaints features-schema.json <<<"$output")" ] || complain "$(complaints features-schema.json <<<"$output")"
	jq -e '.ociVersionMax == "1.3.0" and (.hooks | length) == 6' <<<"$output"
	go rootlet features extra
	refused "takes no arguments"
	# It needs neither a home nor a place for state.
	go env -i ASAN_OPTIONS="$ASAN_OPTIONS" "$ROOTLET" features
	ok
}

@test "namespaces and capabilities are those of this kernel" {
	bundle '.linux.namespaces = ($f | map({type: .}))' --argjson f "$(features .linux.namespaces)"
	[ "$ME" != 0 ] || config '.linux.uidMappings = [{containerID: 0, hostID: 0, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
	inside 'for ns in mnt pid net ipc uts cgroup user time; do [ ! -e /proc/self/ns/$ns ] || readlink /proc/self/ns/$ns; done'
	ok
	[ "${#lines[@]}" = "$(features '.linux.namespaces | length')" ]
	for line in "${lines[@]}"; do [ "$(readlink "/proc/self/ns/${line%%:*}")" != "$line" ] || complain "$line is the host's"; done
	last=$(cat /proc/sys/kernel/cap_last_cap)
	[ "$(features '.linux.capabilities | length')" = $((last + 1)) ]
	# One that the administrator has switched off is not listed.
	go unshare -U --map-root-user sh -c 'echo 0 >/proc/sys/user/max_ipc_namespaces && exec "$0" features' "$ROOTLET"
	ok
	jq -e '.linux.namespaces | index("ipc") == null and index("uts") != null' <<<"$output"
}

@test "mount options and seccomp words are taken" {
	bundle '.mounts += [$f[] | select(test("idmap|bind$") | not) | {destination: "/mnt/\(.)", type: "tmpfs", source: "tmpfs", options: [.]}]' \
		--argjson f "$(features .mountOptions)"
	go rootlet plan --bundle "$BUNDLE" c1
	ok
	jq -e '[.degraded[].item | select(startswith("mounts[/mnt"))] - ["mounts[/mnt/shared].options", "mounts[/mnt/rshared].options"] == []' <<<"$output"
	bundle '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", architectures: $f.archs, flags: ($f.supportedFlags - ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]), syscalls:
		([$f.actions[] | select(. != "SCMP_ACT_NOTIFY") | {names: ["swapoff"], action: ., args: [{index: 0, value: (now | floor), op: "SCMP_CMP_EQ"}]}][0:1]
		+ [$f.operators[] | {names: ["swapon"], action: "SCMP_ACT_ERRNO", args: [{index: 1, value: 7, op: .}]}])}' --argjson f "$(features .linux.seccomp)"
	inside 'grep Seccomp: /proc/self/status'
	ok && like 'Seccomp:[[:space:]]2'
	for action in $(features '.linux.seccomp.actions[]' | tr -d '"'); do
		config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", listenerPath: "/nowhere", syscalls: [{names: ["swapon"], action: $a}]}' --arg a "$action"
		go rootlet plan --bundle "$BUNDLE" c1
		ok || complain "$action"
	done
}

@test "control groups: version 2 where it is mounted, a manager that would be asked" {
	mount=
	for dir in /sys/fs/cgroup /sys/fs/cgroup/unified; do
		[ "$(stat -f -c %T $dir 2>/dev/null)" != cgroup2fs ] || { mount=$dir && break; }
	done
	[ "$(features .linux.cgroup.v2)" = "$([ -n "$mount" ] && echo true || echo false)" ]
	[ "$(features .linux.cgroup.v1)" = false ]
	[ "$(features .linux.cgroup.rdma)" = "$(grep -qw rdma "$mount/cgroup.controllers" && echo true || echo false)" ]
	bundle
	asked=$(rootlet --cgroup-manager systemd plan --bundle "$BUNDLE" c1 2>/dev/null | jq -r '.cgroup.manager == "systemd"') || :
	[ "$(features '.linux.cgroup | .systemd or .systemdUser')" = "${asked:-false}" ]
	[ "$(features .linux.cgroup.systemdUser)" = false ] || [ "$ME" != 0 ]
}

@test "labels, memory policy, what takes a right over the host" {
	[ "$(features .linux.apparmor.enabled)" = "$(grep -qx Y /sys/module/apparmor/parameters/enabled 2>/dev/null && echo true || echo false)" ]
	[ "$(features .linux.selinux.enabled)" = "$([ "$(stat -f -c %T /sys/fs/selinux 2>/dev/null)" = selinux ] && echo true || echo false)" ]
	bundle '.linux.intelRdt = {closID: "x"}'
	inside true
	[ "$(features .linux.intelRdt.enabled)" = false ] && refused linux.intelRdt
	for mode in $(features '.linux.memoryPolicy.modes[]?' | tr -d '"'); do
		bundle '.linux.memoryPolicy = {mode: $m} | if $m | test("DEFAULT|LOCAL") then . else .linux.memoryPolicy.nodes = "0" end' --arg m "$mode"
		go rootlet plan --bundle "$BUNDLE" c1
		ok || complain "$mode"
	done
	# Idmapped mounts and devices of the host's network.
	mkdir "$BATS_TEST_TMPDIR/data"
	bundle '.mounts += [{destination: "/mnt/a", type: "bind", source: $s, options: ["bind"], uidMappings: $m, gidMappings: $m}]' \
		--arg s "$BATS_TEST_TMPDIR/data" --argjson m '[{"containerID": 0, "hostID": 0, "size": 1}]'
	inside true
	if [ "$(features .linux.mountExtensions.idmap.enabled)" = true ]; then ok; else refused mounts; fi
	bundle '.linux.netDevices = {"nosuchdevice": {}}'
	inside true
	refused nosuchdevice
	[ "$(features .linux.netDevices.enabled)" = "$([ "$ME" = 0 ] && echo true || echo false)" ]
	[ "$(features .linux.mountExtensions.idmap.enabled)" = "$([ "$ME" = 0 ] && echo true || echo false)" ]
}

@test "annotations that change what a container is" {
	jq -e 'index("run.oci.keep_original_groups") != null and index("run.oci.handler") == null' <<<"$(features .potentiallyUnsafeConfigAnnotations)"
	[ "$(features '.annotations["rootlet.version"]')" = "\"$("$ROOTLET" --version | sed -n 's/^rootlet version //p')\"" ]
}
