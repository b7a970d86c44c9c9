#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # text for the container's shell; what lib/common sets
# mounts - every mount option, and the ladders for what the kernel refuses.
load lib/common

# at PATH: jq text of a mount; show PATH: what the container's table says of it.
show() { echo "awk '\$5 == \"$1\" { print \"opts\", \$6; for (i = 7; \$i != \"-\"; i++) printf \"%s \", \$i; print \"type\", \$(i + 1), \"super\", \$(i + 3) }' /proc/self/mountinfo"; }

with_mount() { bundle '.mounts += [$m]' --argjson m "$1"; }
bind() { # OPTIONS as JSON strings: data at /mnt/a
	mkdir -p "$BATS_TEST_TMPDIR/data"
	echo text >"$BATS_TEST_TMPDIR/data/file"
	with_mount "{\"destination\": \"/mnt/a\", \"type\": \"bind\", \"source\": \"$BATS_TEST_TMPDIR/data\", \"options\": [$1]}"
}

@test "the default mounts" {
	bundle
	inside 'awk "{for (i = 7; \$i != \"-\"; i++); print \$5, \$6, \$(i+1)}" /proc/self/mountinfo; stat -c "%n %a" /dev /dev/shm /dev/mqueue'
	ok
	like '/proc rw(,.*)? proc' '/dev rw,nosuid(,.*)? tmpfs' '/dev/pts rw,nosuid,noexec(,.*)? devpts' \
		'/dev/shm rw,nosuid,nodev,noexec(,.*)? tmpfs' '/dev/mqueue rw,nosuid,nodev,noexec(,.*)? mqueue' '/sys ro,nosuid,nodev,noexec(,.*)? sysfs' \
		'/sys/fs/cgroup ro,nosuid,nodev,noexec.*'
	has "/dev 755" "/dev/shm 1777"
}

@test "bind: read-write, the caller's files, with a 0700 parent" {
	bind '"bind"'
	chmod 700 "$BATS_TEST_TMPDIR/data"
	inside 'cat /mnt/a/file; echo new >/mnt/a/new; stat -c %u /mnt/a/file'
	ok && has text 0
	[ "$(cat "$BATS_TEST_TMPDIR/data/new")" = new ]
}

@test "bind ro, rbind, nosuid, nodev, noexec, and the opposites" {
	bind '"bind", "ro"'
	inside "$(show /mnt/a); touch /mnt/a/x 2>&1; true"
	ok && like 'opts ro,.*' '.*Read-only file system'
	bind '"rbind", "nosuid", "nodev", "noexec"'
	cp /bin/true "$BATS_TEST_TMPDIR/data/prog"
	inside "$(show /mnt/a); /mnt/a/prog || echo refused"
	like 'opts rw,nosuid,nodev,noexec.*'
	has refused
	bind '"bind", "nosuid", "suid", "ro", "rw", "exec"'
	inside "$(show /mnt/a)"
	like 'opts rw.*'
	lacks noexec 'opts ro'
}

@test "bind: noatime, nodiratime, relatime, strictatime, nosymfollow" {
	bind '"bind", "noatime", "nodiratime"'
	inside "$(show /mnt/a)" --keep
	[ "$status" = 0 ] || complain
	# What comes from the host's namespace has its atime flags locked for a user.
	grep -qE '^opts rw,.*noatime' <<<"$output" || degraded "$(rootlet state c1)" /mnt/a
	rootlet delete --force c1
	bind '"bind", "strictatime"'
	inside "$(show /mnt/a)" --keep
	[ "$status" = 0 ] || complain
	! grep -qE '^opts .*(rel|no)atime' <<<"$output" || degraded "$(rootlet state c1)" /mnt/a
	rootlet delete --force c1
	bind '"bind", "nosymfollow"'
	ln -s file "$BATS_TEST_TMPDIR/data/link"
	inside "$(show /mnt/a); cat /mnt/a/link 2>/dev/null || echo refused"
	has refused
}

@test "bind: a file, a fifo, a socket" {
	bind '"bind"'
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	config '.mounts = [.mounts[] | select(.destination != "/mnt/a")] + [
		{destination: "/etc/hosts", type: "bind", source: $f, options: ["bind", "ro"]},
		{destination: "/mnt/fifo", type: "bind", source: $p, options: ["bind"]}]' \
		--arg f "$BATS_TEST_TMPDIR/data/file" --arg p "$BATS_TEST_TMPDIR/fifo"
	inside 'cat /etc/hosts; test -p /mnt/fifo && echo fifo'
	ok && has text fifo
}

@test "type none and no type with a bind option are binds" {
	for type in '"type": "none",' '"type": "bind",' '' '"type": "ext4",'; do
		bind '"bind"'
		with_mount "{\"destination\": \"/mnt/a\", $type \"source\": \"$BATS_TEST_TMPDIR/data\", \"options\": [\"rbind\", \"ro\"]}"
		inside 'cat /mnt/a/file'
		ok && has text || complain "$type"
	done
	with_mount "{\"destination\": \"/mnt/a\", \"type\": \"bind\", \"source\": \"$BATS_TEST_TMPDIR/data\"}"
	inside 'cat /mnt/a/file'
	ok && has text
}

@test "a relative source is below the bundle" {
	with_mount '{"destination": "/mnt/a", "type": "bind", "source": "some/data", "options": ["bind"]}'
	mkdir -p "$BUNDLE/some/data"
	echo here >"$BUNDLE/some/data/file"
	inside 'cat /mnt/a/file'
	ok && has here
}

@test "a missing source, a missing destination that is made" {
	with_mount '{"destination": "/mnt/a", "type": "bind", "source": "/nowhere", "options": ["bind"]}'
	inside true
	refused /nowhere
	bind '"bind"'
	config '.mounts[-1].destination = "/made/by/rootlet"'
	inside 'cat /made/by/rootlet/file'
	ok && has text
	bind '"bind"'
	config '.mounts[-1] += {destination: "/made/file", source: $f}' --arg f "$BATS_TEST_TMPDIR/data/file"
	inside 'cat /made/file'
	ok && has text
}

@test "destinations made of symbolic links stay inside" {
	for link in /etc ../../../../../../etc /dangling /dangling/deep ../tmp/../../x; do
		bind '"bind"'
		config '.root.readonly = false | .mounts[-1].destination = "/link/sub"'
		ln -s "$link" "$ROOTFS/link"
		inside 'cat /link/sub/file'
		ok && has text || complain "$link"
		[ ! -e /etc/sub ] && [ ! -e /dangling ] && [ ! -e /x ] && [ ! -e "$BATS_TEST_TMPDIR/x" ]
	done
	# The last component too.
	bind '"bind"'
	config '.mounts[-1].destination = "/link"'
	ln -s /mnt/b "$ROOTFS/link"
	inside 'cat /mnt/b/file'
	ok && has text
}

@test "rbind,ro is not recursive; rro and its like are" {
	bind '"rbind", "ro"'
	mkdir "$BATS_TEST_TMPDIR/data/sub"
	in_mntns() { # the sub-mount is made in a mount namespace of its own
		if [ "$ME" = 0 ]; then
			unshare -m --propagation private sh -c 'mount -t tmpfs sub "$1" && shift && exec "$@"' sh "$BATS_TEST_TMPDIR/data/sub" "$@"
		else
			unshare -Urm sh -c 'mount -t tmpfs sub "$1" && shift && exec "$@"' sh "$BATS_TEST_TMPDIR/data/sub" "$@"
		fi
	}
	script 'touch /mnt/a/sub/x && echo written; awk "\$5 ~ \"^/mnt/a\" {print \$5, \$6}" /proc/self/mountinfo'
	go in_mntns "$ROOTLET" --root "$ROOT" run --bundle "$BUNDLE" c1
	[ "$status" = 0 ] || complain
	has written
	like '/mnt/a ro.*' '/mnt/a/sub rw.*'
	config '.mounts[-1].options = ["rbind", "rro", "rnosuid", "rnodev", "rnoexec", "rnoatime"]'
	script 'touch /mnt/a/sub/x 2>/dev/null && echo written; awk "\$5 ~ \"^/mnt/a\" {print \$5, \$6}" /proc/self/mountinfo'
	go in_mntns "$ROOTLET" --root "$ROOT" run --bundle "$BUNDLE" c1
	[ "$status" = 0 ] || complain
	lacks written
	like '/mnt/a ro,nosuid,nodev,noexec,(noa|rela)time' '/mnt/a/sub ro,nosuid,nodev,noexec,(noa|rela)time'
	[ "$ME" != 0 ] || has '/mnt/a/sub ro,nosuid,nodev,noexec,noatime'
}

@test "propagation of a mount: private, rprivate, shared, slave, unbindable" {
	for option in private: rprivate: shared:shared slave: rslave: rshared:shared unbindable:unbindable runbindable:unbindable; do
		bind "\"rbind\", \"${option%:*}\""
		inside "$(show /mnt/a)"
		[ "$status" = 0 ] || complain "$option"
		like ".*${option#*:}.*type.*"
		[[ "$option" == *shared* ]] || lacks shared:
	done
}

@test "tmpfs: mode, size, uid and gid, the mode of the directory below" {
	with_mount '{"destination": "/mnt/a", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=0710", "size=64k", "nr_inodes=50"]}'
	inside "$(show /mnt/a); stat -c '%a %u:%g' /mnt/a; stat -f -c '%b %S' /mnt/a; dd if=/dev/zero of=/mnt/a/x bs=1k count=100 2>/dev/null || echo full"
	has "710 0:0" full
	like '.*type tmpfs super rw.*size=64k.*'
	with_mount '{"destination": "/mnt/a", "type": "tmpfs", "source": "tmpfs"}'
	chmod 751 "$ROOTFS/mnt/a"
	inside "stat -c '%a' /mnt/a"
	ok && has 751
	with_mount '{"destination": "/new/place", "type": "tmpfs", "source": "tmpfs"}'
	inside "stat -c '%a' /new/place"
	ok
	like '1777|755'
	with_mount '{"destination": "/mnt/a", "type": "tmpfs", "source": "tmpfs", "options": ["ro"]}'
	inside "touch /mnt/a/x 2>&1; true"
	like '.*Read-only file system'
}

@test "tmpcopyup: what was below is in it" {
	with_mount '{"destination": "/etc", "type": "tmpfs", "source": "tmpfs", "options": ["tmpcopyup"]}'
	inside 'cat /etc/passwd | head -n 1; echo x >/etc/new && echo written'
	ok && has "root:x:0:0:root:/root:/bin/sh" written
	[ ! -e "$ROOTFS/etc/new" ]
}

@test "uid= and gid= that do not map are left out and listed" {
	requires_unprivileged
	with_mount '{"destination": "/mnt/a", "type": "tmpfs", "source": "tmpfs", "options": ["gid=70000000"]}'
	inside "stat -c '%u:%g' /mnt/a" --keep
	[ "$status" = 0 ] || complain
	has 0:0
	degraded "$(rootlet state c1)" /mnt/a
}

@test "devpts with gid=5 and a single id: left out and listed" {
	requires_unprivileged
	bundle
	inside "$(show /dev/pts); ls -d /dev/pts/ptmx" --keep --userns=single
	ok
	degraded "$(rootlet state c1)" /dev/pts
}

@test "an option that the file system does not know is an error that names it" {
	with_mount '{"destination": "/mnt/a", "type": "tmpfs", "source": "tmpfs", "options": ["nosuchoption=1"]}'
	inside true
	refused /mnt/a
	with_mount '{"destination": "/mnt/a", "type": "nosuchfs", "source": "x"}'
	inside true
	refused nosuchfs
	with_mount '{"destination": "mnt/a", "type": "tmpfs", "source": "x"}'
	inside 'mount | grep -c " /mnt/a "'
	# A relative destination is taken from / (the specification of old) or refused.
	[ "$status" = 0 ] && has 1 || refused destination
}

@test "sysfs without a network namespace: the host's, bound, read-only as asked" {
	bundle '.linux.namespaces |= map(select(.type != "network"))'
	inside "$(show /sys); ls /sys/kernel >/dev/null && echo readable; readlink /proc/self/ns/net" --keep
	[ "$status" = 0 ] || complain
	has readable "$(readlink /proc/self/ns/net)"
	like 'opts ro,nosuid,nodev,noexec.*'
	[ "$ME" = 0 ] || degraded "$(rootlet state c1)" /sys
}

@test "proc without a pid namespace: the host's, bound" {
	requires_unprivileged
	bundle '.linux.namespaces |= map(select(.type != "pid"))'
	inside "$(show /proc); echo \"me \$\$\"; ls -d /proc/$PPID" --keep
	[ "$status" = 0 ] || complain
	not grep -qx "me 1" <<<"$output"
	like '.*type proc.*'
	degraded "$(rootlet state c1)" /proc
}

@test "flags that are locked stay, and are listed" {
	requires_unprivileged
	# A mount of the initial namespace that is nosuid,nodev: a normal user can't clear these.
	local source
	source=$(awk '$6 ~ /nosuid/ && $6 ~ /nodev/ && $5 !~ "^/(proc|sys)" { print $5; exit }' /proc/self/mountinfo)
	[ -d "$source" ] || skip "no restricted mount here"
	with_mount "{\"destination\": \"/mnt/a\", \"type\": \"bind\", \"source\": \"$source\", \"options\": [\"rbind\", \"suid\", \"dev\"]}"
	inside "$(show /mnt/a)" --keep
	[ "$status" = 0 ] || complain
	like 'opts .*nosuid,nodev.*'
	degraded "$(rootlet state c1)" /mnt/a
	# And a bind that says nothing of them just keeps them.
	with_mount "{\"destination\": \"/mnt/a\", \"type\": \"bind\", \"source\": \"$source\", \"options\": [\"bind\", \"ro\"]}"
	CID=c2 inside "$(show /mnt/a)"
	ok && like 'opts ro,nosuid,nodev.*'
}

@test "binding a directory with locked sub-mounts not recursively: rbind, and it is listed" {
	requires_unprivileged
	with_mount '{"destination": "/mnt/a", "type": "bind", "source": "/dev", "options": ["bind"]}'
	grep -q ' /dev/[^ ]* ' /proc/self/mountinfo || skip "nothing is mounted below /dev"
	inside 'ls /mnt/a/null' --keep
	[ "$status" = 0 ] || complain
	has /mnt/a/null
	degraded "$(rootlet state c1)" /mnt/a
}

@test "mounts are made in their order: one over another, one below another" {
	bind '"bind"'
	config '.mounts += [{destination: "/mnt/a", type: "tmpfs", source: "t"}, {destination: "/mnt/a/deep/er", type: "tmpfs", source: "t", options: ["size=4k"]}]'
	inside 'ls /mnt/a; test -e /mnt/a/file || echo hidden; awk "\$5 ~ \"^/mnt/a\" {print \$5}" /proc/self/mountinfo'
	ok && has hidden deep /mnt/a/deep/er
}

@test "a bind whose source lies in the container's root" {
	with_mount '{"destination": "/mnt/a", "type": "bind", "source": "rootfs/etc", "options": ["bind", "ro"]}'
	inside 'head -n 1 /mnt/a/passwd'
	ok && has root:x:0:0:root:/root:/bin/sh
}

@test "mqueue and cgroup2 mounts by name" {
	with_mount '{"destination": "/mnt/a", "type": "mqueue", "source": "mqueue"}'
	inside "$(show /mnt/a)"
	ok && like '.*type mqueue.*'
	[ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ] || return 0
	bundle
	inside "$(show /sys/fs/cgroup); ls /sys/fs/cgroup/cgroup.procs"
	ok && has /sys/fs/cgroup/cgroup.procs
}

@test "200 mounts" {
	bundle '.mounts += [range(0; 200) | {destination: "/mnt/a/\(.)", type: "tmpfs", source: "t", options: ["size=4k"]}] | .root.readonly = false'
	inside 'grep -c " /mnt/a/" /proc/self/mountinfo'
	ok && has 200
}
