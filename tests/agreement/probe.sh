#!/bin/bash
# mmeval --probe against scikit-learn: the weights of logistic regression, the predictions, the folds within the training records and
# the C chosen by them.
. "$ROOT/tests/cli/lib.sh"
need_python sklearn numpy
check "scikit-learn" "$PYTHON" "$ROOT/tests/agreement/probe_check.py"
cat .out
finish
