#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # text for the container's shell; what lib/common sets
# rootfs - the root file system: read-only, propagation, pivot, out of reach.
load lib/common

@test "read-only as the template says, writable when asked" {
	bundle
	inside 'touch /x 2>&1; grep " / / " /proc/self/mountinfo | cut -d" " -f6; awk "\$5 == \"/\" {print \$6}" /proc/self/mountinfo'
	[ "$status" = 0 ]
	like '.*Read-only file system' 'ro(,.*)?'
	[ ! -e "$ROOTFS/x" ]
	config '.root.readonly = false'
	inside 'echo text >/x; mount -t tmpfs x /mnt 2>/dev/null; cat /x'
	ok && has text
	[ "$(cat "$ROOTFS/x")" = text ]
	[ "$(stat -c %u "$ROOTFS/x")" = "$ME" ]
}

@test "nothing of the old root stays, and no directory of the host is open" {
	bundle
	inside 'ls /; cut -d" " -f5 /proc/self/mountinfo | sort; ls -l /proc/self/fd /proc/1/fd 2>/dev/null'
	ok
	lacks "$BUNDLE" .pivot oldroot
	while read -r path; do
		case $path in / | /proc* | /dev* | /sys*) ;; *) complain "mount at $path" ;; esac
	done < <(grep '^/' <<<"$output")
}

@test "below a 0700 directory of the caller, whose own name the container's root may not enter" {
	bundle
	chmod 700 "$BATS_TEST_TMPDIR"
	inside 'echo there'
	ok && has there
}

@test "--no-pivot: the same container, no bare /proc of the host" {
	bundle
	inside 'echo "me $$"; ls /; awk "{print \$5}" /proc/self/mountinfo | grep -c "^/\$"; echo "kcore $(head -c1 /proc/kcore 2>/dev/null | wc -c)"; ls /proc | grep -c "^[0-9]"' --no-pivot
	ok
	has "me 1" bin "kcore 0"
}

@test "root.path: relative, absolute, missing, a file" {
	bundle
	inside 'echo rel'
	ok && has rel
	config '.root.path = $p' --arg p "$ROOTFS"
	inside 'echo abs'
	ok && has abs
	config '.root.path = "missing"'
	inside true
	refused missing
	config '.root.path = "config.json"'
	inside true
	refused config.json
	config 'del(.root)'
	inside true
	refused root
}

@test "root.path through a symbolic link" {
	bundle '.root.path = "link"'
	ln -s rootfs "$BUNDLE/link"
	inside 'echo there'
	ok && has there
}

# What the host's mount is, the container's can be a slave of.
@test "rootfsPropagation: a slave by default, shared, slave, private, unbindable" {
	slave='([^ ]+ ){6}- .*'
	if findmnt -no PROPAGATION -T "$BATS_TEST_TMPDIR" | grep -q shared; then slave='.* master:[0-9]+ - .*'; fi
	for kind in private:'([^ ]+ ){6}- .*' shared:'.* shared:.*' slave:"$slave" unbindable:'([^ ]+ ){6}unbindable - .*'; do
		bundle ".linux.rootfsPropagation = \"${kind%%:*}\""
		inside 'awk "\$5 == \"/\"" /proc/self/mountinfo'
		[ "$status" = 0 ] || complain "$kind"
		like "${kind#*:}"
	done
	bundle
	inside 'awk "\$5 == \"/\"" /proc/self/mountinfo'
	ok
	like "$slave"
	lacks shared:
	config '.linux.rootfsPropagation = "nosuch"'
	inside true
	refused rootfsPropagation
}

@test "nothing that the container mounts comes back to the host" {
	bundle '.linux.rootfsPropagation = "shared" | .root.readonly = false |
		.process.capabilities |= with_entries(.value += ["CAP_SYS_ADMIN"])'
	before=$(wc -l </proc/self/mountinfo)
	inside 'mount -t tmpfs tmpfs /mnt/a && awk "\$5 == \"/mnt/a\" {print \"in\"}" /proc/self/mountinfo'
	[ "$(wc -l </proc/self/mountinfo)" = "$before" ]
	has in
}

@test "a foreign root file system without mount points gets them, without being changed" {
	requires_subids
	# Owned by somebody whom the caller is not: a directory of the system.
	bundle '.root = {path: "/usr/share", readonly: true} | .process.args = ["/b/busybox", "ls", "/proc/self/exe"] |
		.mounts += [{destination: "/b", type: "bind", source: $b, options: ["rbind", "ro"]}]' --arg b "$ROOTFS/bin"
	go rootlet run --keep --bundle "$BUNDLE" c1
	[ "$status" = 0 ] || complain
	has /proc/self/exe
	[ ! -e /usr/share/b ] && [ ! -e /usr/share/proc ]
	degraded "$(rootlet state c1)" root
}

@test "missing mount points in a root file system of ours are made" {
	bundle '.root.readonly = true'
	rmdir "$ROOTFS/proc" "$ROOTFS/sys" "$ROOTFS/dev"
	inside 'echo "me $$"; ls -d /proc/self /sys/kernel /dev/null'
	ok && has "me 1" /dev/null /sys/kernel
}

@test "a root file system that the mapped root can't reach: cause and remedy" {
	requires_subids
	bundle
	config '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: $sub, size: 2000}] |
		.linux.gidMappings = [{containerID: 0, hostID: $gsub, size: 2000}]' --argjson sub "$SUBUID" --argjson gsub "$SUBGID"
	chmod 700 "$ROOTFS"
	inside true
	refused "$ROOTFS"
	# One line, with something that the user can do.
	grep -qiE "chmod|chown|uidMappings" <<<"$stderr" || complain
}

@test "a /dev of the image that is a symbolic link fills nothing outside" {
	bundle
	rmdir "$ROOTFS/dev"
	mkdir "$BATS_TEST_TMPDIR/outside"
	ln -s "$BATS_TEST_TMPDIR/outside" "$ROOTFS/dev"
	inside 'ls /dev/null'
	[ -z "$(ls -A "$BATS_TEST_TMPDIR/outside")" ]
	rm "$ROOTFS/dev"
	ln -s /../../../../../../tmp "$ROOTFS/dev"
	inside 'ls -d /dev/null'
	[ ! -e /tmp/pts ]
}

@test "a container's /proc that is a symbolic link is refused" {
	bundle
	rmdir "$ROOTFS/proc"
	ln -s tmp "$ROOTFS/proc"
	inside true
	refused /proc
	bundle
	rmdir "$ROOTFS/sys"
	ln -s tmp "$ROOTFS/sys"
	inside true
	refused /sys
}
