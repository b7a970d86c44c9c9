#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # text for the container's shell; what lib/common sets
# netdev - linux.netDevices: devices of the host go into the container.
#
# "The host" is a network namespace that the test makes: as root, or as a normal
# user who is root of a user namespace of his own.
load lib/common

PATH=$PATH:/usr/sbin:/sbin

# in_netns SCRIPT COMMAND...: SCRIPT makes devices with `device NAME`, then COMMAND runs there.
in_netns() {
	local script='device() { ip link add "$1" type dummy 2>/dev/null || ip link add "$1" type veth peer name "p$1"; }'$'\n'$1$'\n''exec "$@"' new=(-n)
	shift
	[ "$ME" = 0 ] || new=(-Urmn)
	unshare "${new[@]}" sh -ec "$script" sh "$@"
}
requires_devices() {
	requires_tool ip
	in_netns 'device d0' true 2>/dev/null || skip "no virtual device can be made here"
}

@test "a device is moved, renamed, keeps its addresses and attributes, and is up" {
	requires_devices
	bundle '.linux.netDevices = {d0: {name: "eth7"}, d1: {}}'
	script 'ip -o link; ip -o addr; echo "up $(cat /sys/class/net/eth7/flags) $(cat /sys/class/net/d1/flags)"'
	go in_netns 'device d0; device d1; ip link set d0 mtu 1300 address 02:00:00:00:00:07
		ip addr add 10.9.8.7/24 brd 10.9.8.255 dev d0; ip addr add 10.9.8.8/24 dev d0; ip addr add 10.1.1.1 peer 10.1.1.2 dev d0
		ip addr add 10.9.9.9/24 scope link dev d0; ip addr add fd00::7/64 dev d0 nodad 2>/dev/null || :
		ip addr add fd00::8/64 dev d0 valid_lft 100 preferred_lft 100 2>/dev/null || :' "$ROOTLET" --root "$ROOT" run --bundle "$BUNDLE" c1
	ok
	like '.*: eth7(@.*)?: <.*UP.*mtu 1300.*02:00:00:00:00:07.*' '.*: d1(@.*)?: .*' '.*eth7 +inet 10.9.8.7/24 brd 10.9.8.255 .*' '.*eth7 +inet 10.9.8.8/24 .*' \
		'.*eth7 +inet 10.1.1.1 peer 10.1.1.2/32 .*' 'up 0x[0-9a-f]*[13579bdf] 0x[0-9a-f]*[13579bdf]'
	# Neither of link scope nor of a limited life.
	lacks ' d0' 10.9.9.9 fd00::8
	[ ! -e /proc/net/if_inet6 ] || like '.*eth7 +inet6 fd00::7/64 .*'
}

@test "into a network namespace that belongs to the container's user namespace" {
	requires_root
	requires_devices
	bundle '.linux.netDevices = {d0: {name: "eth0"}} | .linux.namespaces += [{type: "user"}] | .linux.uidMappings = $m | .linux.gidMappings = $m' \
		--argjson m '[{"containerID": 0, "hostID": 100000, "size": 65536}]'
	chmod 755 "$BATS_TEST_TMPDIR" "$BUNDLE"
	script 'ip -o addr; ip link set eth0 down && echo mine'
	config '.process.capabilities[] += ["CAP_NET_ADMIN"]'
	go in_netns 'device d0; ip addr add 10.9.8.7/24 dev d0' "$ROOTLET" --root "$ROOT" run --bundle "$BUNDLE" c1
	ok && has mine
	like '.*eth0 +inet 10.9.8.7/24 .*'
}

@test "a name that is taken is refused, eth%d is not; both before the move" {
	requires_devices
	bundle '.linux.netDevices = {d0: {name: "lo"}}'
	script 'ip -o link'
	go in_netns 'device d0; sh -c "\"\$@\"; ip -o link | grep -o d0 >&2" sh "$@"; exit' "$ROOTLET" --root "$ROOT" run --bundle "$BUNDLE" c1
	[ -z "$output" ] || complain
	[[ "$stderr" == *'has a device lo already'*d0 ]] || complain
	config '.linux.netDevices = {d0: {name: "eth%d"}, d1: {name: "eth%d"}}'
	go in_netns 'device d0; device d1' "$ROOTLET" --root "$ROOT" run --bundle "$BUNDLE" c1
	ok
	like '.*: eth0(@.*)?: .*' '.*: eth1(@.*)?: .*'
}

@test "a number that is taken in the container, and a network namespace by path" {
	requires_devices
	bundle '(.linux.namespaces[] | select(.type == "network")).path = "HERE" | .linux.netDevices = {d0: {}}'
	script 'ip -o link'
	export BUNDLE
	# The namespace that is joined has a device of the same number.
	go in_netns 'device d0; mkfifo made go; unshare -n sh -ec "ip link add x0 type dummy 2>/dev/null || ip link add x0 type veth peer name y0
			echo >made; read line <go" & read line <made
		sed -i "s|HERE|/proc/$!/ns/net|" "$BUNDLE/config.json"; "$@"; echo >go; exit' "$ROOTLET" --root "$ROOT" run --bundle "$BUNDLE" c1
	ok
	like '.*: x0(@.*)?: .*' '.*: d0(@.*)?: .*'
}

@test "mistakes are errors that name the key" {
	bundle '.linux.netDevices = {"eth0": {name: "a/b"}}'
	inside true
	refused 'linux.netDevices.eth0.name' 'a/b'
	bundle '.linux.netDevices = {"nosuch0": {}}'
	if [ "$ME" = 0 ]; then
		inside true
		refused nosuch0 'none of that name'
	fi
	bundle '.linux.netDevices = {"eth0": {}} | .linux.namespaces |= map(select(.type != "network"))'
	inside true
	refused linux.netDevices 'no network namespace of its own'
}

@test "a normal user: refused, because the kernel refuses it" {
	requires_unprivileged
	requires_tool ip
	bundle '.linux.netDevices = {lo: {name: "x0"}}'
	inside true
	refused 'linux.netDevices: move the network device lo' 'takes CAP_NET_ADMIN'
	# The call itself.
	run ip link set lo netns $$
	[[ "$status" != 0 && "$output" == *"not permitted"* ]] || complain
}
