# rootlet.bash - completion of rootlet(1) for bash.
# shellcheck shell=bash

# Ids of containers, below the --root of the line when it has one.
_rootlet_containers() {
	local i root=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--root) root=(--root "${COMP_WORDS[i + 1]}") ;;
		--root=*) root=(--root "${COMP_WORDS[i]#--root=}") ;;
		esac
		# bash splits --root=DIR at the =.
		[[ ${COMP_WORDS[i + 1]-} == = && ${COMP_WORDS[i]} == --root ]] &&
			root=(--root "${COMP_WORDS[i + 2]}")
	done
	rootlet "${root[@]}" list -q 2>/dev/null
}

# The options that a command has; "rootlet" stands for those before it.
_rootlet_options() {
	case $1 in
	rootlet)
		echo --cgroup-manager --criu --debug --help -h --log --log-format \
			--log-level --root --rootless --strict --systemd-cgroup \
			--version -v
		;;
	create)
		echo --bundle -b --config -f --userns --console-socket --pidfd-socket \
			--pid-file --no-pivot --no-new-keyring --preserve-fds --help -h
		;;
	run)
		echo --bundle -b --config -f --userns --console-socket --pidfd-socket \
			--pid-file --no-pivot --no-new-keyring --preserve-fds \
			--detach -d --keep --no-subreaper --help -h
		;;
	events) echo --interval --stats --help -h ;;
	exec)
		echo --additional-gids -g --apparmor --cap -c --cgroup --console-socket \
			--cwd --detach -d --env -e --ignore-paused --no-new-privs \
			--pid-file --pidfd-socket --preserve-fds --process -p \
			--process-label --tty -t --user -u --help -h
		;;
	plan) echo --bundle -b --config -f --userns --stages --degradations --caller --help -h ;;
	delete) echo --force -f --regex -r --help -h ;;
	kill) echo --all -a --regex -r --help -h ;;
	list) echo --format -f --quiet -q --help -h ;;
	ps) echo --format -f --help -h ;;
	update)
		echo --blkio-weight --cpu-burst --cpu-idle --cpu-period \
			--cpu-quota --cpu-rt-period --cpu-rt-runtime \
			--cpu-share --cpuset-cpus --cpuset-mems \
			--kernel-memory --kernel-memory-tcp --l3-cache-schema \
			--mem-bw-schema --memory --memory-reservation \
			--memory-swap --pids-limit --resources -r --help -h
		;;
	spec) echo --bundle -b --rootless --help -h ;;
	*) echo --help -h ;;
	esac
}

# The values of an option, when they are words; 1: they are not.
_rootlet_words() { # COMMAND OPTION
	case $1:$2 in
	rootlet:--cgroup-manager) echo auto cgroupfs systemd disabled ;;
	rootlet:--log-format) echo text json ;;
	rootlet:--log-level) echo error warning info debug ;;
	rootlet:--rootless) echo true false auto ;;
	*:--userns) echo auto single keep-id host ;;
	update:--cpu-idle) echo 0 1 ;;
	list:--format | list:-f | ps:--format | ps:-f) echo table json ;;
	*) return 1 ;;
	esac
}

_rootlet() {
	local commands='checkpoint create delete events exec features help kill
		list pause plan ps restore resume run spec start state update'
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local command=rootlet arguments=0 i word words
	COMPREPLY=()

	# --opt=value comes as three words.
	if [[ $cur == = ]]; then
		cur=
	elif [[ $prev == = ]]; then
		prev=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		case $word in
		--cgroup-manager | --criu | --log | --log-format | --log-level | --root | --bundle | -b | \
			--config | --userns | --console-socket | --pidfd-socket | --pid-file | \
			--preserve-fds | --caller | --format | --interval | --additional-gids | --apparmor | \
			--cap | --cgroup | --cwd | --env | --process | --process-label | --user | \
			--blkio-* | --cpu* | --*-memory* | --*-schema | --memory* | \
			--pids-limit | --resources)
			[[ ${COMP_WORDS[i + 1]-} == = ]] && ((i++))
			((i++))
			;;
		-f) [[ $command == @(delete) ]] || ((i++)) ;;
		-[gcepu]) [[ $command != exec ]] || ((i++)) ;;
		-r) [[ $command != update ]] || ((i++)) ;;
		--rootless) [[ $command == rootlet ]] && ((i++)) ;;
		-* | =) ;;
		*) if [[ $command == rootlet ]]; then command=$word; else ((arguments++)); fi ;;
		esac
	done

	if words=$(_rootlet_words "$command" "$prev"); then
		mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
		return
	fi
	case $command:$prev in
	rootlet:--root | *:--bundle | *:-b)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		return
		;;
	rootlet:--log | rootlet:--criu | *:--config | create:-f | run:-f | plan:-f | *:--caller | \
		*:--pid-file | *:--console-socket | *:--pidfd-socket | *:--process | exec:-p | \
		*:--resources | update:-r)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	*:--preserve-fds | events:--interval | exec:--additional-gids | exec:--apparmor | exec:--cap | exec:--cgroup | \
		update:--* | exec:--cwd | exec:--env | exec:--process-label | exec:--user | exec:-[gceu])
		return
		;;
	esac
	if [[ $command == exec && $arguments -gt 0 ]]; then
		return # the program's own
	elif [[ $cur == -* ]]; then
		words=$(_rootlet_options "$command")
	else
		case $command:$arguments in
		rootlet:0 | help:0) words=$commands ;;
		kill:1) words=$(compgen -A signal) ;;
		start:0 | state:0 | kill:0 | delete:*) words=$(_rootlet_containers) ;;
		checkpoint:0 | events:0 | exec:0 | pause:0 | ps:0 | resume:0 | update:0)
			words=$(_rootlet_containers)
			;;
		*) return ;;
		esac
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}

complete -F _rootlet rootlet
