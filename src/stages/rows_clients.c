/* rows_clients.c - the rows about sockets of the caller: those that get the
 * terminal, a pidfd of init, the listener of a seccomp filter, and that of
 * sd_notify(3).
 *
 * Namespace situation of all of them: HOST, the caller's namespaces and ids;
 * its working directory too, from which relative paths count.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"
#include "proc/console.h"
#include "stages/rows.h"
#include "sys/client.h"

static int connect_one(const char *what, const char *path, int *ret_sock,
		       struct err *e)
{
	if (!path)
		return 0;
	*ret_sock = client_connect(path, e);
	return *ret_sock < 0 ? err_wrap(e, "%s", what) : 0;
}

/* Is somebody there to whom the listener can go?  Better asked now than when
 * there is a container.  A socket of another type is refused by the kernel
 * with EPROTOTYPE, but only where somebody has his end of it open, so the
 * listener does not see that we asked: it gets one connection, with a message.
 */
static int find_listener(const char *path, struct err *e)
{
	autoclose int sock = -1;
	int r = client_connect_type(path, SOCK_DGRAM);

	if (r == -EPROTOTYPE)
		return 0;
	if (r >= 0)
		(void)close(r);
	/* For its sentence. */
	sock = client_connect(path, e);
	return sock < 0 ? err_wrap(e, "linux.seccomp.listenerPath") : 0;
}

/* Before there is a process: a path that is wrong leaves nothing behind. */
ROW(connect_clients)
{
	const struct plan *plan = l->plan;
	int r;

	r = connect_one("--console-socket", plan->console_socket,
			&l->console_sock, e);
	if (r == 0)
		r = connect_one("--pidfd-socket", plan->pidfd_socket,
				&l->pidfd_sock, e);
	if (r == 0)
		r = connect_one("the annotation run.oci.pidfd_receiver",
				plan->pidfd_receiver, &l->receiver_sock, e);
	if (r == 0 && plan->process.seccomp_listener)
		r = find_listener(plan->process.seccomp_listener, e);
	return r;
}

/* Any user of the container may enter it; on the host the state directory
 * above it is the caller's alone.  The socket in it comes with the start. */
ROW(notify_place)
{
	if (mkdirat(l->dir_fd, PLAN_NOTIFY_DIR, 0755) < 0 ||
	    fchmodat(l->dir_fd, PLAN_NOTIFY_DIR, 0755, 0) < 0)
		return err_sys(e,
			       "make the directory " PLAN_NOTIFY_DIR
			       " in the state of %s",
			       l->state.id);
	l->plan->notify->source = arena_format(&l->plan->arena,
					       "%s/%s/" PLAN_NOTIFY_DIR,
					       l->store->root, l->state.id);
	return 0;
}

/* From here on the terminal is the receiver's alone: as long as we had the
 * master, its end would not hang it up. */
ROW(send_terminal)
{
	char name[32];
	int r;

	console_name(l->master_fd, name);
	r = client_send(l->console_sock, name, strlen(name), l->master_fd, e);
	own_close(&l->master_fd);
	own_close(&l->console_sock);
	return r < 0 ? err_wrap(e, "--console-socket %s",
				l->plan->console_socket)
		     : 0;
}

/* The words are runc's: of a container's first process, and of exec. */
static int send_pidfd(const struct launch *l, int *sock, const char *what,
		      const char *path, struct err *e)
{
	const char *word = l->joins ? "setns" : "standard";
	int r;

	if (*sock < 0)
		return 0;
	r = client_send(*sock, word, strlen(word), l->pidfd, e);
	own_close(sock);
	return r < 0 ? err_wrap(e, "%s %s", what, path) : 0;
}

ROW(send_pidfd)
{
	int r = send_pidfd(l, &l->pidfd_sock, "--pidfd-socket",
			   l->plan->pidfd_socket, e);

	if (r < 0)
		return r;
	return send_pidfd(l, &l->receiver_sock,
			  "the annotation run.oci.pidfd_receiver",
			  l->plan->pidfd_receiver, e);
}

/* One connection, one message, and no copy of the listener stays with us: when
 * whoever listens ends, the calls that wait for him must fail, not hang.  The
 * status of a container whose own program is about to start is "creating", as
 * runc says it; of `exec`, what it is. */
ROW(pass_listener)
{
	const bool is_init = l->pid == (pid_t)l->state.pid;
	autofree char *json = NULL;
	autoclose int sock = -1;
	int r;

	json = state_process_json(&l->state, l->pid,
				  is_init ? STATUS_CREATING
					  : (enum status)l->state.status);
	sock = client_connect(l->state.seccomp_listener, e);
	r = sock < 0 ? sock
		     : client_send(sock, json, strlen(json), l->listener_fd, e);
	own_close(&l->listener_fd);
	return r < 0 ? err_wrap(e, "linux.seccomp.listenerPath") : 0;
}
