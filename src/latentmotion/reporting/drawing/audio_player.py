"""Writes a page that plays sounds: spectrograms are buttons, whole utterances have controls.

The page contains its sounds, so that it loads nothing.
"""

import base64
import io
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from PIL import Image
from scipy.io import wavfile

from latentmotion.reporting.drawing.spectrogram_image import SPAN, TOP, palette
from latentmotion.reporting.html import fill, page

LOUDNESS, PEAK = 0.15, 0.98  # every sound gets this root mean square, or less where its peak would exceed PEAK
# Samples have 8 bits: the rounding noise is 36 dB below the sound, and the page has half the size of 16 bits.

STYLE = """
.grid { border-spacing: 1px; border-collapse: separate; margin: 1rem 0; }
.grid tr > * { padding: 0 !important; border: 0 !important; }
.grid th button { all: unset; cursor: pointer; padding: 2px 4px; font: 12px/1.3 system-ui, sans-serif; color: #59636e; }
.grid tbody th { text-align: right; }
.grid tbody tr:first-child td { padding-bottom: 7px !important; }
.grid tbody td:nth-child(2) { padding-right: 7px !important; }
.cell { display: block; width: 60px; height: 75px; padding: 0; border: 0; cursor: pointer; image-rendering: pixelated; }
.grid button:hover, .grid button:focus-visible, .playing { outline: 3px solid #56B4E9; outline-offset: -1px; }
.whole td { text-align: left; padding: .5rem 1.2rem .5rem 0; font-size: .9rem; }
.whole img { display: block; height: 150px; image-rendering: pixelated; margin: .2rem 0; }
.whole audio { display: block; height: 32px; width: 260px; }
"""

BODY = """<style>{{ style }}{% for panel in panels %}
#grid{{ loop.index }} .cell { background: url({{ panel.sheet }}) 0 0 / {{ panel.width }}px {{ panel.height }}px; }
{%- endfor %}</style>
<h1>{{ caption }}</h1>
<p class="soft">{{ source }}. Spectrograms: time to the right, 0 to {{ top }} kHz upwards, {{ span }} dB from black to
the brightest. All sounds are computed from spectrograms by Griffin-Lim, those of the originals too, and are equally
loud.</p>
{% for panel in panels %}<section>
<h2>{{ panel.title }}</h2>
<p>The first row and the first column are clips of the test split. Every other spectrogram has the content of its row's
clip and the motion of its column's clip. Click a spectrogram to play it, or a name to play its row or column.</p>
<div class="wide"><table class="grid" id="grid{{ loop.index }}">
<thead><tr><th></th><th></th>
{%- for name, sounds in panel.columns %}<th><button data-sounds="{{ sounds }}">{{ name }}</button></th>{% endfor %}</tr>
</thead><tbody>{% for name, sounds, cells in panel.rows %}
<tr><th>{% if name %}<button data-sounds="{{ sounds }}">{{ name }}</button>{% endif %}</th>
{%- for label, sound, place in cells %}<td>{% if label %}<button class="cell" data-sounds="{{ sound }}"
 style="background-position: {{ place }}" aria-label="{{ label }}"></button>{% endif %}</td>{% endfor %}</tr>
{%- endfor %}</tbody></table></div>
{% if panel.whole %}<h2>Whole utterances</h2>
<p>All segments of an utterance: the original, decoded with its own mean content, and decoded with the mean content of
another utterance.</p>
<div class="wide"><table class="whole"><tbody>{% for line in panel.whole %}
<tr>{% for name, picture, sound in line %}<td>{{ name }}<img src="{{ picture }}" alt="spectrogram: {{ name }}">
<audio controls src="{{ sound }}"></audio></td>{% endfor %}</tr>{% endfor %}
</tbody></table></div>
{% endif %}</section>
{% endfor %}<script>
const sounds = {{ sounds | tojson }};
const player = new Audio();
let queue = [], button = null;
function next() {
  if (button) button.classList.remove("playing");
  const sound = queue.shift();
  if (sound === undefined) return;
  button = document.querySelector('.cell[data-sounds="' + sound + '"]');
  button.classList.add("playing");
  player.src = "data:audio/wav;base64," + sounds[sound];
  player.play().catch(() => {});  // stopped by the next click
}
player.addEventListener("ended", next);
document.addEventListener("click", (event) => {
  const clicked = event.target.closest("[data-sounds]");
  if (clicked) { queue = clicked.dataset.sounds.split(" "); next(); }
});
</script>"""
WIDTH, HEIGHT = 60, 75  # pixels of a cell, as in STYLE


@dataclass(frozen=True)
class Heard:
    """The levels of a spectrogram (bins, T), as spectrogram_image.py draws them, its sound (n,) and the rate in Hz."""

    levels: np.ndarray
    sound: np.ndarray
    rate: int


@dataclass(frozen=True)
class Panel:
    """The sounds of one trained model.

    Attributes:
        rows, columns: names of the clips.
        cells: 1 + rows lists of 1 + columns cells. The first row and column are the clips; the very first is None.
        whole: lines of whole utterances with their names.
    """

    title: str
    rows: list[str]
    columns: list[str]
    cells: list[list[Heard | None]]
    whole: list[list[tuple[str, Heard]]]


def sound_page(caption: str, source: str, panels: list[Panel]) -> bytes:
    """The page with a section for each panel."""
    sounds: list[str] = []
    filled = [_filled(panel, sounds) for panel in panels]
    told = {"top": f"{TOP / 1000:g}", "span": f"{SPAN:g}"}
    body = fill(BODY, style=Markup(STYLE), caption=caption, source=source, panels=filled, sounds=sounds, **told)
    return page(caption, body).encode()


def _filled(panel: Panel, sounds: list[str]) -> dict:
    """The values of the template. The sounds of the grid are appended to `sounds`; the page refers to their places."""
    places: list[list[int | None]] = []
    for row in panel.cells:
        places.append([])
        for cell in row:
            places[-1].append(None if cell is None else len(sounds))
            if cell is not None:
                sounds.append(base64.b64encode(wav(cell.sound, cell.rate)).decode())
    height, width = panel.cells[0][1].levels.shape
    sheet = np.zeros((len(places) * height, len(places[0]) * width), np.uint8)
    rows = []
    for i, row in enumerate(panel.cells):
        shown = []
        for j, cell in enumerate(row):
            if cell is not None:
                sheet[i * height : (i + 1) * height, j * width : (j + 1) * width] = cell.levels
            shown.append((_label(panel, i, j), places[i][j], f"-{j * WIDTH}px -{i * HEIGHT}px"))
        rows.append((panel.rows[i - 1] if i else "", _joined(places[i]), shown))
    return {
        "title": panel.title,
        "sheet": Markup(uri("image/png", picture(sheet))),
        "width": len(places[0]) * WIDTH,
        "height": len(places) * HEIGHT,
        "columns": [(name, _joined([row[j + 1] for row in places])) for j, name in enumerate(panel.columns)],
        "rows": rows,
        "whole": [
            [
                (name, uri("image/png", picture(heard.levels, 4)), uri("audio/wav", wav(heard.sound, heard.rate)))
                for name, heard in line
            ]
            for line in panel.whole
        ],
    }


def _label(panel: Panel, i: int, j: int) -> str:
    """The description of a cell for screen readers; empty for the corner."""
    if not i or not j:
        return f"clip {panel.columns[j - 1] if j else panel.rows[i - 1]}" if i or j else ""
    return f"content of {panel.rows[i - 1]}, motion of {panel.columns[j - 1]}"


def _joined(places: list[int | None]) -> str:
    return " ".join(str(place) for place in places if place is not None)


def wav(sound: np.ndarray, rate: int) -> bytes:
    """A WAV file of one channel with samples (n,), which must not all be zero, at LOUDNESS."""
    gain = min(LOUDNESS / np.sqrt(np.mean(sound**2)), PEAK / np.abs(sound).max())
    buffer = io.BytesIO()
    wavfile.write(buffer, rate, np.round(sound * gain * 127 + 128).astype(np.uint8))
    return buffer.getvalue()


def picture(levels: np.ndarray, wide: int = 1) -> bytes:
    """Levels (bins, T) as a PNG with a palette; each column is repeated `wide` times."""
    image = Image.fromarray(np.ascontiguousarray(levels.repeat(wide, axis=1)))
    image.putpalette(palette().tobytes())
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def uri(kind: str, content: bytes) -> str:
    """The content of a file as a data URI."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
