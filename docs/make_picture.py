"""Makes the README's pictures from a real run of the demo: `make picture`.

Writes `docs/demo.svg` (what the terminal shows at the end) and `docs/demo-outputs.jpg` (what is in the folders).
"""

from __future__ import annotations

import io
import re
import tempfile
from pathlib import Path

import av
import numpy as np
from rich.console import Console

from nemowatch.cli.demo_command import final_table
from nemowatch.demo.play import play
from nemowatch.demo.stage import Stage

HERE = Path(__file__).parent
TILE = (320, 180)
COLUMNS = 5


def read_pictures(path: Path, count: int) -> list[np.ndarray]:
    """So many pictures of a video, evenly spread, or the one of an image; each `TILE` large, RGB."""
    with av.open(str(path)) as container:
        frames = [
            frame.to_ndarray(width=TILE[0], height=TILE[1], format="rgb24")
            for frame in container.decode(video=0)
        ]
    step = max(1, len(frames) // count)
    return frames[step // 2 :: step][:count]


def write_contact_sheet(rows: list[list[np.ndarray]], target: Path) -> None:
    """One picture of all pictures, a row each."""
    height, width = TILE[1] + 6, TILE[0] + 6
    sheet = np.full((height * len(rows), width * COLUMNS, 3), 255, dtype=np.uint8)
    for row, pictures in enumerate(rows):
        for column, picture in enumerate(pictures[:COLUMNS]):
            top, left = row * height + 3, column * width + 3
            sheet[top : top + TILE[1], left : left + TILE[0]] = picture
    with av.open(str(target), "w", format="image2", options={"update": "1"}) as container:
        stream = container.add_stream("mjpeg", rate=1)
        stream.width, stream.height, stream.pix_fmt = sheet.shape[1], sheet.shape[0], "yuvj420p"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(sheet, format="rgb24")))
        container.mux(stream.encode())


def main() -> None:
    """Run the demo and draw both pictures."""
    root = Path(tempfile.mkdtemp(prefix="nemowatch-picture-"))
    stage = Stage(root / "demo")
    stage.build()
    acts = list(play(stage, []))[-1]
    console = Console(record=True, width=80, file=io.StringIO(), highlight=False, force_terminal=True)
    console.print('$ make demo ARGS="--keep ~/nemo-demo"\n', markup=False)
    console.print(final_table(acts))
    console.print("\nOutputs:     ~/nemo-demo/Recordings/*-output", markup=False)
    svg = console.export_svg(title="nemowatch demo")
    # Rich asks for a font from elsewhere; a README's picture must need nothing but itself.
    (HERE / "demo.svg").write_text(re.sub(r"@font-face \{.*?\}\n", "", svg, flags=re.DOTALL))
    rows = []
    for act in acts:
        folder = act.job.output_folder if act.job else None
        if folder is None:
            raise SystemExit(f"{act.target} came to nothing")
        videos = sorted(folder.glob("*.mp4"))
        stills = sorted((folder / "media").glob("*.png"))
        rows.append(read_pictures(videos[0], COLUMNS) if videos else [read_pictures(s, 1)[0] for s in stills])
    write_contact_sheet(rows, HERE / "demo-outputs.jpg")


if __name__ == "__main__":
    main()
