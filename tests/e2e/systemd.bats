#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # what lib/common sets
# systemd - a scope of systemd: what is asked for, and what becomes of a no.  What a
# real manager makes of it is in tests/vm/systemd.bats.
load lib/common

# manager_says ANSWER: a copy of the program whose rootlet-scope answers that.
manager_says() {
	local bin=$BATS_TEST_TMPDIR/bin
	[ ! -e /usr/local/libexec/rootlet/rootlet-scope ] || skip "rootlet is installed here, and its rootlet-scope comes first"
	mkdir -p "$bin"
	cp "$ROOTLET" "$(dirname "$ROOTLET")/rootlet-ids" "$bin"
	printf '#!/bin/sh\necho "$@" >>%q\necho %q\nexit 1\n' "$BATS_TEST_TMPDIR/asked" "$1" >"$bin/rootlet-scope"
	chmod 755 "$bin/rootlet-scope"
	ROOTLET=$bin/rootlet
	# Root has no word in where the system's manager listens.
	export DBUS_SESSION_BUS_ADDRESS=${DBUS_SESSION_BUS_ADDRESS-unix:path=/nowhere/bus}
}
planned() { rootlet "$@" plan --bundle "$BUNDLE" c1; }

@test "a manager that we chose says no: what was asked of it is listed" {
	requires_unprivileged
	manager_says 'org.freedesktop.DBus.Error.AccessDenied Permission denied'
	bundle 'del(.linux.resources) | .linux.cgroupsPath = "::x"'
	[ "$(planned | jq -r .cgroup.manager)" = systemd ] || skip "another manager is chosen here"
	inside 'echo runs' --keep
	ok
	has runs
	grep -q ' start x.scope ' asked
	state=$(rootlet state c1)
	degraded "$state" '^linux.cgroupsPath$'
	[[ $(jq -r '.degraded[] | select(.item == "linux.cgroupsPath") | .why' <<<"$state") == *"does not let this user"* ]]
	rootlet delete c1
	script true
	go rootlet --strict run --bundle "$BUNDLE" c2
	refused "--strict" # without subordinate ids it is that the ids are missing
}

@test "a manager that was asked for by name and says no is an error, and nothing is left" {
	manager_says 'org.freedesktop.systemd1.UnitExists Unit x.scope was already loaded'
	bundle '.linux.cgroupsPath = "::x"'
	[ "$(planned | jq -r .cgroup.manager)" != null ]
	go rootlet --systemd-cgroup run --bundle "$BUNDLE" c1
	if [ "$ME" = 0 ] && [ ! -S /run/systemd/private ] && [ ! -S /run/dbus/system_bus_socket ]; then
		refused "no manager of systemd listens in /run/systemd"
	else
		refused "x.scope" "is there already"
	fi
	[ -z "$(ls "$ROOT")" ]
}

@test "cgroupsPath for systemd: what can't be one is an error" {
	requires_unprivileged
	manager_says no
	for path in /a/b a/b 'a:b' 'a:b:c:d' 'user.slice:x:' 'user:x:y' 'user/a.slice:x:y' 'user.slice:x:y.slice'; do
		bundle '.linux.cgroupsPath = $path' --arg path "$path"
		go planned --cgroup-manager systemd
		refused "linux.cgroupsPath: \"$path\""
	done
}

@test "what the unit is called, and where it stands" {
	requires_unprivileged
	manager_says no
	bundle
	named() {
		config '.linux.cgroupsPath = $path' --arg path "$1"
		planned --cgroup-manager systemd | jq -r '.cgroup | "\(.slice) \(.unit)"'
	}
	[ "$(named '')" = 'user.slice rootlet-c1.scope' ]
	[ "$(named my-own.slice:libpod:abc)" = 'my-own.slice libpod-abc.scope' ]
	[ "$(named :libpod:abc)" = 'user.slice libpod-abc.scope' ]
	[ "$(named ::abc)" = 'user.slice abc.scope' ]
	[ "$(named '::a+b c@d')" = 'user.slice a\x2bb\x20c\x40d.scope' ]
}

@test "annotations org.systemd.property: as systemd gets them" {
	requires_unprivileged
	manager_says no
	bundle '.annotations = {
		"org.systemd.property.TimeoutStopSec": "uint64 5",
		"org.systemd.property.CollectMode": "\u0027inactive\u0027",
		"org.systemd.property.After": "[\u0027a.service\u0027, \u0027b.service\u0027]"}'
	[ "$(planned --cgroup-manager systemd | jq -c '.cgroup.properties | del(.Description)')" = \
		'{"TimeoutStopUSec":"t 5000000","CollectMode":"s inactive","After":"as 2 a.service b.service"}' ]
	bundle '.annotations = {"org.systemd.property.After": "[1, "}'
	go planned --cgroup-manager systemd
	refused 'annotations[org.systemd.property.After]' GVariant
	# For nobody else they mean anything.
	go planned --cgroup-manager disabled
	ok
}

@test "the address of a bus is a socket, never a program" {
	scope=$(dirname "$ROOTLET")/rootlet-scope
	[ -x "$scope" ] || skip "needs rootlet-scope beside rootlet"
	printf '#!/bin/sh\necho >%q\n' "$PWD/executed" >program
	chmod 755 program
	for address in "unixexec:path=$PWD/program" "unix:path=/nowhere;unixexec:path=$PWD/program"; do
		go "$scope" "$address" stop x.scope
		[ "$status" = 1 ] || complain
		[[ $output == EPROTONOSUPPORT* ]]
	done
	[ ! -e executed ]
}
