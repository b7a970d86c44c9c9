#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # text for other shells; what lib/common sets
# entries - the ways by which a user comes to start a container, and the manager of
# cgroups that is chosen for each: a fresh login session, a unit with a cgroup of its own,
# a job of cron.
#
# Root lets each user in, so it is root who runs these; in the guest of tests/vm.
load ../e2e/lib/common

setup_file() {
	[ -n "$ROOTLET_GUEST" ] && [ "$ME" = 0 ] || return 0
	# What they all may read and run.
	template
	chmod -R a+rX "$BATS_FILE_TMPDIR" && chmod a+x "$(dirname "$BATS_FILE_TMPDIR")"
	# enter NAME WANT [OPTION]...: a container with a limit of memory if WANT is "limit"; says
	# the manager of its cgroup, where that is, what it says of the limit, and what is
	# left afterwards.
	cat >"$BATS_FILE_TMPDIR/enter" <<-'END'
		#!/bin/bash
		set -euo pipefail
		name=$1 want=$2 dir=$(mktemp -d /var/tmp/entries.XXXXXX)
		shift 2
		trap 'rm -rf "$dir"' EXIT
		rootlet() { "$ROOTLET" --root "$dir/root" "$@"; }
		cp -a --no-preserve=ownership "$TEMPLATE" "$dir/bundle"
		filter='.process.args = ["sh", "-c", "read -r max 2>/dev/null </sys/fs/cgroup/memory.max; echo max=$max; exec sleep 300"] |
			del(.linux.resources)'
		[ "$want" != limit ] || filter+=' | .linux.resources.memory.limit = 33554432'
		jq "$filter" "$TEMPLATE/config.json" >"$dir/bundle/config.json"
		rootlet "$@" run --detach --bundle "$dir/bundle" "$name" </dev/null >"$dir/out" 2>"$dir/err" || {
			cat "$dir/err"
			exit 1
		}
		for ((i = 0; i < 500; i++)); do [ ! -s "$dir/out" ] || break; sleep 0.02; done
		cat "$dir/out" "$dir/err"
		jq -r '"manager=\(.cgroup_manager // "none")", (.degraded[]? | "degraded=\(.item)")' "$dir/root/$name/state.json"
		cgroup=$(sed 's/^0:://' "/proc/$(rootlet state "$name" | jq .pid)/cgroup")
		echo "cgroup=$cgroup"
		echo "own=$(sed 's/^0:://' /proc/self/cgroup)"
		echo "exec=$(rootlet exec "$name" cat /proc/self/cgroup)"
		rootlet delete --force "$name"
		case $cgroup in *"$name"*) [ ! -e "/sys/fs/cgroup$cgroup" ] || echo "left=$cgroup" ;; esac
	END
	chmod 755 "$BATS_FILE_TMPDIR/enter"
}
setup() {
	[ -n "$ROOTLET_GUEST" ] || skip "needs the guest of tests/vm"
	requires_root
	common_setup
	NAME=entry$BATS_TEST_NUMBER
	ENTER="env ROOTLET=$ROOTLET TEMPLATE=$BATS_FILE_TMPDIR/template $BATS_FILE_TMPDIR/enter $NAME"
}

# login USER COMMAND: as after ssh.
login() { go su -l "$1" -c "$2"; }
# as_unit USER COMMAND: in a unit of the user's manager, root's is the system's.
as_unit() {
	if [ "$1" = root ]; then
		go systemd-run --quiet --wait --pipe -p Delegate=yes -- bash -c "$2"
	else
		go su -l "$1" -c "systemd-run --user --quiet --wait --pipe -p Delegate=yes -- bash -c '$2'"
	fi
}
# cron USER COMMAND [PROPERTY]: a service of the system's, with next to no environment.
cron() {
	go systemd-run --quiet --wait --pipe --uid="$1" --working-directory=/ ${3+-p "$3"} -- \
		env -i PATH=/usr/bin:/bin SHELL=/bin/sh sh -c "$2"
}
chosen() { has "manager=$1" "exec=0::/" && lacks left=; }
value() { sed -n "s/^$1=//p" <<<"$output"; }

in_session() {
	login "$1" "$ENTER limit"
	ok
	chosen systemd
	has max=33554432
	lacks degraded=linux.resources
	[[ $(value own) == /user.slice/user-*.slice/session-*.scope ]] || complain "this is no session"
	[[ $(value cgroup) == /user.slice/user-*.slice/user@*.service/*/*"$NAME"*.scope* ]] || complain "no scope of the user's"
}
@test "login: a session has no cgroup to divide: a scope of the user's manager" { in_session dev; }
@test "login: the same without subordinate ids" { in_session nosub; }
@test "login: root makes it itself" {
	login root "$ENTER limit"
	ok
	chosen cgroupfs
	has max=33554432
}

in_unit() {
	local own
	as_unit "$1" "$ENTER limit"
	ok
	chosen cgroupfs
	has max=33554432
	lacks degraded=linux.resources
	# Below the unit's, which the manager gave away, and not beside it.
	own=$(value own)
	[[ $own == */run-*.service* ]] || complain "this is no unit"
	[[ $(value cgroup) == "${own%.service*}.service/"*"$NAME" ]] || complain "not in the unit's cgroup"
}
@test "unit: a cgroup that was delegated: it is divided" { in_unit dev; }
@test "unit: the same without subordinate ids" { in_unit nosub; }
@test "unit: the same for root" { in_unit root; }

@test "cron: no bus, no cgroup of our own: none, and nothing is said where nothing was asked" {
	cron dev "$ENTER nothing" TemporaryFileSystem=/run/user
	ok
	has manager=none
	lacks degraded=linux.resources degraded=linux.cgroupsPath left=
	[ "$(value cgroup)" = "$(value own)" ] || complain "not the caller's cgroup"
}
@test "cron: no bus: a limit that was asked is listed, and refused by --strict" {
	cron dev "$ENTER limit" TemporaryFileSystem=/run/user
	ok
	has manager=none degraded=linux.resources.memory.limit
	cron dev "$ENTER limit --strict" TemporaryFileSystem=/run/user
	ended 1
	[[ $output == *linux.resources.memory.limit* ]] || complain "does not name the limit"
}
@test "cron: a user who lingers has a manager: its bus is found without a word in the environment" {
	cron dev "$ENTER limit"
	ok
	chosen systemd
	has max=33554432
}
