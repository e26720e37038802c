# SPDX-License-Identifier: Apache-2.0
# The fuzzers, build/host-llvm/fuzz/NAME from NAME_fuzz.c; core and drivers are the host's, compiled
# by clang. "make BOARD=host LLVM=1 fuzzers"; scripts/fuzz runs them.

FUZZERS := $(patsubst tests/fuzz/%_fuzz.c,$(O)/fuzz/%,$(wildcard tests/fuzz/*_fuzz.c))
PLAN_FUZZERS := $(addprefix $(O)/fuzz/,board system tree)
FUZZ_PARTS := $(addprefix $(O)/tests/fuzz/,gen.o oracle_plan.o oracle_streams.o oracle_partitions.o)

.PHONY: fuzzers
fuzzers: $(FUZZERS)

$(PLAN_FUZZERS): $(FUZZ_PARTS)
$(O)/fuzz/vgic: FUZZ_LIBS := -lcmocka # the model of the hardware asserts with it

# What a fuzzer defines comes first and replaces what the library has.
$(FUZZERS): $(O)/fuzz/%: $(O)/tests/fuzz/%_fuzz.o $(HOST_LIBS)
	$(call quiet,LD)mkdir -p $(@D); $(CC) $(CFLAGS) $(OPTIMIZE) -fsanitize=fuzzer \
	    -Wl,-z,muldefs,--gc-sections -o $@ $(filter %.o,$^) \
	    -Wl,--start-group $(HOST_LIBS) -Wl,--end-group $(FUZZ_LIBS)

-include $(wildcard $(O)/tests/fuzz/*.d)
