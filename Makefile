# SPDX-License-Identifier: Apache-2.0
# Builds Bulkhead, out of tree: everything goes into build/. "make help" lists the targets. How a
# configured board is compiled and linked is in scripts/build.mk. The host, where core/ and drivers/
# are unit-tested, is a board like the others.

MAKEFLAGS += --no-builtin-rules --no-builtin-variables --no-print-directory
.DELETE_ON_ERROR:
.PRECIOUS: build/guest/% build/guests/%
.SECONDEXPANSION:

$(if $(word 2,$(CURDIR)),$(error "$(CURDIR)" has a blank in it, which make cannot take: clone it elsewhere))

# "make -s": nothing but what goes wrong, and what was asked for.
silent = $(findstring s,$(filter-out -%,$(firstword $(MAKEFLAGS))))
quiet = $(if $(V),,@$(if $(silent),,printf '  %-8s %s\n' $(1) '$(@:build/%=%)';))
PYTHON := /usr/bin/python3
# Scripts start makes with jobs of their own, which know nothing of this one's: these are lent to recipes with "+" only,
# and "make -n demo" would run those.
apart = MAKEFLAGS='$(subst ','\'',$(filter-out -j% --jobserver-%,$(MAKEFLAGS)))'

##
## Variables: BOARD=NAME (default: the board configured last), LLVM=1 (clang and lld instead of gcc,
## into build/BOARD-llvm/), V=1 (whole commands)
##
## To build and configure a board:
##   NAME_defconfig   start from configs/NAME_defconfig, and make NAME the board to build
##   all              build/BOARD/bulkhead.bin (the default)
##   menuconfig       change the board's configuration
##   savedefconfig    write it back to configs/BOARD_defconfig
##   tidy             clang-tidy on the board's sources
all menuconfig savedefconfig tidy:
.PHONY: all menuconfig savedefconfig tidy FORCE

DEFCONFIGS := $(notdir $(wildcard configs/*_defconfig))
boardless := %_defconfig unit tools guests newlib ramdisks systems format demo demo-devices check bench \
             fuzz coverage mutations clean distclean help build/guest/% build/guests/% build/newlib/% build/dts/%
boardful := all menuconfig savedefconfig tidy unit-run fuzzers build/%
goals := $(or $(MAKECMDGOALS),all)

$(foreach g,$(filter-out $(boardless) $(boardful),$(goals)),$(error There is no target "$g": try "make help"))

BOARDS := $(filter-out host,$(DEFCONFIGS:_defconfig=))
BOARD ?= $(file < build/board)
CONFIG := build/$(BOARD)/.config
CONFIG_WHOLE := build/$(BOARD)/whole.config
O := build/$(BOARD)$(if $(LLVM),-llvm)$(if $(COVERAGE),-coverage)

ifneq ($(filter-out $(boardless),$(goals)),)
  ifeq ($(BOARD),)
    $(error No board is configured: try "make qemu-arm64_defconfig", or "make help")
  endif
  ifeq ($(wildcard $(CONFIG) configs/$(BOARD)_defconfig),)
    $(error There is no board "$(BOARD)": configs/ has $(BOARDS))
  endif
  ifeq ($(wildcard $(CONFIG))$(filter host,$(BOARD)),)
    $(error $(BOARD) is not configured: try "make $(BOARD)_defconfig")
  endif
  include $(CONFIG_WHOLE) scripts/build.mk
endif

# $(call kconfig,COMMAND,.CONFIG)
kconfig = KCONFIG_WARN_UNDEF_ASSIGN=y KCONFIG_CONFIG=$(2) $(PYTHON) -m $(1)

need_kconfiglib = @$(PYTHON) -c 'import kconfiglib' 2> /dev/null || \
    { echo 'There is no kconfiglib: run scripts/setup' >&2; exit 1; }

# The PC's is no board to stay with, nor is one that BOARD= names.
stays = $(or $(filter host,$*),$(filter command environment,$(origin BOARD)))
$(DEFCONFIGS): %_defconfig: FORCE
	$(need_kconfiglib)
	@mkdir -p build/$*
	@wrong=$$($(call kconfig,defconfig configs/$@,build/$*/new.config) 2>&1 > /dev/null && \
	        sed -n 's/^\(CONFIG_EARLY_CONSOLE_BASE\)=$$/configs\/$@: \1 is not set, and has no default/p' build/$*/new.config) && \
	    [ -z "$$wrong" ] || { echo "$$wrong" >&2; rm -f build/$*/new.config; exit 1; }
	@cd build/$*; if cmp -s .config new.config; then rm new.config; exit; fi; \
	    [ ! -e .config ] || { mv .config .config.old; echo 'What it was: build/$*/.config.old'; }; \
	    mv new.config .config
	@$(if $(stays),[ -e build/board ] ||) $(if $(filter host,$*),:,echo '$*' > build/board)
	@$(if $(silent),:,echo 'Configured $*: build/$*/.config')

$(filter-out $(DEFCONFIGS),$(filter %_defconfig,$(MAKECMDGOALS))): FORCE
	@echo 'There is no configs/$@: configs/ has $(BOARDS)' >&2; exit 1

build/host/.config: configs/host_defconfig Kconfig
	$(need_kconfiglib)
	@mkdir -p $(@D)
	@$(call kconfig,defconfig $<,$@) > /dev/null

# Options that Kconfig has gained, or an editor has lost, take their defaults in .config too.
build/%/whole.config: build/%/.config Kconfig
	$(need_kconfiglib)
	@$(call kconfig,olddefconfig,$<) > /dev/null
	@cp $< $@

menuconfig:
	@[ -t 0 ] || { echo 'menuconfig wants a terminal' >&2; exit 1; }
	@$(call kconfig,menuconfig,$(CONFIG))

savedefconfig:
	@$(call kconfig,savedefconfig,$(CONFIG)) --out configs/$(BOARD)_defconfig

##
## What needs no configured board:
##   unit             build and run the unit tests
##   coverage         what of core/ the unit tests run, by file: build/coverage.txt
##   tools            programs for this PC: build/host/NAME from tools/NAME.c
##   guests           bare-metal partitions: build/guests/NAME/, for Armv7-A build/guests/arm32/NAME/
##   newlib           their C library: build/newlib/TARGET/ (once, about two minutes)
##   ramdisks         initrds of the Linux guest: build/guest/ARCH/
##   systems          system files: build/dts/*/NAME.itb from dts/*/NAME.its (of BOARD, if given)
##   format           clang-format on all sources
.PHONY: unit coverage tools guests newlib ramdisks systems format

unit:
	@$(MAKE) BOARD=host unit-run

coverage:
	@$(apart) scripts/coverage

tools:
	@$(MAKE) BOARD=host all

newlib: build/newlib/aarch64-none-elf/lib/libc.a build/newlib/arm-none-eabi/lib/libc.a
build/newlib/%/lib/libc.a: scripts/newlib build/stamps/newlib
	@scripts/newlib $*

guests: newlib
	@$(MAKE) -C guests
	@$(MAKE) -C guests ARCH=arm32

build/guests/%: guests
	@:

# The Linux guest's small one, and the same with the drivers of devices that are granted.
RAMDISKS := build/guest/arm64/initrd.gz build/guest/arm64/devices.gz build/guest/arm32/initrd.gz

# A system file names what it includes by its path in build/. What is not there and nobody makes is
# for scripts/mksystem to tell.
incbins = $(shell sed -n 's|.*/incbin/("\([^"]*\)").*|build/\1|p' $(1))
included = $(foreach f,$(incbins),$(filter $(RAMDISKS) build/guests/% $(wildcard $(f)),$(f)))

# One that cannot be made does not stop the others.
systems:
	@$(MAKE) --keep-going $(or $(patsubst %.its,build/%.itb,$(wildcard dts/$(if $(filter command \
	    environment,$(origin BOARD)),$(BOARD),*)/*.its)),$(error There is no dts/$(BOARD)/*.its))

build/dts/%.itb: dts/%.its scripts/mksystem $$(call included,dts/$$*.its)
	$(call quiet,MKIMAGE)mkdir -p $(@D); scripts/mksystem $(if $(V),-v) $< $@

ramdisks: $(RAMDISKS)
	@:

build/guest/arm64/initrd.gz build/guest/arm32/initrd.gz: build/guest/%/initrd.gz: build/guest/%/busybox \
    build/guest/arm32/busybox scripts/mkinitrd guests/linux/init $(wildcard guests/linux/tests/*)
	$(call quiet,INITRD)scripts/mkinitrd $*

build/guest/arm64/devices.gz: build/guest/arm64/initrd.gz build/guest/arm64/modules/nvme.order
	$(call quiet,INITRD)(cat $<; cd build/guest/arm64; find modules -exec touch -h -d @0 {} +; \
	    find modules | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0 --reproducible | gzip -9n) > $@.part
	@mv $@.part $@

build/third-party/% build/guest/% build/stamps/%:
	@echo 'There is no $@: run scripts/setup' >&2; exit 1

format:
	@git ls-files -z '*.[ch]' | xargs -0 clang-format -i

##
## To try and to test (each runs scripts/setup first):
##   demo             boot the demo system in QEMU (BOARD=: qemu-arm64, qemu-arm32, raspi4b, vexpress-a15, xlnx-zcu102)
##   demo-devices     boot the demo of devices: a disk, a network card, and a DMA engine that attacks
##   check            run every test (about 40 minutes on two cores), on configurations as in configs/
##   bench            run the benchmarks (BOARD=: qemu-arm64, qemu-arm32), on configurations as in configs/
##   fuzz             fuzz core on this PC: TIME=SECONDS for each (60), FUZZ="NAME..." (all)
##   mutations        break a check at a time and see which test notices (an hour)
.PHONY: demo demo-devices check bench fuzz mutations

fuzz:
	@$(apart) scripts/setup
	@$(apart) scripts/fuzz $(FUZZ)

demo check bench:
	@$(apart) scripts/setup
	@$(apart) scripts/$@

demo-devices:
	@$(apart) scripts/setup
	@$(apart) scripts/demo devices

mutations: guests
	@$(apart) tests/mutations

##
##   clean            empty build/ but for configurations, downloads, newlib, and board trees (*.dtb)
##   distclean        remove build/ altogether
##   help             this text
.PHONY: clean distclean help

clean:
	@mkdir -p build
	@find build -mindepth 1 \( -path build/third-party -o -path build/guest -o -path build/newlib \
	    -o -path build/stamps -o -path build/board -o -path 'build/*.dtb' -o -name .config \) -prune -o ! -type d -exec rm {} +
	@find build -type d -empty -delete

distclean:
	rm -rf build

help:
	@sed -n 's/^## \?//p' Makefile
