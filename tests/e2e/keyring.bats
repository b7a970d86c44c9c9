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

@test "exec joins the keyring of the container, or keeps the caller's as that does" {
	[ -e /proc/keys ] || skip "the kernel has no /proc/keys"
	bundle 'del(.linux.maskedPaths)'
	name
	detached 'cat /proc/keys; exec sleep 100'
	until_true 5 grep -q "_ses.$CID" "$BATS_TEST_TMPDIR/out"
	go rootlet exec "$CID" cat /proc/keys
	ok
	like ".*keyring +_ses\\.$CID.*"
	# The same one, by its number.
	[ "$(awk -v n="_ses.$CID:" '$9 == n { print $1 }' <<<"$output")" = "$(awk -v n="_ses.$CID:" '$9 == n { print $1 }' "$BATS_TEST_TMPDIR/out")" ] ||
		complain "init has: $(cat "$BATS_TEST_TMPDIR/out")"
	name
	CID=$CID.2
	detached 'exec sleep 100' --no-new-keyring
	go rootlet exec "$CID" cat /proc/keys
	ok
	lacks "_ses.$CID"
}

@test "row keyring: the caller's, when the quota is used up" {
	requires_unprivileged
	[ -e /proc/keys ] || skip "the kernel has no /proc/keys"
	bundle 'del(.linux.maskedPaths)'
	name
	script 'cat /proc/keys'
	# add_key(2) into a session keyring of our own until the kernel says EDQUOT; all of
	# it goes when that process ends.
	cat >"$BATS_TEST_TMPDIR/fill" <<-'END'
		my ($add, $ctl) = (`uname -m` =~ /^aarch64/) ? (217, 219) : (248, 250);
		syscall($ctl, 1, 0) >= 0 or die "no session keyring: $!";
		my $n = 0;
		while (1) {
			my ($type, $name, $data) = ("user", "rootlet-" . $n++, "x");
			next if syscall($add, $type, $name, $data, 1, -3) >= 0;
			$!{EDQUOT} or die "add_key: $!";
			last;
		}
		exec(@ARGV);
	END
	go perl -MErrno "$BATS_TEST_TMPDIR/fill" "$ROOTLET" --root "$ROOT" run --keep --bundle "$BUNDLE" "$CID"
	[ "$status" = 0 ] || complain
	lacks "_ses.$CID"
	like '.* keyring .*_ses.*'
	jq -e '.degraded | any(.item == "keyring" and (.got | test("caller")))' <<<"$(rootlet state "$CID")"
}
