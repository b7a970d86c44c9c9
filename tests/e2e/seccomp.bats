#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # text for the container's shell; what lib/common sets
# seccomp - filters, their words, and the cache of compiled ones.
load lib/common

# filter JQ: a profile that allows everything else.
filter() { bundle ".linux.seccomp = {defaultAction: \"SCMP_ACT_ALLOW\", architectures: [\"SCMP_ARCH_X86_64\", \"SCMP_ARCH_X86\", \"SCMP_ARCH_AARCH64\"]} + $1"; }
cache_files() { find "$ROOT" -path '*.seccomp*' -type f; }

@test "no profile, no filter; a profile, mode 2" {
	bundle
	inside 'grep Seccomp: /proc/self/status'
	ok && like 'Seccomp:[[:space:]]0'
	filter '{}'
	inside 'grep Seccomp: /proc/self/status'
	ok && like 'Seccomp:[[:space:]][02]'
	filter '{syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO"}]}'
	inside 'grep Seccomp: /proc/self/status; mkdir /tmp/x 2>&1'
	ended 1
	like 'Seccomp:[[:space:]]2' '.*Operation not permitted'
}

@test "errno values: errnoRet, defaultErrnoRet" {
	filter '{syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 28}, {names: ["rmdir", "unlinkat"], action: "SCMP_ACT_ERRNO", errnoRet: 40}]}'
	inside 'mkdir /tmp/x 2>&1; rmdir /mnt/a 2>&1; true'
	ok && like '.*No space left on device' '.*(Symbolic link loop|Too many levels of symbolic links)'
}

@test "an allow list: what is not in it gets the default" {
	bundle '.linux.seccomp = $s[0] | .linux.seccomp.defaultErrnoRet = 38' --slurpfile s "$TOP/tests/bench/seccomp.json"
	inside 'echo works; ls / >/dev/null && id -u; mount -t tmpfs x /mnt 2>&1 | tail -n 1'
	[ "$status" = 0 ] || complain
	has works 0
	like '.*(not permitted|denied).*'
}

# Names of calls whose number is setns's or above, on x86-64 or arm64.
NEWER='^(bpf|cachestat|fchmodat2|listmount|lsm_.*|map_shadow_stack|mseal|statmount|.*xattrat|clock_.*64|close_range|copy_file_range|epoll_pwait2|execveat|faccessat2|finit_module|fs(config|mount|open|pick)|futex_.+|getcpu|getrandom|io_pgetevents.*|io_uring.*|kcmp|kexec_file_load|landlock.*|membarrier|memfd.*|mlock2|mount_setattr|move_mount|mq_.*64|open_tree|openat2|pidfd_.*|pkey_.*|ppoll_.*|preadv2|process_.*|pselect6_.*|pwritev2|quotactl_fd|recvmmsg_.*|renameat2|rseq|.*_time64|sched_[gs]etattr|seccomp|sendmmsg|set_mempolicy_home_node|setns|statx|timer.*64|userfaultfd)$'

@test "calls newer than the profile: ENOSYS; those that it leaves out: the default" {
	bundle '.linux.seccomp = {defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 28, syscalls: [{action: "SCMP_ACT_ALLOW",
		names: [$s[0].syscalls[] | select(.action == "SCMP_ACT_ALLOW").names[] | select(test($newer) | not)]}]}' \
		--slurpfile s "$TOP/tests/bench/seccomp.json" --arg newer "$NEWER"
	inside 'busybox nsenter -u/proc/1/ns/uts true 2>&1; true'
	[ "$status" = 0 ] || complain
	like '.*setns.*Function not implemented'
	config '.linux.seccomp.syscalls[0].names += ["statx"]'
	inside 'busybox nsenter -u/proc/1/ns/uts true 2>&1; true'
	[ "$status" = 0 ] || complain
	like '.*setns.*No space left on device'
	# A default that ends the program does not, for what nobody had heard of.
	config '.linux.seccomp.syscalls[0].names -= ["statx"] | .linux.seccomp.defaultAction = "SCMP_ACT_KILL_PROCESS" | del(.linux.seccomp.defaultErrnoRet)'
	inside 'busybox nsenter -u/proc/1/ns/uts true 2>&1; true'
	[ "$status" = 0 ] || complain
	like '.*setns.*Function not implemented'
}

@test "arguments of 64 bits" {
	for rule in 'EQ 5000000000 5000000000:705032704' 'GT 4294967295 4294967296:4294967295' 'MASKED_EQ 25769803776 12884901893:5'; do
		read -r op value sizes <<<"$rule"
		extra=''
		[ "$op" != MASKED_EQ ] || extra=', valueTwo: 8589934592'
		filter "{syscalls: [{names: [\"ftruncate\"], action: \"SCMP_ACT_ERRNO\", errnoRet: 40, args: [{index: 1, value: $value, op: \"SCMP_CMP_$op\"$extra}]}]}"
		inside ">/dev/shm/a; busybox truncate -s ${sizes%:*} /dev/shm/a 2>&1; busybox truncate -s ${sizes#*:} /dev/shm/a && echo let through"
		[ "$status" = 0 ] || complain "$rule"
		has 'let through' && like '.*(Symbolic link loop|Too many levels of symbolic links)' || complain "$rule"
	done
}

@test "arguments: every operator" {
	# kill(2) by its signal number: 0 is a no-op that tells whether it was let through.
	for rule in 'EQ 10 0:10' 'NE 10 10:0' 'LT 10 10:9' 'LE 10 11:10' 'GE 10 9:10' 'GT 10 10:11' 'MASKED_EQ 12 3:12'; do
		read -r op value signals <<<"$rule"
		extra=''
		[ "$op" != MASKED_EQ ] || extra=', valueTwo: 12'
		filter "{syscalls: [{names: [\"kill\"], action: \"SCMP_ACT_ERRNO\", errnoRet: 28, args: [{index: 1, value: $value, op: \"SCMP_CMP_$op\"$extra}]}]}"
		inside "trap '' 9 10 11 12 3 0; trap '' USR1 USR2 QUIT SEGV; kill -${signals%:*} 1 2>&1 || :; echo; kill -${signals#*:} 1 2>&1 || :"
		[ "$status" = 0 ] || complain "$rule"
		[ "$(grep -c 'No space' <<<"$output")" = 1 ] || complain "$rule"
		[[ "${lines[-1]}" == *"No space"* ]] || complain "$rule"
	done
}

@test "kill ends the program" {
	filter '{syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_KILL_PROCESS"}]}'
	inside 'mkdir /tmp/x; echo "status $?"'
	[ "$status" = 0 ] || complain
	like 'status 159'
	filter '{syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_KILL"}]}'
	inside 'mkdir /tmp/x; echo "status $?"'
	like 'status 159'
	filter '{syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_TRAP"}]}'
	inside 'mkdir /tmp/x; echo "status $?"'
	like 'status 159'
	filter '{syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_KILL_PROCESS"}]} | .process.args = ["mkdir", "/tmp/x"]'
	go rootlet run --bundle "$BUNDLE" c1
	ended 159
}

@test "a filter that refuses what leads to the program: an error that names it" {
	local change nnp
	for nnp in true false; do
		for change in '{defaultAction: "SCMP_ACT_KILL"}' '{defaultAction: "SCMP_ACT_KILL_PROCESS"}' \
			'{defaultAction: "SCMP_ACT_TRAP"}' '{syscalls: [{names: ["execve"], action: "SCMP_ACT_KILL_THREAD"}]}'; do
			filter "$change | .process.noNewPrivileges = $nnp"
			inside true
			refused 'execute the program' 'killed by signal 31' 'seccomp filter' 'llow execve in linux.seccomp' || complain "$change" || return
		done
		# It can't even say so, nor end.
		filter "{defaultAction: \"SCMP_ACT_ERRNO\"} | .process.noNewPrivileges = $nnp"
		inside true
		refused 'execute the program' 'llow execve in linux.seccomp'
		no_process
		filter "{syscalls: [{names: [\"execve\"], action: \"SCMP_ACT_ERRNO\"}]} | .process.noNewPrivileges = $nnp"
		inside true
		refused 'operation not permitted' 'llow execve in linux.seccomp'
		config '.linux.seccomp.syscalls[0].errnoRet = 2'
		inside true
		refused 'no such file' 'llow execve in linux.seccomp'
	done
	# The errno of another call's rule: it was not the filter.
	filter '{syscalls: [{names: ["mkdir"], action: "SCMP_ACT_ERRNO", errnoRet: 13}]}'
	config '.process.args = ["/bin/none"]'
	printf 'no' >"$ROOTFS/bin/none"
	chmod 755 "$ROOTFS/bin/none"
	inside true
	refused 'exec format error'
	[[ $stderr != *linux.seccomp* ]] || complain
}

@test "start under a filter that refuses what leads to the program" {
	local action
	for action in KILL ERRNO; do
		bundle ".linux.seccomp = {defaultAction: \"SCMP_ACT_$action\"}"
		create true
		go rootlet start c1
		# Whoever adopted init may have buried it before anybody could look.
		[ "$status" = 0 ] || refused 'execute the program' 'llow execve in linux.seccomp'
		until_true 2 is_status stopped
		rootlet delete c1
	done
}

@test "log and trace" {
	filter '{syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_LOG"}]}'
	inside 'mkdir /tmp/x 2>&1; mkdir /dev/shm/x && echo made'
	has made
	filter '{syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_TRACE", errnoRet: 5}]}'
	inside 'mkdir /dev/shm/x 2>&1; true'
	ok && like '.*not implemented'
}

@test "unknown names of system calls are skipped, unknown words refused with the key" {
	filter '{syscalls: [{names: ["nosuchcall", "mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO"}]}'
	inside 'mkdir /dev/shm/x 2>&1; true'
	ok && like '.*not permitted'
	for change in '.syscalls[0].action = "SCMP_ACT_NOSUCH"' '.defaultAction = "nosuch"' '.architectures = ["SCMP_ARCH_NOSUCH"]' \
		'.syscalls[0].args = [{index: 9, value: 1, op: "SCMP_CMP_EQ"}]' '.syscalls[0].args = [{index: 0, value: 1, op: "nosuch"}]' \
		'.flags = ["SECCOMP_FILTER_FLAG_NOSUCH"]' 'del(.defaultAction)'; do
		filter '{syscalls: [{names: ["mkdir"], action: "SCMP_ACT_ERRNO"}]}'
		config ".linux.seccomp |= ($change)"
		inside true
		refused seccomp || complain "$change"
	done
}

@test "flags" {
	filter '{flags: ["SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_TSYNC"], syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO"}]}'
	inside 'mkdir /dev/shm/x 2>&1; true'
	ok && like '.*not permitted'
	# It is about notifications, and there are none.
	config '.linux.seccomp.flags = ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]'
	inside true
	refused linux.seccomp.flags SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV SCMP_ACT_NOTIFY
}

@test "architectures: every word of the specification; the native one is always in" {
	filter '{syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO"}]}'
	config '.linux.seccomp.architectures = (["X86", "X86_64", "X32", "ARM", "AARCH64", "MIPS", "MIPS64", "MIPS64N32", "MIPSEL", "MIPSEL64", "MIPSEL64N32", "PPC", "PPC64", "PPC64LE",
		"S390", "S390X", "PARISC", "PARISC64", "RISCV64", "LOONGARCH64", "M68K", "SH", "SHEB"] | map("SCMP_ARCH_" + .))'
	inside 'mkdir /dev/shm/x 2>&1; true'
	ok && like '.*not permitted'
	for archs in '[]' '["SCMP_ARCH_S390X"]'; do
		config ".linux.seccomp.architectures = $archs"
		inside 'mkdir /dev/shm/x 2>&1; true'
		ok && like '.*not permitted'
	done
}

@test "without no_new_privs, and for another user" {
	filter '{syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO"}]} | .process.noNewPrivileges = false'
	inside 'grep -E "^(Seccomp|NoNewPrivs):" /proc/self/status; mkdir /dev/shm/x 2>&1; true'
	ok && like 'Seccomp:[[:space:]]2' 'NoNewPrivs:[[:space:]]0' '.*not permitted'
	requires_many_ids
	config '.process.user = {uid: 1000, gid: 1000} | .process.capabilities = {}'
	inside 'id -u; grep -E "^(Seccomp|NoNewPrivs):" /proc/self/status; mkdir /dev/shm/x 2>&1; true'
	ok && has 1000 && like 'Seccomp:[[:space:]]2' '.*not permitted'
}

@test "a profile that denies what the set-up needs does not stop the set-up" {
	filter '{syscalls: [{names: ["mount", "pivot_root", "umount2", "move_mount", "open_tree", "setns", "unshare", "clone3", "setresuid", "setgroups", "capset", "prctl", "sethostname"], action: "SCMP_ACT_ERRNO"}]}'
	inside 'echo runs'
	ok && has runs
	config '.process.noNewPrivileges = false'
	inside 'echo runs'
	[ "$status" = 0 ] && has runs || refused
}

@test "the cache: a miss, a hit and a broken file give the same filter" {
	filter '{syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 28}]}'
	script='mkdir /dev/shm/x 2>&1; grep Seccomp: /proc/self/status; true'
	inside "$script"
	ok
	first=$output
	like '.*No space left on device' 'Seccomp:[[:space:]]2'
	file=$(cache_files)
	[ "$(wc -l <<<"$file")" = 1 ] && [ -s "$file" ]
	[ "$(stat -c %a "$(dirname "$file")")" = 700 ]
	inode=$(stat -c %i:%Y "$file")
	inside "$script"
	ok
	[ "$output" = "$first" ]
	[ "$(stat -c %i:%Y "$file")" = "$inode" ]
	# Broken in all ways: empty, cut, garbage, one byte of the program changed.
	cp "$file" "$BATS_TEST_TMPDIR/good"
	size=$(stat -c %s "$file")
	for how in empty cut garbage end; do
		case $how in
		empty) : >"$file" ;;
		cut) head -c $((size / 2)) "$BATS_TEST_TMPDIR/good" >"$file" ;;
		garbage) head -c "$size" /dev/urandom >"$file" ;;
		end) { head -c $((size - 1)) "$BATS_TEST_TMPDIR/good" && printf '\377'; } >"$file" ;;
		esac
		inside "$script"
		ok
		[ "$output" = "$first" ] || complain "$how"
	done
	# Another profile does not get the first one's filter.
	filter '{syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 5}]}'
	inside "$script"
	like '.*(I/O error|Input/output error)'
}

@test "a cache that others may write, or that can't be written, is not used" {
	filter '{syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 28}]}'
	mkdir "$ROOT/.seccomp"
	chmod 777 "$ROOT/.seccomp"
	inside 'mkdir /dev/shm/x 2>&1; true'
	ok && like '.*No space left on device'
	[ -z "$(find "$ROOT/.seccomp" -type f)" ] || [ "$(stat -c %a "$ROOT/.seccomp")" = 700 ]
	rm -rf "$ROOT/.seccomp"
	ln -s /tmp "$ROOT/.seccomp"
	inside 'mkdir /dev/shm/x 2>&1; true'
	ok && like '.*No space left on device'
	rm "$ROOT/.seccomp"
}
