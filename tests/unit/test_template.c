/* test_template.c - unit tests of spec/template.c. */
#include "test.h"

#include "base/err.h"
#include "base/own.h"
#include "base/str.h"
#include "spec/spec.h"

static bool has_namespace(const struct spec *spec, int kind)
{
	const struct spec_namespace *ns = spec->linux_->namespaces.v;

	for (size_t i = 0; i < spec->linux_->namespaces.n; i++)
		if (ns[i].type == kind)
			return true;
	return false;
}

static const struct spec_mount *mount_at(const struct spec *spec,
					 const char *destination)
{
	const struct spec_mount *m = spec->mounts.v;

	for (size_t i = 0; i < spec->mounts.n; i++)
		if (str_eq(m[i].destination, destination))
			return &m[i];
	return NULL;
}

static bool has_option(const struct spec_mount *m, const char *option)
{
	for (size_t i = 0; m && i < m->options.n; i++)
		if (str_eq(m->options.v[i], option))
			return true;
	return false;
}

static void both(const struct spec *spec)
{
	const struct spec_process *p = spec->process;

	is_str(spec->oci_version, "1.3.0", "the version");
	ok(p->terminal && p->args.n == 1 && str_eq(p->args.v[0], "sh"),
	   "a shell on a terminal");
	ok(p->no_new_privileges, "no new privileges");
	ok(p->capabilities->bounding.n == 3 &&
		   p->capabilities->effective.n == 3 &&
		   p->capabilities->permitted.n == 3 &&
		   !p->capabilities->ambient.present,
	   "three capabilities in three sets");
	ok(spec->root->readonly && str_eq(spec->root->path, "rootfs"),
	   "a read-only root");
	is_int(spec->mounts.n, 7, "seven mounts");
	is_int(spec->linux_->masked_paths.n, 10, "masked paths");
	is_int(spec->linux_->readonly_paths.n, 5, "read-only paths");
	is_int(spec->linux_->namespaces.n, 6, "six namespaces");
}

static void rootful(void)
{
	autofree char *text = spec_template(false, 0, 0);
	auto(spec) struct spec spec = { 0 };
	struct err e;

	ok(str_after(text, "{\n\t\"ociVersion\": \"1.3.0\",\n") != NULL,
	   "the first lines");
	ok(str_ends(text, "\n}\n"), "the last line");
	if (!ok(spec_parse(text, strlen(text), &spec, &e) == 0, "is valid"))
		return;
	both(&spec);
	ok(has_namespace(&spec, NS_NET) && !has_namespace(&spec, NS_USER),
	   "a network namespace, no user namespace");
	is_int(spec.linux_->resources->devices.n, 1, "the device rule");
	ok(has_option(mount_at(&spec, "/dev/pts"), "gid=5"), "the tty group");
	is_str(mount_at(&spec, "/sys")->type, "sysfs", "sysfs");
}

static void rootless(void)
{
	autofree char *text = spec_template(true, 1000, 4294967294U);
	auto(spec) struct spec spec = { 0 };
	const struct spec_id_map *map;
	struct err e;

	if (!ok(spec_parse(text, strlen(text), &spec, &e) == 0, "is valid"))
		return;
	both(&spec);
	ok(!has_namespace(&spec, NS_NET) && has_namespace(&spec, NS_USER),
	   "a user namespace, no network namespace");
	map = spec.linux_->uid_mappings.v;
	ok(map->container_id == 0 && map->host_id == 1000 && map->size == 1,
	   "the caller is root");
	map = spec.linux_->gid_mappings.v;
	ok(map->host_id == 4294967294U, "also its group");
	ok(!spec.linux_->resources, "no resources");
	ok(!has_option(mount_at(&spec, "/dev/pts"), "gid=5"), "no tty group");
	ok(has_option(mount_at(&spec, "/sys"), "rbind"), "the host's sysfs");
	is_str(mount_at(&spec, "/sys")->source, "/sys", "from /sys");
}

int main(void)
{
	rootful();
	rootless();
	return done();
}
