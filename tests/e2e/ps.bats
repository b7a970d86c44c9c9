#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # text for the container's shell; what lib/common sets
# ps - the processes of a container, as the host sees them.
load lib/common

# A container of three processes: a shell and two that sleep, one of them below it.
three() {
	detached 'sleep 1111 & (sleep 2222; true) & echo ready; wait'
	until_true 5 grep -qx ready "$BATS_TEST_TMPDIR/out"
	until_true 5 has_pids 4
}
has_pids() { [ "$(rootlet ps --format json "$CID" | jq length)" = "$1" ]; }
# The pids in the column of what ps wrote.
pids_of() { awk -v c="$1" 'NR > 1 { print $c }' <<<"$output" | sort -n | xargs; }

@test "JSON: an array of the host's pids" {
	bundle
	three
	go rootlet ps --format json c1
	ok
	[ "${#lines[@]}" = 1 ]
	jq -e --argjson init "$(state_of .pid)" 'length == 4 and index($init) != null and all(.[]; type == "number")' <<<"$output"
	for pid in $(jq -r '.[]' <<<"$output"); do
		[ "$(readlink "/proc/$pid/ns/pid")" = "$(readlink "/proc/$(state_of .pid)/ns/pid")" ]
	done
	all=$output
	go rootlet ps -f=json c1
	ok && [ "$output" = "$all" ]
}

@test "a table: the heading and rows of ps, the container's alone" {
	bundle
	three
	all=$(rootlet ps -f json c1 | jq -r 'sort | .[]' | xargs)
	for options in "" "-ef" "aux" "-e -o pid,args" "-eo args,pid"; do
		# shellcheck disable=SC2086 # it is several words
		go rootlet ps c1 $options
		ok || complain "$options"
		case $options in
		-eo*) column=NF ;;
		*pid,args) column=1 ;;
		*) column=2 ;;
		esac
		if [ "$column" = NF ]; then
			[ "$(awk 'NR > 1 { print $NF }' <<<"$output" | sort -n | xargs)" = "$all" ] || complain "$options"
		else
			[ "$(pids_of $column)" = "$all" ] || complain "$options"
		fi
		grep -qw PID <<<"${lines[0]}"
		[ "$(grep -c 'sleep 1111' <<<"$output")" = 1 ]
	done
	# One string, as go-runc gives it.
	go rootlet ps --format table c1 "-e -o ppid,pid  -o comm"
	ok && [ "$(pids_of 2)" = "$all" ] && like ' *PPID +PID +COMMAND'
	# A command with blanks and numbers in front of the column.
	go rootlet ps c1 -eo args:30,pid
	ok && [ "$(awk 'NR > 1 { print $NF }' <<<"$output" | sort -n | xargs)" = "$all" ]
	# Nothing that ps finds.
	go rootlet ps c1 -C nosuchprogram
	ok && [ "${#lines[@]}" = 1 ]
}

@test "a pid namespace made inside is the container's, too; kill --all reaches it" {
	bundle '.process.capabilities |= with_entries(.value += ["CAP_SYS_ADMIN"])'
	printf '%s\n' 'trap "echo nested got it" USR1' 'echo ready' 'while :; do sleep 0.1; done' >"$ROOTFS/nested"
	# busybox knows how to; the template has no link to that applet.
	detached 'trap : USR1; busybox unshare -p -f sh /nested & while :; do sleep 0.1; done'
	until_true 5 grep -qx ready "$BATS_TEST_TMPDIR/out"
	go rootlet ps c1 -eo pid,args
	ok
	pid=$(awk '/[0-9] sh \/nested$/ { print $1 }' <<<"$output")
	[ "$(readlink "/proc/$pid/ns/pid")" != "$(readlink "/proc/$(state_of .pid)/ns/pid")" ]
	go rootlet kill --all c1 USR1
	ok
	until_true 5 grep -qx "nested got it" "$BATS_TEST_TMPDIR/out"
	rootlet kill c1 KILL
	until_true 5 pid_gone "$pid"
}

@test "without a pid namespace of its own: by the mount namespace" {
	bundle '.linux.namespaces |= map(select(.type != "pid"))'
	three
	[ "$(rootlet ps -f json c1 | jq length)" = 4 ]
	go rootlet ps c1
	ok && [ "${#lines[@]}" = 5 ]
	rootlet delete --force c1
}

@test "created: init alone; stopped and unknown: an error" {
	bundle
	create true
	go rootlet ps -f json c1
	ok && [ "$output" = "[$(state_of .pid)]" ]
	rootlet kill c1 KILL
	until_true 5 is_status stopped
	for options in "-f json" "-f table"; do
		# shellcheck disable=SC2086 # it is several words
		go rootlet ps $options c1
		refused "container not running" c1
	done
	go rootlet ps nothere
	refused "container does not exist"
	go rootlet ps
	refused Usage
	go rootlet ps -f xml c1
	refused table
}

@test "options of ps that do not show whose a row is, or that ps refuses; no ps at all" {
	bundle
	detached 'exec sleep 100'
	for options in "-eo args" "-eo pid=" "--no-headers -ef"; do
		go rootlet ps c1 "$options"
		refused "no column PID" || complain "$options"
	done
	go rootlet ps c1 -o nosuchcolumn
	refused "ps ended with exit status"
	mkdir "$BATS_TEST_TMPDIR/empty"
	go with_path "$BATS_TEST_TMPDIR/empty" ps c1
	refused "no program ps" "--format json"
	go with_path "$BATS_TEST_TMPDIR/empty" ps -f json c1
	ok
	# Without a PATH it is found where it usually is.
	go env -u PATH "$ROOTLET" --root "$ROOT" ps c1
	ok && [ "${#lines[@]}" = 2 ]
}
