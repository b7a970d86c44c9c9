/* relay.c - copies between our stdio and the terminal of a container.
 *
 * Theory of operation: two buffers of fixed size, one for each direction; a
 * side is read only when its buffer is empty, so what is slow to take slows
 * down what writes, and nothing grows.
 *
 * Nothing may block, or signals would wait.  The master is set O_NONBLOCK.
 * Our stdio is shared with others (the caller's shell), for whom that flag
 * must not change.  So a terminal or pipe is opened once more for a file
 * description of our own; where that is refused (another user's), we write no
 * more than a pipe takes at once after poll() said that it takes something.
 *
 * The end of input does not end the relay: the program sees what a user's ^D
 * would be, and may go on writing.  When nobody takes the output any more
 * (EPIPE), the terminal is gone and the program's end hangs up, by putting
 * /dev/null in the master's place.
 *
 * EIO from the master means that nobody has the other end open just now.  The
 * program may open it again (/dev/console), so while it runs we look again
 * now and then; poll() would return at once for ever.
 */
#include "proc/relay.h"

#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/own.h"
#include "proc/terminal.h"

#define BUFFER_SIZE ((size_t)64 * 1024)
#define EOF_CHARS   2
#define LOOK_AGAIN  100 /* ms */
#define CTRL_D	    4

struct buffer {
	char *data; /* owned; BUFFER_SIZE */
	size_t start, len;
};

struct relay {
	int master_fd; /* borrowed */
	int own_in_fd, own_out_fd; /* owned, or -1 */
	int in_fd, out_fd; /* -1: ended */
	bool in_is_tty;
	bool out_nonblocking; /* a description of our own */
	bool hung_up; /* the master said EIO */
	bool ended; /* the program has */
	char last_in; /* the last byte that the program got */
	struct buffer in, out;
};

enum { FD_IN, FD_MASTER, FD_OUT };

/* --- setting up ----------------------------------------------------------- */

/* A description of our own of fd 0 or 1, or -1. */
static int reopen(const char *path, int flags)
{
	return open(path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

static void open_stdio(struct relay *r)
{
	struct stat st;

	r->in_fd = STDIN_FILENO;
	r->out_fd = STDOUT_FILENO;
	r->in_is_tty = isatty(STDIN_FILENO) == 1;
	/* Not a fifo: its second reader may not hear that the writer has
	 * gone. */
	if (r->in_is_tty)
		r->own_in_fd = reopen("/proc/self/fd/0", O_RDONLY);
	if (r->own_in_fd >= 0)
		r->in_fd = r->own_in_fd;
	if (fstat(STDOUT_FILENO, &st) < 0)
		return;
	if (S_ISFIFO(st.st_mode) || isatty(STDOUT_FILENO))
		r->own_out_fd = reopen("/proc/self/fd/1", O_WRONLY);
	if (r->own_out_fd >= 0)
		r->out_fd = r->own_out_fd;
	r->out_nonblocking = r->own_out_fd >= 0 || S_ISREG(st.st_mode);
}

static bool has_size(int fd)
{
	struct winsize size;

	return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_row != 0 &&
	       size.ws_col != 0;
}

struct relay *relay_new(int master_fd)
{
	struct relay *r = mem_zero(sizeof(*r));
	const int flags = fcntl(master_fd, F_GETFL);

	r->master_fd = master_fd;
	r->own_in_fd = -1;
	r->own_out_fd = -1;
	r->last_in = '\n';
	r->in.data = mem_zero(BUFFER_SIZE + EOF_CHARS);
	r->out.data = mem_zero(BUFFER_SIZE);
	if (flags >= 0)
		(void)fcntl(master_fd, F_SETFL, flags | O_NONBLOCK);
	open_stdio(r);
	/* A size that the bundle asks for stays until ours changes. */
	if (!has_size(master_fd))
		relay_resize(r);
	terminal_raw();
	return r;
}

void relay_resize(const struct relay *r)
{
	struct winsize size;

	if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0 ||
	    ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
		(void)ioctl(r->master_fd, TIOCSWINSZ, &size);
}

void relay_free(struct relay *r)
{
	if (!r)
		return;
	terminal_restore();
	own_close(&r->own_in_fd);
	own_close(&r->own_out_fd);
	free(r->in.data);
	free(r->out.data);
	free(r);
}

/* --- moving --------------------------------------------------------------- */

static bool would_block(int code)
{
	return code == EAGAIN || code == EINTR;
}

/* Takes from the front what write(2) took. */
static void consumed(struct buffer *b, size_t n)
{
	b->start += n;
	b->len -= n;
	if (b->len == 0)
		b->start = 0;
}

static void read_input(struct relay *r)
{
	struct buffer *b = &r->in;
	struct termios modes;
	ssize_t n;
	char end;

	n = read(r->in_fd, b->data, BUFFER_SIZE);
	if (n > 0) {
		b->len = (size_t)n;
		r->last_in = b->data[n - 1];
		return;
	}
	if (n < 0 && would_block(errno))
		return;
	r->in_fd = -1;
	/* A terminal has no end, it is gone; SIGHUP says so to the program. */
	if (r->in_is_tty || tcgetattr(r->master_fd, &modes) < 0)
		return;
	/* The character that ends the input; in the middle of a line the
	 * first one only ends the line. */
	end = modes.c_cc[VEOF] == _POSIX_VDISABLE ? CTRL_D
						  : (char)modes.c_cc[VEOF];
	b->data[b->len++] = end;
	if (r->last_in != '\n')
		b->data[b->len++] = end;
}

static void write_master(struct relay *r)
{
	struct buffer *b = &r->in;
	ssize_t n = write(r->master_fd, b->data + b->start, b->len);

	if (n > 0)
		consumed(b, (size_t)n);
	else if (n < 0 && !would_block(errno))
		consumed(b, b->len); /* nobody there to read it, ignoring */
}

static void read_master(struct relay *r)
{
	struct buffer *b = &r->out;
	ssize_t n = read(r->master_fd, b->data, BUFFER_SIZE);

	r->hung_up = false;
	if (n > 0)
		b->len = (size_t)n;
	else if (n == 0 || !would_block(errno) || r->ended)
		r->hung_up = true;
}

/* Nobody takes the output: as when a terminal is closed. */
static void hang_up(struct relay *r)
{
	autoclose int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	consumed(&r->out, r->out.len);
	r->out_fd = -1;
	r->in_fd = -1;
	if (null_fd >= 0)
		(void)dup3(null_fd, r->master_fd, O_CLOEXEC);
}

static void write_output(struct relay *r)
{
	struct buffer *b = &r->out;
	size_t len = b->len;
	ssize_t n;

	if (!r->out_nonblocking && len > PIPE_BUF)
		len = PIPE_BUF;
	n = write(r->out_fd, b->data + b->start, len);
	if (n > 0)
		consumed(b, (size_t)n);
	else if (n < 0 && !would_block(errno))
		hang_up(r);
}

void relay_want(const struct relay *r, struct pollfd fds[RELAY_FDS])
{
	const bool read_in = r->in_fd >= 0 && r->in.len == 0 && !r->ended;
	const bool to_master = r->in.len > 0 && !r->ended && !r->hung_up;
	const bool from_master = r->out.len == 0 && r->out_fd >= 0 &&
				 !r->hung_up;
	const bool write_out = r->out.len > 0 && r->out_fd >= 0;

	/* Where nothing is wanted -1, for POLLHUP comes unasked. */
	fds[FD_IN] = (struct pollfd){ .fd = read_in ? r->in_fd : -1,
				      .events = POLLIN };
	fds[FD_MASTER] = (struct pollfd){
		.fd = to_master || from_master ? r->master_fd : -1,
		.events = (short)((to_master ? POLLOUT : 0) |
				  (from_master ? POLLIN : 0)),
	};
	fds[FD_OUT] = (struct pollfd){ .fd = write_out ? r->out_fd : -1,
				       .events = POLLOUT };
}

int relay_timeout(const struct relay *r)
{
	if (r->ended && r->out.len == 0 && !relay_is_drained(r))
		return 0;
	return r->hung_up && r->out_fd >= 0 && !r->ended ? LOOK_AGAIN : -1;
}

void relay_move(struct relay *r, const struct pollfd fds[RELAY_FDS])
{
	if (fds[FD_OUT].revents)
		write_output(r);
	if (fds[FD_IN].revents)
		read_input(r);
	if (r->in.len > 0 && !r->ended && !r->hung_up)
		write_master(r);
	/* After the end poll() may have nothing to say; the last read does. */
	if (r->out.len == 0 && r->out_fd >= 0)
		read_master(r);
}

void relay_ended(struct relay *r)
{
	r->ended = true;
	r->hung_up = false;
}

bool relay_is_drained(const struct relay *r)
{
	return r->out_fd < 0 || (r->hung_up && r->out.len == 0);
}
