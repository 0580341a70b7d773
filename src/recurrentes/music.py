"""Oír y guardar corales: de acordes a notas, a un archivo MIDI y a un sonido que cabe en la página."""

import base64
import io
import struct
import wave
from pathlib import Path
from typing import NamedTuple

import numpy as np

__all__ = ["Note", "Sound", "notes", "play", "write_midi"]

TICKS = 480  # por negra: la resolución del archivo MIDI


class Note(NamedTuple):
    """Una nota de un coral: voz (0 es la soprano), altura MIDI, paso en que empieza y pasos que dura."""

    voice: int
    pitch: int
    start: int
    length: int


class Sound:
    """Un sonido que el navegador reproduce; en texto, su duración."""

    def __init__(self, samples: np.ndarray, rate: int, label: str):
        self.samples, self.rate, self.label = samples, rate, label

    def wav(self) -> bytes:
        """El archivo WAV: un canal, 8 bits por muestra."""
        buffer = io.BytesIO()
        with wave.open(buffer, "wb") as file:
            file.setparams((1, 1, self.rate, 0, "NONE", ""))
            file.writeframes((127.5 + 127 * self.samples).astype(np.uint8).tobytes())
        return buffer.getvalue()

    def __repr__(self) -> str:
        return f"Sonido de {len(self.samples) / self.rate:.1f} s: {self.label}"

    def _repr_html_(self) -> str:
        code = base64.b64encode(self.wav()).decode()
        return f'<audio controls aria-label="{self.label}" src="data:audio/wav;base64,{code}"></audio>'


def notes(chords: np.ndarray) -> list[Note]:
    """Las notas de un coral: los pasos seguidos en que una voz no cambia son una sola nota.

    Parameters
    ----------
    chords : (T, voces), alturas MIDI o 0 si la voz calla.

    Returns
    -------
    Las notas, por voz y por orden.

    Examples
    --------
    >>> notes(np.array([[60], [60], [0], [62]]))
    [Note(voice=0, pitch=60, start=0, length=2), Note(voice=0, pitch=62, start=3, length=1)]
    """
    chords = _whole(chords)
    found = []
    for voice, line in enumerate(chords.T):
        starts = np.flatnonzero(np.append(True, line[1:] != line[:-1]))
        ends = np.append(starts[1:], len(line))
        found += [Note(voice, int(line[a]), int(a), int(b - a)) for a, b in zip(starts, ends, strict=True) if line[a]]
    return found


def play(chords: np.ndarray, label: str, *, step: float = 0.3, rate: int = 6000) -> Sound:
    """El sonido de un coral, con un timbre sencillo de órgano.

    Parameters
    ----------
    chords : (T, voces), alturas MIDI o 0 si la voz calla.
    label : qué se oye; lo leen también los lectores de pantalla.
    step : segundos por paso.
    rate : muestras por segundo. Con 6000 caben diez segundos en 60 kB, y se oye hasta 3000 Hz.
    """
    chords = _whole(chords)
    sound = np.zeros(round(len(chords) * step * rate))
    for note in notes(chords):
        start, size = round(note.start * step * rate), round(note.length * step * rate)
        t = np.arange(size) / rate
        frequency = 440 * 2 ** ((note.pitch - 69) / 12)  # la MIDI 69 es el la de 440 Hz
        tone = sum(
            np.sin(2 * np.pi * k * frequency * t) / k**1.5 for k in range(1, 6) if k * frequency < rate / 2
        )  # lo que pase de la mitad de `rate` sonaría a otra cosa
        edge = np.minimum(1, np.minimum(t, t[::-1]) / 0.02)  # sin chasquidos
        sound[start : start + size] += (tone * edge)[: len(sound) - start]
    return Sound(sound / max(np.abs(sound).max(), 1e-9), rate, label)


def write_midi(path: str | Path, chords: np.ndarray, *, steps_per_quarter: int = 2, quarters_per_minute: int = 90):
    """Guarda un coral como archivo MIDI de formato 1, con una pista por voz.

    Parameters
    ----------
    path : dónde.
    chords : (T, voces), alturas MIDI o 0 si la voz calla.
    steps_per_quarter : pasos por negra: 2 si son corcheas, 4 si son semicorcheas.
    quarters_per_minute : la velocidad.

    Fuente: *Standard MIDI Files 1.0 (MIDI Manufacturers Association)*.
    """
    chords = _whole(chords)
    tick = TICKS // steps_per_quarter
    tempo = b"\x00\xff\x51\x03" + round(60e6 / quarters_per_minute).to_bytes(3, "big")  # microsegundos por negra
    tracks = [tempo]
    for voice in range(chords.shape[1]):
        events = []  # (momento, orden: antes apagar que encender, mensaje)
        for note in notes(chords):
            if note.voice == voice:
                events.append((note.start * tick, 1, bytes([0x90 | voice, note.pitch, 80])))
                events.append(((note.start + note.length) * tick, 0, bytes([0x80 | voice, note.pitch, 0])))
        now, track = 0, b""
        for moment, _, message in sorted(events):
            track += _variable_length(moment - now) + message
            now = moment
        tracks.append(track)
    chunks = [b"MThd" + struct.pack(">IHHH", 6, 1, len(tracks), TICKS)]
    for track in tracks:
        track += b"\x00\xff\x2f\x00"  # fin de pista
        chunks.append(b"MTrk" + struct.pack(">I", len(track)) + track)
    Path(path).write_bytes(b"".join(chunks))


def _variable_length(number: int) -> bytes:
    """El entero como lo escribe MIDI: de siete en siete bits, con el octavo a 1 en todos los bytes menos el último."""
    parts = [number & 0x7F]
    while number := number >> 7:
        parts.append(0x80 | number & 0x7F)
    return bytes(reversed(parts))


def _whole(chords):
    chords = np.asarray(chords)
    if chords.ndim != 2 or chords.dtype.kind not in "iu" or not len(chords):
        raise ValueError(f"chords tiene forma {chords.shape} y tipo {chords.dtype}: se requieren enteros, (T, voces).")
    if chords.min() < 0 or chords.max() > 127:
        raise ValueError(f"chords va de {chords.min()} a {chords.max()}: las alturas MIDI van de 0 a 127.")
    if chords.shape[1] > 16:
        raise ValueError(f"chords tiene {chords.shape[1]} voces: MIDI tiene 16 canales.")
    return chords
