# packages.sh - the Debian packages that are needed, in one place.  Sourced by
# contrib/check and contrib/quickstart.
# shellcheck shell=bash disable=SC2034 # the lists are read by those who source this

# To build.
packages_build=(gcc libc6-dev make autoconf automake pkg-config
	libyajl-dev libseccomp-dev libcap-dev libsubid-dev libsystemd-dev musl-tools)
# To run a container as a normal user: newuidmap, and a root file system.
packages_run=(uidmap busybox-static)
# To run every test and every check.
packages_check=(bats buildah clang clang-format clang-tidy conmon cppcheck file iproute2 jq
	libcap2-bin libclang-rt-dev llvm mandoc perl podman procps python3-minimal shellcheck
	slirp4netns strace tmux util-linux valgrind xz-utils)
# The peers that tests/bench measures against.
packages_bench=(crun runc)

# packages_missing PACKAGE... : prints those that are not installed.
packages_missing() {
	local p
	for p in "$@"; do
		dpkg-query -W -f '${Status}\n' "$p" 2>/dev/null | grep -q ' installed$' || echo "$p"
	done
}

# packages_install LOG PACKAGE... : installs those that are missing, as root or
# through sudo; what apt says goes to LOG.
packages_install() {
	local log=$1 missing
	shift
	if ! command -v apt-get >/dev/null; then
		echo "there is no apt-get here: these packages are needed, by their names in Debian: $*" >&2
		return 1
	fi
	mapfile -t missing < <(packages_missing "$@")
	[ ${#missing[@]} -gt 0 ] || return 0
	echo "installing ${missing[*]}"
	{
		as_root apt-get -q update &&
			as_root env DEBIAN_FRONTEND=noninteractive \
				apt-get -q -y --no-install-recommends install "${missing[@]}"
	} </dev/null >>"$log" 2>&1 || {
		echo "apt-get failed; the end of $log:" >&2
		tail -n 5 "$log" >&2
		return 1
	}
}

# as_root COMMAND... : directly when we are root, else through sudo.
as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo -- "$@"
	else
		echo "this has to be done by root, and there is no sudo here: $*" >&2
		return 1
	fi
}
