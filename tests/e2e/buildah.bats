#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # text for the container's shell; what lib/common sets
# buildah - buildah with this runtime: run in a working container, a terminal, build.
load lib/common
load lib/engine

setup_file() { engine_files buildah; }
setup() {
	requires_engine buildah
	common_setup
}
teardown() {
	[ -d "${ROOT-}" ] || return 0
	no_engine_state_left
	clean_up
}
teardown_file() { engine_down buildah; }

buildah() { go "$P/buildah" "$@" </dev/null; }
# in_box [OPTION]... -- COMMAND...: in the working container.
in_box() { buildah run --runtime "$ROOTLET" --network none "$@"; }

@test "run: both streams, input, the exit status, a missing program" {
	buildah from --name box scratch
	ok
	buildah copy --quiet box "$P/rootfs" /
	ok
	in_box box -- sh -c 'echo said; echo complained >&2; exit 3'
	ended 3 && has said
	grep -qx complained <<<"$stderr"
	go "$P/buildah" run --runtime "$ROOTLET" --network none box -- cat <<<piped
	ok && has piped
	in_box box -- nothere
	not ended 0 2>/dev/null
	[[ "$stderr" == *'executable file not found in $PATH'* ]]
	# At a terminal, with the other isolation.
	go command script -qec "$P/buildah run -t --isolation oci --runtime $ROOTLET --network none box -- sh -c 'tty; exit 5'" /dev/null </dev/null
	ended 5
	grep -qE '/dev/(pts/0|console)' <<<"$output"
}

@test "build: RUN as root and as a user" {
	requires_fast
	printf '%s\n' 'FROM scratch' 'COPY . /' 'RUN id -u >/built && test -e /bin/busybox' 'USER 1000:1000' \
		'RUN id -u >/tmp/built; cat /built /tmp/built | tr "\n" -; test "$(cat /built)" = 0 && test "$(cat /tmp/built)" = 1000' >Containerfile
	buildah build --runtime "$ROOTLET" --network none --file Containerfile --tag localhost/built "$P/rootfs"
	ended 0
	[[ "$output" == *0-1000-* ]]
	printf '%s\n' 'FROM localhost/built' 'RUN exit 7' >Containerfile
	buildah build --runtime "$ROOTLET" --network none --file Containerfile "$P/rootfs"
	ended 7
}
