# common.bash - what the end-to-end tests share: a bundle, a way to run a script
# inside a container, and the proof that nothing stays behind.
#
#	load lib/common
#	@test "…" {
#		bundle '.process.umask = 63'	# jq, on the bundle's config.json
#		inside 'umask'			# $status, $output (lines), $stderr
#		ok
#		has 0077
#	}
#
# Every test has a state root of its own ($ROOT) below $BATS_TEST_TMPDIR, which
# lies in a 0700 directory of the caller, as most users' bundles do.  teardown()
# deletes the containers and then looks for processes, mounts and directories
# that know this test's directory by name.
#
# In the guest a process takes 50 ms to start, so what the shell can do is done by
# the shell.
#
# shellcheck shell=bash disable=SC2034,SC2154 # used by the tests

bats_require_minimum_version 1.5.0
TOP=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
ROOTLET=$(readlink -f "${ROOTLET:-$TOP/rootlet}")
ROOTLET_PLAIN=${ROOTLET_PLAIN:-$ROOTLET}
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=0:exitcode=99}
ME=$EUID
ROOTLET_GUEST=${ROOTLET_GUEST-}

# first_granted FILE NAME: where the caller's first range of subordinate ids begins.
first_granted() {
	local name first rest
	[ -r "$1" ] || return 0
	while IFS=: read -r name first rest || [ -n "$name" ]; do
		case $name in "$2" | "$ME") echo "$first" && return ;; esac
	done <"$1"
}
MY_NAME=$(id -un)
SUBUID=$(first_granted /etc/subuid "$MY_NAME")
SUBGID=$(first_granted /etc/subgid "$MY_NAME")

setup() { common_setup; }
teardown() { clean_up; }

common_setup() {
	ROOT=$BATS_TEST_TMPDIR/root
	BUNDLE=$BATS_TEST_TMPDIR/bundle
	ROOTFS=$BUNDLE/rootfs
	CID=c1
	mkdir -m 700 "$ROOT"
	cd "$BATS_TEST_TMPDIR" || return
}

# rootlet ARGUMENT...: the program with this test's state root.
rootlet() { "$ROOTLET" --root "$ROOT" "$@"; }

# with_path PATH ARGUMENT...: the same, found by no other programs than PATH's.
with_path() {
	local path=$1
	shift
	PATH=$path "$ROOTLET" --root "$ROOT" "$@"
}

# go COMMAND...: as bats' run --separate-stderr, but a container that lives on may
# keep the files: its stdio is the caller's, so a pipe would never end.
go() {
	status=0
	rm -f "$BATS_TEST_TMPDIR/go.out"
	"$@" >>"$BATS_TEST_TMPDIR/go.out" 2>"$BATS_TEST_TMPDIR/go.err" 3>&- || status=$?
	# Without its NULs, of which the shell would warn.
	{ output=$(<"$BATS_TEST_TMPDIR/go.out"); } 2>/dev/null
	stderr=$(<"$BATS_TEST_TMPDIR/go.err")
	mapfile -t lines <"$BATS_TEST_TMPDIR/go.out"
	mapfile -t stderr_lines <"$BATS_TEST_TMPDIR/go.err"
}

# --- the bundle

# One per file of tests: what `rootlet spec` writes, without a terminal.
template() {
	local new config
	[ ! -d "$BATS_FILE_TMPDIR/template" ] || return 0
	new=$BATS_FILE_TMPDIR/template.new
	mkdir -p "$new"/rootfs/{bin,dev,etc,home/user,proc,root,sys,tmp,mnt/a,mnt/b}
	cp /bin/busybox "$new/rootfs/bin/busybox"
	(cd "$new/rootfs/bin" && perl -e 'symlink "busybox", $_ or die "$_: $!\n" for @ARGV' \
		sh ash true false cat ls id env sleep echo mount umount grep mkdir rmdir \
		touch rm ln readlink stat sort tr cut sed awk hostname head tail wc ps \
		kill stty tty test ip ifconfig nc chmod chown dd mkfifo cp mv dmesg ping \
		nice mknod uname date pwd) || return
	printf '%s\n' root:x:0:0:root:/root:/bin/sh user:x:1000:1000::/home/user:/bin/sh >"$new/rootfs/etc/passwd"
	printf '%s\n' root:x:0: user:x:1000: >"$new/rootfs/etc/group"
	chmod 1777 "$new/rootfs/tmp"
	(cd "$new" && "$ROOTLET" spec) || return
	config=$(jq '.process.terminal = false | .process.args = ["/bin/sh", "/script"]' "$new/config.json") || return
	printf '%s\n' "$config" >"$new/config.json"
	mv "$new" "$BATS_FILE_TMPDIR/template"
}

# bundle [JQ [JQ-OPTION]...]: a fresh bundle in $BUNDLE, changed by JQ.
bundle() {
	template
	[ ! -e "$BUNDLE" ] || rm -rf "$BUNDLE"
	cp -a --reflink=auto "$BATS_FILE_TMPDIR/template" "$BUNDLE"
	[ $# = 0 ] || config "$@"
}

# config JQ [JQ-OPTION]...: changes the bundle's config.json.
config() {
	local program=$1 changed
	shift
	changed=$(jq "$@" "$program" "$BUNDLE/config.json") &&
		printf '%s\n' "$changed" >"$BUNDLE/config.json"
}

# script TEXT: what the container's shell will run.
script() { printf '%s\n' "$1" >"$ROOTFS/script"; }

# inside SCRIPT [OPTION]...: runs the bundle with SCRIPT as its program.
inside() {
	script "$1"
	shift
	go rootlet run --bundle "$BUNDLE" "$@" "$CID"
}

# create SCRIPT [OPTION]...: a container that waits for start; it writes to out.
create() {
	script "$1"
	shift
	rootlet create --bundle "$BUNDLE" "$@" "$CID" </dev/null >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" 3>&-
}

# detached SCRIPT [OPTION]...: one that runs by itself; it writes to out.
detached() {
	script "$1"
	shift
	rootlet run --detach --bundle "$BUNDLE" "$@" "$CID" </dev/null >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" 3>&-
}

state_of() { rootlet state "${2:-$CID}" | jq -r "$1"; }

# until_true SECONDS COMMAND...: waits for it; the time limit is for slow guests.
until_true() {
	local end=$((SECONDS + $1 + (${#ROOTLET_GUEST} > 0 ? 30 : 0)))
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.02
	done
}
is_status() { [[ $(rootlet state "${2:-$CID}" 2>/dev/null) == *'"status": "'"$1"'"'* ]]; }

# --- what came out

# not COMMAND...: a bare "! command" in the middle of a test proves nothing.
not() { ! "$@"; }
complain() {
	printf '%s\n' "$*" "status: ${status-}" "stdout:" "${output-}" "stderr:" "${stderr-}" >&2
	return 1
}
# ok: exit status 0 and nothing on stderr.
ok() {
	[ "$status" = 0 ] || complain "expected success" || return
	[ -z "${stderr-}" ] || complain "expected an empty stderr"
}
ended() { [ "$status" = "$1" ] || complain "expected exit status $1"; }
# has LINE...: each is a whole line of stdout.
has() {
	local line
	for line in "$@"; do
		[[ $'\n'$output$'\n' == *$'\n'"$line"$'\n'* ]] || complain "no such line: $line" || return
	done
}
# like REGEX...: each matches a whole line of stdout.
like() {
	local regex line all
	mapfile -t all <<<"$output"
	for regex in "$@"; do
		for line in "${all[@]}"; do
			[[ ! $line =~ ^($regex)$ ]] || continue 2
		done
		complain "no line like: $regex" || return
	done
}
lacks() {
	local text
	for text in "$@"; do
		[[ $output != *"$text"* ]] || complain "should not be there: $text" || return
	done
}
# refused TEXT...: exit status 1, nothing on stdout, one line on stderr with each TEXT.
refused() {
	local text
	[ "$status" = 1 ] || complain "expected exit status 1" || return
	[ -z "$output" ] || complain "expected an empty stdout" || return
	[[ $stderr != *$'\n'* ]] || complain "expected one line on stderr" || return
	for text in "$@"; do
		[[ $stderr == *"$text"* ]] || complain "the error does not say: $text" || return
	done
}
# degraded REGEX...: the state or plan in $1 lists an item like each REGEX.
degraded() {
	local json=$1 item
	shift
	for item in "$@"; do
		jq -e --arg item "$item" '[.degraded[]? | select(.item | test($item))] | length > 0' <<<"$json" >/dev/null ||
			complain "not listed as degraded: $item in $(jq -c .degraded <<<"$json")" || return
	done
}
not_degraded() {
	local json=$1 item
	shift
	for item in "$@"; do
		jq -e --arg item "$item" '[.degraded[]? | select(.item | test($item))] | length == 0' <<<"$json" >/dev/null ||
			complain "listed as degraded: $item in $(jq -c .degraded <<<"$json")" || return
	done
}

# --- nothing stays behind

# alone: the only process in the container is its init; zombies wait for somebody
# else's init.
alone() {
	# shellcheck disable=SC2016 # for the container's shell, which counts itself too
	[ "$(rootlet exec "$CID" sh -c 'n=0; for p in /proc/[0-9]*; do
		read -r line <$p/stat && case $line in *") Z "*) ;; *) n=$((n + 1)) ;; esac
	done 2>/dev/null; echo $n')" = 2 ]
}

# Processes that name this test's directory (the runtime, hooks) or run its script.
processes() {
	local file
	while read -r file; do
		file=${file#/proc/}
		file=${file%/cmdline}
		[ "$file" = "$$" ] || [ "$file" = "$BASHPID" ] || echo "$file $(tr '\0' ' ' <"/proc/$file/cmdline" 2>/dev/null)"
	done < <(grep -slaF -e "$BATS_TEST_TMPDIR/root" -e "$BUNDLE" /proc/[0-9]*/cmdline)
}
no_process() { [ -z "$(processes)" ]; }
# The inits that the state named are gone (or are zombies of somebody else).
pid_gone() { [ ! -e "/proc/$1/exe" ] || [ "$(sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$1/status" 2>/dev/null)" = Z ]; }

clean_up() {
	local id record pid inode cgroup pids=() cgroups=() left bad=0
	cd /
	for id in "$ROOT"/*/; do
		[ -d "$id" ] || continue
		id=${id%/}
		id=${id##*/}
		record=$(jq -r '"\(.pid // 0) \(.cgroup_inode // 0) \(.cgroup // "")"' "$ROOT/$id/state.json" 2>/dev/null) || record="0 0"
		read -r pid inode cgroup <<<"$record"
		[ "$pid" = 0 ] || pids+=("$pid")
		[ "$inode" = 0 ] || cgroups+=("$inode $cgroup")
		"$ROOTLET" --root "$ROOT" delete --force "$id" || bad=1
	done
	until_true 2 no_process || { echo "processes left: $(processes)" && bad=1; }
	for pid in "${pids[@]}"; do
		until_true 2 pid_gone "$pid" || { echo "init $pid is still there" && bad=1; }
	done
	for left in "${cgroups[@]}"; do
		# Another test's may have taken the name.
		[ "$(stat -c %i "${left#* }" 2>/dev/null)" != "${left%% *}" ] || { echo "the cgroup ${left#* } is still there" && bad=1; }
	done
	left=$(</proc/self/mountinfo)
	[[ $left != *"$BATS_TEST_TMPDIR/"* ]] || { echo "mounts left:" && grep -F "$BATS_TEST_TMPDIR/" <<<"$left"; bad=1; }
	for left in "$ROOT"/*; do
		if [ -e "$left" ] || [ -L "$left" ]; then
			echo "left in the state root: $left"
			bad=1
		fi
	done
	[ ! -e "$BUNDLE" ] || rm -rf "$BUNDLE" || bad=1
	return "$bad"
}

# --- the specification beside the tree

# vectors: $VECTORS is where it is.
vectors() {
	VECTORS=${SHARED_DIR:-$TOP/../shared}/spec/oci-runtime-spec-1.3.0
	[ -d "$VECTORS" ] || VECTORS=$TOP/shared/spec/oci-runtime-spec-1.3.0
	[ -d "$VECTORS" ] || skip "no ../shared/spec here"
}
# complaints SCHEMA <JSON: what the schema of that name says against it.
complaints() {
	jq -r -L "$TOP/tests/e2e/lib" --arg schema "$1" --slurpfile schemas \
		<(jq -n 'reduce inputs as $d ({}; .[input_filename | split("/") | last] = $d)' "$VECTORS"/*.json) \
		'include "schema"; complaints($schemas[0]; $schema)'
}

# --- skips

requires_unprivileged() { [ "$ME" != 0 ] || skip "for a normal user"; }
requires_root() { [ "$ME" = 0 ] || skip "for root"; }
has_subids() { [ -n "$SUBUID" ] && [ -n "$SUBGID" ] && command -v newuidmap >/dev/null; }
requires_subids() {
	requires_unprivileged
	has_subids || skip "needs subordinate ids"
}
# Other ids than 0 are mapped: root has all, a user those of /etc/subuid.
requires_many_ids() { [ "$ME" = 0 ] || has_subids || skip "needs subordinate ids"; }
requires_tool() { command -v "$1" >/dev/null || skip "needs $1"; }
requires_faults() { [ -n "${ROOTLET_FAULTS-}" ] || skip "needs a build with --enable-fault-injection in ROOTLET_FAULTS"; }
requires_fast() { [ -z "${ROOTLET_GUEST-}" ] || skip "takes too long in the guest"; }
