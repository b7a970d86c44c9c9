#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # text for the container's shell; what lib/common sets
# labels - AppArmor and SELinux: in force, or an error, never left out.
load lib/common

has_apparmor() { [ "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)" = Y ]; }
PROFILE=rootlet-test-$$

setup() {
	common_setup
	loaded=
}
teardown() {
	clean_up || return
	[ -z "$loaded" ] || apparmor_parser -R "$BATS_TEST_TMPDIR/profile" # after the container
}
# load_profile: everything is allowed but writing below /tmp/denied.
load_profile() {
	PATH=$PATH:/usr/sbin:/sbin
	requires_root
	has_apparmor || skip "no AppArmor in this kernel"
	requires_tool apparmor_parser
	printf '%s\n' "profile $PROFILE flags=(attach_disconnected,mediate_deleted) {" file, mount, umount, pivot_root, network, capability, signal, ptrace, unix, \
		'deny /tmp/denied w,' '}' | sed 's/, /,\n/g' >"$BATS_TEST_TMPDIR/profile"
	apparmor_parser -Kr "$BATS_TEST_TMPDIR/profile"
	loaded=1
}
LOOK='cat /proc/self/attr/current; touch /tmp/denied 2>/dev/null || echo refused; touch /tmp/other && echo made'

@test "apparmorProfile: in force inside, with and without no_new_privs" {
	load_profile
	for nnp in true false; do
		bundle '.process.apparmorProfile = $p | .process.noNewPrivileges = $n | .root.readonly = false' --arg p "$PROFILE" --argjson n "$nnp"
		inside "$LOOK"
		ok && has "$PROFILE (enforce)" refused made || complain "no_new_privs $nnp"
	done
}

@test "apparmorProfile: in force with a user namespace, and for another user" {
	load_profile
	bundle '.process.apparmorProfile = $p | .root.readonly = false | .linux.namespaces += [{type: "user"}] | .linux.uidMappings = $m | .linux.gidMappings = $m |
		.process.user = {uid: 1000, gid: 1000}' --arg p "$PROFILE" --argjson m '[{"containerID": 0, "hostID": 100000, "size": 65536}]'
	chmod 755 "$BATS_TEST_TMPDIR" "$BUNDLE"
	inside "$LOOK"
	ok && has "$PROFILE (enforce)" refused made
}

@test "apparmorProfile: exec has that of the container, or the one of --apparmor" {
	load_profile
	bundle '.process.apparmorProfile = $p | .root.readonly = false' --arg p "$PROFILE"
	detached 'exec sleep 100'
	go rootlet exec "$CID" sh -c "$LOOK"
	ok && has "$PROFILE (enforce)" refused made
	CID=c2
	bundle '.root.readonly = false'
	detached 'exec sleep 100'
	go rootlet exec "$CID" sh -c "$LOOK"
	ok && has unconfined made
	go rootlet exec --apparmor "$PROFILE" "$CID" sh -c "rm /tmp/denied; $LOOK"
	ok && has "$PROFILE (enforce)" made
	go rootlet exec --apparmor nosuchprofile "$CID" true
	[ "$status" = 255 ] && [[ "$stderr" == *nosuchprofile* ]] || complain
}

@test "apparmorProfile: one that is not loaded, or no AppArmor, is an error that says so" {
	bundle '.process.apparmorProfile = "nosuchprofile"'
	inside true
	if has_apparmor; then
		refused nosuchprofile
	else
		refused 'process.apparmorProfile: AppArmor is not enabled'
	fi
	# That no profile is wanted can be had everywhere.
	bundle '.process.apparmorProfile = "unconfined"'
	inside 'echo ran'
	ok && has ran
}

@test "selinuxLabel and mountLabel: an error where there is no SELinux" {
	[ ! -e /sys/fs/selinux/enforce ] || skip "SELinux is enabled here"
	bundle '.process.selinuxLabel = "system_u:system_r:container_t:s0"'
	inside true
	refused 'process.selinuxLabel: SELinux is not enabled'
	bundle '.linux.mountLabel = "system_u:object_r:container_file_t:s0"'
	inside true
	refused 'linux.mountLabel: SELinux is not enabled'
	# So does the kernel: the option is nobody's.
	with='{"destination": "/mnt/a", "type": "tmpfs", "source": "t", "options": ["context=system_u:object_r:container_file_t:s0"]}'
	bundle '.mounts += [$m]' --argjson m "$with"
	inside true
	refused /mnt/a context
	# An empty one, which engines send there, is none.
	bundle '.linux.mountLabel = "" | .process.selinuxLabel = ""'
	inside 'echo ran'
	ok && has ran
}

@test "intelRdt: a clear error without resctrl" {
	[ ! -e /sys/fs/resctrl/schemata ] || skip "there is a resctrl here"
	bundle '.linux.intelRdt = {closID: "c1", schemata: ["L3:0=f"]}'
	inside true
	refused linux.intelRdt 'no resctrl filesystem'
}
