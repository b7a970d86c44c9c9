#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # text for the container's shell; what lib/common sets
# annotations - those of crun that engines set: done, refused, or listed.
load lib/common

groups_of() { sed -n 's/^Groups:[[:space:]]*//p' "$1" | xargs; }

@test "run.oci.keep_original_groups: the caller's groups stay" {
	bundle '.process.user.additionalGids = []'
	mine=$(groups_of /proc/self/status | wc -w)
	inside 'grep Groups /proc/self/status'
	if [ "$ME" = 0 ] || has_subids; then
		ok && like 'Groups:[[:space:]]*'
	fi
	config '.annotations = {"run.oci.keep_original_groups": "1"}'
	inside 'grep Groups /proc/self/status' --keep
	[ "$status" = 0 ] || complain
	[ "$(wc -w <<<"${output#Groups:}")" = "$mine" ] || complain "expected $mine groups"
	not_degraded "$(rootlet state c1)" '^process.user'
	# What the annotation sets aside is not set.
	config '.process.user.additionalGids = [7]'
	CID=c2 inside 'grep Groups /proc/self/status'
	ok && [ "$(wc -w <<<"${output#Groups:}")" = "$mine" ]
}

@test "run.oci.keep_original_groups: of root, whose groups have names inside" {
	requires_root
	bundle '.annotations = {"run.oci.keep_original_groups": "1"}'
	script 'grep Groups /proc/self/status'
	go setpriv --groups 5,6,7 "$ROOTLET" --root "$ROOT" run --bundle "$BUNDLE" c1
	ok && like 'Groups:[[:space:]]*5 6 7 *'
	# Created now, started by somebody with other groups.
	go setpriv --groups 5,6,7 "$ROOTLET" --root "$ROOT" create --bundle "$BUNDLE" c1
	ok
	go setpriv --groups 8 "$ROOTLET" --root "$ROOT" start c1
	ok
	until_true 5 is_status stopped
	rootlet delete c1
	# An exec has those of whoever calls it.
	script 'exec sleep 100'
	rootlet run --detach --bundle "$BUNDLE" c1 </dev/null >/dev/null 3>&-
	go setpriv --groups 8,9 "$ROOTLET" --root "$ROOT" exec c1 grep Groups: /proc/self/status
	ok && like 'Groups:[[:space:]]*8 9 *'
}

# A hook that says its kind on stdout and stderr.
with_hooks() {
	printf '#!/bin/sh\necho "out $1"; echo "err $1" >&2\n' >"$BATS_TEST_TMPDIR/hook"
	cp "$BATS_TEST_TMPDIR/hook" "$ROOTFS/hook"
	chmod +x "$BATS_TEST_TMPDIR/hook" "$ROOTFS/hook"
	config '.hooks = (["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"]
		| map({key: ., value: [{path: (if . == "startContainer" then "/hook" else $h end), args: ["hook", .], env: ["PATH=/usr/bin:/bin"]}]}) | from_entries)' \
		--arg h "$BATS_TEST_TMPDIR/hook"
}

@test "run.oci.hooks.stdout and stderr: what hooks write is appended to these files" {
	bundle
	with_hooks
	config '.annotations = {"run.oci.hooks.stdout": $o, "run.oci.hooks.stderr": "err"}' --arg o "$BATS_TEST_TMPDIR/out.log"
	echo before >"$BATS_TEST_TMPDIR/out.log"
	inside 'echo program'
	ok
	[ "$output" = program ]
	[ "$(xargs <"$BATS_TEST_TMPDIR/out.log")" = "before out prestart out createRuntime out createContainer out startContainer out poststart out poststop" ]
	[ "$(xargs <"$BUNDLE/err")" = "err prestart err createRuntime err createContainer err startContainer err poststart err poststop" ]
	[ "$(stat -c %u "$BUNDLE/err")" = "$ME" ]
	# In steps: each command opens them anew.
	rm "$BATS_TEST_TMPDIR/out.log" "$BUNDLE/err"
	create 'echo program; ls /proc/self/fd | sort -n | tr "\n" " "'
	go rootlet start c1
	ok && [ -z "$output" ]
	until_true 5 is_status stopped
	grep -qxE '0 1 2 (3 )?' "$BATS_TEST_TMPDIR/out"
	go rootlet delete c1
	ok && [ -z "$output" ]
	[ "$(xargs <"$BATS_TEST_TMPDIR/out.log")" = "out prestart out createRuntime out createContainer out startContainer out poststart out poststop" ]
	[ "$(wc -l <"$BUNDLE/err")" = 6 ]
}

@test "run.oci.hooks.stdout: a file that can't be opened is an error before anything is made" {
	bundle '.annotations = {"run.oci.hooks.stdout": "/nowhere/log"}'
	inside 'echo no hooks, so nothing to open'
	ok
	with_hooks
	inside true
	refused "run.oci.hooks.stdout" /nowhere/log
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	config '.annotations["run.oci.hooks.stdout"] = $f' --arg f "$BATS_TEST_TMPDIR/fifo"
	inside true
	refused "run.oci.hooks.stdout"
	[ ! -e "$ROOT/c1" ]
}

@test "a handler, and what else would make another container, is refused" {
	for annotation in handler=krun handler=wasm seccomp_bpf_data=AAAA seccomp.plugins=x.so \
		seccomp_fail_unknown_syscall=1 systemd.force_cgroup_v1=/sys timens_offset="monotonic 1 0" mount_context_type=rootcontext; do
		bundle '.annotations[$k] = $v' --arg k "run.oci.${annotation%%=*}" --arg v "${annotation#*=}"
		go rootlet plan --bundle "$BUNDLE" c1
		refused "annotations[run.oci.${annotation%%=*}]" "${annotation#*=}" || complain "$annotation"
	done
	inside true
	refused run.oci.mount_context_type
}

@test "a cgroup below the container's is listed where there is none; others are shown and given on" {
	bundle '.annotations = {"run.oci.systemd.subgroup": "sub", "run.oci.delegate-cgroup": "", "run.oci.mount_context_type": "context",
		"run.oci.unknown": "x", "io.podman.annotations.init": "FALSE"}'
	inside true --keep
	[ "$status" = 0 ] || complain
	[ "$(state_of '.annotations | length')" = 5 ]
	listed=$(state_of '[.degraded[]? | select(.item | test("annotations")) | .item] | join(" ")')
	if [ "$(rootlet plan --bundle "$BUNDLE" c1 | jq -r .cgroup.manager)" != none ]; then
		[ -z "$listed" ]
		return
	fi
	[ "$listed" = "annotations[run.oci.systemd.subgroup]" ]
	go rootlet --strict plan --bundle "$BUNDLE" c1
	refused run.oci.systemd.subgroup || requires_many_ids
}
