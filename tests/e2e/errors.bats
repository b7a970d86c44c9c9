#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # text for the container's shell; what lib/common sets
# errors - every error that a newcomer meets: one line on stderr with the cause
# and what to do, and one JSON record in --log.
load lib/common

# fails OPTIONS… TEXT…: the bundle does not run; stderr and the record say each TEXT.
fails() {
	local log=$BATS_TEST_TMPDIR/log.$RANDOM
	go rootlet --log "$log" --log-format json run --bundle "$BUNDLE" c1
	refused "$@" || return
	[ "$(wc -l <"$log")" = 1 ] || complain "expected one record: $(cat "$log")" || return
	jq -e '.level == "error" and (.msg | length > 0)' "$log" >/dev/null || complain "$(cat "$log")" || return
	# Engines search the line for these words and take them for the program's fault.
	! grep -qiE 'executable file not found|no such file or directory|permission denied|operation not permitted|container does not exist|container not running' <<<"$stderr" ||
		complain "reserved words" || return
	[ ! -e "$ROOT/c1" ] || complain "left behind"
}
# hint: the second sentence, what to do.
hint() { [[ $stderr =~ \.\ [A-Za-z\"]. ]] || complain "nothing says what to do"; }

@test "no bundle: no config.json" {
	bundle
	rm "$BUNDLE/config.json"
	fails config.json
	hint
	BUNDLE=/nowhere fails /nowhere
}

@test "config.json: no JSON, cut, another type, with line and key" {
	bundle
	printf '{\n  "ociVersion": "1.0.2",\n  "root": {"path": "rootfs",}\n}\n' >"$BUNDLE/config.json"
	fails config.json
	grep -qE 'line 3|:3' <<<"$stderr" || complain "no line"
	printf '{"ociVersion": "1.0.2"' >"$BUNDLE/config.json"
	fails config.json
	: >"$BUNDLE/config.json"
	fails config.json
	printf '[]' >"$BUNDLE/config.json"
	fails config.json
	bundle
	config '.process.user.uid = "root"'
	fails process.user.uid
	grep -qE 'line [0-9]+|:[0-9]+' <<<"$stderr" || complain "no line"
	bundle '.process.args = "sh"'
	fails process.args
	bundle '.mounts[0].options = [1]'
	fails 'mounts[0].options'
	bundle '.process.terminal = "no"'
	fails process.terminal
	bundle '.linux.resources.memory.limit = "1g"'
	fails linux.resources.memory.limit
	bundle 'del(.ociVersion)'
	fails ociVersion
	bundle '.ociVersion = "2.0.0"'
	fails ociVersion
}

@test "unknown properties are ignored" {
	bundle '.nosuch = 1 | .process.nosuch = [1] | .linux.nosuch = {a: 1} | .windows = {x: 1} | .mounts[0].nosuch = true'
	inside 'echo fine'
	ok && has fine
}

@test "deep, huge and odd JSON is refused, not a crash" {
	bundle
	{ printf '{"a":'; printf '[%.0s' {1..5000}; printf ']%.0s' {1..5000}; printf '}'; } >"$BUNDLE/config.json"
	fails config.json
	head -c 3000000 /dev/zero | tr '\0' ' ' >"$BUNDLE/config.json"
	fails config.json
	head -c 100000 /dev/urandom >"$BUNDLE/config.json"
	fails config.json
	printf '{"ociVersion": "1.0.2\\u0000x", "root": {"path": "rootfs"}}' >"$BUNDLE/config.json"
	fails config.json
	mkfifo "$BUNDLE/fifo"
	rm "$BUNDLE/config.json"
	ln -s fifo "$BUNDLE/config.json"
	go timeout 5 "$ROOTLET" --root "$ROOT" run --bundle "$BUNDLE" c1
	[ "$status" = 1 ] || complain
}

@test "config.json that can't be read" {
	requires_unprivileged
	bundle
	chmod 0 "$BUNDLE/config.json"
	fails config.json
	hint
}

@test "no subordinate ids, and a bundle that needs them" {
	requires_unprivileged
	bundle '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 3000000000, size: 70000}] | .linux.gidMappings = .linux.uidMappings'
	fails
	hint
	grep -qE 'subuid|subordinate|usermod' <<<"$stderr" || complain "does not name the grant"
}

@test "newuidmap without its bit, and a bundle that needs it" {
	requires_subids
	bundle
	config '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: $s, size: 1000}] | .linux.gidMappings = [{containerID: 0, hostID: $g, size: 1000}]' \
		--argjson s "$SUBUID" --argjson g "$SUBGID"
	mkdir "$BATS_TEST_TMPDIR/bin"
	cp "$(command -v newuidmap)" "$(command -v newgidmap)" "$BATS_TEST_TMPDIR/bin"
	go with_path "$BATS_TEST_TMPDIR/bin" run --bundle "$BUNDLE" c1
	refused newuidmap
	hint
	grep -qE 'set-?user|setuid|setcap|chmod|cap_setuid|uidmap' <<<"$stderr" || complain "no remedy"
	# One that fails for a reason of its own.
	printf '#!/bin/sh\necho "broken on purpose" >&2\nexit 1\n' >"$BATS_TEST_TMPDIR/bin/newuidmap"
	chmod 755 "$BATS_TEST_TMPDIR/bin/newuidmap"
	go with_path "$BATS_TEST_TMPDIR/bin" run --bundle "$BUNDLE" c1
	refused newuidmap
}

@test "user namespaces used up, switched off" {
	requires_unprivileged
	bundle
	script true
	go unshare -Ur sh -c 'echo 0 >/proc/sys/user/max_user_namespaces || exit 77
		exec "$0" --root "$1" run --userns=auto --bundle "$2" c1' "$ROOTLET" "$ROOT" "$BUNDLE"
	[ "$status" != 77 ] || skip "the switch can't be written here"
	refused max_user_namespaces
	hint
	# There may be some, and they are used up.
	go unshare -Ur sh -c 'echo 1 >/proc/sys/user/max_user_namespaces
		unshare -U sh -c "echo up; exec sleep 100" >"$3" &
		until [ -s "$3" ]; do sleep 0.1; done
		"$0" --root "$1" run --userns=auto --bundle "$2" c1
		status=$?
		kill $!
		exit $status' "$ROOTLET" "$ROOT" "$BUNDLE" "$BATS_TEST_TMPDIR/up"
	refused max_user_namespaces "used up"
	hint
	# Of another kind: no network namespaces left.
	go unshare -Ur sh -c 'echo 0 >/proc/sys/user/max_net_namespaces || exit 77
		exec "$0" --root "$1" run --bundle "$2" c1' "$ROOTLET" "$ROOT" "$BUNDLE"
	refused
	grep -qE 'user\.max|max_net_namespaces' <<<"$stderr" || complain "the limit is not named"
}

@test "a sandbox that refuses a system call: a clear error" {
	# The runtime inside a container whose filter refuses what it needs.
	requires_subids
	bundle '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["clone3", "unshare", "mount", "open_tree", "fsopen"], action: "SCMP_ACT_ERRNO", errnoRet: 38}]} |
		.mounts += [{destination: "/usr", type: "bind", source: "/usr", options: ["rbind", "ro"]}, {destination: "/lib64", type: "bind", source: "/lib64", options: ["rbind", "ro"]},
		{destination: "/lib", type: "bind", source: "/lib", options: ["rbind", "ro"]}, {destination: "/prog", type: "bind", source: $r, options: ["bind", "ro"]}]' --arg r "$ROOTLET_PLAIN"
	inside 'mkdir /dev/shm/b /dev/shm/b/rootfs /dev/shm/r && cd /dev/shm/b && /prog spec && sed -i "s/\"terminal\": true/\"terminal\": false/" config.json && /prog --root /dev/shm/r run x; echo "status $?"'
	has "status 1"
	[ "${#stderr_lines[@]}" = 1 ] || complain
}

@test "user namespaces that a switch of the kernel or AppArmor keeps for others" {
	requires_tool strace
	local switch
	bundle
	for switch in unprivileged_userns_clone=0 apparmor_restrict_unprivileged_userns=1; do
		go unshare -Urm sh -c 'cd /proc/sys/kernel && boot=$(cat random/boot_id) && mount -t tmpfs x . && cd ../kernel &&
			mkdir random && echo $boot >random/boot_id && echo ${3#*=} >${3%=*} || exit 77
			exec strace -f -qq -o /dev/null -e inject=clone3:error=EPERM "$0" --root "$1" run --userns=auto --bundle "$2" c1' \
			"$ROOTLET" "$ROOT" "$BUNDLE" "$switch"
		refused "sysctl -w kernel.${switch%=*}="
		hint
	done
}

# refuse CALL ERRNO: what the bundle says where a sandbox knows no such call.
refuse() {
	# newuidmap has no more rights under strace.
	go strace -f -qq -o /dev/null -e "inject=$1:error=$2" \
		"$ROOTLET" --root "$ROOT" run --userns="$([ "$ME" = 0 ] && echo host || echo single)" --bundle "$BUNDLE" c1
}

@test "a sandbox that does not know a call: another way, or the reason" {
	requires_tool strace
	local error
	bundle '.process.args = ["ls", "/proc/self/fd"]'
	for error in ENOSYS EPERM; do
		refuse faccessat2 $error
		ok
		exec 7</dev/null
		refuse close_range $error
		exec 7<&-
		ok
		lacks 7
		for call in openat2 clone3; do
			refuse $call $error
			refused
			hint
			[[ $stderr =~ sandbox|--userns=auto ]] || complain "no word of a sandbox"
		done
	done
	refuse move_mount ENOSYS
	refused "sandbox"
	refuse move_mount EPERM
	refused "seccomp profile"
}

@test "the state directory can't be written" {
	requires_unprivileged
	bundle
	go "$ROOTLET" --root /proc/nowhere run --bundle "$BUNDLE" c1
	refused /proc/nowhere
	go "$ROOTLET" --root /usr run --bundle "$BUNDLE" c1
	refused /usr
	hint
	ROOT=$BATS_TEST_TMPDIR/$(printf 'x%.0s' {1..120})
	mkdir "$ROOT"
	inside 'echo fine'
	[ "$status" = 0 ] || refused
	create true || :
	rootlet delete -f c1
}

@test "terminal: true without a terminal" {
	bundle '.process.terminal = true'
	script 'echo ran'
	go rootlet create --bundle "$BUNDLE" c1
	refused console-socket
	go rootlet run -d --bundle "$BUNDLE" c1
	refused console-socket
	[ ! -e "$ROOT/c1" ]
	# In the foreground the pty is relayed, whatever our stdio is.
	go rootlet run --bundle "$BUNDLE" c1 </dev/null
	[ "$status" = 0 ] || refused terminal
}

@test "stdout is closed, or full" {
	bundle '.process.args = ["true"]'
	status=0
	"$ROOTLET" --root "$ROOT" run --bundle "$BUNDLE" c1 >&- 2>"$BATS_TEST_TMPDIR/err" </dev/null || status=$?
	[ "$status" = 0 ]
	status=0
	"$ROOTLET" --root "$ROOT" run --bundle "$BUNDLE" c1 <&- >&- 2>&- || status=$?
	[ "$status" = 0 ]
	status=0
	"$ROOTLET" --version >/dev/full 2>"$BATS_TEST_TMPDIR/err" || status=$?
	[ "$status" != 0 ]
	[ -s "$BATS_TEST_TMPDIR/err" ]
	status=0
	"$ROOTLET" --root "$ROOT" list >/dev/full 2>"$BATS_TEST_TMPDIR/err" || status=$?
	[ "$status" != 0 ]
}

@test "a user namespace without id maps" {
	bundle
	script true
	go unshare -U "$ROOTLET" --root "$ROOT" run --bundle "$BUNDLE" c1
	refused /proc/self/uid_map 'no id map' 'unshare -r' newuidmap
}
