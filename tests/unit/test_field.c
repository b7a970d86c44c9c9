/* test_field.c - unit tests of base/field.c. */
#include "test.h"

#include <errno.h>
#include <stddef.h>

#include "base/err.h"
#include "base/field.h"

struct part {
	const char *key; /* of FIELD_MEMBERS */
	uint32_t number;
	struct part *inner;
};

struct whole {
	bool flag;
	int32_t i32;
	int64_t i64;
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;
	struct opt_bool ob;
	struct opt_int64 oi;
	struct opt_uint32 ou;
	struct opt_uint64 ol;
	const char *s, *word;
	struct strings list;
	struct uint32s ids;
	struct string_map map;
	int colour;
	struct ints colours;
	struct part part;
	struct part *ptr;
	struct items items, members;
	const struct json *any;
	const char *needed;
};

enum { RED = 1, BLUE };
static const struct field_name colours[] = {
	{ "red", RED },
	{ "blue", BLUE },
	{ NULL, 0 },
};

static const struct field_range small = { -3, 3 };
static const struct field_range below_last = { 0, UINT32_MAX - 1 };
static const char *const words[] = { "one", "two", "", NULL };
static const struct field_check one_or_two = { .words = words };

static bool starts_with_x(const char *text)
{
	return text[0] == 'x';
}

static const struct field_check x_words = {
	.good = starts_with_x,
	.expected = "something with x",
};

static const struct field part_fields[] = {
	{ "number", FIELD_UINT32, offsetof(struct part, number), FIELD_REQUIRED,
	  NULL, 0 },
	{ "inner", FIELD_OBJECT_PTR, offsetof(struct part, inner), 0,
	  part_fields, sizeof(struct part) },
	{ 0 },
};

#define AT(member) offsetof(struct whole, member)
static const struct field fields[] = {
	{ "flag", FIELD_BOOL, AT(flag), 0, NULL, 0 },
	{ "i32", FIELD_INT32, AT(i32), 0, NULL, 0 },
	{ "i64", FIELD_INT64, AT(i64), 0, &small, 0 },
	{ "u16", FIELD_UINT16, AT(u16), 0, NULL, 0 },
	{ "u32", FIELD_UINT32, AT(u32), 0, NULL, 0 },
	{ "u64", FIELD_UINT64, AT(u64), 0, NULL, 0 },
	{ "ob", FIELD_OPT_BOOL, AT(ob), 0, NULL, 0 },
	{ "oi", FIELD_OPT_INT64, AT(oi), 0, NULL, 0 },
	{ "ou", FIELD_OPT_UINT32, AT(ou), 0, NULL, 0 },
	{ "ol", FIELD_OPT_UINT64, AT(ol), 0, NULL, 0 },
	{ "s", FIELD_STRING, AT(s), 0, &x_words, 0 },
	{ "word", FIELD_STRING, AT(word), 0, &one_or_two, 0 },
	{ "list", FIELD_STRINGS, AT(list), FIELD_NOT_EMPTY, NULL, 0 },
	{ "ids", FIELD_UINT32S, AT(ids), 0, &below_last, 0 },
	{ "map", FIELD_MAP, AT(map), 0, NULL, 0 },
	{ "colour", FIELD_ENUM, AT(colour), 0, colours, 0 },
	{ "colours", FIELD_ENUMS, AT(colours), 0, colours, 0 },
	{ "part", FIELD_OBJECT, AT(part), 0, part_fields, 0 },
	{ "ptr", FIELD_OBJECT_PTR, AT(ptr), 0, part_fields,
	  sizeof(struct part) },
	{ "items", FIELD_OBJECTS, AT(items), 0, part_fields,
	  sizeof(struct part) },
	{ "members", FIELD_MEMBERS, AT(members), 0, part_fields,
	  sizeof(struct part) },
	{ "any", FIELD_JSON, AT(any), 0, NULL, 0 },
	{ "needed", FIELD_STRING, AT(needed), FIELD_REQUIRED | FIELD_NOT_EMPTY,
	  NULL, 0 },
	{ 0 },
};

static struct err error;

static int read_text(const char *text, const char *path, struct whole *w,
		     struct json_doc *doc)
{
	int r = json_parse(text, strlen(text), doc, &error);

	*w = (struct whole){ 0 };
	if (r < 0)
		return r;
	return fields_read(fields, doc->root, path, &doc->arena, w, &error);
}

static void refused(const char *text, const char *want)
{
	struct json_doc doc = { 0 };
	struct whole w;

	is_int(read_text(text, "", &w, &doc), -EINVAL, "refused");
	is_str(error.text, want, want);
	json_done(&doc);
}

static void everything(void)
{
	struct json_doc doc = { 0 };
	struct whole w;
	struct part *parts;

	is_int(read_text("{\"flag\":true,\"i32\":-2147483648,\"i64\":-3,"
			 "\"u16\":65535,\"u32\":4294967295,"
			 "\"u64\":18446744073709551615,\"ob\":false,"
			 "\"oi\":-9223372036854775808,\"ou\":0,\"ol\":5,"
			 "\"s\":\"xyz\",\"word\":\"two\","
			 "\"list\":[\"a\",\"\"],\"ids\":[7,8],"
			 "\"map\":{\"k.1\":\"v\",\"\":\"\"},"
			 "\"colour\":\"blue\",\"colours\":[\"red\",\"blue\"],"
			 "\"part\":{\"number\":1},"
			 "\"ptr\":{\"number\":2,\"inner\":{\"number\":3}},"
			 "\"items\":[{\"number\":4},{\"number\":5}],"
			 "\"members\":{\"eth0\":{\"number\":6}},"
			 "\"any\":[null],\"needed\":\"y\",\"unknown\":{}}",
			 "", &w, &doc),
	       0, "every type of field");
	ok(w.flag && w.i32 == INT32_MIN && w.i64 == -3, "signed numbers");
	ok(w.u16 == UINT16_MAX && w.u32 == UINT32_MAX && w.u64 == UINT64_MAX,
	   "unsigned numbers");
	ok(w.ob.set && !w.ob.value, "false is set");
	ok(w.oi.set && w.oi.value == INT64_MIN, "an optional int64");
	ok(w.ou.set && w.ou.value == 0 && w.ol.value == 5, "optional numbers");
	is_str(w.s, "xyz", "a string");
	ok(w.s == json_get(doc.root, "s")->text, "borrowed from the tree");
	is_int(w.list.n, 2, "a list of strings");
	ok(str_eq(w.list.v[1], "") && !w.list.v[2], "ends with NULL");
	ok(w.ids.n == 2 && w.ids.v[1] == 8, "a list of numbers");
	ok(w.map.n == 2 && str_eq(w.map.v[0].key, "k.1"), "a map");
	is_int(w.colour, BLUE, "an enum");
	ok(w.colours.n == 2 && w.colours.v[0] == RED, "a list of enums");
	is_int(w.part.number, 1, "an object inside");
	is_int(w.ptr->inner->number, 3, "objects behind pointers");
	parts = w.items.v;
	ok(w.items.n == 2 && parts[1].number == 5, "an array of objects");
	parts = w.members.v;
	ok(w.members.n == 1 && str_eq(parts[0].key, "eth0") &&
		   parts[0].number == 6,
	   "an object of objects");
	ok(w.any->type == JSON_ARRAY, "any JSON");
	is_str(field_name(colours, BLUE), "blue", "the name of a value");
	is_str(field_name(colours, 9), NULL, "of an unknown value");
	json_done(&doc);
}

static void what_is_missing(void)
{
	struct json_doc doc = { 0 };
	struct whole w;

	is_int(read_text("{\"needed\":\"y\",\"ids\":[],\"map\":{},"
			 "\"flag\":null,\"ptr\":null,\"word\":\"\"}",
			 "", &w, &doc),
	       0, "null and empty");
	ok(w.ids.present && !w.ids.v && w.map.present, "empty but present");
	ok(!w.list.present && !w.list.v && !w.ptr, "missing");
	ok(!w.ob.set && !w.oi.set, "optional and not set");
	json_done(&doc);
	refused("{}", "needed: missing");
	refused("{\"needed\":null}", "needed: missing");
	refused("{\"needed\":\"\"}", "needed: must not be empty (line 1)");
	refused("{\"list\":[]}", "list: must not be empty (line 1)");
	refused("{\"part\":{}}", "part.number: missing");
	refused("[]", "the document: expected an object (line 1)");
}

static void wrong_types(void)
{
	refused("{\n\"flag\":1}", "flag: expected true or false (line 2)");
	refused("{\"u32\":\"5\"}", "u32: expected a number (line 1)");
	refused("{\"s\":5}", "s: expected a string (line 1)");
	refused("{\"list\":\"a\"}", "list: expected an array (line 1)");
	refused("{\"list\":[\"a\",\n5]}",
		"list[1]: expected a string (line 2)");
	refused("{\"list\":[null]}", "list[0]: expected a string (line 1)");
	refused("{\"map\":[]}", "map: expected an object (line 1)");
	refused("{\"map\":{\"a.b\":1}}",
		"map[\"a.b\"]: expected a string (line 1)");
	refused("{\"members\":{\"a\\nb\":1}}",
		"members[\"a?b\"]: expected an object (line 1)");
	refused("{\"part\":[]}", "part: expected an object (line 1)");
	refused("{\"ptr\":{\"number\":1,\"inner\":{\"number\":true}}}",
		"ptr.inner.number: expected a number (line 1)");
	refused("{\"items\":[{\"number\":1},{}]}", "items[1].number: missing");
}

static void wrong_values(void)
{
	refused("{\"u32\":4294967296}",
		"u32: 4294967296 is outside 0..4294967295 (line 1)");
	refused("{\"u32\":-1}", "u32: -1 is outside 0..4294967295 (line 1)");
	refused("{\"u16\":65536}", "u16: 65536 is outside 0..65535 (line 1)");
	refused("{\"u64\":18446744073709551616}",
		"u64: 18446744073709551616 is outside 0..18446744073709551615 "
		"(line 1)");
	refused("{\"i32\":2147483648}",
		"i32: 2147483648 is outside -2147483648..2147483647 (line 1)");
	refused("{\"i64\":4}", "i64: 4 is outside -3..3 (line 1)");
	refused("{\"i64\":-4}", "i64: -4 is outside -3..3 (line 1)");
	refused("{\"ids\":[1,4294967295]}",
		"ids[1]: 4294967295 is outside 0..4294967294 (line 1)");
	refused("{\"u32\":1.0}",
		"u32: expected a whole number, not 1.0 (line 1)");
	refused("{\"u32\":1e3}",
		"u32: expected a whole number, not 1e3 (line 1)");
	refused("{\"s\":\"a\\nb\"}",
		"s: expected something with x, not \"a?b\" (line 1)");
	refused("{\"s\":\"x\\u0000\"}", "s: a \\u0000 in the string (line 1)");
	refused("{\"word\":\"three\"}",
		"word: expected one of one, two, not \"three\" (line 1)");
	refused("{\"colour\":\"\"}",
		"colour: expected one of red, blue, not \"\" (line 1)");
	refused("{\"colour\":\"red\\u0000\"}",
		"colour: expected one of red, blue, not \"red\" (line 1)");
	refused("{\"colours\":[\"red\",\"x\"]}",
		"colours[1]: expected one of red, blue, not \"x\" (line 1)");
}

static void a_path_before_the_keys(void)
{
	struct json_doc doc = { 0 };
	struct whole w;

	ok(read_text("{\"part\":{}}", "linux", &w, &doc) < 0, "with a prefix");
	is_str(error.text, "linux.part.number: missing", "it comes first");
	json_done(&doc);
}

int main(void)
{
	everything();
	what_is_missing();
	wrong_types();
	wrong_values();
	a_path_before_the_keys();
	return done();
}
