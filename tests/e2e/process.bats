#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # text for the container's shell; what lib/common sets
# process - what the program finds: directory, environment, user, capabilities,
# limits, umask, no_new_privs.
load lib/common

@test "args: PATH of the container, absolute, relative with a slash; arguments as they are" {
	bundle '.process.args = ["echo", "a b", "", "*", "ü", "-n"]'
	go rootlet run --bundle "$BUNDLE" c1
	ok && has "a b  * ü -n"
	config '.process.args = ["./echo", "rel"] | .process.cwd = "/bin"'
	go rootlet run --bundle "$BUNDLE" c1
	ok && has rel
	config '.process.args = ["special"] | .process.cwd = "/" | .process.env = ["PATH=/nowhere:/opt/bin"]'
	mkdir -p "$ROOTFS/opt/bin"
	printf '#!/bin/sh\necho "$0" special\n' >"$ROOTFS/opt/bin/special"
	chmod +x "$ROOTFS/opt/bin/special"
	go rootlet run --bundle "$BUNDLE" c1
	ok && has "/opt/bin/special special"
	# No PATH at all: a default one.
	config '.process.args = ["true"] | .process.env = []'
	go rootlet run --bundle "$BUNDLE" c1
	ok
}

@test "a program that is missing, or not executable: the words that engines look for" {
	bundle '.process.args = ["nosuchprogram"]'
	go rootlet run --bundle "$BUNDLE" c1
	refused 'executable file not found in $PATH' nosuchprogram
	config '.process.args = ["/no/such/program"]'
	go rootlet run --bundle "$BUNDLE" c1
	refused "no such file or directory" /no/such/program "root filesystem"
	config '.process.args = ["/etc/passwd"]'
	go rootlet run --bundle "$BUNDLE" c1
	refused "permission denied" /etc/passwd
	config '.process.args = ["/etc"]'
	go rootlet run --bundle "$BUNDLE" c1
	[ "$status" = 1 ]
	[[ "${stderr,,}" == *"permission denied"* || "${stderr,,}" == *"is a directory"* ]]
	# It is found out by create already.
	config '.process.args = ["nosuchprogram"]'
	go rootlet create --bundle "$BUNDLE" c1
	refused 'executable file not found in $PATH'
	[ ! -e "$ROOT/c1" ]
	# An interpreter that is missing.
	printf '#!/no/interpreter\n' >"$ROOTFS/bin/broken"
	chmod +x "$ROOTFS/bin/broken"
	config '.process.args = ["broken"]'
	go rootlet run --bundle "$BUNDLE" c1
	refused broken
}

@test "no args, an empty one" {
	bundle 'del(.process.args)'
	go rootlet run --bundle "$BUNDLE" c1
	refused args
	config '.process.args = []'
	go rootlet run --bundle "$BUNDLE" c1
	refused args
	config '.process.args = [""]'
	go rootlet run --bundle "$BUNDLE" c1
	[ "$status" = 1 ] && [ "${#stderr_lines[@]}" = 1 ]
}

@test "cwd: what is missing is made as mount points are, whatever the umask" {
	local mask
	for mask in 077 000; do
		bundle '.root.readonly = false | .process.cwd = "/c1/c2" | .mounts += [{destination: "/m1/m2", type: "tmpfs", source: "tmpfs"}]'
		(umask "$mask" && inside 'umask; stat -c "%n %a %u:%g" /c1 /c1/c2 /m1' && ok &&
			has "0$mask" '/c1 755 0:0' '/c1/c2 755 0:0' '/m1 755 0:0')
		(umask "$mask" && create 'exec sleep 100' && rootlet start c1)
		(umask "$mask" && go rootlet exec --cwd /c3/c4 c1 stat -c '%n %a' /c3 /c3/c4 && ok && has '/c3 755' '/c3/c4 755')
		rootlet delete -f c1
		bundle '.root.readonly = false | .process.cwd = "/c5" | .process.user.umask = 63'
		inside 'umask; stat -c "%n %a" /c5'
		ok && has 0077 '/c5 755'
	done
}

@test "cwd: given, made when missing, a symbolic link inside" {
	bundle '.process.cwd = "/mnt/a"'
	inside 'pwd; readlink /proc/self/cwd'
	ok && has /mnt/a
	config '.process.cwd = "/made/here"'
	inside 'pwd; ls -ld / >/dev/null'
	ok && has /made/here
	config '.process.cwd = "/wd"'
	ln -s mnt/b "$ROOTFS/wd"
	inside 'readlink /proc/self/cwd'
	ok && has /mnt/b
	config '.process.cwd = "relative"'
	inside true
	refused cwd
	config 'del(.process.cwd)'
	inside true
	refused cwd
	config '.process.cwd = "/etc/passwd"'
	inside true
	refused /etc/passwd
}

@test "cwd: where only the user, or only root, may go" {
	requires_many_ids
	bundle '.process.user = {uid: 1000, gid: 1000} | .process.cwd = "/priv"'
	mkdir -m 700 "$ROOTFS/priv"
	inside 'readlink /proc/self/cwd'
	# Entered as root before the switch, as runc does.
	[ "$status" = 0 ] || refused /priv
	bundle '.process.user = {uid: 1000, gid: 1000} | .process.cwd = "/tmp/own" | .root.readonly = false'
	inside 'readlink /proc/self/cwd'
	ok && has /tmp/own
}

@test "no directory of the host is reachable by cwd or an open file" {
	bundle
	for fd in 0 1 2 3 4 5 6 7 8 9 10; do
		config ".process.cwd = \"/proc/self/fd/$fd\""
		inside 'ls -la; cat ../../../../../../../../etc/hostname 2>/dev/null; pwd'
		[ "$status" != 0 ] || lacks config.json rootfs
	done
	config '.process.cwd = "/"'
	script 'ls -l /proc/self/fd 2>/dev/null | sed "s/.*-> //"; ls /proc/self/fd | sort -n | tr "\n" " "'
	exec 7<"$BUNDLE"
	go rootlet run --bundle "$BUNDLE" c1
	exec 7<&-
	ok
	lacks "$BUNDLE"
	like '0 1 2 (3 )?'
}

@test "created: nothing is open but stdio and what start needs" {
	bundle
	create true
	pid=$(state_of .pid)
	find "/proc/$pid/fd" -printf '%l\n' 2>/dev/null >"$BATS_TEST_TMPDIR/fds"
	not grep -F -e "$BUNDLE" -e "$ROOT/c1" "$BATS_TEST_TMPDIR/fds"
}

@test "env: as given, the last of a name wins, newlines stay, HOME and its defaults" {
	bundle '.process.env += ["A=1", "B=x y", "A=2", "EMPTY=", "NL=one\ntwo", "EQ=a=b"]'
	inside 'echo "A $A"; echo "B $B"; echo "EQ $EQ"; echo "NL $NL"; env | grep -c "^A="; echo "home $HOME"; env | grep EMPTY; echo "term $TERM"'
	ok
	has "A 2" "B x y" "EQ a=b" "NL one" two 1 "home /root" "EMPTY=" "term xterm"
	config '.process.env = ["PATH=/bin", "HOME="]'
	inside 'echo "home $HOME"; env | sort | tr "\n" " "'
	ok && has "home /root"
	config '.process.env = ["PATH=/bin", "HOME=/else"]'
	inside 'echo "home $HOME"'
	ok && has "home /else"
	config '.process.env = ["NOVALUE"]'
	inside true
	[ "$status" = 0 ] || refused env
	# Nothing of the caller's.
	config '.process.env = ["PATH=/bin"]'
	SECRET=1 inside 'env | grep -E "SECRET|BATS|_LISTEN|ROOTLET" || echo clean'
	ok && has clean
}

@test "HOME: an odd passwd, none at all, a symbolic link out of the root" {
	bundle
	rm "$ROOTFS/etc/passwd"
	inside 'echo "home $HOME"'
	ok && has "home /"
	printf 'broken\nroot:x:0\n:::::::::\nroot:x:0:0::/odd home:/bin/sh' >"$ROOTFS/etc/passwd"
	inside 'echo "home $HOME"'
	ok && like "home (/odd home|/)"
	rm "$ROOTFS/etc/passwd"
	ln -s ../../../../../../../../etc/passwd "$ROOTFS/etc/passwd"
	inside 'echo "home $HOME"'
	ok && has "home /"
	rm "$ROOTFS/etc/passwd"
	mkfifo "$ROOTFS/etc/passwd"
	inside 'echo "home $HOME"'
	ok && has "home /"
}

@test "user: uid, gid, additional groups" {
	requires_many_ids
	bundle '.process.user = {uid: 1000, gid: 1001, additionalGids: [7, 8]}'
	inside 'grep -E "^(Uid|Gid|Groups)" /proc/self/status'
	ok
	like 'Uid:[[:space:]]1000[[:space:]]1000[[:space:]]1000[[:space:]]1000' 'Gid:[[:space:]]1001.*' 'Groups:[[:space:]]7 8 *'
	config '.process.user = {uid: 0, gid: 0}'
	inside 'grep -E "^Groups" /proc/self/status'
	ok && like 'Groups:[[:space:]]*(0 )?'
}

@test "user: a uid that is not mapped is refused with the key, or nested" {
	requires_subids
	bundle '.process.user = {uid: 4000000, gid: 0}'
	inside true
	refused process.user.uid
}

@test "user: additional groups that do not map are listed" {
	requires_unprivileged
	bundle '.process.user.additionalGids = [5]'
	inside 'grep Groups /proc/self/status' --userns=single --keep
	[ "$status" = 0 ] || complain
	degraded "$(rootlet state c1)" additionalGids
}

@test "umask" {
	bundle '.process.user.umask = 63'
	inside 'umask; grep Umask /proc/self/status'
	ok && has 0077
	umask 027
	bundle
	inside 'umask'
	ok && like '0?0(22|27)'
}

cap_bits() { # NAMES as the sum of bits, 16 digits
	local name sum=0 bit
	for name in "$@"; do
		case $name in CHOWN) bit=0 ;; DAC_OVERRIDE) bit=1 ;; KILL) bit=5 ;; SETGID) bit=6 ;; SETUID) bit=7 ;; NET_BIND_SERVICE) bit=10 ;; NET_RAW) bit=13 ;; SYS_CHROOT) bit=18 ;; AUDIT_WRITE) bit=29 ;; esac
		sum=$((sum | 1 << bit))
	done
	printf '%016x' "$sum"
}
caps='grep -E "^Cap" /proc/self/status | sed "s/[[:space:]]/ /"'

@test "capabilities: the five sets, as root of the container" {
	bundle '.process.capabilities = {bounding: ["CAP_KILL", "CAP_CHOWN", "CAP_NET_RAW"], effective: ["CAP_KILL"], permitted: ["CAP_KILL", "CAP_CHOWN"],
		inheritable: ["CAP_KILL"], ambient: ["CAP_KILL"]}'
	inside "$caps"
	ok
	# What root executes gets the whole bounding set.
	has "CapBnd: $(cap_bits KILL CHOWN NET_RAW)" "CapInh: $(cap_bits KILL)"
	config '.process.capabilities = {bounding: ["CAP_KILL"], effective: ["CAP_KILL"], permitted: ["CAP_KILL"]}'
	inside "$caps"
	ok
	has "CapBnd: $(cap_bits KILL)" "CapEff: $(cap_bits KILL)" "CapPrm: $(cap_bits KILL)" "CapInh: $(cap_bits)" "CapAmb: $(cap_bits)"
}

@test "capabilities: none at all" {
	bundle '.process.capabilities = {}'
	inside "$caps"
	ok
	has "CapBnd: $(cap_bits)" "CapEff: $(cap_bits)" "CapPrm: $(cap_bits)" "CapInh: $(cap_bits)" "CapAmb: $(cap_bits)"
	config 'del(.process.capabilities)'
	inside "$caps"
	ok
	has "CapEff: $(cap_bits)" "CapInh: $(cap_bits)" "CapAmb: $(cap_bits)"
}

@test "capabilities: of another user, only ambient ones survive" {
	requires_many_ids
	bundle '.process.user = {uid: 1000, gid: 1000} | .process.capabilities = {bounding: ["CAP_KILL", "CAP_CHOWN"], effective: ["CAP_KILL"],
		permitted: ["CAP_KILL", "CAP_CHOWN"], inheritable: ["CAP_KILL", "CAP_CHOWN"], ambient: ["CAP_KILL"]}'
	inside "$caps"
	ok
	has "CapBnd: $(cap_bits KILL CHOWN)" "CapEff: $(cap_bits KILL)" "CapPrm: $(cap_bits KILL)" "CapAmb: $(cap_bits KILL)"
	config '.process.capabilities = {bounding: ["CAP_KILL"], effective: ["CAP_KILL"], permitted: ["CAP_KILL"]}'
	inside "$caps"
	ok
	has "CapEff: $(cap_bits)" "CapPrm: $(cap_bits)" "CapBnd: $(cap_bits KILL)"
}

@test "capabilities: an ambient one that is not inheritable; an unknown name" {
	bundle '.process.capabilities = {bounding: ["CAP_KILL"], effective: ["CAP_KILL"], permitted: ["CAP_KILL"], ambient: ["CAP_KILL"]}'
	inside "$caps" --keep
	[ "$status" = 0 ] || complain
	has "CapAmb: $(cap_bits)"
	bundle '.process.capabilities = {bounding: ["CAP_KILL", "CAP_FROM_THE_FUTURE"], effective: ["CAP_KILL"], permitted: ["CAP_KILL"]}'
	CID=c2 inside "$caps" --keep
	[ "$status" = 0 ] || complain
	has "CapBnd: $(cap_bits KILL)"
	degraded "$(rootlet state c2)" CAP_FROM_THE_FUTURE
}

@test "the container's root may do what its capabilities say" {
	bundle '.root.readonly = false'
	inside 'mount -t tmpfs x /mnt/a 2>&1 | tail -n 1; chown 1 /script 2>&1 | tail -n 1; hostname other 2>&1'
	# With a single id there is no 1 to give the file to: an invalid argument.
	[ "$(grep -ciE 'permission denied|not permitted|chown: .*invalid argument' <<<"$output")" = 3 ]
	bundle '.root.readonly = false | .process.capabilities |= with_entries(.value += ["CAP_SYS_ADMIN", "CAP_CHOWN"])'
	inside 'mount -t tmpfs x /mnt/a && echo mounted; hostname other && hostname'
	[ "$status" = 0 ] || complain
	has mounted other
}

@test "rlimits: set as given; above the hard limit clamped and listed" {
	bundle '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 100, hard: 200}, {type: "RLIMIT_CORE", soft: 0, hard: 0}]'
	inside 'ulimit -Sn; ulimit -Hn; ulimit -Hc; grep "open files" /proc/self/limits'
	ok && has 100 200 0
	requires_unprivileged
	hard=$(ulimit -Hn)
	[ "$hard" != unlimited ] || skip "no hard limit here"
	bundle '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 1000, hard: 9000000000000000}]'
	inside 'ulimit -Hn' --keep
	[ "$status" = 0 ] || complain
	has "$hard"
	degraded "$(rootlet state c1)" RLIMIT_NOFILE
}

@test "rlimits: unknown, twice, soft above hard" {
	for limits in '{"type": "RLIMIT_NOSUCH", "soft": 1, "hard": 1}' '{"type": "RLIMIT_NOFILE", "soft": 2, "hard": 1}' \
		'{"type": "RLIMIT_CORE", "soft": 0, "hard": 0}, {"type": "RLIMIT_CORE", "soft": 0, "hard": 0}'; do
		bundle '.process.rlimits = $l' --argjson l "[$limits]"
		inside true
		refused rlimits || complain "$limits"
	done
}

@test "no_new_privs" {
	bundle
	inside 'grep NoNewPrivs /proc/self/status'
	ok && like 'NoNewPrivs:[[:space:]]1'
	config '.process.noNewPrivileges = false'
	inside 'grep NoNewPrivs /proc/self/status'
	ok && like 'NoNewPrivs:[[:space:]]0'
}

@test "oom_score_adj: raised; below the caller's it is kept and listed" {
	bundle '.process.oomScoreAdj = 500'
	inside 'cat /proc/self/oom_score_adj'
	ok && has 500
	bundle '.process.oomScoreAdj = -500'
	before=$(cat /proc/self/oom_score_adj)
	inside 'cat /proc/self/oom_score_adj' --keep
	[ "$status" = 0 ] || complain
	if ! grep -qx -- -500 <<<"$output"; then
		has "$before"
		degraded "$(rootlet state c1)" oomScoreAdj
	fi
	# Up and down again is anybody's right.
	bundle '.process.oomScoreAdj = $n' --argjson n $((before + 100))
	(echo $((before + 200)) >/proc/self/oom_score_adj && CID=c3 inside 'cat /proc/self/oom_score_adj' && ok && has $((before + 100)))
	bundle '.process.oomScoreAdj = 5000'
	CID=c2 inside true
	refused oomScoreAdj
}

@test "signals: nothing is blocked or ignored but by the caller's wish" {
	bundle
	inside 'grep -E "^Sig(Blk|Ign)" /proc/self/status | sed "s/[[:space:]]/ /"'
	ok
	has "SigBlk: 0000000000000000"
	like 'SigIgn: [0-9a-f]{16}'
}

@test "the program is a session leader's child of nobody: own session when detached" {
	bundle
	inside 'cut -d" " -f1,5,6 /proc/self/stat; echo "ppid $PPID"; cat /proc/1/comm'
	ok && has "ppid 0" sh
}

@test "labels of security modules: applied or refused, never ignored" {
	bundle '.process.apparmorProfile = "nosuchprofile"'
	inside true
	refused pparmor
	bundle '.process.selinuxLabel = "system_u:system_r:x:s0"'
	inside true
	[ "$status" != 0 ] && refused elinux
}

@test "the mount that the runtime runs from can't be made writable by way of /proc" {
	local try='import ctypes, os, struct
l = ctypes.CDLL(None, use_errno=True)
rdonly, empty_path = 1, 0x1000
r = l.syscall(442, 7, b"", empty_path, struct.pack("QQQQ", 0, rdonly, 0, 0), 32) # mount_setattr
print(r, os.strerror(ctypes.get_errno()))'
	requires_tool python3
	bundle '.root.readonly = false'
	script 'until [ -e /tmp/go ]; do sleep 0.02; done'
	"$ROOTLET" --root "$ROOT" run --bundle "$BUNDLE" "$CID" </dev/null >o 2>e 3>&- &
	until_true 5 is_status running
	# Inside the same file is reached by a program that is "#!/proc/self/exe".
	exec 7<"/proc/$!/exe"
	go unshare --user --map-root-user --mount python3 -c "$try"
	exec 7<&-
	touch "$ROOTFS/tmp/go"
	wait $!
	[ "$output" = "-1 Invalid argument" ] || complain
}

@test "the runtime's binary can't be written from inside" {
	bundle '.root.readonly = false | .process.args = ["/proc/self/exe", "--version"]'
	before=$(md5sum <"$ROOTLET")
	go rootlet run --bundle "$BUNDLE" c1
	[ "$status" != 0 ] || [[ "$output" != *writable* ]]
	bundle '.root.readonly = false'
	detached 'i=0; while [ $i -lt 200 ]; do for p in /proc/[0-9]*/exe; do [ "$p" = /proc/self/exe ] || (echo x >>"$p") 2>/dev/null; done; i=$((i+1)); done; echo over'
	until_true 20 is_status stopped
	[ "$(md5sum <"$ROOTLET")" = "$before" ]
}
