#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # text for the container's shell; what lib/common sets
# namespaces - new, inherited and joined ones, and what belongs to them.
load lib/common

links='for ns in cgroup ipc mnt net pid user uts time; do echo "$(readlink /proc/self/ns/$ns)"; done'

@test "every namespace of the bundle is new, the others are the caller's" {
	bundle
	inside "$links"
	ok
	for ns in cgroup ipc mnt net pid uts; do lacks "$(readlink "/proc/self/ns/$ns")"; done
	has "$(readlink /proc/self/ns/time)"
	for ns in ipc uts cgroup; do
		bundle ".linux.namespaces |= map(select(.type != \"$ns\")) | del(.hostname)"
		# Without an own ipc namespace the host's mqueue is bound, where it has one.
		[ -d /dev/mqueue ] || config 'del(.mounts[] | select(.type == "mqueue"))'
		inside "$links"
		[ "$status" = 0 ] || complain "without $ns"
		has "$(readlink "/proc/self/ns/$ns")"
	done
}

@test "pid namespace: the program is 1 and sees nobody else" {
	bundle
	inside 'echo "me $$"; ls /proc | grep -c "^[0-9]"; cat /proc/1/comm'
	ok
	has "me 1" sh
	like '[234]'
}

@test "a /proc of another pid namespace than the caller's is refused" {
	bundle
	script true
	go unshare -Urpf "$ROOTLET" --root "$ROOT" run --bundle "$BUNDLE" c1
	refused "/proc shows" --mount-proc
	go unshare -Urpf --mount-proc "$ROOTLET" --root "$ROOT" run --bundle "$BUNDLE" c1
	[ "$status" = 0 ] || complain
}

@test "without a pid namespace: the host's processes; delete ends init" {
	bundle '.linux.namespaces |= map(select(.type != "pid"))'
	detached 'echo "me $$"; readlink /proc/self/ns/pid; exec sleep 100'
	until_true 5 grep -qxF "$(readlink /proc/self/ns/pid)" "$BATS_TEST_TMPDIR/out"
	pid=$(state_of .pid)
	grep -qx "me $pid" "$BATS_TEST_TMPDIR/out"
	rootlet delete -f c1
	until_true 2 pid_gone "$pid"
}

@test "network: an own namespace has lo, and it is up" {
	bundle
	inside 'tail -n +3 /proc/net/dev | sed "s/:.*//; s/ //g"; ip addr show lo 2>/dev/null | grep -o "inet 127[^ ]*"; cat /sys/class/net/lo/flags; ping -c 1 -W 1 127.0.0.1 >/dev/null && echo pong || :'
	has "inet 127.0.0.1/8" 0x9
	has lo
	[ "${lines[0]}" = lo ]
}

@test "network: what belongs to it belongs to the container's root" {
	bundle '.linux.namespaces |= map(select(.type != "pid" or true))'
	inside 'stat -c "%n %u" /proc/net/dev /proc/sys/net/ipv4/ip_forward /sys/class/net/lo/flags /dev/mqueue /proc/sys/kernel/msgmax'
	ok
	has "/proc/net/dev 0" "/sys/class/net/lo/flags 0" "/proc/sys/net/ipv4/ip_forward 0"
}

@test "hostname and domainname" {
	bundle '.hostname = "kitchen" | .domainname = "home.example"'
	before=$(hostname)
	inside 'hostname; cat /proc/sys/kernel/domainname'
	ok
	has kitchen home.example
	[ "$(hostname)" = "$before" ]
}

@test "a name of more than 64 bytes is refused before anything is made" {
	for key in hostname domainname; do
		bundle '.[$key] = "a" * 65' --arg key "$key"
		inside true
		refused "$key: " "65" "at most 64" "Write a shorter"
		[ ! -e "$ROOT/c1" ]
	done
	config '.hostname = "a" * 64 | .domainname = .hostname'
	inside hostname
	ok
	has "$(printf 'a%.0s' {1..64})"
}

@test "hostname without an own uts namespace is refused" {
	bundle '.hostname = "kitchen" | .linux.namespaces |= map(select(.type != "uts"))'
	before=$(hostname)
	inside hostname
	refused hostname
	[ "$(hostname)" = "$before" ]
}

@test "by path: pid, ipc, uts, network and mount namespaces of another container" {
	requires_root
	bundle '.hostname = "first"'
	detached 'exec sleep 100'
	pid=$(state_of .pid)
	config '.linux.namespaces |= map(
		if .type == "mount" then . else . + {path: "/proc/\($pid)/ns/\({"network": "net", "cgroup": "cgroup"}[.type] // .type)"} end) | del(.hostname)' --arg pid "$pid"
	CID=c2 inside "$links; hostname; echo \"me \$\$\""
	[ "$status" = 0 ] || complain
	for ns in cgroup ipc net pid uts; do has "$(readlink "/proc/$pid/ns/$ns")"; done
	has first
	not grep -qx "me 1" <<<"$output"
}

@test "by path: a bind-mounted namespace file" {
	requires_root
	bundle
	touch "$BATS_TEST_TMPDIR/net"
	unshare --net="$BATS_TEST_TMPDIR/net" true
	config '.linux.namespaces |= map(if .type == "network" then .path = $p else . end)' --arg p "$BATS_TEST_TMPDIR/net"
	inside 'readlink /proc/self/ns/net'
	net=$(stat -L -c 'net:[%i]' "$BATS_TEST_TMPDIR/net")
	umount "$BATS_TEST_TMPDIR/net"
	ok && has "$net"
}

@test "by path: missing, of another kind, no namespace at all" {
	bundle
	config '.linux.namespaces |= map(if .type == "network" then .path = "/nowhere/net" else . end)'
	inside true
	refused /nowhere/net
	config '.linux.namespaces |= map(if .type == "network" then .path = "/proc/self/ns/uts" else . end)'
	inside true
	refused /proc/self/ns/uts
	config '.linux.namespaces |= map(if .type == "network" then .path = "/etc/passwd" else . end)'
	inside true
	refused /etc/passwd
	mkfifo fifo
	config '.linux.namespaces |= map(if .type == "network" then .path = $p else . end)' --arg p "$PWD/fifo"
	inside true
	refused "$PWD/fifo"
}

@test "the same kind twice is refused; so is one that is not known" {
	bundle '.linux.namespaces += [{type: "pid"}]'
	inside true
	refused namespaces
	bundle '.linux.namespaces += [{type: "nosuch"}]'
	inside true
	refused nosuch
}

@test "inheriting a namespace by the path of our own" {
	requires_root
	bundle
	config '.linux.namespaces |= map(if .type == "network" then .path = "/proc/self/ns/net" else . end)'
	inside 'readlink /proc/self/ns/net'
	[ "$status" = 0 ] || complain
	has "$(readlink /proc/self/ns/net)"
}

@test "without a mount namespace nothing is mounted on the host: refused" {
	bundle '.linux.namespaces |= map(select(.type != "mount"))'
	inside true
	refused mount
}

@test "the cgroup namespace shows / as the container's cgroup" {
	[ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ] || skip "no cgroup2 on /sys/fs/cgroup"
	bundle
	inside 'cat /proc/self/cgroup'
	ok && has "0::/"
}
