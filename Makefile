# mmpipe: `make` builds the programs into build/bin; `make help` lists the other goals; README.md explains the two that matter,
# demo and check. DEPS=0: nothing is installed.
#
# Sources are found by their place: filters/mm*.c are programs, one in common/, formats/ or a folder of filters/ goes into its
# library, tests/unit/**/*_test.c is a cmocka program, tests/cli/*.sh, tests/agreement/*.sh and tests/long/*.sh are scripts.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.SUFFIXES:

VERSION := 0.1.0
BUILD   ?= build
PREFIX  ?= /usr/local
DESTDIR ?=
SHARED  ?= ../shared
SANITIZE ?=
DEPS    ?= 1
CUDA     ?= auto
CUDA_HOME ?= /usr/local/cuda

ifneq ($(SANITIZE),)
BUILD := build/sanitize
endif

ifeq ($(origin CC),default)
CC := gcc
endif
ifeq ($(origin CXX),default)
CXX := g++
endif
PACKAGES := libpng zlib libarchive jansson cairo libdeflate libisal libjpeg nettle
CFLAGS   ?= -O2 -g
WARN     := -Werror=implicit-function-declaration -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wpointer-arith -Wwrite-strings \
            -Wno-missing-field-initializers
override CPPFLAGS += -I. -D_GNU_SOURCE -DMM_VERSION='"$(VERSION)"' $(shell pkg-config --cflags $(PACKAGES) hdf5 2>/dev/null)
override CFLAGS   += -std=c11 $(WARN) -ffp-contract=off -fno-math-errno -pthread -MMD -MP
override CXXFLAGS += -std=c++17 -O2 -g -Wall -Wextra -DNDEBUG -fvisibility=hidden -pthread -MMD -MP
# --as-needed: a program loads only the libraries that it uses.
LDLIBS   := -Wl,--as-needed $(shell pkg-config --libs $(PACKAGES) 2>/dev/null) -lm -pthread
# What may crash is linked with one program alone, which the others start. GDCM has no pkg-config file.
GDCM     := $(lastword $(sort $(wildcard /usr/include/gdcm-*)))
ISOLATED_LIBS := $(shell pkg-config --libs hdf5 2>/dev/null) -lgdcmMSFF -lgdcmDSED -lgdcmCommon -lstdc++
ifneq ($(SANITIZE),)
override CFLAGS += -fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer
override CXXFLAGS += -fsanitize=$(SANITIZE) -fno-sanitize=vptr -fno-sanitize-recover=all -fno-omit-frame-pointer
LDFLAGS += -fsanitize=$(SANITIZE)
endif

sources   = $(sort $(wildcard $(foreach d,$(1),$(d)/*.c $(d)/*/*.c $(d)/*/*/*.c)))
not-plugin = $(filter-out common/nn/cpu/% common/nn/cuda/% common/nn/mpi/%,$(1))
objects   = $(addsuffix .o,$(addprefix $(BUILD)/obj/,$(basename $(1))))

PROGRAMS  := $(patsubst filters/%.c,$(BUILD)/bin/%,$(wildcard filters/mm*.c))
COMMON    := $(BUILD)/libmmcommon.a
FORMATS   := $(BUILD)/libmmformats.a
FILTERS   := $(BUILD)/libmmfilters.a
LIBRARIES := $(FILTERS) $(FORMATS) $(COMMON)
SUPPORT   := $(patsubst tests/support/%.c,$(BUILD)/support/%,$(wildcard tests/support/*.c))
FUZZ_TARGETS := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard tests/fuzz/*.c))
UNIT      := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/*_test.c tests/unit/*/*_test.c))

# The backends are plugins: programs load oneDNN and OpenMP when they run a network, and need no CUDA to be built or to run.
CPU       := $(BUILD)/lib/mmpipe-cpu.so
NVCC      := $(firstword $(wildcard $(CUDA_HOME)/bin/nvcc) $(shell command -v nvcc))
HAVE_CUDA := $(if $(and $(NVCC),$(wildcard $(CUDA_HOME)/include/cublasLt.h),$(wildcard $(CUDA_HOME)/include/cudnn.h /usr/include/cudnn.h /usr/include/*/cudnn.h)),1)
ifeq ($(CUDA),1)
ifeq ($(HAVE_CUDA),)
$(error CUDA=1, but nvcc, cublasLt.h or cudnn.h is not there (CUDA_HOME=$(CUDA_HOME)))
endif
endif
ifneq ($(SANITIZE),)
override CUDA := 0
endif
ifneq ($(CUDA),0)
PLUGIN := $(if $(HAVE_CUDA),$(BUILD)/lib/mmpipe-cuda.so)
endif

# So is MPI, for several processes that train together: MPI=auto|0|1.
MPI         ?= auto
MPI_PACKAGE := $(firstword $(foreach p,ompi-c mpich,$(shell pkg-config --exists $(p) && echo $(p))))
ifeq ($(MPI)$(MPI_PACKAGE),1)
$(error MPI=1, but neither Open MPI nor MPICH is there (libopenmpi-dev))
endif
ifneq ($(MPI),0)
MPI_PLUGIN := $(if $(MPI_PACKAGE),$(BUILD)/lib/mmpipe-mpi.so)
endif

# What programs start for work that may crash.
ISOLATED := $(BUILD)/lib/mmpipe-isolated

all: $(PROGRAMS) $(ISOLATED) $(CPU) $(PLUGIN) $(MPI_PLUGIN)
ifeq ($(CUDA)$(HAVE_CUDA),auto)
	@echo "without the CUDA backend: no nvcc, cublasLt.h or cudnn.h (CUDA_HOME=$(CUDA_HOME)); programs run on the CPU"
endif
ifeq ($(MPI)$(MPI_PACKAGE),auto)
	@echo "without MPI (libopenmpi-dev): a training has one process"
endif

# Pixels: loops worth vectorising.
$(addprefix $(BUILD)/obj/,$(addsuffix /%.o,common/base common/image common/phantom filters/picture filters/read formats)): override CFLAGS += -O3

$(BUILD)/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

# The one door to C++; assertions in GDCM's headers would end the process on a damaged file.
$(BUILD)/obj/%.o: %.cc Makefile
	@mkdir -p $(@D)
	$(CXX) $(CPPFLAGS) -isystem $(GDCM) $(CXXFLAGS) -c -o $@ $<

$(COMMON): $(call objects,$(call not-plugin,$(call sources,common)))
	@rm -f $@; mkdir -p $(@D)
	ar rcs $@ $^

$(FORMATS): $(call objects,$(call sources,formats) $(wildcard formats/*/*.cc))
	@rm -f $@; mkdir -p $(@D)
	ar rcs $@ $^

# The workshops behind the programs' doors.
$(FILTERS): $(call objects,$(wildcard filters/*/*.c))
	@rm -f $@; mkdir -p $(@D)
	ar rcs $@ $^

$(BUILD)/bin/%: $(BUILD)/obj/filters/%.o $(LIBRARIES)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(ISOLATED): $(BUILD)/obj/filters/isolated.o $(LIBRARIES)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) $(ISOLATED_LIBS)

# ---- plugins ----

$(BUILD)/pic/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -fPIC -fvisibility=hidden -c -o $@ $<

# What they use of common/.
BELOW := $(BUILD)/libmmbelow.a
$(BELOW): $(patsubst %,$(BUILD)/pic/common/%.o,base/dtype base/error base/grow base/plugin image/warp)
	@rm -f $@; mkdir -p $(@D)
	ar rcs $@ $^

$(BUILD)/pic/common/image/%.o: override CFLAGS += -O3

# ---- the CPU backend ----

NETWORK := -Wl,--as-needed -ldnnl -lgomp

# oneDNN computes with OpenMP, and so do the loops beside it.
$(BUILD)/pic/common/nn/cpu/%.o: override CFLAGS += -O3 -fopenmp

# Its inside, which tests look at.
INSIDE := $(BUILD)/libmmcpu.a
$(INSIDE): $(patsubst %.c,$(BUILD)/pic/%.o,$(filter-out %/plugin.c,$(wildcard common/nn/cpu/*.c)))
	@rm -f $@; mkdir -p $(@D)
	ar rcs $@ $^

$(CPU): $(BUILD)/pic/common/nn/cpu/plugin.o $(INSIDE) $(BELOW)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -shared -o $@ $^ $(NETWORK) -lm -pthread -Wl,--no-undefined

# ---- CUDA ----

ARCHITECTURES := -gencode arch=compute_80,code=sm_80 -gencode arch=compute_90,code=[sm_90,compute_90]
NVCCFLAGS := -std=c++17 -O3 -I. $(ARCHITECTURES) -Xcompiler -fPIC,-fvisibility=hidden,-Wall,-Wextra -Werror all-warnings
KERNELS   := $(wildcard common/nn/cuda/*.cu)
CUDA_HOST := $(wildcard common/nn/cuda/*.c)
KERNEL_HEADERS := $(wildcard common/nn/cuda/*.h) common/image/warp_plan.h common/nn/chunk.h

$(BUILD)/pic/%.o: %.cu $(KERNEL_HEADERS) Makefile
	@mkdir -p $(@D)
	$(NVCC_LAUNCHER) $(NVCC) $(NVCCFLAGS) -c -o $@ $<

$(addprefix $(BUILD)/pic/,common/nn/cuda/%.o tests/support/cuda/%.o): override CPPFLAGS += -isystem $(CUDA_HOME)/include

$(BUILD)/lib/mmpipe-cuda.so: $(patsubst %,$(BUILD)/pic/%.o,$(basename $(KERNELS) $(CUDA_HOST))) $(BELOW)
	@mkdir -p $(@D)
	$(CXX) -shared -o $@ $^ -L$(CUDA_HOME)/lib64 -L$(CUDA_HOME)/lib -lcudnn -lcudart_static -ldl -lrt -pthread \
	    -Wl,--no-undefined -Wl,--exclude-libs,ALL

# ---- MPI ----

$(BUILD)/pic/common/nn/mpi/%.o: override CPPFLAGS += $(patsubst -I%,-isystem %,$(shell pkg-config --cflags $(MPI_PACKAGE)))

$(BUILD)/lib/mmpipe-mpi.so: $(BUILD)/pic/common/nn/mpi/mpi.o $(BELOW)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -shared -o $@ $^ $(shell pkg-config --libs $(MPI_PACKAGE))

# ---- what tests make of the plugins ----

# The CUDA backend for the host, where tests hold it against nn/plain: kernels as C++, a stand-in for CUDA's runtime.
HOST := $(BUILD)/libmmcudahost.a
$(BUILD)/host/%.o: %.cu Makefile
	@mkdir -p $(@D)
	$(CXX) -I. $(CXXFLAGS) -fPIC -ffp-contract=off -x c++ -c -o $@ $<

$(BUILD)/host/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) -Itests/support/cuda_host $(CPPFLAGS) $(CFLAGS) -fPIC -c -o $@ $<

$(HOST): $(patsubst %,$(BUILD)/host/%.o,$(basename $(KERNELS) $(filter-out %/conv.c %/linear.c %/plugin.c,$(CUDA_HOST)) $(addprefix tests/support/cuda_host/,conv.c linear.c record.c)))
	@rm -f $@; mkdir -p $(@D)
	ar rcs $@ $^

# And as a plugin with a stand-in for NCCL, for tests that run programs on it.
TWIN := $(BUILD)/support/twin/mmpipe-cuda.so $(BUILD)/support/twin/libnccl.so.2
$(BUILD)/support/twin/mmpipe-cuda.so: $(BUILD)/host/common/nn/cuda/plugin.o $(HOST) $(BELOW)
	@mkdir -p $(@D)
	$(CXX) $(LDFLAGS) -shared -o $@ $^ -lm -ldl -Wl,--no-undefined

$(BUILD)/support/twin/libnccl.so.2: tests/support/nccl/nccl.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -isystem $(CUDA_HOME)/include $(filter-out -MMD -MP,$(CFLAGS)) -fPIC $(LDFLAGS) -shared -o $@ $<

$(BUILD)/tests/%: $(BUILD)/obj/tests/unit/%.o $(FILTERS) $(FORMATS) $(HOST) $(INSIDE) $(COMMON) | $(CPU)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) $(NETWORK) -lcmocka -lstdc++

# Plans of cuDNN for cards that are not here.
PLANS := $(if $(PLUGIN),$(BUILD)/support/mmplans)
$(BUILD)/support/mmplans: $(BUILD)/pic/tests/support/cuda/mmplans.o $(BUILD)/pic/common/nn/cuda/conv.o $(COMMON)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ -L$(CUDA_HOME)/lib64 -L$(CUDA_HOME)/lib -lcudnn -lcudart_static -ldl -lrt -lstdc++ $(LDLIBS)

# Programs that only tests use.
$(BUILD)/bench/%: $(BUILD)/obj/tests/bench/%.o $(LIBRARIES) | $(CPU)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) $(NETWORK)

$(BUILD)/support/%: $(BUILD)/obj/tests/support/%.o $(LIBRARIES)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# Fuzz targets: with a plain main program for `make check`, with libFuzzer for `make fuzz` (LIBFUZZER is then its library).
$(BUILD)/fuzz/%: $(BUILD)/obj/tests/fuzz/%.o $(addprefix $(BUILD)/obj/tests/fuzz/harness/,fuzz.o repair.o worker.o isolated.o $(if $(LIBFUZZER),,main.o)) \
        $(LIBRARIES)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) $(LIBFUZZER) -o $@ $^ $(LDLIBS) $(ISOLATED_LIBS)

$(BUILD)/obj/tests/fuzz/planted.o: tests/fuzz/stream.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -DMM_FUZZ_PLANT -c -o $@ $<

unit: $(UNIT) $(SUPPORT) $(PLANS) $(TWIN) $(FUZZ_TARGETS)

# ---- what users and tests call ----

# A goal with two numbers signs has a line in `make help`.
help: ## these lines
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s%s\n", $$1, $$2}' Makefile

deps: ## installs the Debian packages that are missing; so do the goals that need them, but with DEPS=0
	$(if $(filter 0,$(DEPS)),@:,pipelines/install-deps build)

deps-test:
	$(if $(filter 0,$(DEPS)),@:,pipelines/install-deps test)

deps-lint:
	$(if $(filter 0,$(DEPS)),@:,pipelines/install-deps lint)

# The libraries must be there before the rest of this file is read again, hence a second make.
check: deps-test ## the tests, or those whose paths hold one of TESTS; STRICT=1: a skip is a failure; SANITIZE=address,undefined
	$(MAKE) --no-print-directory all unit
	SHARED='$(SHARED)' STRICT='$(STRICT)' tests/run $(BUILD) $(TESTS)

check-long: deps-test ## tests that take long
	$(MAKE) --no-print-directory all unit
	SHARED='$(SHARED)' STRICT='$(STRICT)' SUITE=long tests/run $(BUILD) $(TESTS)

# The main job, on synthetic mammograms, or on mini-MIAS with DATA=FOLDER; see pipelines/demo.mk for the variables.
demo: deps ## the whole method on synthetic mammograms, or on mini-MIAS in DATA
	$(MAKE) --no-print-directory all
	$(MAKE) --no-print-directory -f pipelines/demo.mk BIN=$(BUILD)/bin

# The same training on phantoms without lesions that keep their labels: nothing can be learned there.
demo-null: deps ## the same on phantoms without lesions
	$(MAKE) --no-print-directory all
	$(MAKE) --no-print-directory -f pipelines/demo.mk BIN=$(BUILD)/bin NULL=1

# Does it learn what PyTorch learns? An hour or two; what is finished is not repeated. tests/validate/validate.mk tells more.
validate: deps-test ## trainings beside PyTorch's, two hours
	$(MAKE) --no-print-directory all
	$(MAKE) --no-print-directory -f tests/validate/validate.mk BIN=$(BUILD)/bin

# Does this tree compute what the commit BASE computes? tests/golden/run tells what is compared.
golden: $(if $(BASE),all) ## the same results as the commit BASE?
	SHARED='$(SHARED)' CC='$(CC)' CXX='$(CXX)' tests/golden/run '$(BASE)' $(BUILD)

# Folds that are not recorded yet; pipelines/results.mk tells of the variables.
results: deps ## the figures of mmpipe-results(7) on mini-MIAS in DATA, fold by fold, hours
	$(MAKE) --no-print-directory all
	$(MAKE) --no-print-directory -f pipelines/results.mk BIN=$(BUILD)/bin

bench: deps-test ## speed, beside the peers (BASE=COMMIT: beside that commit)
	$(MAKE) --no-print-directory all $(SUPPORT) $(patsubst tests/bench/%.c,$(BUILD)/bench/%,$(wildcard tests/bench/*.c))
	tests/bench/run $(BUILD) $(BENCH)

# On a card (README.md tells more): agreement, compute-sanitizer, determinism, resume, out of memory; then speed beside PyTorch.
# Without one everything is skipped, with the reason. TWIN=1: the card's code as host code instead.
check-gpu: deps-test ## tests that need an NVIDIA card
	$(MAKE) --no-print-directory all unit
	SHARED='$(SHARED)' STRICT='$(STRICT)' SUITE=gpu JOBS=1 SECONDS_EACH=1500 tests/run $(BUILD) $(TESTS)

bench-gpu: deps-test ## speed on it, beside PyTorch
	$(MAKE) --no-print-directory all $(SUPPORT) $(BUILD)/bench/nn_bench
	tests/bench/gpu $(BUILD) $(BENCH)

# Every reader TIME seconds, or those whose names hold FUZZ; built apart, by clang.
TIME ?= 60
fuzz: deps-test ## hostile input to every reader, or to those whose names hold FUZZ, for TIME seconds each
	$(MAKE) --no-print-directory all unit
	$(MAKE) --no-print-directory BUILD=build/clang CC='$(FUZZ_CC)' CXX='$(FUZZ_CXX)' CFLAGS='-O1 -g' WARN=-w SANITIZE=fuzzer-no-link,address,undefined \
	    LIBFUZZER=-fsanitize=fuzzer fuzz-targets
	SHARED='$(SHARED)' tests/fuzz/run build '$(TIME)' $(FUZZ)

FUZZ_CC ?= clang
FUZZ_CXX ?= clang++
fuzz-targets: $(FUZZ_TARGETS) $(BUILD)/fuzz/planted

install: all ## into PREFIX=/usr/local, below DESTDIR
	install -d '$(DESTDIR)$(PREFIX)/bin' '$(DESTDIR)$(PREFIX)/share/man/man1' '$(DESTDIR)$(PREFIX)/share/man/man5' \
	    '$(DESTDIR)$(PREFIX)/share/man/man7' '$(DESTDIR)$(PREFIX)/share/mmpipe'
	install -m 755 $(PROGRAMS) '$(DESTDIR)$(PREFIX)/bin'
	install -D -m 755 $(ISOLATED) '$(DESTDIR)$(PREFIX)/lib/mmpipe/mmpipe-isolated'
	install -D -m 755 $(CPU) '$(DESTDIR)$(PREFIX)/lib/mmpipe/mmpipe-cpu.so'
	$(if $(PLUGIN),install -D -m 755 $(PLUGIN) '$(DESTDIR)$(PREFIX)/lib/mmpipe/mmpipe-cuda.so')
	$(if $(MPI_PLUGIN),install -D -m 755 $(MPI_PLUGIN) '$(DESTDIR)$(PREFIX)/lib/mmpipe/mmpipe-mpi.so')
	for s in 1 5 7; do install -m 644 man/*.$$s '$(DESTDIR)$(PREFIX)/share/man/man'$$s; done
	install -m 644 $(filter-out %/results.mk,$(wildcard pipelines/*.mk)) '$(DESTDIR)$(PREFIX)/share/mmpipe'
	install -m 755 pipelines/shard pipelines/slurm.sh '$(DESTDIR)$(PREFIX)/share/mmpipe'

uninstall: ## removes what install put there
	for p in $(notdir $(PROGRAMS)); do rm -f '$(DESTDIR)$(PREFIX)/bin/'$$p; done
	for m in $(notdir $(wildcard man/*.[157])); do rm -f '$(DESTDIR)$(PREFIX)/share/man/man'$${m##*.}/$$m; done
	rm -rf '$(DESTDIR)$(PREFIX)/share/mmpipe' '$(DESTDIR)$(PREFIX)/lib/mmpipe'

# The tree as it is committed, in a clone, or as it was unpacked: the same bytes for the same tree.
NAME := mmpipe-$(VERSION)
dist: ## an archive of the sources
	rm -rf build/dist
	mkdir -p build/dist/$(NAME)
	if [ -e .git ]; then git archive HEAD; else tar -c --exclude=./build --exclude=./demo .; fi | tar -x -C build/dist/$(NAME)
	tar -c --sort=name --format=gnu --mtime="@$$(stat -c %Y build/dist/$(NAME)/Makefile)" --mode=u=rwX,go=rX --owner=0 --group=0 \
	    --numeric-owner -C build/dist $(NAME) | gzip -n -9 > build/$(NAME).tar.gz
	@echo build/$(NAME).tar.gz

SOURCES := $(call not-plugin,$(filter-out tests/support/cuda%,$(call sources,common formats filters tests)))
# What is suppressed was looked at and is none: casts of aligned memory, memory that went into a table, guarded logarithms.
LINT := --suppress=missingIncludeSystem --suppress=invalidPointerCast --suppress=invalidFunctionArg \
        --suppress=invalidFunctionArgBool --suppress=nullPointerArithmeticRedundantCheck \
        --suppress=memleak:common/stream/record.c --suppress=invalidLifetime:common/nn/device_model.c
lint: deps-lint ## compilers' and checkers' opinions
	cppcheck --quiet --std=c11 --enable=warning,portability --inline-suppr $(LINT) --error-exitcode=1 \
	    -I. -D_GNU_SOURCE -DMM_VERSION='"$(VERSION)"' -j 2 common formats filters
	for f in $(SOURCES) $(wildcard common/nn/cpu/*.c); do clang $(CPPFLAGS) -std=c11 $(WARN) -Wno-unknown-pragmas -Werror -fsyntax-only $$f; done
	for f in $(wildcard formats/*/*.cc); do clang++ $(CPPFLAGS) -isystem $(GDCM) -std=c++17 -Wall -Wextra -Werror -fsyntax-only $$f; done
	for m in man/*.[157]; do mandoc -Tlint -Wwarning $$m; done
	tests/words
	shellcheck -x -S warning -e SC1091 tests/run tests/golden/run tests/golden/inputs tests/golden/commands tests/fuzz/run tests/bench/run tests/bench/gpu tests/bench/phantom_classes tests/bench/lib.sh tests/cli/*.sh tests/agreement/*.sh tests/long/*.sh tests/gpu/*.sh tests/gpu/all tests/support/*.sh pipelines/install-deps pipelines/shard pipelines/slurm.sh pipelines/results/page .ci/run

clean: ## removes what was built
	rm -rf build demo

-include $(patsubst %.o,%.d,$(call objects,$(SOURCES) $(wildcard formats/*/*.cc)))
-include $(shell find $(BUILD)/pic $(BUILD)/host -name '*.d' 2>/dev/null)

.PHONY: all unit help deps deps-test deps-lint check check-long check-gpu golden bench-gpu validate results fuzz fuzz-targets demo demo-null bench install uninstall dist lint clean
.SECONDARY:
