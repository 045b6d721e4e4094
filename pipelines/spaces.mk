# Paths with spaces, at which make divides names: included by demo.mk and method.mk once `makefile`, OUT, BIN, DATA, INIT and PROBE are set.
# Where OUT, INIT or PROBE has a space, `inside` is set, and another make does the work inside of OUT, which then has a name without.

# The path of a folder or file, also of one that is not there yet.
path = $(shell realpath -ms '$(1)')

space := $(subst ,, )
ifneq ($(findstring $(space),$(OUT)$(INIT)$(PROBE)),)
inside := inside
# The name inside of OUT of a file of weights, which may be none.
link   = $(if $(filter-out none,$(1)),$(2)$(suffix $(lastword $(1))))
linked := $(call link,$(INIT),first-weights)
frozen := $(call link,$(PROBE),frozen-weights)

$(or $(MAKECMDGOALS),all): inside ;
inside:
	+@mkdir -p '$(OUT)'
	$(if $(linked),+@ln -sfn '$(call path,$(INIT))' '$(OUT)/$(linked)')
	$(if $(frozen),+@ln -sfn '$(call path,$(PROBE))' '$(OUT)/$(frozen)')
	@$(MAKE) --no-print-directory -C '$(OUT)' -f '$(call path,$(makefile))' OUT=. BIN='$(call path,$(BIN))' \
	    DATA='$(if $(DATA),$(call path,$(DATA)))' INIT='$(or $(linked),$(INIT))' PROBE='$(frozen)' $(MAKECMDGOALS)
.PHONY: all inside
endif
