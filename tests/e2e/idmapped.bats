#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # text for the container's shell; what lib/common sets
# idmapped - mounts whose files have other owners than the disk says.
load lib/common

OWNERS='for f in /mnt/a/*; do stat -c "%n %u:%g" $f; done'

# data: files of 0, 5 and 1000, as root; a user has only his own.
data() {
	mkdir -p "${1:-$BATS_TEST_TMPDIR/data}"
	cd "${1:-$BATS_TEST_TMPDIR/data}" && touch f0 f5 f1000 && cd "$OLDPWD" || return
	[ "$ME" != 0 ] || (cd "${1:-$BATS_TEST_TMPDIR/data}" && chown 5:5 f5 && chown 1000:1000 f1000)
	chmod 777 "${1:-$BATS_TEST_TMPDIR/data}"
}
# own_userns: the bundle gets a user namespace, 0 is 100000.
own_userns() {
	config '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = $m | .linux.gidMappings = $m' \
		--argjson m '[{"containerID": 0, "hostID": 100000, "size": 65536}]'
	chmod 755 "$BATS_TEST_TMPDIR" "$BUNDLE"
}
# with_map DESTINATION SOURCE OPTIONS [FROM TO SIZE]: a bind with these ids.
with_map() {
	config '.mounts += [{destination: $d, type: "none", source: $s, options: ($o / ",")} +
		if $from == "" then {} else ([{containerID: ($from | tonumber), hostID: ($to | tonumber), size: ($n | tonumber)}]
			| {uidMappings: ., gidMappings: .}) end]' \
		--arg d "$1" --arg s "$2" --arg o "$3" --arg from "${4-}" --arg to "${5-}" --arg n "${6-}"
}

@test "idmap without mappings: those of the container's user namespace" {
	requires_root
	bundle
	data
	own_userns
	with_map /mnt/a "$BATS_TEST_TMPDIR/data" bind,idmap
	with_map /mnt/b "$BATS_TEST_TMPDIR/data" bind
	inside "$OWNERS; stat -c 'plain %u' /mnt/b/f0; touch /mnt/a/new; awk '\$5 == \"/mnt/a\"' /proc/self/mountinfo"
	ok && has '/mnt/a/f0 0:0' '/mnt/a/f5 5:5' '/mnt/a/f1000 1000:1000' 'plain 65534'
	like '.*idmapped.*'
	[ "$(stat -c %u:%g "$BATS_TEST_TMPDIR/data/new")" = 0:0 ]
}

@test "mappings of the mount: with and without a user namespace, several at once, a relative source, one in the root file system" {
	requires_root
	bundle
	data
	data "$BUNDLE/here"
	data "$ROOTFS/srv"
	own_userns
	with_map /mnt/a "$BATS_TEST_TMPDIR/data" bind,idmap 0 100005 2000
	with_map /mnt/b here bind,ro,idmap 0 100000 65536
	with_map /mnt/c rootfs/srv bind 5 100000 1
	inside "$OWNERS; stat -c '%n %u' /mnt/b/f5 /mnt/c/*; touch /mnt/b/x 2>&1; ls -l /proc/self/fd | grep -c -e ns -e socket"
	has '/mnt/a/f0 5:5' '/mnt/a/f5 10:10' '/mnt/a/f1000 1005:1005' '/mnt/b/f5 5' '/mnt/c/f5 0' '/mnt/c/f0 65534' 0
	like '.*Read-only file system'
	[ "$(stat -c %u:%g "$BATS_TEST_TMPDIR/data/f5")" = 5:5 ]

	bundle
	with_map /mnt/a "$BATS_TEST_TMPDIR/data" bind,idmap 0 1000 6
	inside "$OWNERS"
	ok && has '/mnt/a/f0 1000:1000' '/mnt/a/f5 1005:1005' '/mnt/a/f1000 65534:65534'
}

@test "a source that only the runtime reaches, a file, a missing one that may be" {
	requires_root
	bundle
	data "$BATS_TEST_TMPDIR/closed/data"
	own_userns
	chmod 700 "$BATS_TEST_TMPDIR/closed"
	chown 1000 "$BATS_TEST_TMPDIR/closed"
	with_map /mnt/a "$BATS_TEST_TMPDIR/closed/data" bind,idmap
	with_map /mnt/file "$BATS_TEST_TMPDIR/closed/data/f5" bind,idmap
	with_map /mnt/none /nowhere bind,idmap,nofail
	inside "$OWNERS; stat -c '%n %u' /mnt/file"
	ok && has '/mnt/a/f5 5:5' '/mnt/file 5'
}

@test "idmap is for one mount, ridmap for all below it; read-only mounts of the host stay so" {
	requires_root
	local in_mntns='mount --bind "$1/data/sub" "$1/data/sub" && mount -o remount,bind,ro "$1/data/sub" && shift && exec "$@"'
	for option in idmap:65534 ridmap:0; do
		bundle
		data
		data "$BATS_TEST_TMPDIR/data/sub"
		own_userns
		config '.process.capabilities[] += ["CAP_SYS_ADMIN"]'
		with_map /mnt/a "$BATS_TEST_TMPDIR/data" "rbind,${option%:*}"
		script 'stat -c "%n %u" /mnt/a/f0 /mnt/a/sub/f0; mount -o remount,bind,rw /mnt/a/sub 2>/dev/null; touch /mnt/a/sub/new 2>&1; true'
		go unshare -m --propagation private sh -c "$in_mntns" sh "$BATS_TEST_TMPDIR" "$ROOTLET" --root "$ROOT" run --bundle "$BUNDLE" c1
		ok && has '/mnt/a/f0 0' "/mnt/a/sub/f0 ${option#*:}"
		like '.*Read-only file system'
	done
}

@test "as many as there may be" {
	requires_root
	requires_fast
	bundle
	data
	config '.root.readonly = false | .mounts += [range(200) | {destination: "/mnt/\(.)", source: $s, options: ["bind", "idmap"], uidMappings: $m, gidMappings: $m}]' \
		--arg s "$BATS_TEST_TMPDIR/data" --argjson m '[{"containerID": 0, "hostID": 5, "size": 1}]'
	inside 'grep -c idmapped /proc/self/mountinfo; stat -c %u /mnt/199/f0'
	ok && has 200 5
	config '.mounts += [.mounts[-1]]'
	inside true
	refused 'more than 200 of them are idmapped'
}

@test "nothing stays open in the container, and nothing of the helper" {
	requires_root
	bundle
	data
	own_userns
	with_map /mnt/a "$BATS_TEST_TMPDIR/data" bind,idmap 0 100005 2000
	create true
	ls -l "/proc/$(state_of .pid)/fd" >"$BATS_TEST_TMPDIR/fds"
	not grep -e user: -e data "$BATS_TEST_TMPDIR/fds"
	# Stdio, the start socket and the channel to it at most.
	[ "$(grep -c ' -> ' "$BATS_TEST_TMPDIR/fds")" -le 8 ] || complain "$(cat "$BATS_TEST_TMPDIR/fds")"
}

@test "mistakes are errors that name the key" {
	bundle
	data
	with_map /mnt/a "$BATS_TEST_TMPDIR/data" bind,idmap 0 0 1
	config 'del(.mounts[-1].gidMappings)'
	inside true
	refused 'mounts[7].gidMappings: missing'
	bundle
	with_map /mnt/a tmpfs idmap 0 0 1
	config '.mounts[-1].type = "tmpfs"'
	inside true
	refused 'mounts[7]' 'bind mounts'
	[ "$ME" = 0 ] || return 0
	bundle
	with_map /mnt/a "$BATS_TEST_TMPDIR/data" bind,idmap
	inside true
	refused 'mounts[7].options' "user namespace, and it has none"
	bundle
	with_map /mnt/a /proc bind,idmap 0 1000 1
	inside true
	refused '/proc' /mnt/a "no idmapped mounts for the filesystem"
}

@test "a normal user: refused, because the kernel refuses it" {
	requires_unprivileged
	bundle
	data
	for map in '' '0 0 1'; do
		bundle
		# shellcheck disable=SC2086 # three words or none
		with_map /mnt/a "$BATS_TEST_TMPDIR/data" bind,idmap $map
		inside true
		refused CAP_SYS_ADMIN "$BATS_TEST_TMPDIR/data" "Start rootlet as root"
	done
	# The call itself, with all rights that a user namespace gives: open_tree, mount_setattr.
	requires_tool perl
	run unshare -Urm perl -e '
		$empty = ""; $tree = syscall(428, -100, $ARGV[0], 1);
		open($ns, "<", "/proc/self/ns/user");
		$attr = pack("QQQQ", 0x00100000, 0, 0, fileno($ns));
		$r = syscall(442, $tree, $empty, 0x1000, $attr, 32);
		print "tree ", $tree >= 0 ? "ok" : "none", ", ids ", $r == 0 ? "given" : $!{EPERM} ? "refused" : $!, "\n"' "$BATS_TEST_TMPDIR/data"
	[ "$output" = "tree ok, ids refused" ] || complain
}

@test "root of somebody's user namespace: where the filesystem is his own" {
	requires_subids
	unshare -Um --map-root-user --map-auto true 2>/dev/null || skip "needs an unshare with --map-auto"
	bundle
	mkdir -p "$BATS_TEST_TMPDIR/data"
	with_map /mnt/a "$BATS_TEST_TMPDIR/data" bind,idmap 5 0 1
	script "$OWNERS"
	go unshare -Um --map-root-user --map-auto sh -c 'mount -t tmpfs t "$1" && touch "$1/f5" && chown 5:5 "$1/f5" && shift && exec "$@"' sh \
		"$BATS_TEST_TMPDIR/data" "$ROOTLET" --root "$ROOT" run --bundle "$BUNDLE" c1
	# tmpfs has them since Linux 6.3.
	if [ "$status" = 0 ]; then
		has '/mnt/a/f5 0:0'
	else
		refused /mnt/a "no idmapped mounts for the filesystem"
	fi
	# What belongs to the host is not his.
	data
	go unshare -Um --map-root-user --map-auto "$ROOTLET" --root "$ROOT" run --bundle "$BUNDLE" c1
	refused /mnt/a "belongs to a user namespace where the caller is not root"
}
