#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # text for the container's shell; what lib/common sets
# options - the command line: runc's words, in Go's and in GNU's spelling.
load lib/common

@test "--version: the lines that clients parse" {
	go "$ROOTLET" --version
	ok
	[[ "${lines[0]}" =~ ^rootlet\ version\ [0-9]+\.[0-9]+ ]]
	[[ "${lines[1]}" =~ ^commit:\ .+ ]]
	[ "${lines[2]}" = "spec: 1.3.0" ]
	[[ "${lines[3]}" =~ ^libseccomp:\ [0-9]+\.[0-9]+\.[0-9]+ ]]
	first=$output
	for option in -v -version; do
		go "$ROOTLET" "$option"
		ok
		[ "$output" = "$first" ]
	done
}

@test "--help: of the program and of every command, on stdout" {
	for option in --help -h help; do
		go "$ROOTLET" $option
		ok
		[[ "$output" == *create*delete* ]]
	done
	for command in create delete kill list pause plan resume run spec start state update; do
		go "$ROOTLET" "$command" --help
		ok
		[[ "$output" == *"rootlet $command"* ]] || complain "$command"
		go "$ROOTLET" "$command" -h
		ok
	done
}

@test "commands that are not built yet: --help says so, anything else is one error" {
	for command in checkpoint restore; do
		go "$ROOTLET" "$command" --help
		[ "$status" = 0 ] || complain "$command --help"
		go "$ROOTLET" "$command" c1
		[ "$status" != 0 ] && [ "${#stderr_lines[@]}" = 1 ] && [ -z "$output" ] || complain "$command"
	done
}

@test "global options before the verb, in every spelling" {
	bundle '.process.args = ["echo", "hello"]'
	for options in "--root $ROOT" "--root=$ROOT" "-root $ROOT" "-root=$ROOT" \
		"--root $ROOT --debug=false" "--root $ROOT --cgroup-manager disabled" "--root $ROOT --criu criu" \
		"--root $ROOT --log-level warning" "--root $ROOT --rootless auto" "--root $ROOT --systemd-cgroup=false"; do
		# shellcheck disable=SC2086 # it is several words
		go "$ROOTLET" $options run --bundle "$BUNDLE" c1
		ok && has hello || complain "$options"
	done
}

@test "options after the id; -- ends them" {
	bundle '.process.args = ["true"]'
	go rootlet create c1 --bundle "$BUNDLE" --pid-file "$BATS_TEST_TMPDIR/pid"
	ok
	[ -s "$BATS_TEST_TMPDIR/pid" ]
	go rootlet kill c1 -a KILL
	ok
	go rootlet delete c1 --force
	ok
	go rootlet create --bundle "$BUNDLE" -- c1
	ok
	go rootlet delete -f=true -- c1
	ok
}

@test "boolean options with a value, as Go's flags take them" {
	bundle '.process.args = ["true"]'
	go rootlet run --bundle "$BUNDLE" --no-pivot=false --keep=true c1
	ok
	[ "$(state_of .status)" = stopped ]
	go rootlet delete --force=false c1
	ok
	go rootlet run --bundle "$BUNDLE" --keep=perhaps c1
	refused keep
}

@test "bad command lines are one line on stderr" {
	bundle '.process.args = ["true"]'
	while IFS= read -r line; do
		# shellcheck disable=SC2086 # it is several words
		go rootlet $line
		[ "$status" = 1 ] && [ -z "$output" ] && [ "${#stderr_lines[@]}" = 1 ] || complain "rootlet $line"
	done <<-END
		nosuchcommand
		--nosuchoption list
		run --bundle
		run --bundle $BUNDLE
		run --bundle $BUNDLE one two
		run --bundle $BUNDLE --nosuch c1
		run --bundle $BUNDLE --userns wrong c1
		run -Z --bundle $BUNDLE c1
		list extra
		start
		kill
		kill c1 TERM extra
		state
		--rootless perhaps list
		--log-format xml list
		--log-level shouting list
		--cgroup-manager none list
		create --preserve-fds x --bundle $BUNDLE c1
		create --preserve-fds -1 --bundle $BUNDLE c1
	END
	[ -z "$(find "$ROOT" -mindepth 1)" ]
}

@test "no command at all is an error that shows the way" {
	go "$ROOTLET"
	[ "$status" = 1 ] || [ "$status" = 0 ]
	[[ "$output$stderr" == *help* || "$output$stderr" == *run* ]]
}

@test "what the caller promised and is not there is refused, not ignored" {
	bundle '.process.args = ["true"]'
	for option in "--console-socket $BATS_TEST_TMPDIR/s" "--pidfd-socket $BATS_TEST_TMPDIR/s" "--preserve-fds 1"; do
		# shellcheck disable=SC2086 # it is several words
		go rootlet create --bundle "$BUNDLE" $option c1
		refused "${option%% *}"
	done
	[ ! -e "$ROOT/c1" ]
	# Left over from a supervisor that is gone: the program can do without.
	NOTIFY_SOCKET=$BATS_TEST_TMPDIR/s go rootlet run --bundle "$BUNDLE" c1
	ended 0
	[ "$(wc -l <<<"$stderr")" = 1 ]
	grep -q "warning: NOTIFY_SOCKET" <<<"$stderr"
}

@test "--log and --log-format: one record for an error, nothing for a success" {
	bundle '.process.args = ["true"]'
	log=$BATS_TEST_TMPDIR/log
	go rootlet --log "$log" --log-format json run --bundle "$BUNDLE" c1
	ok
	[ ! -s "$log" ]
	go rootlet --log "$log" --log-format json state nothere
	refused "container does not exist"
	[ "$(wc -l <"$log")" = 1 ]
	jq -e '.level == "error" and (.msg | contains("container does not exist")) and
		(.time | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]+(\\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$"))' "$log"
	[ "$(jq -c keys_unsorted "$log")" = '["level","msg","time"]' ]
	# Appended, and the text format.
	go rootlet --log "$log.txt" state nothere
	go rootlet --log="$log.txt" state nothere
	[ "$(grep -c "level=error.*container does not exist" "$log.txt")" = 2 ]
	go rootlet --log "$log" --log-format json --bad
	jq -es 'length == 2' "$log"
	go rootlet --log /nowhere/log list
	refused /nowhere/log
	go rootlet --log "$log.d" --log-format json --debug run --bundle "$BUNDLE" c1
	[ "$status" = 0 ]
	[ ! -s "$log.d" ] || jq -es 'all(.[]; .level != "error")' "$log.d"
}

@test "spec: writes config.json here or in -b, refuses to overwrite" {
	cd "$BATS_TEST_TMPDIR"
	go "$ROOTLET" spec
	ok
	jq -e '.ociVersion and .root.path == "rootfs" and .process.terminal and ([.linux.namespaces[].type] | index("user") | not)' config.json
	go "$ROOTLET" spec
	refused config.json
	mkdir other
	go "$ROOTLET" spec --bundle other --rootless
	ok
	jq -e --argjson me "$(id -u)" '.linux.uidMappings == [{"containerID": 0, "hostID": $me, "size": 1}] and
		([.linux.namespaces[].type] | index("user"))' other/config.json
	go "$ROOTLET" spec -b /nowhere
	refused /nowhere
}

@test "spec --rootless runs as it is written" {
	requires_unprivileged
	bundle
	rm "$BUNDLE/config.json"
	"$ROOTLET" spec --rootless --bundle "$BUNDLE"
	config '.process.terminal = false | .process.args = ["sh", "-c", "id -u; cat /proc/self/uid_map"]'
	go rootlet run --bundle "$BUNDLE" c1
	ok && like 0 " +0 +$ME +1"
}
