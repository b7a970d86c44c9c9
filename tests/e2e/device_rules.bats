#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # text for the container's shell; what lib/common sets
# device_rules - linux.resources.devices: for root a filter on the container's
# cgroup; a user has the devices that are bound into the container.
#
# No driver has the majors 60 and 61.  So what the filter lets an open(2) reach is
# ENXIO, and what it does not is EPERM.
load lib/common

# requires_filter: root with a cgroup of version 2 to be made, which an outer
# container may not have.
requires_filter() {
	requires_root
	[ "$("$ROOTLET" plan --bundle "$BUNDLE" | jq -r '.cgroup.manager // "none"')" != none ] || skip "no cgroup can be made here"
}

# try FILE...: for each, to read and to write: let or refused.
try='try() { for f; do for m in r w; do
	if [ $m = r ]; then e=$( (: <$f) 2>&1); else e=$( (: >$f) 2>&1); fi
	case $e in *"not permitted"*) echo "$f $m refused" ;; *) echo "$f $m let" ;; esac
done; done; }
node() { mknod "/dev/$1$2.$3" $1 $2 $3 && try "/dev/$1$2.$3"; }
'
# with_rules JSON: a container that may make nodes, with these rules.
with_rules() {
	bundle '.process.capabilities |= with_entries(.value += ["CAP_MKNOD"]) | .linux.resources.devices = $rules' --argjson rules "$1"
}

@test "no rules, and one that denies all: the default devices, and every node can be made" {
	for rules in '[]' '[{"allow": false, "access": "rwm"}]' null; do
		with_rules "$rules"
		requires_filter
		inside "$try"'node c 60 1; node b 60 1; try /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty /dev/ptmx'
		ok
		has "/dev/c60.1 r refused" "/dev/c60.1 w refused" "/dev/b60.1 r refused" "/dev/null r let" "/dev/tty r let" "/dev/tty w let" "/dev/ptmx w let"
		[ "$(grep -c refused <<<"$output")" = 4 ] || complain "$rules"
	done
}

@test "of the rules that fit the last decides, about each access for itself" {
	with_rules '[{"allow": false, "access": "rwm"},
		{"allow": true, "type": "c", "major": 60, "minor": 1, "access": "r"},
		{"allow": true, "type": "c", "major": 60, "minor": 2, "access": "w"}, {"allow": true, "type": "c", "major": 60, "minor": 2, "access": "r"},
		{"allow": true, "type": "b", "major": 61, "access": "rw"}, {"allow": false, "type": "b", "major": 61, "minor": 2, "access": "w"},
		{"allow": true, "minor": 7, "access": "rwm"}, {"allow": true, "type": "a", "major": -1, "minor": 8, "access": "rw"}]'
	requires_filter
	inside "$try"'node c 60 1; node c 60 2; node c 60 3; node b 60 1; node b 61 1; node b 61 2; node c 61 1; node c 60 7; node b 61 7; node c 60 8'
	ok
	has "/dev/c60.1 r let" "/dev/c60.1 w refused" "/dev/c60.2 r let" "/dev/c60.2 w let" "/dev/c60.3 r refused" "/dev/b60.1 r refused" \
		"/dev/b61.1 r let" "/dev/b61.1 w let" "/dev/b61.2 r let" "/dev/b61.2 w refused" "/dev/c61.1 r refused" \
		"/dev/c60.7 w let" "/dev/b61.7 w let" "/dev/c60.8 r let"
}

@test "all but one: what the other rules allow is left" {
	with_rules '[{"allow": true, "access": "rwm"}, {"allow": false, "type": "c", "major": 60, "minor": 1, "access": "w"}, {"allow": false, "type": "c", "major": 61, "access": "rwm"}]'
	requires_filter
	inside "$try"'node c 60 1; node c 60 2; node c 61 5; node b 60 1'
	ok
	has "/dev/c60.1 r let" "/dev/c60.1 w refused" "/dev/c60.2 w let" "/dev/c61.5 r refused" "/dev/b60.1 w let"
	config '.linux.resources.devices = [{allow: true, access: "rwm"}]'
	CID=c2 inside "$try"'node c 60 1; node c 61 5'
	ok
	lacks refused
}

@test "exec is below the filter too, the host is not" {
	with_rules '[{"allow": false, "access": "rwm"}, {"allow": true, "type": "c", "major": 60, "minor": 1, "access": "r"}]'
	requires_filter
	detached "$try"'node c 60 1; node c 60 2; exec sleep 100'
	until_true 5 grep -q 'c60.2 w' "$BATS_TEST_TMPDIR/out"
	go rootlet exec c1 sh -c "$try"'try /dev/c60.1 /dev/c60.2'
	ok
	has "/dev/c60.1 r let" "/dev/c60.1 w refused" "/dev/c60.2 r refused"
	# The host is not.
	mknod "$BATS_TEST_TMPDIR/node" c 60 2
	go sh -c "$try"'try "$0"' "$BATS_TEST_TMPDIR/node"
	lacks refused
}

@test "root with a user namespace: what is bound into the container is filtered" {
	with_rules '[{"allow": false, "access": "rwm"}, {"allow": true, "type": "c", "major": 60, "minor": 1, "access": "rw"}]'
	requires_filter
	mknod -m 666 "$BATS_TEST_TMPDIR/one" c 60 1
	mknod -m 666 "$BATS_TEST_TMPDIR/two" c 60 2
	not grep -q 'nodev' <<<"$(findmnt -n -o OPTIONS -T "$BATS_TEST_TMPDIR" 2>/dev/null)" || skip "no device nodes on this file system"
	config '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 1000}] | .linux.gidMappings = .linux.uidMappings |
		.mounts += [{destination: "/dev/one", source: ($t + "/one"), options: ["bind"]}, {destination: "/dev/two", source: ($t + "/two"), options: ["bind"]}]' --arg t "$BATS_TEST_TMPDIR"
	chmod 755 "$BATS_TEST_TMPDIR" "$BUNDLE"
	inside "$try"'try /dev/one /dev/two /dev/null'
	[ "$status" = 0 ] || complain
	has "/dev/one r let" "/dev/one w let" "/dev/two r refused" "/dev/two w refused" "/dev/null w let"
}

@test "rules that can't be: an error with the key" {
	for rule in '{"allow": true, "type": "c", "major": 1, "minor": 1}:access' '{"allow": true, "type": "c", "major": 1, "minor": 1, "access": ""}:access' \
		'{"allow": true, "major": -2, "access": "r"}:major' '{"allow": true, "minor": 1048576, "access": "r"}:minor'; do
		with_rules "[{\"allow\": false, \"access\": \"rwm\"}, ${rule%:*}]"
		inside true
		refused "linux.resources.devices[1].${rule##*:}: " || complain "$rule"
	done
	with_rules "$(jq -n '[range(1001) | {allow: true, type: "c", major: 60, minor: ., access: "r"}]')"
	inside true
	refused "linux.resources.devices: 1001 are more"
}

@test "as many rules as there may be" {
	with_rules "$(jq -n '[range(1000) | {allow: true, type: (if . % 3 == 0 then "b" else "c" end), major: (60 + . % 2), minor: ., access: "r"}]')"
	requires_filter
	inside "$try"'node b 61 999; node c 61 999; node c 60 1'
	ok
	has "/dev/b61.999 r let" "/dev/b61.999 w refused" "/dev/c61.999 r refused" "/dev/c60.1 r refused"
}

@test "a user: rules hold where all that is bound in is allowed, and are listed where it is not" {
	requires_unprivileged
	bundle # denies all, as every bundle does
	inside 'mknod /dev/x c 60 1 2>/dev/null || echo "no nodes"' --keep
	[ "$status" = 0 ] || complain
	has "no nodes"
	not_degraded "$(rootlet state c1)" linux.resources.devices
	bundle '.linux.devices = [{type: "c", path: "/dev/mine", major: 60, minor: 1}]'
	degraded "$(rootlet plan --bundle "$BUNDLE")" '^linux.resources.devices$'
	config '.linux.resources.devices += [{allow: true, type: "c", major: 60, access: "rw"}]'
	not_degraded "$(rootlet plan --bundle "$BUNDLE")" '^linux.resources.devices$'
	bundle '.mounts += [{destination: "/mnt/a", source: "/dev", options: ["rbind"]}, {destination: "/mnt/b", source: "/dev/shm", options: ["rbind"]}]'
	degraded "$(rootlet plan --bundle "$BUNDLE")" '^linux.resources.devices$'
	config 'del(.mounts[-2])'
	not_degraded "$(rootlet plan --bundle "$BUNDLE")" '^linux.resources.devices$'
}

@test "update: other rules take the place of those before" {
	with_rules '[{"allow": false, "access": "rwm"}, {"allow": true, "type": "c", "major": 60, "minor": 1, "access": "r"}]'
	requires_filter
	detached "$try"'node c 60 1; node c 60 2; exec sleep 100'
	until_true 5 grep -q 'c60.2 w' "$BATS_TEST_TMPDIR/out"
	update() {
		jq -n "{devices: $1}" | rootlet update -r - c1
		go rootlet exec c1 sh -c "$try"'try /dev/c60.1 /dev/c60.2 /dev/null'
		ok
	}
	update '[{allow: false, access: "rwm"}, {allow: true, type: "c", major: 60, access: "w"}]'
	has "/dev/c60.1 r refused" "/dev/c60.1 w let" "/dev/c60.2 w let" "/dev/null r let"
	update '[{allow: true, access: "rwm"}]'
	lacks refused
	update '[{allow: false, access: "rwm"}]'
	has "/dev/c60.1 r refused" "/dev/c60.1 w refused" "/dev/c60.2 r refused" "/dev/null w let"
	# Limits alone leave them as they are.
	rootlet update --pids-limit -1 c1 2>/dev/null || :
	go rootlet exec c1 sh -c "$try"'try /dev/c60.2'
	has "/dev/c60.2 r refused"
}

@test "a sandbox or a kernel without bpf(2): an error that says what to do" {
	requires_tool strace
	with_rules '[{"allow": false, "access": "rwm"}]'
	requires_filter
	script true
	for why in EPERM:--rootless=true EINVAL:CONFIG_CGROUP_BPF; do
		go strace -f -o /dev/null -e trace=bpf -e inject=bpf:error="${why%:*}" "$ROOTLET" --root "$ROOT" run --bundle "$BUNDLE" c1
		refused "load the device filter" "(${why%:*})" "${why#*:}" || complain "$why"
		[ ! -e "$ROOT/c1" ]
	done
	go "$ROOTLET" --root "$ROOT" --rootless=true run --userns=host --keep --bundle "$BUNDLE" c1
	[ "$status" = 0 ] || complain
	degraded "$(rootlet state c1)" '^linux.resources.devices$'
}
