#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # text for the container's shell; what lib/common sets
# degraded - what an unprivileged caller can't have is listed, with a reason and
# a remedy, in the plan and in the state; --strict makes it an error.
#
# Each row of the table (`rootlet plan --degradations`) has a test whose name
# begins with "row NAME:".  It makes the call that the kernel refuses this
# caller, sees it refused, and looks from inside at what there is instead.  Most
# look at one container, which is run once: whole.
load lib/common

# The caller: root without the capability that raises limits, or the user.
as_caller() {
	if [ "$ME" = 0 ]; then setpriv --bounding-set=-sys_resource "$@"; else "$@"; fi
}
# sandbox COMMAND...: as root of a user namespace of the caller's, as the
# container's root is.
sandbox() { as_caller unshare -U --map-root-user --mount "$@"; }
# denied COMMAND...: the real call, made by this caller, which must fail.
denied() { ! "$@" >/dev/null 2>&1 || complain "not refused: $*"; }

# with_userns: root gets a user namespace of its own, as users do by themselves.
with_userns() {
	[ "$ME" != 0 ] || config '.linux.namespaces += [{type: "user"}] |
		.linux.uidMappings = [{containerID: 0, hostID: 0, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
}

# whole: a container that asks for nearly all that can't be had.  What it sees is
# in $WHOLE/out, its state in $WHOLE/state.
whole() {
	WHOLE=$BATS_FILE_TMPDIR/whole
	[ ! -e "$WHOLE/state" ] || return 0
	mkdir -p "$WHOLE/data/sub"
	bundle '.linux.namespaces |= map(select(.type == "mount" or .type == "uts")) |
		.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 100, hard: 9000000000000000}] |
		.process.oomScoreAdj = -900 | .process.user.additionalGids = [70000000] |
		.process.capabilities |= with_entries(.value += ["CAP_SYS_ADMIN"]) | .process.capabilities.bounding += ["CAP_FROM_THE_FUTURE"] |
		.linux.devices = [{type: "c", path: "/dev/full", major: 1, minor: 7, fileMode: 384},
			{type: "c", path: "/dev/nosuchdevice", major: 1, minor: 250, fileMode: 438}] |
		.mounts += [{destination: "/mnt/sub", type: "bind", source: "/dev", options: ["bind"]},
			{destination: "/mnt/id", type: "tmpfs", source: "tmpfs", options: ["gid=70000000"]},
			{destination: "/mnt/flag", type: "bind", source: $data, options: ["bind", "sync"]},
			{destination: "/mnt/shared", type: "bind", source: $data, options: ["rbind", "rshared"]}] |
		.linux.resources = {devices: [{allow: false, access: "rwm"}], memory: {limit: 100000000, swap: 200000000}, cpu: {shares: 100, quota: 5000, cpus: "0"},
			pids: {limit: 10}, blockIO: {weight: 100}, hugepageLimits: [{pageSize: "2MB", limit: 4194304}],
			network: {classID: 1}, rdma: {mlx5_1: {hcaHandles: 3}}, unified: {"memory.high": "1000000"}} |
		.linux.cgroupsPath = "/some/where" | .annotations = {"run.oci.systemd.subgroup": "below"}' --arg data "$WHOLE/data"
	with_userns
	locked=$(restricted)
	[ -z "$locked" ] || config '.mounts += [{destination: "/mnt/locked", type: "bind", source: $s, options: ["rbind", "suid", "dev"]}]' --arg s "$locked"
	script 'grep -E "^(Groups|CapBnd):" /proc/self/status; sed -n "s/^Cpus_allowed_list:/cpus/p" /proc/self/status | xargs; echo "nofile $(ulimit -Hn)"; echo "oom $(cat /proc/self/oom_score_adj)"
		stat -c "%n %a %t:%T" /dev/full; ls /dev/nosuchdevice 2>/dev/null; stat -c "id %u:%g" /mnt/id; ls /mnt/sub/pts >/dev/null && echo "sub is there"
		for ns in net pid ipc; do readlink /proc/self/ns/$ns; done; echo "pid $$"; sed "s/^/cgroup /" /proc/self/cgroup
		awk "{ for (i = 7; \$i != \"-\"; i++) tags = tags \$i \",\"; print \"at\", \$5, \$6, \$(i + 1), \$(i + 3), tags; tags = \"\" }" /proc/self/mountinfo
		mount -t tmpfs x /mnt/shared/sub && echo "mounted in there"'
	go as_caller "$ROOTLET" --root "$ROOT" --cgroup-manager disabled run --keep --bundle "$BUNDLE" c1
	[ "$status" = 0 ] || complain
	cp "$BATS_TEST_TMPDIR/go.out" "$WHOLE/out"
	cp "$BATS_TEST_TMPDIR/go.err" "$WHOLE/err"
	rootlet state c1 >"$WHOLE/state"
}
# without_cgroup TEXT: a container of that script, in the caller's cgroup.
without_cgroup() {
	script "$1"
	rootlet --cgroup-manager disabled run --detach --bundle "$BUNDLE" c1 </dev/null >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" 3>&-
}
# A mount of the host that is nosuid and nodev, which the kernel locks.
restricted() { awk '$6 ~ /nosuid/ && $6 ~ /nodev/ && $5 !~ "^/(proc|sys)" { print $5; exit }' /proc/self/mountinfo; }

# listed NAME ITEM [STATE]: that row, for that item.
listed() {
	local row
	row=$(rootlet plan --degradations | awk -F '\t' -v n="$1" '$1 == n { print $4 "\t" $5 }')
	[ -n "$row" ] || complain "no such row: $1" || return
	jq -e --arg item "$2" --arg got "${row%%	*}" --arg why "${row#*	}" \
		'any(.degraded[]?; .item == $item and (.why == $why or .got == $got))' "${3:-$WHOLE/state}" >/dev/null ||
		complain "$1 is not listed for $2: $(jq -c '.degraded' "${3:-$WHOLE/state}")"
}
# saw LINE... / saw_like REGEX...: what the whole container wrote.
saw() {
	output=$(cat "$WHOLE/out") has "$@"
}
saw_like() {
	output=$(cat "$WHOLE/out") like "$@"
}

@test "every row of the table has a test" {
	rows=$(rootlet plan --degradations | cut -f1 | sort)
	[ "$(wc -l <<<"$rows")" -gt 25 ]
	tests=$(sed -nE 's/^@test "row ([a-z-]+): .*/\1/p' "$BATS_TEST_DIRNAME"/*.bats | sort -u)
	[ "$rows" = "$tests" ] || complain "$(diff <(echo "$rows") <(echo "$tests"))"
	# And each says what, instead of what, and why.
	[ -z "$(rootlet plan --degradations | awk -F '\t' 'NF != 5 || /\t(\t|$)/')" ]
}

@test "row single-id: 0 is the caller, and there is no other id" {
	requires_unprivileged
	# Two ids at once take CAP_SETUID outside, or newuidmap.
	denied unshare -U sh -c 'echo "0 0 2" >/proc/self/uid_map'
	mkdir "$BATS_TEST_TMPDIR/empty"
	bundle
	script 'cat /proc/self/uid_map | xargs; id -u'
	go with_path "$BATS_TEST_TMPDIR/empty" run --keep --bundle "$BUNDLE" c1
	ok
	has "0 $ME 1" 0
	rootlet state c1 >"$BATS_TEST_TMPDIR/state"
	listed single-id linux.uidMappings "$BATS_TEST_TMPDIR/state"
}

@test "row map-cut: more ranges than one map can hold" {
	requires_many_ids
	# What the kernel says to 341 lines.
	unshare -U sleep 20 &
	pid=$!
	until_true 5 is_unshared "$pid"
	if [ "$ME" = 0 ]; then
		denied sh -c "seq 0 340 | awk '{ print \$1 * 2, \$1 * 2, 1 }' >/proc/$pid/uid_map"
	else
		# shellcheck disable=SC2046 # it is many words
		denied newuidmap "$pid" $(seq 0 340 | awk -v s="$SUBUID" '{ print $1 * 2, s + $1 * 2, 1 }')
	fi
	kill "$pid"
	# A caller with 400 ranges, and then one that asks for the lines of that plan.
	jq -n '{uid: 1000, gid: 1000, user: "dev", subuid: [range(400) | "\(100000 + . * 10) \(1 + . % 3)"],
		subgid: ["100000 65536"], newuidmap: "/usr/bin/newuidmap", newgidmap: "/usr/bin/newgidmap"}' >"$BATS_TEST_TMPDIR/caller.json"
	bundle
	rootlet plan --caller "$BATS_TEST_TMPDIR/caller.json" --bundle "$BUNDLE" >"$BATS_TEST_TMPDIR/plan"
	listed map-cut linux.uidMappings "$BATS_TEST_TMPDIR/plan"
	n=$(jq '.userns.uidMap | length' "$BATS_TEST_TMPDIR/plan")
	[ "$n" -gt 200 ] && [ "$n" -le 340 ]
	config '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [range($n) | {containerID: (. * 2), hostID: (if . == 0 then $me else $s + . * 2 end), size: 1}] |
		.linux.gidMappings = [{containerID: 0, hostID: $gid, size: 1}]' --argjson n "$n" --argjson me "$ME" --argjson gid "$(id -g)" --argjson s "${SUBUID:-100000}"
	inside 'wc -l </proc/self/uid_map'
	ok && has "$n"
}
is_unshared() { [ "$(readlink "/proc/$1/ns/user")" != "$(readlink /proc/self/ns/user)" ]; }

@test "row device-bind: the host's device" {
	whole
	denied sandbox mknod "$BATS_TEST_TMPDIR/full" c 1 7
	listed device-bind 'linux.devices[/dev/full]'
	saw_like 'at /dev/full .*'
}

@test "row device-missing: there is none to bind" {
	whole
	denied sandbox mknod "$BATS_TEST_TMPDIR/nosuchdevice" c 1 250
	[ ! -e /dev/nosuchdevice ] && [ ! -e /sys/dev/char/1:250 ]
	listed device-missing 'linux.devices[/dev/nosuchdevice]'
	not grep -q nosuchdevice "$WHOLE/out"
}

@test "row device-owner: a bound device keeps what it has on the host" {
	whole
	# Changing the mode of what is bound would change the host's.
	[ "$ME" = 0 ] || denied sandbox chmod 600 /dev/full
	listed device-owner 'linux.devices[/dev/full].fileMode'
	saw "/dev/full $(stat -c '%a %t:%T' /dev/full)"
}

@test "row rlimit: clamped to the caller's hard limit" {
	whole
	hard=$(ulimit -Hn)
	denied as_caller bash -c "ulimit -Hn $((hard + 1))"
	listed rlimit process.rlimits.RLIMIT_NOFILE
	saw "nofile $hard"
}

@test "row oom-score: the caller's own stays" {
	whole
	own=$(cat /proc/self/oom_score_adj)
	denied as_caller sh -c "echo $((own - 1)) >/proc/self/oom_score_adj"
	listed oom-score process.oomScoreAdj
	saw "oom $own"
}

@test "row sysfs-bind: the host's /sys" {
	whole
	denied sandbox mount -t sysfs sysfs "$BATS_TEST_TMPDIR"
	listed sysfs-bind 'mounts[/sys]'
	saw_like 'at /sys ro,nosuid,nodev,noexec[^ ]* sysfs .*'
	saw "$(readlink /proc/self/ns/net)"
}

@test "row proc-bind: the host's /proc" {
	whole
	denied sandbox mount -t proc proc "$BATS_TEST_TMPDIR"
	listed proc-bind 'mounts[/proc]'
	saw "$(readlink /proc/self/ns/pid)"
	not grep -qx 'pid 1' "$WHOLE/out"
}

@test "row mqueue-bind: the host's /dev/mqueue" {
	[ -d /dev/mqueue ] || skip "the host has no /dev/mqueue"
	whole
	denied sandbox mount -t mqueue mqueue "$BATS_TEST_TMPDIR"
	listed mqueue-bind 'mounts[/dev/mqueue]'
	saw_like 'at /dev/mqueue .* mqueue .*'
	saw "$(readlink /proc/self/ns/ipc)"
}

@test "row mqueue-skip: nothing, where the host has none" {
	[ ! -d /dev/mqueue ] || skip "the host has a /dev/mqueue"
	whole
	denied sandbox mount -t mqueue mqueue "$BATS_TEST_TMPDIR"
	listed mqueue-skip 'mounts[/dev/mqueue]'
	not grep -q '^at /dev/mqueue ' "$WHOLE/out"
}

@test "row cgroup-skip: nothing, where the host has no cgroup2 there" {
	[ "$(stat -f -c %T /sys/fs/cgroup)" != cgroup2fs ] || skip "the host has cgroup2 on /sys/fs/cgroup"
	whole
	denied sandbox mount -t cgroup2 cgroup2 "$BATS_TEST_TMPDIR"
	listed cgroup-skip 'mounts[/sys/fs/cgroup]'
	# What is there belongs to the host's /sys.
	not grep -q '^at /sys/fs/cgroup .* cgroup2 ' "$WHOLE/out"
}

@test "row cgroup-bind: the host's, where a new one is refused" {
	[ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ] || skip "the host has no cgroup2 on /sys/fs/cgroup"
	requires_tool strace
	# With a cgroup namespace of its own the kernel itself refuses nobody, but a
	# sandbox around us may; strace plays it.
	bundle '.mounts |= map(select(.destination == "/sys/fs/cgroup"))'
	rm -rf "$ROOTFS/proc" && mkdir "$ROOTFS/proc"
	script 'ls /sys/fs/cgroup/cgroup.procs'
	go strace -f -o /dev/null -e trace=fsopen -e inject=fsopen:error=EPERM \
		"$ROOTLET" --root "$ROOT" run --userns="$([ "$ME" = 0 ] && echo host || echo single)" --keep --bundle "$BUNDLE" c1
	[ "$status" = 0 ] || complain
	has /sys/fs/cgroup/cgroup.procs
	rootlet state c1 >"$BATS_TEST_TMPDIR/state"
	listed cgroup-bind 'mounts[/sys/fs/cgroup]' "$BATS_TEST_TMPDIR/state"
}

@test "row locked-flags: those of the source stay" {
	source=$(restricted)
	[ -d "$source" ] || skip "no restricted mount here"
	whole
	denied sandbox mount -o remount,bind,suid,dev "$source"
	listed locked-flags 'mounts[/mnt/locked].options'
	saw_like 'at /mnt/locked [^ ]*nosuid,nodev.*'
}

@test "row bind-recursive: rbind, so that nothing is uncovered" {
	grep -q ' /dev/pts ' /proc/self/mountinfo || skip "nothing is mounted below /dev"
	whole
	denied sandbox mount --bind /dev "$BATS_TEST_TMPDIR"
	listed bind-recursive 'mounts[/mnt/sub].options'
	saw_like 'at /mnt/sub/pts .*'
}

@test "row mount-id: the container's root" {
	whole
	denied sandbox mount -t tmpfs -o gid=70000000 tmpfs "$BATS_TEST_TMPDIR"
	listed mount-id 'mounts[/mnt/id].options'
	saw "id 0:0"
}

@test "row mount-flag: left out" {
	whole
	# There is no such attribute: mount_setattr(2) knows none, and mount(2) does nothing.
	sandbox sh -c 'mount --bind "$0" "$0" && mount -o remount,bind,sync "$0"; ! grep -F " $0 " /proc/self/mountinfo | cut -d" " -f6 | grep -q sync' "$WHOLE/data"
	listed mount-flag 'mounts[/mnt/flag].options'
	saw_like 'at /mnt/flag .*'
	not grep -qE '^at /mnt/flag [^ ]*sync' "$WHOLE/out"
}

@test "row propagation: nothing goes back to the host" {
	whole
	listed propagation 'mounts[/mnt/shared].options'
	saw_like 'at /mnt/shared .*shared:.*'
	# What was mounted in there has not come out, and neither does this.
	saw "mounted in there"
	sandbox mount -t tmpfs x "$WHOLE/data/sub"
	not grep -qF " $WHOLE/data/sub " /proc/self/mountinfo
}

@test "row root-overlay: mount points in an overlay" {
	bundle '.root.readonly = false | .mounts += [{destination: "/made", type: "tmpfs", source: "tmpfs"}]'
	with_userns
	script 'ls -d /made; awk "\$5 == \"/\" { for (i = 7; \$i != \"-\"; i++); print \"root\", \$(i + 1) }" /proc/self/mountinfo; touch /file 2>/dev/null; true'
	# A root file system that nobody may write.
	in_readonly() { as_caller unshare --mount sh -c 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift && "$@"' sh "$ROOTFS" "$@"; }
	if [ "$ME" = 0 ]; then
		denied in_readonly mkdir "$ROOTFS/made"
		go in_readonly "$ROOTLET" --root "$ROOT" run --keep --bundle "$BUNDLE" c1
	else
		requires_many_ids
		denied mkdir /usr/share/made
		config '.root.path = "/usr/share" | .process.args = ["/b/busybox", "sh", "-c", $s] |
			.mounts += [{destination: "/b", type: "bind", source: $b, options: ["rbind", "ro"]}]' --arg b "$ROOTFS/bin" --arg s \
			'export PATH=/b; ls -d /made; awk "\$5 == \"/\" { for (i = 7; \$i != \"-\"; i++); print \"root\", \$(i + 1) }" /proc/self/mountinfo; touch /file 2>/dev/null; true'
		go rootlet run --keep --bundle "$BUNDLE" c1
	fi
	[ "$status" = 0 ] || complain
	has /made "root overlay"
	[ ! -e "$ROOTFS/made" ] && [ ! -e "$ROOTFS/file" ] && [ ! -e /usr/share/made ]
	rootlet state c1 >"$BATS_TEST_TMPDIR/state"
	listed root-overlay root.path "$BATS_TEST_TMPDIR/state"
}

# single JQ SCRIPT: a container with the caller's id alone; out is $output, state $STATE.
single() {
	bundle "$1"
	inside "$2" --keep --userns=single
	[ "$status" = 0 ] || complain
	STATE=$BATS_TEST_TMPDIR/state
	rootlet state c1 >"$STATE"
}

@test "row groups: none of them, where nobody may set groups" {
	requires_unprivileged
	denied sandbox setpriv --groups 0 true
	single '.process.user.additionalGids = [0, 5]' 'grep Groups: /proc/self/status'
	listed groups process.user.additionalGids "$STATE"
	# The caller's, which can't be dropped either.
	[ "$(wc -w <<<"${output#Groups:}")" = "$(grep Groups: /proc/self/status | cut -d: -f2 | wc -w)" ]
}

@test "row groups-unmapped: those that map" {
	requires_many_ids
	bundle '.process.user.additionalGids = [7, 70000000]'
	with_userns
	detached 'grep Groups: /proc/self/status; exec sleep 100'
	until_true 5 grep -q Groups "$BATS_TEST_TMPDIR/out"
	grep -qxE 'Groups:[[:space:]]+7 *' "$BATS_TEST_TMPDIR/out"
	pid=$(state_of .pid)
	nsenter -t "$pid" -U -S 0 -G 0 setpriv --groups 7 true
	denied nsenter -t "$pid" -U -S 0 -G 0 setpriv --groups 7,70000000 true
	rootlet state c1 >"$BATS_TEST_TMPDIR/state"
	listed groups-unmapped process.user.additionalGids "$BATS_TEST_TMPDIR/state"
	rootlet delete --force c1
}

@test "row groups-kept: the caller's groups stay, without a name" {
	denied sandbox setpriv --clear-groups true || [ "$ME" = 0 ]
	if [ "$ME" = 0 ]; then
		# Somebody without subordinate ids, with two groups more.
		dir=$(mktemp -d /tmp/rootlet-groups.XXXXXX)
		bundle
		script 'grep Groups: /proc/self/status'
		mkdir -m 700 "$dir/root" && cp -r "$BUNDLE" "$dir/bundle" && chown -R 65534:65534 "$dir" && chmod 755 "$dir"
		other() { env -C / setpriv --reuid 65534 --regid 65534 --groups 4,5 "$ROOTLET" --root "$dir/root" "$@"; }
		denied setpriv --reuid 65534 --regid 65534 --groups 4,5 unshare -U --map-root-user setpriv --clear-groups true
		go other run --keep --bundle "$dir/bundle" c1
		other state c1 >"$BATS_TEST_TMPDIR/state"
		other delete c1
		rm -rf "$dir"
	else
		[ "$(id -G | wc -w)" -gt 1 ] || skip "the caller has no other groups"
		single . 'grep Groups: /proc/self/status'
		cp "$STATE" "$BATS_TEST_TMPDIR/state" 2>/dev/null || :
	fi
	[ "$status" = 0 ] || complain
	like 'Groups:.*65534.*'
	listed groups-kept process.user "$BATS_TEST_TMPDIR/state"
}

@test "row nested-userns: capabilities in a second user namespace only" {
	denied sandbox setpriv --reuid 1000 true
	single '.process.user = {uid: 1000, gid: 1000} | .process.capabilities |= with_entries(.value += ["CAP_SYS_ADMIN"])' \
		'id -u; cat /proc/self/uid_map | xargs; hostname other 2>/dev/null || echo "no rights over the name"'
	has 1000 "1000 0 1" "no rights over the name"
	listed nested-userns process.user "$STATE"
}

@test "row capability: left out" {
	whole
	# There are no more than this kernel has.
	denied capsh --supports=cap_from_the_future
	listed capability process.capabilities.CAP_FROM_THE_FUTURE
	saw_like "CapBnd:[[:space:]]+0*$(printf %x $((1 << 5 | 1 << 10 | 1 << 21 | 1 << 29)))"
	# Nor does root have those that it was started without.
	[ "$ME" = 0 ] || return 0
	denied setpriv --bounding-set=-sys_time setpriv --inh-caps=+sys_time true
	bundle '.process.capabilities |= with_entries(.value += ["CAP_SYS_TIME"])'
	script 'grep CapBnd: /proc/self/status'
	go setpriv --bounding-set=-sys_time "$ROOTLET" --root "$ROOT" run --keep --bundle "$BUNDLE" c1
	[ "$status" = 0 ] || complain
	like "CapBnd:[[:space:]]+0*$(printf %x $((1 << 5 | 1 << 10 | 1 << 29)))"
	rootlet state c1 >"$BATS_TEST_TMPDIR/state"
	listed capability process.capabilities.CAP_SYS_TIME "$BATS_TEST_TMPDIR/state"
}

@test "row ambient: gone, where the program is not root and it is not inheritable" {
	denied sandbox capsh --addamb=cap_kill -- -c true
	# As runc 1.1 and crun write it.
	bundle '.process.capabilities = ({bounding: 1, effective: 1, permitted: 1, ambient: 1} | map_values(["CAP_KILL", "CAP_CHOWN"]))'
	inside 'grep Cap /proc/self/status' --keep
	[ "$status" = 0 ] || complain
	like "CapEff:[[:space:]]+0*$(printf %x $((1 << 5 | 1 << 0)))"
	rootlet state c1 >"$BATS_TEST_TMPDIR/state"
	not_degraded "$(<"$BATS_TEST_TMPDIR/state")" '^process.capabilities'
	config '.process.user = {uid: 1000, gid: 1000} | .process.capabilities.inheritable = ["CAP_CHOWN"]'
	CID=c2 inside 'grep Cap /proc/self/status' --keep
	[ "$status" = 0 ] || complain
	like "CapEff:[[:space:]]+0*1" "CapAmb:[[:space:]]+0*1"
	rootlet state c2 >"$BATS_TEST_TMPDIR/state"
	listed ambient process.capabilities.ambient "$BATS_TEST_TMPDIR/state"
	[ "$(jq -r '.degraded[] | select(.item == "process.capabilities.ambient") | .wanted' "$BATS_TEST_TMPDIR/state")" = CAP_KILL ]
	# Nor has root one that no other set names.
	config '.process.user = {uid: 0, gid: 0} | .process.capabilities.ambient = ["CAP_NET_RAW"]'
	CID=c3 inside 'grep CapAmb /proc/self/status' --keep
	[ "$status" = 0 ] || complain
	like "CapAmb:[[:space:]]+0*"
	rootlet state c3 >"$BATS_TEST_TMPDIR/state"
	listed ambient process.capabilities.ambient "$BATS_TEST_TMPDIR/state"
}

@test "row beyond-bounding: gone once the program runs" {
	denied sandbox setpriv --bounding-set=-sys_admin mount -t tmpfs x "$BATS_TEST_TMPDIR"
	for id in 0 1000; do
		bundle '.process.user = {uid: $id, gid: $id} | .process.capabilities = {bounding: ["CAP_KILL"], inheritable: [],
			effective: ["CAP_CHOWN", "CAP_KILL"], permitted: ["CAP_CHOWN", "CAP_KILL"]}' --argjson id "$id"
		CID=c$id inside 'grep Cap /proc/self/status' --keep
		[ "$status" = 0 ] || complain
		if [ "$id" = 0 ]; then like "CapEff:[[:space:]]+0*20"; else like "CapEff:[[:space:]]+0*"; fi
		rootlet state "c$id" >"$BATS_TEST_TMPDIR/state"
		listed beyond-bounding process.capabilities.permitted "$BATS_TEST_TMPDIR/state"
		[ "$(jq -r '.degraded[] | select(.item == "process.capabilities.permitted") | .wanted' "$BATS_TEST_TMPDIR/state")" = CAP_CHOWN ]
	done
	# What containerd writes for another user: execve() is known to take these.
	config '.process.capabilities = ({bounding: 1, effective: 1, permitted: 1} | map_values(["CAP_KILL"]))'
	inside 'true' --keep
	not_degraded "$(rootlet state c1)" '^process.capabilities'
}

@test "row ping-range: its mapped part" {
	bundle '.linux.sysctl = {"net.ipv4.ping_group_range": "0 2147483647"} | .linux.readonlyPaths = []'
	with_userns
	inside 'echo "0 2147483647" >/proc/sys/net/ipv4/ping_group_range 2>/dev/null || echo refused; xargs </proc/sys/net/ipv4/ping_group_range' --keep
	[ "$status" = 0 ] || complain
	has refused
	like '0 [0-9]{1,6}'
	rootlet state c1 >"$BATS_TEST_TMPDIR/state"
	listed ping-range linux.sysctl.net.ipv4.ping_group_range "$BATS_TEST_TMPDIR/state"
}

@test "row cgroup-limit: no limit of any controller" {
	whole
	for item in memory.limit memory.swap cpu.shares cpu.quota pids.limit blockIO.weight 'hugepageLimits[0]' \
		network.classID 'rdma[mlx5_1]' 'unified[memory.high]'; do
		listed cgroup-limit "linux.resources.$item" || complain "$item"
	done
	grep '^cgroup ' "$WHOLE/out" | sort | cmp - <(sed 's/^/cgroup /' /proc/self/cgroup | sort)
}

@test "row cgroup-cpus: affinity, of exec too" {
	whole
	listed cgroup-cpus linux.resources.cpu.cpus
	saw 'cpus 0'
	bundle '.linux.resources = {cpu: {cpus: "0"}}'
	without_cgroup 'exec sleep 100'
	go rootlet exec c1 sh -c 'sed -n "s/^Cpus_allowed_list:/cpus/p" /proc/self/status | xargs'
	[ "$status" = 0 ] || complain
	has 'cpus 0'
}

@test "row cgroup-mems: a memory policy, of exec too" {
	[ -e /sys/devices/system/node/node1 ] || skip "the host has one memory node"
	bundle '.linux.resources = {cpu: {mems: "0"}}'
	without_cgroup 'exec sleep 100'
	rootlet state c1 >"$BATS_TEST_TMPDIR/state"
	listed cgroup-mems linux.resources.cpu.mems "$BATS_TEST_TMPDIR/state"
	for process in 1 self; do
		go rootlet exec c1 grep -c bind:0 "/proc/$process/numa_maps"
		[ "$status" = 0 ] || complain
	done
}

@test "row cgroup-path: the caller's cgroup" {
	whole
	listed cgroup-path linux.cgroupsPath
	not grep -q '^cgroup .*some/where' "$WHOLE/out"
}

@test "row cgroup-subgroup: the caller's cgroup" {
	whole
	listed cgroup-subgroup 'annotations[run.oci.systemd.subgroup]'
	not grep -q '^cgroup .*below' "$WHOLE/out"
}

@test "row cgroup-devices: no filter; who is not root can make no device nodes either" {
	if [ "$ME" != 0 ]; then
		whole # the host's /dev is bound into it
		denied sandbox mknod "$BATS_TEST_TMPDIR/null" c 1 3
		listed cgroup-devices linux.resources.devices
		return
	fi
	# Root has one, but for a cgroup that it does not want.
	bundle '.process.capabilities |= with_entries(.value += ["CAP_MKNOD"])'
	script 'mknod /dev/x c 60 1; (: </dev/x) 2>&1'
	go rootlet --cgroup-manager disabled run --keep --bundle "$BUNDLE" c1
	like '.*No such device or address'
	rootlet state c1 >"$BATS_TEST_TMPDIR/state"
	listed cgroup-devices linux.resources.devices "$BATS_TEST_TMPDIR/state"
}

@test "every row has item, wanted, got and why" {
	bundle '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 1000, hard: 9000000000000000}] | .process.oomScoreAdj = -900 |
		.linux.resources = {memory: {limit: 100000000}, pids: {limit: 10}, cpu: {shares: 100}} | .process.user.additionalGids = [70000000]'
	inside true --keep
	[ "$status" = 0 ] || complain
	jq -e '.degraded | length > 0 and all(.[]; (.item | length > 0) and (.wanted | length > 0) and (.got | length > 0) and (.why | length > 0) and has("fix"))' <<<"$(rootlet state c1)"
}

@test "limits that the bundle names are listed where there is no cgroup" {
	bundle '.linux.resources = {memory: {limit: 100000000}, pids: {limit: 10}} | .linux.cgroupsPath = "/some/where"'
	script 'echo runs'
	go rootlet --cgroup-manager disabled run --bundle "$BUNDLE" --keep c1
	[ "$status" = 0 ] || complain
	has runs
	degraded "$(rootlet state c1)" memory pids cgroup
}

@test "plan and state agree on what is known before" {
	bundle '.linux.resources = {memory: {limit: 100000000}} | .process.rlimits = [{type: "RLIMIT_NOFILE", soft: 1000, hard: 9000000000000000}]'
	plan=$(rootlet plan --bundle "$BUNDLE" c1)
	inside true --keep
	[ "$status" = 0 ] || complain
	state=$(rootlet state c1)
	# All of the plan's stand in the state; stages may add some.
	jq -en --argjson p "$plan" --argjson s "$state" '($p.degraded | map(.item)) - ($s.degraded | map(.item)) == []'
}

@test "--strict makes each of them an error, and nothing is left" {
	requires_many_ids # a single id is one of them
	bundle '.linux.resources = {memory: {limit: 100000000}}'
	script 'echo ran'
	go "$ROOTLET" --root "$ROOT" --cgroup-manager disabled --strict run --bundle "$BUNDLE" c1
	refused memory
	bundle 'del(.linux.resources) | .process.rlimits = []'
	script 'echo ran'
	go "$ROOTLET" --root "$ROOT" --strict run --bundle "$BUNDLE" c1
	[ "$status" = 0 ] && has ran || refused
	# Found out by a stage, inside.
	requires_unprivileged
	bundle 'del(.linux.resources) | .linux.namespaces |= map(select(.type != "network"))'
	script 'echo ran'
	go "$ROOTLET" --root "$ROOT" --strict run --bundle "$BUNDLE" c1
	refused /sys
	[ ! -e "$ROOT/c1" ]
}

@test "a plain bundle of spec is hardly degraded, and nothing is said about it" {
	bundle
	inside 'echo ran' --keep
	ok
	jq -e '[.degraded[]? | select(.item | test("^linux.resources") | not)] | length == 0' <<<"$(rootlet state c1)" || {
		requires_unprivileged
		has_subids && complain "$(rootlet state c1 | jq -c .degraded)"
		true
	}
}

@test "nothing of it on stderr when that is no terminal, nothing in --log" {
	bundle '.linux.resources = {memory: {limit: 100000000}}'
	script true
	go rootlet --cgroup-manager disabled --log "$BATS_TEST_TMPDIR/log" run --bundle "$BUNDLE" c1
	ok
	[ ! -s "$BATS_TEST_TMPDIR/log" ]
	# Who asks for more is told, of an exec too, which leaves no record.
	go rootlet --cgroup-manager disabled --log "$BATS_TEST_TMPDIR/log" --log-level info run --detach --bundle "$BUNDLE" c2
	ok
	grep -q 'level=info.*linux.resources.memory.limit: wanted 100000000, got no limit: ' "$BATS_TEST_TMPDIR/log"
	CID=c3 detached 'exec sleep 100'
	jq -n '{args: ["true"], cwd: "/", rlimits: [{type: "RLIMIT_NOFILE", soft: 100, hard: 9000000000000000}]}' >process.json
	go rootlet --log "$BATS_TEST_TMPDIR/exec.log" --log-level info exec --process process.json c3
	ok
	grep -q 'process.rlimits.RLIMIT_NOFILE' "$BATS_TEST_TMPDIR/exec.log"
}

@test "the plan changes nothing and can be made for somebody else" {
	bundle
	before=$(find "$BATS_TEST_TMPDIR" | sort | md5sum)
	go rootlet plan --bundle "$BUNDLE" c1
	ok
	jq -e . <<<"$output"
	after=$(find "$BATS_TEST_TMPDIR" ! -name 'go.*' | sort | md5sum)
	[ -z "$(find "$ROOT" -mindepth 1)" ]
	go rootlet plan --stages
	ok
	[ "$(awk -F'\t' 'NF == 4 && $1 ~ /^[0-9]+$/ && $3 ~ /^(HOST|INSIDE)$/' <<<"$output" | wc -l)" = "${#lines[@]}" ]
	[ "${#lines[@]}" -gt 20 ]
}

# --- one test per row of src/plan/degrade.c

# The program's own nice value, real-time priority and policy, without a fork.
scheduling='read -r line </proc/self/stat; set -- ${line##*) }; echo "nice ${17} priority ${38} policy ${39}"'

# strict ITEM: the same bundle with --strict is an error that names ITEM.
strict() {
	has_subids || return 0 # a single id is the first to be refused
	config 'del(.linux.resources)'
	go "$ROOTLET" --root "$ROOT" --strict run --bundle "$BUNDLE" c2
	refused "$1" --strict
}

@test "row scheduler: real-time refused: the caller's policy" {
	requires_unprivileged
	requires_tool chrt
	not chrt -f 5 true || skip "this user may"
	bundle '.process.scheduler = {policy: "SCHED_FIFO", priority: 5}'
	inside "$scheduling" --keep
	[ "$status" = 0 ] || complain
	has "nice $(nice) priority 0 policy 0"
	degraded "$(rootlet state c1)" '^process.scheduler.policy$'
	strict process.scheduler.policy
}

@test "row nice: below the caller's refused: the policy, with the caller's" {
	requires_unprivileged
	not renice -n $(($(nice) - 1)) $BASHPID || skip "this user may"
	bundle '.process.scheduler = {policy: "SCHED_BATCH", nice: $n}' --argjson n $(($(nice) - 1))
	inside "$scheduling" --keep
	[ "$status" = 0 ] || complain
	has "nice $(nice) priority 0 policy 3"
	degraded "$(rootlet state c1)" '^process.scheduler.nice$'
	strict process.scheduler.nice
}

@test "row io-priority: real-time refused: best effort" {
	requires_unprivileged
	requires_tool ionice
	not ionice -c 1 -n 2 true || skip "this user may"
	bundle '.process.ioPriority = {class: "IOPRIO_CLASS_RT", priority: 2}'
	inside 'busybox ionice -p $$' --keep
	[ "$status" = 0 ] || complain
	has "best-effort: prio 2"
	degraded "$(rootlet state c1)" '^process.ioPriority.class$'
	strict process.ioPriority.class
}

@test "row cpus: CPUs that are not there: the others, or all as before" {
	bundle
	detached "exec sleep 100"
	allowed=$(sed -n 's/^Cpus_allowed_list:\t//p' /proc/self/status)
	first=${allowed%%[,-]*}
	for list in 4000 "$first,4000"; do
		not taskset -c 4000 true
		jq -n --arg l "$list" '{args: ["grep", "Cpus_allowed_list", "/proc/self/status"], cwd: "/", execCPUAffinity: {final: $l}}' >process.json
		go rootlet exec --process process.json c1
		ok
		case $list in
		4000) like "Cpus_allowed_list:.$allowed" ;;
		*) like "Cpus_allowed_list:.$first" ;;
		esac
		go "$ROOTLET" --root "$ROOT" --strict exec --process process.json c1
		ended 255
		[[ "$stderr" == *process.execCPUAffinity.final* ]]
	done
}
