#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # text for the container's shell; what lib/common sets
# units - a container as a service, by the units of contrib/systemd: start, status,
# kill -9 and the restart, stop; and one that says when it is ready.
#
# A user's units are of the user's manager, root's of the system's; in the guest of tests/vm.
load ../e2e/lib/common

setup() {
	[ -n "$ROOTLET_GUEST" ] || skip "needs the guest of tests/vm"
	common_setup
	NAME=web$BATS_TEST_NUMBER
	if [ "$ME" = 0 ]; then
		manager=--system units=/run/systemd/system bundles=/var/lib/rootlet/bundles
	else
		manager=--user units=$XDG_RUNTIME_DIR/systemd/user bundles=$HOME/.local/share/rootlet/bundles
	fi
	mkdir -p "$units" "$bundles"
	# As make install writes them.
	for file in "$TOP"/contrib/systemd/*.in; do
		sed -e "s|@bindir@|$(dirname "$ROOTLET")|" -e "s|@bundles@|${bundles/#"$HOME"/%h}|" \
			-e 's|@target@|default.target|' "$file" >"$units/$(basename "$file" .in)"
	done
	ctl daemon-reload
}
teardown() {
	[ -n "${UNIT-}" ] || return 0
	ctl stop "$UNIT"
	rm -rf "${bundles:?}/$NAME"
	clean_up
}

ctl() { systemctl "$manager" "$@" 3>&-; }
property() { ctl show --value -p "$1" "$UNIT"; }
is() { [ "$(property "$1")" = "$2" ]; }
# It is in the state that the units use: the default one.
container() { "$ROOTLET" "$@"; }
is_running() { container state "$NAME" 2>/dev/null | jq -e '.status == "running"' >/dev/null; }
complain_of_unit() {
	ctl status "$UNIT"
	complain "$@"
}

# unit UNIT SCRIPT: a bundle at its place, with a limit.
unit() {
	UNIT=$1@$NAME.service
	bundle '.linux.resources.memory.limit = 33554432'
	script "$2"
	[ "$1" = rootlet ] || {
		config '.mounts += [{destination: "/usr", type: "bind", source: "/usr", options: ["rbind", "ro"]}]'
		mkdir "$ROOTFS/usr"
		ln -s usr/lib usr/lib64 "$ROOTFS"
	}
	mv "$BUNDLE" "$bundles/$NAME"
	ctl start "$UNIT" || complain_of_unit "start"
}
# supervised: the unit and the container agree, and the limit is in force in the unit's cgroup.
supervised() {
	local pid cgroup
	is ActiveState active || complain_of_unit "active"
	is_running || complain_of_unit "running"
	pid=$(container state "$NAME" | jq .pid)
	cgroup=$(sed 's/^0:://' "/proc/$pid/cgroup")
	[[ $cgroup == "$(property ControlGroup)"/?* ]] || complain_of_unit "not in the unit's cgroup: $cgroup"
	[ "$(cat "/sys/fs/cgroup$cgroup/memory.max")" = 33554432 ] || complain_of_unit "memory.max in $cgroup"
	ctl status "$UNIT" >"$BATS_TEST_TMPDIR/status"
	grep -q "Main PID: $(property MainPID) " "$BATS_TEST_TMPDIR/status"
}
# killed PID: and then there is another one.
killed() {
	kill -9 "$1"
	until_true 20 is NRestarts 1
	until_true 20 is SubState running || complain_of_unit "not started again"
	[ "$(property MainPID)" != "$1" ]
}
# stopped: nothing is left.
stopped() {
	local cgroup
	cgroup=$(property ControlGroup)
	ctl stop "$UNIT"
	is ActiveState inactive || complain_of_unit "stopped"
	is Result success || complain_of_unit "stopped well"
	[ ! -e "/sys/fs/cgroup$cgroup" ] || complain "left: $cgroup"
	go container state "$NAME"
	refused "container does not exist"
	[ ! -e "${XDG_RUNTIME_DIR:-/run}/rootlet-$NAME.pid" ]
}

@test "rootlet@: start, status, restart after kill -9, stop" {
	unit rootlet 'trap "echo asked; exit 0" TERM; echo started; while :; do sleep 1; done'
	supervised
	[ "$(property MainPID)" = "$(container state "$NAME" | jq .pid)" ]
	killed "$(property MainPID)"
	supervised
	stopped
	# A user may not be let into the journal.
	[ "$ME" != 0 ] || journalctl -q -o cat -t "$NAME" | grep -qx asked
}

@test "rootlet-notify@: ready when the program says so, the same with rootlet as the main process" {
	unit rootlet-notify 'trap "exit 0" TERM; sleep 1; /usr/bin/systemd-notify --ready --status=serving
		while :; do sleep 1; done'
	is StatusText serving
	supervised
	[ "$(property MainPID)" != "$(container state "$NAME" | jq .pid)" ]
	killed "$(property MainPID)"
	supervised
	stopped
}
