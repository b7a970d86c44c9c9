#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # text for the container's shell; what lib/common sets
# userns - every row of the table "which user namespace".
load lib/common

maps='cat /proc/self/uid_map | sed "s/^ */u /; s/  */ /g"; cat /proc/self/gid_map | sed "s/^ */g /; s/  */ /g"; echo "id $(id -u):$(id -g)"'

# said WORD: in the output of the container that lives on.
said() { output=$(<"$BATS_TEST_TMPDIR/go.out") && [[ $output == *"$1"* ]]; }

@test "user, no user namespace in the bundle: 0 is the caller, 1… all granted ids" {
	requires_subids
	bundle
	inside "$maps"
	ok
	has "u 0 $ME 1" "g 0 $(id -g) 1" "id 0:0"
	like "u 1 $SUBUID [0-9]+" "g 1 $SUBGID [0-9]+"
}

@test "user, user namespace without mappings: the same" {
	requires_subids
	bundle '.linux.namespaces += [{type: "user"}]'
	inside "$maps"
	ok
	has "u 0 $ME 1" "id 0:0"
	like "u 1 $SUBUID [0-9]+"
}

@test "user without subordinate ids: a single id, and the state says so" {
	requires_unprivileged
	has_subids && skip "this user has subordinate ids"
	bundle
	inside "$maps"
	ok
	has "u 0 $ME 1" "g 0 $(id -g) 1" "id 0:0"
	go rootlet plan --bundle "$BUNDLE" c1
	ok
	jq -e '[.degraded[] | select(.why and .fix)] | length > 0' <<<"$output"
}

@test "no usable newuidmap: a single id, with cause and remedy" {
	requires_subids
	bundle
	script "$maps"
	mkdir "$BATS_TEST_TMPDIR/empty"
	go with_path "$BATS_TEST_TMPDIR/empty" run --keep --bundle "$BUNDLE" c1
	ok
	has "u 0 $ME 1" "id 0:0"
	lacks "u 1 "
	json=$(rootlet state c1)
	jq -e '[.degraded[] | select((.why + .fix) | test("newuidmap|uidmap"))] | length > 0' <<<"$json"
	# The bit or the file capability is missing from a copy.
	cp "$(command -v newuidmap)" "$(command -v newgidmap)" "$BATS_TEST_TMPDIR/empty"
	chmod 755 "$BATS_TEST_TMPDIR/empty"/*
	go with_path "$BATS_TEST_TMPDIR/empty" run --keep --bundle "$BUNDLE" c2
	ok
	has "u 0 $ME 1"
	lacks "u 1 "
	jq -e '[.degraded[] | select((.why + .fix) | test("newuidmap"))] | length > 0' <<<"$(rootlet state c2)"
}

@test "mappings of several ranges are taken as they are" {
	requires_subids
	bundle
	config '.linux.namespaces += [{type: "user"}] |
		.linux.uidMappings = [{containerID: 0, hostID: $me, size: 1}, {containerID: 1, hostID: $sub, size: 10}, {containerID: 1000, hostID: ($sub + 10), size: 5}] |
		.linux.gidMappings = [{containerID: 0, hostID: $gid, size: 1}, {containerID: 1, hostID: $gsub, size: 10}, {containerID: 1000, hostID: ($gsub + 10), size: 5}]' \
		--argjson me "$ME" --argjson gid "$(id -g)" --argjson sub "$SUBUID" --argjson gsub "$SUBGID"
	inside "$maps"
	ok
	has "u 0 $ME 1" "u 1 $SUBUID 10" "u 1000 $((SUBUID + 10)) 5" "g 1000 $((SUBGID + 10)) 5" "id 0:0"
}

@test "mappings of subordinate ids alone: the caller is not in the container" {
	requires_subids
	bundle
	config '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: $sub, size: 2000}] |
		.linux.gidMappings = [{containerID: 0, hostID: $gsub, size: 2000}]' --argjson sub "$SUBUID" --argjson gsub "$SUBGID"
	# The root file system belongs to the caller and is out of reach for the
	# mapped root when its parents are 0700; here it is in reach and readable.
	inside "$maps"
	ok
	has "u 0 $SUBUID 2000" "id 0:0"
}

@test "the caller's own id as another number: no helper is needed" {
	requires_unprivileged
	bundle
	config '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: $me, size: 1}] |
		.linux.gidMappings = [{containerID: 0, hostID: $gid, size: 1}]' --argjson me "$ME" --argjson gid "$(id -g)"
	script "$maps"
	go with_path "/nowhere" run --bundle "$BUNDLE" c1
	ok
	has "u 0 $ME 1" "g 0 $(id -g) 1" "id 0:0"
}

@test "a map without 0: set up as the first mapped id" {
	requires_unprivileged
	bundle
	config '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 1000, hostID: $me, size: 1}] |
		.linux.gidMappings = [{containerID: 1000, hostID: $gid, size: 1}] | .process.user = {uid: 1000, gid: 1000} |
		(.mounts[] | select(.options) | .options) |= map(select(startswith("gid=") | not))' \
		--argjson me "$ME" --argjson gid "$(id -g)"
	inside "$maps"
	ok
	has "u 1000 $ME 1" "id 1000:1000"
}

@test "a range that is not granted is refused before anything is made" {
	requires_unprivileged
	for map in '[{containerID: 0, hostID: 0, size: 1}]' '[{containerID: 0, hostID: 4000000000, size: 10}]' \
		"[{containerID: 0, hostID: $((SUBUID + 0)), size: 100000000}]"; do
		bundle ".linux.namespaces += [{type: \"user\"}] | .linux.uidMappings = $map | .linux.gidMappings = $map"
		inside true
		refused
		[[ "$stderr" == *uidMappings* || "$stderr" == *"/etc/subuid"* || "$stderr" == *granted* ]] || complain
		[ ! -e "$ROOT/c1" ]
	done
}

@test "overlapping, empty and too many ranges are refused" {
	for map in '[{containerID: 0, hostID: 100000, size: 10}, {containerID: 5, hostID: 200000, size: 10}]' \
		'[{containerID: 0, hostID: 100000, size: 10}, {containerID: 20, hostID: 100005, size: 10}]' \
		'[{containerID: 0, hostID: 100000, size: 0}]' \
		'[{containerID: 0, hostID: 4294967290, size: 100}]' \
		'[range(0; 400) | {containerID: ., hostID: (100000 + . * 2), size: 1}]'; do
		bundle ".linux.namespaces += [{type: \"user\"}] | .linux.uidMappings = $map | .linux.gidMappings = $map"
		inside true
		refused Mappings
	done
}

@test "mappings that need newuidmap, and there is none: an error that names --userns=single" {
	requires_subids
	bundle
	config '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: $sub, size: 10}] |
		.linux.gidMappings = .linux.uidMappings' --argjson sub "$SUBUID"
	script "$maps"
	go with_path "/nowhere" run --bundle "$BUNDLE" c1
	refused newuidmap --userns=single
	go with_path "/nowhere" run --userns=single --bundle "$BUNDLE" c1
	ok && has "u 0 $ME 1"
}

@test "a user namespace that a sysctl switched off: cause and remedy" {
	# In a user namespace of our own the switch is ours.
	requires_unprivileged
	bundle
	script "$maps"
	go unshare -Ur sh -c '
		echo 0 >/proc/sys/user/max_user_namespaces || exit 77
		exec "$0" --root "$1" run --userns=auto --bundle "$2" c1' "$ROOTLET" "$ROOT" "$BUNDLE"
	[ "$status" != 77 ] || skip "the switch can't be written here"
	refused "user.max_user_namespaces"
}

@test "--userns=single overrides the bundle" {
	requires_unprivileged
	bundle '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 7, size: 10}] | .linux.gidMappings = .linux.uidMappings'
	inside "$maps" --userns=single
	ok
	has "u 0 $ME 1" "g 0 $(id -g) 1" "id 0:0"
	lacks "u 1 "
}

@test "--userns=auto gives everybody one of their own" {
	requires_many_ids
	if [ "$ME" = 0 ] && ! grep -q '^root:' /etc/subuid; then skip "root has no subordinate ids"; fi
	bundle
	inside "$maps" --userns=auto
	ok
	has "id 0:0" "u 0 $ME 1"
	like "u 1 $SUBUID [0-9]+"
}

@test "--userns=keep-id: the caller keeps its number" {
	requires_subids
	bundle
	inside "$maps; touch /tmp/x 2>/dev/null; stat -c 'owner %u' /script" --userns=keep-id
	[ "$status" = 0 ]
	like "u $ME $ME 1|u $ME 0 1"
	has "owner $ME"
	config '.process.user = {uid: $me, gid: $gid}' --argjson me "$ME" --argjson gid "$(id -g)"
	inside "$maps" --userns keep-id
	ok
	has "id $ME:$(id -g)" "u $ME $ME 1" "g $(id -g) $(id -g) 1"
	like "u 0 $SUBUID $ME"
}

@test "--userns=host: for root no new one, for a user an error" {
	bundle '.linux.namespaces += [{type: "user"}]'
	inside "$maps; readlink /proc/self/ns/user" --userns=host
	if [ "$ME" = 0 ]; then
		ok
		has "$(readlink /proc/self/ns/user)"
	else
		refused userns
	fi
}

@test "root, no user namespace in the bundle: the host's" {
	requires_root
	bundle
	inside 'readlink /proc/self/ns/user'
	ok && has "$(readlink /proc/self/ns/user)"
}

@test "root with mappings: written directly" {
	requires_root
	bundle '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 70000, size: 5000}] |
		.linux.gidMappings = [{containerID: 0, hostID: 80000, size: 5000}]'
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR"
	script "$maps"
	go with_path "/nowhere" run --bundle "$BUNDLE" c1
	ok
	has "u 0 70000 5000" "g 0 80000 5000" "id 0:0"
}

@test "root with a user namespace and no mappings: an error that names linux.uidMappings" {
	requires_root
	bundle '.linux.namespaces += [{type: "user"}]'
	inside true
	refused linux.uidMappings
}

@test "root without capabilities is a normal user" {
	# But for CAP_SETFCAP: without it the kernel lets nobody map 0.
	requires_root
	bundle
	script "$maps"
	go setpriv --bounding-set -all,+setfcap --inh-caps -all --ambient-caps -all "$ROOTLET" --root "$ROOT" run --bundle "$BUNDLE" c1
	ok
	has "u 0 0 1" "id 0:0"
}

@test "inside somebody's user namespace as root: inherit it" {
	requires_unprivileged
	bundle
	script "$maps; readlink /proc/self/ns/user"
	go unshare -Ur sh -c 'readlink /proc/self/ns/user; exec "$0" --root "$1" run --bundle "$2" c1' "$ROOTLET" "$ROOT" "$BUNDLE"
	ok
	has "u 0 $ME 1" "id 0:0"
	[ "${lines[0]}" = "${lines[-1]}" ]
}

@test "inside somebody's user namespace with many ids: inherit, and nest with mappings" {
	requires_subids
	unshare --help | grep -q map-auto || skip "needs unshare --map-auto (util-linux 2.38)"
	bundle
	script "$maps"
	in_podman_like() {
		unshare --user --map-root-user --map-auto --mount "$ROOTLET" --root "$ROOT" run --bundle "$BUNDLE" c1
	}
	go in_podman_like
	ok
	has "u 0 $ME 1" "u 1 $SUBUID 65535" "id 0:0"
	config '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 1, size: 1000}] | .linux.gidMappings = .linux.uidMappings'
	go in_podman_like
	ok
	has "u 0 1 1000" "id 0:0"
}

@test "a payload uid that is not 0, with one id: a second user namespace" {
	bundle '.process.user = {uid: 1000, gid: 1000} | .process.cwd = "/tmp"'
	inside "$maps; id -u; echo home \$HOME; touch /tmp/ok 2>/dev/null; cat /etc/passwd | head -1" --userns=single --keep
	[ "$status" = 0 ] || complain
	has "id 1000:1000" "home /home/user" "root:x:0:0:root:/root:/bin/sh"
	degraded "$(rootlet state c1)" "."
}

@test "a payload uid that is not 0, inside somebody's user namespace of one id" {
	bundle '.process.user = {uid: 1000, gid: 1000} | .process.cwd = "/tmp"'
	script "$maps; echo home \$HOME; touch /tmp/ok 2>/dev/null; exec sleep 100"
	in_unshare() { unshare -Ur "$ROOTLET" --root "$ROOT" "$@"; }
	go in_unshare run --bundle "$BUNDLE" c0 --userns=host
	refused 'process.user.uid: 1000 is not mapped' --userns=auto
	go in_unshare run --detach --bundle "$BUNDLE" c1
	[ "$status" = 0 ] || complain
	until_true 5 said home
	has "id 1000:1000" "u 1000 0 1" "home /home/user"
	degraded "$(rootlet state c1)" '^process.user$'
	# Another process finds its way in, from outside.
	go rootlet exec c1 id -u
	ok
	has 1000
}

@test "a payload uid that is not 0, with many ids" {
	requires_many_ids
	bundle '.process.user = {uid: 1000, gid: 1000, additionalGids: [5, 6]}'
	inside "$maps; id; echo home \$HOME"
	ok
	has "id 1000:1000" "home /home/user"
	like "uid=1000.*groups=.*5.*6.*"
}

@test "join by path: the user namespace of another container with its others" {
	requires_many_ids
	bundle
	if [ "$ME" = 0 ]; then
		config '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 0, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
	fi
	detached 'hostname joined; exec sleep 100'
	pid=$(state_of .pid)
	user=$(readlink "/proc/$pid/ns/user") net=$(readlink "/proc/$pid/ns/net")
	config '.linux.namespaces |= map(if .type == "network" or .type == "ipc" then . + {path: "/proc/\($pid)/ns/\(if .type == "network" then "net" else .type end)"} else . end)
		| .linux.namespaces |= (map(select(.type != "user")) + [{type: "user", path: "/proc/\($pid)/ns/user"}])
		| del(.linux.uidMappings, .linux.gidMappings)' --arg pid "$pid"
	CID=c2 inside "readlink /proc/self/ns/user; readlink /proc/self/ns/net; id -u"
	ok
	has "$user" "$net" 0
}

@test "join by path: the network alone, of a user namespace that is ours" {
	requires_subids
	bundle
	detached 'exec sleep 100'
	pid=$(state_of .pid)
	net=$(readlink "/proc/$pid/ns/net")
	config '.linux.namespaces |= map(if .type == "network" then . + {path: "/proc/\($pid)/ns/net"} else . end)' --arg pid "$pid"
	CID=c2 inside "readlink /proc/self/ns/net; id -u"
	if [ "$status" = 0 ]; then
		has "$net" 0
	else
		# Refused, and the owner named.
		refused ns/net
	fi
}

@test "the rows of the plan are those of the table" {
	bundle
	go rootlet plan --bundle "$BUNDLE" c1
	ok
	jq -e . <<<"$output"
	[ -z "$(find "$ROOT" -mindepth 1)" ]
	[ ! -e "$ROOTFS/script" ]
}

@test "a caller whose group is not that of its entry (newgrp, sg): a single id, listed" {
	# The helpers refuse it, so its ranges are of no use.
	requires_root
	local name uid
	IFS=: read -r name _ </etc/subuid
	[ -n "$name" ]
	uid=$(id -u "$name")
	bundle '.root.path = "/"'
	go setpriv --reuid="$uid" --regid=65534 --clear-groups "$ROOTLET" --root /tmp/nowhere plan --bundle / --config /dev/stdin <"$BUNDLE/config.json"
	[ "$status" = 0 ] || complain
	jq -e --argjson uid "$uid" '.userns.uidMap == ["0 \($uid) 1"] and .userns.gidMap == ["0 65534 1"]' <<<"$output" >/dev/null || complain
	degraded "$output" linux.uidMappings
	[[ $output == *"not the group"*newgrp* ]]
}
