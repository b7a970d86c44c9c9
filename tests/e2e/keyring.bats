#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # text for the container's shell; what lib/common sets
# keyring - the session keyring of a container.
load lib/common

# A name that no other container of this user has.
name() { CID=key$$x$BATS_TEST_NUMBER; }

@test "a new session keyring, named after the container" {
	[ -e /proc/keys ] || skip "the kernel has no /proc/keys"
	bundle 'del(.linux.maskedPaths)'
	name
	inside 'cat /proc/keys'
	ok
	like ".*keyring +_ses\\.$CID.*"
}

@test "--no-new-keyring: the caller's stays" {
	[ -e /proc/keys ] || skip "the kernel has no /proc/keys"
	bundle 'del(.linux.maskedPaths)'
	name
	inside 'cat /proc/keys' --no-new-keyring
	ok
	lacks "_ses.$CID"
}
