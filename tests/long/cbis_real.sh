#!/bin/bash
# cbis.sh with the real tables.
. "$ROOT/tests/cli/lib.sh"
need_shared data/cbis-csv/mass_case_description_test_set.csv
TABLES=$SHARED/data/cbis-csv
. "$ROOT/tests/cli/cbis.sh"
