#!/usr/bin/env python3
"""From a camera to a screen: reads the stamps of pictures off a screen and says how old they are when they appear.

    screen_stamps.py SCREEN INFO SECONDS

SCREEN is the frame buffer of an Xvfb (-fbdir), INFO what tests/mjpeg.py wrote. Picture n of the camera is taken n/RATE
seconds after it began and carries n, modulo the length of a round, as white (1) and black (0) squares of 32 px from 480
px on along the upper edge: nine bits, the lowest first, and the parity that makes the ones odd.
"""

import mmap
import statistics as st
import struct
import sys
import time

SIDE, FIRST, BITS = 32, 480, 9

screen, info, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
_, began, round_secs = map(float, open(info).read().split())
file = open(screen, "rb")
pixels = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
# An X window dump: a header of big-endian words, a table of colours, rows.
head = struct.unpack(">25I", pixels[:100])
offset, bytes_per_pixel, bytes_per_row = head[0] + 12 * head[19], head[11] // 8, head[12]


def stamp():
    """The number on the screen; None while there is none, or half of one."""
    at = offset + (SIDE // 2) * bytes_per_row
    bits = [pixels[at + (FIRST + SIDE * i + SIDE // 2) * bytes_per_pixel + 1] > 128 for i in range(BITS + 1)]
    return sum(bit << i for i, bit in enumerate(bits[:BITS])) if sum(bits) % 2 == 1 else None


def watch(rate):
    length = round(round_secs * rate)
    ages, last, until = [], None, time.time() + seconds
    while (now := time.time()) < until:
        number = stamp()
        if number is not None and number != last and number < length:
            # The last picture of this number that the camera has taken.
            taken = int((now - began) * rate)
            ages.append(now - began - (taken - (taken - number) % length) / rate)
            last = number
        time.sleep(0.001)
    return ages


rate = 30.0
ages = sorted(1000 * age for age in watch(rate)[1:])
if len(ages) < 10:
    sys.exit("FAILED: no stamps on the screen")
share = lambda part: ages[min(len(ages) - 1, int(part * len(ages)))]
print(f"camera to screen: {st.median(ages):.0f} ms (median), {share(0.95):.0f} ms (95 %), {ages[-1]:.0f} ms (all); "
      f"{len(ages)} of {rate * seconds:.0f} pictures shown")
sys.exit(st.median(ages) >= 100)
