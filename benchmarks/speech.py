"""Time and peak memory of the speech layers on five minutes of speech, one thread.

    python benchmarks/speech.py [--seconds 300]

Each row runs in a process of its own. The real-time factor is processor time over the length of the sound; the peak is
the resident memory of the whole process, Python and torch included. Writes benchmarks/results/speech_speed.md.
"""

import json
import os
import sys
from subprocess import PIPE, Popen

from measure import ROOT, keep, parser

_CHILD = """
import json, sys, time
import numpy as np, torch
torch.set_num_threads(1)
from auhead_models.speech import Audio, hear, load_audio, speech_to_au, to_speech
what, seconds = sys.argv[1], float(sys.argv[2])
sample = load_audio("auhead_models/assets/speech.wav")
audio = Audio(np.resize(sample.samples[0], round(seconds * sample.sample_rate)), sample.sample_rate)
actions = {
    "nothing": lambda: None,
    "hear": lambda: hear(to_speech(audio), audio.frames),
    "speech_to_au": lambda: speech_to_au(audio),
}
start = time.process_time()
actions[what]()
print(json.dumps(time.process_time() - start))
"""


def measured(what: str, seconds: float) -> tuple[str, ...]:
    command = [sys.executable, "-c", _CHILD, what, str(seconds)]
    process = Popen(command, cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1"}, stdout=PIPE, text=True)
    spent = json.loads(process.stdout.read())
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{what} failed")
    megabytes = usage.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    return what, f"{spent:.2f}", f"{spent / seconds:.4f}", f"{megabytes:.0f}"


def main() -> None:
    line = parser(__doc__, "speech_speed")
    line.add_argument("--seconds", type=float, default=300.0)
    given = line.parse_args()
    rows = [measured(what, given.seconds) for what in ("nothing", "hear", "speech_to_au")]
    keep(given, f"{given.seconds:g} s of speech", ("what", "seconds", "real-time factor", "peak MB"), rows)


if __name__ == "__main__":
    main()
