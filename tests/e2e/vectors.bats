#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # text for the container's shell; what lib/common sets
# vectors - the test vectors of the specification: good ones are taken, bad ones
# refused with the path of the key.
load lib/common

@test "good configurations are read" {
	vectors
	bundle
	for file in "$VECTORS"/test/config/good/*.json; do
		go rootlet plan --bundle "$BUNDLE" --config "$file" c1
		# Read; what they ask of this machine may still be out of reach, and then
		# it is that which is said.
		[ "$status" = 0 ] || { [ "${#stderr_lines[@]}" = 1 ] && ! grep -qE 'expected|JSON' <<<"$stderr"; } || complain "$file"
	done
}

@test "bad configurations are refused with the path of the key" {
	vectors
	bundle
	for file in "$VECTORS"/test/config/bad/*.json; do
		go rootlet plan --bundle "$BUNDLE" --config "$file" c1
		refused "$(basename "$file")" || complain "$file"
	done
}

@test "the state is what the schema asks for" {
	vectors
	bundle '.annotations = {"k": "v"}'
	create true
	[ -z "$(rootlet state c1 | complaints state-schema.json)" ] || complain "$(rootlet state c1 | complaints state-schema.json)"
}
