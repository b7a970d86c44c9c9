/* rows.h - the functions behind the rows of stages.c.
 *
 * rows_host.c, rows_cgroup.c and rows_clients.c hold HOST's, rows_inside.c INSIDE's,
 * rows_exec.c those of both that only exec has, rows_want.c the pure questions
 * that decide whether a plan has a row at all.
 */
#pragma once

#include "stages/launch.h"

/* Not every row needs both. */
#define ROW(name)                                                \
	int row_##name(__attribute__((unused)) struct launch *l, \
		       __attribute__((unused)) struct err *e)
#define WANT(name) bool want_##name(const struct launch *l)

ROW(take_id);
ROW(connect_clients);
ROW(prepare_seccomp);
ROW(listen);
ROW(notify_place);
ROW(make_cgroup);
ROW(apply_limits);
ROW(limit_pids);
ROW(open_beforehand);
ROW(clone);
ROW(record_process);
ROW(ask_systemd);
ROW(give_cgroup);
ROW(filter_devices);
ROW(enter_delegated);
ROW(set_oom_score);
ROW(idmap_start);
ROW(idmap_finish);
ROW(idmap_mounts);
ROW(move_devices);
ROW(prestart);
ROW(create_runtime);
ROW(limits);
ROW(initial_cpus);
ROW(scheduling);
ROW(send_terminal);
ROW(send_pidfd);
ROW(record_created);
ROW(pid_file);
ROW(say_start);
ROW(pass_listener);
ROW(record_running);
ROW(poststart);

ROW(open_outer);
ROW(open_cgroup);

ROW(open_sources);
ROW(become_root);
ROW(enter_rest);
ROW(network);
ROW(attach_root);
ROW(open_private);
ROW(mounts);
ROW(devices);
ROW(terminal);
ROW(create_container);
ROW(hide_paths);
ROW(pivot);
ROW(finish_root);
ROW(names_sysctls);
ROW(keyring);
ROW(find_program);
ROW(scheduling_rest);
ROW(outlive);
ROW(start_container);
ROW(restrict);
ROW(filter);
ROW(filter_listened);
ROW(execute);
ROW(open_root);
ROW(exec_terminal);

WANT(clients);
WANT(seccomp);
WANT(listen);
WANT(notify);
WANT(apply_limits);
WANT(limit_pids);
WANT(make_cgroup);
WANT(ask_systemd);
WANT(give_cgroup);
WANT(filter_devices);
WANT(filter_late);
WANT(enter_delegated);
WANT(open_beforehand);
WANT(oom_score);
WANT(idmap);
WANT(idmapped);
WANT(terminal);
WANT(move_devices);
WANT(prestart);
WANT(create_runtime);
WANT(create_container);
WANT(hide_paths);
WANT(names);
WANT(keyring);
WANT(limits);
WANT(initial_cpus);
WANT(scheduling);
WANT(scheduling_rest);
WANT(send_terminal);
WANT(send_pidfd);
WANT(pid_file);
WANT(say_start);
WANT(start_container);
WANT(filter);
WANT(listener);
WANT(poststart);
WANT(open_outer);
WANT(open_cgroup);
WANT(become_root);
WANT(open_root);

/* rows_cgroup.c: the unit that systemd will be asked for, into the state. */
void launch_name_scope(struct launch *l);
/* The same file: of an exec whose process the kernel would not let be born in
 * l->birth_fd, `code` says why: another one to try, or -1 for the caller's own,
 * which is noted. */
int cgroup_instead(struct launch *l, int code, struct err *e);
/* The process that stands between, of an exec with l->attach. */
int cgroup_attach_self(struct launch *l, struct err *e);

/* What INSIDE does from its first instruction on; never returns. */
void inside_main(void *launch);
