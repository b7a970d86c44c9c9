#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # text for the container's shell; what lib/common sets
# masks - masked and read-only paths, sysctl.
load lib/common

@test "the template's masked paths: files are empty, directories too" {
	bundle
	inside 'for f in kcore keys timer_list; do [ -e /proc/$f ] && echo "$f $(cat /proc/$f | wc -c)"; done
		for d in acpi scsi asound; do [ -d /proc/$d ] && echo "$d $(ls -A /proc/$d | wc -l)"; done
		echo "firmware $(ls -A /sys/firmware | wc -l)"; touch /sys/firmware/x 2>/dev/null && echo writable'
	lacks writable
	has "keys 0" "firmware 0"
	not grep -vE ' 0$' <<<"$output"
}

@test "the template's read-only paths" {
	bundle '.process.capabilities |= with_entries(.value += ["CAP_SYS_ADMIN", "CAP_NET_ADMIN"])'
	inside 'for p in /proc/bus /proc/fs /proc/irq /proc/sys; do [ ! -e $p ] || awk "\$5 == \"$p\" {print \$5, substr(\$6, 1, 2)}" /proc/self/mountinfo; done
		(echo 1 >/proc/sys/net/ipv4/ip_forward) 2>&1; (echo h >/proc/sysrq-trigger) 2>&1; true'
	ok
	has "/proc/sys ro" "/proc/irq ro"
	# Some kernels have no sysrq-trigger.
	[ "$(grep -ciE 'read-only|permission denied|not permitted|nonexistent' <<<"$output")" = 2 ]
}

@test "masks of our own: files, directories, twice the same, missing ones, in a read-only root" {
	bundle '.linux.maskedPaths = ["/etc/passwd", "/etc/passwd", "/home", "/home/", "/nowhere/at/all", "/tmp/file"] | .linux.readonlyPaths = ["/mnt/a", "/mnt/a", "/missing"]'
	mkdir -p "$ROOTFS/home/user"
	echo secret >"$ROOTFS/tmp/file"
	inside 'cat /etc/passwd /tmp/file | wc -c; ls -A /home | wc -l; touch /mnt/a/x 2>&1; touch /home/x 2>&1; true'
	ok
	[ "${lines[0]}" = 0 ] && [ "${lines[1]}" = 0 ]
	[ "$(grep -c 'Read-only' <<<"$output")" = 2 ]
}

@test "a masked file can't be unmasked or written through" {
	bundle '.linux.maskedPaths = ["/etc/passwd"] | .root.readonly = false | .process.capabilities |= with_entries(.value += ["CAP_SYS_ADMIN"])'
	inside 'stat -L -c %t:%T /etc/passwd; echo x >/etc/passwd; cat /etc/passwd | wc -c'
	has 1:3 0
	grep -q root "$ROOTFS/etc/passwd"
}

@test "masked paths through symbolic links never hide something of the host" {
	bundle '.linux.maskedPaths = ["/link/passwd", "/etc/link"] | .linux.readonlyPaths = ["/link2"]'
	ln -s ../../../../../../../etc "$ROOTFS/link"
	ln -s /etc/passwd "$ROOTFS/etc/link"
	ln -s /mnt "$ROOTFS/link2"
	inside 'wc -c </etc/passwd'
	# Followed inside the root, or refused; the host's own files are as before.
	[ "$status" = 0 ] || refused /
	[ -s /etc/passwd ]
}

@test "a masked path that is relative is refused" {
	bundle '.linux.maskedPaths = ["etc/passwd"]'
	inside true
	refused maskedPaths
}

@test "sysctl: of the namespaces that are the container's" {
	bundle '.hostname = "x" | .linux.sysctl = {"net.ipv4.ip_forward": "1", "kernel.msgmax": "4000", "fs.mqueue.msg_max": "7", "net.ipv4.ip_unprivileged_port_start": "80"}'
	inside 'cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax /proc/sys/fs/mqueue/msg_max /proc/sys/net/ipv4/ip_unprivileged_port_start'
	ok
	[ "$output" = $'1\n4000\n7\n80' ]
	[ "$(cat /proc/sys/kernel/msgmax)" != 4000 ]
}

@test "sysctl: with slashes, and dots in a component" {
	bundle '.linux.sysctl = {"net/ipv4/conf/lo/forwarding": "1"}'
	inside 'cat /proc/sys/net/ipv4/conf/lo/forwarding'
	ok && has 1
}

@test "sysctl: of the host, or of a namespace that is shared, is refused" {
	for sysctl in '"kernel.panic": "1"' '"vm.swappiness": "1"' '"fs.file-max": "1000"' '"kernel.hostname": "x"' '"../../etc/passwd": "1"' '"net": "1"' '"kernel.nosuch": "1"'; do
		bundle ".hostname = \"y\" | .linux.sysctl = {$sysctl}"
		inside true
		refused || complain "$sysctl"
	done
	bundle '.linux.sysctl = {"net.ipv4.ip_forward": "1"} | .linux.namespaces |= map(select(.type != "network"))'
	inside true
	refused net.ipv4.ip_forward
	bundle '.linux.sysctl = {"kernel.msgmax": "4000"} | .linux.namespaces |= map(select(.type != "ipc"))'
	inside true
	refused kernel.msgmax
}

@test "sysctl: ping_group_range beyond the map is clamped and listed" {
	bundle '.linux.sysctl = {"net.ipv4.ping_group_range": "0 2147483647"}'
	inside 'cat /proc/sys/net/ipv4/ping_group_range' --keep
	[ "$status" = 0 ] || complain
	if [ "$ME" = 0 ]; then
		like '0[[:space:]]+2147483647'
	else
		like '0[[:space:]]+[0-9]+'
		degraded "$(rootlet state c1)" ping_group_range
	fi
}
