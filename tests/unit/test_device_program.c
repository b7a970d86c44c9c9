/* test_device_program.c - rules about devices as a program.
 *
 * The program is run here by a small interpreter, and its answers compared with
 * those of plan/device_rules.c; where we may, the kernel's verifier reads it.
 */
#include "cgroup/device_program.h"

#include <errno.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/own.h"
#include "plan/device_rules.h"
#include "sys/bpf.h"
#include "test.h"

#define STEPS_MAX 100000

static uint32_t loaded(const struct bpf_insn *insn,
		       const struct bpf_cgroup_dev_ctx *context)
{
	uint32_t value = 0;

	memcpy(&value, (const char *)context + insn->off, sizeof(value));
	return value;
}

static bool is_taken(const struct bpf_insn *insn, uint32_t reg)
{
	uint32_t imm = (uint32_t)insn->imm;

	switch (BPF_OP(insn->code)) {
	case BPF_JEQ:
		return reg == imm;
	case BPF_JNE:
		return reg != imm;
	case BPF_JSET:
		return (reg & imm) != 0;
	default:
		return true; /* BPF_JA */
	}
}

static uint32_t computed(const struct bpf_insn *insn, uint32_t reg,
			 uint32_t source)
{
	uint32_t value = BPF_SRC(insn->code) == BPF_X ? source
						      : (uint32_t)insn->imm;

	switch (BPF_OP(insn->code)) {
	case BPF_AND:
		return reg & value;
	case BPF_OR:
		return reg | value;
	case BPF_XOR:
		return reg ^ value;
	case BPF_LSH:
		return reg << value;
	case BPF_RSH:
		return reg >> value;
	default:
		return value; /* BPF_MOV */
	}
}

/* The answer, or -1: it runs out of the program. */
static int run(const struct device_program *p,
	       const struct bpf_cgroup_dev_ctx *context)
{
	uint32_t regs[11] = { 0 };
	size_t at = 0;

	for (int steps = 0; at < p->n && steps < STEPS_MAX; steps++) {
		const struct bpf_insn *insn = &p->code[at++];
		uint32_t *reg = &regs[insn->dst_reg];

		switch (BPF_CLASS(insn->code)) {
		case BPF_LDX:
			*reg = loaded(insn, context);
			break;
		case BPF_ALU:
			*reg = computed(insn, *reg, regs[insn->src_reg]);
			break;
		default: /* BPF_JMP, BPF_JMP32 */
			if (BPF_OP(insn->code) == BPF_EXIT)
				return (int)regs[0];
			if (is_taken(insn, *reg))
				at += (size_t)insn->off;
		}
	}
	return -1;
}

static int asked(const struct device_program *p, char type, uint32_t major,
		 uint32_t minor, unsigned access)
{
	unsigned bits = 0;
	struct bpf_cgroup_dev_ctx context = { .major = major, .minor = minor };

	if (access & DEVICE_READ)
		bits |= BPF_DEVCG_ACC_READ;
	if (access & DEVICE_WRITE)
		bits |= BPF_DEVCG_ACC_WRITE;
	if (access & DEVICE_MKNOD)
		bits |= BPF_DEVCG_ACC_MKNOD;
	context.access_type = bits << 16 | (type == 'b' ? BPF_DEVCG_DEV_BLOCK
							: BPF_DEVCG_DEV_CHAR);
	return run(p, &context);
}

/* "rw" of c MAJOR:MINOR by these rules? */
static int answer(const struct plan_device_rule *rules, size_t n,
		  uint32_t major, uint32_t minor, unsigned access)
{
	struct device_program p;
	int r;

	device_program_make(rules, n, &p);
	r = asked(&p, 'c', major, minor, access);
	device_program_done(&p);
	return r;
}

#define N(rules) (sizeof(rules) / sizeof((rules)[0]))
#define RW	 (DEVICE_READ | DEVICE_WRITE)

static void by_hand(void)
{
	static const struct plan_device_rule fuse[] = {
		{ false, 'a', -1, -1, DEVICE_ALL },
		{ true, 'c', 10, 229, RW },
	};
	static const struct plan_device_rule halves[] = {
		{ true, 'c', 10, -1, DEVICE_READ },
		{ true, 'a', -1, 229, DEVICE_WRITE },
		{ false, 'c', 10, 5, DEVICE_WRITE },
	};
	static const struct plan_device_rule all_but[] = {
		{ true, 'a', -1, -1, DEVICE_ALL },
		{ false, 'c', 10, 229, DEVICE_READ },
	};

	is_int(answer(NULL, 0, 1, 3, DEVICE_READ), 0, "no rule: no");
	is_int(answer(fuse, N(fuse), 10, 229, RW), 1, "the one that is named");
	is_int(answer(fuse, N(fuse), 10, 229, DEVICE_ALL), 0, "not to make it");
	is_int(answer(fuse, N(fuse), 10, 228, DEVICE_READ), 0, "not another");
	is_int(answer(fuse, N(fuse), 10, 228, 0), 1, "no access: yes");
	is_int(answer(fuse, 1, 1, 3, DEVICE_READ), 0, "all are denied");
	is_int(answer(halves, N(halves), 10, 229, RW), 1,
	       "two rules, each about a half of what is asked for");
	is_int(answer(halves, N(halves), 10, 1, RW), 0, "a half alone");
	is_int(answer(halves, N(halves), 10, 5, DEVICE_READ), 1,
	       "a denial of the other half");
	is_int(answer(all_but, N(all_but), 10, 229, DEVICE_WRITE), 1,
	       "all but reading: to write");
	is_int(answer(all_but, N(all_but), 10, 229, RW), 0, "and to read");
	is_int(answer(all_but, 1, 4000, 1000000, DEVICE_ALL), 1, "all");
}

/* The same numbers each time. */
static unsigned next(unsigned limit)
{
	static uint64_t state = 1;

	state = state * 6364136223846793005U + 1442695040888963407U;
	return (unsigned)(state >> 33) % limit;
}

static void make_rules(struct plan_device_rule *rules, size_t n)
{
	for (size_t i = 0; i < n; i++)
		rules[i] = (struct plan_device_rule){
			.allow = next(2),
			.type = "abc"[next(3)],
			.major = (int64_t)next(4) - 1,
			.minor = (int64_t)next(4) - 1,
			.access = 1 + next(DEVICE_ALL),
		};
}

/* Every question about devices of these few numbers. */
static bool agree(const struct plan_device_rule *rules, size_t n)
{
	struct device_program p;
	bool same = true;

	device_program_make(rules, n, &p);
	for (unsigned i = 0; i < 2 * 4 * 4 * 8; i++) {
		char type = i & 1 ? 'b' : 'c';
		unsigned major = i >> 1 & 3, minor = i >> 3 & 3;
		unsigned access = i >> 5;

		same = same && asked(&p, type, major, minor, access) ==
				       device_rules_allow(rules, n, type, major,
							  minor, access);
	}
	device_program_done(&p);
	return same;
}

static void by_chance(void)
{
	struct plan_device_rule rules[12];
	bool same = true;

	for (int i = 0; i < 2000; i++) {
		size_t n = next(N(rules) + 1);

		make_rules(rules, n);
		same = same && agree(rules, n);
	}
	ok(same, "the program says what the rules say");
}

static int verify(const struct plan_device_rule *rules, size_t n)
{
	struct device_program p;
	autoclose int fd = -1;

	device_program_make(rules, n, &p);
	fd = sys_bpf_load_device("rootlet_test", p.code, p.n);
	device_program_done(&p);
	return fd < 0 ? fd : 0;
}

/* As many as a bundle may have: the verifier has a patience of its own. */
static void by_the_kernel(void)
{
	enum { MANY = 1010, TIMES = 20 };
	struct plan_device_rule *rules = mem_zero_n(MANY, sizeof(*rules));
	int r = verify(NULL, 0);

	if (r == -EPERM || r == -ENOSYS) {
		skip("the kernel takes them", "bpf(2) is refused here");
		free(rules);
		return;
	}
	is_int(r, 0, "no rule");
	for (int i = 0; r == 0 && i < TIMES; i++) {
		size_t n = 1 + next(12);

		make_rules(rules, n);
		r = verify(rules, n);
	}
	is_int(r, 0, "the kernel takes them");
	make_rules(rules, MANY);
	for (size_t i = 0; i < MANY; i++) {
		if (rules[i].type == 'a')
			rules[i].type = 'c';
		rules[i].minor = (int64_t)i;
	}
	is_int(verify(rules, MANY), 0, "and as many as there may be");
	free(rules);
}

int main(void)
{
	by_hand();
	by_chance();
	by_the_kernel();
	return done();
}
