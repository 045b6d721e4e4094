# Paths with spaces, at which make divides names: included by demo.mk and method.mk once `makefile`, OUT, BIN, DATA and INIT are set.
# Where OUT or INIT has a space, `inside` is set, and another make does the work inside of OUT, which then has a name without.

# The path of a folder or file, also of one that is not there yet.
path = $(shell realpath -ms '$(1)')

space := $(subst ,, )
ifneq ($(findstring $(space),$(OUT)$(INIT)),)
inside := inside
named  := $(filter-out none,$(INIT))
linked := $(if $(named),first-weights$(suffix $(lastword $(INIT))))

$(or $(MAKECMDGOALS),all): inside ;
inside:
	+@mkdir -p '$(OUT)'
	$(if $(linked),+@ln -sfn '$(call path,$(INIT))' '$(OUT)/$(linked)')
	@$(MAKE) --no-print-directory -C '$(OUT)' -f '$(call path,$(makefile))' OUT=. BIN='$(call path,$(BIN))' \
	    DATA='$(if $(DATA),$(call path,$(DATA)))' INIT='$(or $(linked),$(INIT))' $(MAKECMDGOALS)
.PHONY: all inside
endif
