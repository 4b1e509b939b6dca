#!/bin/sh
# Make the speech, train the bundled model on all of it, and judge it; about two hours on one core.
#     sh tools/speech/rebuild.sh FOLDER
set -e
tools=$(dirname "$0")
python "$tools/make_speech.py" "$1/speech" --hours 12 --seed 0
python "$tools/make_speech.py" "$1" --held-out --seed 1
python "$tools/train.py" "$1/speech" "$1/auhead_speech.safetensors" --minutes 60 --seed 0
python "$tools/evaluate.py" "$1/held_out.npz" "$1/auhead_speech.safetensors"
python "$tools/evaluate.py" "$1/held_out.npz" "$1/auhead_speech.safetensors" --emotions
