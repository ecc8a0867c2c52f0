"""Speech-like sound: syllables in phrases, loud passages and quiet ones, pauses between them.

Called by `recordings.py`. Nobody would take it for a person, but whatever measures loudness, pauses and liveliness
finds in it what it finds in speech. The same seed gives the same sound.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_VOWELS = ((730, 1090, 2440), (270, 2290, 3010), (300, 870, 2240), (530, 1840, 2480), (570, 840, 2410))
_FORMANT_GAINS = (1.0, 0.5, 0.22)
_PASSAGE_SECONDS = (2.2, 4.2)
_PAUSE_SECONDS = (0.35, 0.8)
_LEVELS = (0.16, 0.45, 0.95)  # muttered, spoken, excited
_LOUD = 0.7
_BREATH_SHARE = 0.12  # the chance that a word ends after a syllable


@dataclass(frozen=True)
class Passage:
    """One phrase, in seconds. `level` is 0 (silent) to 1 (as loud as it gets)."""

    start: float
    end: float
    level: float


def plan_speech(seconds: float, seed: int) -> tuple[Passage, ...]:
    """What is said when, and how loudly; between the passages there is nothing but a faint hiss."""
    chance = np.random.default_rng([seed, 1])
    passages = []
    begin = float(chance.uniform(0.1, 0.4))
    order: list[float] = []
    while begin < seconds - 0.5:
        order = order or list(chance.permutation(_LEVELS))
        end = min(begin + float(chance.uniform(*_PASSAGE_SECONDS)), seconds - 0.1)
        passages.append(Passage(begin, end, float(order.pop())))
        begin = end + float(chance.uniform(*_PAUSE_SECONDS))
    return tuple(passages)


def make_speech(seconds: float, seed: int, rate: int) -> NDArray[np.float32]:
    """The sound of `plan_speech`: mono samples, -1 to 1."""
    chance = np.random.default_rng([seed, 2])
    samples = chance.normal(0, 0.0015, round(seconds * rate)).astype(np.float32)
    for passage in plan_speech(seconds, seed):
        begin = passage.start
        pitch = float(chance.uniform(105, 150)) * (1.25 if passage.level > _LOUD else 1.0)
        while begin < passage.end - 0.08:
            length = min(float(chance.uniform(0.12, 0.24)), passage.end - begin)
            syllable = _make_syllable(length, pitch * float(chance.uniform(0.9, 1.15)), rate, chance)
            first = round(begin * rate)
            room = samples[first : first + len(syllable)]
            room += syllable[: len(room)] * np.float32(passage.level * chance.uniform(0.8, 1.0))
            begin += length + (0.14 if chance.random() < _BREATH_SHARE else 0.02)
    return samples


def _make_syllable(
    seconds: float, pitch: float, rate: int, chance: np.random.Generator
) -> NDArray[np.float32]:
    """A hiss, then a vowel: a falling pitch's harmonics, each as strong as it is near one of three formants."""
    time = np.arange(max(1, round(seconds * rate))) / rate
    phase = 2 * np.pi * pitch * (time - 0.12 * time**2 / max(seconds, 0.01))
    formants = _VOWELS[int(chance.integers(len(_VOWELS)))]
    vowel = np.zeros_like(time)
    for harmonic in range(1, int(3400 / pitch)):
        distances = np.abs(harmonic * pitch - np.array(formants)) / 120
        strength = float(np.sum(np.array(_FORMANT_GAINS) / (1 + distances**2)))
        vowel += strength * np.sin(harmonic * phase)
    vowel /= max(float(np.abs(vowel).max()), 1e-6)
    onset = chance.normal(0, 0.25, len(time)) * np.exp(-time / 0.018)
    envelope = np.sin(np.pi * np.minimum(time / seconds, 1.0)) ** 0.6
    return ((0.8 * vowel + onset) * envelope).astype(np.float32)
