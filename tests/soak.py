#!/usr/bin/env python3
"""The measuring side of tests/soak.sh.

    soak.py watch PID FOLDER MINUTES    samples a live session into FOLDER/samples until the time is over
    soak.py judge FOLDER                says what came of it; status 1 when memory grew or something drifted
    soak.py doubt                       whether drifts and leaks of known size, planted into made-up hours, are told

How late a thing is, is a fixed offset plus the time it took on a busy machine, which only adds. So the least of many
lags shows the offset, and a drift is how far the least of the last third lies from the least of the first.
"""

import json
import math
import os
import random
import statistics as st
import sys
import time

EVERY = 5.0
"""Seconds between two samples."""
MOST_DRIFT = 0.1
"""Seconds; three pictures."""
MOST_GROWN = 16.0
"""MiB. A set of an hour keeps some seven hundred repetitions with their findings; anything kept for every picture, or every
tone, would be ten times this."""
LEAST_RATE = 10.0
"""Pictures judged a second. With fewer they take longer than any drift looked for, and repetitions are missed."""
ENDS = [5.8, 10.1, 14.4]
"""When the three squats of the clip end, seconds."""


def drift(lags):
    third = max(1, len(lags) // 3)
    return min(lags[-third:]) - min(lags[:third]) if lags else 0.0


def watch(pid, folder, minutes):
    """A line each: the clock (s), memory (KiB), time of the last picture (s), the clock when it was written, pictures so
    far, load. The recording is read on from where it was left: all of it every time would be the machine's main load."""
    poses = open(f"{folder}/sets/squat-1/poses.jsonl", "rb")
    begun, count, told, rest, last = time.time(), -1, 0, b"", None
    with open(f"{folder}/samples", "w") as out:
        while (now := time.time()) < begun + 60 * minutes:
            try:
                rss = next(int(line.split()[1]) for line in open(f"/proc/{pid}/status") if line.startswith("VmRSS"))
            except (OSError, StopIteration):
                sys.exit(f"it ended after {(now - begun) / 60:.1f} minutes")
            before = os.fstat(poses.fileno())
            lines = (rest + poses.read(before.st_size - poses.tell())).split(b"\n")
            rest = lines.pop()
            count += len(lines)
            last = lines[-1] if lines else last
            # Written meanwhile, the clock would be another picture's.
            if last and not rest and os.fstat(poses.fileno()).st_mtime_ns == before.st_mtime_ns:
                t = json.loads(last).get("t_us", 0) / 1e6
                row = f"{now:.1f} {rss} {t:.3f} {before.st_mtime_ns / 1e9:.3f} {count} {os.getloadavg()[0]:.1f}"
                print(row, file=out, flush=True)
                if now - told >= 60:
                    told = now
                    print(f"{(now - begun) / 60:5.1f} min: {rss / 1024:.1f} MiB, {count} pictures, load {os.getloadavg()[0]:.1f}", flush=True)
            time.sleep(EVERY)


def load(folder):
    rows = [[float(x) for x in line.split()] for line in open(f"{folder}/samples")]
    cues = list(map(json.loads, open(f"{folder}/cues.jsonl")))
    heard = [line.split() for line in open(f"{folder}/heard")]
    _, began, round_secs = map(float, open(f"{folder}/camera").read().split())
    report = json.load(open(f"{folder}/sets/squat-1/report.json"))
    return rows, cues, [(float(at), name) for at, name in heard], began, round_secs, report


def judge(rows, cues, heard, began, round_secs, report, say=print):
    """What is wrong, in words."""
    wrong = []
    span = rows[-1][0] - rows[0][0]
    early = max(1, len(rows) // 12)  # Caches and pools are full by then.
    mib = [row[1] / 1024 for row in rows]
    few = max(1, len(rows) // 20)
    grown = st.median(mib[-few:]) - st.median(mib[early:early + few])
    # Over half a minute each: a single late write says nothing about the rate.
    rates = [(b[4] - a[4]) / (b[0] - a[0]) for a, b in zip(rows, rows[6:])] or [rows[-1][4] / max(span, 1)]
    say(f"{rows[-1][4]:.0f} observations in {span / 60:.1f} minutes, {st.median(rates):.1f} a second (median; {min(rates):.1f} to "
        f"{max(rates):.1f}), on {os.cpu_count()} cores at a load of {st.median(r[5] for r in rows):.1f}")
    say(f"memory, MiB: {mib[0]:.1f} at first, {mib[early]:.1f} after a twelfth of the time, {mib[-1]:.1f} at the end; most "
        f"{max(mib):.1f}, grown by {grown:+.1f}")
    if grown > MOST_GROWN:
        wrong.append(f"memory grew by {grown:.1f} MiB")

    # The time in the recording against the clock when it was written.
    pictures = [row[3] - row[2] for row in rows]
    # Each tone of the log against the moment its player was called.
    logged = [cue for cue in cues if cue["tone"]]
    tones = [at - cue["t_s"] for (at, _), cue in zip(heard, logged)]
    # And against the camera itself: three squats in each round, whose ends are known.
    reps = [at for at, name in heard if name == "rep.wav"]
    # The nearest end: a repetition counts when the hips are nearly up, a little before the last stir of the squat.
    after = [min((math.remainder(at - began - end, round_secs) for end in ENDS), key=abs) for at in reps]
    for what, lags in [("pictures against the clock", pictures), ("cues against the clock", tones),
                       ("repetitions heard against the camera", after)]:
        if not lags:
            wrong.append(f"{what}: nothing to measure")
            continue
        say(f"{what}: {1000 * drift(lags):+.0f} ms from the first third to the last; {len(lags)} lags, the median "
            f"{1000 * (st.median(lags) - min(lags)):.0f} ms and the longest {1000 * (max(lags) - min(lags)):.0f} ms above the least")
    if after:
        say(f"repetitions are heard {1000 * st.median(after):+.0f} ms from the squat's end in front of the camera (median)")
    say(f"{len(logged)} tones in the log, {len(heard)} played; report: {len(report['reps'])} repetitions, {report['attempts']} not "
        f"full; about {3 * span / round_secs:.0f} were done")
    if len(logged) != len(heard):
        wrong.append("tones were lost")
    # One that is over with the last picture of all is counted, and nobody listens any more.
    if len(report["reps"]) - sum(cue["tone"] == "rep" for cue in logged) not in (0, 1):
        wrong.append("the report has other repetitions than were heard")
    if st.median(rates) < LEAST_RATE:
        wrong.append(f"{st.median(rates):.1f} pictures a second are too few to tell drift or counting: the machine is too busy")
    else:
        wrong += [f"{what} drift" for what, lags in [("pictures", pictures), ("cues", tones), ("repetitions", after)]
                  if lags and abs(drift(lags)) > MOST_DRIFT]
    return wrong


def made_up(minutes, pictures=0.0, cues=0.0, heard_late=0.0, leak=0.0):
    """A session of so many minutes on a busy machine, with drifts (s) and a leak (MiB) from its beginning to its end."""
    rng = random.Random(7)
    secs, began, round_secs = 60.0 * minutes, 1000.0, 16.0
    busy = lambda: rng.expovariate(1 / 0.06)
    rows = []
    for i in range(int(secs / EVERY)):
        t = EVERY * i
        share = t / secs
        rows.append([began + t, 1024 * (52 + leak * share + rng.uniform(0, 0.3)), t, began + t + 0.03 + busy() + pictures * share,
                     28 * t, 2.5])
    log, heard = [], []
    for n in range(int(secs / round_secs)):
        for end in ENDS:
            t = n * round_secs + end
            share = t / secs
            counted = t + 0.4 + busy() + heard_late * share
            log.append({"t_s": counted, "tone": "rep"})
            heard.append((began + counted + 0.01 + busy() / 4 + cues * share, "rep.wav"))
    report = {"reps": log, "attempts": 0}
    return rows, log, heard, began, round_secs, report


def doubt():
    quiet = lambda _: None
    for minutes in (15, 60):
        cases = [({}, None), ({"pictures": 0.2}, "pictures drift"), ({"pictures": -0.2}, "pictures drift"),
                 ({"cues": 0.2}, "cues drift"), ({"heard_late": 0.2}, "repetitions drift"), ({"leak": 25.0}, "memory")]
        for planted, told in cases:
            wrong = judge(*made_up(minutes, **planted), say=quiet)
            found = any(words.startswith(told) for words in wrong) if told else not wrong
            print(f"{minutes} minutes with {planted or 'nothing'}: {'; '.join(wrong) or 'fine'}")
            if not found:
                sys.exit(f"FAILED: expected {told or 'nothing'}")
    print("soak: drifts and leaks would be told")


match sys.argv[1:]:
    case ["watch", pid, folder, minutes]:
        watch(int(pid), folder, float(minutes))
    case ["judge", folder]:
        wrong = judge(*load(folder))
        print(open(f"{folder}/out").read())
        print("FAILED: " + "; ".join(wrong) if wrong else "soak: fine")
        sys.exit(bool(wrong))
    case ["doubt"]:
        doubt()
    case _:
        sys.exit(__doc__)
