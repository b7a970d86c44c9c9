/* stages.c - the story: what happens, in which order, on which side.
 *
 * This table is the program.  Each row is one action in one of the rows_*.c
 * files; `rootlet plan --stages` prints it and docs/stages.md tells why each
 * row stands where it does.
 *
 * `exec` takes the rows of create that make a process what its plan says; what
 * differs is only how it gets into the container.
 */
#include "stages/rows.h"

static const struct stage create_rows[] = {
	{ "take the id", HOST, row_take_id },
	{ "connect to the sockets of the caller", HOST, row_connect_clients,
	  want_clients },
	{ "prepare the seccomp filter", HOST, row_prepare_seccomp,
	  want_seccomp },
	{ "listen for start", HOST, row_listen, want_listen },
	{ "make a place for notifications", HOST, row_notify_place,
	  want_notify },
	{ "open what only the caller may reach", HOST, row_open_beforehand,
	  want_open_beforehand },
	{ "make the cgroup", HOST, row_make_cgroup, want_make_cgroup },
	{ "apply the limits", HOST, row_apply_limits, want_apply_limits },
	{ "enter the user namespace", HOST, row_clone, .starts_inside = true },
	{ "ask systemd for a scope", HOST, row_ask_systemd, want_ask_systemd },
	{ "give the cgroup away", HOST, row_give_cgroup, want_give_cgroup },
	{ "set the OOM score", HOST, row_set_oom_score, want_oom_score },
	{ "start writing the id maps", HOST, row_idmap_start, want_idmap },
	{ "open the sources of the mounts", INSIDE, row_open_sources },
	{ "record the process", HOST, row_record_process, .ahead = true },
	{ "the id maps are written", HOST, row_idmap_finish, want_idmap },
	{ "give the idmapped mounts their ids", HOST, row_idmap_mounts,
	  want_idmapped },
	{ "become root in the user namespace", INSIDE, row_become_root },
	{ "enter the other namespaces", INSIDE, row_enter_rest },
	{ "move to the delegated cgroup", HOST, row_enter_delegated,
	  want_enter_delegated },
	{ "bring up the network", INSIDE, row_network },
	{ "attach the root filesystem", INSIDE, row_attach_root },
	{ "open a private /proc", INSIDE, row_open_private },
	{ "make the mounts", INSIDE, row_mounts },
	{ "filter the devices", HOST, row_filter_devices, want_filter_devices,
	  .ahead = true },
	{ "make the devices", INSIDE, row_devices },
	{ "open the terminal", INSIDE, row_terminal, want_terminal,
	  .hands = HANDS_TERMINAL },
	{ "filter the devices from now on", HOST, row_filter_devices,
	  want_filter_late },
	{ "move the network devices", HOST, row_move_devices,
	  want_move_devices },
	{ "run the prestart hooks", HOST, row_prestart, want_prestart },
	{ "run the createRuntime hooks", HOST, row_create_runtime,
	  want_create_runtime },
	{ "run the createContainer hooks", INSIDE, row_create_container,
	  want_create_container },
	{ "hide paths", INSIDE, row_hide_paths, want_hide_paths },
	{ "change the root", INSIDE, row_pivot },
	{ "finish the root", INSIDE, row_finish_root },
	{ "set names and sysctls", INSIDE, row_names_sysctls, want_names },
	{ "join a session keyring", INSIDE, row_keyring, want_keyring },
	{ "find the program", INSIDE, row_find_program },
	{ "outlive the runtime", INSIDE, row_outlive },
	{ "limit the processes", HOST, row_limit_pids, want_limit_pids },
	{ "set the resource limits", HOST, row_limits, want_limits },
	{ "set the scheduling", HOST, row_scheduling, want_scheduling },
	{ "set what of it only the process may", INSIDE, row_scheduling_rest,
	  want_scheduling_rest },
	{ "send the terminal", HOST, row_send_terminal, want_send_terminal },
	{ "send the pidfd", HOST, row_send_pidfd, want_send_pidfd },
	{ "record created", HOST, row_record_created, want_listen },
	{ "write the pid file", HOST, row_pid_file, want_pid_file },
};

static const struct stage start_rows[] = {
	{ "say start", HOST, row_say_start, want_say_start },
	{ "run the startContainer hooks", INSIDE, row_start_container,
	  want_start_container },
	{ "restrict the process", INSIDE, row_restrict },
	{ "put the seccomp filter on", INSIDE, row_filter, want_filter },
	{ "put a seccomp filter with a listener on", INSIDE,
	  row_filter_listened, want_listener, .hands = HANDS_LISTENER },
	{ "pass the seccomp listener on", HOST, row_pass_listener,
	  want_listener },
	{ "execute the program", INSIDE, row_execute, NULL, true },
	{ "record running", HOST, row_record_running },
	{ "run the poststart hooks", HOST, row_poststart, want_poststart },
};

static const struct stage exec_rows[] = {
	{ "connect to the sockets of the caller", HOST, row_connect_clients,
	  want_clients },
	{ "prepare the seccomp filter", HOST, row_prepare_seccomp,
	  want_seccomp },
	{ "open the outer user namespace", HOST, row_open_outer,
	  want_open_outer },
	{ "open the cgroup", HOST, row_open_cgroup, want_open_cgroup },
	{ "move to the first CPUs", HOST, row_initial_cpus, want_initial_cpus },
	{ "join the container", HOST, row_clone, .starts_inside = true },
	{ "become root in the user namespace", INSIDE, row_become_root,
	  want_become_root },
	{ "open the root of the container", INSIDE, row_open_root,
	  want_open_root },
	{ "open a terminal", INSIDE, row_exec_terminal, want_terminal,
	  .hands = HANDS_TERMINAL },
	{ "join the session keyring", INSIDE, row_keyring, want_keyring },
	{ "find the program", INSIDE, row_find_program },
	{ "outlive the runtime", INSIDE, row_outlive },
	{ "set the resource limits", HOST, row_limits, want_limits },
	{ "set the scheduling", HOST, row_scheduling, want_scheduling },
	{ "set what of it only the process may", INSIDE, row_scheduling_rest,
	  want_scheduling_rest },
	{ "send the terminal", HOST, row_send_terminal, want_send_terminal },
	{ "send the pidfd", HOST, row_send_pidfd, want_send_pidfd },
	{ "write the pid file", HOST, row_pid_file, want_pid_file },
	{ "restrict the process", INSIDE, row_restrict },
	{ "put the seccomp filter on", INSIDE, row_filter, want_filter },
	{ "put a seccomp filter with a listener on", INSIDE,
	  row_filter_listened, want_listener, .hands = HANDS_LISTENER },
	{ "pass the seccomp listener on", HOST, row_pass_listener,
	  want_listener },
	{ "execute the program", INSIDE, row_execute, NULL, true },
};

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

const struct stage_table create_table = {
	"create",
	create_rows,
	ROWS(create_rows),
	1,
};

const struct stage_table start_table = {
	"start",
	start_rows,
	ROWS(start_rows),
	1 + ROWS(create_rows),
};

const struct stage_table exec_table = {
	"exec",
	exec_rows,
	ROWS(exec_rows),
	1 + ROWS(create_rows) + ROWS(start_rows),
};
