# per-file.mk - the checks that look at one file at a time, each a stamp that is
# as new as the last time that the file was good.  Called by lib.sh (per_file).

out := $(LINT_BUILD)/.lint
CC := gcc
CPPFLAGS := -D_GNU_SOURCE -DENABLE_FAULT_INJECTION=1 -Isrc -Itests -I$(LINT_BUILD) \
	-DPKGLIBEXECDIR='"/usr/libexec/rootlet"'
warnings := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes

# $(call depends,FILE): the stamp is made again when an included file changes.
depends = $(CC) -std=gnu11 $(CPPFLAGS) -MM -MP -MT $@ -MF $(@:.ok=.d) $(1) && touch $@

tidy: $(LIST:%=$(out)/tidy/%.ok)
analyzer: $(LIST:%=$(out)/analyzer/%.ok)
headers: $(LIST:%=$(out)/headers/%.ok)

$(out)/tidy/%.ok: % .clang-tidy
	@mkdir -p $(@D)
	@clang-tidy --quiet --warnings-as-errors='*' $< -- -std=gnu11 $(CPPFLAGS) \
		2>$(@:.ok=.err) || { sed '/warnings\? generated\|^Suppressed\|^Use -/d' $(@:.ok=.err); exit 1; }
	@$(call depends,$<)

# -O0: the code as it is written; the optimiser hides a double free from it.
$(out)/analyzer/%.ok: %
	@mkdir -p $(@D)
	@$(CC) -std=gnu11 $(CPPFLAGS) -O0 -fanalyzer -Werror -c -o /dev/null $<
	@$(call depends,$<)

$(out)/headers/%.ok: %
	@mkdir -p $(@D)
	@echo '#include "$<"' | $(CC) -std=gnu11 $(CPPFLAGS) -I. $(warnings) -Werror \
		-fsyntax-only -x c - || { echo "$<: does not compile alone"; exit 1; }
	@$(call depends,$<)

.PHONY: tidy analyzer headers
.DELETE_ON_ERROR:
-include $(wildcard $(foreach kind,tidy analyzer headers,$(LIST:%=$(out)/$(kind)/%.d)))
