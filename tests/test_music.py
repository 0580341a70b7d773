"""Música: las notas de un coral, un MIDI que se vuelve a leer, y un sonido con la altura que debe."""

import io
import re
import struct
import wave

import numpy as np
import pytest

from recurrentes import music

CHORDS = np.array([[72, 64], [72, 65], [0, 65], [74, 65], [74, 0]])


def read_midi(content):
    """Lo que dice un archivo MIDI de formato 1: resolución, tempo y, por pista, (tick, mensaje) de cada suceso."""
    assert content[:4] == b"MThd"
    size, kind, n_tracks, ticks = struct.unpack(">IHHH", content[4:14])
    assert (size, kind) == (6, 1)
    place, tracks, tempo = 14, [], None
    for _ in range(n_tracks):
        assert content[place : place + 4] == b"MTrk"
        (size,) = struct.unpack(">I", content[place + 4 : place + 8])
        end, place, now, track = place + 8 + size, place + 8, 0, []
        while place < end:
            delta = 0
            while True:
                byte = content[place]
                place += 1
                delta = delta << 7 | byte & 0x7F
                if byte < 0x80:
                    break
            now += delta
            if content[place] == 0xFF:
                kind, length = content[place + 1], content[place + 2]
                if kind == 0x51:
                    tempo = int.from_bytes(content[place + 3 : place + 3 + length], "big")
                ended = kind == 0x2F
                place += 3 + length
            else:
                track.append((now, *content[place : place + 3]))
                place += 3
        assert ended and place == end
        tracks.append(track)
    return ticks, tempo, tracks


def test_notes_of_each_voice():
    assert music.notes(CHORDS) == [(0, 72, 0, 2), (0, 74, 3, 2), (1, 64, 0, 1), (1, 65, 1, 3)]
    assert music.notes(np.zeros((3, 2), int)) == []


@pytest.mark.parametrize("steps", [1, 2, 4])
def test_the_file_says_what_the_chords_say(tmp_path, steps):
    """Cada voz en su pista y su canal; ida y vuelta."""
    music.write_midi(tmp_path / "a.mid", CHORDS, steps_per_quarter=steps, quarters_per_minute=100)
    ticks, tempo, tracks = read_midi((tmp_path / "a.mid").read_bytes())
    assert tempo == 600_000 and len(tracks) == 3 and tracks[0] == []
    found = []
    for voice, track in enumerate(tracks[1:]):
        sounding = {}
        for tick, status, pitch, _ in track:
            step = tick / (ticks / steps)
            assert status & 0x0F == voice and step == int(step)
            if status & 0xF0 == 0x90:
                sounding[pitch] = int(step)
            else:
                start = sounding.pop(pitch)
                found.append((voice, pitch, start, int(step) - start))
        assert not sounding
    assert found == music.notes(CHORDS)


def test_long_silences_take_several_bytes(tmp_path):
    chords = np.zeros((500, 1), int)
    chords[499] = 60
    music.write_midi(tmp_path / "a.mid", chords)
    ticks, _, tracks = read_midi((tmp_path / "a.mid").read_bytes())
    assert tracks[1][0][0] == 499 * ticks // 2


def test_the_sound_has_the_right_pitch():
    """El la de 440 Hz, y dura lo que debe."""
    sound = music.play(np.full((5, 1), 69), "un la", step=0.2)
    spectrum = np.abs(np.fft.rfft(sound.samples))
    assert np.fft.rfftfreq(len(sound.samples), 1 / sound.rate)[spectrum.argmax()] == pytest.approx(440, abs=1)
    with wave.open(io.BytesIO(sound.wav())) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 1, 6000)
        assert file.getnframes() == 6000
    assert repr(sound) == "Sonido de 1.0 s: un la"


def test_the_sound_fits_the_page_and_says_what_it_is():
    html = music.play(np.tile(CHORDS, (6, 1)), "cinco acordes")._repr_html_()
    assert len(html) < 80_000 and 'aria-label="cinco acordes"' in html and html.startswith("<audio controls")


def test_silence_is_silent():
    assert np.ptp(music.play(np.zeros((3, 4), int), "nada").samples) == 0


@pytest.mark.parametrize(
    ("chords", "message"),
    [
        (np.zeros(3, int), "(3,)"),
        (np.zeros((0, 4), int), "(0, 4)"),
        (np.ones((3, 2)), "float64"),
        (np.array([[128]]), "128"),
        (np.array([[-1]]), "-1"),
        (np.full((2, 17), 60), "17 voces"),
    ],
    ids=str,
)
def test_what_is_not_music_is_refused(tmp_path, chords, message):
    for action in (
        music.notes,
        lambda c: music.play(c, "x"),
        lambda c: music.write_midi(tmp_path / "a.mid", c),
    ):
        with pytest.raises(ValueError, match=re.escape(message)):
            action(chords)
