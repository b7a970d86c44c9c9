# users.sh - a normal user to run containers as.  Sourced.
# shellcheck shell=bash

# has_subids USER : 65,536 subordinate uids and gids in one range or several.
has_subids() {
	local file
	for file in /etc/subuid /etc/subgid; do
		awk -F: -v user="$1" -v uid="$(id -u "$1")" '
			$1 == user || $1 == uid { n += $3 }
			END { exit n < 65536 }' "$file" 2>/dev/null || return 1
	done
}

# ordinary_user : prints a user who can run containers with a full range of ids:
# the one who called sudo, else the first of the machine.  Fails when there is none.
ordinary_user() {
	local name uid
	if [ -n "${SUDO_USER-}" ] && [ "$SUDO_USER" != root ] && has_subids "$SUDO_USER"; then
		echo "$SUDO_USER"
		return 0
	fi
	while IFS=: read -r name _ uid _; do
		if [ "$uid" -ge 1000 ] && [ "$uid" -lt 60000 ] && has_subids "$name"; then
			echo "$name"
			return 0
		fi
	done < <(getent passwd)
	return 1
}

# free_subids : a range that nobody has in either file, as usermod(8) takes it.
free_subids() {
	{ cat /etc/subuid /etc/subgid 2>/dev/null || :; } |
		awk -F: 'BEGIN { end = 100000 } $2 + $3 > end { end = $2 + $3 } END { printf "%d-%d\n", end, end + 65535 }'
}

# make_user NAME : a normal user with subordinate ids, made where there is none.
make_user() {
	local range
	id "$1" >/dev/null 2>&1 || useradd --create-home --shell /bin/bash "$1" || return 1
	has_subids "$1" && return 0
	# useradd gives none where login.defs says so.
	range=$(free_subids)
	usermod --add-subuids "$range" --add-subgids "$range" "$1"
}

# as_user USER COMMAND... : with a clean environment, as after a login in a batch
# job: no XDG_RUNTIME_DIR, no session bus; and in /, which everybody may enter.
# What has to come along goes in front of COMMAND as "env NAME=VALUE".
as_user() {
	local user=$1 home
	shift
	home=$(getent passwd "$user" | cut -d: -f6)
	setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups --inh-caps=-all \
		env -i -C / HOME="$home" USER="$user" LOGNAME="$user" SHELL=/bin/bash LANG=C.UTF-8 \
		PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
		"$@"
}
