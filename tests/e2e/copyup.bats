#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # text for the container's shell; what lib/common sets
# copyup - tmpcopyup: a tmpfs that begins with what is below.
load lib/common

# over DESTINATION [OPTION,...]: a tmpfs with tmpcopyup and these options.
over() {
	config '.mounts += [{destination: $d, type: "tmpfs", source: "tmpfs", options: (["tmpcopyup"] + ($o / ","))}]' --arg d "$1" --arg o "${2-}"
}

@test "files, directories, symbolic and hard links, modes, times, holes; the directory below stays as it is" {
	bundle
	over /mnt/a
	cd "$ROOTFS/mnt/a"
	mkdir -p sub/deep empty .tmpcopyup-0
	echo text >sub/deep/file
	ln sub/deep/file hard
	ln hard sub/harder
	ln -s /nowhere link
	mkfifo -m 640 fifo
	printf '#!/bin/sh\necho ran\n' >prog
	chmod 4755 prog
	chmod 1770 sub
	touch -d '2001-02-03 04:05:06 UTC' prog sub
	truncate -s 40M sparse
	chmod 2751 .
	cd "$BATS_TEST_TMPDIR"
	inside 'cd /mnt/a; stat -c "%n %F %a %h" . sub empty hard fifo prog sparse; cat sub/deep/file; readlink link; ./prog
		echo "links $(stat -c %i sub/deep/file hard sub/harder | sort -u | wc -l)"; stat -c "%n %Y" prog sub
		[ "$(stat -c %b sparse)" -lt 100 ] && stat -c "size %s" sparse; ls -A
		echo new >sub/new; rm -r empty; awk "\$5 == \"/mnt/a\" {print \"type\", \$(NF - 2)}" /proc/self/mountinfo'
	ok
	has '. directory 2751 5' 'sub directory 1770 3' 'empty directory 755 2' 'hard regular file 644 3' 'fifo fifo 640 1' 'prog regular file 4755 1' \
		text /nowhere ran 'links 1' 'prog 981173106' 'sub 981173106' 'size 41943040' 'type tmpfs'
	[ "$(grep -c tmpcopyup <<<"$output")" = 1 ] || complain
	[ -d "$ROOTFS/mnt/a/empty" ] && [ ! -e "$ROOTFS/mnt/a/sub/new" ]
}

@test "owners, and options of the mount: mode, uid, ro, noexec" {
	requires_many_ids
	bundle
	over /home
	script 'touch /home/user/f && chown 0:1000 /home/user/f && chown 1000:1000 /home/user && chown 5:6 /home'
	config '.mounts |= map(select(.destination != "/home")) | .root.readonly = false | .process.capabilities[] += ["CAP_CHOWN", "CAP_DAC_OVERRIDE"]'
	go rootlet run --bundle "$BUNDLE" "$CID"
	ok
	over /home
	inside 'stat -c "%n %u:%g" /home /home/user /home/user/f'
	ok && has '/home 5:6' '/home/user 1000:1000' '/home/user/f 0:1000'
	config 'del(.mounts[-1])'
	over /home mode=0700,uid=7,ro,noexec
	inside 'stat -c "%n %u:%g %a" /home /home/user; touch /home/x 2>&1; awk "\$5 == \"/home\" {print \$6}" /proc/self/mountinfo'
	has '/home 7:6 700' '/home/user 1000:1000 755'
	like '.*Read-only file system' 'ro,noexec,.*'
	config 'del(.mounts[-1])'
	inside 'chown -R 0:0 /home' # so that this test's user can remove it
	ok
}

@test "file capabilities" {
	requires_root
	requires_tool setcap
	bundle
	over /mnt/a
	cp /bin/true "$ROOTFS/mnt/a/prog"
	setcap cap_net_raw=ep "$ROOTFS/mnt/a/prog"
	create true
	[[ "$(getcap "/proc/$(state_of .pid)/root/mnt/a/prog")" == *cap_net_raw=ep ]]
}

@test "a size that is too small, and another type, are errors that say so" {
	bundle
	over /mnt/a size=64k
	mkdir "$ROOTFS/mnt/a/sub"
	head -c 200000 /dev/zero | tr '\0' x >"$ROOTFS/mnt/a/sub/large"
	inside true
	refused 'tmpcopyup at /mnt/a' /sub/large 'size='
	bundle
	over /mnt/a
	mkdir -p "$ROOTFS/mnt/a/$(printf 'd/%.0s' {1..270})"
	inside true
	refused 'tmpcopyup at /mnt/a: too many directories'
	bundle
	over /mnt/a
	config '.mounts[-1].type = "proc"'
	inside true
	refused 'mounts[7].options: tmpcopyup is for mounts of the type tmpfs'
	bundle
	over /mnt/new/place
	inside 'ls -A /mnt/new/place; stat -f -c %T /mnt/new/place'
	ok && has tmpfs
}

@test "symbolic links of the root file system lead nowhere else, other mounts are not followed" {
	bundle
	over /mnt/a
	mkdir -p "$BATS_TEST_TMPDIR/data"
	echo secret >"$BATS_TEST_TMPDIR/data/file"
	ln -s "$BATS_TEST_TMPDIR/data" "$ROOTFS/mnt/a/out"
	config '.mounts |= .[:-1] + [{destination: "/mnt/a/b", type: "bind", source: $s, options: ["bind"]}] + .[-1:]' --arg s "$BATS_TEST_TMPDIR/data"
	inside 'ls -l /mnt/a; cat /mnt/a/out/file /mnt/a/b/file 2>&1' --keep
	lacks secret
	like '.*out -> .*'
	degraded "$(rootlet state c1)" 'mounts\[/mnt/a\].options'
}

@test "row copy-up: what the caller may not read or make is left out and listed" {
	requires_unprivileged
	[ -e /etc/shadow ] || skip "no /etc/shadow here"
	bundle
	config '.mounts += [{destination: "/mnt/b", type: "bind", source: "/etc", options: ["bind"]}, {destination: "/mnt/a", type: "bind", source: "/etc", options: ["bind"]}]'
	over /mnt/a
	# The kernel refuses it, and so it is not in the copy; the rest is.
	inside 'cat /mnt/b/shadow >/dev/null 2>&1 && echo read; [ -e /mnt/a/shadow ] && echo copied; cmp /mnt/a/passwd /mnt/b/passwd 2>/dev/null || [ "$(cat /mnt/a/passwd)" = "$(cat /mnt/b/passwd)" ] && echo same; echo "root $(stat -c %u /mnt/a/passwd)"' --keep
	[ "$status" = 0 ] || complain
	lacks read copied
	has same 'root 0'
	degraded "$(rootlet state c1)" 'mounts\[/mnt/a\].options'
}

@test "an owner who is not mapped, a device node: root's without its set-id bit, left out; listed" {
	requires_root
	bundle
	over /mnt/a
	config '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = $m | .linux.gidMappings = $m' --argjson m '[{"containerID": 0, "hostID": 100000, "size": 10}]'
	chmod 755 "$BATS_TEST_TMPDIR" "$BUNDLE"
	chown -R 100000:100000 "$ROOTFS"
	touch "$ROOTFS/mnt/a/strange"
	chown 5:5 "$ROOTFS/mnt/a/strange"
	chmod 4755 "$ROOTFS/mnt/a/strange"
	mknod "$ROOTFS/mnt/a/dev" c 1 3
	inside 'ls -A /mnt/a; stat -c "%n %u:%g %a" /mnt/a/strange' --keep
	ok && has strange '/mnt/a/strange 0:0 755'
	lacks dev
	degraded "$(rootlet state c1)" 'mounts\[/mnt/a\].options'
}
