#!/usr/bin/env bash
# Trains on drawn puppets, judges the landmarks on puppets that were not trained on, and makes pictures.
# `make demo` calls it with the folder that holds `unsuplmk` and `python`.
set -euo pipefail
bin=${1:?usage: bash examples/demo.sh FOLDER_OF_UNSUPLMK}
here=$(dirname "$0")

if [ -e demo ]; then # an earlier demo is kept
    number=1
    while [ -e "demo-$number" ]; do number=$((number + 1)); done
    mv demo "demo-$number"
    echo "The earlier demo is now in demo-$number/."
fi

say() { printf '\n== %s\n' "$*"; }

say "Training on puppets, without labels"
"$bin/unsuplmk" run puppets --config puppets --out demo/run

say "Judging: a linear map from the landmarks to the joints of puppets that were not trained on"
"$bin/unsuplmk" evaluate demo/run puppets

say "Finding landmarks in a folder of images, and in a video"
"$bin/python" "$here/draw_puppets.py" demo/puppets demo/puppets.mp4
"$bin/unsuplmk" predict demo/run demo/puppets --out demo/images.csv
"$bin/unsuplmk" predict demo/run demo/puppets.mp4 --out demo/video.csv

say "Drawing them"
"$bin/unsuplmk" render demo/run demo/puppets --out demo/pictures
"$bin/unsuplmk" render demo/run demo/puppets.mp4 --out demo/video.mp4

say "Writing a report"
"$bin/unsuplmk" report demo/run

say "Done"
echo "Report:                       $PWD/demo/run/report.html"
echo "Pictures with landmarks:      $PWD/demo/pictures"
echo "Video with landmarks:         $PWD/demo/video.mp4"
echo "Pictures from the training:   $PWD/demo/run/preview"
echo "Landmarks, as tables:         $PWD/demo/images.csv, $PWD/demo/video.csv"
