#!/bin/bash
# The formats of images, as mmread's table of them prints them, are those that --help, the manual and README name.
. "$ROOT/tests/cli/lib.sh"

echo "a line" >text
expect_exit 3 mmread text
list=$(sed -n 's/.*: is text: an image is //p' .err) # PNG, JPEG, ... or NPY
formats=$(echo "$list" | sed 's/,//g; s/ or / /')
check "a list of formats" [ "$(echo "$formats" | wc -w)" -ge 5 ]
commas=$(echo "$formats" | sed 's/ /, /g')

# names TEXT LIST: the text holds the list.
names() { grep -qF -- "$2" "$1"; }

mmread --help >help
check "mmread --help" names help "$commas, tar archives"
check "README: mmread" names "$ROOT/README.md" "| \`mmread\` | $commas, tar"
# The manual says more of each, in lines of their own; the words in capitals that begin lines are the formats.
sed -n '/^\.It an image$/,/^\.It a folder$/p' "$ROOT/man/mmread.1" | sed 's/^or //; s/,//g' | grep -E '^[A-Z]+( [A-Z]+)*$' | xargs >manual
equal "mmread(1)" "$formats" "$(cat manual)"

# A table of a user's own is refused in the same words.
printf 'image,patient\ntext,p\n' >t.csv
expect_exit 1 mmindex table t.csv
message "image 'text' is text: an image is $list"

# The checks are ones that fail.
refuse "a format that is not there" names help "$commas, TIFF, tar archives"
finish
