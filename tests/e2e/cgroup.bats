#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2153,SC2154 # text for the container's shell; what lib/common sets
# cgroup - the container's own cgroup: where it is made and by whom, that its
# processes are in it, and that it goes with the container.
#
# These tests change nothing but directories of their own below the cgroup that
# the caller may make some in; a user whose cgroup is not his own skips most.
load lib/common

setup() {
	common_setup
	# Not that of other tests that run beside these, in the same cgroup.
	CID=cg$$
	MOUNT=/sys/fs/cgroup
	[ "$(stat -f -c %T "$MOUNT")" = cgroup2fs ] || MOUNT=/sys/fs/cgroup/unified
}

# PLACE is the cgroup that the caller may make others in, without the mount.
requires_cgroup() {
	local plan
	template
	plan=$(rootlet plan --bundle "$BATS_FILE_TMPDIR/template" "$CID")
	[ "$(jq -r .cgroup.manager <<<"$plan")" = cgroupfs ] || skip "the caller may make no cgroup here"
	PLACE=$(jq -r .cgroup.below <<<"$plan")
	PLACE=${PLACE#"$MOUNT"}
}
recorded() {
	local value
	value=$(jq -r ".$1" "$ROOT/${2:-$CID}/state.json")
	[ "$1" != cgroup ] || stat -c '%n %i' "$value" >>"$BATS_TEST_TMPDIR/seen" 2>/dev/null || :
	echo "$value"
}
# The cgroup of that process, as the host sees it.
seen() { sed -n 's/^0:://p' "/proc/$1/cgroup"; }
# Another test, of another file or user, may have taken the name of one that we saw.
is_gone() {
	[ ! -e "$1" ] || {
		grep -qF "$1 " "$BATS_TEST_TMPDIR/seen" && not grep -qxF "$(stat -c '%n %i' "$1")" "$BATS_TEST_TMPDIR/seen"
	}
}

@test "the container is born in a cgroup of its own, which goes with it" {
	requires_cgroup
	bundle
	detached 'exec sleep 100'
	dir=$(recorded cgroup)
	[ -d "$dir" ] && [ "$dir" = "$MOUNT$(seen "$(state_of .pid)")" ]
	[ "$(stat -c %i "$dir")" = "$(recorded cgroup_inode)" ]
	[ "$(recorded cgroup_manager)" = cgroupfs ]
	[ "$(cat "$dir/cgroup.procs")" = "$(state_of .pid)" ]
	# Inside it is the root of a cgroup namespace.
	go rootlet exec "$CID" grep '^0:' /proc/self/cgroup
	ok && has 0::/
	rootlet delete --force "$CID"
	is_gone "$dir"
}

@test "run in the foreground takes it away at the end" {
	requires_cgroup
	bundle '.linux.namespaces |= map(select(.type != "cgroup"))'
	inside 'grep ^0: /proc/self/cgroup'
	ok
	is_gone "$MOUNT${output#0::}"
}

@test "exec is born in it too" {
	requires_cgroup
	bundle
	detached 'exec sleep 100'
	rootlet exec --detach --pid-file pid "$CID" sleep 100 >/dev/null
	[ "$MOUNT$(seen "$(cat pid)")" = "$(recorded cgroup)" ]
}

@test "row exec-cgroup: it stays in the caller's, and strict is an error" {
	requires_cgroup
	requires_tool strace
	bundle
	detached 'exec sleep 100'
	# The kernel refuses this only to a user who comes from elsewhere; strace
	# plays it.
	crossing=(strace -o /dev/null -e trace=clone3 -e inject=clone3:error=EACCES:when=1 "$ROOTLET" --root "$ROOT")
	go "${crossing[@]}" exec --detach --pid-file pid "$CID" sleep 100
	[ "$status" = 0 ] || complain
	[ "$(seen "$(cat pid)")" = "$(seen self)" ]
	go "${crossing[@]}" --log log --log-level info exec "$CID" true
	grep -q "stays in the caller's cgroup" log
	go "${crossing[@]}" --strict exec "$CID" true
	ended 255
	[[ "$stderr" == *"--strict"*cgroup* ]]
}

@test "an absolute cgroupsPath counts from the mount, and what is made on the way goes too" {
	requires_cgroup
	bundle '.linux.cgroupsPath = $p' --arg p "$PLACE/rootlet-$$/a//./b"
	detached 'exec sleep 100'
	[ "$(recorded cgroup)" = "$MOUNT$PLACE/rootlet-$$/a/b" ]
	[ "$(seen "$(state_of .pid)")" = "$PLACE/rootlet-$$/a/b" ]
	rootlet delete --force "$CID"
	is_gone "$MOUNT$PLACE/rootlet-$$"
}

@test "a cgroup that was there before stays" {
	requires_cgroup
	mkdir "$MOUNT$PLACE/rootlet-$$"
	bundle '.linux.cgroupsPath = $p' --arg p "$PLACE/rootlet-$$/a"
	inside true
	ok
	rmdir "$MOUNT$PLACE/rootlet-$$"
}

@test "a relative cgroupsPath is beside the caller's own" {
	requires_cgroup
	own=$(seen self)
	bundle '.linux.cgroupsPath = $p' --arg p "rootlet-$$/x"
	detached 'exec sleep 100'
	# Root's: beside its own, wherever that is, unless that was delegated.
	[ "$ME" != 0 ] || [ -n "$PLACE" ] || PLACE=$(dirname "$own" | sed 's,^/$,,')
	[ "$(recorded cgroup)" = "$MOUNT$PLACE/rootlet-$$/x" ]
}

@test "a cgroupsPath with .. is refused" {
	bundle '.linux.cgroupsPath = "/a/../../b"'
	inside true
	[ "$status" = 1 ] || { requires_cgroup && complain; }
	refused 'linux.cgroupsPath' '..'
}

@test "the cgroup of another container is refused, an empty one is taken over" {
	requires_cgroup
	bundle '.linux.cgroupsPath = $p' --arg p "$PLACE/rootlet-$$/a"
	detached 'exec sleep 100'
	inode=$(recorded cgroup_inode)
	go rootlet run --bundle "$BUNDLE" c2
	refused "$MOUNT$PLACE/rootlet-$$/a is in use"
	is_status running
	[ "$(stat -c %i "$MOUNT$PLACE/rootlet-$$/a")" = "$inode" ]
	rootlet delete --force "$CID"
	mkdir -p "$MOUNT$PLACE/rootlet-$$/a/below"
	inside true
	ok
	is_gone "$MOUNT$PLACE/rootlet-$$/a"
	rmdir "$MOUNT$PLACE/rootlet-$$"
}

@test "two state roots may have containers of the same id" {
	requires_cgroup
	bundle
	detached 'exec sleep 100'
	mkdir -m 700 other
	"$ROOTLET" --root "$PWD/other" run -d --bundle "$BUNDLE" "$CID" </dev/null >/dev/null 2>&1 3>&-
	[ "$(recorded cgroup)" != "$(jq -r .cgroup "other/$CID/state.json")" ]
	"$ROOTLET" --root "$PWD/other" delete --force "$CID"
	is_status running
}

@test "what the container made below its cgroup goes too, whoever is left in it" {
	requires_cgroup
	bundle '.mounts |= map(if .destination == "/sys/fs/cgroup" then .options -= ["ro"] else . end) |
		.linux.namespaces |= map(select(.type != "pid"))'
	detached 'mkdir -p /sys/fs/cgroup/a/b/c; sleep 1000 & echo $! >/sys/fs/cgroup/a/b/cgroup.procs; echo made; exec sleep 200'
	until_true 5 grep -q made out
	dir=$(recorded cgroup)
	[ -n "$(cat "$dir/a/b/cgroup.procs")" ]
	rootlet delete --force "$CID"
	is_gone "$dir"
}

@test "--cgroup-manager disabled makes none, and a path that was named is listed" {
	bundle '.linux.cgroupsPath = "/some/where"'
	script 'cat /proc/self/cgroup'
	go rootlet --cgroup-manager disabled run --keep --bundle "$BUNDLE" "$CID"
	[ "$status" = 0 ]
	not grep -q some/where <<<"$output"
	degraded "$(rootlet state "$CID")" linux.cgroupsPath
	[ "$(recorded cgroup)" = null ]
}

@test "nothing asked and nothing to be had: no word about it" {
	requires_unprivileged
	[ ! -w "$MOUNT$(seen self)/cgroup.procs" ] || skip "the caller's cgroup is its own"
	bundle
	inside true --keep
	ok
	not_degraded "$(rootlet state "$CID")" cgroup
}

@test "a creator that dies leaves no cgroup to stay: the next one of the id, or delete" {
	requires_cgroup
	requires_faults
	bundle
	for name in 'make the cgroup' 'enter the user namespace' 'record the process' 'make the mounts'; do
		number=$("$ROOTLET_FAULTS" plan --stages | awk -F '\t' -v name="$name" '$4 == name { print $1; exit }')
		ROOTLET_FAULT="$number:HOST:kill-after" go "$ROOTLET_FAULTS" --root "$ROOT" create --bundle "$BUNDLE" "$CID"
		dir=$(recorded cgroup)
		[ -d "$dir" ]
		go rootlet delete --force "$CID"
		ok
		is_gone "$dir"
		ROOTLET_FAULT="$number:HOST:kill-after" go "$ROOTLET_FAULTS" --root "$ROOT" create --bundle "$BUNDLE" "$CID"
		inside true
		ok
		is_gone "$dir"
	done
}

@test "a writable cgroup mount belongs to the user of the program, in a cgroup namespace of its own" {
	requires_root
	requires_cgroup
	bundle '.mounts |= map(if .destination == "/sys/fs/cgroup" then .options -= ["ro"] else . end) |
		.linux.namespaces += [{type: "user"}] | .process.user = {uid: 7, gid: 7} |
		.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
	chmod 755 "$BATS_TEST_TMPDIR" "$BUNDLE" "$ROOTFS"
	chown -R 100000:100000 "$ROOTFS"
	detached 'mkdir /sys/fs/cgroup/mine && echo $$ >/sys/fs/cgroup/mine/cgroup.procs && echo moved; exec sleep 100'
	until_true 5 grep -q moved out || complain "$(cat out err)"
	dir=$(recorded cgroup)
	[ "$(stat -c %u "$dir" "$dir"/cgroup.{procs,subtree_control,threads} | sort -u)" = 100007 ]
	[ "$(stat -c %u "$dir"/cgroup.freeze)" = 0 ]
	[ "$(stat -c %u "$dir/mine")" = 100007 ]
	rootlet delete --force "$CID"
	is_gone "$dir"
	# Read-only, as most have it: it stays root's.
	config '.mounts |= map(if .destination == "/sys/fs/cgroup" then .options += ["ro"] else . end)'
	detached 'exec sleep 100'
	[ "$(stat -c %u "$(recorded cgroup)"/cgroup.procs)" = 0 ]
}

@test "a sub-cgroup, and one that is delegated below it" {
	requires_cgroup
	bundle '.annotations = {"run.oci.systemd.subgroup": "container", "run.oci.delegate-cgroup": "theirs"}'
	detached 'grep ^0: /proc/self/cgroup; exec sleep 100'
	dir=$(recorded cgroup)
	[ "$MOUNT$(seen "$(state_of .pid)")" = "$dir/container/theirs" ]
	until_true 5 grep -qx 0::/theirs out
	rootlet delete --force "$CID"
	is_gone "$dir"
}

@test "exec where the container has given controllers to its children: beside its init" {
	requires_cgroup
	requires_root
	grep -q hugetlb "$MOUNT$PLACE/cgroup.controllers" || skip "needs the controller hugetlb"
	bundle '.mounts |= map(if .destination == "/sys/fs/cgroup" then .options -= ["ro"] else . end) |
		.linux.resources.hugepageLimits = [{pageSize: "2MB", limit: 2097152}]'
	detached 'mkdir /sys/fs/cgroup/init && echo $$ >/sys/fs/cgroup/init/cgroup.procs && echo +hugetlb >/sys/fs/cgroup/cgroup.subtree_control && echo moved; exec sleep 100'
	until_true 5 grep -q moved out || complain "$(cat out err)"
	rootlet exec --detach --pid-file pid "$CID" sleep 100 >/dev/null
	[ "$MOUNT$(seen "$(cat pid)")" = "$(recorded cgroup)/init" ]
}

@test "the record of a creator that died before it made its cgroup, which is another's: forgotten" {
	requires_cgroup
	bundle '.linux.cgroupsPath = $p' --arg p "/rootlet-$$/a"
	detached 'exec sleep 100'
	mkdir -m 700 "$ROOT/c2"
	jq -c '.id = "c2" | .status = "creating" | .pid = 0 | .start_time = 0 | .cgroup_inode = 0 | .pidfd_inode = 0' \
		"$ROOT/$CID/state.json" >"$ROOT/c2/state.json"
	go rootlet delete --force c2
	ok
	is_gone "$ROOT/c2"
	is_status running
}

@test "a cgroup with processes gets no controllers, not even those that it could have" {
	requires_root
	requires_cgroup
	grep -qw pids "$MOUNT/cgroup.controllers" || skip "needs the controller pids"
	D=$MOUNT/rootlet-$$-busy
	mkdir "$D"
	sleep 100 &
	echo $! >"$D/cgroup.procs"
	bundle '.linux.cgroupsPath = $p' --arg p "/rootlet-$$-busy/a"
	go rootlet run --bundle "$BUNDLE" "$CID"
	type=$(cat "$D/cgroup.type")
	config '.linux.resources.pids.limit = 10'
	go rootlet run --bundle "$BUNDLE" "$CID"
	kill %1
	wait %1 || :
	until_true 5 rmdir "$D"
	[ "$type" = domain ]
	refused "$D" pids "processes of its own"
}

# --- somebody to whom a part of the tree was given

# delegated: $D is a cgroup that belongs to user $U, below which as_user COMMAND...
# runs; $UROOT and $BUNDLE are that user's.
delegated() {
	requires_root
	requires_cgroup
	requires_tool setpriv
	U=54321
	D=$MOUNT/rootlet-$$-user
	mkdir -p "$D/${1-}"
	# As systemd does it.
	chown "$U" "$D" "$D"/cgroup.{procs,subtree_control,threads}
	[ -z "${1-}" ] || chown "$U" "$D/$1" "$D/$1"/cgroup.{procs,subtree_control,threads}
	IN=$D/${1-}
	UTMP=$(mktemp -d /tmp/rootlet-cgroup.XXXXXX)
	UROOT=$UTMP/root
	bundle
	cp -a "$BUNDLE" "$UTMP/bundle"
	mkdir -m 700 "$UROOT"
	chown -R "$U:$U" "$UTMP"
}
# As systemd says of a cgroup that it is delegated.
mark() {
	requires_tool python3
	python3 -c 'import os, sys; os.setxattr(sys.argv[1], "user.delegate", b"1")' "$D"
}
as_user() {
	# shellcheck disable=SC2016 # it is for that shell
	(cd / && exec bash -c 'echo $$ >"$1/cgroup.procs" && shift && exec setpriv --reuid="$1" --regid="$1" --clear-groups "${@:2}"' \
		as_user "$IN" "$U" "$@")
}
user_rootlet() { as_user "$ROOTLET" --root "$UROOT" "$@"; }
user_config() { jq "$1" "$UTMP/bundle/config.json" >"$UTMP/new" && cp "$UTMP/new" "$UTMP/bundle/config.json"; }
teardown() {
	if [ -n "${UTMP-}" ]; then
		[ -z "$(ls "$UROOT")" ] || user_rootlet delete --force "$(ls "$UROOT")" || left=yes
		rm -rf "$UTMP"
		find "$D" -depth -type d -exec rmdir {} + || left=yes
		[ -z "${given-}" ] || echo -hugetlb >"$MOUNT/cgroup.subtree_control" || left=yes
	fi
	clean_up && [ -z "${left-}" ]
}

@test "a user whose cgroup is delegated to him gets one below it" {
	delegated
	mark
	printf 'grep ^0: /proc/self/cgroup' >"$UTMP/bundle/rootfs/script"
	user_config '.linux.namespaces |= map(select(.type != "cgroup"))'
	go user_rootlet run --bundle "$UTMP/bundle" u1
	ok
	has "0::${D#"$MOUNT"}/u1"
	is_gone "$D/u1"
}

@test "in a leaf of what is delegated: beside it" {
	delegated leaf
	mark
	printf 'exec sleep 100' >"$UTMP/bundle/rootfs/script"
	go user_rootlet run --detach --bundle "$UTMP/bundle" u1
	[ "$status" = 0 ] || complain
	[ "$(jq -r .cgroup "$UROOT/u1/state.json")" = "$D/u1" ]
	[ "$(stat -c %u "$D/u1")" = "$U" ]
	go user_rootlet exec u1 true
	ok
	# From elsewhere he may not cross; it is done without, and said.
	mkdir "$D-other"
	chown "$U" "$D-other" "$D-other"/cgroup.procs
	IN=$D-other
	go user_rootlet exec --detach --pid-file "$UTMP/pid" u1 sleep 100
	[ "$status" = 0 ] || complain
	[ "$(seen "$(cat "$UTMP/pid")")" = "${D#"$MOUNT"}-other" ]
	IN=$D/leaf
	user_rootlet delete --force u1
	is_gone "$D/u1"
	until_true 5 rmdir "$D-other"
}

@test "writable and no more, without a bus: that will do" {
	delegated
	printf true >"$UTMP/bundle/rootfs/script"
	DBUS_SESSION_BUS_ADDRESS="" XDG_RUNTIME_DIR="" go user_rootlet plan --bundle "$UTMP/bundle" u1
	[ "$(jq -r .cgroup.manager <<<"$output")" = cgroupfs ]
	[ "$(jq -r .cgroup.path <<<"$output")" = "$D/u1" ]
}

@test "a controller for the container: who sits in the cgroup above moves to a leaf" {
	delegated
	mark
	grep -q hugetlb "$MOUNT/cgroup.controllers" || skip "needs the controller hugetlb"
	grep -q hugetlb "$MOUNT/cgroup.subtree_control" || { given=yes && echo +hugetlb >"$MOUNT/cgroup.subtree_control"; }
	printf 'exec sleep 100' >"$UTMP/bundle/rootfs/script"
	user_config '.linux.resources.hugepageLimits = [{pageSize: "2MB", limit: 2097152}]'
	go user_rootlet run --detach --bundle "$UTMP/bundle" u1
	IN=$D/rootlet-leaf
	[ "$status" = 0 ] || complain
	grep -q hugetlb "$D/cgroup.subtree_control"
	[ -z "$(cat "$D/cgroup.procs")" ]
}

@test "a path in what is his: however it is written, an empty one too, but not one in use" {
	delegated leaf
	export DBUS_SESSION_BUS_ADDRESS='' XDG_RUNTIME_DIR='' # of root, in the guest
	printf true >"$UTMP/bundle/rootfs/script"
	mkdir "$D/used" "$D/empty"
	chown "$U" "$D/empty"
	below=${D#"$MOUNT"}
	for path in "$below/a" "$below/empty" "$below//b/./c/" "$below////////////////////////////////d/e"; do
		user_config ".linux.cgroupsPath = \"$path\""
		go user_rootlet run --keep --bundle "$UTMP/bundle" u1
		[ "$status" = 0 ] || complain
		[ "$(jq -r .cgroup "$UROOT/u1/state.json")" = "$(realpath -m "$MOUNT$path")" ]
		user_rootlet delete u1
	done
	[ "$(find "$D" -mindepth 1 -type d | sort)" = "$(printf '%s\n' "$D/leaf" "$D/used")" ]
	sleep 100 3>&- &
	echo $! >"$D/used/cgroup.procs"
	user_config ".linux.cgroupsPath = \"$below/used\""
	go user_rootlet run --bundle "$UTMP/bundle" u1
	kill "$!"
	wait "$!" || :
	refused "$D/used is in use"
}

@test "a path that is not his: beside or below his own instead, and listed" {
	delegated
	mark
	printf true >"$UTMP/bundle/rootfs/script"
	user_config '.linux.cgroupsPath = "/some/where"'
	go user_rootlet run --keep --bundle "$UTMP/bundle" u1
	[ "$status" = 0 ] || complain
	[ "$(jq -r .cgroup "$UROOT/u1/state.json")" = "$D/where" ]
	degraded "$(cat "$UROOT/u1/state.json")" linux.cgroupsPath
}
