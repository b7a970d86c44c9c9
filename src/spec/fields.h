/* fields.h - how spec/ writes its tables of fields, and what they share.
 *
 *	ROW(spec_process, cwd, "cwd", STRING, REQUIRED,
 *	    CHECK(&spec_absolute_path)),
 *
 * reads the key "cwd" into struct spec_process.cwd; that the member has the
 * type which FIELD_STRING fills is checked when this is compiled.
 */
#pragma once

#include <stddef.h>

#include "base/field.h"
#include "spec/spec.h"

#define C_BOOL			bool
#define C_INT32			int32_t
#define C_INT64			int64_t
#define C_UINT16		uint16_t
#define C_UINT32		uint32_t
#define C_UINT64		uint64_t
#define C_OPT_BOOL		struct opt_bool
#define C_OPT_INT64		struct opt_int64
#define C_OPT_UINT32		struct opt_uint32
#define C_OPT_UINT64		struct opt_uint64
#define C_STRING		const char *
#define C_STRINGS		struct strings
#define C_UINT32S		struct uint32s
#define C_MAP			struct string_map
#define C_ENUM			int
#define C_OBJECTS		struct items
#define C_MEMBERS		struct items
#define C_JSON			const struct json *

#define MEMBER_TYPE(of, member) __typeof__(((struct of *)0)->member)
#define OF_TYPE(of, member, c_type)                                            \
	_Static_assert(                                                        \
		__builtin_types_compatible_p(MEMBER_TYPE(of, member), c_type), \
		"the row's type is not that of " #of "." #member)
/* The offset; the struct carries the assertion into an expression. */
#define PLACE(of, member, c_type)                                           \
	(offsetof(struct of, member) + 0 * sizeof(struct {                  \
					       OF_TYPE(of, member, c_type); \
					       char unused;                 \
				       }))

#define ROW(of, member, name, kind, ...)                           \
	{                                                          \
		.key = (name), .type = FIELD_##kind,               \
		.offset = PLACE(of, member, C_##kind), __VA_ARGS__ \
	}
/* An object inside the struct; one behind a pointer; an array of objects; an
 * object of objects. */
#define ROW_OBJECT(of, member, name, sub_struct, rows)              \
	{                                                           \
		.key = (name), .type = FIELD_OBJECT, .sub = (rows), \
		.offset = PLACE(of, member, struct sub_struct)      \
	}
#define ROW_POINTER(of, member, name, sub_struct, rows)                 \
	{                                                               \
		.key = (name), .type = FIELD_OBJECT_PTR, .sub = (rows), \
		.offset = PLACE(of, member, struct sub_struct *),       \
		.size = sizeof(struct sub_struct)                       \
	}
#define ROW_ITEMS(of, member, name, sub_struct, rows) \
	ROW(of, member, name, OBJECTS, .sub = (rows), \
	    .size = sizeof(struct sub_struct))
#define ROW_MEMBERS(of, member, name, sub_struct, rows) \
	ROW(of, member, name, MEMBERS, .sub = (rows),   \
	    .size = sizeof(struct sub_struct))

#define REQUIRED      .flags = FIELD_REQUIRED
#define NEEDS_CONTENT .flags = (FIELD_REQUIRED | FIELD_NOT_EMPTY)
#define CHECK(check)  .sub = (check)
#define RANGE(range)  .sub = (range)
#define NAMES(names)  .sub = (names)

/* Tables. */
extern const struct field spec_id_map_fields[];
extern const struct field spec_process_fields[];
extern const struct field spec_linux_fields[];
extern const struct field spec_resources_fields[];
extern const struct field spec_seccomp_fields[];

/* Checks and ranges that several tables use. */
extern const struct field_check spec_absolute_path;
extern const struct field_check spec_one_line; /* no newline */
extern const struct field_check spec_one_word; /* no blank, not empty */
extern const struct field_check spec_cpu_list;
/* Not 4294967295: the kernel takes that, -1, for "leave it as it is". */
extern const struct field_range spec_id_range;

/* What a table can't say because it is about several values, and device
 * numbers and modes, whose limits depend on the type. */
int spec_validate(const struct spec *spec, struct err *e);
int spec_validate_process(const struct spec_process *p, struct err *e);
int spec_validate_resources(const struct spec_resources *res, struct err *e);
