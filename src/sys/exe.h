/* exe.h - which file a process says it runs; proc_pid_exe(5). */
#pragma once

/* The calling process, which must have one thread, goes on from `fd` without
 * executing it: all that is mapped of our executable is mapped anew, and
 * /proc/self/exe is `fd`.  That must be the same program, opened for reading
 * by way of another mount or a copy; whoever opens /proc/PID/exe from now on
 * gets it by way of that one.  argv is main()'s.
 *
 * Needs CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE in our user namespace and
 * CONFIG_CHECKPOINT_RESTORE (PR_SET_MM_MAP, prctl(2)).  0, or -errno: then the
 * process goes on as before, and /proc/self/exe has not changed. */
int sys_change_exe(int fd, char *const *argv);

/* Makes read-only what was relocated when the program started (PT_GNU_RELRO), which
 * musl does for programs with a dynamic linker only.  0 or -errno. */
int sys_protect_relocated(void);
