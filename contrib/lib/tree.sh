# tree.sh - a copy of the sources, without what was built.  Sourced.
# shellcheck shell=bash

# copy_tree FROM TO : what git would take, else (a tarball) all of it; and in
# .commit which commit it is.
copy_tree() {
	if [ -e "$1/.git" ]; then
		git -c safe.directory="$1" -C "$1" ls-files -z --cached --others --exclude-standard |
			(cd "$1" && while IFS= read -r -d '' file; do
				[ ! -e "$file" ] || printf '%s\0' "$file"
			done) |
			tar -C "$1" --null --no-recursion -T - -cf -
	else
		tar -C "$1" --exclude=./build --exclude=./build-quickstart --exclude=./fuzz-build \
			--exclude='*.o' --exclude='*.a' --exclude=./rootlet --exclude=./Makefile \
			--exclude=./config.status -cf - .
	fi | tar -C "$2" --no-same-owner -xf -
	(cd "$1" && sh contrib/lib/commit) >"$2/.commit"
}
