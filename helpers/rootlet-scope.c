/* rootlet-scope.c - speaks with a manager of systemd about one scope.
 *
 *	rootlet-scope ADDRESS start UNIT PID [NAME SIGNATURE VALUE...]...
 *	rootlet-scope ADDRESS set UNIT [NAME SIGNATURE VALUE...]...
 *	rootlet-scope ADDRESS attach UNIT SUBCGROUP PID
 *	rootlet-scope ADDRESS stop UNIT
 *	rootlet-scope ADDRESS delegated UNIT
 *
 * ADDRESS is a D-Bus address: of the manager's own socket (it ends in
 * "/systemd/private") or of a bus that it is on.  A property takes as many
 * VALUEs as its signature has basic types; an array is its length and then its
 * elements: `DeviceAllow a(ss) 1 /dev/null rw`.  start and stop wait for their
 * job; delegated says "yes" or "no" on stdout: whether the unit, of whatever kind,
 * may divide its cgroup.  Exit status: 0; 1 with "NAME MESSAGE" on stdout, the error of D-Bus or
 * an errno by name; 2 for a usage that is not the above.
 *
 * A program of its own because libsystemd is a shared library that a static
 * rootlet can't load, and that no other command should pay for.  It is loaded
 * by dlopen so that a host without it gets a sentence.
 *
 * Processes are named by number, and a manager in another pid namespace would
 * take that for another process; such a one is refused.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-bus.h>
#include <time.h>

#define DESTINATION   "org.freedesktop.systemd1"
#define MANAGER	      "/org/freedesktop/systemd1"
#define INTERFACE     "org.freedesktop.systemd1.Manager"
#define UNITS	      MANAGER "/unit"
#define UNIT_FACE     "org.freedesktop.systemd1.Unit"
#define UNIT_EXISTS   "org.freedesktop.systemd1.UnitExists"
#define NO_UNIT	      "org.freedesktop.systemd1.NoSuchUnit"

#define PATIENCE_USEC 25000000ULL
/* A unit of that name that has ended and is about to be forgotten. */
#define RETRIES	   50
#define RETRY_NSEC 20000000L

/* --- libsystemd */

#define SD_BUS_FUNCTIONS(X)        \
	X(new)                     \
	X(set_address)             \
	X(set_bus_client)          \
	X(start)                   \
	X(get_fd)                  \
	X(flush_close_unref)       \
	X(call)                    \
	X(call_method)             \
	X(get_property_string)     \
	X(get_property_trivial)    \
	X(match_signal)            \
	X(process)                 \
	X(wait)                    \
	X(path_encode)             \
	X(error_free)              \
	X(message_new_method_call) \
	X(message_append)          \
	X(message_append_basic)    \
	X(message_open_container)  \
	X(message_close_container) \
	X(message_read)            \
	X(message_unref)

static struct {
#define MEMBER(name) __typeof__ (&sd_bus_##name)(name);
	SD_BUS_FUNCTIONS(MEMBER)
#undef MEMBER
} bus_api;

static const char *load_library(void)
{
	void *lib = dlopen("libsystemd.so.0", RTLD_NOW | RTLD_LOCAL);

	if (!lib)
		return dlerror();
#define LOAD(name)                                             \
	*(void **)&bus_api.name = dlsym(lib, "sd_bus_" #name); \
	if (!bus_api.name)                                     \
		return "libsystemd.so.0 is too old: it lacks sd_bus_" #name;
	SD_BUS_FUNCTIONS(LOAD)
#undef LOAD
	return NULL;
}

/* --- what is asked, and what is said */

struct request {
	sd_bus *bus;
	const char *unit;
	char **args; /* what is left of argv; ends with NULL */
	char *job; /* path of the job that is waited for */
	char result[64]; /* its result, once it is there */
	sd_bus_error error;
};

static int complain(const char *name, const char *message)
{
	(void)printf("%s %s\n", name, message);
	return -1;
}

/* Of a call of sd-bus that returned r. */
static int complain_errno(int r, const char *what)
{
	return complain(strerrorname_np(-r) ? strerrorname_np(-r) : "EIO",
			what);
}

/* Of a call that the manager answered, or should have. */
static int complain_bus(const struct request *q, int r, const char *what)
{
	if (q->error.name)
		return complain(q->error.name,
				q->error.message ? q->error.message : what);
	return complain_errno(r, what);
}

static char *next(struct request *q)
{
	return *q->args ? *q->args++ : NULL;
}

static bool read_number(const char *text, int64_t *ret)
{
	char *end;

	if (!text || *text == '\0')
		return false;
	errno = 0;
	*ret = *text == '-' ? strtoll(text, &end, 10)
			    : (int64_t)strtoull(text, &end, 10);
	return *end == '\0' && errno == 0;
}

/* Whatever its size: of the processors that we run on the low bytes are first. */
static int append_number(sd_bus_message *m, char type, const char *text)
{
	int64_t value;

	if (!read_number(text, &value))
		return -EINVAL;
	if (type == SD_BUS_TYPE_BOOLEAN)
		value = value != 0;
	return bus_api.message_append_basic(m, type, &value);
}

static int append_basic(sd_bus_message *m, char type, const char *text)
{
	char *end;
	double d;

	if (!text)
		return -EINVAL;
	switch (type) {
	case SD_BUS_TYPE_STRING:
	case SD_BUS_TYPE_OBJECT_PATH:
	case SD_BUS_TYPE_SIGNATURE:
		return bus_api.message_append_basic(m, type, text);
	case SD_BUS_TYPE_DOUBLE:
		d = strtod(text, &end);
		return *text == '\0' || *end != '\0'
			       ? -EINVAL
			       : bus_api.message_append_basic(m, type, &d);
	default:
		return strchr("ybnqiuxt", type) ? append_number(m, type, text)
						: -EINVAL;
	}
}

/* One element of an array: a basic type or a struct of them. */
static int append_element(struct request *q, sd_bus_message *m,
			  const char *signature)
{
	char inner[32];
	size_t len = strlen(signature);
	int r = 0;

	if (len == 1)
		return append_basic(m, *signature, next(q));
	if (len < 3 || len >= sizeof(inner) || *signature != '(' ||
	    signature[len - 1] != ')')
		return -EINVAL;
	memcpy(inner, signature + 1, len - 2);
	inner[len - 2] = '\0';
	r = bus_api.message_open_container(m, SD_BUS_TYPE_STRUCT, inner);
	for (const char *s = inner; r >= 0 && *s; s++)
		r = append_basic(m, *s, next(q));
	return r < 0 ? r : bus_api.message_close_container(m);
}

static int append_value(struct request *q, sd_bus_message *m,
			const char *signature)
{
	int64_t count;
	int r;

	if (*signature != SD_BUS_TYPE_ARRAY)
		return append_element(q, m, signature);
	if (!read_number(next(q), &count))
		return -EINVAL;
	r = bus_api.message_open_container(m, SD_BUS_TYPE_ARRAY, signature + 1);
	while (r >= 0 && count-- > 0)
		r = append_element(q, m, signature + 1);
	return r < 0 ? r : bus_api.message_close_container(m);
}

/* One "(sv)" of what is left of the arguments. */
static int append_property(struct request *q, sd_bus_message *m)
{
	const char *name = next(q), *signature = next(q);
	int r;

	if (!signature || *signature == '\0')
		return -EINVAL;
	r = bus_api.message_open_container(m, SD_BUS_TYPE_STRUCT, "sv");
	if (r >= 0)
		r = bus_api.message_append_basic(m, SD_BUS_TYPE_STRING, name);
	if (r >= 0)
		r = bus_api.message_open_container(m, SD_BUS_TYPE_VARIANT,
						   signature);
	if (r >= 0)
		r = append_value(q, m, signature);
	if (r >= 0)
		r = bus_api.message_close_container(m);
	return r < 0 ? r : bus_api.message_close_container(m);
}

/* All of them, as the array that the message ends with or goes on after. */
static int append_properties(struct request *q, sd_bus_message *m,
			     const char *pid)
{
	int64_t number = 0;
	int r;

	r = bus_api.message_open_container(m, SD_BUS_TYPE_ARRAY, "(sv)");
	if (r >= 0 && pid && !read_number(pid, &number))
		r = -EINVAL;
	if (r >= 0 && pid)
		r = bus_api.message_append(m, "(sv)", "PIDs", "au", 1,
					   (uint32_t)number);
	while (r >= 0 && *q->args)
		r = append_property(q, m);
	return r < 0 ? r : bus_api.message_close_container(m);
}

/* --- jobs */

static int job_removed(sd_bus_message *m, void *arg, sd_bus_error *error)
{
	struct request *q = arg;
	const char *path, *result;

	(void)error;
	if (bus_api.message_read(m, "uoss", NULL, &path, NULL, &result) >= 0 &&
	    q->job && strcmp(path, q->job) == 0)
		(void)snprintf(q->result, sizeof(q->result), "%s", result);
	return 0;
}

/* Before a job is asked for. */
static int watch_jobs(struct request *q)
{
	int r = bus_api.match_signal(q->bus, NULL, NULL, MANAGER, INTERFACE,
				     "JobRemoved", job_removed, q);

	if (r < 0)
		return complain_errno(r, "can't ask for the end of jobs");
	/* On its own socket it tells everybody; refused is no harm either when
	 * somebody else has asked for it already. */
	(void)bus_api.call_method(q->bus, DESTINATION, MANAGER, INTERFACE,
				  "Subscribe", NULL, NULL, NULL);
	return 0;
}

static uint64_t now_usec(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* reply: of the call that made the job. */
static int wait_for_job(struct request *q, sd_bus_message *reply)
{
	uint64_t end = now_usec() + PATIENCE_USEC;
	const char *path;
	int r = bus_api.message_read(reply, "o", &path);

	q->job = r < 0 ? NULL : strdup(path);
	while (r >= 0 && q->result[0] == '\0') {
		uint64_t now = now_usec();

		if (now >= end)
			return complain("ETIMEDOUT",
					"the job did not end in time");
		r = bus_api.process(q->bus, NULL);
		if (r == 0)
			r = bus_api.wait(q->bus, end - now);
	}
	if (r < 0)
		return complain_errno(r, "the manager went away");
	if (strcmp(q->result, "done") == 0)
		return 0;
	return complain("job", q->result);
}

/* --- the requests */

/* Is it there with something in it?  If we can't tell: yes. */
static bool is_alive(struct request *q)
{
	char *path = NULL, *active = NULL;
	bool alive = true;

	if (bus_api.path_encode(UNITS, q->unit, &path) >= 0 &&
	    bus_api.get_property_string(q->bus, DESTINATION, path, UNIT_FACE,
					"ActiveState", NULL, &active) >= 0)
		alive = strcmp(active, "inactive") != 0 &&
			strcmp(active, "failed") != 0 &&
			strcmp(active, "deactivating") != 0;
	free(path);
	free(active);
	return alive;
}

static void forget(struct request *q)
{
	const struct timespec nap = { .tv_nsec = RETRY_NSEC };

	(void)bus_api.call_method(q->bus, DESTINATION, MANAGER, INTERFACE,
				  "ResetFailedUnit", NULL, NULL, "s", q->unit);
	(void)nanosleep(&nap, NULL);
}

static int call_start(struct request *q, const char *pid,
		      sd_bus_message **reply)
{
	sd_bus_message *m = NULL;
	int r = bus_api.message_new_method_call(q->bus, &m, DESTINATION,
						MANAGER, INTERFACE,
						"StartTransientUnit");

	if (r >= 0)
		r = bus_api.message_append(m, "ss", q->unit, "fail");
	if (r >= 0)
		r = append_properties(q, m, pid);
	if (r >= 0)
		r = bus_api.message_append(m, "a(sa(sv))", 0);
	bus_api.error_free(&q->error);
	if (r >= 0)
		r = bus_api.call(q->bus, m, PATIENCE_USEC, &q->error, reply);
	bus_api.message_unref(m);
	return r;
}

static int start(struct request *q)
{
	const char *pid = next(q);
	char **properties = q->args;
	sd_bus_message *reply = NULL;
	int r = -1;

	if (!pid || watch_jobs(q) < 0)
		return -1;
	for (int i = 0; i < RETRIES; i++) {
		q->args = properties;
		r = call_start(q, pid, &reply);
		if (r >= 0 || !q->error.name ||
		    strcmp(q->error.name, UNIT_EXISTS) != 0 || is_alive(q))
			break;
		forget(q);
	}
	if (r < 0)
		return complain_bus(q, r, "StartTransientUnit failed");
	r = wait_for_job(q, reply);
	bus_api.message_unref(reply);
	return r;
}

static int set(struct request *q)
{
	sd_bus_message *m = NULL;
	int r = bus_api.message_new_method_call(q->bus, &m, DESTINATION,
						MANAGER, INTERFACE,
						"SetUnitProperties");

	if (r >= 0)
		r = bus_api.message_append(m, "sb", q->unit, 1);
	if (r >= 0)
		r = append_properties(q, m, NULL);
	if (r >= 0)
		r = bus_api.call(q->bus, m, PATIENCE_USEC, &q->error, NULL);
	bus_api.message_unref(m);
	return r < 0 ? complain_bus(q, r, "SetUnitProperties failed") : 0;
}

static int attach(struct request *q)
{
	const char *subcgroup = next(q);
	int64_t pid;
	int r;

	if (!subcgroup || !read_number(next(q), &pid))
		return complain("EINVAL", "usage");
	r = bus_api.call_method(q->bus, DESTINATION, MANAGER, INTERFACE,
				"AttachProcessesToUnit", &q->error, NULL,
				"ssau", q->unit, subcgroup, 1, (uint32_t)pid);
	return r < 0 ? complain_bus(q, r, "AttachProcessesToUnit failed") : 0;
}

static int stop(struct request *q)
{
	sd_bus_message *reply = NULL;
	int r;

	if (watch_jobs(q) < 0)
		return -1;
	r = bus_api.call_method(q->bus, DESTINATION, MANAGER, INTERFACE,
				"StopUnit", &q->error, &reply, "ss", q->unit,
				"replace");
	if (r < 0 && q->error.name && strcmp(q->error.name, NO_UNIT) == 0)
		return 0;
	if (r < 0)
		return complain_bus(q, r, "StopUnit failed");
	r = wait_for_job(q, reply);
	bus_api.message_unref(reply);
	/* One that had failed stays for somebody to look at; nobody will. */
	(void)bus_api.call_method(q->bus, DESTINATION, MANAGER, INTERFACE,
				  "ResetFailedUnit", NULL, NULL, "s", q->unit);
	return r;
}

static int delegated(struct request *q)
{
	const char *kind = strrchr(q->unit, '.');
	char *path = NULL;
	int yes = 0;
	int r = -EINVAL;

	if (kind && strcmp(kind, ".scope") == 0)
		kind = DESTINATION ".Scope";
	else if (kind && strcmp(kind, ".service") == 0)
		kind = DESTINATION ".Service";
	else
		return complain("EINVAL", "usage");
	r = bus_api.path_encode(UNITS, q->unit, &path);
	if (r >= 0)
		r = bus_api.get_property_trivial(q->bus, DESTINATION, path,
						 kind, "Delegate", &q->error,
						 SD_BUS_TYPE_BOOLEAN, &yes);
	free(path);
	if (r < 0)
		return complain_bus(q, r, "Delegate can't be read");
	(void)puts(yes ? "yes" : "no");
	return 0;
}

static const struct {
	const char *name;
	int (*run)(struct request *q);
} requests[] = {
	{ "start", start },	    { "set", set },
	{ "attach", attach },	    { "stop", stop },
	{ "delegated", delegated },
};

/* Since 252 a CPUWeight of 0 is the idle class; before that it is refused. */
static bool knows_idle(sd_bus *bus)
{
	char *version = NULL;
	bool knows = true;

	if (bus_api.get_property_string(bus, DESTINATION, MANAGER, INTERFACE,
					"Version", NULL, &version) >= 0)
		knows = strtoul(version, NULL, 10) >= 252;
	free(version);
	return knows;
}

/* What this systemd is too old for stays with the files of the cgroup. */
static void drop_unknown(struct request *q)
{
	char **at = q->args;

	while (*at && !(strcmp(*at, "CPUWeight") == 0 && at[1] && at[2] &&
			strcmp(at[2], "0") == 0))
		at++;
	if (!*at || knows_idle(q->bus))
		return;
	for (; at[2]; at++)
		at[0] = at[3];
}

/* --- the way to the manager */

static bool is_private(const char *address)
{
	static const char end[] = "/systemd/private";
	size_t len = strlen(address);

	return len >= sizeof(end) &&
	       strcmp(address + len - (sizeof(end) - 1), end) == 0;
}

static int check_pid_namespace(sd_bus *bus)
{
	int fd = bus_api.get_fd(bus);
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (fd < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0 ||
	    peer.pid != 0)
		return 0;
	return complain("EXDEV", "the manager is in another pid namespace");
}

/* Sockets only.  libsystemd would also execute a program ("unixexec:"), and the
 * address may be out of the record of a container that is another user's. */
static bool is_of_sockets(const char *address)
{
	static const char scheme[] = "unix:";

	for (;;) {
		if (strncmp(address, scheme, sizeof(scheme) - 1) != 0)
			return false;
		address = strchr(address, ';');
		if (!address)
			return true;
		address++;
	}
}

static int open_bus(sd_bus **bus, const char *address)
{
	int r;

	if (!is_of_sockets(address))
		return complain("EPROTONOSUPPORT",
				"the address of the bus is not of the form "
				"unix:KEY=VALUE");
	r = bus_api.new(bus);
	if (r >= 0)
		r = bus_api.set_address(*bus, address);
	if (r >= 0 && !is_private(address))
		r = bus_api.set_bus_client(*bus, 1);
	if (r >= 0)
		r = bus_api.start(*bus);
	if (r < 0)
		return complain("EHOSTDOWN", "nobody answers at its socket");
	return check_pid_namespace(*bus);
}

static int serve(const char *address, int i, char **args)
{
	struct request q = { .unit = args[0], .args = args + 1 };
	const char *trouble = load_library();
	int r;

	if (trouble)
		return complain("ENOPKG", trouble);
	r = open_bus(&q.bus, address);
	if (r >= 0) {
		drop_unknown(&q);
		r = requests[i].run(&q);
	}
	bus_api.error_free(&q.error);
	bus_api.flush_close_unref(q.bus);
	free(q.job);
	return r;
}

int main(int argc, char **argv)
{
	const int n = (int)(sizeof(requests) / sizeof(requests[0]));

	for (int i = 0; argc >= 4 && i < n; i++) {
		int r;

		if (strcmp(argv[2], requests[i].name) != 0)
			continue;
		r = serve(argv[1], i, argv + 3);
		return fflush(stdout) == EOF || r < 0 ? 1 : 0;
	}
	(void)fprintf(stderr,
		      "usage: rootlet-scope ADDRESS "
		      "start|set|attach|stop|delegated UNIT [ARG...]\n");
	return 2;
}
