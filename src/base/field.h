/* field.h - keys of a JSON object as rows of a table.
 *
 *	#define AT(member) offsetof(struct spec_process, member)
 *	static const struct field process_fields[] = {
 *		{ "terminal", FIELD_BOOL,   AT(terminal), 0, NULL, 0 },
 *		{ "cwd",      FIELD_STRING, AT(cwd), FIELD_REQUIRED, NULL, 0 },
 *		{ "user",     FIELD_OBJECT, AT(user), 0, user_fields, 0 },
 *		{ 0 }
 *	};
 *
 * fields_read() walks a table over an object; an error names the whole path
 * and the line: "process.user.uid: expected a number (line 12)".  Keys that
 * no row names are ignored; null counts as missing.  Everything that is
 * allocated comes from the arena.  Strings are borrowed from the tree.
 */
#pragma once

#include <stddef.h>

#include "base/json.h"

struct err;

enum field_type {
	FIELD_BOOL, /* bool */
	FIELD_INT32, /* int32_t; like all numbers: range-checked, no fractions */
	FIELD_INT64,
	FIELD_UINT16,
	FIELD_UINT32,
	FIELD_UINT64,
	FIELD_OPT_BOOL, /* struct opt_bool */
	FIELD_OPT_INT64, /* struct opt_int64 */
	FIELD_OPT_UINT32, /* struct opt_uint32 */
	FIELD_OPT_UINT64, /* struct opt_uint64 */
	FIELD_STRING, /* const char *, NULL when missing; no '\0' inside */
	FIELD_STRINGS, /* struct strings */
	FIELD_UINT32S, /* struct uint32s */
	FIELD_MAP, /* struct string_map: an object of strings */
	FIELD_ENUM, /* int; sub: const struct field_name *, ends with NULL */
	FIELD_ENUMS, /* struct ints; an array of them */
	FIELD_OBJECT, /* an embedded struct; sub: its rows */
	FIELD_OBJECT_PTR, /* T *, NULL when missing; size: sizeof(T) */
	FIELD_OBJECTS, /* struct items; size: sizeof of one */
	/* struct items from an object of objects; size: sizeof of one, which
	 * begins with a const char *: its key */
	FIELD_MEMBERS,
	FIELD_JSON, /* const struct json *: any value, as it is */
};

enum field_flags {
	FIELD_REQUIRED = 1,
	FIELD_NOT_EMPTY = 2, /* a string or array must have something in it */
};

struct opt_bool {
	bool set, value;
};
struct opt_int64 {
	bool set;
	int64_t value;
};
struct opt_uint32 {
	bool set;
	uint32_t value;
};
struct opt_uint64 {
	bool set;
	uint64_t value;
};
struct strings {
	const char **v; /* n of them, then NULL; v is NULL when n is 0 */
	size_t n;
	bool present; /* the key was there, be it with an empty array */
};
struct uint32s {
	uint32_t *v;
	size_t n;
	bool present;
};
struct ints {
	int *v;
	size_t n;
	bool present;
};
struct string_pair {
	const char *key, *value;
};
struct string_map {
	struct string_pair *v;
	size_t n;
	bool present;
};
/* An array of structs: `(struct spec_mount *)items.v`, n of them. */
struct items {
	void *v;
	size_t n;
	bool present;
};

struct field_name {
	const char *name;
	int value;
};

/* What FIELD_STRING and each of FIELD_STRINGS must be: one of the words (the
 * list ends with NULL) or, without words, what good() says yes to.  `expected`
 * goes with good(): "an absolute path". */
struct field_check {
	const char *const *words;
	bool (*good)(const char *text);
	const char *expected;
};

/* Narrower limits of a number, or of each of FIELD_UINT32S. */
struct field_range {
	int64_t min;
	uint64_t max;
};

struct field {
	const char *key;
	enum field_type type;
	size_t offset;
	unsigned flags;
	/* By type: struct field[], struct field_name[], and optional:
	 * struct field_check * or struct field_range *. */
	const void *sub;
	size_t size; /* of FIELD_OBJECT_PTR, FIELD_OBJECTS, FIELD_MEMBERS */
};

/* Fills *ret, which the caller has zeroed: a missing key leaves it so.  `path`
 * is what stands before the keys in messages, "" for the root. */
int fields_read(const struct field *fields, const struct json *object,
		const char *path, struct arena *arena, void *ret,
		struct err *e);

/* The name of an enum's value, or NULL. */
const char *field_name(const struct field_name *names, int value);
