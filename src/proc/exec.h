/* exec.h - from the plan to the program.  INSIDE, after pivot. */
#pragma once

#include "plan/plan.h"

struct err;

/* Finds the program by the container's PATH (of the plan's env; a default
 * one when there is none), before the process is restricted; *ret_path is
 * owned and absolute: what is relative counts from the plan's cwd, which must
 * exist by then (exec_enter_cwd() first).  Wording is an interface, see the
 * design's section 6: "executable file not found in $PATH", "no such file or
 * directory", "permission denied" go in quotes of no other error.  Whether
 * the user may run it, only exec_program() can tell. */
int exec_find(const struct plan_process *p, char **ret_path, struct err *e);

/* chdir to the plan's cwd, made when missing (0755); twice when it must be: as
 * root and, when that may not, as the user.  Verifies that it is inside.  Returns
 * 1 when root may not enter it: call again, with as_user, after
 * user_become(); then that is an error. */
int exec_enter_cwd(const struct plan_process *p, bool as_user, struct err *e);

/* execve; returns only on failure, with the wording of exec_find.  Makes no
 * other system call: a seccomp filter may be in force. */
int exec_program(const struct plan_process *p, const char *path,
		 char *const *env, struct err *e);

/* A session keyring of its own, named by the plan.  Returns 0; 1 when the
 * quota is used up or a sandbox refuses (the caller's stays; a degradation);
 * 0 without a call when the plan asks for none. */
int exec_join_keyring(const struct plan_process *p, struct err *e);

/* Labels for the next exec (AppArmor, SELinux); through the own procfs. */
int exec_set_label(const struct plan_process *p, int proc_fd, struct err *e);
