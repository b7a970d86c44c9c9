#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # text for the container's shell; what lib/common sets
# faults - walks through every row of the tables, on both sides: an error there,
# a SIGKILL before it and after it.  Whatever happens, after `delete --force`
# nothing is left.
load lib/common

# shellcheck disable=SC2153 # not ROOTLET_FAULT, which this sets
setup() {
	requires_faults
	common_setup
	bundle '.root.readonly = false | .linux.sysctl = {"net.ipv4.ip_forward": "1"} | .process.noNewPrivileges = true |
		.process.scheduler = {policy: "SCHED_BATCH", nice: 19} | .linux.personality = {domain: "LINUX"} |
		.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["acct"], action: "SCMP_ACT_ERRNO"}]} |
		.hooks = ({prestart: 1, createRuntime: 1, createContainer: 1, startContainer: 1, poststart: 1, poststop: 1} | map_values([{path: "/bin/true"}]))'
	[ "$ME" != 0 ] || config '.mounts += [{destination: "/mnt/a", source: "rootfs/etc", options: ["bind", "idmap"]}]
		| .mounts[-1] |= (.uidMappings = [{containerID: 0, hostID: 5, size: 9}] | .gidMappings = .uidMappings)'
	# A name that no other test's cgroup has; below a directory that is made too.
	case $("$ROOTLET_FAULTS" plan --bundle "$BUNDLE" | jq -r .cgroup.manager) in
	cgroupfs) cgroup="faults$BASHPID" && config '.linux.cgroupsPath = $c + "/c1"' --arg c "$cgroup" ;;
	systemd) cgroup="faults$BASHPID" && config '.linux.cgroupsPath = ":" + $c + ":c1"' --arg c "$cgroup" ;;
	esac
	# And a limit, where a controller is at hand.
	! grep -qsw hugetlb /sys/fs/cgroup/cgroup.controllers /sys/fs/cgroup/unified/cgroup.controllers || [ "$ME" != 0 ] ||
		config '.linux.resources.hugepageLimits = [{pageSize: "2MB", limit: 0}]'
	script 'exec sleep 100'
	mapfile -t rows < <("$ROOTLET_FAULTS" plan --stages | awk -F '\t' '$2 != "exec"')
	[ "${#rows[@]}" -gt 20 ]
	# The guest is slow: there each test takes another quarter of the rows.
	walked=("${rows[@]}")
	[ -z "${ROOTLET_GUEST-}" ] || mapfile -t walked < <(printf '%s\n' "${rows[@]}" |
		awk -v n="$BATS_TEST_NUMBER" 'NR % 4 == n % 4')
}

teardown() {
	[ -z "${receiver-}" ] || { kill "$receiver" && wait "$receiver"; } || :
	clean_up
}

# What an engine may ask for besides: a terminal and a pidfd over sockets, and a
# place for notifications.
like_an_engine() {
	requires_tool python3
	config '.process.terminal = true | .annotations = {"run.oci.pidfd_receiver": "s"}'
	python3 "$BATS_TEST_DIRNAME/lib/receiver" deaf s </dev/null >"$BATS_TEST_TMPDIR/receiver" 3>&- &
	receiver=$!
	until_true 5 test -s "$BATS_TEST_TMPDIR/receiver"
}

# Directories of that name; empty where there are no cgroups.
cgroups() {
	[ -z "${cgroup-}" ] || find /sys/fs/cgroup -xdev -maxdepth 8 -type d -name "*$cgroup*"
	[ -z "${cgroup-}" ] || find /sys/fs/cgroup/unified -maxdepth 8 -type d -name "*$cgroup*" 2>/dev/null || :
}

no_cgroup() { [ -z "$(cgroups)" ]; }

# One fault: the commands of an engine, then the same questions every time.
walk() { # ROW SIDE KIND
	local left init
	export ROOTLET_FAULT="$1:$2:$3"
	NOTIFY_SOCKET=/nowhere/notify timeout 10 "$ROOTLET_FAULTS" --root "$ROOT" create --console-socket s --bundle "$BUNDLE" --pid-file "$BATS_TEST_TMPDIR/pid" c1 </dev/null >"$BATS_TEST_TMPDIR/o" 2>"$BATS_TEST_TMPDIR/e" 3>&- && created=0 || created=$?
	started=none
	if [ "$created" = 0 ]; then
		timeout 10 "$ROOTLET_FAULTS" --root "$ROOT" start c1 </dev/null >>"$BATS_TEST_TMPDIR/o" 2>>"$BATS_TEST_TMPDIR/e" 3>&- && started=0 || started=$?
	fi
	unset ROOTLET_FAULT
	[ "$created" != 124 ] && [ "$started" != 124 ] || echo "$1 $2 $3: it hangs"
	init=$(jq -r '.pid // 0' "$ROOT/c1/state.json" 2>/dev/null) || init=0
	timeout 10 "$ROOTLET_FAULTS" --root "$ROOT" delete --force c1 >"$BATS_TEST_TMPDIR/o2" 2>"$BATS_TEST_TMPDIR/e2" 3>&- ||
		echo "$1 $2 $3: delete failed: $(cat "$BATS_TEST_TMPDIR/e2")"
	[ "${init:-0}" = 0 ] || until_true 2 pid_gone "$init" || echo "$1 $2 $3: init is left"
	until_true 2 no_process || echo "$1 $2 $3: processes are left: $(processes)"
	left=$(find "$ROOT" -mindepth 1 -maxdepth 1 ! -name '.*')
	[ -z "$left" ] || echo "$1 $2 $3: left: $left"
	! grep -F "$BATS_TEST_TMPDIR/" /proc/self/mountinfo || echo "$1 $2 $3: mounts are left"
	until_true 2 no_cgroup || echo "$1 $2 $3: cgroups are left: $(cgroups)"
	case $3 in
	error) # it is told, in one line, and its row is named
		if [ "$created:$started" != 0:0 ]; then
			[ "$(wc -l <"$BATS_TEST_TMPDIR/e")" -ge 1 ] || echo "$1 $2 $3: nothing was said"
		fi
		;;
	esac
	grep -h -e 'runtime error' -e 'AddressSanitizer' "$BATS_TEST_TMPDIR/e" "$BATS_TEST_TMPDIR/e2" && echo "$1 $2 $3: sanitizer"
	seen="$created:$started"
}

walk_all() { # SIDE KIND
	local row number side n=0 hit=0
	like_an_engine
	for row in "${walked[@]}"; do
		IFS=$'\t' read -r number _ side _ <<<"$row"
		walk "$number" "$1" "$2"
		n=$((n + 1))
		[ "$seen" = 0:0 ] || hit=$((hit + 1))
	done >"$BATS_TEST_TMPDIR/bad"
	[ ! -s "$BATS_TEST_TMPDIR/bad" ] || { cat "$BATS_TEST_TMPDIR/bad" && return 1; }
	# The switch does something: most rows that are this side's.
	[ "$hit" -gt $((n / 8)) ] || { echo "only $hit of $n rows had a fault" && return 1; }
}

@test "an error in each row of HOST" { walk_all HOST error; }
@test "an error in each row of INSIDE" { walk_all INSIDE error; }
@test "SIGKILL of HOST before each row" { walk_all HOST kill-before; }
@test "SIGKILL of HOST after each row" { walk_all HOST kill-after; }
@test "SIGKILL of INSIDE before each row" { walk_all INSIDE kill-before; }
@test "SIGKILL of INSIDE after each row" { walk_all INSIDE kill-after; }

@test "the same id can be used at once after a fault, without delete" {
	config 'del(.hooks)'
	script true
	local name number
	for name in 'make the cgroup' 'enter the user namespace' 'record the process' 'open the sources of the mounts' \
		'become root in the user namespace' 'make the mounts' 'change the root' 'outlive the runtime'; do
		# Not everybody can have one: then there is no such row.
		[ "$name" != 'make the cgroup' ] || [ "$(rootlet plan --bundle "$BUNDLE" c1 | jq -r .cgroup.manager)" = cgroupfs ] || continue
		number=$(printf '%s\n' "${rows[@]}" | awk -F '\t' -v name="$name" '$4 == name { print $1; exit }')
		ROOTLET_FAULT="$number:HOST:kill-before" "$ROOTLET_FAULTS" --root "$ROOT" create --bundle "$BUNDLE" c1 </dev/null >"$BATS_TEST_TMPDIR/o" 2>&1 3>&- || :
		[ ! -e "$ROOT/c1" ] || go "$ROOTLET_FAULTS" --root "$ROOT" state c1
		go "$ROOTLET_FAULTS" --root "$ROOT" run --bundle "$BUNDLE" c1
		ok || complain "row $number, $name"
	done
	until_true 2 no_cgroup || complain "$(cgroups)"
}

@test "in the foreground: a fault in each row of INSIDE leaves nothing, without delete" {
	config 'del(.hooks)'
	script true
	for row in "${walked[@]}"; do
		IFS=$'\t' read -r number _ side _ <<<"$row"
		[ "$side" = INSIDE ] || continue
		ROOTLET_FAULT="$number:INSIDE:error" "$ROOTLET_FAULTS" --root "$ROOT" run --bundle "$BUNDLE" c1 </dev/null >"$BATS_TEST_TMPDIR/o" 2>&1 3>&- || :
		[ ! -e "$ROOT/c1" ] || { echo "row $number left its state" && return 1; }
		no_process || { echo "row $number left processes" && return 1; }
		until_true 2 no_cgroup || { echo "row $number left $(cgroups)" && return 1; }
	done
}

# One fault in exec: it fails or it does not; then the container is as it was.
walk_exec() { # ROW SIDE KIND
	status=0
	ROOTLET_FAULT="$1:$2:$3" timeout 10 "$ROOTLET_FAULTS" --root "$ROOT" exec --pid-file pid --user 0:0 c1 true \
		</dev/null >o 2>e 3>&- || status=$?
	[ "$status" != 124 ] || echo "$1 $2 $3: it hangs"
	[ "$status" = 0 ] || hit=$((hit + 1))
	if [ "$2:$3:$4" = "$4:error:$2" ] && [ "$status" != 0 ]; then
		[ "$status:$(wc -l <e)" = 255:1 ] || echo "$1 $2 $3: status $status, $(cat e)"
		[ ! -e pid ] || echo "$1 $2 $3: the pid file is left"
	fi
	grep -h -e 'runtime error' -e 'AddressSanitizer' e && echo "$1 $2 $3: sanitizer"
	rm -f pid
}

@test "exec: each fault in each row leaves the container as it was" {
	config 'del(.hooks) | .process.rlimits = [{type: "RLIMIT_CORE", soft: 0, hard: 0}]'
	"$ROOTLET_FAULTS" --root "$ROOT" run --detach --bundle "$BUNDLE" c1 </dev/null >o 2>e 3>&-
	mapfile -t rows < <("$ROOTLET_FAULTS" plan --stages | awk -F '\t' '$2 == "exec"')
	[ "${#rows[@]}" -gt 12 ]
	hit=0 n=0
	for row in "${rows[@]}"; do
		IFS=$'\t' read -r number _ side _ <<<"$row"
		[ -z "${ROOTLET_GUEST-}" ] || [ $((number % 5)) = 0 ] || continue
		n=$((n + 1))
		for kind in error kill-before; do
			walk_exec "$number" HOST "$kind" "$side"
			walk_exec "$number" INSIDE "$kind" "$side"
		done
		is_status running || echo "$number: the container does not run"
		until_true 3 alone || echo "$number: processes are left: $(rootlet exec c1 ps)"
	done >bad
	[ ! -s bad ] || { cat bad && return 1; }
	[ "$hit" -gt $((n / 2)) ] || { echo "only $hit faults in $n rows" && return 1; }
	until_true 2 no_process || { echo "processes are left: $(processes)" && return 1; }
}
