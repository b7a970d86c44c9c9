# sources.mk - every file of librootlet.a, one a line (`make lint` compares this
# with the folders).  src/main.c is not here: it is the program's own.
librootlet_a_SOURCES = \
	src/base/err.c \
	src/base/err.h \
	src/base/field.h \
	src/base/file.c \
	src/base/file.h \
	src/base/json.h \
	src/base/mem.c \
	src/base/mem.h \
	src/base/own.h \
	src/base/str.c \
	src/base/str.h \
	src/cli/command.h \
	src/fs/fs.h \
	src/plan/caller.h \
	src/plan/degrade.h \
	src/plan/plan.h \
	src/proc/caps.h \
	src/proc/console.h \
	src/proc/exec.h \
	src/proc/hooks.h \
	src/proc/limits.h \
	src/proc/sealed.h \
	src/proc/seccomp.h \
	src/proc/supervise.h \
	src/proc/user.h \
	src/spec/spec.h \
	src/state/state.h \
	src/state/store.h \
	src/sys/beneath.h \
	src/sys/fdpass.c \
	src/sys/fdpass.h \
	src/sys/mountapi.c \
	src/sys/mountapi.h \
	src/sys/process.c \
	src/sys/process.h
