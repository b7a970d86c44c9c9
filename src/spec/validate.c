/* validate.c - what of config.json the tables of fields can't check.
 *
 * Those are rules about several values at once (nothing twice, ranges that
 * end within 32 bits) and keys that become file names.  Nothing here asks
 * who runs or what the kernel can: that is plan/'s.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/err.h"
#include "spec/fields.h"

/* The largest that fit into a dev_t of the kernel. */
#define MAJOR_MAX 4095
#define MINOR_MAX 1048575

/* Linux has 16.  Beyond this something is there twice, or unknown. */
#define RLIMITS_MAX 64U

static bool is_one_line(const char *text)
{
	return !strchr(text, '\n');
}

static bool is_absolute_path(const char *text)
{
	return text[0] == '/' && is_one_line(text);
}

static bool is_one_word(const char *text)
{
	return *text && text[strcspn(text, " \t\n\r\v\f")] == '\0';
}

/* ^[0-9, -]*$ */
static bool is_cpu_list(const char *text)
{
	return text[strspn(text, "0123456789, -")] == '\0';
}

const struct field_check spec_absolute_path = {
	.good = is_absolute_path,
	.expected = "an absolute path",
};
const struct field_check spec_one_line = {
	.good = is_one_line,
	.expected = "one line",
};
const struct field_check spec_one_word = {
	.good = is_one_word,
	.expected = "one word",
};
const struct field_check spec_cpu_list = {
	.good = is_cpu_list,
	.expected = "a list of CPUs such as 0-3,7",
};
const struct field_range spec_id_range = { 0, UINT32_MAX - 1 };

static const char *after_digits(const char *s)
{
	return s + strspn(s, "0123456789");
}

/* 1.3, 1.3.0, 1.3.0-rc.2, 1.0.2-dev, 1.2.0+dev. */
static bool is_version(const char *text)
{
	const char *s = after_digits(text);

	if (s == text || *s != '.' || after_digits(s + 1) == s + 1)
		return false;
	s = after_digits(s + 1);
	if (*s == '.') {
		if (after_digits(s + 1) == s + 1)
			return false;
		s = after_digits(s + 1);
	}
	if (*s == '\0')
		return true;
	return strchr("-+", *s) && s[1] != '\0' && is_one_word(s);
}

/* Versions before 1.0 are taken: the specification's own example is one, and
 * what they have in common with 1.x means the same. */
static int check_version(const struct spec *spec, struct err *e)
{
	const char *v = spec->oci_version;

	if (!is_version(v)) {
		err_set(e, EINVAL,
			"ociVersion: \"%.40s\" is no version of the "
			"specification",
			is_one_line(v) ? v : "...");
		return err_hint(e, "write \"ociVersion\": \"1.3.0\"");
	}
	if (str_after(v, "1.") || str_after(v, "0."))
		return 0;
	err_set(e, EINVAL,
		"ociVersion: %.40s is not supported, only versions 1.x are", v);
	return err_hint(e, "write \"ociVersion\": \"1.3.0\" if the bundle uses "
			   "nothing newer");
}

/* Ids end at 4294967294, and the kernel wants the end of a range, the number
 * after its last id, to fit into 32 bits. */
static int check_maps(const struct items *maps, const char *path, struct err *e)
{
	const struct spec_id_map *m = maps->v;

	for (size_t i = 0; i < maps->n; i++) {
		uint32_t end;

		if (m[i].size == 0)
			return err_set(e, EINVAL, "%s[%zu].size: must not be 0",
				       path, i);
		if (__builtin_add_overflow(m[i].container_id, m[i].size,
					   &end) ||
		    __builtin_add_overflow(m[i].host_id, m[i].size, &end))
			return err_set(e, EINVAL,
				       "%s[%zu]: the range of %u ids goes "
				       "beyond the last id, 4294967294",
				       path, i, m[i].size);
	}
	return 0;
}

static int check_mount_maps(const struct items *maps, size_t mount,
			    const char *key, struct err *e)
{
	char path[64];

	if (maps->n == 0)
		return 0;
	(void)snprintf(path, sizeof(path), "mounts[%zu].%s", mount, key);
	return check_maps(maps, path, e);
}

static int check_mounts(const struct spec *spec, struct err *e)
{
	const struct spec_mount *m = spec->mounts.v;
	int r = 0;

	for (size_t i = 0; r == 0 && i < spec->mounts.n; i++) {
		r = check_mount_maps(&m[i].uid_mappings, i, "uidMappings", e);
		if (r == 0)
			r = check_mount_maps(&m[i].gid_mappings, i,
					     "gidMappings", e);
	}
	return r;
}

int spec_validate_process(const struct spec_process *p, struct err *e)
{
	const struct spec_rlimit *l = p->rlimits.v;

	if (p->rlimits.n > RLIMITS_MAX)
		return err_set(e, EINVAL,
			       "process.rlimits: %zu limits, more than the "
			       "kernel has",
			       p->rlimits.n);
	for (size_t i = 0; i < p->rlimits.n; i++) {
		for (size_t k = 0; k < i; k++)
			if (str_eq(l[i].type, l[k].type))
				return err_set(e, EINVAL,
					       "process.rlimits[%zu].type: "
					       "%.40s is there twice",
					       i, l[i].type);
		if (l[i].soft > l[i].hard)
			return err_set(e, EINVAL,
				       "process.rlimits[%zu]: the soft limit "
				       "of %.40s is above the hard one",
				       i, l[i].type);
	}
	return 0;
}

static int check_namespaces(const struct spec_linux *l, struct err *e)
{
	const struct spec_namespace *ns = l->namespaces.v;
	unsigned seen = 0;

	for (size_t i = 0; i < l->namespaces.n; i++) {
		if (seen & 1U << ns[i].type)
			return err_set(e, EINVAL,
				       "linux.namespaces[%zu].type: %s is "
				       "there twice",
				       i, ns_spec_names[ns[i].type]);
		seen |= 1U << ns[i].type;
	}
	return 0;
}

static mode_t type_bits(char type)
{
	if (type == 'p')
		return S_IFIFO;
	return type == 'b' ? S_IFBLK : S_IFCHR;
}

/* The schema allows permission bits only; docker adds those of the type, as
 * stat(2) gave them, which say nothing more.  Others are refused. */
static int check_device(struct spec_device *d, size_t i, struct err *e)
{
	uint32_t mode = d->file_mode.value;

	if (d->type[0] != 'p' && (d->major < 0 || d->major > MAJOR_MAX ||
				  d->minor < 0 || d->minor > MINOR_MAX))
		return err_set(e, EINVAL,
			       "linux.devices[%zu]: %lld:%lld is no device "
			       "number, the largest is %d:%d",
			       i, (long long)d->major, (long long)d->minor,
			       MAJOR_MAX, MINOR_MAX);
	if ((mode & S_IFMT) == type_bits(d->type[0]))
		mode &= ~(uint32_t)S_IFMT;
	if (mode > 0777)
		return err_set(e, EINVAL,
			       "linux.devices[%zu].fileMode: %u is outside "
			       "0..511",
			       i, d->file_mode.value);
	d->file_mode.value = mode;
	return 0;
}

/* A key that becomes the name of one file below a directory. */
static bool is_file_name(const char *key)
{
	return is_one_word(key) && !strchr(key, '/') && !str_eq(key, ".") &&
	       !str_eq(key, "..");
}

int spec_validate_resources(const struct spec_resources *res, struct err *e)
{
	const struct spec_rdma *rdma = res->rdma.v;

	for (size_t i = 0; i < res->unified.n; i++)
		if (!is_file_name(res->unified.v[i].key))
			return err_set(e, EINVAL,
				       "linux.resources.unified: a key is no "
				       "name of a cgroup file");
	for (size_t i = 0; i < res->rdma.n; i++)
		if (!is_one_word(rdma[i].device))
			return err_set(e, EINVAL,
				       "linux.resources.rdma: a key is no "
				       "name of a device");
	return 0;
}

/* Both spellings, net.ipv4.ip_forward and net/ipv4/ip_forward, must stay
 * below /proc/sys. */
static bool is_sysctl(const char *key)
{
	const char *s = key;

	if (!is_one_word(key) || *key == '/' || *key == '.')
		return false;
	for (;;) {
		size_t n = strcspn(s, "/");

		if (n == 0 || (n == 2 && strncmp(s, "..", 2) == 0))
			return false;
		if (s[n] == '\0')
			return true;
		s += n + 1;
	}
}

static int check_sysctl(const struct spec_linux *l, struct err *e)
{
	for (size_t i = 0; i < l->sysctl.n; i++)
		if (!is_sysctl(l->sysctl.v[i].key))
			return err_set(e, EINVAL,
				       "linux.sysctl: a key is no name such "
				       "as net.ipv4.ip_forward");
	return 0;
}

static int check_linux(const struct spec *spec, struct err *e)
{
	const struct spec_linux *l = spec->linux_;
	struct spec_device *devices = l->devices.v;
	int r;

	r = check_maps(&l->uid_mappings, "linux.uidMappings", e);
	if (r == 0)
		r = check_maps(&l->gid_mappings, "linux.gidMappings", e);
	if (r == 0)
		r = check_namespaces(l, e);
	for (size_t i = 0; r == 0 && i < l->devices.n; i++)
		r = check_device(&devices[i], i, e);
	if (r == 0)
		r = check_sysctl(l, e);
	if (r == 0 && l->resources)
		r = spec_validate_resources(l->resources, e);
	return r;
}

int spec_validate(const struct spec *spec, struct err *e)
{
	int r = check_version(spec, e);

	if (r == 0)
		r = check_mounts(spec, e);
	if (r == 0 && spec->process)
		r = spec_validate_process(spec->process, e);
	if (r == 0 && spec->linux_)
		r = check_linux(spec, e);
	return r;
}
