# rootlet.fish - completion of rootlet(1) for fish.

# Ids of containers, below the --root of the line when it has one.
function __rootlet_containers
    set -l words (commandline -opc)
    set -l root
    for i in (seq (count $words))
        switch $words[$i]
            case --root
                set -l next (math $i + 1)
                test $next -le (count $words); and set root --root $words[$next]
            case '--root=*'
                set root $words[$i]
        end
    end
    command rootlet $root list -q 2>/dev/null
end

function __rootlet_signals
    kill -l | string split -n ' '
end

set -l commands checkpoint create delete events exec features help kill list \
    pause plan ps restore resume run spec start state update
set -l first "not __fish_seen_subcommand_from $commands"

complete -c rootlet -f

# Options before the command.
complete -c rootlet -n $first -l cgroup-manager -x -a 'auto cgroupfs systemd disabled' -d 'Who makes the cgroups'
complete -c rootlet -n $first -l criu -r -F -d 'Has no effect'
complete -c rootlet -n $first -l debug -d 'Write everything to the log'
complete -c rootlet -n $first -l help -s h -d 'Show help'
complete -c rootlet -n $first -l log -r -F -d 'Append errors and warnings there'
complete -c rootlet -n $first -l log-format -x -a 'text json' -d 'How to write them'
complete -c rootlet -n $first -l log-level -x -a 'error warning info debug' -d 'How much to write'
complete -c rootlet -n $first -l root -x -a '(__fish_complete_directories)' -d 'Keep the state there'
complete -c rootlet -n $first -l rootless -x -a 'true false auto' -d 'Rules for callers without root'
complete -c rootlet -n $first -l strict -d "What can't be had is an error"
complete -c rootlet -n $first -l systemd-cgroup -d 'Let systemd make the cgroups'
complete -c rootlet -n $first -l version -s v -d 'Show versions'

complete -c rootlet -n $first -a checkpoint -d 'Save a container (not in this version)'
complete -c rootlet -n $first -a create -d 'Create a container'
complete -c rootlet -n $first -a delete -d 'Delete a container'
complete -c rootlet -n $first -a events -d 'Show what it uses'
complete -c rootlet -n $first -a exec -d 'Run another program in a container'
complete -c rootlet -n $first -a features -d 'Show what can be done here'
complete -c rootlet -n $first -a help -d 'Show help'
complete -c rootlet -n $first -a kill -d 'Send a signal'
complete -c rootlet -n $first -a list -d 'List containers'
complete -c rootlet -n $first -a pause -d 'Freeze a container'
complete -c rootlet -n $first -a plan -d 'Show what run would do'
complete -c rootlet -n $first -a ps -d 'Show processes'
complete -c rootlet -n $first -a restore -d 'Bring back a container (not in this version)'
complete -c rootlet -n $first -a resume -d 'Let a container go on'
complete -c rootlet -n $first -a run -d 'Create a container and run its program'
complete -c rootlet -n $first -a spec -d 'Write a config.json'
complete -c rootlet -n $first -a start -d 'Start a created container'
complete -c rootlet -n $first -a state -d 'Show what is known of a container'
complete -c rootlet -n $first -a update -d 'Change limits'

complete -c rootlet -n "__fish_seen_subcommand_from $commands" -l help -s h -d 'Show help'
complete -c rootlet -n '__fish_seen_subcommand_from help' -a "$commands"

# Containers.
for command in checkpoint delete events exec kill pause ps resume start state update
    complete -c rootlet -n "__fish_seen_subcommand_from $command" -a '(__rootlet_containers)' -d Container
end

# create, run, plan
for command in create run plan
    set -l seen "__fish_seen_subcommand_from $command"
    complete -c rootlet -n $seen -l bundle -s b -x -a '(__fish_complete_directories)' -d 'The bundle'
    complete -c rootlet -n $seen -l config -s f -r -F -d 'Read this instead of config.json'
    complete -c rootlet -n $seen -l userns -x -a 'auto single keep-id host' -d 'The user namespace'
end
for command in create run
    set -l seen "__fish_seen_subcommand_from $command"
    complete -c rootlet -n $seen -l console-socket -r -F -d 'Send the terminal there'
    complete -c rootlet -n $seen -l pidfd-socket -r -F -d 'Send a pidfd of init there'
    complete -c rootlet -n $seen -l pid-file -r -F -d 'Write the pid of init there'
    complete -c rootlet -n $seen -l no-pivot -d 'Change the root by moving it'
    complete -c rootlet -n $seen -l no-new-keyring -d "Keep the caller's session keyring"
    complete -c rootlet -n $seen -l preserve-fds -x -d 'Pass N more file descriptors'
end
complete -c rootlet -n '__fish_seen_subcommand_from run' -l detach -s d -d 'End when the program has started'
complete -c rootlet -n '__fish_seen_subcommand_from run' -l keep -d 'Keep the state at the end'
complete -c rootlet -n '__fish_seen_subcommand_from run' -l no-subreaper -d 'Leave orphans to init'
complete -c rootlet -n '__fish_seen_subcommand_from plan' -l stages -d 'List the steps of a start'
complete -c rootlet -n '__fish_seen_subcommand_from plan' -l degradations -d 'List what there may be instead'
complete -c rootlet -n '__fish_seen_subcommand_from plan' -l caller -r -F -d 'Plan for this caller'

# exec
set -l seen '__fish_seen_subcommand_from exec'
complete -c rootlet -n $seen -l additional-gids -s g -x -d 'One more group'
complete -c rootlet -n $seen -l apparmor -x -d 'The AppArmor profile'
complete -c rootlet -n $seen -l cap -s c -x -d 'One more capability'
complete -c rootlet -n $seen -l cgroup -x -d 'Run in this sub-cgroup'
complete -c rootlet -n $seen -l console-socket -r -F -d 'Send the terminal there'
complete -c rootlet -n $seen -l cwd -x -d 'The working directory'
complete -c rootlet -n $seen -l detach -s d -d 'End when the program has started'
complete -c rootlet -n $seen -l env -s e -x -d 'Set a variable'
complete -c rootlet -n $seen -l ignore-paused -d 'Take a paused container, too'
complete -c rootlet -n $seen -l no-new-privs -d 'The program can gain no privileges'
complete -c rootlet -n $seen -l pid-file -r -F -d 'Write the pid there'
complete -c rootlet -n $seen -l pidfd-socket -r -F -d 'Send a pidfd there'
complete -c rootlet -n $seen -l preserve-fds -x -d 'Pass N more file descriptors'
complete -c rootlet -n $seen -l process -s p -r -F -d 'Read from there what to run'
complete -c rootlet -n $seen -l process-label -x -d 'The SELinux label'
complete -c rootlet -n $seen -l tty -s t -d 'Give the program a terminal'
complete -c rootlet -n $seen -l user -s u -x -d 'UID or UID:GID'

# update
set -l seen '__fish_seen_subcommand_from update'
complete -c rootlet -n $seen -l blkio-weight -x -d 'Share of the disks'
complete -c rootlet -n $seen -l cpu-burst -x -d 'Saved up of the quota'
complete -c rootlet -n $seen -l cpu-idle -x -a '0 1' -d 'Run only when nobody else wants to'
complete -c rootlet -n $seen -l cpu-period -x -d 'The time that the quota is for'
complete -c rootlet -n $seen -l cpu-quota -x -d 'CPU time in each period'
complete -c rootlet -n $seen -l cpu-rt-period -x -d 'Refused'
complete -c rootlet -n $seen -l cpu-rt-runtime -x -d 'Refused'
complete -c rootlet -n $seen -l cpu-share -x -d 'Share of the CPUs'
complete -c rootlet -n $seen -l cpuset-cpus -x -d 'The CPUs it may use'
complete -c rootlet -n $seen -l cpuset-mems -x -d 'The memory nodes it may use'
complete -c rootlet -n $seen -l kernel-memory -x -d 'Has no effect'
complete -c rootlet -n $seen -l kernel-memory-tcp -x -d 'Has no effect'
complete -c rootlet -n $seen -l l3-cache-schema -x -d 'Refused'
complete -c rootlet -n $seen -l mem-bw-schema -x -d 'Refused'
complete -c rootlet -n $seen -l memory -x -d 'Limit of its memory'
complete -c rootlet -n $seen -l memory-reservation -x -d 'Memory that it keeps'
complete -c rootlet -n $seen -l memory-swap -x -d 'Limit of memory and swap together'
complete -c rootlet -n $seen -l pids-limit -x -d 'How many processes and threads'
complete -c rootlet -n $seen -l resources -s r -r -F -d 'Read the limits from there'

# delete, events, kill, list, ps, spec
complete -c rootlet -n '__fish_seen_subcommand_from delete' -l force -s f -d 'Kill it first if it runs'
complete -c rootlet -n '__fish_seen_subcommand_from delete' -l regex -s r -d 'Delete all that match'
complete -c rootlet -n '__fish_seen_subcommand_from events' -l interval -x -d 'How often'
complete -c rootlet -n '__fish_seen_subcommand_from events' -l stats -d 'The statistics, once'
complete -c rootlet -n '__fish_seen_subcommand_from kill' -l all -s a -d 'Signal all processes'
complete -c rootlet -n '__fish_seen_subcommand_from kill' -l regex -s r -d 'Signal all that match'
complete -c rootlet -n '__fish_seen_subcommand_from kill' -a '(__rootlet_signals)' -d Signal
complete -c rootlet -n '__fish_seen_subcommand_from list' -l format -s f -x -a 'table json' -d 'How to write them'
complete -c rootlet -n '__fish_seen_subcommand_from list' -l quiet -s q -d 'The ids only'
complete -c rootlet -n '__fish_seen_subcommand_from ps' -l format -s f -x -a 'table json' -d 'How to write them'
complete -c rootlet -n '__fish_seen_subcommand_from spec' -l bundle -s b -x -a '(__fish_complete_directories)' -d 'Write it there'
complete -c rootlet -n '__fish_seen_subcommand_from spec' -l rootless -d "Only the caller's ids"
