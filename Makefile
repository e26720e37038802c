# SPDX-License-Identifier: Apache-2.0
# Builds Bulkhead, out of tree: everything goes into build/. "make help" lists the targets.
#
#   BOARD=name   the board to build; by default the one configured last (build/board)
#   LLVM=1       clang and lld, into build/BOARD-llvm/, instead of gcc and binutils
#   V=1          print whole commands
#
# The host, where core/ and drivers/ are unit-tested, is a board like the others: BOARD=host. How a
# configured board is compiled and linked is in scripts/build.mk.

MAKEFLAGS += --no-builtin-rules --no-builtin-variables --no-print-directory
.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all menuconfig savedefconfig help clean distclean unit unit-run tools guests newlib \
        demo check bench FORCE

quiet = @$(if $(V),,printf '  %-8s %s\n' $(1) '$(patsubst build/%,%,$(or $(2),$@))';)
PYTHON := /usr/bin/python3

all:

### What to build, and its configuration

BOARD ?= $(file < build/board)
CONFIG := build/$(BOARD)/.config
O := build/$(BOARD)$(if $(LLVM),-llvm)
DEFCONFIGS := $(notdir $(wildcard configs/*_defconfig))
unconfigured := help clean distclean unit tools guests newlib demo check bench $(DEFCONFIGS)

ifneq ($(filter-out $(unconfigured),$(or $(MAKECMDGOALS),all)),)
  ifeq ($(BOARD),)
    $(error No board is configured: try "make qemu-arm64_defconfig", or "make help")
  endif
  include $(CONFIG) scripts/build.mk
endif

kconfig = KCONFIG_CONFIG=$(or $(2),$(CONFIG)) $(PYTHON) -m $(1)

$(DEFCONFIGS): %_defconfig: FORCE
	@mkdir -p build/$*
	$(if $(V),,@)$(call kconfig,defconfig configs/$@,build/$*/.config) $(if $(V),,> /dev/null)
	@echo '$*' > build/board
	@echo 'Configured $* in build/$*/.config'

build/host/.config: configs/host_defconfig Kconfig
	@mkdir -p $(@D)
	@$(call kconfig,defconfig $<,$@) > /dev/null

# A Kconfig that has changed: options it added take their defaults.
build/%/.config: Kconfig
	@test -e $@ || { echo 'There is no $@: try "make $*_defconfig"' >&2; exit 1; }
	@$(call kconfig,olddefconfig,$@) > /dev/null
	@touch $@

menuconfig:
	@$(call kconfig,menuconfig)

savedefconfig:
	@$(call kconfig,savedefconfig) --out configs/$(BOARD)_defconfig

### What needs no board

UNIT := $(MAKE) BOARD=host

unit:           ; @$(UNIT) unit-run
tools:          ; @$(UNIT) all

NEWLIB := build/newlib/aarch64-none-elf

newlib: $(NEWLIB)/lib/libc.a
$(NEWLIB)/lib/libc.a: scripts/newlib
	scripts/newlib

guests: newlib
	@$(MAKE) -C guests BUILD=$(CURDIR)/build/guests NEWLIB=$(CURDIR)/$(NEWLIB) \
	    LIBFDT=$(CURDIR)/build/third-party/libfdt

demo check bench:
	@scripts/setup
	@scripts/$@

clean:
	rm -rf $(filter-out %/board,$(wildcard build/*/*.o))

distclean:
	rm -rf build

help:
	@sed -n 's/^## //p' Makefile
