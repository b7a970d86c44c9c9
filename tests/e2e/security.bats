#!/usr/bin/env bats
# security.bats - what a container, or somebody else on the machine, must not get.
# shellcheck shell=bash disable=SC2016,SC2154 # text for another shell; go() sets output and stderr

load lib/common

# What the files of process $1 are; only those that we may look at.
files_of() { local fd; for fd in "/proc/$1/fd"/*; do readlink "$fd" || :; done; }

@test "a created container holds none of the files that its caller had open" {
	local pid
	bundle
	mkdir "$BATS_TEST_TMPDIR/leak"
	exec 7<"$BATS_TEST_TMPDIR/leak" 8>"$BATS_TEST_TMPDIR/leaked"
	create true
	exec 7>&- 8>&-
	pid=$(state_of .pid)
	output=$(files_of "$pid")
	lacks /leak "$ROOT"
	rootlet start "$CID"
}

@test "a program gets none of them, nor do the hooks, of either side" {
	local hook='{path: "/bin/sh", args: ["sh", "-c", "for f in /proc/$$/fd/*; do readlink $f || :; done >> \($out)"]}'
	bundle ".hooks = {createRuntime: [($hook)], startContainer: [($hook | .args[2] |= sub(\">>.*\"; \">> /tmp/hook\"))]} | .root.readonly = false" \
		--arg out "$BATS_TEST_TMPDIR/hook"
	mkdir "$BATS_TEST_TMPDIR/leak"
	exec 7<"$BATS_TEST_TMPDIR/leak" 8</etc/passwd
	inside 'for f in /proc/$$/fd/*; do readlink $f; done; cat /tmp/hook'
	exec 7>&- 8>&-
	ok
	output+=$(cat hook)
	lacks leak passwd "$ROOT"
}

@test "the caller's environment is not to be read in the process that waits for start" {
	local hook='{path: "/bin/sh", args: ["sh", "-c", "cat /proc/1/environ >/tmp/environ; echo $? >/tmp/read"]}'
	bundle ".hooks = {startContainer: [$hook]} | .root.readonly = false |
		.process.capabilities |= map_values([\"CAP_SYS_PTRACE\", \"CAP_DAC_OVERRIDE\"])"
	export SECRET=of-the-caller
	create 'tr -d "\\0" </tmp/environ; echo; cat /tmp/read; echo "${SECRET-none}"'
	go rootlet exec "$CID" cat /proc/1/environ
	ok
	lacks of-the-caller
	rootlet start "$CID"
	until_true 5 is_status stopped
	output=$(cat "$BATS_TEST_TMPDIR/out")
	has none 0
	lacks of-the-caller
}

@test "a program is in a session of its own: nothing of it reaches the caller's terminal or process group" {
	bundle
	inside 'cut -d " " -f 5,6 /proc/$$/stat'
	ok
	has '1 1'
	detached 'exec sleep 100'
	go rootlet exec "$CID" sh -c 'echo "$$" "$$"; cut -d " " -f 5,6 /proc/$$/stat'
	ok
	[ "${lines[0]}" = "${lines[1]}" ]
	rootlet delete --force "$CID"
	script 'kill -9 0'
	go setsid -w sh -c '"$@"; echo "the caller lives: $?"' sh "$ROOTLET" --root "$ROOT" run --bundle "$BUNDLE" "$CID"
	ok
	like 'the caller lives: .*'
}

@test "process.cwd makes no directory on the host by way of an open file" {
	bundle '.process.cwd = "/proc/self/fd/7/made/here"'
	exec 7<"$BATS_TEST_TMPDIR"
	inside true
	exec 7>&-
	refused 'find the program: enter process.cwd /proc/self/fd/7/made/here'
	[ ! -e "$BATS_TEST_TMPDIR/made" ]
	bundle '.process.cwd = "/proc/self/fd/4/../../made"'
	inside true
	refused 'find the program'
	[ ! -e "$BATS_TEST_TMPDIR/made" ]
}

@test "a container that we join can't look into the new init, even with CAP_SYS_PTRACE" {
	requires_unprivileged
	local pid
	bundle '.process.capabilities |= map_values(["CAP_SYS_PTRACE", "CAP_KILL", "CAP_DAC_OVERRIDE"]) |
		del(.process.capabilities.ambient, .process.capabilities.inheritable)'
	CID=victim detached 'while [ ! -e /proc/2/fd ]; do :; done; sleep 0.3
		for f in /proc/2/fd/ /proc/2/root/ /proc/2/cwd/; do ls -d $f/. || echo "not $f"; done
		ls /proc/2/fd | grep -c . | sed "s/^/files: /"
		echo looked; while :; do sleep 1; done' --userns "$(has_subids && echo auto || echo single)"
	pid=$(state_of .pid victim)
	config 'del(.linux.uidMappings, .linux.gidMappings) |
		.linux.namespaces |= (map(select(.type != "user" and .type != "pid")) +
		[{type: "user", path: ($ns + "user")}, {type: "pid", path: ($ns + "pid")}])' --arg ns "/proc/$pid/ns/"
	mv "$BATS_TEST_TMPDIR/out" "$BATS_TEST_TMPDIR/victim.out"
	create true
	until_true 5 grep -q looked "$BATS_TEST_TMPDIR/victim.out"
	output=$(cat "$BATS_TEST_TMPDIR/victim.out")
	has 'not /proc/2/fd/' 'not /proc/2/root/' 'not /proc/2/cwd/' 'files: 0'
	rootlet delete --force "$CID"
	rootlet delete --force victim
}

@test "joining is not dumpable, and the OOM score holds all the same" {
	local pid
	bundle
	CID=first detached 'while :; do sleep 1; done'
	pid=$(state_of .pid first)
	config 'del(.linux.uidMappings, .linux.gidMappings) | .process.oomScoreAdj = 700 |
		.linux.namespaces |= (map(select(.type != "user" and .type != "pid")) +
		[{type: "pid", path: ($ns + "pid")}] + if $me == "0" then [] else [{type: "user", path: ($ns + "user")}] end)' --arg me "$ME" --arg ns "/proc/$pid/ns/"
	inside 'cat /proc/self/oom_score_adj'
	ok
	has 700
	rootlet delete --force first
}

@test "a container whose user namespace has a single id can be joined" {
	requires_unprivileged
	local pid
	bundle
	CID=first detached 'while :; do sleep 1; done' --userns single
	pid=$(state_of .pid first)
	config 'del(.linux.uidMappings, .linux.gidMappings) |
		.linux.namespaces |= (map(select(.type != "user" and .type != "pid")) +
		[{type: "user", path: ($ns + "user")}, {type: "pid", path: ($ns + "pid")}])' --arg ns "/proc/$pid/ns/"
	inside 'id -u; readlink /proc/self/ns/user; cat /proc/1/comm'
	ok
	has 0 "$(readlink "/proc/$pid/ns/user")"
	rootlet delete --force first
}

@test "root with a user namespace: bundle and source below a 0700 directory of somebody else" {
	requires_root
	bundle '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
		.linux.gidMappings = .linux.uidMappings |
		.mounts += [{destination: "/mnt/a", type: "bind", source: ($dir + "/private/source"), options: ["rbind", "ro"]}]' \
		--arg dir "$BATS_TEST_TMPDIR"
	mkdir -p private/source
	mv "$BUNDLE" private/bundle
	echo hello >private/source/file
	echo 'cat /mnt/a/file; touch /mnt/a/x || echo read-only; echo /[a-q]*' >private/bundle/rootfs/script
	chown 1000 private
	chmod 700 private
	go rootlet run --bundle private/bundle "$CID"
	ended 0
	has hello read-only
	has '/bin /dev /etc /home /mnt /proc'
}

@test "a umask that takes the owner's own rights away" {
	bundle
	: >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err"
	script umask
	(umask 0777 && rootlet create --bundle "$BUNDLE" c2 </dev/null >>"$BATS_TEST_TMPDIR/out" 2>>"$BATS_TEST_TMPDIR/err" 3>&-)
	[ "$(state_of .status c2)" = created ]
	rootlet start c2
	until_true 5 grep -qx 0777 "$BATS_TEST_TMPDIR/out"
	[ "$(stat -c %a "$ROOT/c2")" = 700 ]
}

@test "what runs from a read-only mount or a copy of itself still shows its own arguments and environment" {
	bundle '.root.readonly = false'
	script 'until [ -e /tmp/go ]; do sleep 0.02; done'
	env -i FIRST=1 PATH="$PATH" MARK=last "$ROOTLET" --root "$ROOT" run --bundle "$BUNDLE" "$CID" </dev/null >out 2>err 3>&- &
	until_true 5 is_status running
	[ "$(tr '\0' ' ' </proc/$!/cmdline)" = "$ROOTLET --root $ROOT run --bundle $BUNDLE $CID " ]
	# A copy is told where it comes from, too.
	[ "$(tr '\0' '\n' </proc/$!/environ | grep -v ^ROOTLET_EXECUTABLE=)" = "FIRST=1
PATH=$PATH
MARK=last" ]
	touch "$ROOTFS/tmp/go"
	wait $!
}
