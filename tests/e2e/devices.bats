#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # text for the container's shell; what lib/common sets
# devices - the default ones, listed ones, links, and what mknod is refused.
load lib/common

@test "the devices of the specification, and they work" {
	bundle
	inside 'for d in null zero full random urandom tty; do stat -c "%n %F %t:%T" /dev/$d; done
		echo x >/dev/null && head -c 4 /dev/zero | od -An -tx1 2>/dev/null; head -c 3 /dev/urandom | wc -c
		(echo x >/dev/full) 2>&1; test -w /dev/null && test -r /dev/zero && echo usable'
	[ "$status" = 0 ] || complain
	has "/dev/null character special file 1:3" "/dev/zero character special file 1:5" "/dev/full character special file 1:7" \
		"/dev/random character special file 1:8" "/dev/urandom character special file 1:9" "/dev/tty character special file 5:0" 3 usable
	like '.*No space left on device'
}

@test "the links of /dev" {
	bundle
	inside 'for l in fd stdin stdout stderr ptmx; do echo "$l $(readlink /dev/$l)"; done; echo through >>/dev/stdout; ls /dev/fd | head -n 1; test -c /dev/ptmx && echo ptmx'
	ok
	has "fd /proc/self/fd" "stdin /proc/self/fd/0" "stdout /proc/self/fd/1" "stderr /proc/self/fd/2" through 0 ptmx
	like 'ptmx (/dev/)?pts/ptmx'
}

@test "nothing else is in /dev" {
	bundle
	# core is there where the kernel has /proc/kcore.
	inside 'ls /dev | grep -vx core | sort | tr "\n" " "'
	ok
	[ "$output" = "fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero " ] ||
		[ "$output" = "console fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero " ]
}

@test "a listed device: made, or bound where mknod is refused" {
	bundle '.linux.devices = [{type: "c", path: "/dev/mynull", major: 1, minor: 3, fileMode: 438, uid: 0, gid: 0},
		{type: "c", path: "/dev/sub/null", major: 1, minor: 3}, {type: "u", path: "/x/zero", major: 1, minor: 5}]'
	# The host has them under other names.  Twice: what the first run leaves in the
	# root filesystem is no obstacle.
	for i in 1 2; do
		inside 'stat -c "%n %F %t:%T" /dev/mynull /dev/sub/null /x/zero; stat -c "%a %u" /dev/mynull; head -c 2 /x/zero | wc -c' --keep
		ok
		has "/dev/mynull character special file 1:3" "/dev/sub/null character special file 1:3" "/x/zero character special file 1:5" 2
		state=$(rootlet state c1)
		if [ "$ME" = 0 ]; then
			has "666 0"
			not_degraded "$state" devices
		else
			degraded "$state" '^linux.devices\[/dev/mynull\]$' '^linux.devices\[/dev/sub/null\]$' '^linux.devices\[/x/zero\]$'
			jq -e 'all(.degraded[]; .got != "nothing")' <<<"$state"
		fi
		rootlet delete c1
	done
}

@test "a listed device that the host has not: made, or missing and listed as that" {
	bundle '.linux.devices = [{type: "c", path: "/dev/nosuch", major: 1, minor: 250, fileMode: 384}]'
	inside 'stat -c "%F %t:%T" /dev/nosuch 2>/dev/null; true' --keep
	ok
	state=$(rootlet state c1)
	if [ "$ME" = 0 ]; then
		has "character special file 1:fa"
		not_degraded "$state" devices
	else
		[ -z "$output" ] || complain
		# Once, and not as bound.
		jq -e '[.degraded[] | select(.item | startswith("linux.devices"))] | length == 1 and
			(.[0] | .got == "nothing" and (.why | contains("c 1:250") and contains("/dev/nosuch")))' <<<"$state" || complain "$state"
	fi
}

@test "a listed device where something else is: refused, and that is left as it is" {
	bundle
	ln -s passwd "$ROOTFS/etc/link"
	before=$(<"$ROOTFS/etc/passwd")
	for case in '["/etc/passwd","c"] a plain file' '["/etc/passwd","b"] a plain file' '["/etc/passwd","p"] a plain file' '["/etc","c"] a directory' \
		'["/etc/link","c"] a symlink' '["/etc/passwd","c",250] a plain file' '["/proc/meminfo","c"] a plain file'; do
		device=${case%% *}
		config '.linux.devices = [$d | {path: .[0], type: .[1], major: 1, minor: (.[2] // 3)}]' --argjson d "$device"
		inside 'echo ran'
		refused "linux.devices[$(jq -r '.[0]' <<<"$device")]" "${case#* }" "root filesystem" || complain "$device"
	done
	[ "$(<"$ROOTFS/etc/passwd")" = "$before" ] && [ "$(readlink "$ROOTFS/etc/link")" = passwd ]
	# Two of the same name.
	config '.linux.devices = [{path: "/dev/twice", type: "c", major: 1, minor: 3}, {path: "/dev/twice", type: "c", major: 1, minor: 5}]'
	inside 'echo ran'
	refused 'linux.devices[/dev/twice]' 'c 1:5' 'the device c 1:3'
	config '.linux.devices[1].minor = 3'
	inside 'stat -c %t:%T /dev/twice'
	ok && has 1:3
}

@test "a listed /dev/ptmx is the link that every container has" {
	bundle '.linux.devices = [{path: "/dev/ptmx", type: "c", major: 5, minor: 2, fileMode: 438}]'
	inside 'readlink /dev/ptmx; (: <>/dev/ptmx) && echo opened' --keep
	ok && has pts/ptmx opened
	not_degraded "$(rootlet state c1)" 'linux\.devices\['
}

@test "a listed device that a mount brings: the host's keeps its owner and mode" {
	host=/dev/full
	if [ "$ME" = 0 ]; then
		host=$BATS_TEST_TMPDIR/full
		mknod -m 600 "$host" c 1 7
	fi
	before=$(stat -c '%a %u %g' "$host")
	bundle '.mounts += [{destination: "/dev/brought", type: "bind", source: $h, options: ["bind"]}] |
		.linux.devices = [{path: "/dev/brought", type: "c", major: 1, minor: 7, fileMode: 420, uid: 5, gid: 5}]' --arg h "$host"
	inside 'stat -c %t:%T /dev/brought' --keep
	[ "$(stat -c '%a %u %g' "$host")" = "$before" ] || complain "the host's device was changed"
	ok && has 1:7
	degraded "$(rootlet state c1)" '^linux.devices\[/dev/brought\].fileMode$'
}

@test "without a mount at /dev: a default device goes over a plain file of the image, and nothing is lost" {
	bundle '.mounts |= map(select(.destination | startswith("/dev") | not))'
	echo plain >"$ROOTFS/dev/null"
	inside 'stat -c "%F %t:%T" /dev/null; echo x >/dev/null && echo usable' --keep
	ok
	has "character special file 1:3" usable
	[ "$(<"$ROOTFS/dev/null")" = plain ]
	not_degraded "$(rootlet state c1)" devices
}

@test "a listed device that the host has" {
	bundle '.linux.devices = [{type: "c", path: "/dev/full", major: 1, minor: 7, fileMode: 384, uid: 0, gid: 0}]'
	inside 'stat -c "%n %F %t:%T" /dev/full' --keep
	[ "$status" = 0 ] || complain
	has "/dev/full character special file 1:7"
}

@test "a fifo among the devices" {
	bundle '.linux.devices = [{type: "p", path: "/dev/pipe", fileMode: 416}]'
	inside 'stat -c "%F %a" /dev/pipe'
	ok && has "fifo 640"
}

@test "bad devices are refused with the key" {
	for device in '{"type": "x", "path": "/dev/a", "major": 1, "minor": 3}' '{"type": "c", "path": "dev/a", "major": 1, "minor": 3}' \
		'{"type": "c", "major": 1, "minor": 3}'; do
		bundle '.linux.devices = [$d]' --argjson d "$device"
		inside true
		refused devices || complain "$device"
	done
}

@test "a read-only /dev is filled first" {
	bundle '(.mounts[] | select(.destination == "/dev") | .options) += ["ro"]'
	inside 'touch /dev/x 2>&1; echo x >/dev/null && echo usable; readlink /dev/fd'
	[ "$status" = 0 ] || complain
	has usable /proc/self/fd
	like '.*Read-only file system'
}

@test "a /dev bound from the host is left as it is" {
	bundle '.mounts = [.mounts[] | select(.destination | startswith("/dev") | not)] + [{destination: "/dev", type: "bind", source: "/dev", options: ["rbind"]}]'
	before=$(stat -c "%n %A %u %g %t %T" /dev/* | md5sum)
	inside 'echo x >/dev/null && ls -d /dev/null'
	[ "$status" = 0 ] || complain
	has /dev/null
	[ "$(stat -c "%n %A %u %g %t %T" /dev/* | md5sum)" = "$before" ] || complain "the host's /dev was changed"
}
