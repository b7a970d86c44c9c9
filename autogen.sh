#!/bin/sh
# autogen.sh - makes configure out of configure.ac; needs autoconf, automake
# and pkg-config.
set -eu
cd "$(dirname "$0")"
for tool in autoreconf automake pkg-config; do
	command -v "$tool" >/dev/null || {
		echo "autogen.sh: $tool is missing: install autoconf, automake and pkg-config (Fedora: pkgconf-pkg-config)" >&2
		exit 1
	}
done
mkdir -p m4 build-aux
exec autoreconf --force --install "$@"
