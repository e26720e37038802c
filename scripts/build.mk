# SPDX-License-Identifier: Apache-2.0
# Compiles and links the configured board: included by the Makefile once its configuration is read.
# O is the folder of its objects, LIB that of the third-party libraries, built once per compiler.

### Tools

ARCH := $(if $(CONFIG_ARM64),arm64,$(if $(CONFIG_ARM32),arm32,host))
# What both Arm architectures have in common is in arch/arm.
ARCHES := $(ARCH) $(if $(filter arm%,$(ARCH)),arm)
ARCH_HEADERS := $(patsubst %,-Iarch/%/include,$(ARCHES))
CROSS_arm64 := aarch64-linux-gnu-
CROSS_arm32 := arm-linux-gnueabihf-
TARGET_arm64 := aarch64-none-elf
TARGET_arm32 := armv7-linux-gnueabi
CROSS := $(CROSS_$(ARCH))

ifdef LLVM
  CC := clang $(addprefix --target=,$(TARGET_$(ARCH)))
  LD := ld.lld
  AR := llvm-ar
  OBJCOPY := llvm-objcopy
  SIZE := llvm-size
  cc_include = $(shell $(CC) -print-resource-dir)/include
  NO_PATHS := -ffile-compilation-dir=.
  LOCK_RULES := -Wthread-safety # core/base/lock.h
else
  CC := $(CROSS)gcc
  LD := $(CROSS)ld
  AR := $(CROSS)ar
  OBJCOPY := $(CROSS)objcopy
  SIZE := $(CROSS)size
  cc_include = $(shell $(CC) -print-file-name=include)
  NO_PATHS := -ffile-prefix-map=$(CURDIR)=.
  NO_LOOP_IDIOMS := -fno-tree-loop-distribute-patterns
endif

ifeq ($(shell command -v $(firstword $(CC))),)
  $(error There is no $(firstword $(CC)): run scripts/setup)
endif

### Flags

THIRD := build/third-party
LIB := build/lib/$(ARCH)-$(if $(LLVM),llvm,gcc)$(if $(COVERAGE),-coverage)

WARNINGS := -Wall -Wextra -Wconversion -Wshadow -Wcast-qual -Wmissing-prototypes \
            -Wstrict-prototypes $(LOCK_RULES) -Werror
COMMON := -std=gnu11 -g $(NO_PATHS) -fno-common -ffunction-sections -fdata-sections

TARGET_FLAGS_arm64 := -march=armv8-a -mgeneral-regs-only -mstrict-align -mno-outline-atomics
LDFLAGS_arm64 := --fix-cortex-a53-843419
TARGET_FLAGS_arm32 := -march=armv7ve -marm -mfloat-abi=soft -mno-unaligned-access

ifeq ($(ARCH),host)
  ENVIRONMENT := -fno-omit-frame-pointer
  # clang's build is the fuzzers': tests/fuzz/. COVERAGE=1: scripts/coverage
  COVERED := $(if $(LLVM),-fsanitize=fuzzer-no-link)
  SANITIZED := -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined $(COVERED)
  OPTIMIZE := $(if $(COVERAGE),-O0 --coverage,$(SANITIZED))
  THIRD_OPTIMIZE := -O1 $(if $(COVERAGE),,-fsanitize=address)
else
  # -fbuiltin: freestanding, but a short memcpy() is still better inline.
  ENVIRONMENT := $(TARGET_FLAGS_$(ARCH)) -ffreestanding -fbuiltin -fpie -fno-stack-protector \
      -fstack-usage -fno-asynchronous-unwind-tables -fomit-frame-pointer -nostdinc \
      -isystem $(cc_include) -isystem $(LIB)/include -isystem $(THIRD)/newlib/newlib/libc/include
  # The compiler's <stdint.h>, newlib's <inttypes.h>: that one is told of 64-bit types.
  ENVIRONMENT += -D__int64_t_defined=1
  OPTIMIZE := -Os
  OPTIMIZE_FAST := -O2
  THIRD_OPTIMIZE := -Os
endif

CFLAGS := $(COMMON) $(ENVIRONMENT) $(WARNINGS) -I. $(ARCH_HEADERS) \
          -isystem $(THIRD)/libfdt -isystem $(THIRD)/libdeflate -include $(O)/config.h
ASFLAGS := -g $(NO_PATHS) $(TARGET_FLAGS_$(ARCH)) -nostdinc -I. $(ARCH_HEADERS) \
           -include $(O)/config.h
THIRD_CFLAGS := $(COMMON) $(ENVIRONMENT) $(THIRD_OPTIMIZE) -w
LDFLAGS := -pie --no-dynamic-linker -z text -z max-page-size=4096 -z noexecstack --gc-sections \
           --build-id=none $(LDFLAGS_$(ARCH))

# Objects depend on a file that changes when the command that makes them would.
flags_file = $(shell mkdir -p $(dir $(1)); echo '$(2)' | cmp -s - $(1) || echo '$(2)' > $(1))
$(call flags_file,$(O)/flags,$(CC) $(CFLAGS) $(OPTIMIZE) $(OPTIMIZE_FAST) $(LDFLAGS) $(LD))
$(call flags_file,$(LIB)/flags,$(CC) $(THIRD_CFLAGS))

# Everything is linked into one image at an address yet unknown: no symbol needs the GOT.
export define KCONFIG_AUTOHEADER_HEADER
#if !defined(__ASSEMBLER__) && !__STDC_HOSTED__
#pragma GCC visibility push(hidden)
#endif

endef

$(O)/config.h: $(CONFIG_WHOLE) scripts/build.mk
	@mkdir -p $(@D)
	@$(call kconfig,genconfig,$<) --header-path $@
	@touch $@

### Third-party libraries

# At EL2 the writer alone: what is read there core/plan/dt.c reads.
LIBFDT := fdt fdt_sw $(if $(CONFIG_HOST),fdt_addresses fdt_ro fdt_rw fdt_strerror fdt_wip)
LIBINFLATE := deflate_decompress gzip_decompress $(if $(CONFIG_HOST),x86/cpu_features)
# At EL2 newlib gives these functions, and no others.
LIBSTRING := memchr memcmp memcpy memmove memset strchr strcmp strlen strncmp strnlen strrchr
FAST_STRING := memcmp memcpy memmove memset

LIBS := $(LIB)/libfdt.a $(LIB)/libinflate.a $(if $(filter host,$(ARCH)),,$(LIB)/libstring.a)

# Newlib's headers want what its configure would write; nothing in it concerns strings.
$(LIB)/include/newlib.h:
	@mkdir -p $(@D)
	@touch $(@D)/_newlib_version.h $@

third_objects = $(patsubst %,$(LIB)/$(1)/%.o,$(2))

$(LIB)/libfdt.a: $(call third_objects,libfdt,$(LIBFDT))
$(LIB)/libinflate.a: $(call third_objects,libinflate,$(LIBINFLATE))
$(LIB)/libstring.a: $(call third_objects,libstring,$(LIBSTRING))

$(call third_objects,libstring,$(FAST_STRING)): THIRD_CFLAGS += -O2

third_parts := $(LIB)/flags | $(LIB)/include/newlib.h
define compile_third
$(call quiet,CC)mkdir -p $(@D); $(CC) $(THIRD_CFLAGS) $(1) -c -o $@ $<
endef

$(LIB)/libfdt/%.o: $(THIRD)/libfdt/%.c build/stamps/libfdt $(third_parts)
	$(call compile_third,-I$(THIRD)/libfdt)

$(LIB)/libinflate/%.o: $(THIRD)/libdeflate/lib/%.c build/stamps/libdeflate $(third_parts)
	$(call compile_third,-I$(THIRD)/libdeflate -DFREESTANDING)

$(LIB)/libstring/%.o: $(THIRD)/newlib/newlib/libc/string/%.c build/stamps/newlib $(third_parts)
	$(call compile_third,-fno-builtin $(NO_LOOP_IDIOMS))

### Our own sources: each directory's Makefile lists its objects in obj-y, and in fast-y those of
### them that run at a guest's exits: these are compiled for speed, the others for size

define read_directory
  obj-y :=
  fast-y :=
  include $(1)/Makefile
  OBJECTS += $$(addprefix $(O)/$(1)/,$$(obj-y))
  FAST += $$(addprefix $(O)/$(1)/,$$(fast-y))
endef

OBJECTS :=
FAST :=
$(foreach d,core drivers $(addprefix arch/,$(ARCHES)),$(eval $(call read_directory,$(d))))

# What setup has brought: the libraries' headers are in it.
MATERIALS := $(addprefix build/stamps/,libfdt libdeflate newlib)

ifdef OPTIMIZE_FAST
$(FAST): OPTIMIZE := $(OPTIMIZE_FAST)
endif

$(O)/%.o: %.c $(O)/flags | $(O)/config.h $(MATERIALS)
	$(call quiet,CC)mkdir -p $(@D); $(CC) $(CFLAGS) $(OPTIMIZE) -MMD -MP -c -o $@ $<

$(O)/%.o: %.S $(O)/flags | $(O)/config.h
	$(call quiet,AS)mkdir -p $(@D); $(CC) $(ASFLAGS) -MMD -MP -c -o $@ $<

%.a:
	$(call quiet,AR)rm -f $@; $(AR) rcsD $@ $^

-include $(OBJECTS:.o=.d)

# clang-tidy reads a command line of clang's: "make tidy LLVM=1" inside.
tidy: $(O)/config.h $(LIB)/include/newlib.h
ifdef LLVM
	@clang-tidy --quiet $(wildcard $(OBJECTS:$(O)/%.o=%.c)) -- $(wordlist 2,9,$(CC)) $(CFLAGS)
else
	@$(MAKE) tidy LLVM=1
endif

### The image

ifneq ($(ARCH),host)

all: $(O)/bulkhead.bin $(if $(filter-out 0 0x0,$(CONFIG_UIMAGE_LOAD)),$(O)/uImage)

$(O)/linker.ld: arch/$(ARCH)/linker.ld $(O)/flags | $(O)/config.h
	$(call quiet,CPP)$(CC) $(ASFLAGS) $(if $(findstring ld.lld,$(LD)),-DLLD) -E -P -x assembler-with-cpp -MMD -MP -MT $@ -MF $@.d -o $@ $<

-include $(O)/linker.ld.d

$(O)/bulkhead.elf: $(O)/linker.ld $(OBJECTS) $(LIBS)
	$(call quiet,LD)$(LD) $(LDFLAGS) -Map=$(@:.elf=.map) -T $< -o $@ $(OBJECTS) --start-group $(LIBS) --end-group

$(O)/bulkhead.bin: $(O)/bulkhead.elf
	$(call quiet,OBJCOPY)$(OBJCOPY) -O binary $< $@
	@$(if $(silent),:,$(SIZE) -A $< | awk '$$1 ~ /^.(planner|text|rodata|data|bss|pool)$$/ \
	    { line = line " " $$1 " " $$2 } END { print "  $@ (bytes):" line }')

# Of a date that is always the same, for bytes that are.
$(O)/uImage: $(O)/bulkhead.bin
	$(call quiet,MKIMAGE)SOURCE_DATE_EPOCH=0 mkimage -A arm -O linux -T kernel -C none -n Bulkhead \
	    -a $(CONFIG_UIMAGE_LOAD) -e $(CONFIG_UIMAGE_LOAD) -d $< $@ > /dev/null

### Tests and programs of the host

else

TEST_SOURCES := $(wildcard core/*_test.c core/*/*_test.c drivers/*_test.c drivers/*/*_test.c \
                           arch/host/*_test.c tools/*/*_test.c)
TESTS := $(patsubst %.c,$(O)/test/%,$(notdir $(TEST_SOURCES)))
TOOLS := $(patsubst tools/%.c,$(O)/%,$(wildcard tools/*.c))
TOOL_PARTS := $(patsubst %.c,$(O)/%.o,$(filter-out %_test.c,$(wildcard tools/*/*.c)))
HOST_LIBS := $(O)/libtools.a $(O)/libcore-host.a $(LIBS)

all: $(O)/libcore-host.a $(TOOLS)

$(O)/libcore-host.a: $(OBJECTS)
$(O)/libtools.a: $(TOOL_PARTS)

# A test or a program comes first, so that a function it defines replaces that of the library.
define link_host
$(call quiet,LD)mkdir -p $(@D); $(CC) $(CFLAGS) $(OPTIMIZE) -Wl,-z,muldefs,--gc-sections -o $@ \
    $< -Wl,--start-group $(HOST_LIBS) -Wl,--end-group
endef

define test_rule
$(O)/test/$(basename $(notdir $(1))): $(O)/$(1:.c=.o) $(HOST_LIBS)
	$$(link_host) -lcmocka
endef
$(foreach t,$(TEST_SOURCES),$(eval $(call test_rule,$(t))))

$(TOOLS): $(O)/%: $(O)/tools/%.o $(HOST_LIBS)
	$(link_host) -lm

.PHONY: unit-run
unit-run: $(TESTS) $(TOOLS)
	@scripts/unit $(TESTS)

-include $(patsubst %.c,$(O)/%.d,$(TEST_SOURCES)) $(TOOLS:$(O)/%=$(O)/tools/%.d) $(TOOL_PARTS:.o=.d)

include tests/fuzz/fuzz.mk

endif
