#!/bin/bash
# plan.sh with the networks of the manual at their published sizes.
. "$ROOT/tests/cli/lib.sh"
export PLAN=all
. "$ROOT/tests/cli/plan.sh"
